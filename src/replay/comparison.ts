// Two rule books on one walk through the histories: what each finds on every claim of a period, the
// difference by rule, and what each rule costs. Pure, given a clock; sends nothing, remembers no patient.
import type { Claim } from '../claim/claim.js'
import { evaluate } from '../engine/evaluate.js'
import type { Finding, Verdict } from '../engine/verdict.js'
import type { HistoryView } from '../history/view.js'
import type { Rule, RuleBook, Status } from '../rulebook/rulebook.js'
import { timedBook } from './timed-book.js'
import type { Cost, TimedBook } from './timed-book.js'

export interface ComparisonOptions {
  /** The delivered book, and the one that is tried. */
  readonly before: RuleBook
  readonly after: RuleBook
  /** Days of settlement; `untilDay` is exclusive. */
  readonly fromDay: number
  readonly untilDay: number
  /** Nanoseconds. */
  readonly now: () => number
}

/** One book's view of one rule. */
export interface Side {
  readonly status: Status
  /** Claims with a finding, findings, claims on which it could not be judged. */
  claims: number
  findings: number
  unknowns: number
}

export interface RuleDifference {
  readonly rule: string
  readonly title: string
  /** Undefined: that book does not have the rule. */
  readonly before: Side | undefined
  readonly after: Side | undefined
  gained: number
  gainedFen: number
  lost: number
  lostFen: number
}

/** A finding that only one of the books makes. Names a settlement, never a patient. */
export interface Moved {
  readonly rule: string
  readonly change: 'gained' | 'lost'
  readonly institution: string
  readonly settlement: string
  readonly settledDay: number
  readonly fen: number
  readonly sentence: string
}

export interface BookResult {
  readonly version: string
  /** Over all claims, of what is sent: no item counted twice. */
  readonly atRiskFen: number
  readonly costs: ReadonlyMap<string, Cost>
  /** Of one judgement, on the sampled claims. */
  readonly meanNanoseconds: number
}

export interface Compared {
  readonly claims: number
  /** Claims with another verdict: other findings, or other rules that could not be judged. */
  readonly changed: number
  readonly sampled: number
  readonly before: BookResult
  readonly after: BookResult
  /** In the order of rule ids; every rule of either book. */
  readonly rules: readonly RuleDifference[]
  /** The dearest first. */
  readonly largest: readonly Moved[]
}

export const largestMax = 10
/** A claim in so many is judged once more under the clock. */
export const sampleEvery = 8

interface Judge {
  readonly book: RuleBook
  readonly timed: TimedBook
  atRiskFen: number
  nanoseconds: number
}

/**
 * `witness` for every claim of the walk, then `result`; costs are nanoseconds, of one claim in
 * sampleEvery.
 */
export class Comparison {
  readonly #options: ComparisonOptions
  readonly #before: Judge
  readonly #after: Judge
  readonly #rules = new Map<string, RuleDifference>()
  #largest: Moved[] = []
  #claims = 0
  #changed = 0
  #sampled = 0

  constructor(options: ComparisonOptions) {
    const { before, after, now } = options
    this.#options = options
    this.#before = judgeOf(before, now)
    this.#after = judgeOf(after, now)
    const ids = new Set([...before.rules, ...after.rules].map(({ id }) => id))
    for (const id of [...ids].toSorted()) {
      const [was, is] = [before, after].map(({ rules }) => rules.find((rule) => rule.id === id))
      this.#rules.set(id, {
        rule: id,
        title: (is ?? was)!.title,
        before: sideOf(was), after: sideOf(is),
        gained: 0, gainedFen: 0, lost: 0, lostFen: 0,
      })
    }
  }

  /** Judges a claim twice before it is remembered; what comes back counts it, once it is. */
  readonly witness = (
    claim: Claim, view: HistoryView, isHeld?: (rule: Rule) => boolean,
  ): (() => void) => {
    const { fromDay, untilDay } = this.#options
    if (claim.settledDay < fromDay || claim.settledDay >= untilDay) return nothing
    const was = evaluate(this.#before.book, claim, view, { ...audit, isHeld })
    const is = evaluate(this.#after.book, claim, view, { ...audit, isHeld })
    const isSampled = this.#claims % sampleEvery === 0
    if (isSampled) for (const judge of [this.#before, this.#after]) this.#time(judge, claim, view)
    return () => {
      this.#claims++
      if (isSampled) this.#sampled++
      this.#count(claim, was, is)
    }
  }

  get result(): Compared {
    const of = ({ book, timed, atRiskFen, nanoseconds }: Judge): BookResult => ({
      version: book.version,
      atRiskFen,
      costs: timed.costs,
      meanNanoseconds: this.#sampled === 0 ? 0 : nanoseconds / this.#sampled,
    })
    return {
      claims: this.#claims,
      changed: this.#changed,
      sampled: this.#sampled,
      before: of(this.#before),
      after: of(this.#after),
      rules: [...this.#rules.values()],
      largest: this.#largest,
    }
  }

  #time(judge: Judge, claim: Claim, view: HistoryView): void {
    const from = this.#options.now()
    evaluate(judge.book, claim, view, audit)
    judge.nanoseconds += this.#options.now() - from
    evaluate(judge.timed.book, claim, view, audit)
  }

  #count(claim: Claim, was: Verdict, is: Verdict): void {
    this.#before.atRiskFen += was.atRisk.totalFen
    this.#after.atRiskFen += is.atRisk.totalFen
    this.#side(was, 'before')
    this.#side(is, 'after')
    const wasFound = standing(was)
    const isFound = standing(is)
    const gained = without(isFound, wasFound)
    const lost = without(wasFound, isFound)
    for (const finding of gained) this.#move(claim, finding, 'gained')
    for (const finding of lost) this.#move(claim, finding, 'lost')
    if (gained.length + lost.length > 0 || !isSameUnknown(was, is)) this.#changed++
  }

  #side(verdict: Verdict, name: 'before' | 'after'): void {
    let last = ''
    for (const { rule } of standing(verdict)) {
      const side = this.#rules.get(rule)![name]!
      side.findings++
      if (rule !== last) side.claims++ // a rule's findings are neighbours
      last = rule
    }
    for (const { rule } of verdict.unknowns) this.#rules.get(rule)![name]!.unknowns++
  }

  #move(claim: Claim, { rule, atRisk, sentence }: Finding, change: Moved['change']): void {
    const difference = this.#rules.get(rule)!
    const fen = atRisk.totalFen
    difference[change]++
    difference[`${change}Fen`] += fen
    const smallest = this.#largest[largestMax - 1]
    if (smallest !== undefined && smallest.fen >= fen) return
    const { settlement, settledDay, visit: { institution: { id: institution } } } = claim
    const moved = { rule, change, institution, settlement, settledDay, fen, sentence }
    this.#largest = [...this.#largest, moved].toSorted((a, b) => b.fen - a.fen).slice(0, largestMax)
  }
}

/** Rules are judged in the order of their ids, so unknowns of two books stand in one order. */
function isSameUnknown({ unknowns: was }: Verdict, { unknowns: is }: Verdict): boolean {
  return was.length === is.length
    && was.every(({ rule, missing }, at) => is[at]!.rule === rule && is[at]!.missing === missing)
}

const audit = { stage: 'audit' } as const
const nothing = () => {}

function judgeOf(book: RuleBook, now: () => number): Judge {
  return { book, timed: timedBook(book, now), atRiskFen: 0, nanoseconds: 0 }
}

function sideOf(rule: { readonly status: Status } | undefined): Side | undefined {
  return rule === undefined
    ? undefined
    : { status: rule.status, claims: 0, findings: 0, unknowns: 0 }
}

const none: readonly Finding[] = []

/** What is exempted is told to nobody: to an exemption, a finding is lost. */
function standing({ findings }: Verdict): readonly Finding[] {
  return findings.length === 0 ? none : findings.filter(({ status }) => status !== 'exempted')
}

/** Findings that the others do not have: of the same rule, on the same lines. */
function without(findings: readonly Finding[], others: readonly Finding[]): readonly Finding[] {
  if (findings.length === 0) return none
  const known = new Set(others.map(keyOf))
  return findings.filter((finding) => !known.has(keyOf(finding)))
}

function keyOf({ rule, violating }: Finding): string {
  return `${rule} ${violating.map(({ item }) => item).join(' ')}`
}
