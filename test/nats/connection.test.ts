// Connecting to a real nats-server, and the streams on it.
import t from 'tap'
import { parseAckSubject } from '../../src/nats/ack-subject.js'
import { connectBus } from '../../src/nats/bus.js'
import { connectNats } from '../../src/nats/connect.js'
import { Grant } from '../../src/nats/grant.js'
import { ensureStreams, streamNames } from '../../src/nats/streams.js'
import { freePort, pause, startServer } from '../fixtures/nats-server.js'
import { limits, refusal, send, stateOf, withStreams } from '../fixtures/nats-streams.js'

t.test('a reply subject says where the message stands', (t) => {
  const place = { sequence: 12, consumerSequence: 3, receivedAt: 1_700_000_000_123, pending: 4 }
  const ns = '1700000000123456789'
  t.strictSame(parseAckSubject(`$JS.ACK.S.c.1.12.3.${ns}.4`), place)
  t.strictSame(parseAckSubject(`$JS.ACK.hub.HASH.S.c.1.12.3.${ns}.4`), place)
  t.strictSame(parseAckSubject(`$JS.ACK._.HASH.S.c.1.12.3.${ns}.4.token`), place)
  t.equal(parseAckSubject('_INBOX.abc'), undefined)
  t.equal(parseAckSubject(`$JS.NAK.S.c.1.12.3.${ns}.4`), undefined)
  t.equal(parseAckSubject(`$JS.ACK.S.c.1.twelve.3.${ns}.4`), undefined)
  t.end()
})

t.test('two pull requests never ask for more than the room', (t) => {
  const grant = new Grant(16, 1600)
  t.strictSame(grant.open(0), { messages: 8, bytes: 800 })
  t.strictSame(grant.open(1), { messages: 8, bytes: 800 })
  t.equal(grant.open(0), undefined, 'it is open already')
  for (let count = 0; count < 8; count++) grant.take(0, 50)
  t.notOk(grant.isOpen(0), 'eight came')
  t.equal(grant.open(0), undefined, 'all the room is held or asked for')
  grant.release(8, 400)
  t.strictSame(grant.open(0), { messages: 8, bytes: 800 })
  t.end()
})

t.test('a message larger than the room comes alone', (t) => {
  const grant = new Grant(16, 100)
  grant.open(0)
  grant.open(1)
  grant.refuse(0)
  t.equal(grant.open(0), undefined, 'the other request is still open')
  grant.refuse(1)
  t.strictSame(grant.open(0), { messages: 1, bytes: 0 })
  grant.take(0, 500)
  t.equal(grant.open(1), undefined, 'no room')
  grant.release(1, 500)
  t.strictSame(grant.open(1), { messages: 8, bytes: 50 })
  grant.take(1, 10)
  grant.refuse(1)
  t.strictSame(grant.open(1), { messages: 8, bytes: 50 }, 'only its rest was too small')
  t.end()
})

t.test('a server that is not there is a clear failure at the first start', async (t) => {
  const url = `nats://reader:geheim@127.0.0.1:${await freePort()}`
  const { code, message } = await refusal(() => connectNats({ url, name: 'test' }))
  t.equal(code, 'NATS_UNAVAILABLE')
  t.match(message, /127\.0\.0\.1:\d+ \(CONNECTION_REFUSED\)/)
  t.notMatch(message, /geheim/)
  t.match(await refusal(() => connectNats({ url: 'nats://127.0.0.1:99999', name: 'test' })),
    { code: 'NATS_UNAVAILABLE', message: /127\.0\.0\.1:99999/ })
  const tls = { caFile: '/nowhere/ca.pem' }
  t.match(await refusal(() => connectNats({ url, name: 'test', tls })),
    { code: 'NATS_UNAVAILABLE' })
})

t.test('credentials come by option or in the address, and are never printed', async (t) => {
  const config = 'authorization { user: reader, password: "ge:heim" }'
  const server = await startServer({ config })
  t.teardown(() => server.stop())
  const { port, url } = server
  const bare = await refusal(() => connectNats({ url, name: 'test' }))
  t.strictSame(bare, {
    code: 'NATS_UNAVAILABLE',
    message: `the NATS server does not answer: nats://127.0.0.1:${port} refused the credentials`,
  })
  const wrong = `nats://reader:falsch@127.0.0.1:${port}`
  t.notMatch((await refusal(() => connectNats({ url: wrong, name: 'test' }))).message, /falsch/)
  const inAddress = `nats://reader:ge%3Aheim@127.0.0.1:${port}`
  const one = await connectNats({ url: inAddress, name: 'test' })
  const two = await connectNats({ url, name: 'test', user: 'reader', password: 'ge:heim' })
  t.equal(one.maxPayload, 4_194_304)
  t.ok(two.isConnected)
  await one.close()
  await two.close()
  await two.close()
})

t.test('a token is a credential too', async (t) => {
  const server = await startServer({ config: 'authorization { token: "zeichen" }' })
  t.teardown(() => server.stop())
  const connection = await connectNats({ url: `zeichen@127.0.0.1:${server.port}`, name: 'test' })
  t.ok(connection.isConnected)
  await connection.close()
  const creds = 'not a creds file'
  t.match(await refusal(() => connectNats({ url: server.url, name: 'test', creds })),
    { code: 'NATS_UNAVAILABLE' })
})

t.test('a lost server is waited for, and who watches is told', async (t) => {
  let server = await startServer()
  const states: string[] = []
  const connection = await connectNats({
    url: server.url, name: 'test', onState: (state) => states.push(state),
  })
  const lost = stateOf(connection, 'disconnected')
  await server.kill()
  await lost
  t.notOk(connection.isConnected)
  const back = stateOf(connection, 'connected')
  server = await startServer(server)
  await back
  t.ok(connection.isConnected)
  const closed = stateOf(connection, 'closed')
  await connection.close()
  await closed
  t.strictSame(states, ['disconnected', 'connected', 'closed'])
  await server.stop()
})

t.test('a server that hangs is away too, and is there again when it goes on', async (t) => {
  const server = await startServer()
  t.teardown(() => server.stop())
  let resolve: () => void = () => {}
  const again = new Promise<void>((done) => { resolve = done })
  const states: string[] = []
  const connection = await connectNats({
    url: server.url, name: 'test', pingMs: 50,
    onState(state) {
      states.push(state)
      if (state === 'disconnected') process.kill(server.pid, 'SIGCONT')
      if (state === 'connected') resolve()
    },
  })
  await pause(server.pid)
  await again
  t.strictSame(states, ['disconnected', 'connected'])
  t.equal(connection.isConnected, true)
  await connection.close()
})

t.test('who reads is told when the connection is closed for good', async (t) => {
  const server = await startServer()
  t.teardown(() => server.stop())
  const lost: unknown[] = []
  const bus = await connectBus({ url: server.url, name: 'test', limits, pendingMax: 10, pendingBytesMax: 1_000, eventBytesMax: 1_000 }, (error) => { lost.push(error) })
  await bus.connection.client.close()
  while (lost.length === 0) await new Promise((resolve) => { setImmediate(resolve) })
  t.strictSame(lost, ['the connection was closed'])
  await bus.close()
  t.equal(lost.length, 1)
})

t.test('closing does not wait for a server that is away', async (t) => {
  const server = await startServer()
  const connection = await connectNats({ url: server.url, name: 'test' })
  const lost = stateOf(connection, 'disconnected')
  await server.kill()
  await lost
  await connection.close()
  t.notOk(connection.isConnected)
  await startServer(server).then((again) => again.stop())
})

t.test('what the server refuses is told', async (t) => {
  const permissions = 'permissions: { publish: { deny: ["secret.>"] } }'
  const config = `authorization { users: [{ user: a, password: b, ${permissions} }] }`
  const server = await startServer({ config })
  const connection = await connectNats({ url: server.url, name: 'test', user: 'a', password: 'b' })
  const refused = stateOf(connection, 'refused')
  connection.client.publish('secret.x')
  await refused
  t.ok(connection.isConnected, 'the connection stays')
  await connection.close()
  await server.stop()
})

t.test('missing streams are made, existing ones are kept', async (t) => {
  const { connection, streams } = await withStreams(t, { eventStreamBytesMax: 1_000_000 })
  t.match(streams.events.created, /^\d{4}-\d\d-\d\dT/)
  t.strictSame(streams, {
    events: { created: streams.events.created, firstSequence: 0, lastSequence: 0 },
    lastSequences: { warning: 0, trial: 0, dead: 0 },
  })
  const shape = async (name: string) => {
    const { config } = await connection.manager.streams.info(name)
    const { subjects, discard, max_age, max_bytes, storage, duplicate_window } = config
    return { subjects, discard, max_age, max_bytes, storage, duplicate_window }
  }
  const common = { storage: 'file', duplicate_window: 100_000_000_000 }
  t.strictSame(await shape('CLAIMS_EVENT'), {
    subjects: ['claims.event.>'], discard: 'new', max_age: 0, max_bytes: 1_000_000, ...common,
  })
  t.strictSame(await shape('CLAIMS_WARNING'), {
    subjects: ['claims.warning.>'], discard: 'new', max_age: 0, max_bytes: -1, ...common,
  })
  t.strictSame(await shape('CLAIMS_TRIAL'), {
    subjects: ['claims.trial.>'], discard: 'old', max_age: 2_592_000_000_000_000, max_bytes: -1,
    ...common,
  })
  t.strictSame(await shape('CLAIMS_DEAD'), {
    subjects: ['claims.dead'], discard: 'new', max_age: 0, max_bytes: -1, ...common,
  })
  await send(connection, 1, 3)
  t.match((await refusal(() => ensureStreams(connection, limits))).message,
    /CLAIMS_EVENT: max_bytes is 1000000, not unbounded/)
  t.strictSame(await ensureStreams(connection, { ...limits, eventStreamBytesMax: 10 }), {
    ...streams,
    events: { ...streams.events, firstSequence: 1, lastSequence: 3 },
  }, 'more than was asked for is fine')
})

t.test('a stream with other settings is refused, each difference named', async (t) => {
  const server = await startServer()
  const connection = await connectNats({ url: server.url, name: 'test' })
  await connection.manager.streams.add({
    name: streamNames.event,
    subjects: ['claims.event.patient.>'],
    max_age: 60_000_000_000,
    max_msgs_per_subject: 5,
    duplicate_window: 1_000_000_000,
    no_ack: true,
  })
  t.strictSame(await refusal(() => ensureStreams(connection, limits)), {
    code: 'STREAM_MISCONFIGURED',
    message: 'a stream does not have the required settings: CLAIMS_EVENT: '
      + 'subjects is claims.event.patient.>, not claims.event.>; discard is old, not new; '
      + 'no_ack is true, not false; max_age is 60000000000, not unbounded; '
      + 'max_msgs_per_subject is 5, not unbounded; '
      + 'duplicate_window is 1000000000 ns, not 100000000000 or more. '
      + 'Mend it with "nats stream edit CLAIMS_EVENT"; what cannot be edited needs the stream '
      + 'copied to another name and made anew',
  })
  await connection.manager.streams.delete(streamNames.event)
  const another = { name: 'OTHER', subjects: ['claims.event.x.>'] }
  await connection.manager.streams.add(another)
  t.match(await refusal(() => ensureStreams(connection, limits)), {
    code: 'STREAM_MISCONFIGURED', message: /CLAIMS_EVENT: .*subjects overlap/,
  })
  await connection.close()
  t.match(await refusal(() => ensureStreams(connection, limits)), { code: 'NATS_UNAVAILABLE' })
  await server.stop()
})

t.test('a server without JetStream is named as such', async (t) => {
  const server = await startServer({ isPlain: true })
  const connection = await connectNats({ url: server.url, name: 'test' })
  t.match(await refusal(() => ensureStreams(connection, limits)), {
    code: 'STREAM_MISCONFIGURED', message: /JetStream is not enabled on this server/,
  })
  await connection.close()
  await server.stop()
})
