// A stay that comes or goes may make a return of one that is known already, or undo it: its settlement's
// share is put right, and its day's sums with it. So the sums depend on what is known, in no order.
import type { IndicatorBooks } from './indicator-books.js'
import { MARK } from './indicator-sums.js'
import { isReturn } from './returns.js'
import type { FollowingStay } from './returns.js'
import type { SettlementRecord } from './settlement-record.js'

interface Kept {
  readonly timeline: Int32Array
  readonly watermarkDay: number
  readonly indicators: IndicatorBooks
  settlement(institution: string, settlement: string): SettlementRecord | undefined
  put(settlement: string, record: SettlementRecord): void
}

/**
 * `stays`: those that follow the stay that has come or is gone; `timeline` as it is now. Exact while the
 * patient's record holds both stays: what has been pruned from it (after a year and a month) leaves the
 * mark of a later stay as it was.
 */
export function followReturns(
  { timeline, watermarkDay, indicators, settlement, put }: Kept,
  institution: string, stays: readonly FollowingStay[],
): void {
  for (const stay of stays) {
    // One write made the block and the record, and what a stay adds is never absent.
    const record = settlement(institution, stay.settlement)!
    const before = record.share!
    if (((before.marks & MARK.RETURNED) !== 0) === isReturn(timeline, stay)) continue
    const share = { ...before, marks: before.marks ^ MARK.RETURNED }
    indicators.replace({ institution, day: record.settledDay, watermarkDay }, before, share)
    put(stay.settlement, { ...record, share })
  }
}
