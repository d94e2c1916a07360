// The ways that lead warnings out of the stream: following one institution's, and its durable queue.
import t from 'tap'
import { connectNats } from '../../src/nats/connect.js'
import type { Connection } from '../../src/nats/connect.js'
import { followWarnings } from '../../src/nats/follow.js'
import { createPublisher } from '../../src/nats/publish.js'
import { streamNames } from '../../src/nats/streams.js'
import { openWarningQueue } from '../../src/nats/warning-queue.js'
import { warningsAfter } from '../../src/nats/warnings.js'
import { refusal, withStreams } from '../fixtures/nats-streams.js'

async function warn(connection: Connection, ...list: readonly [institution: string, id: string][]) {
  const publisher = createPublisher(connection, { outstandingMax: 100 })
  for (const [institution, id] of list) {
    await publisher.publish({ subject: `claims.warning.${institution}`, id, body: JSON.stringify({ id }) })
  }
  publisher.close()
}

t.test('one institution’s warnings are followed from a sequence, or from now on', async (t) => {
  const { connection } = await withStreams(t)
  await warn(connection, ['H1', 'a'], ['H2', 'b'], ['H1', 'c'])
  const got: unknown[] = []
  let more: () => void = () => {}
  const upTo = async (count: number) => {
    while (got.length < count) await new Promise<void>((resolve) => { more = resolve })
  }
  const options = (name: string) => ({
    institution: 'H1',
    bytesMax: 1_000_000,
    onWarning(warning: unknown) {
      got.push([name, warning])
      more()
    },
    onLost() {
      got.push([name, 'end'])
      more()
    },
  })
  const first = await followWarnings(connection, { ...options('first'), afterSequence: 1 })
  await upTo(1)
  const second = await followWarnings(connection, { ...options('second'), afterSequence: undefined })
  t.strictSame([first.afterSequence, second.afterSequence], [1, 3])
  first.stop()
  await warn(connection, ['H2', 'd'], ['H1', 'e'])
  await upTo(2)
  second.release(1, 10)
  t.strictSame(got, [
    ['first', { sequence: 3, text: '{"id":"c"}', bytes: 10 }],
    ['second', { sequence: 5, text: '{"id":"e"}', bytes: 10 }],
  ])
  const page = await warningsAfter(connection, { institution: 'H1', afterSequence: 0, limit: 2 })
  t.strictSame([page.items.map(({ sequence }) => sequence), page.next, page.more], [[1, 3], 3, true])
  const rest = await warningsAfter(connection, { institution: 'H1', afterSequence: page.next, limit: 2 })
  t.strictSame([rest.items.map(({ sequence }) => sequence), rest.next, rest.more], [[5], 5, false])
  const gone = { code: 'REQUEST_POSITION_GONE', message: /ends at 5: it was made anew/ }
  const last = await warningsAfter(connection, { institution: 'H1', afterSequence: 5, limit: 2 })
  t.strictSame(last, { items: [], next: 5, more: false })
  t.match(await refusal(() => warningsAfter(connection, { institution: 'H1', afterSequence: 6, limit: 2 })), gone)
  t.match(await refusal(() => followWarnings(connection, { ...options('none'), afterSequence: 6 })), gone)
  await connection.manager.streams.delete(streamNames.warning)
  t.strictSame((await refusal(() => followWarnings(connection, { ...options('third'), afterSequence: undefined }))).code,
    'NATS_UNAVAILABLE')
  await upTo(3)
  t.strictSame(got[2], ['second', 'end'])
  second.stop()
})

t.test('a queue gives one warning at a time, in order, and goes on where it stood', async (t) => {
  const { server, connection } = await withStreams(t)
  await warn(connection, ['H1', 'before'])
  const queue = await openWarningQueue(connection, { institution: 'H1' })
  await warn(connection, ['H1', 'a'], ['H2', 'b'], ['H1', 'c'])
  const first = (await queue.next())!
  t.strictSame([first.sequence, first.pending, Buffer.from(first.bytes).toString(), Date.now() - first.receivedAt < 60_000],
    [2, 1, '{"id":"a"}', true])
  first.working()
  first.release()
  const again = (await queue.next())!
  t.equal(again.sequence, 2, 'nothing overtakes it')
  await again.done()
  // Another process, after a restart.
  const other = await connectNats({ url: server.url, name: 'other' })
  const reopened = await openWarningQueue(other, { institution: 'H1' })
  const next = (await reopened.next())!
  t.strictSame([next.sequence, next.pending], [4, 0])
  await next.done()
  const short = await openWarningQueue(other, { institution: 'H1', waitMs: 100 })
  t.equal(await short.next(), undefined)
  await other.close()
  t.strictSame((await refusal(() => next.done())).code, 'NATS_UNAVAILABLE')
  t.strictSame((await refusal(() => short.next())).code, 'NATS_UNAVAILABLE')
  const waiting = refusal(() => queue.next())
  await connection.client.flush()
  await connection.manager.consumers.delete(streamNames.warning, 'webhook-H1')
  t.strictSame((await waiting).code, 'NATS_UNAVAILABLE')
  await connection.manager.streams.delete(streamNames.warning)
  t.strictSame((await refusal(() => openWarningQueue(connection, { institution: 'H1' }))).code, 'NATS_UNAVAILABLE')
})

t.test('a queue of a stream that was made anew begins with its first warning, whoever was first', async (t) => {
  const { connection } = await withStreams(t)
  await warn(connection, ['H1', 'a'])
  const { streamCreated: streamBefore } = await openWarningQueue(connection, { institution: 'H1' })
  const { config } = await connection.manager.streams.info(streamNames.warning)
  await connection.manager.streams.delete(streamNames.warning)
  await connection.manager.streams.add(config)
  await warn(connection, ['H1', 'new'])
  const queue = await openWarningQueue(connection, { institution: 'H1', streamBefore })
  t.not(queue.streamCreated, streamBefore)
  const first = (await queue.next())!
  t.strictSame([first.sequence, first.streamCreated, Buffer.from(first.bytes).toString()],
    [1, queue.streamCreated, '{"id":"new"}'])
  await first.done()
  const again = await openWarningQueue(connection, { institution: 'H1', streamBefore: queue.streamCreated, waitMs: 100 })
  t.equal(await again.next(), undefined, 'it goes on where it stood')
})
