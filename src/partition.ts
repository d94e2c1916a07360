// One partition: its store, its histories, and the life of its reader. Start and recovery are one
// path: take up the committed position, read back what the server already holds, read on. Whatever
// goes wrong and may pass ends the session, and the next one starts from the committed position.
import type { Bus, Reader, StreamState } from './bus.js'
import type { Claim } from './claim/claim.js'
import type { Verdict } from './engine/verdict.js'
import { Bursts } from './engine/bursts.js'
import { ServiceError } from './errors.js'
import { Groups } from './groups.js'
import { emptyPosition } from './position.js'
import type { GroupsDeps } from './groups.js'
import type { Position } from './position.js'
import { Histories } from './history/histories.js'
import { createPipeline } from './pipeline.js'
import type { CheckOptions, Pipeline } from './pipeline.js'
import type { RuleBook } from './rulebook/rulebook.js'
import type { OutStream } from './warning/wire.js'

const outStreams = ['warning', 'trial', 'dead'] as const satisfies readonly OutStream[]
const readBackPage = 10_000 // ids a transaction; off the heap as soon as it is written
const backOffMsMin = 100
const backOffMsMax = 5_000 // an operator who repairs something should not wait longer to see it

export interface PartitionStore {
  load(key: string): Uint8Array | undefined
  position(): Position | undefined
  commit: GroupsDeps['commit']
  isPublished(id: string): boolean
  addPublished(ids: readonly string[]): Promise<void>
  clearPublished(): Promise<void>
  clear(): Promise<void>
}

export interface PartitionDeps {
  readonly store: PartitionStore
  readonly format: number
  connect(onLost: (error: unknown) => void): Promise<Bus>
  readonly attempts: { markUntil(sequence: number): void, begin(sequence: number): void }
  readonly rulebook: () => RuleBook
  readonly cacheBytes: number
  readonly pendingMax: number
  readonly groupEventsMax?: number
  readonly erasedBetween?: (streamCreated: string, after: number, before: number) => number
  onEvent: GroupsDeps['onEvent']
  onUnsendable?: NonNullable<GroupsDeps['onUnsendable']>
  onCommitted: GroupsDeps['onCommitted']
  /** A line for the log: start, catch-up, rebuild, gap, failure. */
  onState(line: { level: 'info' | 'warn' | 'error', message: string, error?: unknown }): void
  defer(run: () => void): void
  wait(milliseconds: number): Promise<void>
}

/** What `/readyz` tells. */
export interface PartitionState {
  readonly phase: 'starting' | 'catching-up' | 'ready' | 'waiting' | 'stopped'
  readonly reason: string
  /** Of the error that reading waits for; '' when it is none of ours or there is none. */
  readonly errorCode: string
  readonly received: number
  readonly held: readonly string[] // rules that fire too often: kept, not sent
  readonly position: Position
}

/** `run` once, `stop` once; `check` at any time, also while the stream is away. */
export class Partition {
  readonly #deps: PartitionDeps
  readonly histories: Histories
  #pipeline: Pipeline
  #phase: PartitionState['phase'] = 'starting'
  #reason = 'the service is starting'
  #errorCode = ''
  #position: Position
  #received = 0
  #groups: Groups | undefined
  #isStopping = false
  #stop!: () => void // set by the promise below, at once
  readonly #stopped = new Promise<void>((resolve) => { this.#stop = resolve })
  readonly #writes = new Set<Promise<void>>()
  #caughtUpAt = 0
  #hasPublished = false
  #isRebuilding = false

  constructor(deps: PartitionDeps) {
    this.#deps = deps
    const load = (key: string) => deps.store.load(key)
    this.histories = new Histories({ load, cacheBytes: deps.cacheBytes })
    this.#position = deps.store.position() ?? emptyPosition(deps.format, '')
    this.#pipeline = this.#newPipeline(Number.MAX_SAFE_INTEGER)
    this.#takeUp(this.#position)
  }

  get state(): PartitionState {
    const received = Math.max(this.#received, this.#position.sequence)
    const [phase, reason, errorCode] = [this.#phase, this.#reason, this.#errorCode]
    const { held } = this.#pipeline.bursts! // every pipeline of ours has them
    return { phase, reason, errorCode, received, held, position: this.#position }
  }

  /** Judges without remembering. Also while the stream is away; then against what is known. */
  check(claim: Claim, options: Omit<CheckOptions, 'isRebuilding'>): Verdict {
    return this.#pipeline.check(claim, { ...options, isRebuilding: this.#isRebuilding })
  }

  /** Runs sessions until stop(). Rejects only with what trying again cannot mend. */
  async run(): Promise<void> {
    let backOffMs = backOffMsMin
    while (!this.#isStopping) {
      try {
        await this.#session(() => { backOffMs = backOffMsMin })
      } catch (error) {
        this.#note('waiting', error instanceof Error ? error.message : String(error))
        this.#errorCode = error instanceof ServiceError ? error.code : ''
        if (error instanceof ServiceError && error.retry === 'never') {
          this.#phase = 'stopped'
          throw error
        }
        this.#deps.onState({ level: 'error', message: 'reading stopped; trying again', error })
        await Promise.race([this.#deps.wait(backOffMs), this.#stopped])
        backOffMs = Math.min(backOffMs * 2, backOffMsMax)
      }
    }
    this.#note('stopped', 'the service is stopping')
  }

  /** Takes nothing more; run() resolves when what was taken is committed. */
  stop(): void {
    this.#isStopping = true
    this.#stop()
  }

  async #session(onProgress: () => void): Promise<void> {
    let fail!: (error: unknown) => void // set by the promise, at once
    const failed = new Promise<never>((_resolve, reject) => { fail = reject })
    failed.catch(() => {}) // it may be rejected before anybody waits for it
    const bus = await this.#deps.connect((error) => fail(error))
    let reader: Reader | undefined
    try {
      const streams = await bus.streams()
      await this.#resume(bus, streams)
      if (this.#isStopping) return
      const groups = this.#newGroups(bus, fail, (count, bytes) => reader?.release(count, bytes), onProgress)
      this.#groups = groups
      reader = await bus.read({
        afterSequence: this.#position.sequence,
        onEvent: (event) => {
          this.#received = event.sequence
          groups.take(event)
        },
        onIdle: () => {
          this.#caughtUpAt = Math.min(this.#caughtUpAt, this.#received)
          this.#noteProgress(false)
        },
        onFailure: fail,
      })
      this.#noteProgress(false)
      await Promise.race([this.#stopped, failed])
      await reader.stop()
      await Promise.race([groups.drained(), failed])
    } finally {
      this.#groups?.end()
      this.#groups = undefined
      await reader?.stop()
      await bus.close()
      await Promise.allSettled([...this.#writes])
    }
  }

  /** 1. Which stream is this, and do we stand in it? 2. What does the server hold already? */
  async #resume(bus: Bus, { events, lastSequences }: StreamState): Promise<void> {
    const { store, format, attempts, pendingMax } = this.#deps
    let position = store.position() ?? emptyPosition(format, events.created)
    const why = position.format < format
      ? 'the store is of an older format'
      : standsElsewhere(position, events)
    if (why !== undefined) {
      this.#deps.onState({ level: 'warn', message: `${why}: the store is rebuilt from the stream` })
      await store.clear()
      position = emptyPosition(format, events.created)
    }
    const isEmpty = position.sequence === 0 && events.lastSequence > 0
    this.#isRebuilding = isEmpty || (this.#isRebuilding && why === undefined)
    this.histories.reset()
    this.#takeUp(position)
    this.#pipeline = this.#newPipeline(bus.eventBytesMax)
    attempts.markUntil(position.sequence + pendingMax)
    this.#caughtUpAt = events.lastSequence
    // What reading waited for is told until something is committed: a full disk may still be full.
    const isAnswered = this.#phase !== 'waiting' || this.#errorCode === 'NATS_UNAVAILABLE'
    if (isAnswered) this.#note('catching-up', this.#distance())
    await store.clearPublished()
    this.#hasPublished = false
    for (const stream of outStreams) {
      const [last, known] = [lastSequences[stream], position.outputs[stream]]
      // An output stream that ends before what we knew of it is a new one: read all of it.
      if (last > 0 && !this.#isStopping) await this.#readBack(bus, stream, last < known ? 0 : known)
    }
  }

  async #readBack(bus: Bus, stream: OutStream, afterSequence: number): Promise<void> {
    const writes: Promise<void>[] = []
    let page: string[] = []
    const flush = () => {
      if (page.length > 0) writes.push(this.#track(this.#deps.store.addPublished(page)))
      page = []
    }
    await bus.readBack(stream, afterSequence, (id) => {
      page.push(id)
      if (page.length >= readBackPage) flush()
    })
    flush()
    this.#hasPublished ||= writes.length > 0
    await Promise.all(writes)
  }

  #takeUp(position: Position): void {
    this.#position = position
    this.#received = position.sequence
    this.histories.watermarkDay = position.watermarkDay
    this.histories.gapUntilDay = position.gapUntilDay
  }

  #newPipeline(eventBytesMax: number): Pipeline {
    const { rulebook, onState } = this.#deps
    const bursts = new Bursts(this.#position, (message) => onState({ level: 'error', message }))
    return createPipeline({ rulebook, histories: this.histories, eventBytesMax, bursts })
  }

  #newGroups(
    bus: Bus,
    fail: (error: unknown) => void,
    release: (count: number, bytes: number) => void,
    onProgress: () => void,
  ): Groups {
    const { store, attempts, defer, onEvent, groupEventsMax } = this.#deps
    return new Groups({
      pipeline: this.#pipeline,
      histories: this.histories,
      publish: (message) => bus.publish(message),
      messageBytesMax: bus.messageBytesMax,
      isPublished: (id) => this.#hasPublished && store.isPublished(id),
      commit: (changes, position) => this.#track(store.commit(changes, position)),
      ...(groupEventsMax === undefined ? {} : { eventsMax: groupEventsMax }),
      defer,
      erasedBetween: (...range) => this.#deps.erasedBetween?.(this.#position.streamCreated, ...range) ?? 0,
      attempt: (sequence) => attempts.begin(sequence),
      onEvent,
      onUnsendable: (outcome) => this.#deps.onUnsendable?.(outcome),
      onCommitted: (group) => {
        this.#position = group.position
        release(group.events, group.bytes)
        onProgress()
        this.#noteProgress(true)
        this.#deps.onCommitted(group)
      },
      onFailure: fail,
    }, this.#position)
  }

  #noteProgress(hasCommitted: boolean): void {
    if (this.#phase === 'ready') return
    if (this.#position.sequence < this.#caughtUpAt) {
      if (hasCommitted) this.#note('catching-up', this.#distance())
      return
    }
    this.#note('ready', '')
    this.#isRebuilding = false
    if (this.#hasPublished) {
      // Only events that were in the stream at start can have had their warnings sent before it.
      this.#hasPublished = false
      void this.#track(this.#deps.store.clearPublished())
    }
    this.#deps.onState({ level: 'info', message: 'caught up with the stream' })
  }

  #note(phase: PartitionState['phase'], reason: string): void {
    this.#phase = phase
    this.#reason = reason
    this.#errorCode = ''
  }

  #distance(): string {
    return `catching up with ${this.#caughtUpAt - this.#position.sequence} events`
  }

  #track(write: Promise<void>): Promise<void> {
    this.#writes.add(write)
    const done = () => { this.#writes.delete(write) }
    write.then(done, done)
    return write
  }
}

/** Why this position is not one of this stream; undefined when it is. */
function standsElsewhere(
  { streamCreated, sequence }: Position, { created, lastSequence }: StreamState['events'],
): string | undefined {
  if (streamCreated !== created) return 'the event stream is another one'
  return lastSequence < sequence ? 'the event stream ends before our position' : undefined
}
