// The compiled rule book: frozen, complete, one version. Made by compile; swapped by one
// assignment. May not read files or know how a claim is judged.
import type { Category, Claim } from '../claim/claim.js'
import type { Check, Evaluate, Table } from '../checks/check.js'
import type { OwnerKind } from '../history/view.js'
import type { Exemptions } from './exemptions.js'

export type Severity = 'violation' | 'suspect' | 'notice' | 'indicator'
export type Status = 'draft' | 'trial' | 'active' | 'retired'
export type Stage = 'pre-alert' | 'audit' | 'look-back'

export interface Basis {
  readonly document: string
  readonly article: string
  readonly url?: string
  /** Where the law changed: from this day on, and up to this day (exclusive). */
  readonly fromDay?: number
  readonly untilDay?: number
}

/** How often a newly active rule may fire before it is held (engine/bursts.ts). */
export interface Burst {
  /** Of the claims of a window, at the most. */
  readonly share: number
  /** Judged claims in a window. */
  readonly claims: number
  /** Watched so long since it first fired. */
  readonly days: number
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
  /** Undefined: not watched, it is not active or was confirmed. */
  readonly burst: Burst | undefined
  /** It goes back to trial by itself when users suddenly go on with it all the same. */
  readonly autoDemote?: boolean
  /** When a person confirmed it. */
  readonly confirmedDay?: number | undefined
  readonly severity: Severity
  readonly stages: readonly Stage[]
  readonly owner: OwnerKind
  readonly basis: readonly Basis[]
  readonly advice: string
  /** The short sentence for a doctor at order entry, with its {placeholders}. */
  readonly brief: string
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
  /** What is known of its table's points, where its check asks for that. */
  readonly map: Table | undefined
  /** True or false; or the field that the claim lacks, when that decides it. */
  readonly applies: (claim: Claim) => boolean | string
  /** Only items of these categories wake it; undefined: all. */
  readonly categories: ReadonlySet<Category> | undefined
  readonly say: (facts: Readonly<Record<string, string | number>>) => string
}

/**
 * Which (part, row) pairs a code can touch. Entries are packed side by side, so that what one code
 * touches lies in one or two cache lines. The entries of one code follow each other, up to one
 * whose LAST is 1.
 */
export interface CodeIndex {
  /** Offset of a code key's first entry, or -1. */
  firstOf(low: number, high: number): number
  /** ENTRY_SIZE integers an entry; the field at offset + ENTRY.PART and so on. */
  readonly entries: Int32Array
  /** By REGION; 0 is everywhere. A row holds where the region begins so, or in that institution. */
  readonly regions: readonly string[]
  /** Lengths of prefixes present (diagnoses, procedures); items are looked up whole. */
  readonly prefixLengths: readonly number[]
  /**
   * Local rows win over wider ones of the same codes. An entry yields where one of the rows
   * shadowRows[shadowStarts[s]] up to [s + 1] holds, s being its SHADOW; 0 is the empty list.
   */
  readonly shadowStarts: Int32Array
  readonly shadowRows: Int32Array
}

export const ENTRY_SIZE = 8
/** FROM and UNTIL: the days on which both part and row are in force, UNTIL exclusive. */
export const ENTRY = {
  PART: 0, ROW: 1, FROM: 2, UNTIL: 3, REGION: 4, SHADOW: 5, LAST: 6,
} as const

export interface RuleBook {
  /** Hash over rules, tables and the engine's version: 16 hex digits. */
  readonly version: string
  /** Hash over the knowledge folder alone; '' without one. */
  readonly knowledge: string
  readonly rules: readonly Rule[]
  readonly parts: readonly Part[]
  readonly items: CodeIndex
  readonly diagnoses: CodeIndex
  readonly procedures: CodeIndex
  /** Parts that every claim wakes. */
  readonly always: Int32Array
  readonly exemptions: Exemptions
  readonly tableRowCount: number
}
