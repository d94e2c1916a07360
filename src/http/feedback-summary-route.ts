// GET /v1/feedback/summary: by rule what was shown before bills were settled, what was followed and what
// was continued all the same, over a span of days. Figures only, of nobody.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { reasonCodes } from '../claim/reason-codes.js'
import { requireInstitution } from './access.js'
import { ProblemWire } from './error-reply.js'
import { everyInstitution } from './keys.js'
import type { App, HttpDeps } from './server.js'
import { InstitutionWire } from './warnings-route.js'

const count = (description: string) => Type.Integer({ description })
const rate = (description: string) => Type.Union([Type.Number(), Type.Null()], { description })
const figures = {
  shown: count('Findings shown'),
  visits: count('Visits in which it was shown'),
  repeats: count('Times that it was shown in a visit again'),
  followed: count('Findings that the user went back to change'),
  overridden: count('Findings with which the user went on all the same'),
  reasons: Type.Object(Object.fromEntries(reasonCodes.map((code) => [code, Type.Integer()])), {
    description: 'The overridden ones by reason',
  }),
  changed: count('Visits settled in these days whose bill had no finding of the rule any more'),
  kept: count('Visits settled in these days whose bill still had one'),
  compliance_rate: rate('遵从率: followed of all that were answered, 0 to 1; null while none was'),
  override_rate: rate('overridden of all that were answered'),
  repeats_per_visit: rate('null while it was shown in no visit'),
}

export const FeedbackSummary = Type.Object({
  institution: Type.Union([Type.String(), Type.Null()], { description: 'null: all of them' }),
  from: Type.String({ description: 'YYYY-MM-DD' }),
  to: Type.String({ description: 'YYYY-MM-DD, included' }),
  complete: Type.Boolean({ description: 'False: events of these days are missing, or not read yet' }),
  total: Type.Object(figures),
  rules: Type.Array(Type.Object({
    rule: Type.String({ description: 'Empty: feedback on a warning as a whole, which names no rule' }),
    title: Type.String({ description: 'Empty for a rule that is not in the rule book any more' }),
    ...figures,
  })),
})
export type FeedbackSummary = Static<typeof FeedbackSummary>

const DayWire = (description: string) => Type.Optional(Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}$', description,
}))

/** GET /v1/feedback/summary: the scope `warnings`; REQUEST_FORBIDDEN for another institution's. */
export function feedbackSummaryRoute(app: App, { feedbackSummary }: HttpDeps): void {
  app.get('/v1/feedback/summary', {
    config: { scope: 'warnings' },
    schema: {
      summary: 'Read what was done with findings, by rule',
      description: 'By the day on which it was shown or answered. Half a year is kept. A key of an '
        + 'institution sees its own; a key for all sees one of them, or all together.',
      querystring: Type.Object({
        institution: InstitutionWire,
        from: DayWire('YYYY-MM-DD; 29 days before `to` when absent'),
        to: DayWire('YYYY-MM-DD, included; today when absent'),
      }),
      response: { 200: FeedbackSummary, '4xx': ProblemWire, '5xx': ProblemWire },
    },
  }, (request) => {
    const { institution: wanted, from, to } = request.query
    const institution = wanted ?? request.caller!.institution // the route has a scope, so there is a caller
    requireInstitution(request, institution)
    return feedbackSummary({
      institution: institution === everyInstitution ? undefined : institution, from, to,
    })
  })
}
