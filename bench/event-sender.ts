// The senders of end-to-end.bench.ts, a process of its own: settlements on a fixed schedule, whether the
// service keeps up or not. What they cost is not the service's.
import { connectNats } from '../src/nats/connect.js'
import { createPublisher } from '../src/nats/publish.js'
import { trafficOf } from './traffic.js'

export interface PacedEvents {
  readonly natsUrl: string
  readonly seed: number
  /** Numbers of the events: `from` up to, not with, `until`. */
  readonly from: number
  readonly until: number
  readonly perSecond: number
}

process.on('message', (paced: PacedEvents) => {
  send(paced).then(() => process.send!('sent'), (error: unknown) => { throw error })
})

async function send({ natsUrl, seed, from, until, perSecond }: PacedEvents): Promise<void> {
  const connection = await connectNats({ url: natsUrl, name: 'paced' })
  const publisher = createPublisher(connection, { outstandingMax: 100_000 })
  const next = trafficOf({ seed, patients: 200_000, lines: 30, hasTraceCodes: false, settledAt: Date.now() })
  const start = performance.now()
  const sent: Promise<unknown>[] = []
  for (let n = from; n < until;) {
    const due = Math.min(until, from + Math.floor((performance.now() - start) / 1_000 * perSecond))
    for (; n < due; n++) sent.push(publisher.publish(next(n)))
    await new Promise((resolve) => { setTimeout(resolve, 1) })
  }
  await Promise.all(sent)
  publisher.close()
  await connection.close()
}
