// Publishing to a real server and reading back what it holds.
import t from 'tap'
import { connectNats } from '../../src/nats/connect.js'
import { startReader } from '../../src/nats/consume.js'
import { createPublisher } from '../../src/nats/publish.js'
import { readBack } from '../../src/nats/read-back.js'
import { streamNames } from '../../src/nats/streams.js'
import { fetchDead, warningsAfter } from '../../src/nats/warnings.js'
import { pause, startServer } from '../fixtures/nats-server.js'
import {
  collector, numbersUpTo, refusal, send, stateOf, withStreams,
} from '../fixtures/nats-streams.js'

t.test('the publisher tells what the server has', async (t) => {
  const { connection } = await withStreams(t)
  const publisher = createPublisher(connection, { outstandingMax: 10 })
  const message = { subject: 'claims.warning.H1', id: 'H1:S1:patient', body: '{"n":1}' }
  const first = await publisher.publish(message)
  t.strictSame(first, { stream: 'CLAIMS_WARNING', sequence: 1, isRepeated: false })
  t.strictSame(await publisher.publish(message),
    { stream: 'CLAIMS_WARNING', sequence: 1, isRepeated: true })
  const body = new TextEncoder().encode('{"n":2}')
  const second = { ...message, id: 'H1:S2:病', body, headers: { 'Reason': 'EVENT_NOT_JSON' } }
  t.match(await publisher.publish(second), { sequence: 2 })
  const { header, data } = await connection.manager.streams.getMessage('CLAIMS_WARNING', { seq: 2 })
  t.equal(header.get('Reason'), 'EVENT_NOT_JSON')
  t.equal(Buffer.from(data).toString(), '{"n":2}')
  publisher.close()
  publisher.close()
  t.match(await refusal(() => publisher.publish(message)),
    { code: 'MESSAGE_UNSENT', message: /the publisher is closed/ })
})

t.test('what the server refuses is rejected with its words', async (t) => {
  const { connection } = await withStreams(t, { warningStreamBytesMax: 2_000 })
  const publisher = createPublisher(connection, { outstandingMax: 10 })
  const message = (id: string, size: number) =>
    ({ subject: 'claims.warning.H1', id, body: 'x'.repeat(size) })
  await publisher.publish(message('1', 1_000))
  t.match(await refusal(() => publisher.publish(message('2', 1_000))),
    { code: 'MESSAGE_UNSENT', message: /maximum bytes exceeded/ })
  t.match(await refusal(() => publisher.publish(message('3', 5_000_000))),
    { code: 'MESSAGE_UNSENT', message: /MAX_PAYLOAD_EXCEEDED/ })
  t.match(await refusal(() => publisher.publish({ ...message('4', 1), subject: 'nobody.here' })),
    { code: 'MESSAGE_UNSENT', message: /no stream takes this subject/ })
  t.match(await refusal(() => publisher.publish(message('5\r\n', 1))), { code: 'MESSAGE_UNSENT' })
  connection.client.subscribe('oracle', {
    callback: (_error, { reply }) => connection.client.publish(reply!, '{}'),
  })
  t.match(await refusal(() => publisher.publish({ ...message('6', 1), subject: 'oracle' })),
    { code: 'MESSAGE_UNSENT', message: /the answer cannot be read/ })
  t.equal(publisher.outstanding, 0)
  publisher.close()
})

t.test('beyond its bound, after its time or without a server, nothing is sent', async (t) => {
  const server = await startServer()
  const connection = await connectNats({ url: server.url, name: 'test' })
  connection.client.subscribe('silent', { callback: () => {} })
  const publisher = createPublisher(connection, { outstandingMax: 2, timeoutMs: 100 })
  const say = (id: string) => refusal(() => publisher.publish({ subject: 'silent', id, body: '' }))
  const [one, two, three] = [say('1'), say('2'), say('3')]
  t.notOk(publisher.hasRoom())
  t.match(await three, { code: 'MESSAGE_UNSENT', message: /2 are outstanding/ })
  t.match(await one, { code: 'MESSAGE_UNSENT', message: /did not answer in time/ })
  t.match(await two, { code: 'MESSAGE_UNSENT', message: /did not answer in time/ })
  t.ok(publisher.hasRoom())
  const patient = createPublisher(connection, { outstandingMax: 2 })
  const lost = refusal(() => patient.publish({ subject: 'silent', id: '4', body: '' }))
  await connection.client.flush()
  await server.kill()
  t.match(await lost, { code: 'MESSAGE_UNSENT' })
  t.match(await refusal(() => patient.publish({ subject: 'silent', id: '5', body: '' })),
    { code: 'MESSAGE_UNSENT', message: /there is no connection/ })
  const again = await startServer(server)
  await stateOf(connection, 'connected')
  const left = refusal(() => patient.publish({ subject: 'silent', id: '6', body: '' }))
  await connection.close()
  t.match(await left, { code: 'MESSAGE_UNSENT', message: /the connection was closed/ })
  patient.close()
  publisher.close()
  await again.stop()
})

t.test('an answer after its time is not mistaken for another', async (t) => {
  const { connection } = await withStreams(t)
  let late: string | undefined
  connection.client.subscribe('late', { callback: (_error, { reply }) => { late = reply } })
  const publisher = createPublisher(connection, { outstandingMax: 2, timeoutMs: 40 })
  const message = { subject: 'late', id: '1', body: '' }
  t.match(await refusal(() => publisher.publish(message)), { message: /in time/ })
  connection.client.publish(late!, '{"stream":"X","seq":9}')
  t.match(await publisher.publish({ ...message, subject: 'claims.dead' }), { sequence: 1 })
  publisher.close()
})

t.test('a publisher that may not listen for answers says so', async (t) => {
  const permissions = 'permissions: { subscribe: { deny: ["_INBOX.>"] } }'
  const config = `authorization { users: [{ user: a, password: b, ${permissions} }] }`
  const server = await startServer({ config })
  const connection = await connectNats({ url: server.url, name: 'test', user: 'a', password: 'b' })
  const publisher = createPublisher(connection, { outstandingMax: 2 })
  const sent = refusal(() => publisher.publish({ subject: 'claims.dead', id: '1', body: '' }))
  t.match(await sent, { code: 'MESSAGE_UNSENT', message: /permissions violation/i })
  publisher.close()
  const got = collector()
  const reader = startReader(connection, {
    stream: streamNames.event,
    afterSequence: 0,
    pendingMax: 3,
    bytesMax: 1_000,
    onEvent: got.onEvent,
    onFailure: got.onFailure,
  })
  await reader.stop()
  await connection.close()
  await server.stop()
})

t.test('reading back gives ids and sequences to the end', async (t) => {
  const { connection } = await withStreams(t)
  t.equal(await readBack(connection, streamNames.event, 0, () => t.fail('nothing is there')), 0)
  await send(connection, 1, 6_000)
  const seen: [string, number][] = []
  const last = await readBack(connection, streamNames.event, 5_990, (id, sequence) => {
    seen.push([id, sequence])
  })
  t.equal(last, 6_000)
  t.strictSame(seen, numbersUpTo(10).map((n) => [`e${5_990 + n}`, 5_990 + n]))
  let count = 0
  t.equal(await readBack(connection, streamNames.event, 0, () => { count++ }), 6_000)
  t.equal(count, 6_000)
  t.equal(await readBack(connection, streamNames.event, 9_999, () => t.fail('beyond')), 9_999)
  connection.client.publish('claims.dead', 'no id at all')
  await connection.client.flush()
  const ids: string[] = []
  await readBack(connection, streamNames.dead, 0, (id) => ids.push(id))
  t.strictSame(ids, [''])
  t.match(await refusal(() => readBack(connection, 'NO_STREAM', 0, () => {})),
    { code: 'STREAM_CHANGED' })
})

t.test('warnings come in pages, of one institution only', async (t) => {
  const { connection } = await withStreams(t)
  const publisher = createPublisher(connection, { outstandingMax: 100 })
  for (let number = 1; number <= 7; number++) {
    const subject = `claims.warning.H${number % 2}`
    await publisher.publish({ subject, id: `${number}`, body: JSON.stringify({ number }) })
  }
  await publisher.publish({ subject: 'claims.warning.H1', id: 'text', body: 'not JSON' })
  const page = (afterSequence: number, limit: number, institution = 'H1') =>
    warningsAfter(connection, { institution, afterSequence, limit })
  t.strictSame(await page(0, 2), {
    items: [{ sequence: 1, warning: { number: 1 } }, { sequence: 3, warning: { number: 3 } }],
    next: 3,
    more: true,
  })
  t.strictSame(await page(3, 100), {
    items: [
      { sequence: 5, warning: { number: 5 } },
      { sequence: 7, warning: { number: 7 } },
      { sequence: 8, warning: 'not JSON' },
    ],
    next: 8,
    more: false,
  })
  t.strictSame(await page(8, 100), { items: [], next: 8, more: false })
  t.match(await refusal(() => page(99, 100)), { code: 'REQUEST_POSITION_GONE' }, 'beyond what there is')
  t.strictSame(await page(0, 100, 'H9'), { items: [], next: 0, more: false })
  t.match(await refusal(() => page(0, 100, '*')), { code: 'REQUEST_MALFORMED' })
  const large = { subject: 'claims.warning.L', body: JSON.stringify('x'.repeat(3_000_000)) }
  for (const id of ['a', 'b', 'c']) await publisher.publish({ ...large, id })
  const cut = await page(0, 100, 'L')
  t.strictSame(cut.items.map(({ sequence }) => sequence), [9, 10], 'a page is bounded in bytes')
  t.strictSame((await page(cut.next, 100, 'L')).items.map(({ sequence }) => sequence), [11])
  publisher.close()
})

t.test('dead letters come in pages with the time they arrived', async (t) => {
  const { server, connection } = await withStreams(t)
  const publisher = createPublisher(connection, { outstandingMax: 100 })
  for (const id of ['1', '2']) {
    await publisher.publish({ subject: 'claims.dead', id, body: JSON.stringify({ id }) })
  }
  publisher.close()
  const { items, next } = await fetchDead(connection, { afterSequence: 1, limit: 10 })
  t.equal(next, 2)
  t.strictSame(items.map(({ sequence, letter }) => ({ sequence, letter })),
    [{ sequence: 2, letter: { id: '2' } }])
  t.ok(Math.abs(items[0]!.receivedAt - Date.now()) < 60_000)
  t.strictSame(await fetchDead(connection, { afterSequence: 2, limit: 10 }), { items: [], next: 2 })
  await connection.manager.streams.delete(streamNames.dead)
  t.match(await refusal(() => fetchDead(connection, { afterSequence: 0, limit: 1 })),
    { code: 'STREAM_CHANGED' })
  await pause(server.pid)
  t.match(await refusal(() => fetchDead(connection, { afterSequence: 0, limit: 1, waitMs: 50 })),
    { code: 'NATS_UNAVAILABLE' })
  process.kill(server.pid, 'SIGCONT')
  const lost = stateOf(connection, 'disconnected')
  await server.kill()
  await lost
  t.match(await refusal(() => fetchDead(connection, { afterSequence: 0, limit: 1 })),
    { code: 'NATS_UNAVAILABLE' })
})
