// How many events a second go all the way, durable commit and warnings included, beside a bare consumer
// that only reads and parses the same messages? And how soon is a warning out at 2,000 events a second?
import { fork } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'hdr-histogram-js'
import { AttemptMark } from '../src/lmdb/attempt.js'
import { STORE_FORMAT, Store } from '../src/lmdb/store.js'
import { connectBus } from '../src/nats/bus.js'
import type { NatsBus } from '../src/nats/bus.js'
import { connectNats } from '../src/nats/connect.js'
import { startReader } from '../src/nats/consume.js'
import { createPublisher } from '../src/nats/publish.js'
import { ensureStreams, streamNames } from '../src/nats/streams.js'
import { Partition } from '../src/partition.js'
import type { RuleBook } from '../src/rulebook/rulebook.js'
import { bookOf } from './books.js'
import { figureRow, fileOf, median, ratioRow } from './measure.js'
import type { BenchOptions, Row } from './measure.js'
import type { PacedEvents } from './event-sender.js'
import { trafficOf } from './traffic.js'

const limits = {
  eventStreamBytesMax: -1, warningStreamBytesMax: -1, trialStreamBytesMax: -1, deadStreamBytesMax: -1,
  duplicateWindowMs: 100,
}
const bounds = { pendingMax: 4_096, pendingBytesMax: 67_108_864, eventBytesMax: 1_048_576 }

interface Mix { name: string, lines: number, hasTraceCodes: boolean, min: number }

const mixes: readonly Mix[] = [
  { name: '8 KB, no trace codes', lines: 30, hasTraceCodes: false, min: 0.6 },
  { name: '2 KB, no trace codes', lines: 5, hasTraceCodes: false, min: 0.4 },
  { name: '8 KB, with trace codes', lines: 30, hasTraceCodes: true, min: 0.3 },
  { name: '2 KB, with trace codes', lines: 5, hasTraceCodes: true, min: 0.3 },
]

export async function endToEndBench(options: BenchOptions): Promise<Row[]> {
  const { isSmoke, seed, natsUrl } = options
  const book = await bookOf({ rules: 100, rows: isSmoke ? 0 : 250_000 })
  const rows: Row[] = []
  for (const mix of isSmoke ? mixes.slice(1, 2) : mixes) {
    const count = isSmoke ? 5_000 : mix.lines === 5 ? 75_000 : 25_000
    await feed(natsUrl, { count, mix, seed })
    const bare: number[] = []
    const whole: number[] = []
    for (let round = 0; round < (isSmoke ? 1 : 3); round++) {
      bare.push(await bareConsumer(natsUrl, count))
      whole.push(await wholePath(options, book, count))
    }
    rows.push(figureRow(`bare consumer, ${mix.name}`, median(bare), 'events/s'))
    rows.push(figureRow(`end to end, ${mix.name}`, median(whole), 'events/s'))
    rows.push(ratioRow(`beside the bare consumer, ${mix.name}`, median(whole) / median(bare), { min: mix.min }))
  }
  rows.push(...await latency(options, book))
  return rows
}

export async function feed(
  url: string, { count, mix, seed }: { count: number, mix: Mix, seed: number },
): Promise<void> {
  const connection = await connectNats({ url, name: 'feed' })
  const names = Object.values(streamNames)
  await Promise.all(names.map((name) => connection.manager.streams.delete(name).catch(() => {})))
  await ensureStreams(connection, limits)
  const publisher = createPublisher(connection, { outstandingMax: 4_000 })
  const next = trafficOf({ seed, patients: 200_000, settledAt: Date.now(), ...mix })
  for (let n = 0; n < count;) {
    const batch: Promise<unknown>[] = []
    for (; batch.length < 1_000 && n < count; n++) batch.push(publisher.publish(next(n)))
    await Promise.all(batch)
  }
  publisher.close()
  await connection.close()
}

/** Reads and parses, and nothing else. */
export async function bareConsumer(url: string, count: number): Promise<number> {
  const connection = await connectNats({ url, name: 'bare' })
  const from = process.hrtime.bigint()
  await new Promise<void>((resolve, reject) => {
    let seen = 0
    const reader = startReader(connection, {
      stream: streamNames.event,
      afterSequence: 0,
      pendingMax: bounds.pendingMax,
      bytesMax: bounds.pendingBytesMax,
      onEvent: ({ bytes }) => {
        JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'))
        reader.release(1, bytes.length)
        if (++seen === count) void reader.stop().then(resolve)
      },
      onFailure: reject,
    })
  })
  const seconds = Number(process.hrtime.bigint() - from) / 1e9
  await connection.close()
  return count / seconds
}

interface Watch {
  onBus?(bus: NatsBus): void
  onAccepted?(bytes: { receivedAt: number }): void
}

interface Run {
  partition: Partition
  /** Resolves when `until` is committed. */
  done: Promise<void>
  close(): Promise<void>
}

function start(options: BenchOptions, book: RuleBook, until: number, watch: Watch = {}): Run {
  const dataDir = mkdtempSync(join(options.tempDir, 'run-'))
  const store = Store.open(join(dataDir, 'store'))
  const attempts = new AttemptMark(dataDir)
  let finish: () => void = () => {}
  let fail: (error: unknown) => void = () => {}
  const done = new Promise<void>((resolve, reject) => {
    finish = resolve
    fail = reject
  })
  let receivedAt = 0
  const partition = new Partition({
    store,
    format: STORE_FORMAT,
    async connect(onLost) {
      const bus = await connectBus({ url: options.natsUrl, name: 'bench', limits, ...bounds }, onLost)
      watch.onBus?.(bus)
      return {
        ...bus,
        async publish(message) {
          const event = { receivedAt }
          const accepted = await bus.publish(message)
          watch.onAccepted?.(event)
          return accepted
        },
      }
    },
    attempts,
    rulebook: () => book,
    cacheBytes: 67_108_864,
    pendingMax: bounds.pendingMax,
    onEvent: ({ event }) => { receivedAt = event.receivedAt },
    onCommitted: ({ position }) => { if (position.sequence >= until) finish() },
    onState: ({ level, error }) => { if (level === 'error') fail(error) },
    defer: (run) => { setImmediate(run) },
    wait: (ms) => new Promise((resolve) => { setTimeout(resolve, ms) }),
  })
  const ended = partition.run()
  ended.catch(fail)
  return {
    partition,
    done,
    async close() {
      partition.stop()
      await ended
      attempts.end()
      await store.close()
    },
  }
}

async function wholePath(options: BenchOptions, book: RuleBook, count: number): Promise<number> {
  const connection = await connectNats({ url: options.natsUrl, name: 'clean' })
  for (const name of [streamNames.warning, streamNames.trial, streamNames.dead]) {
    await connection.manager.streams.purge(name)
  }
  await connection.close()
  const from = process.hrtime.bigint()
  const run = start(options, book, count)
  await run.done
  const seconds = Number(process.hrtime.bigint() - from) / 1e9
  await run.close()
  return count / seconds
}

/** From the server's receipt of the event to its acceptance of the warning. */
async function latency(options: BenchOptions, book: RuleBook): Promise<Row[]> {
  const perSecond = options.isSmoke ? 500 : 2_000
  const count = perSecond * (options.isSmoke ? 3 : 20)
  await feed(options.natsUrl, { count: 1, mix: mixes[1]!, seed: options.seed })
  const histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 })
  const run = start(options, book, count, {
    onAccepted: ({ receivedAt }) =>
      histogram.recordValue(Math.max(1, Math.round((Date.now() - receivedAt) * 1_000))),
  })
  const sender = fork(fileOf('./event-sender.js'))
  const sent = new Promise<void>((resolve, reject) => {
    sender.once('message', () => resolve())
    sender.once('exit', (code) => reject(new Error(`the sender ended with ${code}`)))
  })
  const paced: PacedEvents = {
    natsUrl: options.natsUrl, seed: options.seed + 9, from: 1, until: count, perSecond,
  }
  try {
    sender.send(paced)
    await Promise.all([sent, run.done])
  } finally {
    sender.kill()
  }
  await run.close()
  const p99 = histogram.getValueAtPercentile(99) / 1_000
  return [
    figureRow(`warning out at ${perSecond} events/s: median`, histogram.getValueAtPercentile(50) / 1_000, 'ms'),
    figureRow(`warning out at ${perSecond} events/s: p99 from the server's receipt`, p99, 'ms', 5),
  ]
}
