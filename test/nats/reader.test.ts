// Reading a real stream: order, room, holes, lost servers.
import t from 'tap'
import { connectNats } from '../../src/nats/connect.js'
import { startReader } from '../../src/nats/consume.js'
import { PullReader } from '../../src/nats/pull.js'
import { ensureStreams, streamNames } from '../../src/nats/streams.js'
import { pause, startServer } from '../fixtures/nats-server.js'
import type { TestServer } from '../fixtures/nats-server.js'
import {
  collector, limits, numbersUpTo, read, send, stateOf, withStreams,
} from '../fixtures/nats-streams.js'

t.test('the reader starts after a sequence and gives the stream its order', async (t) => {
  const { connection } = await withStreams(t)
  await send(connection, 1, 500)
  const got = collector()
  const times: number[] = []
  const reader = startReader(connection, {
    stream: streamNames.event,
    afterSequence: 100,
    pendingMax: 64,
    bytesMax: 100_000,
    onEvent: (event) => {
      times.push(event.receivedAt)
      got.onEvent(event)
      reader.release(1, event.bytes.length)
    },
    onFailure: got.onFailure,
  })
  await got.upTo(400)
  t.strictSame(got.numbers, numbersUpTo(500).slice(100))
  t.strictSame(got.sequences, got.numbers)
  t.strictSame(reader.lag(), { messages: 0, reason: '' })
  await send(connection, 501, 510)
  await got.upTo(410)
  t.equal(got.numbers.at(-1), 510)
  const near = Math.abs(times.at(-1)! - Date.now())
  t.ok(near < 60_000, 'the time is the stream\'s, in milliseconds')
  await reader.stop()
  await reader.stop()
  await send(connection, 511, 512)
  await connection.client.flush()
  t.equal(got.numbers.length, 410, 'nothing after stop')
  t.strictSame(got.failures, [])
})

t.test('the reader takes no more than its room until room is given back', async (t) => {
  const { connection } = await withStreams(t)
  await send(connection, 1, 100, 1000)
  const { got, reader } = read(connection, { pendingMax: 10 })
  await got.upTo(10)
  await connection.client.flush()
  t.equal(got.numbers.length, 10, 'ten messages')
  t.equal(reader.lag().messages, 90)
  reader.release(10, 10_000)
  await got.upTo(20)
  await reader.stop()

  const { got: bytes, reader: narrow } = read(connection, { pendingMax: 1000, bytesMax: 8_000 })
  await bytes.upTo(4)
  await connection.client.flush()
  t.ok(bytes.numbers.length <= 8, `${bytes.numbers.length} of 1,000 bytes in a room of 8,000`)
  let released = 0
  while (bytes.numbers.length < 100) {
    const held = bytes.numbers.length - released
    t.ok(held <= 8)
    released += held
    narrow.release(held, held * 1000)
    await bytes.upTo(Math.min(100, released + 1))
  }
  t.strictSame(bytes.numbers, numbersUpTo(100))
  await narrow.stop()
})

t.test('one event larger than the whole room is delivered alone', async (t) => {
  const { connection } = await withStreams(t)
  await send(connection, 1, 3, 50)
  await send(connection, 4, 4, 20_000)
  await send(connection, 5, 8, 50)
  const { got, reader } = read(connection, { bytesMax: 1_000, isReleasing: true })
  await got.upTo(8)
  t.strictSame(got.numbers, numbersUpTo(8))
  await reader.stop()
})

t.test('a server killed and restarted loses and repeats nothing', async (t) => {
  let server: TestServer = await startServer()
  const connection = await connectNats({ url: server.url, name: 'test' })
  await ensureStreams(connection, limits)
  const { got, reader } = read(connection, { pendingMax: 32, isReleasing: true })
  for (let round = 0; round < 3; round++) {
    await send(connection, round * 200 + 1, round * 200 + 200)
    const lost = stateOf(connection, 'disconnected')
    const back = stateOf(connection, 'connected')
    await server.kill()
    await lost
    t.match(reader.lag().reason, /disconnected|503|timeout|TIMEOUT/i)
    server = await startServer(server)
    await back
  }
  await send(connection, 601, 700)
  await got.upTo(700)
  t.strictSame(got.numbers, numbersUpTo(700))
  t.strictSame(got.failures, [])
  await reader.stop()
  await connection.close()
  await server.stop()
})

t.test('a deleted consumer is made anew where it was', async (t) => {
  const { connection } = await withStreams(t)
  await send(connection, 1, 50)
  const { got, reader } = read(connection, { pendingMax: 20, heartbeatMs: 200 })
  await got.upTo(20)
  const names = async () => {
    const found = []
    for await (const { name } of connection.manager.consumers.list(streamNames.event)) {
      found.push(name)
    }
    return found
  }
  const [first] = await names()
  await connection.manager.consumers.delete(streamNames.event, first!)
  reader.release(20, 40)
  await got.upTo(40)
  reader.release(20, 40)
  await got.upTo(50)
  t.strictSame(got.numbers, numbersUpTo(50))
  const [second, ...others] = await names()
  t.not(second, first)
  t.strictSame(others, [])
  // Deleted while the reader waits with an open request: the server says so, or nothing at all.
  await connection.manager.consumers.delete(streamNames.event, second!)
  await send(connection, 51, 60)
  await got.upTo(60)
  t.strictSame(got.numbers, numbersUpTo(60))
  await reader.stop()
  await connection.client.flush()
  t.strictSame(await names(), [], 'a stopped reader leaves no consumer behind')
})

t.test('a message stolen from the consumer is a hole, and is read again', async (t) => {
  const { connection } = await withStreams(t)
  const got = collector()
  const reader = startReader(connection, {
    stream: streamNames.event,
    afterSequence: 0,
    pendingMax: 4,
    bytesMax: 1_000_000,
    onEvent: (event) => {
      got.onEvent(event)
      if (got.numbers.length > 4) reader.release(1, event.bytes.length)
    },
    onFailure: got.onFailure,
  })
  await send(connection, 1, 8)
  await got.upTo(4)
  let consumer = ''
  for await (const { name } of connection.manager.consumers.list(streamNames.event)) consumer = name
  const next = `$JS.API.CONSUMER.MSG.NEXT.${streamNames.event}.${consumer}`
  const stolen = await connection.client.request(next, '1', { timeout: 5000, noMux: true })
  t.equal(stolen.string(), '5')
  reader.release(4, 4)
  await got.upTo(8)
  t.strictSame(got.numbers, numbersUpTo(8))
  await reader.stop()
})

t.test('deleted messages are passed over, not taken for a hole', async (t) => {
  const { connection } = await withStreams(t)
  await send(connection, 1, 6)
  await connection.manager.streams.deleteMessage(streamNames.event, 2)
  await connection.manager.streams.deleteMessage(streamNames.event, 3)
  const { got, reader } = read(connection)
  await got.upTo(4)
  t.strictSame(got.sequences, [1, 4, 5, 6])
  await reader.stop()
})

t.test('an idle reader renews its requests and goes on', async (t) => {
  const { connection } = await withStreams(t)
  const got = collector()
  const idle = new Promise<void>((resolve) => {
    let heartbeats = 0
    const reader = new PullReader(connection, {
      stream: streamNames.event,
      afterSequence: 0,
      pendingMax: 4,
      bytesMax: 1_000_000,
      heartbeatMs: 100,
      onIdle: () => { if (++heartbeats === 16) resolve() }, // each request lives six heartbeats
      onMessage: (message, { sequence }) => got.onEvent({ bytes: message.data, sequence }),
      onFailure: got.onFailure,
    })
    t.teardown(() => reader.end())
  })
  await idle
  await send(connection, 1, 2)
  await got.upTo(2)
  t.strictSame(got.numbers, [1, 2])
})

t.test('silence is a lost server', async (t) => {
  const { server, connection } = await withStreams(t)
  const { got, reader } = read(connection, { pendingMax: 4, heartbeatMs: 100 })
  await send(connection, 1, 1)
  await got.upTo(1)
  await pause(server.pid)
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (reader.lag().reason === '') return
      clearInterval(timer)
      resolve()
    }, 10)
  })
  t.equal(reader.lag().reason, 'no heartbeat')
  process.kill(server.pid, 'SIGCONT')
  await send(connection, 2, 3)
  await got.upTo(3)
  t.strictSame(got.numbers, [1, 2, 3])
  await reader.stop()
})

t.test('a message that is not the consumer\'s makes the consumer anew', async (t) => {
  const { connection } = await withStreams(t)
  const { client } = connection
  const publish = client.publish.bind(client)
  const inboxes: string[] = []
  client.publish = (subject, payload, options) => {
    if (subject.includes('CONSUMER.MSG.NEXT')) inboxes.push(options!.reply!)
    publish(subject, payload, options)
  }
  const { got, reader } = read(connection, { isReleasing: true })
  const reasons: string[] = []
  for (const reply of ['nobody.asked', undefined]) {
    await send(connection, got.numbers.length + 1, got.numbers.length + 1)
    await got.upTo(got.numbers.length + 1)
    publish(inboxes.at(-1)!, 'forged', reply === undefined ? {} : { reply })
    await client.flush()
    reasons.push(reader.lag().reason)
  }
  await send(connection, 3, 3)
  await got.upTo(3)
  t.strictSame(got.numbers, [1, 2, 3])
  t.strictSame(reasons, ['a reply subject of another kind: nobody.asked', '0'])
  await reader.stop()
})

t.test('a reader whose room is full is not taken for lost', async (t) => {
  const { connection } = await withStreams(t)
  await send(connection, 1, 5)
  const { got, reader } = read(connection, { pendingMax: 2, heartbeatMs: 50 })
  await got.upTo(2)
  await new Promise<void>((resolve) => {
    let heartbeats = 0
    const clock = new PullReader(connection, {
      stream: streamNames.dead,
      afterSequence: 0,
      pendingMax: 1,
      bytesMax: 1_000,
      heartbeatMs: 50,
      onMessage: () => {},
      onIdle: () => {
        if (++heartbeats < 10) return
        clock.end()
        resolve()
      },
      onFailure: () => {},
    })
  })
  t.strictSame(reader.lag(), { messages: 3, reason: '' })
  await reader.stop()
})

t.test('a reader started while the server is away begins when it is back', async (t) => {
  const server = await startServer()
  const connection = await connectNats({ url: server.url, name: 'test' })
  await ensureStreams(connection, limits)
  await send(connection, 1, 2)
  const lost = stateOf(connection, 'disconnected')
  await server.kill()
  await lost
  const { got, reader } = read(connection)
  t.equal(reader.lag().reason, 'not started')
  const again = await startServer(server)
  await got.upTo(2)
  t.strictSame(got.numbers, [1, 2])
  await reader.stop()
  await connection.close()
  await again.stop()
})
