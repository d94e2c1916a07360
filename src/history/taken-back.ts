// What taking a settlement back undoes: in its patient's record, among trace codes and in stock.
import type { Known } from './batches.js'
import type { SettledLine, SettlementRecord } from './settlement-record.js'
import type { StockBooks } from './stock-books.js'
import { withoutBlock, withoutDropped, withYears, yearsOf, yearsWith } from './timeline.js'
import type { TraceCodes } from './trace-codes.js'

/** `block`: where the settlement's block is, or -1. */
export function withoutSettlement(
  timeline: Int32Array, block: number, { isDropped, untilDay, counted }: SettlementRecord, horizonDay: number,
): Int32Array {
  const years = counted === undefined ? yearsOf(timeline) : yearsWith(timeline, counted, -1)
  const next = block < 0 ? withYears(timeline, years) : withoutBlock(timeline, block, years)
  // Past the horizon the count of dropped blocks may have forgotten this one.
  return isDropped && untilDay >= horizonDay ? withoutDropped(next) : next
}

/** Frees trace codes and puts back into stock what is no longer sold. `left` undefined: nothing is. */
export function takeBackGoods(
  { traces, stock }: { traces: TraceCodes, stock: StockBooks },
  { institution, settlement, record: { lines, traceCodes, stocked } }: Known,
  left: readonly SettledLine[] | undefined, watermarkDay: number,
): void {
  const leftOf = (line: number) => left === undefined ? 0 : left[line]!.quantity
  for (const { line, code } of traceCodes) {
    if (leftOf(line) <= 0) traces.free(code, { institution, settlement, item: lines[line]!.item })
  }
  for (const one of stocked) {
    const quantity = lines[one.line]!.quantity - leftOf(one.line)
    if (quantity !== 0) stock.takeBack(institution, one, { quantity, watermarkDay })
  }
}
