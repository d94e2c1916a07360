// How fast is a store built anew from the stream, beside a bare consumer that only reads and parses?
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { emptyPosition } from '../src/position.js'
import { STORE_FORMAT, Store } from '../src/lmdb/store.js'
import { connectBus } from '../src/nats/bus.js'
import { rebuild } from '../src/rebuild.js'
import { bareConsumer, feed } from './end-to-end.bench.js'
import { figureRow, median, ratioRow } from './measure.js'
import type { BenchOptions, Row } from './measure.js'

const limits = {
  eventStreamBytesMax: -1, warningStreamBytesMax: -1, trialStreamBytesMax: -1, deadStreamBytesMax: -1,
  duplicateWindowMs: 100,
}
const bounds = { pendingMax: 4_096, pendingBytesMax: 67_108_864, eventBytesMax: 1_048_576 }
const mixes = [
  { name: '8 KB, no trace codes', lines: 30, hasTraceCodes: false, min: 0.7 },
  { name: '8 KB, with trace codes', lines: 30, hasTraceCodes: true },
  { name: '2 KB, no trace codes', lines: 5, hasTraceCodes: false },
]

export async function rebuildBench(options: BenchOptions): Promise<Row[]> {
  const { isSmoke, seed, natsUrl } = options
  const count = isSmoke ? 3_000 : 20_000
  const rows: Row[] = []
  for (const { min, ...mix } of isSmoke ? mixes.slice(0, 1) : mixes) {
    await feed(natsUrl, { count, mix: { ...mix, min: min ?? 0 }, seed })
    const bare: number[] = []
    const rebuilt: number[] = []
    for (let round = 0; round < (isSmoke ? 1 : 3); round++) {
      bare.push(await bareConsumer(natsUrl, count))
      rebuilt.push(await rebuildOnce(options, count))
    }
    const ratio = median(rebuilt) / median(bare)
    const question = `beside the bare consumer, ${mix.name}`
    rows.push(figureRow(`bare consumer, ${mix.name}`, median(bare), 'events/s'))
    rows.push(figureRow(`rebuild, ${mix.name}`, median(rebuilt), 'events/s'))
    rows.push(min === undefined
      ? { question, value: ratio.toFixed(2), ratio } : ratioRow(question, ratio, { min }))
  }
  return rows
}

async function rebuildOnce({ natsUrl: url, tempDir }: BenchOptions, count: number): Promise<number> {
  const store = Store.open(mkdtempSync(join(tempDir, 'rebuild-')))
  const bus = await connectBus({ url, name: 'rebuild', limits, ...bounds }, () => {})
  const { events } = await bus.streams()
  const from = process.hrtime.bigint()
  await rebuild({
    bus,
    store,
    format: STORE_FORMAT,
    until: { ...emptyPosition(STORE_FORMAT, events.created), sequence: count },
    cacheBytes: bounds.pendingBytesMax,
  })
  const seconds = Number(process.hrtime.bigint() - from) / 1e9
  await bus.close()
  await store.close()
  return count / seconds
}
