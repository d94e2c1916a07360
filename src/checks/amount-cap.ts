// What the fund is asked for an item is more than its cap: per unit, or over the visit. Judged is the
// claim; earlier settlements of the visit are not remembered in money, so with them a sum within
// the cap is unknown.
import { Type } from '@sinclair/typebox'
import { QUANTITY_SCALE } from '../claim/claim.js'
import type { Claim } from '../claim/claim.js'
import { defineCheck } from './check.js'
import type { Hit, Table } from './check.js'
import { outcomeOf, yuanText } from './lines.js'
import { PointSums } from './point-sums.js'
import { missingParts } from './visit-parts.js'

const windows = ['每次', '单次就诊'] as const
const EACH = 0
const pricePerFen = 10_000

export const amountCap = defineCheck({
  kind: 'amount-cap',
  meta: {
    summary: '项目申报基金支付范围内的金额不得超过封顶额（每次，或一次就诊合计）。',
    facts: ['name', 'total', 'limit', 'window', 'excess'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'self-pay-excess' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    cap: { type: 'price', description: '封顶额（元）' },
    window: { type: 'one-of', values: windows, description: '每次（按数量）或单次就诊合计' },
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
        } else if (!isEach && total > 0) missing ??= missingParts(claim, view)
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
