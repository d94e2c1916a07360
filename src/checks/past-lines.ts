// From offsets in a view to the evidence that a finding tells. Only for hits, so it may allocate.
import type { PatientView } from '../history/view.js'
import type { PastLine, Table } from './check.js'

/** One remembered line. */
export function pastLineOf(
  view: PatientView, past: number, line: number, name: string,
): PastLine {
  const { institution, settlement } = view.settlement(past)
  return {
    institution, settlement, name, day: view.lineDay(line), quantity: view.lineQuantity(line),
  }
}

/** How many settlements the lines come from. */
export function settlementCount(lines: readonly PastLine[]): number {
  return new Set(lines.map(({ institution, settlement }) => `${institution} ${settlement}`)).size
}

/** Rows that share a knowledge point have names of their own. `likely`: a row that often has the key. */
export function nameOfKey(
  table: Table, key: { readonly low: number, readonly high: number }, likely: number,
): string {
  const { low, high } = table.codes('code')
  const isOfKey = (row: number) => low[row] === key.low && high[row] === key.high
  return table.text('name', isOfKey(likely) ? likely : low.findIndex((_, row) => isOfKey(row)))
}

/** Why the past cannot be told whole from `day` on; undefined when it can. */
export function missingFrom(view: PatientView, day: number): string | undefined {
  if (view.isOverflowed) return 'history-overflow'
  return day < view.completeFromDay ? view.incompleteReason : undefined
}
