// Whether a claim is the whole of its visit. What a visit's earlier settlements billed is remembered
// in units, not in money: sums over a visit of several settlements cannot be told.
import type { Claim } from '../claim/claim.js'
import type { PatientView } from '../history/view.js'
import { missingFrom } from './past-lines.js'

/** Why the rest of the visit is not known; undefined when the claim is all there was so far. */
export function missingParts({ visit }: Claim, view: PatientView): string | undefined {
  for (let past = view.first(); past >= 0; past = view.next(past)) {
    if (view.isVisit(past, visit.institution.id, visit.id)) return 'history.earlier-parts'
  }
  return missingFrom(view, visit.startDay)
}
