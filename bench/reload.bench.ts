// How long does an event wait while a new rule book of 250,000 rows is taken up? Events arrive at a steady
// rate and are judged on the main thread; the worker reads and packs the folder, as in a running service.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openBooks } from '../src/books.js'
import { checks } from '../src/checks/registry.js'
import { decodeEvent } from '../src/claim/decode.js'
import { evaluate } from '../src/engine/evaluate.js'
import { packInWorker } from '../src/files/pack-worker.js'
import { Histories } from '../src/history/histories.js'
import { bookTexts } from './books.js'
import { figureRow } from './measure.js'
import type { BenchOptions, Row } from './measure.js'
import { trafficOf, usualTime } from './traffic.js'

const perSecond = 200
const waitMsMax = 50

export async function reloadBench({ isSmoke, seed, tempDir }: BenchOptions): Promise<Row[]> {
  const rows = isSmoke ? 30_000 : 250_000
  const rulesDir = join(tempDir, 'reload')
  for (const { path, text } of await bookTexts({ rules: 100, rows })) {
    const file = join(rulesDir, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const books = await openBooks({ pack: () => packInWorker({ rulesDir }), checks, onReload: () => {} })
  const histories = new Histories({ load: () => undefined, cacheBytes: 1 << 26 })
  const next = trafficOf({ seed, patients: 1_000, lines: 8, hasTraceCodes: false })
  const feed = feedOf((n) => {
    const event = decodeEvent(Buffer.from(next(n).body), { receivedAt: usualTime })
    if (event.type !== 'settlement') return
    evaluate(books.current(), event.claim, histories.view(event.claim), {})
    histories.record(event.claim)
  })
  await pause(isSmoke ? 500 : 3_000) // warm
  feed.longest()
  await pause(isSmoke ? 500 : 3_000)
  const quiet = feed.longest()
  let longest = 0
  const times: number[] = []
  for (let round = 0; round < (isSmoke ? 1 : 3); round++) {
    // A batch more: one list is another one.
    writeFileSync(join(rulesDir, 'tables', 'pad-0.csv'), `code,name,sex,source\nXROUND${round},基准,女,基准\n`)
    const from = performance.now()
    const reloaded = await books.reload()
    times.push(performance.now() - from)
    if (!reloaded.ok || !reloaded.isChanged) throw new Error('the rule book was not changed')
    await pause(200)
    longest = Math.max(longest, feed.longest())
  }
  feed.stop()
  return [
    figureRow(`longest wait of an event, ${perSecond} a second, no reload`, quiet, 'ms'),
    figureRow(`longest wait of an event, reload of ${rows} padded rows`, longest, 'ms', waitMsMax),
    figureRow('the reload, from the order to the new book, at most', Math.max(...times), 'ms'),
  ]
}

interface Feed {
  /** Milliseconds from an event's arrival to the end of its judgement, since the last call. */
  longest(): number
  stop(): void
}

/** Calls `judge(n)` on a fixed schedule; what is overdue is made up for, and counts as waiting. */
function feedOf(judge: (n: number) => void): Feed {
  const start = performance.now()
  let n = 0
  let longest = 0
  const timer = setInterval(() => {
    for (;;) {
      const dueAt = start + n * 1_000 / perSecond
      if (dueAt > performance.now()) return
      judge(n++)
      longest = Math.max(longest, performance.now() - dueAt)
    }
  }, 1)
  return {
    longest() {
      const told = longest
      longest = 0
      return told
    },
    stop: () => clearInterval(timer),
  }
}

const pause = (ms: number) => new Promise((resolve) => { setTimeout(resolve, ms) })
