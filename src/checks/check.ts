// The contract of a check: what it is, what it may be told (params and table columns), how it judges.
// `prepare` runs once at load; the function it returns runs for every claim that its codes touch.
// A check never throws for a bad claim, never formats text, and allocates only for findings.
import type { Static, TObject } from '@sinclair/typebox'
import type { Claim } from '../claim/claim.js'
import type { HistoryView, OwnerKind } from '../history/view.js'

/** What wakes a rule: a code of its table among the claim's, or every claim. */
export type WakeKind = 'item' | 'diagnosis' | 'procedure' | 'claim'

export type ColumnSpec =
  /** Whole number; `minimum` and `maximum` inclusive. Absent cells are NaN when optional. */
  | { type: 'integer', minimum: number, maximum: number, optional?: boolean, description: string }
  /** Quantity with up to four decimals, held in ten-thousandths. */
  | { type: 'quantity', optional?: boolean, description: string }
  /** Unit price with up to six decimals, held in millionths of a yuan. */
  | { type: 'price', optional?: boolean, description: string }
  /** One of the values; held as its place in the list. */
  | { type: 'one-of', values: readonly string[], optional?: boolean, description: string }
  /** Free text, or values joined by `|`; held once per distinct text. */
  | { type: 'text', optional?: boolean, description: string }
  /** A second code that wakes the rule too (the other half of a pair). */
  | { type: 'code', description: string }

/**
 * A knowledge table, packed. Every table also has the columns code, name, point (the knowledge point:
 * rows that share it are counted together; default: the code), valid_from, valid_to, region, source.
 */
export interface Table {
  readonly name: string
  readonly rowCount: number
  /** integer, quantity, price and one-of columns. */
  numbers(column: string): Float64Array
  text(column: string, row: number): string
  /** Keys of a `code` column; 'code' names the row's first code. */
  codes(column: string): { readonly low: Int32Array, readonly high: Uint16Array }
  /** Number of the knowledge point of this row; rows of one point share it. */
  pointOf(row: number): number
  /** Number of the knowledge point that this code key belongs to, or -1. First row wins. */
  pointOfKey(low: number, high: number): number
  /** Whether the row holds on a day. Rows that woke a rule do; those of its map are asked. */
  holdsOn(row: number, day: number): boolean
}

/** Which of the claim's items (or diagnoses, procedures) met which row. Valid during one call only. */
export interface Matches {
  readonly count: number
  /** Index into claim.items, claim.visit.diagnoses or claim.visit.procedures. */
  readonly subjects: Int32Array
  readonly rows: Int32Array
}

export type Facts = Readonly<Record<string, string | number>>

/** A line of an earlier settlement that took part. */
export interface PastLine {
  readonly institution: string
  readonly settlement: string
  /** Name of the item as the table gives it, or '' for the settlement as a whole. */
  readonly name: string
  readonly day: number
  readonly quantity: number
}

export interface Hit {
  /** Items of the claim that break the rule, as indexes, each with its money at risk. */
  readonly violating: readonly { readonly item: number, readonly riskFen: number }[]
  /** Items of the claim that are part of the evidence but not at fault. */
  readonly involved?: readonly number[]
  readonly past?: readonly PastLine[]
  /** Row of the table that was broken, for the source of the knowledge. */
  readonly row?: number
  /** Money at risk when it is the claim as a whole and no item in particular. */
  readonly riskFen?: number
  /** Numbers are given as the reader wants them: days, units, yuan as text. */
  readonly facts: Facts
}

export type Outcome =
  | { readonly result: 'clear' }
  /** `missing`: some part could not be judged, besides the hits. */
  | { readonly result: 'hit', readonly hits: readonly Hit[], readonly missing?: string }
  | { readonly result: 'unknown', readonly missing: string }

export const CLEAR: Outcome = Object.freeze({ result: 'clear' })

export type Evaluate = (claim: Claim, matches: Matches, view: HistoryView) => Outcome

/**
 * How a hospital can honestly put a hit right. What is told of it is computed and verified by the engine
 * (engine/counterfactual.ts); a kind that fits a check needs nothing but its name in `meta.remedies`.
 */
export type RemedyHint =
  /** The lines at fault: less of them, for fewer days (fact `limit`), cheaper, for less money (`percent`). */
  | { readonly kind: 'reduce-quantity' | 'reduce-days' | 'lower-price' | 'lower-amount' }
  /** All of them go, as few as will do, or one of two that exclude each other. */
  | { readonly kind: 'drop-lines' | 'drop-fewest' | 'keep-one-of' }
  /** The patient pays them wholly, or what is too much of them. */
  | { readonly kind: 'self-pay' | 'self-pay-excess' }
  /** The amount becomes price × quantity; an id of its own. */
  | { readonly kind: 'correct-amount' | 'renumber' }
  /** One of the items whose codes stand in this column of the table, named in that one. */
  | { readonly kind: 'add-item', readonly column: string, readonly nameColumn: string }
  /** Diagnoses by this column of the map (ICD beginnings; `|` any, `&` all); the fact says which. */
  | { readonly kind: 'add-diagnosis', readonly column: string, readonly fact: string }

export type RemedyKind = RemedyHint['kind']

export interface Check<Params extends TObject = TObject> {
  readonly kind: string
  readonly meta: {
    readonly summary: string
    /** What hits tell: every {placeholder} of a rule's sentence must be one of these. */
    readonly facts: readonly string[]
    readonly wakes: WakeKind
    readonly owner: OwnerKind
    /** In the order in which they are tried; none: only people can put it right. */
    readonly remedies?: readonly RemedyHint[]
  }
  /** Constants of the rule, by date in force. Numbers only as they stand in the YAML. */
  readonly params: Params
  /** Columns the rule's table must have; none: the check takes no table. */
  readonly columns: Readonly<Record<string, ColumnSpec>>
  /**
   * Columns of a second table, the rule's `map` (without one, its own table): what is known of a
   * knowledge point, whatever codes it has. Rows of both meet by their `point`. None: it takes no map.
   */
  readonly mapColumns?: Readonly<Record<string, ColumnSpec>>
  /** Judgement by a whole table (wakes other than 'claim' always have one). */
  prepare(params: Static<Params>, table: Table | undefined, map?: Table): Evaluate
}

/** Gives a check its types: `prepare` sees the params that its schema describes. */
export function defineCheck<Params extends TObject>(check: Check<Params>): Check<Params> {
  return check
}
