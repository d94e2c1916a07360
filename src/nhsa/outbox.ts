// What goes to the stream after the answer has gone to the client: a bounded line that nobody waits for.
// When it is full, what comes is dropped and told. Knows no stream: sending is handed in.

export interface OutboxOptions<T> {
  /** Resolves when it has arrived. */
  send(entry: T): Promise<unknown>
  /** Entries that wait, those under way included. */
  readonly waitingMax: number
  /** Under way at the same time. */
  readonly sendingMax: number
  /** Whether it is worth another try, and then resolves when it is time; absent: it never is. */
  again?(error: unknown): Promise<void> | undefined
  /** Of what was not sent: no room, or an error. */
  onDropped(reason: unknown): void
  /** Runs later, when the answer is on its way (setImmediate). */
  defer(run: () => void): void
}

/** At most `waitingMax` entries wait or are being sent, `sendingMax` at a time, in the order of pushing. */
export class Outbox<T> {
  readonly #options: OutboxOptions<T>
  readonly #waiting: T[] = []
  #sending = 0
  #isDeferred = false
  readonly #drained: (() => void)[] = []

  constructor(options: OutboxOptions<T>) {
    this.#options = options
  }

  /** Entries not sent yet. */
  get size(): number {
    return this.#waiting.length + this.#sending
  }

  /** Never waits and never throws. */
  push(entry: T): void {
    if (this.size >= this.#options.waitingMax) {
      this.#options.onDropped('full')
      return
    }
    this.#waiting.push(entry)
    this.#sendSoon()
  }

  #sendSoon(): void {
    if (this.#isDeferred) return
    this.#isDeferred = true
    this.#options.defer(() => {
      this.#isDeferred = false
      this.#sendNow()
    })
  }

  #sendNow(): void {
    while (this.#sending < this.#options.sendingMax && this.#waiting.length > 0) {
      this.#sending++
      void this.#send(this.#waiting.shift()!)
    }
  }

  /** Sends what waits without waiting any longer; resolves when nothing does. */
  async drain(): Promise<void> {
    this.#sendNow()
    if (this.size > 0) await new Promise<void>((resolve) => { this.#drained.push(resolve) })
  }

  async #send(entry: T): Promise<void> {
    const { send, again, onDropped } = this.#options
    for (;;) {
      try {
        await send(entry)
        break
      } catch (error) {
        const later = again?.(error)
        if (later === undefined) {
          onDropped(error)
          break
        }
        await later
      }
    }
    this.#sending--
    const isDraining = this.#drained.length > 0
    if (this.size === 0) for (const resolve of this.#drained.splice(0)) resolve()
    else if (isDraining) this.#sendNow()
    else if (this.#waiting.length > 0) this.#sendSoon()
  }
}
