// What a changed claim means line by line, and how lines are named in Chinese. Pure.
import type { Claim, Item } from '../claim/claim.js'
import { PRICE_SCALE, QUANTITY_SCALE } from '../claim/claim.js'
import type { Changed } from './counterfactual-claim.js'

/** One line of the claim that was asked about; `to` undefined: it goes. */
export interface LineChange {
  readonly item: number
  readonly to: Item | undefined
}

/** Lines that are others or gone, in their order; added lines are not among them. */
export function changesOf({ items }: Claim, { claim, origin }: Changed): readonly LineChange[] {
  return items.flatMap((item, place): LineChange[] => {
    const at = origin.indexOf(place)
    const to = at < 0 ? undefined : claim.items[at]!
    return to === item ? [] : [{ item: place, to }]
  })
}

/** Names listed in full; beyond, only how many lines there are. */
const namesMax = 3

/** “甲”、“乙”等 5 条 */
export function namesOf({ items }: Claim, places: readonly number[]): string {
  const names = [...new Set(places.map((place) => items[place]!.name || items[place]!.code))]
  const listed = names.slice(0, namesMax).map((name) => `“${name}”`).join('、')
  return names.length === places.length && names.length <= namesMax ? listed : `${listed}等 ${places.length} 条`
}

/** Ten-thousandths as units, without trailing zeros. */
export function unitsText(quantity: number): string {
  return String(quantity / QUANTITY_SCALE)
}

/** Yuan with two decimals, and more where the price has them. */
export function priceText(unitPrice: number): string {
  const whole = Math.floor(unitPrice / PRICE_SCALE)
  const digits = String(unitPrice % PRICE_SCALE).padStart(6, '0')
  return `${whole}.${digits.replace(/0{1,4}$/, '')}`
}
