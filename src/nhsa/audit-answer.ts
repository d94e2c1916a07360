// A verdict as the output of 3101 and 3102: results with their lines, in the client's own ids and its
// tenant's codes. Decides nothing: what is sent and in which order is the verdict's.
import { createHash } from 'node:crypto'
import type { Claim } from '../claim/claim.js'
import { atRiskOf } from '../engine/at-risk.js'
import type { Remedy } from '../engine/counterfactual.js'
import { basisOf, gravestFirst, sentenceOf } from '../engine/telling.js'
import type { Words } from '../engine/telling.js'
import type { AtRisk, Finding, Verdict } from '../engine/verdict.js'
import type { Severity } from '../rulebook/rulebook.js'
import type { AuditRequest } from './audit-request.js'
import type { Dialect } from './dialect.js'

/** Results in one answer, and lines in one result: more would be read by nobody at the counter. */
const resultsMax = 200
const linesMax = 100
const textMax = 500
const nameMax = 200

/** How the standard's dictionaries name what we find. */
const severityNames: Readonly<Record<Severity, string>> = {
  violation: '明确违规', suspect: '高度可疑', notice: '轻度可疑', indicator: '监测指标',
}
/** 触发场景 up to this one come before the bill: a doctor or a registrar reads. */
const orderSceneMax = 5
const VIOLATING = '1'
const INVOLVED = '2'
const CALCULATED = '1'
const NOT_CALCULATED = '0'

export interface ResultDetail {
  readonly jrd_id: string
  readonly patn_id: string
  readonly mdtrt_id: string
  readonly rx_id: string
  readonly vola_item_type: string
  readonly vola_amt: number
}

export interface AuditResult {
  readonly jr_id: string
  readonly rule_id: string
  readonly rule_name: string
  readonly vola_cont: string
  readonly patn_id: string
  readonly mdtrt_id: string
  readonly judge_result_detail_dtos: readonly ResultDetail[]
  readonly vola_amt: number
  readonly vola_amt_stas: string
  readonly sev_deg: string
  readonly vola_evid: string
  readonly vola_bhvr_type: string
  readonly task_id: string
  /** Ours, beside the standard's: the national code of the rule, labels, advice. */
  readonly national_rule_code: string
  readonly sev_deg_name: string
  readonly advice: string
  /** What would put it right, verified by judging the changed bill; '' where nothing was found. */
  readonly remedy: string
  /** Yuan of vola_amt that the fund pays, and the patient; null where the bill does not tell. */
  readonly fund_amt: number | null
  readonly patient_amt: number | null
}

/** Money of all results, none counted twice; yuan. */
export interface AmountsAtRisk {
  readonly total: number
  readonly fund: number | null
  readonly patient: number | null
}

interface Asked {
  readonly request: AuditRequest
  readonly msgid: string
  readonly dialect: Dialect
  readonly remedies?: Remedies | undefined
}

export type Remedies = ReadonlyMap<Finding, readonly Remedy[]>

/**
 * Findings of active rules on what is asked about: those whose violating lines are all context were
 * the business of an earlier call. The gravest first, then the dearest.
 */
export function auditFindings({ findings }: Verdict, { lines }: AuditRequest): readonly Finding[] {
  return gravestFirst(findings.filter(({ status, violating }) => status === 'active'
    && (violating.length === 0 || violating.some(({ item }) => lines[item]?.isCurrent !== false))))
}

/** One result a finding, in their order, at most resultsMax; amounts in yuan, as the standard has them. */
export function auditResults(claim: Claim, findings: readonly Finding[], asked: Asked): AuditResult[] {
  return findings.slice(0, resultsMax)
    .map((finding, place) => resultOf(finding, place, { ...asked, claim }))
}

/** Of all findings given, also of those that auditResults leaves out. */
export function amountsAtRisk(claim: Claim, findings: readonly Finding[]): AmountsAtRisk {
  const { totalFen, fundFen, patientFen } = atRiskOf(claim, findings.map(({ violating, atRisk }) =>
    ({ violating, riskFen: atRisk.totalFen })))
  return { total: yuan(totalFen), fund: yuanOrNull(fundFen), patient: yuanOrNull(patientFen) }
}

/** 挂号、开单、医嘱、转科等（1–5）说给医生；结算及以后（6–10）、没有说明场景的，说给审核的人。 */
export function wordsFor({ scenes }: AuditRequest): Words {
  const scene = scenes[0]
  return scene !== undefined && scene <= orderSceneMax ? 'brief' : 'full'
}

function resultOf(
  finding: Finding, place: number, { request, msgid, dialect, remedies, claim }: Asked & { claim: Claim },
): AuditResult {
  const { definition: rule, severity, atRisk } = finding
  const named = msgid === '' ? `${claim.patient.key}\n${request.visit}` : msgid // of no message: the visit's
  const id = createHash('sha256')
    .update([request.institution, named, rule.id, place].join('\n')).digest('hex').slice(0, 32)
  const person = { patn_id: request.patient, mdtrt_id: request.visit }
  const lines = [
    ...finding.violating.map(({ item, riskFen }) => ({ item, riskFen, type: VIOLATING })),
    ...finding.involved.map((item) => ({ item, riskFen: 0, type: INVOLVED })),
  ]
  return {
    jr_id: id,
    rule_id: rule.id,
    rule_name: (rule.nationalName === '' ? rule.title : rule.nationalName).slice(0, nameMax),
    vola_cont: sentenceOf(claim, finding, wordsFor(request)).slice(0, textMax),
    ...person,
    judge_result_detail_dtos: lines.slice(0, linesMax).map(({ item, riskFen, type }, line) => ({
      jrd_id: `${id}-${line}`,
      ...person,
      rx_id: request.lines[item]!.id,
      vola_item_type: type,
      vola_amt: yuan(riskFen),
    })),
    vola_amt: yuan(atRisk.totalFen),
    vola_amt_stas: atRisk.totalFen > 0 ? CALCULATED : NOT_CALCULATED,
    sev_deg: dialect.severities[severity],
    vola_evid: basisOf(claim, finding).map(({ document, article }) => `${document} ${article}`).join('；')
      .slice(0, textMax),
    vola_bhvr_type: lines.length === 0 ? dialect.behaviours.actor : dialect.behaviours.item,
    task_id: request.taskId,
    national_rule_code: rule.nationalCode,
    sev_deg_name: severityNames[severity],
    advice: rule.advice.slice(0, textMax),
    remedy: (remedies?.get(finding) ?? []).map(({ text }) => text).join('；或').slice(0, textMax),
    ...sharesOf(atRisk),
  }
}

function sharesOf({ fundFen, patientFen }: AtRisk): Pick<AuditResult, 'fund_amt' | 'patient_amt'> {
  return { fund_amt: yuanOrNull(fundFen), patient_amt: yuanOrNull(patientFen) }
}

function yuanOrNull(fen: number | undefined): number | null {
  return fen === undefined ? null : yuan(fen)
}

/** Whole fen as the standard's numeric 16,2: the nearest double prints with two decimals at most. */
function yuan(fen: number): number {
  return fen / 100
}
