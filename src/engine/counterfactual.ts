// What would put a finding right: changes that a hospital can honestly make, each verified by judging the
// changed claim against the same past and rule book. Only a change that removes the finding and raises no
// other is told. For doors that are asked; pure, and bounded in judgements.
import type { Claim } from '../claim/claim.js'
import type { RuleBook } from '../rulebook/rulebook.js'
import { candidateOf } from './counterfactual-candidates.js'
import type { Changed } from './counterfactual-claim.js'
import { changesOf } from './counterfactual-lines.js'
import type { LineChange } from './counterfactual-lines.js'
import { gravestFirst } from './telling.js'
import type { Finding, Verdict } from './verdict.js'
import type { RemedyKind } from '../checks/check.js'

/** Judgements of changed claims for one question: a few milliseconds of a long bill at the most. */
export const judgementsMax = 48
/** Ways told of one finding: more would be read by nobody at the counter. */
export const remediesMax = 2

export interface Asked {
  readonly book: RuleBook
  readonly claim: Claim
  readonly verdict: Verdict
  /** The same past, book, stage and deadline as for the verdict. */
  judge(changed: Claim): Verdict
  stop(): boolean
}

export interface Remedy {
  readonly kind: RemedyKind
  /** In Chinese, of what was verified. */
  readonly text: string
  /** What becomes of which lines. */
  readonly lines: readonly LineChange[]
  /** The claim that was judged. */
  readonly claim: Claim
}

export interface Counterfactuals {
  readonly of: ReadonlyMap<Finding, readonly Remedy[]>
  readonly judgedCount: number
  /** The bound or the deadline came first: more might have been found. */
  readonly isCut: boolean
}

export const noCounterfactuals: Counterfactuals = { of: new Map(), judgedCount: 0, isCut: false }

/** The gravest findings first. Nothing for a verdict that is not complete: nobody could verify. */
export function counterfactuals(asked: Asked): Counterfactuals {
  const { verdict, claim, book } = asked
  const active = verdict.findings.filter(({ status }) => status === 'active')
  if (active.length === 0 || verdict.notReached.length > 0) return noCounterfactuals
  const trials = new Trials(asked)
  const of = new Map<Finding, readonly Remedy[]>()
  for (const finding of gravestFirst(active)) {
    const remedies: Remedy[] = []
    for (const hint of finding.definition.check.meta.remedies ?? []) {
      if (trials.isCut || remedies.length === remediesMax) break
      const holds = (changed: Changed) => trials.putsRight(finding, changed)
      const found = candidateOf(hint, { book, claim, finding, holds })
      if (found === undefined) continue
      const { changed, text } = found
      remedies.push({ kind: hint.kind, text, lines: changesOf(claim, changed), claim: changed.claim })
    }
    if (remedies.length > 0) of.set(finding, remedies)
    if (trials.isCut) break
  }
  return { of, judgedCount: trials.count, isCut: trials.isCut }
}

class Trials {
  readonly #asked: Asked
  count = 0
  isCut = false

  constructor(asked: Asked) {
    this.#asked = asked
  }

  putsRight(target: Finding, changed: Changed): boolean {
    this.isCut ||= this.count >= judgementsMax || this.#asked.stop()
    if (this.isCut) return false
    this.count++
    return isBetter(this.#asked.verdict, this.#asked.judge(changed.claim), { target, origin: changed.origin })
  }
}

interface Judged {
  readonly target: Finding
  readonly origin: readonly number[]
}

/** The target is gone, all else was there before, and nothing has become unknown instead. */
function isBetter(before: Verdict, after: Verdict, { target, origin }: Judged): boolean {
  if (after.notReached.length > 0 || after.failed.some((rule) => !before.failed.includes(rule))) return false
  const isBilled = origin.length > 0 // else nothing is sent: what an empty bill lacks is nobody's trouble
  if (!isBilled) return !after.findings.some((one) => isLeftOf(one, target, origin))
  const isKnown = after.unknowns.every(({ rule, missing }) =>
    before.unknowns.some((one) => one.rule === rule && one.missing === missing))
  if (!isKnown) return false
  const left = before.findings.filter((one) => one !== target)
  for (const finding of after.findings) {
    if (isUnchanged(finding, target, origin)) return false
    const place = left.findIndex((old) => isLeftOf(finding, old, origin))
    if (place < 0) return false
    left.splice(place, 1)
  }
  return true
}

function isUnchanged(finding: Finding, target: Finding, origin: readonly number[]): boolean {
  return isLeftOf(finding, target, origin)
    && finding.violating.length === target.violating.length && finding.sentence === target.sentence
}

/**
 * What a change has left of a finding: the same rule and knowledge, no other line, no more money of them
 * (of a bill as a whole the money is what the bill comes to).
 */
function isLeftOf(finding: Finding, old: Finding, origin: readonly number[]): boolean {
  return finding.rule === old.rule && finding.knowledge?.point === old.knowledge?.point
    && (finding.violating.length === 0 || finding.atRisk.totalFen <= old.atRisk.totalFen)
    && finding.violating.every(({ item }) => {
      const place = origin[item]!
      return old.violating.some((one) => one.item === place) || old.involved.includes(place)
    })
}
