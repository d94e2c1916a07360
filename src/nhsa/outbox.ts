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

export class Outbox<T> {
  readonly #options: OutboxOptions<T>
  readonly #waiting: T[] = []
  #sending = 0
  #isDeferred = false

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
      while (this.#sending < this.#options.sendingMax && this.#waiting.length > 0) {
        this.#sending++
        void this.#send(this.#waiting.shift()!)
      }
    })
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
    if (this.#waiting.length > 0) this.#sendSoon()
  }
}
