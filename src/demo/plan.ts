// What a scene planted, written before anything is judged: which settlement must raise a finding on
// which lines, or must stay quiet although it looks alike. Kinds are named in words of ours; the demo
// knows no rule.

export const plantKinds = [
  'drug-for-other-sex', 'service-for-other-sex', 'diagnosis-of-other-sex', 'procedure-of-other-sex',
  'childrens-drug-for-adult', 'drug-paid-for-children-only', 'childrens-service-for-adult',
  'newborn-service-too-late', 'newborn-drug-too-late', 'service-outside-working-age',
  'diagnosis-of-other-age', 'drug-forbidden-to-children', 'work-injury-drug', 'maternity-drug',
  'inpatient-drug-outside', 'inpatient-service-outside', 'narcotic-over-internet',
  'drug-above-institution-level', 'herb-never-payable', 'herbs-not-payable-alone',
  'quantity-a-day', 'quantity-by-the-hour', 'quantity-in-one-hour', 'too-soon-again',
  'drug-course-too-long', 'drug-course-span-too-long', 'service-course-too-long',
  'exclusive-same-day', 'exclusive-same-visit', 'exclusive-six-hours', 'exclusive-same-hour',
  'same-incision-full-price', 'charge-outside-stay', 'amount-mismatch', 'line-id-twice',
  'price-above-ceiling', 'split-stay', 'overlapping-stays', 'outpatient-during-stay',
  'frequent-visits', 'frequent-purchases', 'frequent-admissions', 'too-many-drugs',
  'supply-too-long', 'trace-code-twice',
  'work-injury-service', 'maternity-service', 'service-paid-for-children-only',
  'childrens-consumable-for-adult', 'newborn-consumable-too-late', 'service-of-other-department',
  'consumable-of-other-department', 'service-above-institution-level', 'panel-in-parts',
  'service-over-cap', 'consumable-over-cap', 'consumable-in-price', 'drug-without-service',
  'consumable-without-service', 'consumable-too-many', 'field-left-out',
  'diagnosis-without-evidence', 'operation-not-coded', 'admitted-for-tests', 'told-too-late',
  'drug-for-other-disease', 'rehabilitation-for-other-disease', 'service-off-label',
  'test-without-reason', 'treatment-without-reason', 'drug-against-disease',
  'service-against-disease', 'consumable-for-other-disease', 'drug-off-label', 'second-line-first',
  'drug-over-a-day', 'drug-for-elderly', 'drug-in-pregnancy', 'two-drugs-of-one-group',
  'opposed-drugs', 'herb-over-a-day', 'opposed-herbs', 'too-many-herbs', 'consumable-for-other-sex',
  'antibiotics-too-long', 'operation-for-other-disease', 'antibiotic-without-right',
  'drug-beyond-stock', 'consumable-beyond-stock', 'outside-disease-catalogue',
] as const

export type PlantKind = typeof plantKinds[number]

/** What only a whole month of one hospital shows: one kind a calendar month, one after the other. */
export const monthKinds = [
  'month-of-drugs', 'month-of-tests', 'month-of-consumables', 'month-of-treatments',
  'month-of-ct', 'month-of-mri', 'month-of-infections', 'month-of-returns',
] as const

export type MonthKind = typeof monthKinds[number]

export interface Plan {
  /** Running number of the scene; those of months count down from -1. */
  readonly scene: number
  readonly kind: PlantKind | MonthKind
  readonly expect: 'hit' | 'miss'
  readonly patientKey: string
  readonly institution: string
  /** All settlements of the scene, in stream order. */
  readonly settlements: readonly string[]
  /** The settlement that raises the finding, or that would if it were one. */
  readonly raisedBy: string
  /** Ids of the violating lines on it; none when the settlement as a whole is at fault. */
  readonly items: readonly string[]
  /** Settlements that must tell the same violation once more: both sides of it know of the other. */
  readonly again: readonly string[]
}
