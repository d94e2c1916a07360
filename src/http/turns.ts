// Whose body is parsed and judged when: a few milliseconds of work in each turn of the event loop, in the
// order of arrival, so that sockets are read and callers let in between. Who would wait until nobody waits
// for the answer any more is refused unread. Looks at no content.

/** Between two turns one connection is let in: long turns would keep callers out. */
const turnMs = 2
/** How much the latest turn counts in what a turn is expected to take. */
const latestWeight = 0.2
const restMs = 1_000

interface TurnsOptions {
  readonly elapsed: () => number
  readonly waitMsMax: number
  /** Runs in the next turn, after what the sockets brought. */
  readonly defer: (run: () => void) => void
}

interface Waiting {
  readonly since: number
  readonly run: () => void
  readonly refuse: () => void
}

/** One for an HTTP server; times are milliseconds of `elapsed`. Whoever enters is called once, one way. */
export class Turns {
  readonly #options: TurnsOptions
  readonly #waiting: Waiting[] = []
  #spentMs = 0
  #isDeferred = false
  /** Between one who waits and the next, with all that the loop does besides; 0: not known yet. */
  #apartMs = 0
  #turnAt = 0

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /**
   * Whether who came now would wait too long: to be told so at once is cheaper for both than after a while.
   * Half of the longest wait is for what the next turns may take more than the last ones.
   */
  get isFull(): boolean {
    const [first] = this.#waiting
    if (first === undefined) return false
    return this.#waiting.length * this.#apartMs > this.#options.waitMsMax / 2 || this.#isLate(first)
  }

  /** Calls one of the two: `run` at once while there is time in this turn, else when its turn comes. */
  enter(run: () => void, refuse: () => void): void {
    if (!this.#isDeferred) this.#beginAgain()
    if (this.#waiting.length === 0 && this.#spentMs < turnMs) this.#spend(run)
    else this.#waiting.push({ since: this.#options.elapsed(), run, refuse })
    this.#begin()
  }

  /** After a rest: what turns took long ago says nothing. */
  #beginAgain(): void {
    const now = this.#options.elapsed()
    if (now - this.#turnAt > restMs) this.#apartMs = 0
    this.#turnAt = now
  }

  #begin(): void {
    if (this.#isDeferred) return
    this.#isDeferred = true
    this.#options.defer(() => {
      this.#isDeferred = false
      this.#spentMs = 0
      const before = this.#waiting.length
      while (this.#waiting.length > 0 && this.#spentMs < turnMs) {
        const next = this.#waiting.shift()!
        this.#spend(this.#isLate(next) ? next.refuse : next.run)
      }
      this.#measure(before - this.#waiting.length)
      if (this.#waiting.length > 0) this.#begin()
    })
  }

  /** So many have had their turn since the last one. */
  #measure(count: number): void {
    const now = this.#options.elapsed()
    const passedMs = now - this.#turnAt
    this.#turnAt = now
    if (count > 0) this.#apartMs += latestWeight * (passedMs / count - this.#apartMs)
  }

  #spend(run: () => void): void {
    const { elapsed } = this.#options
    const from = elapsed()
    run()
    this.#spentMs += elapsed() - from
  }

  #isLate({ since }: Waiting): boolean {
    return this.#options.elapsed() - since > this.#options.waitMsMax
  }
}
