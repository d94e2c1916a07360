// `npm run replay`: judges the stored stream under the delivered rule book and another one, on one walk
// through the histories, in a store of its own that is thrown away. Sends nothing, changes nothing.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { checks } from '../checks/registry.js'
import { loadConfig } from '../config.js'
import { ServiceError } from '../errors.js'
import { readErased } from '../files/erased.js'
import { readRulesFolders } from '../files/rules-folder.js'
import { emptyPosition } from '../position.js'
import type { Position } from '../position.js'
import { STORE_FORMAT, Store } from '../lmdb/store.js'
import { connectBus } from '../nats/bus.js'
import type { NatsBus } from '../nats/bus.js'
import { streamNames } from '../nats/streams.js'
import { rebuild } from '../rebuild.js'
import { Comparison } from '../replay/comparison.js'
import { replayJson, replayText } from '../replay/report.js'
import type { Period } from '../replay/report.js'
import { compile } from '../rulebook/compile.js'
import { parseDay } from '../rulebook/dates.js'
import type { RuleBook } from '../rulebook/rulebook.js'
import { busOptions } from '../nats-options.js'
import { reportMistakes } from './rules-report.js'
import { progressLine } from './store-rebuild.js'
import { withAnyNats, withStore } from './store-world.js'
import type { World } from './store-world.js'
import { aligned } from './text-table.js'

const usage = `usage: npm run replay -- --rules <folder> --from <date> --to <date>
  --rules <folder>       the rule book to try; the delivered one is RULES_DIR
  --knowledge <folder>   the knowledge to try, with it or alone; the delivered one is KNOWLEDGE_DIR
  --from, --to <date>    days of settlement, YYYY-MM-DD, both included
  --backup <folder>      start from a backup (npm run store -- backup) that stands before --from
  --json                 the result as JSON
`

interface Asked extends Period {
  /** Undefined: as delivered. */
  readonly rules: string | undefined
  readonly knowledge: string | undefined
  readonly backup: string | undefined
  readonly isJson: boolean
}

export interface ReplayCommand extends Omit<World, 'config'> {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Progress and mistakes; `write` takes the result alone. */
  readonly writeError: (text: string) => void
  /** Nanoseconds of a clock that only goes forward. */
  readonly elapsed: () => number
}

/** The exit code: 0 when it is done, 1 when it could not be done, 2 when it was not understood. */
export async function replayCommand({ args, env, ...rest }: ReplayCommand): Promise<number> {
  const { writeError } = rest
  const asked = read(args)
  if (typeof asked === 'string') {
    writeError(`${asked}${usage}`)
    return 2
  }
  try {
    await replay(asked, { ...rest, config: loadConfig(env) })
    return 0
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const { code, path, message } = error
    writeError(`${code}${path === '' ? '' : ` ${path}`}: ${message}\n`)
    return 1
  }
}

/** A text says what is wrong with the arguments. */
function read(args: readonly string[]): Asked | string {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rules: text, knowledge: text, from: text, to: text, backup: text, json: { type: 'boolean' },
      },
    })
    const { rules, knowledge, from = '', to = '', backup, json = false } = values
    const [fromDay, toDay] = [parseDay(from), parseDay(to)]
    if ((rules ?? knowledge) === undefined) return 'name what to try: --rules or --knowledge\n'
    if (fromDay === undefined || toDay === undefined) return 'name the days: --from and --to\n'
    if (fromDay > toDay) return '--to is before --from\n'
    return { rules, knowledge, backup, isJson: json, fromDay, untilDay: toDay + 1 }
  } catch (error) {
    return `${(error as Error).message}\n`
  }
}

type ReplayWorld = World & Pick<ReplayCommand, 'writeError' | 'elapsed'>

async function replay(asked: Asked, world: ReplayWorld): Promise<void> {
  const { config: { rulesDir, knowledgeDir }, elapsed, write } = world
  const comparison = new Comparison({
    before: await bookOf(rulesDir, knowledgeDir),
    after: await bookOf(asked.rules ?? rulesDir, asked.knowledge ?? knowledgeDir),
    fromDay: asked.fromDay,
    untilDay: asked.untilDay,
    now: elapsed,
  })
  await withAnyNats(world, (nats) => inTemporaryStore(asked, async (store) => {
    const bus = await connectBus(busOptions(world.config, nats), () => {})
    const stop = () => void bus.close()
    world.signal.addEventListener('abort', stop)
    try {
      await walk(world, { bus, store, comparison })
    } finally {
      world.signal.removeEventListener('abort', stop)
      await bus.close()
    }
  }))
  const text = asked.isJson ? `${replayJson(comparison.result, asked)}\n`
    : replayText(comparison.result, asked, aligned)
  write(text)
}

/** Throws RULEBOOK_INVALID with every mistake. */
async function bookOf(rulesDir: string, knowledgeDir: string | undefined): Promise<RuleBook> {
  const compiled = compile(await readRulesFolders({ rulesDir, knowledgeDir }), checks)
  if (compiled.ok) return compiled.book
  const detail = `\n${reportMistakes(compiled.mistakes)}`
  throw new ServiceError('RULEBOOK_INVALID', { path: rulesDir, detail })
}

async function inTemporaryStore(asked: Asked, use: (store: Store) => Promise<void>): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'claimsentry-replay-'))
  try {
    if (asked.backup !== undefined) await copy(asked.backup, { to: path, fromDay: asked.fromDay })
    const store = Store.open(path)
    await use(store).finally(() => store.close())
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
}

/** What a backup has remembered cannot be judged again: it must stand before the period. */
function copy(folder: string, { to, fromDay }: { to: string, fromDay: number }): Promise<void> {
  return withStore(resolve(folder), async (backup) => {
    const position = backup.position()
    if (position === undefined || position.watermarkDay >= fromDay) {
      const detail = 'the backup holds settlements of --from or later; take an earlier one, or none'
      throw new ServiceError('REQUEST_MALFORMED', { path: folder, detail })
    }
    await backup.backup(to)
  })
}

interface Walk {
  readonly bus: NatsBus
  readonly store: Store
  readonly comparison: Comparison
}

async function walk(world: ReplayWorld, { bus, store, comparison }: Walk): Promise<void> {
  const until = await endOf(bus, store)
  const from = store.position()?.sequence ?? 0
  const line = progressLine({ ...world, write: world.writeError }, { from, until: until.sequence })
  try {
    const { sequence } = await rebuild({
      bus,
      store,
      format: STORE_FORMAT,
      until,
      cacheBytes: world.config.cacheBytes,
      witness: comparison.witness,
      erasedBetween: readErased(world.config.dataDir, until.streamCreated).between,
      onProgress: (reached) => line.show(reached),
    })
    line.end(sequence)
    world.signal.throwIfAborted()
  } catch (cause) {
    /* c8 ignore next -- the server that goes away meanwhile, the disk that is full: rebuild's own tests */
    if (!world.signal.aborted) throw cause
    throw new ServiceError('SERVICE_STOPPING', { detail: 'the replay was ended', cause })
  }
}

/** The stream as it stands now. Looks only: a stream that is not there is not made. */
async function endOf(bus: NatsBus, store: Store): Promise<Position> {
  const info = await bus.connection.manager.streams.info(streamNames.event).catch((cause: unknown) => {
    throw new ServiceError('STREAM_CHANGED', { detail: `there is no stream ${streamNames.event}`, cause })
  })
  const known = store.position()
  if (known !== undefined && known.streamCreated !== info.created) {
    throw new ServiceError('STREAM_CHANGED', { detail: 'the backup is of another stream' })
  }
  return { ...emptyPosition(STORE_FORMAT, info.created), sequence: info.state.last_seq }
}

/* c8 ignore start -- the process itself: what it runs is tested above it */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const ending = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ending.abort())
  process.exitCode = await replayCommand({
    args: process.argv.slice(2),
    env: process.env,
    pid: process.pid,
    now: () => Date.now(),
    elapsed: () => Number(process.hrtime.bigint()),
    isTerminal: process.stderr.isTTY,
    signal: ending.signal,
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
  })
}
/* c8 ignore stop */
