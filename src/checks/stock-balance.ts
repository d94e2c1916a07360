// More of an item charged than the institution had: claims sold more since the last count than was
// counted and bought since. Where no stock was reported or counted, nobody can tell.
import { Type } from '@sinclair/typebox'
import { QUANTITY_SCALE } from '../claim/claim.js'
import type { Claim } from '../claim/claim.js'
import { dayText } from '../claim/day.js'
import type { StockView } from '../history/view.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit, Outcome } from './check.js'
import { moneyOfUnits } from './excess-money.js'
import { outcomeOf } from './lines.js'

const categories = ['drug', 'herbal-piece', 'herbal-granule', 'consumable'] as const

/** Tolerance in percent. At risk are the units that were not there. */
export const stockBalance = defineCheck({
  kind: 'stock-balance',
  meta: {
    summary: '自最近一次盘点起，结算的数量超过盘存加购进（减退货、报损）的数量。',
    facts: ['sold', 'available', 'excess', 'counted'],
    wakes: 'claim',
    owner: 'stock',
    remedies: [{ kind: 'reduce-quantity' }],
  },
  params: Type.Object({
    categories: Type.Array(Type.Union(categories.map((one) => Type.Literal(one))), {
      minItems: 1, description: '核对哪些类别的明细',
    }),
    tolerance_percent: Type.Integer({
      minimum: 0, maximum: 100, description: '容差：盘存与购进之和的百分之几',
    }),
  }, { additionalProperties: false }),
  columns: {},

  prepare({ categories: judged, tolerance_percent: tolerance }) {
    const seen = new Set<string>() // reused: empty between claims
    return (claim, _matches, { stock }) => {
      const { items, visit: { institution: { id } } } = claim
      let at = 0
      while (at < items.length && !isJudged(items[at]!, judged)) at++
      if (at === items.length) return CLEAR
      if (!stock.isReporting(id)) {
        return stock.completeFromDay === Infinity
          ? { result: 'unknown', missing: stock.incompleteReason }
          : noStock
      }
      seen.clear()
      let missing: string | undefined
      let hits: Hit[] | undefined
      for (; at < items.length; at++) {
        const { code } = items[at]!
        if (!isJudged(items[at]!, judged) || seen.has(code)) continue
        seen.add(code)
        const found = judgeItem(claim, at, { stock, tolerance })
        if (typeof found === 'string') missing ??= found
        else if (found !== undefined) (hits ??= []).push(found)
      }
      return outcomeOf(hits, missing)
    }
  },
})

const noStock: Outcome = Object.freeze({ result: 'unknown', missing: 'stock' })

function isJudged(
  { category, code, quantity }: Claim['items'][number], judged: readonly string[],
): boolean {
  return quantity > 0 && code !== '' && judged.includes(category)
}

/** Of all lines of one item, the first of which is at `first`. A text: what is missing. */
function judgeItem(
  { items, visit }: Claim, first: number,
  { stock, tolerance }: { stock: StockView, tolerance: number },
): Hit | string | undefined {
  const { code, low, high } = items[first]!
  const balance = stock.balanceOf(visit.institution.id, low, high)
  if (balance?.countDay === undefined) return 'stock.count'
  const { countDay, available } = balance
  if (countDay < stock.completeFromDay) return stock.incompleteReason
  let own = 0
  const lines: number[] = []
  for (let index = first; index < items.length; index++) {
    const item = items[index]!
    if (item.code !== code || item.serviceDay <= countDay) continue
    own += item.quantity
    if (item.quantity > 0) lines.push(index)
  }
  const sold = balance.sold + own
  if (own <= 0 || sold * 100 <= Math.max(0, available) * (100 + tolerance)) return undefined
  let left = Math.min(own, sold - available)
  const violating: { item: number, riskFen: number }[] = []
  for (const index of lines.reverse()) { // the last are too much
    if (left <= 0) break
    violating.push({ item: index, riskFen: moneyOfUnits(items[index]!, left) })
    left -= items[index]!.quantity
  }
  return {
    violating: violating.reverse(),
    facts: {
      sold: sold / QUANTITY_SCALE, available: available / QUANTITY_SCALE,
      excess: (sold - available) / QUANTITY_SCALE, counted: dayText(countDay),
    },
  }
}
