// `npm run store`: what an operator does with the store and with dead letters. Reads the arguments, calls
// the command, says what went wrong with a remedy. The commands are in the files beside this one.
import { userInfo } from 'node:os'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '../config.js'
import { ServiceError } from '../errors.js'
import type { ErrorCode } from '../errors.js'
import { connectNats } from '../nats/connect.js'
import type { Connection } from '../nats/connect.js'
import { ensureStreams } from '../nats/streams.js'
import { busOptions } from '../nats-options.js'
import { listDead, resendDead, showDead } from './dead.js'
import { auditCommand, tell } from './store-audit.js'
import { erase } from './store-erase.js'
import { backup, restore } from './store-copy.js'
import { rebuildStore } from './store-rebuild.js'
import { status } from './store-status.js'
import { withAnyNats } from './store-world.js'
import type { World } from './store-world.js'

const usage = `usage: npm run store -- <command>
  status                        where the store stands and what is in it
  backup <folder>               copies it, with its position; the service may run
  restore <folder>              puts a backup in its place; the service may not run
  rebuild                       makes it anew from the stream; the service may not run
  rebuild --from-backup [<folder>]   the same from the newest backup (or this one) and the stream after it
  dead [list]                   what could not be applied, and why
  dead show <number> [<file>]   one of them; with a file, its original bytes go there to be mended
  dead resend <number> <file>   sends it again, mended, under the same identity
  erase <patientKey>            removes what is known of one patient; the service may not run
  audit                         verifies the audit log: is every line there, as it was written
`

const remedies: Partial<Record<ErrorCode, string>> = {
  STORE_LOCKED: 'stop that process first (Ctrl-C, or SIGTERM); status, backup and dead work beside it',
  STORE_MISSING: 'look at DATA_DIR; npm start makes a store and reads the stream from its beginning',
  STORE_FULL: 'free some space on that disk and try again; the store in use is as it was',
  STORE_UNAVAILABLE: 'look at the path and the disk; if the store is damaged, restore a backup, or move it '
    + 'away and start: it is made anew from the stream',
  STORE_NEWER: 'use the claimsentry that wrote it',
  NATS_UNAVAILABLE: 'start the NATS server, or look at NATS_URL',
  NATS_SERVER_MISSING: 'install nats-server, or set NATS_SERVER_BIN or NATS_URL',
  AUDIT_UNAVAILABLE: 'look at the disk and at who may write in DATA_DIR/audit; nothing was done',
  AUDIT_BROKEN: 'the lines before it are as they were written; compare it, and those after it, with a copy',
  EVENT_UNSENT: 'look at the NATS server and at the limits of CLAIMS_EVENT, then send it again',
}

export interface StoreCommand extends Omit<World, 'config'> {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly writeError: (text: string) => void
}

/** The exit code: 0 when it is done, 1 when it could not be done, 2 when it was not understood. */
export async function storeCommand({ args, env, writeError, ...rest }: StoreCommand): Promise<number> {
  const run = commandOf(args)
  if (run === undefined) {
    writeError(usage)
    return 2
  }
  try {
    await run({ ...rest, config: loadConfig(env) })
    return 0
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const { code, path, message } = error
    writeError(`${code}${path === '' ? '' : ` ${path}`}: ${message}\n`)
    if (remedies[code] !== undefined) writeError(`${remedies[code]}\n`)
    return 1
  }
}

type Run = (world: World) => Promise<void>

/** Undefined when there is no such command, or too few or too many arguments. */
function commandOf(args: readonly string[]): Run | undefined {
  const [name, first, second] = args
  if (name === 'dead') return deadCommandOf(args.slice(1))
  if (name === 'status' && args.length === 1) return status
  if (name === 'audit' && args.length === 1) return auditCommand
  if (name === 'rebuild' && args.length === 1) return (world) => rebuildStore(world, false)
  if (name === 'rebuild' && first === '--from-backup' && args.length <= 3) {
    return (world) => rebuildStore(world, second ?? true)
  }
  if (first === undefined || args.length > 2) return undefined
  if (name === 'erase' && args.length === 2) return (world) => erase(world, first)
  if (name === 'backup') return (world) => backup(world, first)
  if (name === 'restore') return (world) => restore(world, first)
  return undefined
}

function deadCommandOf([what = 'list', number = '', file, ...more]: readonly string[]): Run | undefined {
  if (what === 'list' && number === '') {
    return (world) => withDead(world, 'dead list', (connection) => listDead(connection, world.write))
  }
  const sequence = /^[1-9]\d{0,14}$/.test(number) ? Number(number) : undefined
  if (sequence === undefined || more.length > 0) return undefined
  if (what === 'show') {
    return (world) => withDead(world, `dead show ${number}`, (connection) =>
      showDead(connection, { sequence, file }, world.write))
  }
  if (what !== 'resend' || file === undefined) return undefined
  return (world) => withDead(world, `dead resend ${number}`, async (connection, eventBytesMax) => {
    const receivedAt = world.now()
    const sent = await resendDead(connection, { sequence, file, receivedAt, eventBytesMax })
    world.write(`sent again: it is event ${sent} of the stream\n`)
  })
}

function withDead(
  world: World, command: string, use: (connection: Connection, eventBytesMax: number) => Promise<void>,
): Promise<void> {
  return withAnyNats(world, async (nats) => {
    const { limits, eventBytesMax } = busOptions(world.config, nats)
    const connection = await connectNats(nats)
    try {
      await ensureStreams(connection, limits)
      await tell(world, { route: 'store dead', range: command })
      await use(connection, eventBytesMax)
    } finally {
      await connection.close()
    }
  })
}

/* c8 ignore start -- the process itself: what it runs is tested above it */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const ending = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ending.abort())
  process.exitCode = await storeCommand({
    args: process.argv.slice(2),
    env: process.env,
    pid: process.pid,
    user: userInfo().username,
    now: () => Date.now(),
    isTerminal: process.stdout.isTTY,
    signal: ending.signal,
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
  })
}
/* c8 ignore stop */
