// What a claim may see of the past, put together from the parts of the histories. Changes nothing.
import type { Claim } from '../claim/claim.js'
import { completenessOf, gapOf } from './completeness.js'
import { PatientCursor } from './cursor.js'
import type { ViewOptions } from './history-stats.js'
import type { IndicatorBooks } from './indicator-books.js'
import type { RegistryStates } from './registry-states.js'
import type { SettlementRecord } from './settlement-record.js'
import type { StockBooks } from './stock-books.js'
import type { TraceCodes } from './trace-codes.js'
import type { HistoryView } from './view.js'

interface ViewParts {
  readonly traces: TraceCodes
  readonly registry: RegistryStates
  readonly stock: StockBooks
  readonly indicators: IndicatorBooks
  readonly settlement: (institution: string, settlement: string) => SettlementRecord | undefined
}

interface When {
  readonly watermarkDay: number
  readonly horizonDay: number
  readonly gapUntilDay: number
  readonly options: ViewOptions
}

/** No spread and no copy: one of these is made for every claim. */
export function viewOf(
  claim: Claim, timeline: Int32Array, { traces, registry, stock, indicators, settlement }: ViewParts,
  { watermarkDay, horizonDay, gapUntilDay, options: { hideOwn = false, isRebuilding = false } }: When,
): HistoryView {
  const hidden = hideOwn ? claim : undefined
  const own = hidden && settlement(claim.visit.institution.id, claim.settlement)
  const gap = gapOf(isRebuilding, gapUntilDay)
  return {
    patient: new PatientCursor(timeline, completenessOf(gap, horizonDay), hidden),
    traceCodes: traces.view(gap, hidden),
    registry: registry.view(gap),
    stock: stock.view(gap, own),
    institution: indicators.view(claim, gap, { timeline, own: own?.share, watermarkDay }),
  }
}
