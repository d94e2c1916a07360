// Money at risk of the units of an item that are over a limit. Whole fen; never more than the item.
import { PRICE_SCALE, QUANTITY_SCALE } from '../claim/claim.js'
import type { Item } from '../claim/claim.js'

/** Ten-thousandths of a unit times millionths of a yuan, in one fen. */
const PER_FEN = QUANTITY_SCALE * PRICE_SCALE / 100

/** Fen that `units` (ten-thousandths) of this item cost; all of it when they are all of its units. */
export function moneyOfUnits({ quantity, unitPrice, amountFen }: Item, units: number): number {
  const whole = Math.max(0, amountFen)
  if (units >= quantity) return whole
  const product = units * unitPrice
  const fen = Number.isSafeInteger(product)
    ? Math.round(product / PER_FEN)
    : Number(BigInt(units) * BigInt(unitPrice) / BigInt(PER_FEN))
  return Math.min(whole, Math.max(0, fen))
}
