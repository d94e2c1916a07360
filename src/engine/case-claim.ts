// A case's few words -> a whole settlement as it would arrive: base claim, then the case's own
// fields. Pure; the result goes through the same decode as every event.
import type { BaseClaims, Override } from '../rulebook/case-file.js'

type Fields = Record<string, unknown>

/** Undefined when there is no such base. `number` 0 is the claim judged, 1 … the ones before it. */
export function buildSettlement(
  override: Override, bases: BaseClaims, options: { number: number, baseName: string },
): Fields | undefined {
  const { number, baseName } = options
  const { base: named = baseName, day, ...fields } = override
  delete fields.event
  delete fields.received
  delete fields.repeat
  const found = bases[named]
  if (found === undefined) return undefined
  const base = day === undefined ? found : moved(found, day)
  const { items: baseItems, ...rest } = base as Fields
  const { items: ownItems, ...own } = fields as Fields
  const ids = number === 0
    ? {}
    : { settlement_id: `B-${number}`, visit: { id: `VB-${number}` } }
  const template = (baseItems as Fields[])[0]!
  const items = ((ownItems ?? baseItems) as Fields[]).map((item, index) =>
    buildItem(template, item, index))
  const settlement = merged(merged(rest, ids), own)
  const total = items.reduce((sum, item) => sum + fenOf(item['amount'] ?? 0), 0)
  return {
    ...settlement,
    items,
    payment: merged({ total: yuan(total) }, (settlement['payment'] ?? {}) as Fields),
  }
}

/** The amount follows from price and quantity unless the case says otherwise. */
function buildItem(template: Fields, item: Fields, index: number): Fields {
  const { day, ...own } = item
  const built = merged({ ...template, id: `I-${index + 1}` }, own)
  if (day !== undefined && own['service_time'] === undefined) {
    built['service_time'] = `${String(day)}${String(template['service_time']).slice(10)}`
  }
  if (built['amount'] === undefined) {
    const price = Math.round(Number(built['unit_price']) * 1_000_000)
    const quantity = Math.round(Number(built['quantity']) * 10_000)
    if (Number.isFinite(price) && Number.isFinite(quantity)) { // else decode says what is no number
      built['amount'] = yuan(Math.round(Number(BigInt(price) * BigInt(quantity)) / 100_000_000))
    }
  }
  return built
}

function fenOf(amount: unknown): number {
  return Math.round(Number(amount) * 100)
}

function yuan(fen: number): string {
  return (fen / 100).toFixed(2)
}

/** Objects are merged field by field; everything else, lists too, is replaced. */
function merged(base: Fields, over: Fields): Fields {
  const result: Fields = { ...base }
  for (const [name, value] of Object.entries(over)) {
    const before = result[name]
    result[name] = isFields(before) && isFields(value) ? merged(before, value) : value
  }
  return result
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const msPerDay = 86_400_000
const datePattern = /^\d{4}-\d{2}-\d{2}/

/** Every date but the birth date by as many days as bring the visit's start to `day`. */
function moved(base: Fields, day: string): Fields {
  const start = String((base['visit'] as Fields)['start']).slice(0, 10)
  const days = Math.round((Date.parse(day) - Date.parse(start)) / msPerDay)
  const move = (value: unknown, name: string): unknown => {
    if (Array.isArray(value)) return value.map((one) => move(one, ''))
    if (isFields(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, move(one, key)]))
    }
    if (typeof value !== 'string' || name === 'birth_date' || !datePattern.test(value)) return value
    const at = Date.parse(value.slice(0, 10)) + days * msPerDay
    if (Number.isNaN(at)) return value // decode says that it is no date
    return new Date(at).toISOString().slice(0, 10) + value.slice(10)
  }
  return move(base, '') as Fields
}
