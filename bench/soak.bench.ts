// Ten minutes at full speed: does memory grow after the third minute?
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeEvent } from '../src/claim/decode.js'
import { evaluate } from '../src/engine/evaluate.js'
import { Histories } from '../src/history/histories.js'
import { STORE_FORMAT, Store } from '../src/lmdb/store.js'
import { emptyPosition } from '../src/position.js'
import { bookOf } from './books.js'
import { figureRow } from './measure.js'
import type { BenchOptions, Row } from './measure.js'
import { trafficOf, usualTime } from './traffic.js'

const minutes = 10
const warmMinutes = 3

/** RssAnon of this process: what is not the page cache of the store. */
function anonymousBytes(): number {
  const line = /RssAnon:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))
  return Number(line?.[1] ?? 0) * 1_024
}

export async function soakBench({ seed, tempDir }: BenchOptions): Promise<Row[]> {
  const store = Store.open(join(tempDir, 'soak-store'))
  const histories = new Histories({ load: (key) => store.load(key), cacheBytes: 67_108_864 })
  const book = await bookOf({ rules: 100, rows: 250_000 })
  const next = trafficOf({ seed, patients: 300_000, lines: 30, hasTraceCodes: true })
  const position = emptyPosition(STORE_FORMAT, 'soak')
  const from = performance.now()
  let warm = 0
  let n = 0
  let last: Promise<void> = Promise.resolve()
  for (let elapsed = 0; elapsed < minutes;) {
    for (let count = 0; count < 256; count++) {
      const event = decodeEvent(Buffer.from(next(n++).body), { receivedAt: usualTime })
      if (event.type !== 'settlement') continue
      evaluate(book, event.claim, histories.view(event.claim), { stage: 'audit' })
      histories.record(event.claim)
    }
    await last
    const { group, changes } = histories.takeChanges()
    last = store.commit(changes, position).then(() => { histories.committed(group) })
    elapsed = (performance.now() - from) / 60_000
    if (warm === 0 && elapsed >= warmMinutes) warm = anonymousBytes()
    if (process.stderr.isTTY && n % 25_600 === 0) {
      process.stderr.write(`\r${elapsed.toFixed(1)} min, ${n} claims, ${anonymousBytes() >> 20} MiB`)
    }
  }
  await last
  const end = anonymousBytes()
  await store.close()
  return [
    figureRow('claims judged', n, ''),
    figureRow('RssAnon after three minutes', warm / 2 ** 20, 'MiB'),
    figureRow('RssAnon at the end', end / 2 ** 20, 'MiB'),
    figureRow('growth after the third minute', (end / warm - 1) * 100, '%', 5),
  ]
}
