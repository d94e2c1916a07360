// What hospitals were shown before a bill was settled and what they did with it, by rule, day and
// institution: facts of the stream (`asked`, `feedback`), never what a rule book decides now. Knows findings
// and visits by hashes, for as long as there is room.
import type { AskedNotice, Claim, FeedbackNotice } from '../claim/claim.js'
import { reasonCodes } from '../claim/reason-codes.js'
import type { ReasonCode } from '../claim/reason-codes.js'
import { DayCounts } from './day-counts.js'
import { DemotedRules } from './demoted-rules.js'
import type { Records } from './pinned.js'
import { RuleNumbers } from './rule-numbers.js'
import { OUTCOME, ShownVisits } from './shown-visits.js'
import type { Judgement } from './shown-visits.js'
import { tagOf, TagTable } from './tag-table.js'

/** Half a year, as indicators: what is asked is this month and the ones before. */
export const feedbackDays = 186
/** Owner of the sums over all institutions: no institution has this name. */
const everybody = '*'

/** Fields of a day's row. */
const COUNT = { SHOWN: 0, VISITS: 1, AGAIN: 2, FOLLOWED: 3, OVERRIDDEN: 4, REASON: 5 } as const
const countFields = COUNT.REASON + reasonCodes.length

/** A finding that was shown: its tag, the day, its rule, what was done with it and on which day. */
const FINDING = { DAY: 2, RULE: 3, STATE: 4, DECIDED: 5, WORDS: 6 } as const
const shown = 1 // STATE: this bit, and above it 0, 1 for followed, 2 and more for overridden by reason
const followed = 1
const firstReason = 2

/** Two million findings: weeks of a province; what leaves early is counted. */
const findingTable = { letter: 'f', buckets: 65_536, entriesMax: 32, words: FINDING.WORDS } as const

/** One rule over a span of days. */
export interface FeedbackFigures {
  /** '' for feedback that names no rule. */
  readonly rule: string
  /** Findings shown; visits in which one was; times that it was shown in a visit again. */
  readonly shown: number
  readonly visits: number
  readonly again: number
  /** Findings with a last word: gone back to change, or continued. */
  readonly followed: number
  readonly overridden: number
  readonly reasons: Readonly<Record<ReasonCode, number>>
  /** Visits settled since: without a finding of the rule, or with one, by the day of settlement. */
  readonly changed: number
  readonly kept: number
}

interface Place {
  readonly institution: string
  readonly day: number
}

const none: readonly string[] = []

/** A change is seen at once. Findings and visits are in their records at once too, counts with `pack`. */
export class FeedbackBooks {
  readonly #rules: RuleNumbers
  readonly #counts: DayCounts
  readonly #findings: TagTable
  readonly #visits: ShownVisits
  readonly demoted: DemotedRules
  #answered = new Set<number>()
  readonly #sum = new Int32Array(countFields)

  constructor(records: Records) {
    this.#rules = new RuleNumbers(records)
    this.#counts = new DayCounts(records, { letter: 'q', fields: countFields, hotOwner: everybody })
    this.#findings = new TagTable(records, findingTable)
    this.#visits = new ShownVisits(records, this.#rules, { hotOwner: everybody, daysMax: feedbackDays })
    this.demoted = new DemotedRules(records, this.#rules)
  }

  /** Findings and visits that were forgotten early, rules of a visit that were one too many. */
  get overflows(): number {
    return this.#findings.overflows + this.#visits.overflows
  }

  /** False: all of it is known already. */
  ask({ institution, visit, day, findings }: AskedNotice): boolean {
    const fresh = findings.filter(({ id, rule }) => this.#show({ institution, day }, id, rule))
    const rules = visit === '' ? [] : new Set(fresh.map(({ rule }) => this.#rules.numberOf(rule)))
    for (const rule of rules) {
      const times = this.#visits.show(institution, visit, day, rule)
      if (times === 'full') continue
      this.#count({ institution, day }, rule, times === 'first' ? COUNT.VISITS : COUNT.AGAIN)
    }
    return findings.length === 0 || fresh.length > 0
  }

  /** The last word on a finding counts. False: it is what was said already. */
  hear({ institution, warning, rule, reason, day }: FeedbackNotice): boolean {
    const tag = tagOf('finding', warning)
    const entry = this.#findings.find(tag) ?? this.#findings.empty(tag)
    const said = reason === undefined ? followed : firstReason + reasonCodes.indexOf(reason)
    const before = entry[FINDING.STATE]! >> 1
    if (before === said) return false
    if (before !== 0) this.#decide(entry, institution, -1)
    else if (entry[FINDING.RULE] === 0) entry[FINDING.RULE] = this.#rules.numberOf(rule)
    entry[FINDING.STATE] = said << 1 | entry[FINDING.STATE]! & shown
    entry[FINDING.DECIDED] = day
    this.#decide(entry, institution, 1)
    this.#findings.put(entry)
    this.#answered.add(entry[FINDING.RULE]!)
    return true
  }

  /** Rules that something was said about since the last call. */
  takeAnswered(): readonly string[] {
    if (this.#answered.size === 0) return none
    const rules = [...this.#answered].map((rule) => this.#rules.nameOf(rule))
    this.#answered.clear()
    return rules
  }

  /** What was said about a rule in a span of days, by all institutions. */
  answersOf(rule: string, fromDay: number, untilDay: number): { answered: number, overridden: number } {
    const number = this.#rules.find(rule)
    if (number === undefined) return { answered: 0, overridden: 0 }
    const sum = this.#counts.sumOf({ owner: everybody, fromDay, untilDay }, number, this.#sum)
    const overridden = sum[COUNT.OVERRIDDEN]!
    return { answered: sum[COUNT.FOLLOWED]! + overridden, overridden }
  }

  /** A settlement came, and what it was judged to be; undefined: it was only remembered. */
  settled(claim: Claim, judgement: Judgement | undefined): void {
    this.#visits.settled(claim, judgement)
  }

  /** The rule of what was shown under this id, '' when only its id is known; undefined: nothing was. */
  ruleOf(warning: string): string | undefined {
    const entry = this.#findings.find(tagOf('finding', warning))
    return entry && this.#rules.nameOf(entry[FINDING.RULE]!)
  }

  /** By rule, in the order of their ids; of all institutions where none is named. `untilDay` exclusive. */
  figures({ institution = everybody, fromDay, untilDay }: {
    readonly institution?: string | undefined, readonly fromDay: number, readonly untilDay: number,
  }): FeedbackFigures[] {
    const counts = this.#counts.sums(institution, fromDay, untilDay)
    const outcomes = this.#visits.outcomes(institution, fromDay, untilDay)
    return [...new Set([...counts.keys(), ...outcomes.keys()])]
      .map((rule) => figuresOf(this.#rules.nameOf(rule), counts.get(rule), outcomes.get(rule)))
      .sort((a, b) => a.rule < b.rule ? -1 : 1)
  }

  /** The latest day of a question or a feedback; 0 while there is none. */
  get latestDay(): number {
    return this.#counts.latestDay(everybody)
  }

  /** Packs what has changed since the last call. */
  pack(): void {
    this.#counts.pack()
    this.#visits.pack()
  }

  /** Forgets what is not in the store. */
  reset(): void {
    this.#rules.reset()
    this.demoted.reset()
    this.#answered.clear()
    this.#counts.reset()
    this.#visits.reset()
  }

  /** False: it was shown before. */
  #show(place: Place, id: string, rule: string): boolean {
    const tag = tagOf('finding', `${place.institution}:${id}`)
    const entry = this.#findings.find(tag) ?? this.#findings.empty(tag)
    if ((entry[FINDING.STATE]! & shown) !== 0) return false
    const number = this.#rules.numberOf(rule)
    const isDecided = entry[FINDING.STATE] !== 0 && entry[FINDING.RULE] !== number
    if (isDecided) this.#decide(entry, place.institution, -1) // told first, and of another rule
    entry[FINDING.DAY] = place.day
    entry[FINDING.RULE] = number
    if (isDecided) this.#decide(entry, place.institution, 1)
    entry[FINDING.STATE]! |= shown
    this.#findings.put(entry)
    this.#count(place, number, COUNT.SHOWN)
    return true
  }

  /** Adds what was done with a finding, or takes it away again. */
  #decide(entry: Int32Array, institution: string, by: 1 | -1): void {
    const said = entry[FINDING.STATE]! >> 1
    const rule = entry[FINDING.RULE]!
    const place = { institution, day: entry[FINDING.DECIDED]! }
    this.#count(place, rule, said === followed ? COUNT.FOLLOWED : COUNT.OVERRIDDEN, by)
    if (said >= firstReason) this.#count(place, rule, COUNT.REASON + said - firstReason, by)
  }

  #count({ institution, day }: Place, rule: number, field: number, by: 1 | -1 = 1): void {
    const fromDay = Math.max(this.latestDay, day) - feedbackDays
    for (const owner of [everybody, institution]) {
      this.#counts.add({ owner, day, fromDay }, rule, field, by)
    }
  }
}

function figuresOf(rule: string, row?: Int32Array, outcome?: Int32Array): FeedbackFigures {
  const of = (field: number) => row?.[field] ?? 0
  return {
    rule,
    shown: of(COUNT.SHOWN),
    visits: of(COUNT.VISITS),
    again: of(COUNT.AGAIN),
    followed: of(COUNT.FOLLOWED),
    overridden: of(COUNT.OVERRIDDEN),
    reasons: Object.fromEntries(reasonCodes.map((code, place) => [code, of(COUNT.REASON + place)])) as
      Record<ReasonCode, number>,
    changed: outcome?.[OUTCOME.CHANGED] ?? 0,
    kept: outcome?.[OUTCOME.KEPT] ?? 0,
  }
}
