// Several operations through one incision: the dearest at its price, each other one at the
// discount. What the list says full price is comes from the table; without it the dearest operation
// is the measure, for none of the others can cost more than that.
import { Type } from '@sinclair/typebox'
import type { Claim } from '../claim/claim.js'
import { PRICE_SCALE, QUANTITY_SCALE } from '../claim/claim.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit, Matches, Table } from './check.js'
import { chargesOf, outcomeOf, yuanText } from './lines.js'

const pricePerFen = PRICE_SCALE / 100
/** 00, nine digits of the operation; what follows are its variants and surcharges. */
const operationLength = 11

/** One operation of a day: its lines, and what doing it once was charged and costs by the list. */
interface Operation {
  readonly code: string
  readonly lines: { readonly item: number, readonly row: number }[]
  chargedFen: number
  listFen: number | undefined
  isVisiblyDiscounted: boolean
}

/**
 * At risk is what lies above the discount. Unknown (table.list_price) where a price may be low for
 * being discounted.
 */
export const sameIncisionDiscount = defineCheck({
  kind: 'same-incision-discount',
  meta: {
    summary: '同一切口的几个手术，除最贵的一个外，其余应按比例折价收费。',
    facts: ['first', 'charged', 'allowed', 'percent'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'lower-amount' }],
  },
  params: Type.Object({
    discount_percent: Type.Integer({
      minimum: 1, maximum: 100, description: '第二及以后手术按原价的百分之几收费',
    }),
  }, { additionalProperties: false }),
  columns: {
    group: { type: 'text', description: '手术组，可有几个，以 | 隔开：同组、同日视为同一切口' },
    list_price: { type: 'price', optional: true, description: '价目表单价（元）；各地自行填写' },
  },

  prepare({ discount_percent: percent }, table) {
    const groups = Array.from({ length: table!.rowCount }, (_, row) => table!.text('group', row).split('|'))
    const list = { table: table!, groups, percent }
    return (claim, matches) => {
      if (matches.count < 2) return CLEAR
      const hits: Hit[] = []
      let missing: string | undefined
      for (const [day, operations] of groupsOf(claim, matches, list)) {
        if (operations.length < 2 || incisionsOn(claim, day) >= operations.length) continue
        const first = operations.reduce((best, one) =>
          (one.chargedFen > best.chargedFen ? one : best))
        for (const operation of operations) {
          if (operation === first || hits.some((hit) => isOf(hit, operation))) continue
          const measureFen = operation.listFen ?? first.chargedFen
          const allowedFen = Math.ceil(measureFen * percent / 100)
          if (operation.chargedFen > allowedFen) {
            hits.push(hitOf(claim, operation, { first, allowedFen, percent }))
          } else if (operation.listFen === undefined && !operation.isVisiblyDiscounted) {
            missing = 'table.list_price' // cheap, or cheap for being discounted: nobody can tell
          }
        }
      }
      return outcomeOf(hits, missing)
    }
  },
})

interface List {
  readonly table: Table
  /** Of each row; an operation may be in several. */
  readonly groups: readonly (readonly string[])[]
  readonly percent: number
}

/** Operations of one group on one day, for every day and group. */
function groupsOf(
  claim: Claim, matches: Matches, { table, groups: groupsOfRow, percent }: List,
): [number, Operation[]][] {
  const groups = new Map<string, [number, Operation[]]>()
  const isCharged = chargesOf(claim)
  for (let match = 0; match < matches.count; match++) {
    const index = matches.subjects[match]!
    const row = matches.rows[match]!
    const item = claim.items[index]!
    if (!isCharged(item)) continue
    for (const name of groupsOfRow[row]!) {
      const key = `${item.serviceDay} ${name}`
      const group = groups.get(key) ?? [item.serviceDay, []]
      groups.set(key, group)
      const operation = operationIn(group[1], item.code.slice(0, operationLength))
      addLine(claim, operation, { item: index, row, table, percent })
    }
  }
  return [...groups.values()]
}

function operationIn(operations: Operation[], code: string): Operation {
  const known = operations.find((one) => one.code === code)
  if (known !== undefined) return known
  const made = { code, lines: [], chargedFen: 0, listFen: undefined, isVisiblyDiscounted: true }
  operations.push(made)
  return made
}

/** Found in another of its groups already. */
function isOf({ violating }: Hit, { lines }: Operation): boolean {
  return violating.some(({ item }) => lines.some((line) => line.item === item))
}

/** Discounts are sent as a lower price or as half a unit: a line is measured by units begun. */
function addLine(
  claim: Claim, operation: Operation,
  { item, row, table, percent }: { item: number, row: number, table: Table, percent: number },
): void {
  const { quantity, unitPrice, amountFen } = claim.items[item]!
  const units = Math.ceil(quantity / QUANTITY_SCALE)
  const listPrice = table.numbers('list_price')[row]!
  const chargedFen = Math.floor(amountFen / units)
  operation.lines.push({ item, row })
  if (!Number.isNaN(listPrice)) {
    operation.listFen = Math.max(operation.listFen ?? 0, Math.floor(listPrice / pricePerFen))
  }
  operation.chargedFen = Math.max(operation.chargedFen, chargedFen)
  operation.isVisiblyDiscounted &&= chargedFen <= Math.ceil(unitPrice * percent / 100 / pricePerFen)
}

/** How many incisions the day's procedures name. As many as operations: each had its own. */
function incisionsOn({ visit }: Claim, day: number): number {
  const named = visit.procedures.filter((procedure) =>
    procedure.incision !== '' && (procedure.day ?? day) === day)
  return new Set(named.map(({ incision }) => incision)).size
}

function hitOf(
  { items }: Claim, operation: Operation,
  { first, allowedFen, percent }: { first: Operation, allowedFen: number, percent: number },
): Hit {
  const violating = operation.lines.map(({ item }) => {
    const units = Math.ceil(items[item]!.quantity / QUANTITY_SCALE)
    return { item, riskFen: Math.max(0, items[item]!.amountFen - allowedFen * units) }
  })
  return {
    violating,
    involved: first.lines.map(({ item }) => item),
    row: operation.lines[0]!.row,
    facts: {
      first: items[first.lines[0]!.item]!.name,
      charged: yuanText(operation.chargedFen), allowed: yuanText(allowedFen), percent,
    },
  }
}
