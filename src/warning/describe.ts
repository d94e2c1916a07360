// Findings and verdicts in the words of the wire. Pure: the same verdict gives the same object, key
// by key in the same order. Never a patient's name; trial findings are the caller's to leave out.
import type { Claim } from '../claim/claim.js'
import { PRICE_SCALE, QUANTITY_SCALE } from '../claim/claim.js'
import { atRiskOf } from '../engine/at-risk.js'
import type { Remedy } from '../engine/counterfactual.js'
import { basisOf, gravestFirst, sentenceOf } from '../engine/telling.js'
import type { Words } from '../engine/telling.js'
import type { AtRisk, Finding, Verdict } from '../engine/verdict.js'
import { formatDay } from '../rulebook/dates.js'
import type { Basis } from '../rulebook/rulebook.js'
import { findingsMax, linesMax } from './wire.js'
import type { AtRiskWire, FindingWire, VerdictWire } from './wire.js'

/** The answer to a hospital that asks before settling: active findings only. */
export function describeVerdict(claim: Claim, verdict: Verdict, told: Told = {}): VerdictWire {
  const active = verdict.findings.filter(({ status }) => status === 'active')
  return {
    ...describeFindings(claim, active, { verdict, max: findingsMax, ...told }),
    complete: verdict.notReached.length === 0,
    failed: [...verdict.failed],
    not_reached: [...verdict.notReached],
  }
}

/** How a door tells its findings. */
export interface Told {
  readonly words?: Words
  /** What would put each right; a warning of the stream has none. */
  readonly remedies?: ReadonlyMap<Finding, readonly Remedy[]>
}

interface Description extends Told {
  readonly verdict: Verdict
  readonly max: number
}

/** Some of a verdict's findings, the gravest first; beyond `max` they are counted by rule. */
export function describeFindings(
  claim: Claim, found: readonly Finding[], { verdict, max, ...told }: Description,
): Pick<VerdictWire, 'rulebook' | 'at_risk' | 'findings' | 'more' | 'unknowns'> {
  const findings = gravestFirst(found)
  const more = new Map<string, number>()
  for (const { rule } of findings.slice(max)) more.set(rule, (more.get(rule) ?? 0) + 1)
  return {
    rulebook: verdict.rulebook,
    at_risk: describeRisk(atRiskOf(claim, findings.map(({ violating, atRisk }) =>
      ({ violating, riskFen: atRisk.totalFen })))),
    findings: findings.slice(0, max).map((finding) => describeFinding(claim, finding, told)),
    more: [...more].map(([rule, count]) => ({ rule, count })),
    unknowns: verdict.unknowns.slice(0, findingsMax)
      .map(({ rule, missing }) => ({ rule, missing })),
  }
}

/**
 * As every door tells it: at most linesMax lines and past services, with the true counts beside;
 * amounts in fen, quantities in units, dates as YYYY-MM-DD.
 */
export function describeFinding(
  claim: Claim, finding: Finding, { words = 'full', remedies }: Told = {},
): FindingWire {
  const { definition: rule, violating, involved, past, facts, knowledge } = finding
  const lines = [
    ...violating.map(({ item, riskFen }) => ({ role: 'violating' as const, item, riskFen })),
    ...involved.map((item) => ({ role: 'involved' as const, item, riskFen: 0 })),
  ]
  const hasNational = rule.nationalCode !== '' || rule.nationalName !== ''
  return {
    rule: rule.id,
    title: rule.title,
    national: hasNational
      ? {
          code: rule.nationalCode,
          name: rule.nationalName,
          number_2025: rule.number2025 ?? null,
        }
      : null,
    severity: finding.severity,
    sentence: sentenceOf(claim, finding, words),
    advice: rule.advice,
    items: lines.slice(0, linesMax).map(({ role, item, riskFen }) => {
      const { id, code, name, amountFen } = claim.items[item]!
      return { role, item: id, line: item, code, name, amount_fen: amountFen, at_risk_fen: riskFen }
    }),
    items_count: lines.length,
    past: past.slice(0, linesMax).map(({ institution, settlement, name, day, quantity }) => ({
      institution, settlement, name, date: formatDay(day), quantity: quantity / QUANTITY_SCALE,
    })),
    past_count: past.length,
    facts,
    knowledge: knowledge ?? null,
    basis: basisOf(claim, finding).map(articleOf),
    at_risk: describeRisk(finding.atRisk),
    ...keptBack(finding),
    ...(remedies === undefined ? {} : { remedies: describeRemedies(claim, remedies.get(finding) ?? []) }),
  }
}

function articleOf({ document, article, url }: Basis): FindingWire['basis'][number] {
  return url === undefined ? { document, article } : { document, article, url }
}

/** Why a finding of an active rule is not sent; nothing for the others. */
function keptBack({ status, exempted }: Finding): Pick<FindingWire, 'exempted' | 'held'> {
  if (status === 'held') return { held: true }
  if (exempted === undefined) return {}
  const { reason, approver, untilDay } = exempted
  return { exempted: { reason, approver, expires: formatDay(untilDay) } }
}

/** What the lines would become; all of nothing for those that go. */
function describeRemedies(
  claim: Claim, remedies: readonly Remedy[],
): NonNullable<FindingWire['remedies']> {
  return remedies.map(({ kind, text, lines }) => ({
    kind,
    text,
    lines: lines.slice(0, linesMax).map(({ item, to }) => ({
      item: claim.items[item]!.id,
      line: item,
      is_dropped: to === undefined,
      quantity: (to?.quantity ?? 0) / QUANTITY_SCALE,
      unit_price: (to?.unitPrice ?? 0) / PRICE_SCALE,
      amount_fen: to?.amountFen ?? 0,
      own_pay_fen: to?.ownPayFen ?? 0,
    })),
  }))
}

function describeRisk({ totalFen, fundFen, patientFen }: AtRisk): AtRiskWire {
  return { total_fen: totalFen, fund_fen: fundFen ?? null, patient_fen: patientFen ?? null }
}
