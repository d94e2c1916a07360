// What goes out for one verdict or one reversal: which messages, under which ids. One warning per
// owner kind with all active findings, one message per rule of those that are kept back. Decides
// nothing about money or rules.
import type { Claim, Reversal } from '../claim/claim.js'
import { QUANTITY_SCALE } from '../claim/claim.js'
import type { Finding, Verdict } from '../engine/verdict.js'
import { ownerKinds } from '../history/view.js'
import { formatDay } from '../rulebook/dates.js'
import { describeFindings } from './describe.js'
import { isLonger } from './dead-letter.js'
import { bodyBytesMax, findingsMax, messageId, subjectToken } from './wire.js'
import type { OutMessage, OutStream, WarningWire, WithdrawalWire } from './wire.js'

interface Judged {
  readonly claim: Claim
  readonly verdict: Verdict
  /** Largest body that the server takes: findings are counted instead of told until it fits. */
  readonly bytesMax?: number
}

const none: readonly OutMessage[] = []
/** Counted and kept for those who write the rules, never sent to a hospital. */
const isKeptBack: Readonly<Record<Finding['status'], boolean>> = {
  active: false, trial: true, exempted: true, held: true, draft: false, retired: false,
}

/** No finding, no message. Findings of retired rules are for replays: nobody is told. */
export function toMessages(judged: Judged): readonly OutMessage[] {
  const { verdict: { findings } } = judged
  if (findings.length === 0) return none
  const messages: OutMessage[] = []
  for (const owner of ownerKinds) {
    const active = findings.filter((one) => one.status === 'active' && one.owner === owner)
    if (active.length > 0) messages.push(message(judged, active, { kind: 'warning', name: owner }))
  }
  const trials = findings.filter(({ status }) => isKeptBack[status])
  for (const rule of new Set(trials.map((one) => one.rule))) {
    const own = trials.filter((one) => one.rule === rule)
    messages.push(message(judged, own, { kind: 'trial', name: rule }))
  }
  return messages
}

/** The follow-up that takes back what was warned about a settlement, whole or in lines. */
export function withdrawal(reversal: Omit<Reversal, 'contentHash'>): OutMessage {
  const { institution, settlement, reverses, patientKey, settledDay, lines } = reversal
  const id = messageId(institution, settlement, 'withdrawn')
  const body: WithdrawalWire = {
    kind: 'withdrawn',
    id,
    institution,
    settlement: reverses,
    reversal: settlement,
    patient_key: patientKey,
    settled_date: formatDay(settledDay),
    lines: lines.map(({ item, quantity }) => ({ item, quantity: quantity / QUANTITY_SCALE })),
  }
  const subject = `claims.warning.${subjectToken(institution)}`
  return { stream: 'warning', subject, id, body: JSON.stringify(body) }
}

interface Addressed {
  readonly kind: WarningWire['kind']
  /** Owner kind, or rule id of a trial. */
  readonly name: string
}

function message(judged: Judged, findings: readonly Finding[], to: Addressed): OutMessage {
  const { claim: { settlement, visit: { institution } }, bytesMax = bodyBytesMax } = judged
  const most = Math.min(bytesMax, bodyBytesMax)
  const id = messageId(institution.id, settlement, to.name)
  const stream: OutStream = to.kind
  const token = to.kind === 'trial' ? to.name : subjectToken(institution.id)
  let max = findingsMax
  let body = write(judged, findings, { id, kind: to.kind, max })
  while (max > 1 && isLonger(body, most)) {
    max = max >> 1
    body = write(judged, findings, { id, kind: to.kind, max })
  }
  return { stream, subject: `claims.${stream}.${token}`, id, body }
}

interface Envelope {
  readonly id: string
  readonly kind: WarningWire['kind']
  readonly max: number
}

function write(
  { claim, verdict }: Judged, findings: readonly Finding[], { id, kind, max }: Envelope,
): string {
  const { rulebook, ...found } = describeFindings(claim, findings, { verdict, max })
  const warning: WarningWire = {
    kind,
    id,
    rulebook,
    institution: claim.visit.institution.id,
    settlement: claim.settlement,
    visit: claim.visit.id,
    patient_key: claim.patient.key,
    owner: findings[0]!.owner,
    settled_date: formatDay(claim.settledDay),
    ...found,
  }
  return JSON.stringify(warning)
}
