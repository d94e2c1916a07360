// What the rows of a settlement-list table can ask of a claim: every field as a number, NaN when it is
// absent. All are read in one pass, into an array that is the caller's. Judges nothing.
import type { Claim, Visit } from '../claim/claim.js'

const ABSENT = NaN

/** Names of the table's `field` column; the place of each is its place in what readFields writes. */
export const settlementFields = [
  'patient.sex', 'patient.birth_date', 'patient.insurance_type', 'patient.region',
  'patient.age_days', 'visit.type', 'visit.department', 'visit.doctor', 'visit.institution.level',
  'visit.end', 'stay.days', 'settlement.delay_days', 'leave.excess_days', 'diagnoses.count',
  'diagnoses.main_count', 'diagnoses.uncoded_count', 'procedures.main_count',
  'procedures.undated_count', 'items.count', 'payment.total_difference', 'payment.in_scope_excess',
  'payment.fund_excess',
] as const

/** Days are counted from admission to discharge, money in fen; an excess is what is too much. */
export function readFields(claim: Claim, into: Float64Array): void {
  const { patient, visit, items, settledDay } = claim
  const stayDays = visit.endDay === undefined ? ABSENT : visit.endDay - visit.startDay
  into[0] = patient.sex === 'unknown' ? ABSENT : 1
  into[1] = patient.birthDay ?? ABSENT
  into[2] = told(patient.insuranceType)
  into[3] = told(patient.region)
  into[4] = patient.birthDay === undefined ? ABSENT : visit.startDay - patient.birthDay
  into[5] = told(visit.medType)
  into[6] = told(visit.department)
  into[7] = told(visit.doctor)
  into[8] = visit.institution.level ?? ABSENT
  into[9] = visit.endDay ?? ABSENT
  into[10] = stayDays
  into[11] = visit.endDay === undefined ? ABSENT : settledDay - visit.endDay
  into[12] = visit.leaveDays - stayDays
  readCodes(visit, into)
  into[18] = items.length
  readPayment(claim, into)
}

function told(text: string): number {
  return text === '' ? ABSENT : 1
}

function readCodes({ diagnoses, procedures }: Visit, into: Float64Array): void {
  let main = 0
  let uncoded = 0
  for (let index = 0; index < diagnoses.length; index++) {
    if (diagnoses[index]!.isMain) main++
    if (diagnoses[index]!.code === '') uncoded++
  }
  let mainProcedures = 0
  let undated = 0
  for (let index = 0; index < procedures.length; index++) {
    if (procedures[index]!.isMain) mainProcedures++
    if (procedures[index]!.day === undefined) undated++
  }
  into[13] = diagnoses.length
  into[14] = main
  into[15] = uncoded
  into[16] = procedures.length === 0 ? ABSENT : mainProcedures
  into[17] = undated
}

function readPayment({ payment, items }: Claim, into: Float64Array): void {
  const { totalFen, inScopeFen, fundFen } = payment
  let lines = 0
  for (let index = 0; index < items.length; index++) lines += items[index]!.amountFen
  into[19] = Math.abs(totalFen - lines)
  into[20] = inScopeFen === undefined ? ABSENT : inScopeFen - totalFen
  into[21] = fundFen === undefined ? ABSENT : fundFen - (inScopeFen ?? totalFen)
}
