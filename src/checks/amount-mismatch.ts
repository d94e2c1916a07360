// Lines whose amount is not price × quantity. Whole numbers only: a product beyond the safe
// integers goes through BigInt, so that nothing is rounded away.
import { Type } from '@sinclair/typebox'
import { PRICE_SCALE, QUANTITY_SCALE } from '../claim/claim.js'
import type { Item } from '../claim/claim.js'
import { multiplyDivide } from '../claim/number.js'
import { CLEAR, defineCheck } from './check.js'
import { yuanText } from './lines.js'

/** Price × quantity counts in 10^-10 yuan: this many are a fen. */
const productPerFen = PRICE_SCALE * QUANTITY_SCALE / 100

/** At risk is what is charged too much; too little puts nothing at risk. Never unknown. */
export const amountMismatch = defineCheck({
  kind: 'amount-mismatch',
  meta: {
    summary: '每条明细的金额应等于单价乘数量，差额不超过容差。',
    facts: ['lines', 'charged', 'computed', 'difference'],
    wakes: 'claim',
    owner: 'patient',
    remedies: [{ kind: 'correct-amount' }],
  },
  params: Type.Object({
    tolerance_fen: Type.Integer({ minimum: 0, maximum: 100, description: '每行允许的差额（分）' }),
  }, { additionalProperties: false }),
  columns: {},

  prepare({ tolerance_fen: toleranceFen }) {
    return ({ items }) => {
      let violating: { item: number, riskFen: number }[] | undefined
      let chargedFen = 0
      let computedFen = 0
      let differenceFen = 0
      for (let index = 0; index < items.length; index++) {
        const item = items[index]!
        if (item.quantity <= 0 || isWithin(item, toleranceFen)) continue
        const { unitPrice, quantity, amountFen } = item
        const rightFen = multiplyDivide(unitPrice, quantity, productPerFen)
        violating ??= []
        violating.push({ item: index, riskFen: Math.max(0, amountFen - rightFen) })
        chargedFen += amountFen
        computedFen += rightFen
        differenceFen += Math.abs(amountFen - rightFen)
      }
      if (violating === undefined) return CLEAR
      const facts = {
        lines: violating.length, charged: yuanText(chargedFen),
        computed: yuanText(computedFen), difference: yuanText(differenceFen),
      }
      return { result: 'hit', hits: [{ violating, facts }] }
    }
  },
})

function isWithin({ unitPrice, quantity, amountFen }: Item, toleranceFen: number): boolean {
  const product = unitPrice * quantity
  const amount = amountFen * productPerFen
  if (Number.isSafeInteger(product) && Number.isSafeInteger(amount)) {
    return Math.abs(amount - product) <= toleranceFen * productPerFen
  }
  const difference = BigInt(amountFen) * BigInt(productPerFen)
    - BigInt(unitPrice) * BigInt(quantity)
  const most = BigInt(toleranceFen * productPerFen)
  return difference <= most && -difference <= most
}
