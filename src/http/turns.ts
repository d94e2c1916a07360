// Whose body is parsed and judged when: a few milliseconds of work in each turn of the event loop, in the
// order of arrival, so that sockets are read and callers let in between. Who would wait until nobody waits
// for the answer any more is refused unread. Looks at no content.
import { ServiceError } from '../errors.js'
import type { App, HttpDeps } from './server.js'

/** Between two turns one connection is let in: long turns would keep callers out. */
const turnMs = 2
/** Waiting for a turn; with reading and judging that stays well under a deadline of 300 ms. */
const waitMsMax = 100

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

export class Turns {
  readonly #options: TurnsOptions
  readonly #waiting: Waiting[] = []
  #spentMs = 0
  #isDeferred = false

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /** Whether who came now would wait too long. */
  get isFull(): boolean {
    const [first] = this.#waiting
    return first !== undefined && this.#isLate(first)
  }

  /** Calls one of the two: `run` at once while there is time in this turn, else when its turn comes. */
  enter(run: () => void, refuse: () => void): void {
    if (this.#waiting.length === 0 && this.#spentMs < turnMs) this.#spend(run)
    else this.#waiting.push({ since: this.#options.elapsed(), run, refuse })
    this.#begin()
  }

  #begin(): void {
    if (this.#isDeferred) return
    this.#isDeferred = true
    this.#options.defer(() => {
      this.#isDeferred = false
      this.#spentMs = 0
      while (this.#waiting.length > 0 && this.#spentMs < turnMs) {
        const next = this.#waiting.shift()!
        this.#spend(this.#isLate(next) ? next.refuse : next.run)
      }
      if (this.#waiting.length > 0) this.#begin()
    })
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

/** Where no delay of the event loop is too long (0), nobody waits too long either. */
export function takeTurns(app: App, { elapsed, limits }: Pick<HttpDeps, 'elapsed' | 'limits'>): void {
  const { eventLoopDelayMsMax: delayMsMax } = limits
  const turns = new Turns({
    elapsed,
    waitMsMax: delayMsMax === 0 ? Infinity : Math.min(waitMsMax, delayMsMax),
    defer: (run) => { setImmediate(run) },
  })
  app.decorate('turns', turns)
  app.decorateRequest('isLate', false)
  app.addHook('onRequest', ({ method }, _reply, done) => {
    // Operators look, and never ask for a judgement.
    done(method === 'POST' && turns.isFull ? new ServiceError('SERVICE_OVERLOADED') : undefined)
  })
  app.addHook('preValidation', ({ isLate }, _reply, done) => {
    done(isLate ? new ServiceError('SERVICE_OVERLOADED') : undefined)
  })
}

declare module 'fastify' {
  interface FastifyInstance {
    /** For whose body is there and about to be parsed. */
    turns: Turns
  }
  interface FastifyRequest {
    /** Its turn came too late: it is refused, its body unread. */
    isLate: boolean
  }
}
