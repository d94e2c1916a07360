// The claim as we think of it: whole fen, day numbers, code keys; readonly throughout. Made by
// decode.ts only. Units last in a name: Fen (1/100 yuan), Day (days since 1970-01-01 in the
// region's time zone, Asia/Shanghai), Minute (minutes since then, same zone), At (milliseconds,
// UTC).
import type { ReasonCode } from './reason-codes.js'

export type Sex = 'male' | 'female' | 'unknown'

/** Where care was given. An internet visit is `outpatient` with `isInternet`. */
export type Setting = 'outpatient' | 'emergency' | 'inpatient' | 'pharmacy' | 'other'

/** Catalogue kind of an item (list_type): Western and Chinese patent drugs are both `drug`. */
export type Category =
  | 'drug' | 'herbal-piece' | 'herbal-granule' | 'service' | 'consumable' | 'other'

/** Quantities have at most four decimals and are held in ten-thousandths of a unit. */
export const QUANTITY_SCALE = 10_000
/** Unit prices have at most six decimals and are held in millionths of a yuan. */
export const PRICE_SCALE = 1_000_000
export const MINUTES_PER_DAY = 1_440

export interface Patient {
  readonly key: string
  readonly sex: Sex
  readonly birthDay: number | undefined
  /** National insutype code, e.g. 310 employee, 390 resident, 510 maternity; '' when absent. */
  readonly insuranceType: string
  /** Pooling area (insuplc_admdvs), six digits; '' when absent. */
  readonly region: string
  readonly isPregnant: boolean | undefined
  readonly isLactating: boolean | undefined
}

export interface Diagnosis {
  readonly code: string
  readonly name: string
  readonly isMain: boolean
  /** western, tcm-disease, tcm-syndrome */
  readonly kind: string
  /** Acquired in this institution (院内感染等); absent where nobody told. */
  readonly isHospitalAcquired?: boolean
}

export interface Procedure {
  readonly code: string
  readonly name: string
  readonly isMain: boolean
  readonly day: number | undefined
  /** Which incision of the operation, as the hospital numbers them; '' when absent. */
  readonly incision: string
  readonly incisionClass: string
}

export interface Institution {
  readonly id: string
  /** 3, 2, 1; 0 for none (a pharmacy, a clinic); undefined when absent. */
  readonly level: number | undefined
  readonly type: string
  readonly region: string
}

export interface Visit {
  readonly id: string
  /** National med_type, e.g. 11, 14, 21; '' when absent. */
  readonly medType: string
  readonly setting: Setting
  /** Undefined: not said, and it may have been one. */
  readonly isInternet: boolean | undefined
  readonly institution: Institution
  readonly department: string
  readonly doctor: string
  /** Prescribing rights of the visit's doctor, where the sender tells them. */
  readonly doctorRights?: readonly string[]
  /** First day of the visit: admission, or the day of the outpatient visit. */
  readonly startDay: number
  /**
   * Discharge day; undefined while the patient is in, and for outpatient visits equal to startDay.
   */
  readonly endDay: number | undefined
  readonly startMinute: number | undefined
  readonly endMinute: number | undefined
  readonly leaveDays: number
  readonly isPlannedReadmission: boolean | undefined
  readonly isTransfer: boolean | undefined
  readonly diagnoses: readonly Diagnosis[]
  readonly procedures: readonly Procedure[]
}

export interface Item {
  readonly id: string
  /** National code (med_list_codg); '' when the hospital has not mapped it. */
  readonly code: string
  readonly low: number
  readonly high: number
  readonly name: string
  readonly category: Category
  /** med_chrgitm_type, 01 bed to 14 other; '' when absent. */
  readonly feeClass: string
  /** In ten-thousandths of a unit; negative on refund lines. */
  readonly quantity: number
  /** In millionths of a yuan. */
  readonly unitPrice: number
  readonly amountFen: number
  /** Wholly out of pocket (fulamt_ownpay_amt). */
  readonly ownPayFen: number
  /** Co-pay before the fund (preselfpay_amt). */
  readonly selfPayFen: number
  readonly serviceDay: number
  /** Undefined when the sender gave a date without a time. */
  readonly serviceMinute: number | undefined
  /**
   * False when the sender gave no service date and serviceDay is the visit's or the settlement's.
   */
  readonly isDated: boolean
  readonly prescription: string
  readonly group: string
  readonly daysOfSupply: number | undefined
  readonly department: string
  readonly doctor: string
  readonly isTakeHome: boolean
  /** tcmdrug_used_way: true single, false compound, undefined when absent. */
  readonly isHerbSingle: boolean | undefined
  readonly traceCodes: readonly string[]
  /** Sold out of an opened pack (拆零): its trace code may rightly be seen again. */
  readonly isSplitPack: boolean
}

export interface Payment {
  readonly totalFen: number
  readonly inScopeFen: number | undefined
  readonly fundFen: number | undefined
  readonly benefitType: string
  readonly specialDisease: string
}

/** Where the sender names it: of what one visit charges, only the last told settlement counts. */
export interface ChargeBatch {
  /** chrg_bchno; may be empty. */
  readonly number: string
  /** Told before it was certain; gives way to any later one of its batch. */
  readonly isProvisional: boolean
}

/** One settlement as the engine sees it. */
export interface Claim {
  /** (institution, settlement id) is its identity; content hash as 16 hex digits, '' of a question. */
  readonly settlement: string
  readonly contentHash: string
  readonly patient: Patient
  readonly visit: Visit
  readonly items: readonly Item[]
  readonly payment: Payment
  readonly settledDay: number
  readonly settledMinute: number
  /** When the stream (or the HTTP door) received it; the same in a replay. No part of the content. */
  readonly receivedMinute: number
  readonly isCrossRegion: boolean
  readonly batch?: ChargeBatch | undefined
}

/** One line that a reversal takes back: which item and how much (ten-thousandths, positive). */
export interface RefundLine {
  readonly item: string
  readonly quantity: number
}

export interface Reversal {
  readonly institution: string
  /** The reversal's own settlement id: its identity, with the institution. */
  readonly settlement: string
  readonly reverses: string
  readonly patientKey: string
  readonly contentHash: string
  /** Empty: the whole settlement is taken back. */
  readonly lines: readonly RefundLine[]
  readonly settledDay: number
}

/** An admission or a discharge, told before the stay is settled. */
export interface StayNotice {
  readonly patientKey: string
  readonly institution: string
  readonly visit: string
  readonly day: number
}

export type Movement = 'purchase' | 'sale' | 'return' | 'loss' | 'count'

/** Stock of one item that moved, or was counted. */
export interface StockMovement {
  readonly institution: string
  readonly code: string
  readonly movement: Movement
  /** In ten-thousandths; never negative. */
  readonly quantity: number
  readonly day: number
  readonly contentHash: string
}

/** The state of a doctor's rights or a patient's benefits, from a day on. */
export interface RegistryNotice {
  readonly subject: 'institution' | 'doctor' | 'benefit'
  readonly key: string
  readonly day: number
  /** Rights or registered diseases, sorted; undefined: nothing that a rule reads. */
  readonly words: readonly string[] | undefined
}

/** What a hospital was shown before a bill was settled. */
export interface AskedNotice {
  readonly institution: string
  /** '' where nobody told. */
  readonly visit: string
  readonly day: number
  readonly findings: readonly { readonly id: string, readonly rule: string }[]
}

/** What the user did with a finding or a warning. */
export interface FeedbackNotice {
  readonly institution: string
  readonly warning: string
  /** '' where nobody told. */
  readonly rule: string
  /** Why the user goes on; undefined: went back to change it. */
  readonly reason: ReasonCode | undefined
  readonly day: number
}

/** What decode makes of one event; `presence` changes no history of ours. */
export type ClaimEvent =
  | { readonly type: 'settlement', readonly claim: Claim }
  | { readonly type: 'reversal', readonly reversal: Reversal }
  | { readonly type: 'admission' | 'discharge', readonly stay: StayNotice }
  | { readonly type: 'stock', readonly owner: string, readonly movement: StockMovement }
  | { readonly type: 'registry', readonly owner: string, readonly notice: RegistryNotice }
  | { readonly type: 'asked', readonly owner: string, readonly asked: AskedNotice }
  | { readonly type: 'feedback', readonly owner: string, readonly feedback: FeedbackNotice }
  | { readonly type: 'demotion', readonly owner: string, readonly day: number }
  | { readonly type: 'presence', readonly owner: string }
