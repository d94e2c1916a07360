// POST /v1/feedback: what a user did with a warning, as an event of the stream. The same words on the same
// warning are one event, however often they are sent.
import { createHash } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { isReason } from '../claim/reason-codes.js'
import { FeedbackWire } from '../claim/wire.js'
import { ServiceError } from '../errors.js'
import { messageId } from '../warning/wire.js'
import { ProblemWire } from './error-reply.js'
import { messageOf, publishAll, relocated } from './events-route.js'
import type { App, EventMessage, HttpDeps } from './server.js'

const { at, ...said } = FeedbackWire.properties
const FeedbackBody = Type.Object({ ...said, at: Type.Optional(at) }, {
  additionalProperties: false, description: 'What the user did with a warning (反馈)',
})
type FeedbackBody = Static<typeof FeedbackBody>

export const FeedbackAnswer = Type.Object({
  sequence: Type.Integer({ description: 'Where it stands in the stream' }),
})

const source = '/v1/feedback'

/**
 * POST /v1/feedback: the scope `events`. Throws REQUEST_MALFORMED without a reason or with an unknown
 * rule, REQUEST_NOT_FOUND for a warning that nobody was shown.
 */
export function feedbackRoute(app: App, deps: HttpDeps): void {
  app.post('/v1/feedback', {
    config: { scope: 'events' },
    schema: {
      summary: 'Say what was done with a warning',
      description: 'A reason, in words or as a code, is required when the user goes on all the same. No `at` '
        + 'means now. Sent again it counts once, so tell `at` where the same may be decided again later; of '
        + 'two different ones the last counts. 404: nothing was shown under this id.',
      body: FeedbackBody,
      response: { 202: FeedbackAnswer, '4xx': ProblemWire, '5xx': ProblemWire },
    },
  }, async (request, reply) => {
    const [sequence] = await publishAll([eventOf(request, request.body, deps)], deps)
    void reply.code(202)
    return { sequence: sequence! }
  })
}

/** Throws ServiceError for what nobody may say, or what is about nothing. */
function eventOf(request: FastifyRequest, body: FeedbackBody, deps: HttpDeps): EventMessage {
  const { warning_id: warning, decision, reason, reason_code: code, rule: meant = '' } = body
  if (decision === 'continue' && (reason ?? '').trim() === '' && !isReason(code)) {
    const detail = 'a reason is required when continuing'
    throw new ServiceError('REQUEST_MALFORMED', { path: '/reason', detail })
  }
  if (meant !== '' && deps.rulebook().rules.every(({ id }) => id !== meant)) {
    throw new ServiceError('REQUEST_MALFORMED', { path: '/rule', detail: 'no rule has this id' })
  }
  const shown = deps.shownRule(warning)
  const rule = shown === undefined || shown === '' ? meant : shown
  const id = contentId(body)
  const time = new Date(deps.now()).toISOString()
  const data = { at: time, ...body, ...(rule === '' ? {} : { rule }) }
  const event = { specversion: '1.0' as const, id, source, type: 'feedback', time, data }
  const message = relocated((path) => path.replace(/^\/data/, ''), () => messageOf(event, { request, deps }))
  if (shown === undefined) { // only now: whose warnings there are is nobody else's business
    throw new ServiceError('REQUEST_NOT_FOUND', { path: '/warning_id', detail: 'nothing was shown under it' })
  }
  return { ...message, id: messageId('http', request.caller!.id, source, id) }
}

/** Made of what is said, not of when it arrived: sent again it is the same event. */
function contentId(body: FeedbackBody): string {
  const { warning_id, decision, reason = '', reason_code: code = '', rule = '', at: when = '' } = body
  const content = JSON.stringify([warning_id, decision, reason, code, rule, when])
  return `feedback-${createHash('sha256').update(content).digest('hex').slice(0, 32)}`
}
