// A patient's record without a settlement that was taken back whole. Pure.
import type { SettlementRecord } from './settlement-record.js'
import { withoutBlock, withoutDropped, withYears, yearsOf, yearsWith } from './timeline.js'

/** `block`: where the settlement's block is, or -1. */
export function withoutSettlement(
  timeline: Int32Array, block: number,
  { isDropped, untilDay, counted, horizonDay }: SettlementRecord & { readonly horizonDay: number },
): Int32Array {
  const years = counted === undefined ? yearsOf(timeline) : yearsWith(timeline, counted, -1)
  const next = block < 0 ? withYears(timeline, years) : withoutBlock(timeline, block, years)
  // Past the horizon the count of dropped blocks may have forgotten this one.
  return isDropped && untilDay >= horizonDay ? withoutDropped(next) : next
}
