// What the user did with cards, as data of feedback events, entry by entry: what is wrong with one
// refuses that one and no other.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { reasonCodeOf } from '../claim/reason-codes.js'
import type { ReasonCode } from '../claim/reason-codes.js'
import { overrideReasons, unsaid } from './reasons.js'

const entriesMax = 500
const reasonMax = 500

const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }))

export const CdsFeedbackBody = Type.Object({
  feedback: Type.Array(Type.Object({
    card: Type.String({ pattern: '^[0-9a-fA-F-]{36}$', description: 'uuid of the card' }),
    outcome: Type.Union([Type.Literal('accepted'), Type.Literal('overridden')]),
    acceptedSuggestions: Type.Optional(Type.Array(Type.Object({ id: Type.String({ maxLength: 64 }) }))),
    overrideReason: Type.Optional(Type.Object({
      reason: Type.Optional(Type.Object({ code: text(64), system: text(200), display: text(200) })),
      userComment: text(reasonMax),
    })),
    outcomeTimestamp: text(40),
  }), { minItems: 1, maxItems: entriesMax }),
})

type Entry = Static<typeof CdsFeedbackBody>['feedback'][number]

/** Data of a feedback event (FeedbackWire). */
export interface CdsFeedback {
  readonly warning_id: string
  readonly decision: 'continue' | 'change'
  readonly reason: string
  readonly reason_code?: ReasonCode
  readonly rule?: string
  readonly at: string
}

/** Whom the card was for, which rule it told of; `now`: for a moment nobody tells, or yet to come. */
export function feedbackOf(
  { card, outcome, overrideReason, outcomeTimestamp }: Entry,
  { institution, rule }: { readonly institution: string, readonly rule: string }, now: number,
): CdsFeedback {
  const told = Date.parse(outcomeTimestamp ?? '')
  return {
    warning_id: `${institution}:${card.toLowerCase()}`,
    decision: outcome === 'accepted' ? 'change' : 'continue',
    ...(outcome === 'accepted'
      ? { reason: '' }
      : { reason: reasonOf(overrideReason), reason_code: codeOf(overrideReason) }),
    ...(rule === '' ? {} : { rule }),
    at: new Date(told <= now ? told : now).toISOString(),
  }
}

function reasonOf(given: Entry['overrideReason']): string {
  const { code = '', display = '' } = given?.reason ?? {}
  const ours = overrideReasons.find((one) => one.code === code)?.display
  const parts = [ours ?? (display || code), given?.userComment?.trim() ?? ''].filter((part) => part !== '')
  return parts.length === 0 ? unsaid : parts.join('：').slice(0, reasonMax)
}

/** Ours where it is one; a comment, or another's code, is told in words. */
function codeOf(given: Entry['overrideReason']): ReasonCode {
  const { code = '', display = '' } = given?.reason ?? {}
  const ours = overrideReasons.find((one) => one.code === code)?.code
  return reasonCodeOf(ours ?? (display || code || (given?.userComment ?? '')))
}
