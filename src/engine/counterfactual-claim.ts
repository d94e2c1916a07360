// A claim as it would be if the hospital changed it: fewer lines, less of them, a line or a diagnosis
// more. The bill's sums follow. Pure; whether a change helps is for a judgement to say.
import type { Claim, Diagnosis, Item } from '../claim/claim.js'
import { PRICE_SCALE, QUANTITY_SCALE } from '../claim/claim.js'
import { multiplyDivide } from '../claim/number.js'
import type { RuleBook } from '../rulebook/rulebook.js'
import type { Finding } from './verdict.js'

export interface Changed {
  readonly claim: Claim
  /** Of each of its items the place in the claim that was asked about; -1: added. */
  readonly origin: readonly number[]
}

/** A finding, and how a change is asked about it. */
export interface Context {
  readonly book: RuleBook
  readonly claim: Claim
  readonly finding: Finding
  /** Judges: the finding is gone and nothing else was raised. */
  holds(changed: Changed): boolean
}

/** A verified change, in words. */
export interface Candidate {
  readonly changed: Changed
  readonly text: string
}

const ADDED = -1
/** Price × quantity counts in 10^-10 yuan: this many are a fen. */
const productPerFen = PRICE_SCALE * QUANTITY_SCALE / 100

/** Without the lines in these places. */
export function without(claim: Claim, places: ReadonlySet<number>): Changed {
  const origin = claim.items.map((_, place) => place).filter((place) => !places.has(place))
  return changed(claim, origin.map((place) => claim.items[place]!), origin)
}

/** Other lines in the places of some. */
export function withLines(claim: Claim, lines: ReadonlyMap<number, Item>): Changed {
  const items = claim.items.map((item, place) => lines.get(place) ?? item)
  return changed(claim, items, claim.items.map((_, place) => place))
}

/** With one line more, the last. */
export function withAdded(claim: Claim, item: Item): Changed {
  return changed(claim, [...claim.items, item], [...claim.items.map((_, place) => place), ADDED])
}

/** With these codes as further western diagnoses, none of them the main one; no sum changes. */
export function withDiagnoses(claim: Claim, codes: readonly string[]): Changed {
  const added = codes.map((code): Diagnosis => ({ code, name: '', isMain: false, kind: 'western' }))
  const visit = { ...claim.visit, diagnoses: [...claim.visit.diagnoses, ...added] }
  return { claim: { ...claim, visit }, origin: claim.items.map((_, place) => place) }
}

/**
 * In ten-thousandths. The amount is price × quantity where it was that before (within a fen), else in
 * proportion; so are the patient's shares.
 */
export function atQuantity(item: Item, quantity: number): Item {
  const { unitPrice, amountFen } = item
  const exactFen = (units: number) => multiplyDivide(unitPrice, units, productPerFen)
  const isExact = Math.abs(exactFen(item.quantity) - amountFen) <= 1
  const leftFen = isExact ? exactFen(quantity) : part(amountFen, quantity, item.quantity)
  return atAmount({ ...item, quantity }, leftFen)
}

/** In millionths of a yuan, with the amount that it makes; the patient's shares in proportion. */
export function atPrice(item: Item, unitPrice: number): Item {
  return atAmount({ ...item, unitPrice }, multiplyDivide(unitPrice, item.quantity, productPerFen))
}

/** Days of supply with as many whole packs as they take. */
export function atDays(item: Item, days: number): Item {
  const supplied = item.daysOfSupply! // those who ask for fewer days have read them
  const units = Math.max(1, Math.ceil(item.quantity * days / supplied / QUANTITY_SCALE)) * QUANTITY_SCALE
  return { ...atQuantity(item, Math.min(item.quantity, units)), daysOfSupply: days }
}

/** The patient's shares in proportion; the price as it stands. */
export function atAmount(item: Item, amountFen: number): Item {
  const before = item.amountFen
  const ownPayFen = Math.min(amountFen, part(item.ownPayFen, amountFen, before))
  const selfPayFen = Math.min(amountFen - ownPayFen, part(item.selfPayFen, amountFen, before))
  return { ...item, amountFen, ownPayFen, selfPayFen }
}

/** An amount with the price that makes it. */
export function atAmountAndPrice(item: Item, amountFen: number): Item {
  return { ...atAmount(item, amountFen), unitPrice: multiplyDivide(amountFen, productPerFen, item.quantity) }
}

/** So much outside insurance; the share paid first gives way where the amount has no room for both. */
export function atOwnPay(item: Item, ownPayFen: number): Item {
  return { ...item, ownPayFen, selfPayFen: Math.min(item.selfPayFen, item.amountFen - ownPayFen) }
}

/** Unit price × quantity, in fen, rounded as multiplyDivide does. */
export function exactAmountFen({ unitPrice, quantity }: Item): number {
  return multiplyDivide(unitPrice, quantity, productPerFen)
}

function changed(claim: Claim, items: readonly Item[], origin: readonly number[]): Changed {
  const { payment } = claim
  const sum = (lines: readonly Item[], fen: (item: Item) => number) =>
    lines.reduce((total, item) => total + fen(item), 0)
  const inScope = (item: Item) => item.amountFen - item.ownPayFen - item.selfPayFen
  const totalFen = payment.totalFen + sum(items, amountOf) - sum(claim.items, amountOf)
  const scopeBefore = sum(claim.items, inScope)
  const inScopeFen = payment.inScopeFen === undefined
    ? undefined
    : Math.max(0, payment.inScopeFen + sum(items, inScope) - scopeBefore)
  const fundFen = payment.fundFen === undefined
    ? undefined
    : Math.min(payment.fundFen, Math.max(0, part(payment.fundFen, sum(items, inScope), scopeBefore)))
  return { claim: { ...claim, items, payment: { ...payment, totalFen, inScopeFen, fundFen } }, origin }
}

const amountOf = ({ amountFen }: Item): number => amountFen

/** Of nothing, nothing. */
function part(whole: number, over: number, under: number): number {
  return under === 0 ? 0 : multiplyDivide(whole, over, under)
}
