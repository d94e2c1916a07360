// A service charged above the ceiling of the price list for the institution's level. Only what is
// above the ceiling is at risk.
import { Type } from '@sinclair/typebox'
import { PRICE_SCALE, QUANTITY_SCALE } from '../claim/claim.js'
import type { Item } from '../claim/claim.js'
import { multiplyDivide } from '../claim/number.js'
import { defineCheck } from './check.js'
import type { ColumnSpec } from './check.js'
import { judgeLines, yuanText } from './lines.js'

const productPerFen = PRICE_SCALE * QUANTITY_SCALE / 100
const pricePerFen = PRICE_SCALE / 100

const ceiling = (level: string): ColumnSpec =>
  ({ type: 'price', optional: true, description: `${level}最高单价（元）；空：没有规定` })

/** Unknown without visit.institution.level, unless every level allows the price. */
export const unitPriceCeiling = defineCheck({
  kind: 'unit-price-ceiling',
  meta: {
    summary: '知识表中的项目单价不得高于机构等级对应的最高价。',
    facts: ['price', 'ceiling'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'lower-price' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    ceiling_3: ceiling('三级'), ceiling_2: ceiling('二级'), ceiling_1: ceiling('一级及以下'),
  },

  prepare(_params, table) {
    const [low, middle, high] = [1, 2, 3].map((level) => table!.numbers(`ceiling_${level}`))
    const ceilings = [low!, low!, middle!, high!]

    /** Fen above the ceiling; an absent ceiling is NaN and nothing is above it. */
    function excessFen({ unitPrice, quantity, amountFen }: Item, ceilingPrice: number): number {
      if (!(unitPrice > ceilingPrice)) return 0
      return amountFen - multiplyDivide(ceilingPrice, quantity, productPerFen)
    }

    return judgeLines({
      breaks({ visit: { institution: { level } } }, item, row) {
        const isAbove = (prices: Float64Array) => excessFen(item, prices[row]!) > 0
        if (level !== undefined) return isAbove(ceilings[level]!)
        // Any level gives the same answer, or the level is what is missing.
        const above = ceilings.filter(isAbove).length
        return above === 0 ? false : 'visit.institution.level'
      },
      facts({ visit }, item, row) {
        const most = ceilings[visit.institution.level!]![row]!
        return {
          price: yuanText(Math.round(item.unitPrice / pricePerFen)),
          ceiling: yuanText(Math.round(most / pricePerFen)),
        }
      },
      riskFen: ({ visit }, item, row) =>
        excessFen(item, ceilings[visit.institution.level!]![row]!),
    })
  },
})
