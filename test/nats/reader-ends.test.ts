// How a reading ends: the stream is gone, the connection closed, a bug, a missing right.
import t from 'tap'
import { connectNats } from '../../src/nats/connect.js'
import { startReader } from '../../src/nats/consume.js'
import { ensureStreams, streamNames } from '../../src/nats/streams.js'
import { startServer } from '../fixtures/nats-server.js'
import {
  collector, limits, read, send, stateOf, withStreams,
} from '../fixtures/nats-streams.js'

t.test('a stream that is gone or made anew ends the reading', async (t) => {
  const { connection, streams } = await withStreams(t)
  await send(connection, 1, 3)
  const read = (streamCreated: string) => {
    const got = collector()
    const reader = startReader(connection, {
      stream: streamNames.event,
      afterSequence: 0,
      pendingMax: 100,
      bytesMax: 1_000_000,
      heartbeatMs: 100,
      streamCreated,
      onEvent: got.onEvent,
      onFailure: got.onFailure,
    })
    return { got, reader }
  }
  const other = read('2001-01-01T00:00:00Z')
  t.match(await other.got.failed, { code: 'STREAM_CHANGED', retry: 'later' })
  const mine = read(streams.events.created)
  await mine.got.upTo(3)
  await connection.manager.streams.delete(streamNames.event)
  t.match(await mine.got.failed, { code: 'STREAM_CHANGED', message: /CLAIMS_EVENT is gone/ })
  await mine.reader.stop()
  await other.reader.stop()
})

t.test('a stream that ends before what was delivered ends the reading', async (t) => {
  const { connection, streams } = await withStreams(t)
  await send(connection, 1, 3)
  const got = collector()
  // The shape of a server restored from an older backup: the same stream, ending earlier.
  const { manager } = connection
  const info = manager.streams.info.bind(manager.streams)
  manager.streams.info = async (name) => {
    const found = await info(name)
    return got.numbers.length < 3 ? found : { ...found, state: { ...found.state, last_seq: 1 } }
  }
  startReader(connection, {
    stream: streamNames.event,
    afterSequence: 0,
    pendingMax: 3,
    bytesMax: 1_000,
    streamCreated: streams.events.created,
    onEvent: got.onEvent,
    onFailure: got.onFailure,
  })
  await got.upTo(3)
  const back = stateOf(connection, 'connected')
  await connection.client.reconnect()
  await back
  t.match(await got.failed, { code: 'STREAM_CHANGED' })
})

t.test('closing the connection ends the reading', async (t) => {
  const server = await startServer()
  const connection = await connectNats({ url: server.url, name: 'test' })
  await ensureStreams(connection, limits)
  const got = collector()
  startReader(connection, {
    stream: streamNames.event,
    afterSequence: 0,
    pendingMax: 3,
    bytesMax: 1_000,
    onEvent: got.onEvent,
    onFailure: got.onFailure,
  })
  await connection.close()
  t.match(await got.failed, { code: 'NATS_UNAVAILABLE' })
  await server.stop()
})

t.test('a reading that another one ends in the same moment fails no more', async (t) => {
  const server = await startServer()
  const connection = await connectNats({ url: server.url, name: 'test' })
  await ensureStreams(connection, limits)
  const failures: string[] = []
  const first = read(connection, {
    onFailure: () => {
      failures.push('first')
      void second.reader.stop()
    },
  })
  const second = read(connection, { onFailure: () => failures.push('second') })
  await connection.close()
  await first.reader.stop()
  t.strictSame(failures, ['first'])
  await server.stop()
})

t.test('what a callback throws is not swallowed', async (t) => {
  const { connection } = await withStreams(t)
  await send(connection, 1, 5)
  let calls = 0
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const thrown = new Promise<Error>((resolve) => process.once('uncaughtException', resolve))
  const reader = startReader(connection, {
    stream: streamNames.event,
    afterSequence: 0,
    pendingMax: 100,
    bytesMax: 1_000_000,
    onEvent: () => {
      calls++
      throw new RangeError('a bug')
    },
    onFailure: () => {},
  })
  t.match(await thrown, { message: 'a bug' })
  for (const listener of listeners) process.on('uncaughtException', listener)
  await connection.client.flush()
  t.equal(calls, 1, 'nothing is delivered after a bug')
  await reader.stop()
})

t.test('a reader without the right to subscribe keeps trying and says why', async (t) => {
  const server = await startServer()
  const admin = await connectNats({ url: server.url, name: 'test' })
  await ensureStreams(admin, limits)
  await admin.close()
  await server.kill()
  const denied = '["$JS.API.CONSUMER.MSG.NEXT.>"]'
  const config = `authorization { users: [{ user: a, password: b, `
    + `permissions: { publish: { deny: ${denied} } } }] }`
  const strict = await startServer({ dir: server.dir, port: server.port, config })
  const connection = await connectNats({ url: strict.url, name: 'test', user: 'a', password: 'b' })
  const refused = stateOf(connection, 'refused')
  const reader = startReader(connection, {
    stream: streamNames.event,
    afterSequence: 0,
    pendingMax: 3,
    bytesMax: 1_000,
    heartbeatMs: 50,
    onEvent: () => {},
    onFailure: () => {},
  })
  await refused
  await reader.stop()
  t.equal(reader.lag().reason, 'stopped')
  await connection.close()
  await strict.stop()
})

t.test('a reader that may not hear the answers keeps trying and says why', async (t) => {
  const permissions = 'permissions: { subscribe: { deny: ["_INBOX.*"] } }'
  const config = `authorization { users: [{ user: a, password: b, ${permissions} }] }`
  const server = await startServer({ config })
  const connection = await connectNats({ url: server.url, name: 'test', user: 'a', password: 'b' })
  await ensureStreams(connection, limits)
  const refused = stateOf(connection, 'refused')
  const { got, reader } = read(connection)
  await refused
  t.match(reader.lag().reason, /permissions violation/i)
  await reader.stop()
  t.strictSame(got.failures, [])
  await connection.close()
  await server.stop()
})

t.test('a consumer that cannot be made is tried again', async (t) => {
  const { connection } = await withStreams(t)
  await send(connection, 1, 2)
  const { streams } = connection.manager
  const info = streams.info.bind(streams)
  let reason = ''
  streams.info = async (name) => {
    streams.info = (again) => {
      reason = reader.lag().reason
      return info(again)
    }
    throw new RangeError(`no answer about ${name}`)
  }
  const { got, reader } = read(connection)
  await got.upTo(2)
  t.equal(reason, 'RangeError: no answer about CLAIMS_EVENT')
  await reader.stop()
})

t.test('a reader stopped while its consumer is being made leaves nothing behind', async (t) => {
  const { connection } = await withStreams(t)
  const { streams, consumers } = connection.manager
  const names = async () => (await consumers.list(streamNames.event).next()).map(({ name }) => name)
  const info = streams.info.bind(streams)
  const add = consumers.add.bind(consumers)

  const first = read(connection)
  let asked = new Promise<void>((resolve) => {
    streams.info = async (name) => {
      await first.reader.stop()
      resolve()
      throw new RangeError(name)
    }
  })
  await connection.client.reconnect()
  await asked
  streams.info = info

  const other = read(connection)
  asked = new Promise<void>((resolve) => {
    streams.info = async (name) => {
      const found = await info(name)
      await other.reader.stop()
      resolve()
      return found
    }
  })
  await connection.client.reconnect()
  await asked
  streams.info = info

  const second = read(connection)
  asked = new Promise<void>((resolve) => {
    consumers.add = async (stream, consumer) => {
      const made = await add(stream, consumer)
      await second.reader.stop()
      resolve()
      return made
    }
  })
  await asked
  consumers.add = add
  await connection.client.flush()
  t.strictSame(await names(), [])
  t.strictSame([...first.got.failures, ...second.got.failures], [])
})
