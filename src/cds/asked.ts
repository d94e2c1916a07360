// A call of CDS Hooks as the data of an `asked` event: what was asked and what was shown, as of 3101. Neither
// a name nor a number of a person: the patient's key, as in a settlement.
import { askedFindingsMax, askedLinesMax } from '../claim/wire-asked.js'
import type { AskedWire } from '../claim/wire-asked.js'
import type { VerdictWire } from '../warning/wire.js'
import type { Asked, ShownFinding } from './cards.js'

const lineMax = 64

/** `at`: milliseconds, UTC: when the question was received. */
export function askedOf(
  { not_reached: notReached }: VerdictWire, shown: readonly ShownFinding[],
  { service, facts, isCurrent }: Asked, at: number,
): AskedWire {
  return {
    patient: { key: facts.patientKey },
    institution: facts.institution,
    visit_id: facts.visit,
    at: new Date(at).toISOString(),
    call: service.told.id,
    stage: service.stage === 'pre-alert' ? 'pre-alert' : 'audit',
    items_count: facts.lines.filter((line) => line.isCurrent).length,
    complete: isCurrent && notReached.length === 0,
    findings: shown.slice(0, askedFindingsMax).map(({ finding, card }) => {
      const { rule, severity, items, at_risk: { total_fen: fen } } = finding
      const lines = items.map(({ line }) => facts.lines[line]!.reference)
        .filter((line) => line.length <= lineMax).slice(0, askedLinesMax)
      return { id: card.uuid, rule, severity, at_risk_fen: fen, ...(lines.length === 0 ? {} : { lines }) }
    }),
  }
}
