// Decimals as senders write them, read to whole numbers of a small unit without binary rounding.
// Money is fen, a quantity ten-thousandths, a unit price millionths of a yuan. Knows no field.
import { PRICE_SCALE, QUANTITY_SCALE } from './claim.js'
import type { Place } from './place.js'

/** What the wire allows for a number: "" and "-" and null stand for nothing. */
export type NumberWire = number | string | null | undefined

export const moneyFenMax = 10_000_000_000_000 // 10^13 fen: a province's fund for a year
export const quantityMax = 200_000 * QUANTITY_SCALE // beyond any line, millilitres too
const unitPriceMax = 9_000_000_000 * PRICE_SCALE // still a safe integer

const MONEY_DECIMALS = 2
const QUANTITY_DECIMALS = 4
const PRICE_DECIMALS = 6
const powers = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000] as const
type Decimals = 0 | 2 | 4 | 6

const ZERO = 0x30
const NINE = 0x39
const SPACE = 0x20
/** A double this near to a whole number can only have been meant as that number. */
const nearness = 1e-4
/** Up to here a product of a double and a power of ten is off by far less than `nearness`. */
const nearMax = 2 ** 38
/** Senders' libraries write 0E-8; an exponent beyond this is no number that anybody meant. */
const exponentMax = 40

/** Fen, half away from zero; undefined for nothing. */
export function readMoney(value: NumberWire, place: Place, field: string): number | undefined {
  const fen = readDecimal(value, MONEY_DECIMALS)
  if (fen === undefined || (fen >= -moneyFenMax && fen <= moneyFenMax)) return fen
  if (Number.isNaN(fen)) throw unreadable(place, field)
  throw place.refusal('CLAIM_MONEY_TOO_LARGE', field, 'no amount here is this large')
}

/** Ten-thousandths of a unit; further decimals are rounded. Undefined for nothing. */
export function readQuantity(value: NumberWire, place: Place, field: string): number | undefined {
  const quantity = readDecimal(value, QUANTITY_DECIMALS)
  if (quantity === undefined || (quantity >= -quantityMax && quantity <= quantityMax)) {
    return quantity
  }
  if (Number.isNaN(quantity)) throw unreadable(place, field)
  throw place.refusal('CLAIM_QUANTITY_TOO_LARGE', field, 'no line has this many units')
}

/** Millionths of a yuan; further decimals are rounded. Undefined for nothing. */
export function readUnitPrice(value: NumberWire, place: Place, field: string): number | undefined {
  const price = readDecimal(value, PRICE_DECIMALS)
  if (price === undefined || (price >= -unitPriceMax && price <= unitPriceMax)) return price
  if (Number.isNaN(price)) throw unreadable(place, field)
  throw place.refusal('CLAIM_MONEY_TOO_LARGE', field, 'no unit price is this large')
}

/** A whole number of days within bounds ("3.0" is one, "3.4" is rounded); undefined for nothing. */
export function readDays(
  value: NumberWire, place: Place, options: { field: string, min: number, max: number },
): number | undefined {
  const days = readDecimal(value, 0)
  if (days === undefined || (days >= options.min && days <= options.max)) return days
  throw unreadable(place, options.field)
}

function unreadable(place: Place, field: string) {
  return place.refusal('CLAIM_NUMBER_INVALID', field, 'expected a decimal number')
}

/** Undefined for nothing, NaN for what is no number, infinite beyond the safe integers. */
export function readDecimal(value: NumberWire, decimals: Decimals): number | undefined {
  if (typeof value === 'number') return scaled(value, decimals)
  if (value === undefined || value === null || value === '' || value === '-') return undefined
  return parseDecimal(value, decimals)
}

function scaled(value: number, decimals: Decimals): number | undefined {
  const product = value * powers[decimals]
  const whole = Math.round(product)
  const isNear = Math.abs(product - whole) < nearness && whole < nearMax && whole > -nearMax
  if (isNear || Number.isInteger(value)) return bounded(whole)
  // The shortest text of a double is what the sender wrote: 1.005 is half a fen, not just under it.
  return parseDecimal(String(value), decimals)
}

/** Digit by digit, so that no step is inexact; accepts "+1.50", ".5", "5.", "0E-8". */
function parseDecimal(text: string, decimals: Decimals): number | undefined {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) <= SPACE) end--
  let at = 0
  while (at < end && text.charCodeAt(at) <= SPACE) at++
  if (at === end) return undefined

  const isNegative = text.charCodeAt(at) === 0x2d
  if (isNegative || text.charCodeAt(at) === 0x2b) at++
  const start = at
  const wholeEnd = skipDigits(text, at, end)
  const hasPoint = text.charCodeAt(wholeEnd) === 0x2e && wholeEnd < end
  const digitsEnd = hasPoint ? skipDigits(text, wholeEnd + 1, end) : wholeEnd
  if (digitsEnd - start === (hasPoint ? 1 : 0)) return Number.NaN

  const exponent = digitsEnd === end ? 0 : parseExponent(text, digitsEnd, end)
  const kept = wholeEnd - start + decimals + exponent
  if (Number.isNaN(kept)) return Number.NaN
  const whole = digitsToWhole(text, { start, end: digitsEnd, kept })
  return bounded(isNegative ? -whole : whole)
}

/** The first `kept` digits as a whole number, zeros added behind, the next digit rounding it. */
function digitsToWhole(
  text: string, { start, end, kept }: { start: number, end: number, kept: number },
): number {
  let whole = 0
  let left = kept
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code < ZERO) continue // the point
    if (left === 0) return code >= ZERO + 5 ? whole + 1 : whole
    if (left < 0) return 0
    whole = whole * 10 + (code - ZERO)
    left--
  }
  for (; left > 0 && whole > 0 && whole <= Number.MAX_SAFE_INTEGER; left--) whole *= 10
  return whole
}

/** e+2, E-8; NaN when it is none. */
function parseExponent(text: string, start: number, end: number): number {
  if ((text.charCodeAt(start) | 0x20) !== 0x65) return Number.NaN
  const sign = text.charCodeAt(start + 1)
  const digitsAt = sign === 0x2d || sign === 0x2b ? start + 2 : start + 1
  if (digitsAt >= end || skipDigits(text, digitsAt, end) !== end) return Number.NaN
  const size = Number(text.slice(digitsAt, end))
  if (size > exponentMax) return Number.NaN
  return sign === 0x2d ? -size : size
}

function skipDigits(text: string, start: number, end: number): number {
  let at = start
  while (at < end && text.charCodeAt(at) >= ZERO && text.charCodeAt(at) <= NINE) at++
  return at
}

/** Zero is never negative; what is no safe integer is infinite, so that every bound refuses it. */
function bounded(whole: number): number {
  if (Number.isSafeInteger(whole)) return whole + 0
  return whole > 0 ? Infinity : -Infinity
}

/** a × b ÷ divisor, half away from zero, exact; all whole, divisor not zero. */
export function multiplyDivide(a: number, b: number, divisor: number): number {
  const product = a * b
  if (!Number.isSafeInteger(product)) return multiplyDivideLarge(a, b, divisor)
  const rest = product % divisor
  const quotient = (product - rest) / divisor
  if (Math.abs(rest) * 2 < Math.abs(divisor)) return quotient + 0
  return (product < 0) === (divisor < 0) ? quotient + 1 : quotient - 1
}

function multiplyDivideLarge(a: number, b: number, divisor: number): number {
  const product = BigInt(a) * BigInt(b)
  const size = BigInt(Math.abs(divisor))
  const doubled = (product < 0n ? -product : product) * 2n
  const whole = Number((doubled + size) / (size * 2n))
  return (product < 0n) === (divisor < 0) ? whole : -whole
}
