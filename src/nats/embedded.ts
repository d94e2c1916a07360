// A nats-server of our own in the data folder, for machines that have none running: on one port for
// ever, never two on one store, started again when it dies. Knows nothing of streams.
import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ServiceError } from '../errors.js'
import { launch } from './launch.js'
import type { Launched } from './launch.js'
import { freePort, isFree, pause, serverNameAt, until } from './probe.js'
import { commandLineOf, isAlive } from './process-alive.js'

export interface EmbeddedOptions {
  readonly dataDir: string
  /** Path or name of nats-server. */
  readonly binary: string
  readonly log: EmbeddedLog
  /** How long a server may take to read its store before it answers. */
  readonly startMsMax?: number | undefined
  /** How long it may take to end before it is killed. */
  readonly stopMsMax?: number | undefined
}

/** The part of a pino logger that is used here. */
export interface EmbeddedLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export interface EmbeddedServer {
  readonly url: string
  /** Process id of the server at present; 0 while it is being started again. */
  readonly pid: number
  /** Ends the server politely and waits for its end. */
  stop(): Promise<void>
}

interface State {
  readonly port: number
  /** Told by the server to everybody who connects: that is how we know our own. */
  readonly name: string
}

const startMsMaxDefault = 60_000 // a store of tens of gigabytes is read before the port opens
const stopMsMaxDefault = 20_000
const watchMs = 500
const backOffMsMin = 100
const backOffMsMax = 5_000
const maxPayload = 4_194_304

/** Uses the living server of this folder, or starts one; keeps it alive until stop(). */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const keeper = new Keeper(options)
  await keeper.start()
  return keeper
}

/** Where this folder's server listens when it is up; undefined when there has never been one. */
export function embeddedUrl(dataDir: string): string | undefined {
  const state = readState(join(dataDir, 'nats'))
  return state === undefined ? undefined : `nats://127.0.0.1:${state.port}`
}

class Keeper implements EmbeddedServer {
  readonly #binary: string
  readonly #folder: string
  readonly #log: EmbeddedLog
  readonly #startMsMax: number
  readonly #stopMsMax: number
  #state: State = { port: 0, name: '' }
  #pid = 0
  #isStopping = false
  #watch: NodeJS.Timeout | undefined
  #attempts = 0
  #revival: Promise<void> | undefined

  constructor({ dataDir, binary, log, startMsMax, stopMsMax }: EmbeddedOptions) {
    this.#binary = binary
    this.#folder = join(dataDir, 'nats')
    this.#log = log
    this.#startMsMax = startMsMax ?? startMsMaxDefault
    this.#stopMsMax = stopMsMax ?? stopMsMaxDefault
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#state.port}`
  }

  get pid(): number {
    return this.#pid
  }

  async start(): Promise<void> {
    mkdirSync(join(this.#folder, 'jetstream'), { recursive: true, mode: 0o700 })
    const known = readState(this.#folder)
    if (known !== undefined && await this.#adopt(known)) return
    await this.#settle(known)
    await this.#launch()
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#watch)
    await this.#end()
    await this.#revival // one that was being started just now is ended by it
  }

  async #end(): Promise<void> {
    const pid = this.#pid
    this.#pid = 0
    if (pid === 0) return
    signal(pid, 'SIGTERM')
    if (!await until(async () => !isAlive(pid), this.#stopMsMax)) {
      this.#log.warn({ pid }, 'nats-server does not end when asked; it is killed')
      signal(pid, 'SIGKILL')
      await until(async () => !isAlive(pid), this.#stopMsMax)
    }
    rmSync(this.#pidFile, { force: true })
  }

  get #pidFile(): string {
    return join(this.#folder, 'nats-server.pid')
  }

  /** A server left by an earlier run; one that is alive and silent is waited for, never doubled. */
  async #adopt(state: State): Promise<boolean> {
    const pid = ownPid(this.#pidFile, this.#folder)
    const name = await serverNameAt(state.port)
    if (pid === 0 && name !== state.name) return false
    this.#state = state
    const isOurs = name === state.name || await this.#answers(() => isAlive(pid))
    if (!isOurs && isAlive(pid)) {
      const detail = `nats-server (process ${pid}) is alive but does not answer on ${this.url}`
      throw new ServiceError('NATS_UNAVAILABLE', { detail })
    }
    if (!isOurs) return false
    this.#pid = pid
    this.#log.info({ pid, url: this.url }, 'the nats-server of this data folder is used again')
    this.#follow()
    return true
  }

  /** The port is chosen once: clients of other machines may know it. */
  async #settle(known: State | undefined): Promise<void> {
    if (known !== undefined && await isFree(known.port)) {
      this.#state = known
    } else {
      const port = await freePort()
      if (known !== undefined) {
        this.#log.warn({ was: known.port, port }, 'the kept port is taken by another; a new one')
      }
      this.#state = { port, name: known?.name ?? `claimsentry-${randomUUID()}` }
    }
    writeFileSync(join(this.#folder, 'server.json'), JSON.stringify(this.#state), { mode: 0o600 })
    writeFileSync(join(this.#folder, 'nats.conf'), this.#config(), { mode: 0o600 })
  }

  #config(): string {
    const quote = (path: string) => JSON.stringify(path)
    return [
      `server_name: ${this.#state.name}`,
      `listen: "127.0.0.1:${this.#state.port}"`,
      `max_payload: ${maxPayload}`,
      `pid_file: ${quote(this.#pidFile)}`,
      `log_file: ${quote(join(this.#folder, 'nats-server.log'))}`,
      'logfile_size_limit: 10MB',
      `jetstream { store_dir: ${quote(join(this.#folder, 'jetstream'))} }`,
      '',
    ].join('\n')
  }

  async #launch(): Promise<void> {
    const child = await launch(this.#binary, this.#folder)
    this.#pid = child.pid
    if (!await this.#answers(() => child.endedWith() === undefined)) throw this.#failed(child)
    this.#attempts = 0
    this.#log.info({ pid: child.pid, url: this.url }, 'nats-server is started')
    this.#follow()
  }

  #failed(child: Launched): ServiceError {
    const detail = `${this.#binary} does not start: ${child.lastWords() || 'it does not answer'}`
    if (child.endedWith() === undefined) signal(child.pid, 'SIGTERM')
    this.#pid = 0
    return new ServiceError('NATS_UNAVAILABLE', { detail })
  }

  #answers(isWorthWaiting: () => boolean): Promise<boolean> {
    const { port, name } = this.#state
    return until(async () => {
      if (!isWorthWaiting()) return undefined
      return await serverNameAt(port) === name
    }, this.#startMsMax)
  }

  /** Looks now and then whether the server lives: an adopted one tells us nothing when it ends. */
  #follow(): void {
    if (this.#isStopping) return
    this.#watch = setTimeout(() => {
      if (this.#pid === 0 || isAlive(this.#pid)) this.#follow()
      else this.#revival = this.#revive()
    }, watchMs)
  }

  async #revive(): Promise<void> {
    const pid = this.#pid
    this.#pid = 0
    this.#log.warn({ pid }, 'nats-server has ended; it is started again')
    while (!this.#isStopping) {
      try {
        await this.#launch()
        if (this.#isStopping) await this.#end()
        return
      } catch (error) {
        this.#log.warn({ error: String(error) }, 'nats-server cannot be started; trying again')
        await pause(Math.min(backOffMsMin * 2 ** this.#attempts++, backOffMsMax))
      }
    }
  }
}

function readState(folder: string): State | undefined {
  try {
    const text = readFileSync(join(folder, 'server.json'), 'utf8')
    const { port, name } = JSON.parse(text) as Partial<State>
    const isWhole = Number.isSafeInteger(port) && typeof name === 'string'
    return isWhole ? { port: port!, name } : undefined
  } catch {
    return undefined
  }
}

/** The process id the server wrote itself, while that process is a nats-server of this folder. */
function ownPid(pidFile: string, folder: string): number {
  const pid = readPid(pidFile)
  if (pid === 0 || !isAlive(pid)) return 0
  const line = commandLineOf(pid)
  return line === undefined || line.includes(join(folder, 'nats.conf')) ? pid : 0
}

function readPid(pidFile: string): number {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'))
    return pid > 1 ? pid : 0 // not a number is not more than one
  } catch {
    return 0
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name)
  } catch {
    // it has ended by itself
  }
}
