// More units of an item than one visit, one coded operation, a day or a year can use. Of visits and
// operations the claim is judged: with earlier settlements of the visit a sum within the limit is unknown.
// Days and years are windows over the patient's history, as periodic-frequency has them.
import { Type } from '@sinclair/typebox'
import { QUANTITY_SCALE } from '../claim/claim.js'
import type { Claim } from '../claim/claim.js'
import { defineCheck } from './check.js'
import type { Evaluate, Hit, Outcome } from './check.js'
import { listsOf, startsWithAny } from './code-lists.js'
import { moneyOfUnits } from './excess-money.js'
import { outcomeOf } from './lines.js'
import { MatchSplit } from './match-split.js'
import { PointSums } from './point-sums.js'
import { missingParts } from './visit-parts.js'
import { judgeWindows } from './window-judge.js'

const measures = ['单次就诊', '每台手术', '每日', '每年'] as const
const PER_VISIT = 0
/** Days of a measure's window; 0: no window. */
const windowDays = [0, 0, 1, 365] as const

/** At risk are the units above the limit. Unknown without coded operations where those are counted. */
export const quantityPer = defineCheck({
  kind: 'quantity-per',
  meta: {
    summary: '一次就诊、按已编码的手术台数、一日或一年（跨机构、跨结算）使用的数量不得超过知识表的上限。',
    facts: ['name', 'total', 'limit', 'per'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'reduce-quantity' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    units_max: { type: 'quantity', description: '数量上限' },
    per: { type: 'one-of', values: measures, description: '上限按什么计' },
    procedures: {
      type: 'text', optional: true, description: '每台手术：手术编码，以 | 分隔，按开头匹配',
    },
  },

  prepare(_params, table) {
    const limits = table!.numbers('units_max')
    const pers = table!.numbers('per')
    const procedures = listsOf(table!, 'procedures')
    const sums = new PointSums(table!)
    const split = new MatchSplit()
    const isWindow = (row: number) => windowDays[pers[row]!]! > 0
    const judgePeriods = judgeWindows(table!, {
      lengthOf: (row) => windowDays[pers[row]!]!,
      limitOf: (row) => limits[row]!,
      factsOf: ({ row, worst }) => ({
        name: table!.text('name', row), total: worst.total / QUANTITY_SCALE,
        limit: limits[row]! / QUANTITY_SCALE, per: measures[pers[row]!]!,
      }),
    })
    const judgeClaim: Evaluate = (claim, matches, { patient: view }) => {
      sums.take(claim, matches, unitsOf)
      let hits: Hit[] | undefined
      let missing: string | undefined
      for (let place = 0; place < sums.count; place++) {
        const row = sums.rows[place]!
        const total = sums.sumOf(row)
        const isVisit = pers[row] === PER_VISIT
        const count = isVisit ? 1 : countOf(claim, procedures[row]!)
        const limit = limits[row]! * count
        if (total > limit && count > 0) {
          const { over, within } = sums.spread(row, total - limit, {
            matches, valueAt: (item) => unitsOf(claim, item),
          })
          hits ??= []
          hits.push({
            violating: over.map(({ item, share }) =>
              ({ item, riskFen: moneyOfUnits(claim.items[item]!, share) })),
            involved: within,
            row,
            facts: {
              name: table!.text('name', row), total: total / QUANTITY_SCALE,
              limit: limit / QUANTITY_SCALE, per: measures[pers[row]!]!,
            },
          })
        } else if (total > 0) {
          missing ??= count === 0 ? 'visit.procedures' : missingParts(claim, view)
        }
      }
      return outcomeOf(hits, missing)
    }
    return (claim, matches, view) => {
      split.take(matches, isWindow)
      if (split.chosen.count === 0) return judgeClaim(claim, matches, view)
      return together(judgeClaim(claim, split.others, view), judgePeriods(claim, split.chosen, view))
    }
  },
})

function together(a: Outcome, b: Outcome): Outcome {
  if (b.result === 'clear') return a
  if (a.result === 'clear') return b
  const hits = [a, b].flatMap((one) => (one.result === 'hit' ? one.hits : []))
  return outcomeOf(hits, a.missing ?? b.missing)
}

function unitsOf({ items }: Claim, index: number): number {
  return items[index]!.quantity
}

function countOf({ visit }: Claim, starts: readonly string[]): number {
  let count = 0
  for (let index = 0; index < visit.procedures.length; index++) {
    if (startsWithAny(visit.procedures[index]!.code, starts)) count++
  }
  return count
}
