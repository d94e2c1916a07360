// How findings are told at every door: the gravest first, in words for who reads them, with the law
// that was in force. Pure; decides nothing about what is found.
import type { Claim } from '../claim/claim.js'
import { makeSentence } from '../rulebook/wording.js'
import type { Basis, Severity } from '../rulebook/rulebook.js'
import { claimDayOf } from './gather.js'
import type { Finding } from './verdict.js'

/** Who reads: a doctor while ordering, in one line; an auditor or a cashier, with the evidence. */
export type Words = 'brief' | 'full'

const gravity: Readonly<Record<Severity, number>> = { violation: 0, suspect: 1, notice: 2, indicator: 3 }

/** The gravest first, then the dearest, then by rule; what is equal stays as it was found. */
export function gravestFirst(findings: readonly Finding[]): readonly Finding[] {
  return findings.length < 2 ? findings : findings.toSorted(byGravity)
}

function byGravity(a: Finding, b: Finding): number {
  return gravity[a.severity] - gravity[b.severity]
    || b.atRisk.totalFen - a.atRisk.totalFen
    || (a.rule < b.rule ? -1 : Number(a.rule > b.rule))
}

/**
 * In full as it was found, or the rule's brief wording with the finding's facts and its first line's
 * name.
 */
export function sentenceOf(claim: Claim, finding: Finding, words: Words): string {
  if (words === 'full') return finding.sentence
  const { definition: { brief }, violating, facts } = finding
  const first = violating[0]
  const item = first === undefined ? '' : claim.items[first.item]!.name
  return makeSentence(brief)({ item, count: violating.length, ...facts })
}

/** The legal basis on the day of service: of the first line at fault, or of the claim. */
export function basisOf(claim: Claim, { definition: { basis }, violating }: Finding): readonly Basis[] {
  if (!basis.some(isDated)) return basis
  const first = violating[0]
  const day = first === undefined ? claimDayOf(claim) : claim.items[first.item]!.serviceDay
  return basis.filter(({ fromDay = -Infinity, untilDay = Infinity }) => day >= fromDay && day < untilDay)
}

function isDated({ fromDay, untilDay }: Basis): boolean {
  return fromDay !== undefined || untilDay !== undefined
}
