// The types of a judgement's result. Nothing here runs.
import type { Facts, PastLine } from '../checks/check.js'
import type { OwnerKind } from '../history/view.js'
import type { Exemption } from '../rulebook/exemption-file.js'
import type { Rule, Severity, Status } from '../rulebook/rulebook.js'

export interface AtRisk {
  readonly totalFen: number
  /** Undefined when the claim does not say what the fund paid. */
  readonly fundFen: number | undefined
  readonly patientFen: number | undefined
}

export interface Knowledge {
  readonly table: string
  readonly point: string
  readonly source: string
}

/** One rule met by one claim, with its evidence. */
export interface Finding {
  readonly rule: string
  /** The rule as its file tells it: title, basis, advice. Not for the wire as it stands. */
  readonly definition: Rule
  /** The rule's; or why a finding of an active (or trial) rule is kept back. `active` is sent. */
  readonly status: Status | 'exempted' | 'held'
  readonly severity: Severity
  readonly owner: OwnerKind
  /** Indexes into claim.items. */
  readonly violating: readonly { readonly item: number, readonly riskFen: number }[]
  readonly involved: readonly number[]
  readonly past: readonly PastLine[]
  readonly facts: Facts
  /** The sentence said to the doctor, in Chinese. */
  readonly sentence: string
  readonly atRisk: AtRisk
  /** Table, knowledge point and source of the row that was broken, where there is one. */
  readonly knowledge: Knowledge | undefined
  /** By whose decision and why it is not sent. */
  readonly exempted?: Exemption
}

export interface Unjudged {
  readonly rule: string
  readonly missing: string
}

export interface Verdict {
  readonly rulebook: string
  /** Of active and trial rules; the warning takes those with status `active` only. */
  readonly findings: readonly Finding[]
  readonly unknowns: readonly Unjudged[]
  /** Rules whose check threw: our bug, counted, the others still ran. */
  readonly failed: readonly string[]
  /** Rules not reached because stop() said so. Empty means complete. */
  readonly notReached: readonly string[]
  /** Over active findings, no item counted twice. */
  readonly atRisk: AtRisk
}
