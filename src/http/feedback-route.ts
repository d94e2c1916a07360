// POST /v1/feedback: what a user did with a warning, as an event of the stream.
import { Type } from '@sinclair/typebox'
import { FeedbackWire } from '../claim/wire.js'
import { ServiceError } from '../errors.js'
import { ProblemWire } from './error-reply.js'
import { messageOf, publishAll, relocated } from './events-route.js'
import type { App, HttpDeps } from './server.js'

const { warning_id, decision, reason, at } = FeedbackWire.properties
const FeedbackBody = Type.Object({ warning_id, decision, reason, at: Type.Optional(at) }, {
  additionalProperties: false, description: 'What the user did with a warning (反馈)',
})

export const FeedbackAnswer = Type.Object({
  sequence: Type.Integer({ description: 'Where it stands in the stream' }),
})

export function feedbackRoute(app: App, deps: HttpDeps): void {
  app.post('/v1/feedback', {
    config: { scope: 'events' },
    schema: {
      summary: 'Say what was done with a warning',
      description: 'A reason is required when the user goes on all the same. No `at` means now.',
      body: FeedbackBody,
      response: { 202: FeedbackAnswer, '4xx': ProblemWire, '5xx': ProblemWire },
    },
  }, async (request, reply) => {
    const { body } = request
    if (body.decision === 'continue' && (body.reason ?? '').trim() === '') {
      const detail = 'a reason is required when continuing'
      throw new ServiceError('REQUEST_MALFORMED', { path: '/reason', detail })
    }
    const time = new Date(deps.now()).toISOString()
    const event = {
      specversion: '1.0' as const,
      id: request.id,
      source: '/v1/feedback',
      type: 'feedback',
      time,
      data: { at: time, ...body },
    }
    const message = relocated(
      (path) => path.replace(/^\/data/, ''), () => messageOf(event, { request, deps }))
    const [sequence] = await publishAll([message], deps)
    void reply.code(202)
    return { sequence: sequence! }
  })
}
