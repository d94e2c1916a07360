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

/** Where an indicator's figures stand among sums. */
export interface Places {
  readonly isRate: boolean
  /** Settlements for shares, discharges for rates. */
  readonly cases: number
  readonly parts: readonly number[]
  readonly untold: readonly number[]
}

const rate = (part: number, untold: number): Places =>
  ({ isRate: true, cases: SUM.DISCHARGES, parts: [part], untold: [untold] })

const share = (...fees: (keyof typeof FEE)[]): Places => ({
  isRate: false,
  cases: SUM.CASES,
  parts: fees.map((fee) => SUM.FEN + FEE[fee]),
  untold: [SUM.FEN + FEE.untold],
})

const scan = (fee: keyof typeof FEE): Places =>
  ({ ...share(fee), untold: [SUM.FEN + FEE.untold, SUM.FEN + FEE.exam] })

export const places: Readonly<Record<Indicator, Places>> = {
  'drug-share': share('drug'),
  'test-share': share('test', 'ct', 'mri', 'exam'),
  'consumable-share': share('consumable'),
  'treatment-share': share('treatment'),
  'ct-share': scan('ct'),
  'mri-share': scan('mri'),
  'infection-rate': rate(SUM.INFECTED, SUM.INFECTION_UNTOLD),
  'readmission-rate': rate(SUM.READMITTED, SUM.READMISSION_UNTOLD),
}

/** Puts an indicator's figures into `to`. */
export function measure(to: Measured, { isRate, cases, parts, untold }: Places, sums: Sums): void {
  to.cases = sums[cases]!
  to.whole = isRate ? to.cases : wholeFen(sums)
  to.part = sumOf(sums, parts)
  to.untold = sumOf(sums, untold)
}

function wholeFen(sums: Sums): number {
  let whole = 0
  for (let at = SUM.FEN; at < SUMS; at++) whole += sums[at]!
  return whole
}

function sumOf(sums: Sums, at: readonly number[]): number {
  let sum = 0
  for (let n = 0; n < at.length; n++) sum += sums[at[n]!]!
  return sum
}
