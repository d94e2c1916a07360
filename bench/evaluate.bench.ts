// What does a judgement cost against 10, 100, 1,000 rules and 0, 30,000, 250,000 rows of knowledge?
import type { Claim } from '../src/claim/claim.js'
import { decodeEvent } from '../src/claim/decode.js'
import { evaluate } from '../src/engine/evaluate.js'
import { Histories } from '../src/history/histories.js'
import { bookOf } from './books.js'
import { figureRow, median, microseconds, ratioRow } from './measure.js'
import type { BenchOptions, Row } from './measure.js'
import { trafficOf, usualTime } from './traffic.js'

export async function evaluateBench({ isSmoke, seed }: BenchOptions): Promise<Row[]> {
  const next = trafficOf({ seed, patients: 1_000, lines: 30, hasTraceCodes: true })
  const claims: Claim[] = []
  for (let n = 0; n < (isSmoke ? 300 : 2_000); n++) {
    const event = decodeEvent(Buffer.from(next(n).body), { receivedAt: usualTime })
    if (event.type === 'settlement') claims.push(event.claim)
  }
  const histories = new Histories({ load: () => undefined, cacheBytes: 1 << 26 })
  const inputs = claims.map((claim) => {
    const view = histories.view(claim)
    return { claim, view }
  })
  const sizes = [
    { rules: 10, rows: 0 }, { rules: 100, rows: 0 }, { rules: 1_000, rows: 0 },
    { rules: 100, rows: 30_000 }, { rules: 100, rows: 250_000 },
  ]
  const books = await Promise.all(sizes.map((size) => bookOf(size)))
  // In turn, so that the machine's mood falls on all alike.
  const times = sizes.map((): number[] => [])
  for (let turn = 0; turn < (isSmoke ? 3 : 9); turn++) {
    books.forEach((book, index) => {
      const time = microseconds(inputs, 1, ({ claim, view }) => { evaluate(book, claim, view, {}) })
      times[index]!.push(time)
    })
  }
  const medians = times.map(median)
  const rows = sizes.map(({ rules, rows: count }, index) =>
    figureRow(`evaluate, 30 lines, ${rules} rules, ${count} padded rows`, medians[index]!, 'µs'))
  rows.push(ratioRow('1,000 rules beside 100', medians[2]! / medians[1]!, { max: 1.3 }))
  rows.push(ratioRow('250,000 rows beside 30,000', medians[4]! / medians[3]!, { max: 1.3 }))
  return rows
}
