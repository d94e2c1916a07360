// Which diagnoses the tables of ICD-10 prefixes speak of. Codes of traditional medicine look alike
// and mean other things.
import type { Claim, Diagnosis } from '../claim/claim.js'

/** The diagnosis at an index when it is an ICD-10 one. */
export function westernDiagnosis({ visit }: Claim, index: number): Diagnosis | undefined {
  const diagnosis = visit.diagnoses[index]!
  return diagnosis.kind === 'western' ? diagnosis : undefined
}
