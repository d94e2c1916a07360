// What a check may see of the past. Offsets instead of objects: a scan of a year of lines allocates
// nothing. Walk it so:
//   for (let past = view.first(); past >= 0; past = view.next(past))
//     for (let line = view.firstLine(past); line < view.endLine(past); line += view.lineSize)
import type { Setting } from '../claim/claim.js'
import type { Tally } from './indicator-day.js'
import type { Sums } from './indicator-sums.js'

/** Settlements and lines remembered of one patient, in day order, without the claim's own. */
export interface PatientView {
  /** A window that begins before this day cannot be judged: pruned, or a gap in the stream. */
  readonly completeFromDay: number
  /** Why: 'history-gap' or 'history-pruned'. */
  readonly incompleteReason: string
  /** A bound was met and something is missing: windowed rules answer unknown. */
  readonly isOverflowed: boolean

  /** Offset of the first settlement, or -1. */
  first(): number
  next(past: number): number
  /** Days of the settlement's earliest and latest coded line (its visit's days if it has none). */
  firstDay(past: number): number
  lastDay(past: number): number
  firstLine(past: number): number
  endLine(past: number): number
  readonly lineSize: number

  lineLow(line: number): number
  lineHigh(line: number): number
  /** drugClass of the line's code (claim/drug-class.ts). */
  lineClass(line: number): number
  lineDay(line: number): number
  /** Undefined when the sender gave no time of day. */
  lineMinute(line: number): number | undefined
  /** Ten-thousandths of a unit. */
  lineQuantity(line: number): number

  setting(past: number): Setting
  startDay(past: number): number
  /** Undefined while the patient is in. */
  endDay(past: number): number | undefined
  isVisit(past: number, institution: string, visit: string): boolean
  /** Allocates: for findings and for checks that reason about visits. */
  settlement(past: number): PastSettlement
  /** Stays told by admission or discharge events whose settlement has not come yet. Allocates. */
  openStays(): readonly PastStay[]
}

export interface PastSettlement {
  readonly institution: string
  readonly settlement: string
  readonly visit: string
  readonly setting: Setting
  readonly startDay: number
  readonly endDay: number | undefined
  readonly settledDay: number
  readonly mainDiagnosis: string
  /** Admitted as planned (计划再入院) or by transfer; undefined: not remembered. */
  readonly isExpectedAdmission?: boolean
  readonly totalFen: number
}

export interface PastStay {
  readonly institution: string
  readonly visit: string
  readonly admissionDay: number | undefined
  readonly dischargeDay: number | undefined
}

/** Who has settled a trace code before, anyone, anywhere; without the claim's own settlement. */
export interface TraceCodeView {
  readonly completeFromDay: number
  /** Why what lies before it cannot be judged; 'history-gap' unless said. */
  readonly incompleteReason?: string
  holders(traceCode: string): readonly TraceHolder[]
  /** More holders than the bound: some are not listed. */
  isOverflowed(traceCode: string): boolean
}

export interface TraceHolder {
  readonly institution: string
  readonly settlement: string
  readonly item: string
  readonly day: number
}

/** What the registries say of doctors and patients. */
export interface RegistryView {
  /** Of what was told before this day something may be missing, and why. */
  readonly completeFromDay: number
  readonly incompleteReason: string
  /** The state in force on a day; undefined: none was told. */
  stateOn(subject: 'doctor' | 'benefit', key: string, day: number): RegisteredState | undefined
}

export interface RegisteredState {
  readonly fromDay: number
  /** Rights of a doctor, registered diseases of a patient; sorted. */
  readonly words: readonly string[]
}

/** What institutions have reported of their stock, and their claims sold of it. */
export interface StockView {
  readonly completeFromDay: number
  readonly incompleteReason: string
  isReporting(institution: string): boolean
  /** Of an item by the key of its code. Undefined: its stock was never reported. */
  balanceOf(institution: string, low: number, high: number): StockBalance | undefined
}

/** Quantities in ten-thousandths, from the last count on. */
export interface StockBalance {
  /** Undefined: never counted. */
  readonly countDay: number | undefined
  /** Counted and bought, less what was lost or went back. */
  readonly available: number
  /** By claims, without the claim's own. */
  readonly sold: number
}

/** The institution, the visit's department, the visit's doctor. */
export type IndicatorLevel = 0 | 1 | 2

/** What the claim's institution settled in the calendar month of the claim, and what the claim adds. */
export interface IndicatorView {
  readonly completeFromDay: number
  readonly incompleteReason: string
  /** First day of that month. */
  readonly monthDay: number
  /** What the claim adds; its return is told by its patient's history: a fact derived for this owner. */
  own(): Sums
  /** Without the claim. Valid until the histories change. */
  month(): Tally
  /** Of that month; undefined: nothing of it is known. */
  monthOf(level: IndicatorLevel): Sums | undefined
  /** More departments, more doctors than the bound on some day: what is known of one is not the whole. */
  isOverflowed(level: IndicatorLevel): boolean
}

/** A rule reads the histories of one owner kind only (design: growing past one machine). */
export const ownerKinds = ['patient', 'trace-code', 'registry', 'stock', 'institution'] as const
export type OwnerKind = typeof ownerKinds[number]

export interface HistoryView {
  readonly patient: PatientView
  readonly traceCodes: TraceCodeView
  readonly registry: RegistryView
  readonly stock: StockView
  readonly institution: IndicatorView
}
