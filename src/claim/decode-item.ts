// One charged line: wire -> Item. Runs for every line of every claim, so it allocates the item and
// nothing else, and gives every item its fields in one order. Knows nothing of the other lines.
import { MINUTES_PER_DAY, PRICE_SCALE, QUANTITY_SCALE } from './claim.js'
import type { Category, Item } from './claim.js'
import { codeKey, keyHigh, keyLow } from './code-key.js'
import { flagDigit } from './content-hash.js'
import type { ContentHash } from './content-hash.js'
import { momentDay, momentMinute, readPastMoment } from './day.js'
import type { Moment } from './day.js'
import {
  categoryOf, feeClassOf, herbSingle, itemCode, plainText, yesOrNo,
} from './dictionary.js'
import {
  moneyFenMax, multiplyDivide, quantityMax, readDays, readMoney, readQuantity, readUnitPrice,
} from './number.js'
import type { Place } from './place.js'
import type { ItemWire } from './wire.js'

/** Price (10^-6 yuan) × quantity (10^-4) is 10^-10 yuan: this many of them are a fen. */
const productPerFen = PRICE_SCALE * QUANTITY_SCALE / 100
const daysRange = { field: 'days_of_supply', min: -3_650, max: 3_650 }
const noTraceCodes: readonly string[] = Object.freeze([])

interface ItemContext {
  /** Stands at this line. */
  readonly place: Place
  readonly index: number
  readonly latest: number
  /** For a line without a date. */
  readonly visitDay: number
}

/**
 * Of quantity, unit price and amount two are enough and the third follows: amount = quantity ×
 * price, half away from zero. With neither price nor amount both are 0. A quantity that nothing
 * gives is refused (CLAIM_NUMBER_INVALID): no rule could count the line. A line without a date has
 * the visit's. A line without an id is named by its number, `#1`, so that it is nobody's double.
 */
export function decodeItem(wire: ItemWire, context: ItemContext): Item {
  const { place } = context
  const code = itemCode(wire.code)
  const key = codeKey(code)
  const givenAmount = readMoney(wire.amount, place, 'amount')
  const givenPrice = readUnitPrice(wire.unit_price, place, 'unit_price')
  const quantity = readQuantity(wire.quantity, place, 'quantity')
    ?? quantityFrom(givenAmount, givenPrice, place)
  const unitPrice = givenPrice ?? priceFrom(givenAmount, quantity, place)
  const moment = readPastMoment(
    wire.service_time, place, { field: 'service_time', latest: context.latest })
  return {
    id: plainText(wire.id) || `#${context.index + 1}`,
    code,
    low: keyLow(key),
    high: keyHigh(key),
    name: plainText(wire.name),
    category: categoryOf(wire.category, code),
    feeClass: feeClassOf(wire.fee_class),
    quantity,
    unitPrice,
    amountFen: givenAmount ?? amountFrom(unitPrice, quantity, place),
    ownPayFen: readMoney(wire.own_pay, place, 'own_pay') ?? 0,
    selfPayFen: readMoney(wire.self_pay, place, 'self_pay') ?? 0,
    serviceDay: moment === undefined ? context.visitDay : momentDay(moment),
    serviceMinute: moment === undefined ? undefined : momentMinute(moment),
    isDated: moment !== undefined,
    prescription: plainText(wire.prescription),
    group: plainText(wire.group),
    daysOfSupply: daysOfSupplyOf(wire.days_of_supply, place),
    department: plainText(wire.department),
    doctor: plainText(wire.doctor),
    isTakeHome: yesOrNo(wire.is_take_home) ?? false,
    isHerbSingle: herbSingle(wire.herb_use),
    traceCodes: traceCodesOf(wire.trace_codes),
    isSplitPack: yesOrNo(wire.is_split_pack) ?? false,
  }
}

function quantityFrom(amount: number | undefined, price: number | undefined, place: Place): number {
  if (amount === undefined || price === undefined || price === 0) {
    throw place.refusal('CLAIM_NUMBER_INVALID', 'quantity', 'missing, and nothing else gives it')
  }
  const quantity = multiplyDivide(amount, productPerFen, price)
  if (Math.abs(quantity) <= quantityMax) return quantity
  throw place.refusal('CLAIM_QUANTITY_TOO_LARGE', 'quantity', 'amount and unit price make it so')
}

function priceFrom(amount: number | undefined, quantity: number, place: Place): number {
  if (amount === undefined || quantity === 0) return 0
  const price = multiplyDivide(amount, productPerFen, quantity)
  if (Number.isSafeInteger(price)) return price
  throw place.refusal('CLAIM_MONEY_TOO_LARGE', 'unit_price', 'amount and quantity make it so')
}

function amountFrom(price: number, quantity: number, place: Place): number {
  const amount = multiplyDivide(price, quantity, productPerFen)
  if (Math.abs(amount) <= moneyFenMax) return amount
  throw place.refusal('CLAIM_MONEY_TOO_LARGE', 'amount', 'unit price and quantity make it so')
}

/**
 * 0 is what senders write for nothing, and a refund line's may be negative: neither is a supply.
 */
function daysOfSupplyOf(wire: ItemWire['days_of_supply'], place: Place): number | undefined {
  const days = readDays(wire, place, daysRange)
  return days !== undefined && days > 0 ? days : undefined
}

function traceCodesOf(wire: ItemWire['trace_codes']): readonly string[] {
  if (!Array.isArray(wire) || wire.length === 0) return noTraceCodes
  const codes: string[] = []
  for (const text of wire) {
    const code = plainText(text)
    if (code !== '' && code !== '0') codes.push(code)
  }
  return codes
}

const categoryNumber: Readonly<Record<Category, number>> = {
  drug: 0, 'herbal-piece': 1, 'herbal-granule': 2, service: 3, consumable: 4, other: 5,
}

/** Everything that decodeItem keeps, as the sender gave it: a day taken from the visit is not. */
export function hashItem(item: Item, hash: ContentHash): void {
  hash.word(item.low)
  hash.word(item.high << 8 | itemFlags(item))
  hash.text(item.id)
  hash.text(item.name)
  hash.text(item.feeClass)
  hash.whole(item.quantity)
  hash.whole(item.unitPrice)
  hash.whole(item.amountFen)
  hash.whole(item.ownPayFen)
  hash.whole(item.selfPayFen)
  hash.whole(item.isDated ? itemMoment(item) : undefined)
  hash.text(item.prescription)
  hash.text(item.group)
  hash.whole(item.daysOfSupply)
  hash.text(item.department)
  hash.text(item.doctor)
  hash.word(item.traceCodes.length)
  for (const code of item.traceCodes) hash.text(code)
}

function itemMoment({ serviceDay, serviceMinute }: Item): Moment {
  return serviceMinute === undefined ? serviceDay * 2 * MINUTES_PER_DAY : serviceMinute * 2 + 1
}

function itemFlags(item: Item): number {
  const flags = (item.isTakeHome ? 1 : 0) | (item.isSplitPack ? 2 : 0)
  return flags | flagDigit(item.isHerbSingle) << 2 | categoryNumber[item.category] << 4
}
