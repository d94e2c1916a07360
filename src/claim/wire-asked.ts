// An `asked` event: that a hospital asked before a bill was settled, and what it was told. It changes no
// history; what was shown and what then was settled can be laid side by side. Shape only.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

/** Findings told: as many as an answer shows. */
export const askedFindingsMax = 200
/** Lines named of one finding: with 200 findings still far below the largest event. */
export const askedLinesMax = 20

export const AskedWire = Type.Object({
  patient: Type.Object({
    key: Type.String({ maxLength: 64, description: '[A-Za-z0-9_-]{8,64}: keyed hash, as of a settlement' }),
  }, { additionalProperties: false }),
  institution: Type.String({
    minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9_-]+$', description: 'fixmedins_code',
  }),
  visit_id: Type.String({ maxLength: 64, description: 'mdtrt_id' }),
  at: Type.String({ maxLength: 40, description: 'When the question was received' }),
  call: Type.String({ maxLength: 32, description: 'infno (3101, 3102, …) or the service of CDS Hooks' }),
  stage: Type.Union([Type.Literal('pre-alert'), Type.Literal('audit')], { description: 'Which rules ran' }),
  scene: Type.Optional(Type.Integer({ minimum: 1, maximum: 10, description: 'trig_scen' })),
  items_count: Type.Integer({ minimum: 0, description: 'Lines asked about' }),
  complete: Type.Boolean({ description: 'Whether every rule was reached within the deadline' }),
  findings: Type.Array(Type.Object({
    id: Type.String({ maxLength: 64, description: 'jr_id, or uuid of the card: feedback refers to it' }),
    rule: Type.String({ maxLength: 64 }),
    severity: Type.String({ maxLength: 16 }),
    at_risk_fen: Type.Integer({ description: 'Amount at risk' }),
    lines: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), {
      maxItems: askedLinesMax, description: 'rx_id or resource of the lines concerned, violating ones first',
    })),
  }, { additionalProperties: false }), { maxItems: askedFindingsMax, description: 'What was shown' }),
}, { additionalProperties: false, description: 'A question before a bill was settled (事前、事中询问)' })

export type AskedWire = Static<typeof AskedWire>
