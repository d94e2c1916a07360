// What the fund is asked for an item is more than its cap: per unit, over the visit, or over a year.
// Judged is the claim; earlier settlements are not remembered in money, so with any of the visit, or of
// the item in the year, a sum within the cap is unknown.
import { Type } from '@sinclair/typebox'
import { QUANTITY_SCALE } from '../claim/claim.js'
import type { Claim } from '../claim/claim.js'
import type { PatientView } from '../history/view.js'
import { defineCheck } from './check.js'
import type { Hit, Table } from './check.js'
import { outcomeOf, yuanText } from './lines.js'
import { missingFrom } from './past-lines.js'
import { PointSums } from './point-sums.js'
import { lastDayOf } from './stay.js'
import { missingParts } from './visit-parts.js'

const windows = ['每次', '单次就诊', '每年'] as const
const EACH = 0
const YEAR = 2
const yearDays = 365
const pricePerFen = 10_000

/** At risk is what lies above the cap, on the last lines. */
export const amountCap = defineCheck({
  kind: 'amount-cap',
  meta: {
    summary: '项目申报基金支付范围内的金额不得超过封顶额（每次，一次就诊合计，或一年合计）。',
    facts: ['name', 'total', 'limit', 'window', 'excess'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'self-pay-excess' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    cap: { type: 'price', description: '封顶额（元）' },
    window: { type: 'one-of', values: windows, description: '每次（按数量）、单次就诊合计或每年合计' },
  },

  prepare(_params, table) {
    const caps = table!.numbers('cap')
    const kinds = table!.numbers('window')
    const sums = new PointSums(table!)
    const units = new PointSums(table!)
    return (claim, matches, { patient: view }) => {
      sums.take(claim, matches, claimedFen)
      units.take(claim, matches, unitsOf)
      let hits: Hit[] | undefined
      let missing: string | undefined
      for (let place = 0; place < sums.count; place++) {
        const row = sums.rows[place]!
        const total = sums.sumOf(row)
        const isEach = kinds[row] === EACH
        const count = isEach ? units.sumOf(row) / QUANTITY_SCALE : 1
        const limit = Math.floor(caps[row]! / pricePerFen * count)
        if (total > limit) {
          const { over, within } = sums.spread(row, total - limit, {
            matches, valueAt: (item) => claimedFen(claim, item),
          })
          hits ??= []
          hits.push({
            violating: over.map(({ item, share }) => ({ item, riskFen: share })),
            involved: within,
            row,
            facts: factsOf(table!, { row, total, limit }),
          })
        } else if (!isEach && total > 0) {
          missing ??= kinds[row] === YEAR
            ? missingYear(claim, view, { table: table!, row })
            : missingParts(claim, view)
        }
      }
      return outcomeOf(hits, missing)
    }
  },
})

/** What is left for the fund to pay when the patient's own shares are off. */
function claimedFen({ items }: Claim, index: number): number {
  const { amountFen, ownPayFen, selfPayFen } = items[index]!
  return amountFen - ownPayFen - selfPayFen
}

/** Why what the year has cost so far is not known; undefined when nothing of the item was charged in it. */
function missingYear(
  claim: Claim, view: PatientView, { table, row }: { table: Table, row: number },
): string | undefined {
  const from = lastDayOf(claim) - yearDays + 1
  const point = table.pointOf(row)
  for (let past = view.first(); past >= 0; past = view.next(past)) {
    if (view.lastDay(past) < from) continue
    const end = view.endLine(past)
    for (let line = view.firstLine(past); line < end; line += view.lineSize) {
      if (view.lineDay(line) < from || view.lineQuantity(line) <= 0) continue
      if (table.pointOfKey(view.lineLow(line), view.lineHigh(line)) === point) return 'history.amount'
    }
  }
  return missingFrom(view, from)
}

function unitsOf({ items }: Claim, index: number): number {
  return items[index]!.quantity
}

function factsOf(
  table: Table, { row, total, limit }: { row: number, total: number, limit: number },
) {
  return {
    name: table.text('name', row), total: yuanText(total), limit: yuanText(limit),
    window: windows[table.numbers('window')[row]!]!, excess: yuanText(total - limit),
  }
}
