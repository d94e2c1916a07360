// How far back the histories are whole, and why they are not: what a view of the past says of itself.
import type { Completeness } from './cursor.js'

/** Why nothing can be said of the past while the store is being read anew from the stream. */
export const rebuildingReason = 'history-rebuilding'

/** What is missing from the stream: everything while it is read anew, else what came before a gap. */
export function gapOf(isRebuilding: boolean, gapUntilDay: number): Completeness {
  return isRebuilding
    ? { completeFromDay: Infinity, incompleteReason: rebuildingReason }
    : { completeFromDay: gapUntilDay, incompleteReason: 'history-gap' }
}

/** What is missing from a timeline: the gap, or what is older than the horizon. */
export function completenessOf(gap: Completeness, horizonDay: number): Completeness {
  return gap.completeFromDay > horizonDay
    ? gap
    : { completeFromDay: horizonDay, incompleteReason: 'history-pruned' }
}
