// The compiled rule book: frozen, complete, one version. Made by compile; swapped by one assignment.
// May not read files or know how a claim is judged.
import type { Category, Claim } from '../claim/claim.js'
import type { Check, Evaluate, Table } from '../checks/check.js'
import type { OwnerKind } from '../history/view.js'

export type Severity = 'violation' | 'suspect' | 'notice' | 'indicator'
export type Status = 'draft' | 'trial' | 'active' | 'retired'
export type Stage = 'pre-alert' | 'audit' | 'look-back'

export interface Basis {
  readonly document: string
  readonly article: string
  readonly url?: string
}

/** A rule as its file tells it, for people and for warnings. */
export interface Rule {
  readonly id: string
  readonly title: string
  /** National code (GZ…, ZB…), official name and number in the 2025 edition, where there is one. */
  readonly nationalCode: string
  readonly nationalName: string
  readonly number2025: number | undefined
  /** Class and subclass of the national framework, in Chinese. */
  readonly class: string
  readonly subclass: string
  readonly check: Check
  readonly status: Status
  readonly severity: Severity
  readonly stages: readonly Stage[]
  readonly owner: OwnerKind
  readonly basis: readonly Basis[]
  readonly advice: string
  readonly falseAlarms: readonly string[]
  readonly file: string
}

/** One entry under `in_force`: a rule's parameters over a span of days, ready to run. */
export interface Part {
  readonly rule: Rule
  readonly ruleIndex: number
  readonly fromDay: number
  /** Exclusive. */
  readonly untilDay: number
  readonly evaluate: Evaluate
  readonly table: Table | undefined
  /** True or false; or the field that the claim lacks, when that decides it. */
  readonly applies: (claim: Claim) => boolean | string
  /** Only items of these categories wake it; undefined: all. */
  readonly categories: ReadonlySet<Category> | undefined
  readonly say: (facts: Readonly<Record<string, string | number>>) => string
}

/**
 * Which (part, row) pairs a code can touch. Packed: slot s owns the entries from starts[s] to
 * starts[s + 1]; each entry has its part, its row, and the days on which both are in force.
 */
export interface CodeIndex {
  /** Slot of a code key, or -1. */
  slotOf(low: number, high: number): number
  readonly starts: Int32Array
  readonly parts: Int32Array
  readonly rows: Int32Array
  readonly fromDays: Int32Array
  readonly untilDays: Int32Array
  /** Index into `regions`; 0 is everywhere. A row holds for a region when its code begins so. */
  readonly regionIds: Int32Array
  readonly regions: readonly string[]
  /**
   * Local rows win over wider ones of the same codes. Entry e yields where one of the rows
   * shadowRows[shadowStarts[s]] up to [s + 1] holds, s being shadowIds[e]; 0 is the empty list.
   */
  readonly shadowIds: Int32Array
  readonly shadowStarts: Int32Array
  readonly shadowRows: Int32Array
  /** Lengths of prefixes present (diagnoses, procedures); items are looked up whole. */
  readonly prefixLengths: readonly number[]
}

export interface RuleBook {
  /** Hash over rules, tables and the engine's version: 16 hex digits. */
  readonly version: string
  readonly rules: readonly Rule[]
  readonly parts: readonly Part[]
  readonly items: CodeIndex
  readonly diagnoses: CodeIndex
  readonly procedures: CodeIndex
  /** Parts that every claim wakes. */
  readonly always: Int32Array
  readonly tableRowCount: number
}
