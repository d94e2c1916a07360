// The judgement: a claim meets the rules that its codes can touch, each with the parameters in
// force on the day of service. Pure and synchronous; allocates only for what it finds.
import type { Claim } from '../claim/claim.js'
import type { Hit, Outcome } from '../checks/check.js'
import type { HistoryView } from '../history/view.js'
import type { Part, Rule, RuleBook, Stage } from '../rulebook/rulebook.js'
import { atRiskOf, NOTHING_AT_RISK } from './at-risk.js'
import { claimDayOf, Gathering } from './gather.js'
import type { Finding, Unjudged, Verdict } from './verdict.js'

export interface EvaluateOptions {
  /** Asked between groups of rules; true: leave the rest and list it. */
  readonly stop?: (() => boolean) | undefined
  /** Only rules of this stage; all when absent. */
  readonly stage?: Stage | undefined
  /** Rules that are not sent at present (engine/bursts.ts); asked of what was found. */
  readonly isHeld?: ((rule: Rule) => boolean) | undefined
}

/** A check takes a few microseconds: so a deadline is noticed within a tenth of a millisecond. */
const partsBetweenStops = 16

/** What gathering reuses belongs to the book it was made for, and goes with it. */
const gatherings = new WeakMap<RuleBook, Gathering>()

const noFindings: readonly Finding[] = []
const noUnknowns: readonly Unjudged[] = []
const noRules: readonly string[] = []

/** Under one rule book, the same claim and the same history always give the same verdict. */
export function evaluate(
  book: RuleBook, claim: Claim, view: HistoryView, { stop, stage, isHeld }: EvaluateOptions = {},
): Verdict {
  const gathering = gatheringOf(book)
  gathering.gather(claim, stage)
  let found: Found | undefined
  for (let index = 0; index < gathering.wokenCount; index++) {
    if (stop !== undefined && index % partsBetweenStops === 0 && stop()) {
      found ??= new Found()
      found.leave(book, gathering, index)
      break
    }
    const number = gathering.woken[index]!
    const part = book.parts[number]!
    const applies = gathering.appliesTo(number)
    if (typeof applies === 'string') {
      found ??= new Found()
      found.lack(part, applies)
      continue
    }
    let outcome: Outcome
    try {
      outcome = part.evaluate(claim, gathering.matchesOf(number), view)
      if (outcome.result === 'clear') continue
      found ??= new Found()
      found.take(part, outcome, { book, claim, isHeld })
    } catch { // our bug in one check; the others still judge, and the edge counts it
      found ??= new Found()
      found.fail(part)
    }
  }
  return verdictOf(book, claim, found)
}

function gatheringOf(book: RuleBook): Gathering {
  let gathering = gatherings.get(book)
  if (gathering === undefined) {
    gathering = new Gathering(book)
    gatherings.set(book, gathering)
  }
  return gathering
}

function verdictOf(book: RuleBook, claim: Claim, found: Found | undefined): Verdict {
  return {
    rulebook: book.version,
    findings: found?.findings ?? noFindings,
    unknowns: found?.unknowns ?? noUnknowns,
    failed: found?.failed ?? noRules,
    notReached: found?.notReached ?? noRules,
    atRisk: found === undefined || found.activeHits.length === 0
      ? NOTHING_AT_RISK
      : atRiskOf(claim, found.activeHits),
  }
}

/** What a judgement has found so far; made for the first thing worth telling. */
class Found {
  readonly findings: Finding[] = []
  readonly unknowns: Unjudged[] = []
  readonly failed: string[] = []
  readonly notReached: string[] = []
  readonly activeHits: Hit[] = []

  take(part: Part, outcome: Exclude<Outcome, { result: 'clear' }>, judged: Judged): void {
    if (outcome.result === 'hit') {
      const { hits } = outcome
      const findings = hits.map((hit) => findingOf(part, hit, judged))
      this.findings.push(...findings) // all of a part's or, when one throws, none
      this.activeHits.push(...hits.filter((_, index) => findings[index]!.status === 'active'))
    }
    if (outcome.missing !== undefined) this.lack(part, outcome.missing)
  }

  lack({ rule: { id } }: Part, missing: string): void {
    const isKnown = this.unknowns.some((one) => one.rule === id && one.missing === missing)
    if (!isKnown) this.unknowns.push({ rule: id, missing })
  }

  fail({ rule: { id } }: Part): void {
    if (!this.failed.includes(id)) this.failed.push(id)
  }

  leave(book: RuleBook, { woken, wokenCount }: Gathering, from: number): void {
    for (let index = from; index < wokenCount; index++) {
      const { rule: { id } } = book.parts[woken[index]!]!
      if (this.notReached.at(-1) !== id) this.notReached.push(id) // a rule's parts are neighbours
    }
  }
}

interface Judged extends Pick<EvaluateOptions, 'isHeld'> {
  readonly book: RuleBook
  readonly claim: Claim
}

function findingOf({ rule, table, say }: Part, hit: Hit, { book, claim, isHeld }: Judged): Finding {
  const { violating, involved = [], past = [], facts, row } = hit
  const first = violating[0]
  const item = first === undefined ? '' : claim.items[first.item]!.name
  const exempted = book.exemptions.find({ rule: rule.id, claim, day: claimDayOf(claim), violating })
  const isKept = rule.status === 'active' && isHeld?.(rule) === true
  return {
    rule: rule.id,
    definition: rule,
    status: exempted !== undefined ? 'exempted' : isKept ? 'held' : rule.status,
    severity: rule.severity,
    owner: rule.owner,
    violating,
    involved,
    past,
    facts,
    sentence: say({ item, count: violating.length, ...facts }),
    atRisk: atRiskOf(claim, [hit]),
    knowledge: row === undefined || table === undefined
      ? undefined
      : { table: table.name, point: table.text('point', row), source: table.text('source', row) },
    ...(exempted === undefined ? {} : { exempted }),
  }
}
