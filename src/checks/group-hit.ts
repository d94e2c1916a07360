// What a hit tells of one group of lines: which of the claim's items are too much and for how much,
// which are only part of it, and which remembered lines took part.
import type { Claim } from '../claim/claim.js'
import type { PatientView } from '../history/view.js'
import type { PastLine } from './check.js'
import { moneyOfUnits } from './excess-money.js'
import type { LineGroups } from './line-groups.js'
import { nameOfKey, pastLineOf } from './past-lines.js'
import type { PlaceGrid } from './place-grid.js'

export interface GroupEvidence {
  readonly violating: readonly { readonly item: number, readonly riskFen: number }[]
  readonly involved: readonly number[]
  readonly past: readonly PastLine[]
  readonly row: number
}

export interface GroupAt {
  readonly claim: Claim
  readonly view: PatientView
  readonly groups: LineGroups
  readonly group: number
  readonly grid: PlaceGrid
}

/**
 * `excess`: by cell of the grid, the claim's own that is too much: units, or (`isWhole`) any number
 * for all that was charged there. Charges only: a refund line is at no fault.
 */
export function evidenceOf(
  { claim, view, groups, group, grid }: GroupAt, excess: Float64Array, isWhole: boolean,
): GroupEvidence {
  const { heads, nexts, places, quantities, items, pasts, lines, table } = groups
  const row = groups.rows[group]!
  const violating: { item: number, riskFen: number }[] = []
  const involved: number[] = []
  const past: PastLine[] = []
  // The chain runs from the last line to the first: of one day's charges the last are too much.
  for (let line = heads[group]!; line >= 0; line = nexts[line]!) {
    if (quantities[line]! <= 0 || !grid.isFlagged(places[line]!)) continue
    const item = items[line]!
    if (item < 0) {
      const at = lines[line]!
      const key = { low: view.lineLow(at), high: view.lineHigh(at) }
      past.push(pastLineOf(view, pasts[line]!, at, nameOfKey(table, key, row)))
      continue
    }
    const cell = places[line]! - grid.first
    const left = excess[cell]!
    if (left <= 0) {
      involved.push(item)
      continue
    }
    const { quantity, amountFen } = claim.items[item]!
    violating.push({
      item,
      riskFen: isWhole ? Math.max(0, amountFen) : moneyOfUnits(claim.items[item]!, left),
    })
    if (!isWhole) excess[cell] = left - quantity
  }
  if (violating.length === 0) { // the claim closed a gap between charges of others
    violating.push(...involved.map((item) => ({ item, riskFen: 0 })))
    involved.length = 0
  }
  return {
    violating: violating.reverse(), involved: involved.reverse(), past: past.reverse(), row,
  }
}
