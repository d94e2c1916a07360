// Paces the stream: so many events a second, no burst after a pause, and none from the future. It owns
// no clock, no timer and no connection; whoever calls `pump` waits as long as it says.
import type { StreamEvent } from './stream.js'

export interface FeederOptions {
  readonly events: Iterator<StreamEvent, never>
  /** Resolves when the stream has the event. */
  readonly publish: (event: StreamEvent) => Promise<unknown>
  /** Milliseconds. */
  readonly now: () => number
  readonly ratePerSecond: number
}

export interface FeederStatus {
  readonly published: number
  /** Number of the last event published; -1 before the first. */
  readonly lastNumber: number
  /** The region's time: when the last event happened, in milliseconds. */
  readonly lastAt: number
  /** The region's time has reached the clock: from here on events come as they happen. */
  readonly isCaughtUp: boolean
}

export interface Feeder {
  /** Publishes what is due; gives the milliseconds until something more is. */
  pump(): Promise<number>
  status(): FeederStatus
}

/** Events published together: what a quarter of a second holds at 2,000 a second. */
const burstMax = 500
const restMsMax = 1_000

/** For one caller. `pump` rejects as `publish` does; what the stream has not taken is offered again. */
export function createFeeder({ events, publish, now, ratePerSecond }: FeederOptions): Feeder {
  const gapMs = 1_000 / ratePerSecond
  let dueAt = now()
  let waiting: readonly StreamEvent[] = []
  let published = 0
  let lastNumber = -1
  let lastAt = 0
  let isCaughtUp = false

  /** Those that are due, in their order. */
  function take(): StreamEvent[] {
    const left = [...waiting]
    const due: StreamEvent[] = []
    while (due.length < burstMax && dueAt <= now()) {
      const event: StreamEvent = left.shift() ?? events.next().value
      isCaughtUp = event.at > now()
      if (isCaughtUp) {
        left.unshift(event)
        break
      }
      due.push(event)
      dueAt += gapMs
    }
    waiting = left
    return due
  }

  async function pump(): Promise<number> {
    const due = take()
    const answers = await Promise.allSettled(due.map((event) => publish(event)))
    const refused = answers.findIndex(({ status }) => status === 'rejected')
    const taken = refused < 0 ? due.length : refused
    if (taken > 0) ({ number: lastNumber, at: lastAt } = due[taken - 1]!)
    published += taken
    waiting = [...due.slice(taken), ...waiting]
    // After a pause (a full stream, a slow server) the rate holds from now on: nothing is made up for.
    dueAt = Math.max(dueAt, now() - burstMax * gapMs)
    const answer = answers[refused]
    if (answer?.status === 'rejected') throw answer.reason
    return isCaughtUp ? restMsMax : Math.max(0, dueAt - now())
  }

  return { pump, status: () => ({ published, lastNumber, lastAt, isCaughtUp }) }
}
