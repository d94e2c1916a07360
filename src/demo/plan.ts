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
] as const

export type PlantKind = typeof plantKinds[number]

export interface Plan {
  /** Running number of the scene. */
  readonly scene: number
  readonly kind: PlantKind
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
