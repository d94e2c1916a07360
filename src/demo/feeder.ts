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

/** For one caller. `pump` rejects as `publish` does; what it had handed over by then does not come again. */
export function createFeeder({ events, publish, now, ratePerSecond }: FeederOptions): Feeder {
  const gapMs = 1_000 / ratePerSecond
  let dueAt = now()
  let waiting: StreamEvent | undefined
  let published = 0
  let lastNumber = -1
  let lastAt = 0
  let isCaughtUp = false

  async function pump(): Promise<number> {
    const sent: Promise<unknown>[] = []
    while (sent.length < burstMax && dueAt <= now()) {
      const event: StreamEvent = waiting ?? events.next().value
      waiting = event
      isCaughtUp = event.at > now()
      if (isCaughtUp) break
      sent.push(publish(event))
      waiting = undefined
      published++
      lastNumber = event.number
      lastAt = event.at
      dueAt += gapMs
    }
    await Promise.all(sent)
    // After a pause (a full stream, a slow server) the rate holds from now on: nothing is made up for.
    dueAt = Math.max(dueAt, now() - burstMax * gapMs)
    return isCaughtUp ? restMsMax : Math.max(0, dueAt - now())
  }

  return { pump, status: () => ({ published, lastNumber, lastAt, isCaughtUp }) }
}
