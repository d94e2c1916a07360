// The lines of a 3101 or 3102 message as items of a claim: every one with an id of its own, a line that
// a client repeats by mistake counted once, and the lines that are asked about told from their context.
import { isDeepStrictEqual } from 'node:util'
import { lineField } from './audit-fields.js'
import { FieldReader } from './field-reader.js'
import { asMoment, asNumber, asText, isNode, nodesOf, textOf } from './node.js'
import type { Node } from './node.js'

export interface AuditLine {
  /** rx_id as the client wrote it. */
  readonly id: string
  /** Its place in the list as the client sent it, from 1: lines that are repeated count there too. */
  readonly number: number
  /** Part of what is asked about; else context. */
  readonly isCurrent: boolean
  readonly doctorTitle: string
}

export interface AuditLines {
  /** Of SettlementWire, in the order of `lines`. */
  readonly items: readonly object[]
  readonly lines: readonly AuditLine[]
  /** The first that a line names; '' where none does. */
  readonly chargeBatch: string
}

const reader = new FieldReader(lineField)
const { at } = reader

/** What a line holds, by `at`. */
type Found = readonly unknown[]

/** `list`: as sent; what is no node in it is left out. Adds to `repairs` what it put right. */
export function linesOf(list: readonly unknown[], repairs: string[]): AuditLines {
  const kept: Found[] = []
  const numbers: number[] = []
  const byId = new Map<string, Node[]>()
  for (const [place, node] of list.entries()) {
    if (!isNode(node)) continue
    const found = reader.read(node)
    const id = idOf(found)
    const twins = byId.get(id)
    if (twins === undefined) byId.set(id, [node])
    else if (id !== '' && twins.some((twin) => isDeepStrictEqual(twin, node))) {
      repairs.push('line-repeated')
      continue
    } else twins.push(node)
    kept.push(found)
    numbers.push(place + 1)
  }
  if (kept.length > byId.size) repairs.push('line-id-shared')
  const isMarked = kept.some((found) => asText(found[at.isCurrent], 4) === '1')
  const used = new Map<string, number>()
  return {
    items: kept.map((found) => itemOf(found, ownId(asText(found[at.id], 56), used))),
    lines: kept.map((found, place) => ({
      id: idOf(found),
      number: numbers[place]!,
      isCurrent: !isMarked || asText(found[at.isCurrent], 4) === '1',
      doctorTitle: asText(found[at.title], 8),
    })),
    chargeBatch: kept.map((found) => asText(found[at.chargeBatch], 64)).find((batch) => batch !== '') ?? '',
  }
}

const idOf = (found: Found) => asText(found[at.id], 64)

/** Ids of the wire are unique within a visit; a client's are often those of the prescription. */
function ownId(id: string, used: Map<string, number>): string {
  const times = (used.get(id) ?? 0) + 1
  used.set(id, times)
  return times === 1 && id !== '' ? id : `${id}#${times}`
}

function itemOf(found: Found, id: string): object {
  const traceCodes = nodesOrTexts(found[at.traceCode])
  return {
    id,
    code: asText(found[at.code], 50),
    local_code: asText(found[at.localCode], 150),
    name: asText(found[at.name], 300),
    category: asText(found[at.category], 16),
    fee_class: feeClass(asText(found[at.feeClass], 8)),
    quantity: quantityOf(found),
    unit_price: asNumber(found[at.unitPrice]),
    amount: asNumber(found[at.amount]),
    own_pay: asNumber(found[at.ownPay]),
    self_pay: asNumber(found[at.selfPay]),
    service_time: asMoment(found[at.serviceTime]),
    order_start: asMoment(found[at.start]),
    order_stop: asMoment(found[at.stop]),
    prescription: asText(found[at.prescription], 64),
    group: asText(found[at.group], 64),
    dose: asText(found[at.dose]),
    frequency: asText(found[at.frequency]),
    days_of_supply: asNumber(found[at.daysOfSupply]),
    department: asText(found[at.department], 50),
    doctor: asText(found[at.doctor], 50),
    is_take_home: asText(found[at.behaviour], 4) === '1' || asText(found[at.takeHome], 4) === '1',
    ...(traceCodes.length === 0 ? {} : { trace_codes: traceCodes }),
  }
}

/** 0 units that cost money are what is written for nothing: amount and price give the quantity. */
function quantityOf(found: Found): number | string | undefined {
  const quantity = asNumber(found[at.quantity])
  const isZero = quantity !== undefined && Number(quantity) === 0
  return isZero && isSome(found[at.amount]) && isSome(found[at.unitPrice]) ? undefined : quantity
}

const isSome = (value: unknown) => Math.abs(Number(asNumber(value))) > 0

/** Some regions send four digits; the national two are the first. */
function feeClass(code: string): string {
  return /^\d{4}$/.test(code) ? code.slice(0, 2) : code
}

function nodesOrTexts(value: unknown): string[] {
  if (typeof value === 'string') return value.split(/[,，;\s]+/).filter((code) => code !== '').slice(0, 500)
  return nodesOf(value).map((node) => textOf(node, lineField.traceCode, 64)).filter((code) => code !== '')
}
