// Brings one institution its warnings, one after the other in the order of the stream: tries again with
// growing pauses, gives up into a dead letter, and only then goes on. Knows neither NATS nor HTTP.
import type { Outgoing, Sent } from './send.js'

export interface Queued extends Outgoing {
  /** When the stream was made that its sequence is of. */
  readonly streamCreated: string
  /** The stream's own timestamp, milliseconds. */
  readonly receivedAt: number
  /** How many follow. */
  readonly pending: number
  /** Finished with: it never comes again. */
  done(): Promise<void>
  /** Still being worked on: it is given to nobody else. */
  working(): void
  /** Not finished with: it comes again at once, to whoever asks. */
  release(): void
}

export interface Queue {
  /** When its stream was made: the sequences of another one begin anew. */
  readonly streamCreated: string
  /** The next one, or undefined after a while without one. Rejects when the queue is lost. */
  next(): Promise<Queued | undefined>
}

export interface CourierDeps {
  /** Where this institution's position is kept; `streamBefore`: the stream of the queue before, if any. */
  openQueue(streamBefore: string | undefined): Promise<Queue>
  send(outgoing: Outgoing): Promise<Sent>
  /** Keeps what could not be delivered; resolves when it is kept. */
  bury(queued: Queued, reason: string): Promise<void>
  wait(milliseconds: number): Promise<void>
  readonly attemptsMax: number
  onResult(result: 'delivered' | 'retried' | 'dead', reason: string): void
  /** The queue cannot be read; it is tried again. */
  onFailure(error: unknown): void
}

const pauseMsMin = 1_000
const pauseMsMax = 300_000 // a receiver that is repaired should not wait longer
const sliceMs = 10_000 // well within the time after which the queue would think us dead
const queueLostMs = 1_000

/** The pause after so many attempts. */
export const pauseMs = (attempts: number): number => Math.min(pauseMsMin * 2 ** (attempts - 1), pauseMsMax)

/** One for an institution; `run` once, `stop` once. Pauses grow from a second to five minutes. */
export class Courier {
  readonly #deps: CourierDeps
  #queue: Queue | undefined
  #finished = 0
  #streamCreated: string | undefined
  #hand: Queued | undefined
  #pending = 0
  #isStopping = false
  #wake: () => void = () => {}

  constructor(deps: CourierDeps) {
    this.#deps = deps
  }

  /** What is not delivered yet, and when the stream received the one in hand; 0 when there is none. */
  get lag(): { readonly messages: number, readonly receivedAt: number } {
    const messages = this.#pending + (this.#hand === undefined ? 0 : 1)
    return { messages, receivedAt: this.#hand?.receivedAt ?? 0 }
  }

  /** Works until stop(). */
  async run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        this.#queue ??= await this.#open()
        const queued = await this.#next(this.#queue)
        if (queued !== undefined) await this.#finish(queued)
      } catch (error) {
        this.#queue = undefined
        this.#deps.onFailure(error)
        await this.#pause(queueLostMs)
      }
    }
  }

  /** Takes nothing more; what is in hand comes again after the next start. */
  stop(): void {
    this.#isStopping = true
    this.#wake()
  }

  async #open(): Promise<Queue> {
    const queue = await this.#deps.openQueue(this.#streamCreated)
    if (queue.streamCreated !== this.#streamCreated) this.#finished = 0
    this.#streamCreated = queue.streamCreated
    return queue
  }

  /** One that comes when we have gone goes back. */
  async #next(queue: Queue): Promise<Queued | undefined> {
    const next = queue.next()
    const queued = await this.#unlessStopped(next)
    if (this.#isStopping) next.then((late) => late?.release(), () => {})
    return this.#isStopping ? undefined : queued
  }

  async #finish(queued: Queued): Promise<void> {
    this.#pending = queued.pending
    // Its end did not reach the queue the last time.
    if (queued.sequence <= this.#finished) return queued.done()
    this.#hand = queued
    const isFinished = await this.#deliver(queued)
    this.#hand = undefined
    if (!isFinished) return queued.release()
    this.#finished = queued.sequence
    await queued.done()
  }

  /** False when we are stopped before it is delivered or given up. */
  async #deliver(queued: Queued): Promise<boolean> {
    const { send, bury, attemptsMax, onResult } = this.#deps
    for (let attempt = 1; !this.#isStopping; attempt++) {
      queued.working()
      const sent = await send(queued)
      if (sent.ok) {
        onResult('delivered', '')
        return true
      }
      if (this.#isStopping) break
      if (attempt >= attemptsMax) {
        await bury(queued, `${attempt} attempts, the last one: ${sent.reason}`)
        onResult('dead', sent.reason)
        return true
      }
      onResult('retried', sent.reason)
      await this.#rest(pauseMs(attempt), queued)
    }
    return false
  }

  async #rest(milliseconds: number, queued: Queued): Promise<void> {
    for (let left = milliseconds; left > 0 && !this.#isStopping; left -= sliceMs) {
      await this.#pause(Math.min(left, sliceMs))
      queued.working()
    }
  }

  #pause(milliseconds: number): Promise<void> {
    return this.#unlessStopped(this.#deps.wait(milliseconds)) as Promise<void>
  }

  /** One thing is waited for at a time. */
  #unlessStopped<T>(work: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.#wake = () => resolve(undefined)
      if (this.#isStopping) resolve(undefined)
      work.then(resolve, reject)
    })
  }
}
