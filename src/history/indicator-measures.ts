// The eight national indicators as a part of a whole, read from sums. Pure; no limits, no judgement.
import { FEE, SUM, SUMS } from './indicator-sums.js'
import type { Sums } from './indicator-sums.js'

export const indicators = [
  'drug-share', 'test-share', 'consumable-share', 'treatment-share', 'ct-share', 'mri-share',
  'infection-rate', 'readmission-rate',
] as const
export type Indicator = typeof indicators[number]

/** In fen for shares, in discharges for rates. `untold`: of the whole, what may belong to the part. */
export interface Measured {
  part: number
  whole: number
  untold: number
  /** Settlements for shares, discharges for rates. */
  cases: number
}

/** The field that would tell what is untold. */
export const untoldFields: Readonly<Record<Indicator, string>> = {
  'drug-share': 'items.fee_class',
  'test-share': 'items.fee_class',
  'consumable-share': 'items.fee_class',
  'treatment-share': 'items.fee_class',
  'ct-share': 'items.code',
  'mri-share': 'items.code',
  'infection-rate': 'visit.diagnoses.is_hospital_acquired',
  'readmission-rate': 'visit.is_planned_readmission',
}

const fen = (sums: Sums, fee: keyof typeof FEE) => sums[SUM.FEN + FEE[fee]]!

const isRate = (indicator: Indicator) =>
  indicator === 'infection-rate' || indicator === 'readmission-rate'

/** Settlements for shares, discharges for rates. */
export function casesOf(indicator: Indicator, sums: Sums): number {
  return isRate(indicator) ? sums[SUM.DISCHARGES]! : sums[SUM.CASES]!
}

/** Puts an indicator's figures into `to`. */
export function measure(to: Measured, indicator: Indicator, sums: Sums): void {
  to.cases = casesOf(indicator, sums)
  if (isRate(indicator)) {
    const isInfection = indicator === 'infection-rate'
    to.whole = to.cases
    to.part = sums[isInfection ? SUM.INFECTED : SUM.READMITTED]!
    to.untold = sums[isInfection ? SUM.INFECTION_UNTOLD : SUM.READMISSION_UNTOLD]!
    return
  }
  to.whole = 0
  for (let at = SUM.FEN; at < SUMS; at++) to.whole += sums[at]!
  to.part = partOf(indicator, sums)
  const isExam = indicator === 'ct-share' || indicator === 'mri-share'
  to.untold = fen(sums, 'untold') + (isExam ? fen(sums, 'exam') : 0)
}

function partOf(indicator: Indicator, sums: Sums): number {
  switch (indicator) {
    case 'drug-share': return fen(sums, 'drug')
    case 'test-share': return fen(sums, 'test') + fen(sums, 'ct') + fen(sums, 'mri') + fen(sums, 'exam')
    case 'consumable-share': return fen(sums, 'consumable')
    case 'treatment-share': return fen(sums, 'treatment')
    case 'ct-share': return fen(sums, 'ct')
    default: return fen(sums, 'mri')
  }
}
