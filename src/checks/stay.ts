// What several checks ask about stays: when one ends, what it was for, and how it is told as evidence.
import type { Claim } from '../claim/claim.js'
import type { PatientView, PastSettlement } from '../history/view.js'
import type { PastLine } from './check.js'

/** A stay in hospital by its setting, ended or not. */
export function isStay({ visit }: Claim): boolean {
  return visit.setting === 'inpatient'
}

/** Day until which the patient is known to have been in: of an unfinished stay its settlement. */
export function lastDayOf({ visit, settledDay }: Claim): number {
  return visit.endDay ?? settledDay
}

/** As lastDayOf, for a remembered stay. */
export function pastLastDay(view: PatientView, past: number): number {
  return view.endDay(past) ?? view.settlement(past).settledDay
}

/** Code of the main diagnosis, the first when none is marked, '' when there is none. */
export function mainDiagnosisOf({ visit: { diagnoses } }: Claim): string {
  return (diagnoses.find(({ isMain }) => isMain) ?? diagnoses[0])?.code ?? ''
}

/** A remembered settlement as a whole, dated by its visit. */
export function pastWhole({ institution, settlement, startDay }: PastSettlement): PastLine {
  return { institution, settlement, name: '', day: startDay, quantity: 0 }
}
