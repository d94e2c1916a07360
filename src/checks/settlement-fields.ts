// What the rows of a settlement-list table can ask of a claim: each field as a number, NaN when it is
// absent. Judges nothing.
import type { Claim } from '../claim/claim.js'
import { ageOn } from './age.js'

const ABSENT = NaN
const YEARS = 2 // of the units that age.ts counts in
const told = (text: string): number => (text === '' ? ABSENT : 1)

function mainCount(list: readonly { readonly isMain: boolean }[]): number {
  let count = 0
  for (const { isMain } of list) if (isMain) count++
  return count
}

/** By the name that the table's `field` column uses. */
export const settlementFields: Readonly<Record<string, (claim: Claim) => number>> = {
  'patient.sex': ({ patient }) => (patient.sex === 'unknown' ? ABSENT : 1),
  'patient.birth_date': ({ patient }) => patient.birthDay ?? ABSENT,
  'patient.insurance_type': ({ patient }) => told(patient.insuranceType),
  'patient.region': ({ patient }) => told(patient.region),
  'patient.age_years': ({ patient, visit }) =>
    (patient.birthDay === undefined ? ABSENT : ageOn(YEARS, patient.birthDay, visit.startDay)),
  'visit.type': ({ visit }) => told(visit.medType),
  'visit.department': ({ visit }) => told(visit.department),
  'visit.doctor': ({ visit }) => told(visit.doctor),
  'visit.institution.level': ({ visit }) => visit.institution.level ?? ABSENT,
  'visit.end': ({ visit }) => visit.endDay ?? ABSENT,
  /** From admission to discharge. */
  'stay.days': ({ visit }) => (visit.endDay === undefined ? ABSENT : visit.endDay - visit.startDay),
  /** From discharge to settlement. */
  'settlement.delay_days': ({ visit, settledDay }) =>
    (visit.endDay === undefined ? ABSENT : settledDay - visit.endDay),
  /** Leave beyond the length of the stay. */
  'leave.excess_days': ({ visit }) => (visit.endDay === undefined
    ? ABSENT
    : visit.leaveDays - (visit.endDay - visit.startDay)),
  'diagnoses.count': ({ visit }) => visit.diagnoses.length,
  'diagnoses.main_count': ({ visit }) => mainCount(visit.diagnoses),
  'diagnoses.uncoded_count': ({ visit }) => {
    let count = 0
    for (const { code } of visit.diagnoses) if (code === '') count++
    return count
  },
  'procedures.main_count': ({ visit }) =>
    (visit.procedures.length === 0 ? ABSENT : mainCount(visit.procedures)),
  'procedures.undated_count': ({ visit }) => {
    let count = 0
    for (const { day } of visit.procedures) if (day === undefined) count++
    return count
  },
  'items.count': ({ items }) => items.length,
  /** What the settlement says beyond its lines, in fen. */
  'payment.total_difference': ({ payment, items }) => {
    let total = 0
    for (const { amountFen } of items) total += amountFen
    return Math.abs(payment.totalFen - total)
  },
  'payment.in_scope_excess': ({ payment }) =>
    (payment.inScopeFen === undefined ? ABSENT : payment.inScopeFen - payment.totalFen),
  'payment.fund_excess': ({ payment }) => (payment.fundFen === undefined
    ? ABSENT
    : payment.fundFen - (payment.inScopeFen ?? payment.totalFen)),
}
