// The life of a partition on a bus that is a plain object and a real store: sessions, back-off, rebuilds,
// what is read back, and a stop at every moment.
import t from 'tap'
import { ServiceError } from '../src/errors.js'
import { STORE_FORMAT, Store } from '../src/lmdb/store.js'
import type { PartitionDeps } from '../src/partition.js'
import { eventBytes } from './fixtures/claims.js'
import {
  aFolder, aPartition, away, gate, phases, Server, settlement, turn, until,
} from './fixtures/partition-world.js'
import type { Options } from './fixtures/partition-world.js'

const caughtUp = 'caught up with the stream'
const trying = 'reading stopped; trying again'

t.test('a first start says once that it has caught up, and judges what comes', async (t) => {
  const server = new Server()
  const { partition, lines, store, committed, end, results } = aPartition(t, server, aFolder(t))
  t.strictSame(phases(partition), ['starting', 'the service is starting', ''])
  await until(() => partition.state.phase === 'ready')
  const done = committed(2)
  server.add(settlement(1), settlement(2, 1))
  t.equal(partition.state.received, 2)
  await done
  t.strictSame(results, ['judged', 'judged'])
  t.strictSame(server.sent, server.outputs.warning)
  t.equal(server.sent.length, 1)
  t.strictSame(store.position()?.counts, { judged: 2, recorded: 0, repeated: 0, dead: 0, missing: 0 })
  t.strictSame(phases(partition), ['ready', '', ''])
  await end()
  t.strictSame(phases(partition), ['stopped', 'the service is stopping', ''])
  t.strictSame(lines, [caughtUp])
})

t.test('a warning larger than the server takes is a dead letter, told once, and reading goes on', async (t) => {
  const server = new Server()
  server.messageBytesMax = 500
  const told: string[] = []
  const { store, committed } = aPartition(t, server, aFolder(t), {
    deps: { onUnsendable: ({ error, event }) => { told.push(`${event.sequence} ${error.code}`) } },
  })
  const done = committed(2)
  server.add(settlement(1), settlement(2, 1))
  await done
  t.strictSame(server.outputs, { warning: [], trial: [], dead: ['unsent:H44010000001:S-1:patient'] })
  t.strictSame(told, ['1 WARNING_TOO_LARGE'])
  t.strictSame(store.position()?.counts, { judged: 2, recorded: 0, repeated: 0, dead: 0, missing: 0 })
})

t.test('a stop commits what was taken, and takes nothing more', async (t) => {
  const server = new Server()
  const dir = aFolder(t)
  const { partition, running, hasEnded, end } = aPartition(t, server, dir)
  await until(() => partition.state.phase === 'ready')
  const { open, opened } = gate()
  server.answering = opened
  server.add(settlement(1), settlement(2))
  partition.stop()
  await turn()
  server.add(settlement(3))
  for (let turns = 0; turns < 20; turns++) await turn()
  t.notOk(hasEnded(), 'the warnings are not accepted yet')
  open()
  await running
  await end()
  const store = Store.open(dir)
  t.equal(store.position()?.sequence, 2)
  await store.close()
})

t.test('a server that goes away during a stop does not hold it up', async (t) => {
  const server = new Server()
  const { partition, running, lines, store } = aPartition(t, server, aFolder(t))
  await until(() => partition.state.phase === 'ready')
  server.answering = new Promise(() => {})
  server.add(settlement(1))
  partition.stop()
  await turn()
  server.lose(away())
  await running
  t.equal(store.position(), undefined, 'it is read again at the next start')
  t.strictSame(lines, [caughtUp, trying])
})

t.test('a server that is away is waited for, ever longer, until something is committed', async (t) => {
  const server = new Server()
  const told: unknown[] = []
  server.refusals = [...Array<unknown>(6).fill(away()), 'boom', away()]
  const dir = aFolder(t)
  const all: Options['deps'] = {
    wait: async (milliseconds) => { told.push([milliseconds, ...phases(running.partition)]) },
  }
  const running = aPartition(t, server, dir, { deps: all! })
  await until(() => running.partition.state.phase === 'ready')
  const gone = ['waiting', 'the NATS server does not answer', 'NATS_UNAVAILABLE']
  t.strictSame(told, [
    [100, ...gone], [200, ...gone], [400, ...gone], [800, ...gone], [1_600, ...gone], [3_200, ...gone],
    [5_000, 'waiting', 'boom', ''], [5_000, ...gone],
  ])
  server.lose(away())
  await until(() => told.length === 9)
  t.strictSame(told[8], [5_000, ...gone], 'nothing was done meanwhile')
  await until(() => running.partition.state.phase === 'ready')
  const done = running.committed(1)
  server.add(settlement(1))
  await done
  server.failReading(new ServiceError('STREAM_CHANGED'))
  await until(() => told.length === 10)
  t.strictSame(told[9], [100, 'waiting', 'the stream is gone or was made anew', 'STREAM_CHANGED'])
  await until(() => running.partition.state.phase === 'ready')
  t.strictSame(running.lines, [...Array<string>(8).fill(trying), caughtUp, trying, caughtUp, trying, caughtUp])
  t.equal(server.connections, 11)
  t.strictSame(server.reads, [0, 0, 1])
})

t.test('what trying again cannot mend ends it, and the state says so', async (t) => {
  const server = new Server()
  server.refusals = [new ServiceError('STREAM_MISCONFIGURED', { detail: 'max_age is 1' })]
  const { partition, running, lines, waits } = aPartition(t, server, aFolder(t))
  await t.rejects(running, { code: 'STREAM_MISCONFIGURED' })
  t.strictSame(phases(partition), [
    'stopped', 'a stream does not have the required settings: max_age is 1', 'STREAM_MISCONFIGURED',
  ])
  t.strictSame([lines, waits], [[], []])
})

t.test('a store of another stream, of a later one or of an older format is rebuilt', async (t) => {
  const changes: [string, (server: Server) => void, Partial<PartitionDeps>][] = [
    ['the event stream is another one', (server) => { server.created = 'made anew' }, {}],
    ['the event stream ends before our position', (server) => { server.events.pop() }, {}],
    ['the store is of an older format', () => {}, { format: STORE_FORMAT + 1 }],
  ]
  for (const [why, change, deps] of changes) {
    const server = new Server()
    const dir = aFolder(t)
    server.add(settlement(1), settlement(2), settlement(1))
    const before = aPartition(t, server, dir)
    await until(() => before.partition.state.phase === 'ready')
    t.strictSame(before.results, ['judged', 'judged', 'repeated'])
    await before.end()
    const sent = server.sent.length
    change(server)
    const after = aPartition(t, server, dir, { deps })
    await until(() => after.partition.state.phase === 'ready')
    t.strictSame(after.lines, [`${why}: the store is rebuilt from the stream`, caughtUp])
    t.strictSame(after.results, before.results.slice(0, server.events.length))
    const { format, streamCreated, sequence } = after.store.position()!
    t.strictSame([format, streamCreated, sequence],
      [deps.format ?? STORE_FORMAT, server.created, server.events.length])
    t.equal(server.sent.length, sent, 'what the server has is not sent again')
    await after.end()
  }
})

t.test('a store of the same stream goes on where it stood, and says nothing of it', async (t) => {
  const server = new Server()
  const dir = aFolder(t)
  server.add(settlement(1))
  const before = aPartition(t, server, dir)
  await until(() => before.partition.state.phase === 'ready')
  await before.end()
  server.add(settlement(2), settlement(1))
  const after = aPartition(t, server, dir)
  t.equal(after.partition.state.received, 1)
  await until(() => after.partition.state.phase === 'ready')
  t.strictSame(after.results, ['judged', 'repeated'], 'it remembers the first')
  t.strictSame(after.lines, [caughtUp])
  t.strictSame(server.reads, [0, 1])
})

t.test('events that are gone from the stream are counted and leave a gap', async (t) => {
  const server = new Server()
  server.firstSequence = 5
  server.add(settlement(1))
  const { partition, store } = aPartition(t, server, aFolder(t))
  await until(() => partition.state.phase === 'ready')
  const { counts, sequence, gapUntilDay } = store.position()!
  t.strictSame([counts.missing, counts.judged, sequence], [4, 1, 5])
  t.equal(gapUntilDay, partition.histories.gapUntilDay)
  t.ok(gapUntilDay > 20_000)
})

t.test('what was sent before a failure is read back and not sent again', async (t) => {
  const server = new Server()
  let isFull = true
  const freeBytes = () => isFull ? 0 : Number.MAX_SAFE_INTEGER
  server.add(settlement(1), eventBytes('no event'))
  const { open, opened } = gate()
  const world = aPartition(t, server, aFolder(t), { freeBytes, deps: { wait: () => opened } })
  const { partition, lines } = world
  await until(() => partition.state.phase === 'waiting')
  t.strictSame([server.sent.length, partition.state.position.sequence], [2, 0])
  isFull = false
  const done = world.committed(2)
  open()
  await done
  t.strictSame([server.sent.length, server.outputs.warning.length, server.outputs.dead.length], [2, 1, 1])
  t.strictSame(server.readBacks, [['warning', 0], ['dead', 0]])
  t.strictSame(lines, [trying, caughtUp])
  await until(() => !world.store.isPublished(server.sent[0]!)) // forgotten, having caught up
})

t.test('reading back begins at the last known message, and at the first of a stream made anew', async (t) => {
  const server = new Server()
  const dir = aFolder(t)
  server.outputs.warning.push(...Array.from({ length: 10_001 }, (_, index) => `old ${index}`))
  server.add(settlement(1))
  const first = aPartition(t, server, dir)
  await until(() => first.partition.state.phase === 'ready')
  const done = first.committed(2)
  server.add(settlement(2))
  await done
  await first.end()
  const second = aPartition(t, server, dir)
  await until(() => second.partition.state.phase === 'ready')
  await second.end()
  server.outputs.warning.splice(2)
  const third = aPartition(t, server, dir)
  await until(() => third.partition.state.phase === 'ready')
  t.strictSame(server.readBacks, [['warning', 0], ['warning', 10_002], ['warning', 0]])
})

t.test('a stop ends the wait for a server that is away', async (t) => {
  const server = new Server()
  server.refusals = [away()]
  const { partition, running } = aPartition(t, server, aFolder(t), { deps: { wait: () => new Promise(() => {}) } })
  await until(() => partition.state.phase === 'waiting')
  partition.stop()
  await running
  t.equal(server.connections, 1)
})

t.test('a stop while what was sent is read back reads no event', async (t) => {
  const server = new Server()
  server.outputs.warning.push('one')
  server.outputs.dead.push('two')
  server.add(settlement(1))
  const { open, opened } = gate()
  server.readingBack = opened
  const { partition, running, results } = aPartition(t, server, aFolder(t))
  await until(() => server.readBacks.length === 1)
  t.strictSame(phases(partition), ['catching-up', 'catching up with 1 events', ''])
  partition.stop()
  open()
  await running
  t.strictSame([server.readBacks.length, server.reads, results], [1, [], []])
})

t.test('a stop while it catches up commits what it has come to', async (t) => {
  const server = new Server()
  server.add(settlement(1), settlement(2))
  const { open, opened } = gate()
  server.answering = opened
  const { partition, running, store } = aPartition(t, server, aFolder(t), { deps: { groupEventsMax: 1 } })
  await until(() => server.sent.length === 2)
  t.equal(partition.state.phase, 'catching-up')
  partition.stop()
  open()
  await running
  t.equal(store.position()?.sequence, 2)
  t.equal(partition.state.phase, 'stopped')
})
