// One claimsentry for one data folder. The lock names the process that holds it; a process that is
// gone holds nothing. Guards against a second start by mistake on one machine, not against other
// machines.
import { mkdirSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ServiceError } from '../errors.js'
import { isAlive, startOf } from './process-alive.js'

interface Holder {
  readonly pid: number
  readonly start: string
}

/** Takes the folder for this process; throws STORE_LOCKED while a living one has it. */
export function lockDataDir(dataDir: string, pid: number): () => void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new ServiceError('STORE_UNAVAILABLE', { path: dataDir, cause })
  }
  const file = join(dataDir, 'claimsentry.lock')
  const mine = JSON.stringify({ pid, start: startOf(pid) } satisfies Holder)
  if (!create(file, mine)) takeOver(file, mine)
  return () => {
    if (read(file) === mine) rmSync(file, { force: true })
  }
}

/** The process that has the folder at present; undefined when none has. Takes nothing. */
export function lockHolder(dataDir: string): number | undefined {
  const holder = holderOf(read(join(dataDir, 'claimsentry.lock')))
  return holder !== undefined && isHeld(holder) ? holder.pid : undefined
}

/** Two that find the same stale lock must not both get it: only one at a time may look. */
function takeOver(file: string, mine: string): void {
  const guard = `${file}.guard`
  if (!create(guard, mine)) {
    const other = holderOf(read(guard))
    if (other !== undefined && isHeld(other)) throw locked(file, other)
    rmSync(guard, { force: true }) // left by a process that ended within these few lines
    /* c8 ignore next -- another process came between two lines */
    if (!create(guard, mine)) throw locked(file, holderOf(read(guard)))
  }
  try {
    const holder = holderOf(read(file))
    if (holder !== undefined && isHeld(holder)) throw locked(file, holder)
    rmSync(file, { force: true })
    /* c8 ignore next -- another process came between two lines */
    if (!create(file, mine)) throw locked(file, holderOf(read(file)))
  } finally {
    rmSync(guard, { force: true })
  }
}

function isHeld({ pid, start }: Holder): boolean {
  if (!isAlive(pid)) return false
  const now = startOf(pid)
  return start === '' || now === '' || start === now
}

function create(file: string, text: string): boolean {
  try {
    const handle = openSync(file, 'wx', 0o600)
    writeFileSync(handle, text)
    closeSync(handle)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new ServiceError('STORE_UNAVAILABLE', { path: file, cause })
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function holderOf(text: string): Holder | undefined {
  try {
    const { pid, start } = JSON.parse(text) as Partial<Holder>
    return Number.isSafeInteger(pid) && typeof start === 'string'
      ? { pid: pid!, start } : undefined
  } catch {
    return undefined
  }
}

function locked(file: string, holder: Holder | undefined): ServiceError {
  /* c8 ignore next -- the first is said only when another process came between two lines */
  const who = holder === undefined ? 'another process' : `process ${holder.pid}`
  return new ServiceError('STORE_LOCKED', { path: file, detail: `it is held by ${who}` })
}
