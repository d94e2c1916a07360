// Killed at any moment, the warnings and the histories become those of an undisturbed run. Every
// scenario runs the same seeded stream through processes of their own on a real server and store.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect } from 'nats'
import t from 'tap'
import type { Test } from 'tap'
import { createRandom } from '../src/demo/random.js'
import { createRegion } from '../src/demo/region.js'
import { events } from '../src/demo/stream.js'
import { decodeRecord } from '../src/history/records.js'
import { Store } from '../src/lmdb/store.js'
import { connectNats } from '../src/nats/connect.js'
import { createPublisher } from '../src/nats/publish.js'
import { ensureStreams, streamNames } from '../src/nats/streams.js'
import type { KillableOptions, Step } from './fixtures/killable.js'
import { startServer } from './fixtures/nats-server.js'
import type { TestServer } from './fixtures/nats-server.js'

const eventCount = 20_000
const seed = Number(process.env['KILL_SEED'] ?? 20_260_302)
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const killable = join(root, 'dist/test/fixtures/killable.js')
const rulesDir = join(root, 'rules')
const limits = {
  eventStreamBytesMax: -1, warningStreamBytesMax: -1, trialStreamBytesMax: -1, deadStreamBytesMax: -1,
  duplicateWindowMs: 100,
}
t.comment(`seed ${seed}`)
t.ok(existsSync(killable), 'the build is there: npm run build')

const region = createRegion({ seed, patients: 3_000, institutions: 40, startDay: 20_454, plantRate: 0.05 })
const messages = [...take(events(region), eventCount)].map(({ subject, event }) =>
  ({ subject, id: event.id, body: JSON.stringify(event) }))
// Some that cannot be read, so that dead letters go through the same.
for (let index = 500; index < eventCount; index += 1_000) messages[index]!.body += '}'

function* take<T>(source: Iterator<T>, count: number): Generator<T> {
  for (let index = 0; index < count; index++) yield source.next().value as T
}

async function feed(url: string): Promise<void> {
  const connection = await connectNats({ url, name: 'feeder' })
  await ensureStreams(connection, limits)
  const publisher = createPublisher(connection, { outstandingMax: 2_000 })
  for (let from = 0; from < messages.length; from += 1_000) {
    await Promise.all(messages.slice(from, from + 1_000).map((message, index) =>
      publisher.publish({ ...message, id: `${message.id}#${from + index}` })))
  }
  publisher.close()
  await connection.close()
}

interface Run { code: number | null, signal: string | null, said: string }

function run(options: KillableOptions): { ended: Promise<Run>, kill: () => void } {
  const child = spawn(process.execPath, [killable, JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] },
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => { said = (said + chunk.toString()).slice(-4_000) })
  const ended = new Promise<Run>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal, said })))
  return { ended, kill: () => child.kill('SIGKILL') }
}

interface Outcome {
  warnings: string[]
  repeated: number
  repeatedDead: number
  dead: number
  histories: string
  counts: unknown
}

/** What a dead letter says of its place in a stream. */
const nowhere = { stream_sequence: 0, stream_created: '', received_at: '' }

/** All that a run leaves behind, in a form that can be compared whole. */
async function outcomeOf(url: string, dataDir: string): Promise<Outcome> {
  const connection = await connect({ servers: url })
  const bodies = new Map<string, string>()
  let repeated = 0
  let repeatedDead = 0
  const manager = await connection.jetstreamManager()
  for (const stream of [streamNames.warning, streamNames.trial, streamNames.dead]) {
    const { state } = await manager.streams.info(stream)
    const consumer = await connection.jetstream().consumers.get(stream)
    for (let left = state.messages; left > 0;) {
      const batch = await consumer.fetch({ max_messages: Math.min(left, 500) })
      for await (const message of batch) {
        const id = message.headers?.get('Nats-Msg-Id') ?? ''
        // Of a dead letter the reason and the bytes count, not where in which stream it stood.
        const text = stream === streamNames.dead
          ? JSON.stringify({ ...(message.json() as object), ...nowhere })
          : message.string()
        const key = stream === streamNames.dead ? `dead ${hash(text)}` : `${stream} ${id}`
        if (bodies.has(key) && stream === streamNames.dead) repeatedDead++
        else if (bodies.has(key)) repeated++
        bodies.set(key, text)
        left--
      }
    }
  }
  await connection.close()
  const store = Store.open(join(dataDir, 'store'))
  const digest = createHash('sha256')
  for (const { key, value } of store.entries()) {
    digest.update(key).update(JSON.stringify(decodeRecord(key, value)))
  }
  const counts = store.position()?.counts
  await store.close()
  const warnings = [...bodies].map(([key, body]) => `${key} ${hash(body)}`).sort()
  const dead = warnings.filter((line) => line.startsWith('dead')).length
  return { warnings, repeated, repeatedDead, dead, histories: digest.digest('hex'), counts }
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)

interface World { server: TestServer, dataDir: string, options: KillableOptions }

async function inWorld(test: (world: World) => Promise<void>): Promise<Outcome> {
  const server = await startServer()
  const dataDir = mkdtempSync(join(tmpdir(), 'claimsentry-kill-'))
  try {
    await feed(server.url)
    const options = { dataDir, url: server.url, rulesDir, until: eventCount, cacheBytes: 8_388_608 }
    await test({ server, dataDir, options })
    return await outcomeOf(server.url, dataDir)
  } finally {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function toTheEnd(t: Test, options: KillableOptions): Promise<void> {
  const { code, signal, said } = await run(options).ended
  t.strictSame({ code, signal }, { code: 0, signal: null }, said)
}



const quiet = await inWorld(({ options }) => toTheEnd(t as unknown as Test, options))
t.test('the undisturbed run warns, dead-letters and accounts for every event', (t) => {
  const { judged, recorded, repeated, dead, missing } = quiet.counts as Record<string, number>
  t.equal(judged! + recorded! + repeated! + dead! + missing!, eventCount)
  t.ok(quiet.warnings.length > 200, `${quiet.warnings.length} messages out`)
  t.strictSame([quiet.repeated, quiet.repeatedDead, quiet.dead, missing], [0, 0, 20, 0])
  t.end()
})

t.test('killed twenty times by step, it ends as if undisturbed', { timeout: 600_000 }, async (t) => {
  const random = createRandom(seed)
  const steps: Step[] = ['judged', 'accepted', 'committed', 'start']
  // All at their largest would end before the stream does, however large a slow machine lets groups grow.
  const largest: Record<Step, number> = { judged: 1_000, accepted: 60, committed: 2, start: 5 }
  const done: Record<Step, number> = { judged: 0, accepted: 0, committed: 0, start: 0 }
  const outcome = await inWorld(async ({ options }) => {
    for (let index = 0; index < 20; index++) {
      const step = steps[index % steps.length]!
      const kill = { step, count: random.int(1, largest[step]) }
      const { signal, said } = await run({ ...options, kill }).ended
      t.equal(signal, 'SIGKILL', `${step} ${kill.count} ${said}`)
      if (signal === 'SIGKILL') done[step]++
    }
    await toTheEnd(t, options)
  })
  t.strictSame(done, { judged: 5, accepted: 5, committed: 5, start: 5 })
  t.strictSame(outcome, quiet)
})

t.test('with the store deleted once, the stream and the sent warnings bring it back', async (t) => {
  const outcome = await inWorld(async ({ options, dataDir }) => {
    await run({ ...options, kill: { step: 'judged', count: 9_000 } }).ended
    rmSync(join(dataDir, 'store'), { recursive: true })
    await toTheEnd(t, options)
  })
  t.strictSame(outcome, quiet)
})

t.test('with the NATS server killed and started again five times', async (t) => {
  const outcome = await inWorld(async ({ server, options }) => {
    const { ended } = run(options)
    let current = server
    for (let index = 0; index < 5; index++) {
      await untilSequence(options.dataDir, (index + 1) * 2_500)
      await current.kill()
      current = await startServer({ dir: server.dir, port: server.port })
    }
    server.stop = () => current.stop()
    const { code, said } = await ended
    t.equal(code, 0, said)
  })
  t.strictSame(outcome, quiet)
})

/** Resolves when the store, read from outside, has committed this far. */
async function untilSequence(dataDir: string, sequence: number): Promise<void> {
  const store = Store.open(join(dataDir, 'store'))
  while ((store.position()?.sequence ?? 0) < sequence) {
    await new Promise((resolve) => { setImmediate(resolve) })
    store.refresh()
  }
  await store.close()
}

t.test('with the event stream made anew and sent again, it says so and rebuilds', async (t) => {
  const outcome = await inWorld(async ({ server, options }) => {
    await run({ ...options, kill: { step: 'judged', count: 9_000 } }).ended
    const connection = await connect({ servers: server.url })
    await (await connection.jetstreamManager()).streams.delete(streamNames.event)
    await connection.close()
    await feed(server.url)
    const { code, said } = await run(options).ended
    t.equal(code, 0, said)
    t.match(said, 'the event stream is another one: the store is rebuilt')
  })
  // What cannot be read has no identity: sent again in another stream, it is another dead letter.
  t.strictSame(outcome, { ...quiet, repeatedDead: outcome.repeatedDead })
  t.ok(outcome.repeatedDead <= 9)
})

t.test('with a rule book changed while it was down, every event has one warning', async (t) => {
  const outcome = await inWorld(async ({ options }) => {
    await run({ ...options, kill: { step: 'judged', count: 9_000 } }).ended
    await toTheEnd(t, { ...options, extraRule: true })
  })
  const ids = (lines: string[]) => lines.map((line) => line.slice(0, line.lastIndexOf(' ')))
  t.strictSame({ ...outcome, warnings: ids(outcome.warnings) }, { ...quiet, warnings: ids(quiet.warnings) })
})

t.test('with every record evicted after each event, and with the disk full for a while', async (t) => {
  const outcome = await inWorld(async ({ options }) => {
    await run({ ...options, cacheBytes: 1, kill: { step: 'judged', count: 7_000 } }).ended
    const { code, said } = await run({ ...options, cacheBytes: 1, fullFor: 3 }).ended
    t.equal(code, 0, said)
    t.match(said, 'the disk is full: free some space; nothing is lost')
  })
  t.strictSame(outcome, quiet)
})
