// Closed groups: events are applied in stream order, their messages published at once, and a group's
// records and position are written in one transaction only when every message of it was accepted.
// Groups commit in order. Knows no library: publish, commit and the rest are handed in.
import type { StreamEvent } from './bus.js'
import { MINUTES_PER_DAY } from './claim/claim.js'
import { minuteAt } from './claim/day.js'
import { ServiceError } from './errors.js'
import type { Histories } from './history/histories.js'
import type { Pipeline, Settled } from './pipeline.js'
import type { Counts, Position, Result } from './position.js'
import { deadLetter, tooLarge } from './warning/dead-letter.js'
import type { OutMessage, OutStream } from './warning/wire.js'

/** What a group needs of the histories. */
export type GroupHistories =
  Pick<Histories, 'takeChanges' | 'committed' | 'watermarkDay' | 'gapUntilDay'>

export interface GroupsDeps {
  readonly pipeline: Pick<Pipeline, 'settle'> & Partial<Pick<Pipeline, 'bursts'>>
  readonly histories: GroupHistories
  /** Resolves with the output stream's sequence when the server has the message. */
  publish(message: OutMessage): Promise<{ sequence: number }>
  /** True when the stream held this message already at start. */
  isPublished(id: string): boolean
  commit(changes: Changes, position: Position): Promise<void>
  /** Events in one transaction at most. */
  readonly eventsMax?: number
  /** Largest body of a message that the server takes; absent: any. */
  readonly messageBytesMax?: number
  /** Runs later in the same turn of the loop or the next (setImmediate). */
  defer(run: () => void): void
  /** How many events between these two, both excluded, were erased on purpose: they leave no gap. */
  erasedBetween?: ((after: number, before: number) => number) | undefined
  /** Called before an event is applied (the attempt mark). Throws EVENT_FATAL to dead-letter it. */
  attempt(sequence: number): void
  onEvent(outcome: { result: Result, settled?: Settled, error?: ServiceError, event: StreamEvent }): void
  /** A message was too large for the server: a dead letter goes out in its place. */
  onUnsendable?(outcome: { error: ServiceError, event: StreamEvent }): void
  onCommitted(group: { events: number, bytes: number, position: Position }): void
  /** Something that may pass: the caller tears down and starts again from the committed position. */
  onFailure(error: unknown): void
}

type Changes = ReturnType<Histories['takeChanges']>['changes']

export const groupEventsMax = 512 // 20 ms of events at 25,000 a second; a commit takes 10 to 50 ms

interface Group {
  events: number
  bytes: number
  unaccepted: number
  /** Set when the group is closed. */
  number: number
  changes: Changes | undefined
  position: Position | undefined
}

/** Applies events and commits them in closed groups. One instance lives until a failure or a stop. */
export class Groups {
  readonly #deps: GroupsDeps
  readonly #bytesMax: number
  #position: Position
  #open: Group | undefined
  #openOutputs: Record<OutStream, number>
  readonly #closed: Group[] = []
  #writing = 0
  #isDeferred = false
  #isEnded = false
  readonly #counts: Counts
  #sequence: number
  readonly #outputs: Record<OutStream, number>
  #idle: (() => void)[] = []

  constructor(deps: GroupsDeps, position: Position) {
    this.#deps = deps
    this.#bytesMax = deps.messageBytesMax ?? Number.MAX_SAFE_INTEGER
    this.#position = position
    this.#sequence = position.sequence
    this.#counts = { ...position.counts }
    this.#outputs = { ...position.outputs }
    this.#openOutputs = { ...position.outputs }
  }

  /** The committed position. */
  get position(): Position {
    return this.#position
  }

  /** Last applied sequence, committed or not. */
  get sequence(): number {
    return this.#sequence
  }

  /** Applies one event; events come in stream order. */
  take(event: StreamEvent): void {
    if (this.#isEnded) return
    const group = this.#open ??= this.#openGroup()
    this.#noteGap(event)
    const outcome = this.#apply(event)
    if (outcome === undefined) return
    this.#counts[outcome.result]++
    this.#sequence = event.sequence
    group.events++
    group.bytes += event.bytes.length
    for (const message of outcome.messages) this.#publish(group, this.#sendable(message, event))
    if (group.events >= (this.#deps.eventsMax ?? groupEventsMax)) this.#close()
    else this.#closeSoon()
  }

  /** Resolves when everything taken so far is committed. */
  async drained(): Promise<void> {
    if (this.#isEnded || (this.#open === undefined && this.#closed.length === 0)) return
    this.#close()
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Stops for good: nothing more is taken, published or committed. */
  end(): void {
    this.#isEnded = true
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #openGroup(): Group {
    this.#openOutputs = { ...this.#outputs }
    return { events: 0, bytes: 0, unaccepted: 0, number: 0, changes: undefined, position: undefined }
  }

  #noteGap(event: StreamEvent): void {
    const missing = event.sequence - this.#sequence - 1
    if (missing <= 0) return
    this.#counts.missing += missing
    if (this.#deps.erasedBetween?.(this.#sequence, event.sequence) === missing) return
    this.#deps.histories.gapUntilDay = Math.floor(minuteAt(event.receivedAt) / MINUTES_PER_DAY)
  }

  /** Undefined: the event was not applied and the caller is being torn down. */
  #apply(event: StreamEvent): { result: Result, messages: readonly OutMessage[] } | undefined {
    try {
      this.#deps.attempt(event.sequence)
      const settled = this.#deps.pipeline.settle(event)
      this.#deps.onEvent({ result: settled.result, settled, event })
      return settled
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error // a bug: the process ends, and starts again
      if (error.retry === 'later') {
        this.#fail(error)
        return undefined
      }
      this.#deps.onEvent({ result: 'dead', error, event })
      const id = `dead:${this.#position.streamCreated}:${event.sequence}`
      return { result: 'dead', messages: [this.#letter(event, error, id)] }
    }
  }

  /** The message; in place of one that the server would refuse for ever, a dead letter with the reason. */
  #sendable(message: OutMessage, event: StreamEvent): OutMessage {
    const error = tooLarge(message, this.#bytesMax)
    if (error === undefined) return message
    this.#deps.onUnsendable?.({ error, event })
    return this.#letter(event, error, `unsent:${message.id}`)
  }

  #letter(event: StreamEvent, error: ServiceError, id: string): OutMessage {
    const { streamCreated } = this.#position
    return deadLetter(event, { id, error, streamCreated, bytesMax: this.#bytesMax })
  }

  #publish(group: Group, message: OutMessage): void {
    if (this.#deps.isPublished(message.id)) return
    group.unaccepted++
    this.#deps.publish(message).then(
      ({ sequence }) => {
        group.unaccepted--
        if (sequence > this.#outputs[message.stream]) this.#outputs[message.stream] = sequence
        this.#write()
      },
      (error: unknown) => this.#fail(error),
    )
  }

  /** Closes when the loop has taken what had arrived, unless a commit is under way: then after it. */
  #closeSoon(): void {
    if (this.#isDeferred || this.#closed.length > 0) return
    this.#isDeferred = true
    this.#deps.defer(() => {
      this.#isDeferred = false
      if (this.#closed.length === 0) this.#close()
    })
  }

  #close(): void {
    const group = this.#open
    if (group === undefined || this.#isEnded) return
    this.#open = undefined
    const { histories, pipeline } = this.#deps
    const bursts = pipeline.bursts?.state
    const taken = histories.takeChanges()
    group.number = taken.group
    group.changes = taken.changes
    group.position = {
      format: this.#position.format,
      streamCreated: this.#position.streamCreated,
      sequence: this.#sequence,
      counts: { ...this.#counts },
      watermarkDay: histories.watermarkDay,
      gapUntilDay: histories.gapUntilDay,
      outputs: this.#openOutputs,
      ...(bursts === undefined ? {} : { bursts }),
    }
    this.#closed.push(group)
    this.#write()
  }

  /** Writes the closed groups at the head of the line whose messages were all accepted. */
  #write(): void {
    while (!this.#isEnded && this.#writing < this.#closed.length) {
      const group = this.#closed[this.#writing]!
      if (group.unaccepted > 0) return
      this.#writing++
      this.#deps.commit(group.changes!, group.position!).then(
        () => this.#committed(group),
        (error: unknown) => this.#fail(error),
      )
    }
  }

  #committed(group: Group): void {
    if (this.#isEnded) return
    this.#closed.shift()
    this.#writing--
    this.#position = group.position!
    this.#deps.histories.committed(group.number)
    this.#deps.onCommitted({ events: group.events, bytes: group.bytes, position: this.#position })
    if (this.#closed.length > 0) return
    if (this.#open !== undefined) this.#close()
    else for (const resolve of this.#idle.splice(0)) resolve()
  }

  #fail(error: unknown): void {
    if (this.#isEnded) return
    this.end()
    this.#deps.onFailure(error)
  }
}
