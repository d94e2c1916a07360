// Visits that somebody who asks tells along with the claim: laid over what is remembered for one
// judgement, and forgotten. The histories themselves do not change.
import type { Claim } from '../claim/claim.js'
import { Histories } from './histories.js'
import type { ViewOptions } from './history-stats.js'
import type { HistoryView, PatientView } from './view.js'

const overlayBytes = 1_048_576 // the records of one patient

/** A view as if the told visits of the patient had been settled; those the stream has told count once. */
export function viewWith(
  histories: Histories, claim: Claim, { told, ...options }: ViewOptions & { told: readonly Claim[] },
): HistoryView {
  if (told.length === 0) return histories.view(claim, options)
  const overlay = new Histories({ load: (key) => histories.bytes(key), cacheBytes: overlayBytes })
  overlay.watermarkDay = histories.watermarkDay
  overlay.gapUntilDay = histories.gapUntilDay
  const { patient: known } = histories.view(claim)
  for (const one of told) {
    if (one.patient.key === claim.patient.key && !isKnown(known, one)) overlay.record(one)
  }
  overlay.watermarkDay = histories.watermarkDay // what is told moves no window
  return overlay.view(claim, options)
}

function isKnown(view: PatientView, { visit }: Claim): boolean {
  for (let past = view.first(); past >= 0; past = view.next(past)) {
    if (view.isVisit(past, visit.institution.id, visit.id)) return true
  }
  return false
}
