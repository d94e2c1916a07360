// A call of 3101 or 3102 as the data of an `asked` event: what was asked and what was shown. Neither a
// name nor a number of a person: the patient's key, as in a settlement.
import type { Claim } from '../claim/claim.js'
import { askedLinesMax } from '../claim/wire-asked.js'
import type { AskedWire } from '../claim/wire-asked.js'
import type { Finding } from '../engine/verdict.js'
import type { Stage } from '../rulebook/rulebook.js'
import type { AuditResult } from './audit-answer.js'
import type { AuditRequest } from './audit-request.js'

interface Asked {
  readonly infno: string
  readonly request: AuditRequest
  readonly claim: Claim
  readonly stage: Stage
  /** What is shown, and how: the same ones in the same order. */
  readonly findings: readonly Finding[]
  readonly results: readonly AuditResult[]
  readonly isComplete: boolean
  /** Milliseconds, UTC: when the question was received. */
  readonly at: number
}

/** Names lines by the client's own numbers, at most askedLinesMax a finding; amounts in fen. */
export function askedOf(
  { infno, request, claim, stage, findings, results, isComplete, at }: Asked,
): AskedWire {
  const [scene] = request.scenes
  return {
    patient: { key: claim.patient.key },
    institution: claim.visit.institution.id,
    visit_id: claim.visit.id,
    at: new Date(at).toISOString(),
    call: infno,
    stage: stage === 'pre-alert' ? stage : 'audit',
    ...(scene === undefined ? {} : { scene }),
    items_count: request.lines.filter(({ isCurrent }) => isCurrent).length,
    complete: isComplete,
    findings: results.map(({ jr_id: id, rule_id: rule, judge_result_detail_dtos: details }, place) => {
      const { severity, atRisk } = findings[place]!
      const lines = details.slice(0, askedLinesMax).map(({ rx_id: line }) => line)
      return { id, rule, severity, at_risk_fen: atRisk.totalFen, ...(lines.length === 0 ? {} : { lines }) }
    }),
  }
}
