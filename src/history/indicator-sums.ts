// What a settlement adds to the indicators of its institution, department and doctor: cases, and fen by
// what was charged for. Layout and arithmetic; facts of the claim only, the same under every rule book.
import type { Claim, Item } from '../claim/claim.js'

/**
 * Places in an array of sums. Untold: nobody said whether an infection was acquired there, or whether a
 * return was planned. From FEN on, one sum a kind of charge.
 */
export const SUM = {
  CASES: 0, DISCHARGES: 1, INFECTED: 2, INFECTION_UNTOLD: 3, READMITTED: 4, READMISSION_UNTOLD: 5, FEN: 6,
} as const

/** Kinds of charge. `exam`: an examination without a national code; `untold`: a service of no fee class. */
export const FEE = {
  other: 0, drug: 1, test: 2, ct: 3, mri: 4, consumable: 5, treatment: 6, untold: 7, exam: 8,
} as const

const fees = 9
export const SUMS = SUM.FEN + fees

export type Sums = Float64Array

/** Marks of a share, as the settlement's record keeps them. */
export const MARK = {
  DISCHARGE: 1, INFECTED: 2, INFECTION_UNTOLD: 4,
  /** Within 31 days of another discharge there; as planned or by transfer; whether so is not told. */
  RETURNED: 8, EXPECTED: 16, PLAN_UNTOLD: 32,
  /** Its department, its doctor was one too many on that day. */
  NO_DEPARTMENT: 64, NO_DOCTOR: 128,
} as const

export interface ShareLine {
  readonly fee: number
  /** What is left of the line's amount after refunds. */
  readonly fen: number
}

/** What a settlement has added to its day, as its reversal will need it. */
export interface Share {
  readonly marks: number
  readonly department: string
  readonly doctor: string
  /** One a line of the settlement. */
  readonly lines: readonly ShareLine[]
}

// National service codes (2012 edition): 2102 magnetic resonance, 2103 computed tomography; '00' before.
const mriStart = '002102'
const ctStart = '002103'

/** By the category and, for services, by the class of fee; CT and MRI by the national code. */
export function feeOf({ category, code, feeClass }: Item): number {
  switch (category) {
    case 'drug':
    case 'herbal-piece':
    case 'herbal-granule': return FEE.drug
    case 'consumable': return FEE.consumable
    default:
  }
  if (code.startsWith(ctStart)) return FEE.ct
  if (code.startsWith(mriStart)) return FEE.mri
  switch (feeClass) {
    case '': return FEE.untold
    case '03': return code === '' ? FEE.exam : FEE.test
    case '04': return FEE.test
    case '05': return FEE.treatment
    case '08': return FEE.consumable
    case '09':
    case '10':
    case '11': return FEE.drug
    default: return FEE.other
  }
}

/** What a claim says of its discharge by itself; `returned`: what its patient's history says. */
export function marksOf({ visit }: Claim, returned: boolean): number {
  if (visit.setting !== 'inpatient' || visit.endDay === undefined) return 0
  let marks: number = MARK.DISCHARGE | (returned ? MARK.RETURNED : 0)
  let isTold = false
  for (const { isHospitalAcquired } of visit.diagnoses) {
    if (isHospitalAcquired === true) marks |= MARK.INFECTED
    if (isHospitalAcquired !== undefined) isTold = true
  }
  if (!isTold) marks |= MARK.INFECTION_UNTOLD
  if (visit.isPlannedReadmission === true || visit.isTransfer === true) return marks | MARK.EXPECTED
  return visit.isPlannedReadmission === undefined ? marks | MARK.PLAN_UNTOLD : marks
}

/** Puts what is left of a settlement's share into `sums`. */
export function sumShare(sums: Sums, { lines, marks }: Share): void {
  sums.fill(0)
  addMarks(sums, marks)
  for (const { fee, fen } of lines) sums[SUM.FEN + fee]! += fen
}

/** What marks say, added to the sums of cases. */
export function addMarks(sums: Sums, marks: number): void {
  sums[SUM.CASES]!++
  if ((marks & MARK.DISCHARGE) !== 0) sums[SUM.DISCHARGES]!++
  if ((marks & MARK.INFECTED) !== 0) sums[SUM.INFECTED]!++
  if ((marks & MARK.INFECTION_UNTOLD) !== 0) sums[SUM.INFECTION_UNTOLD]!++
  if ((marks & MARK.RETURNED) === 0 || (marks & MARK.EXPECTED) !== 0) return
  sums[(marks & MARK.PLAN_UNTOLD) === 0 ? SUM.READMITTED : SUM.READMISSION_UNTOLD]!++
}

/** Adds to `to` in place, or with -1 takes away. */
export function addSums(to: Sums, what: Sums, sign: 1 | -1): void {
  for (let at = 0; at < SUMS; at++) to[at]! += sign * what[at]!
}

/** A line's amount less what `taken` of `quantity` is worth, to the fen below; all of it for all. */
export function fenLeft(fen: number, taken: number, quantity: number): number {
  return fen - Number(BigInt(fen) * BigInt(taken) / BigInt(quantity))
}

/** The share with what is left of each line's amount. */
export function shareLeft(
  share: Share, before: readonly { readonly quantity: number }[],
  left: readonly { readonly quantity: number }[],
): Share {
  const lines = share.lines.map((line, index) => {
    const { quantity } = before[index]!
    const taken = quantity - left[index]!.quantity
    return taken === 0 ? line : { fee: line.fee, fen: fenLeft(line.fen, taken, quantity) }
  })
  return { ...share, lines }
}
