// The judgement that checks of quantities in a window share: group, add the past within reach, look for
// windows over the limit, tell the evidence. On the clear path it allocates nothing.
import type { Evaluate, Facts, Hit, Table } from './check.js'
import { evidenceOf } from './group-hit.js'
import { LineGroups, byDay } from './line-groups.js'
import type { Scale } from './line-groups.js'
import { outcomeOf } from './lines.js'
import { missingFrom, settlementCount } from './past-lines.js'
import { PlaceGrid } from './place-grid.js'
import type { Window } from './place-grid.js'

export interface Found {
  readonly row: number
  /** The window with the largest sum; the first of them. */
  readonly worst: Window
  /** Places with a charge in all windows over the limit. */
  readonly charged: number
  readonly settlements: number
}

export interface WindowRule {
  readonly scale?: Scale
  /** Places of the scale in a window. */
  lengthOf(row: number): number
  limitOf(row: number): number
  factsOf(found: Found): Facts
}

/** What is missing when a line has no usable time. */
export const undated = 'items.service_time'

/**
 * The evaluation of one part. A hit for each group over its limit; unknown, where nothing is over, for
 * a line without a time or a past that does not reach back a window.
 */
export function judgeWindows(table: Table, rule: WindowRule): Evaluate {
  const { scale = byDay, lengthOf, limitOf, factsOf } = rule
  const groups = new LineGroups(table, scale)
  const grid = new PlaceGrid()
  const daysOf = (row: number) => lengthOf(row) - 1
  const reach = { daysOf }
  return (claim, matches, { patient: view }) => {
    groups.takeOwn(claim, matches)
    if (groups.groupCount > 0) groups.takePast(claim, view, reach)
    let missing = groups.hasUndated ? undated : undefined
    let hits: Hit[] | undefined
    for (let group = 0; group < groups.groupCount; group++) {
      if (groups.units[group] === 0) continue
      const row = groups.rows[group]!
      missing ??= missingFrom(view, groups.firstDays[group]! - daysOf(row))
      const limit = limitOf(row)
      if (groups.units[group]! <= limit) continue
      grid.fill(groups, group)
      const worst = grid.flagWindows(lengthOf(row), limit)
      if (worst === undefined) continue
      const charged = grid.flaggedCount()
      const excess = grid.excess(lengthOf(row), limit)
      const evidence = evidenceOf({ claim, view, groups, group, grid }, excess, false)
      const settlements = settlementCount(evidence.past)
      hits ??= []
      hits.push({ ...evidence, facts: factsOf({ row, worst, charged, settlements }) })
    }
    return outcomeOf(hits, missing)
  }
}
