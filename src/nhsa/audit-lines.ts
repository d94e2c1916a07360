// The lines of a 3101 or 3102 message as items of a claim: every one with an id of its own, a line that
// a client repeats by mistake counted once, and the lines that are asked about told from their context.
import { isDeepStrictEqual } from 'node:util'
import { lineField } from './audit-fields.js'
import { nodesOf, numberOf, textOf, valueOf } from './node.js'
import type { Node } from './node.js'

export interface AuditLine {
  /** rx_id as the client wrote it. */
  readonly id: string
  /** Part of what is asked about; else context. */
  readonly isCurrent: boolean
  readonly doctorTitle: string
}

export interface AuditLines {
  /** Of SettlementWire, in the order of `lines`. */
  readonly items: readonly object[]
  readonly lines: readonly AuditLine[]
}

/** Adds to `repairs` what it put right. */
export function linesOf(nodes: readonly Node[], repairs: string[]): AuditLines {
  const kept: Node[] = []
  const byId = new Map<string, Node[]>()
  for (const node of nodes) {
    const id = textOf(node, lineField.id, 64)
    const twins = byId.get(id)
    if (twins === undefined) byId.set(id, [node])
    else if (id !== '' && twins.some((twin) => isDeepStrictEqual(twin, node))) {
      repairs.push('line-repeated')
      continue
    } else twins.push(node)
    kept.push(node)
  }
  const isShared = (node: Node) => byId.get(textOf(node, lineField.id, 64))!.length > 1
  if (kept.some(isShared)) repairs.push('line-id-shared')
  const isMarked = kept.some((node) => textOf(node, lineField.isCurrent, 4) === '1')
  const used = new Map<string, number>()
  return {
    items: kept.map((node) => itemOf(node, ownId(textOf(node, lineField.id, 56), used))),
    lines: kept.map((node) => ({
      id: textOf(node, lineField.id, 64),
      isCurrent: !isMarked || textOf(node, lineField.isCurrent, 4) === '1',
      doctorTitle: textOf(node, lineField.title, 8),
    })),
  }
}

/** Ids of the wire are unique within a visit; a client's are often those of the prescription. */
function ownId(id: string, used: Map<string, number>): string {
  const times = (used.get(id) ?? 0) + 1
  used.set(id, times)
  return times === 1 && id !== '' ? id : `${id}#${times}`
}

function itemOf(node: Node, id: string): object {
  const traceCodes = nodesOrTexts(valueOf(node, lineField.traceCode))
  return {
    id,
    code: textOf(node, lineField.code, 50),
    local_code: textOf(node, lineField.localCode, 150),
    name: textOf(node, lineField.name, 300),
    category: textOf(node, lineField.category, 16),
    fee_class: feeClass(textOf(node, lineField.feeClass, 8)),
    quantity: numberOf(node, lineField.quantity),
    unit_price: numberOf(node, lineField.unitPrice),
    amount: numberOf(node, lineField.amount),
    own_pay: numberOf(node, lineField.ownPay),
    self_pay: numberOf(node, lineField.selfPay),
    service_time: textOf(node, lineField.serviceTime, 32),
    order_start: textOf(node, lineField.start, 32),
    order_stop: textOf(node, lineField.stop, 32),
    prescription: textOf(node, lineField.prescription, 64),
    group: textOf(node, lineField.group, 64),
    dose: textOf(node, lineField.dose),
    frequency: textOf(node, lineField.frequency),
    days_of_supply: numberOf(node, lineField.daysOfSupply),
    department: textOf(node, lineField.department, 50),
    doctor: textOf(node, lineField.doctor, 50),
    is_take_home: textOf(node, lineField.behaviour, 4) === '1' || textOf(node, lineField.takeHome, 4) === '1',
    ...(traceCodes.length === 0 ? {} : { trace_codes: traceCodes }),
  }
}

/** Some regions send four digits; the national two are the first. */
function feeClass(code: string): string {
  return /^\d{4}$/.test(code) ? code.slice(0, 2) : code
}

function nodesOrTexts(value: unknown): string[] {
  if (typeof value === 'string') return value.split(/[,，;\s]+/).filter((code) => code !== '').slice(0, 500)
  return nodesOf(value).map((node) => textOf(node, lineField.traceCode, 64)).filter((code) => code !== '')
}
