// GET /v1/warnings: the warnings of one institution in the order of the stream, page by page,
// for a hospital that was away or has no NATS. Reads and never deletes.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { ServiceError } from '../errors.js'
import { requireInstitution } from './access.js'
import { ProblemWire } from './error-reply.js'
import { everyInstitution } from './keys.js'
import type { App, HttpDeps } from './server.js'

const limitMax = 1_000
const limitDefault = 100

export const WarningsPage = Type.Object({
  items: Type.Array(Type.Object({
    sequence: Type.Integer(),
    warning: Type.Unknown({ description: 'A warning or a withdrawal, as it was published' }),
  })),
  next: Type.Integer({ description: 'The sequence to ask for next, as `after`' }),
})

export type WarningsPage = Static<typeof WarningsPage>

export function warningsRoute(app: App, { warningsAfter }: HttpDeps): void {
  app.get('/v1/warnings', {
    config: { scope: 'warnings' },
    schema: {
      summary: 'Read warnings on from a sequence',
      querystring: Type.Object({
        institution: Type.Optional(Type.String({
          pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'The key’s own when absent',
        })),
        after: Type.Optional(Type.Integer({
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          description: '0, the beginning, when absent',
        })),
        limit: Type.Optional(Type.Integer({
          minimum: 1, maximum: limitMax, description: `${limitDefault} when absent`,
        })),
      }),
      response: { 200: WarningsPage, '4xx': ProblemWire, '5xx': ProblemWire },
    },
  }, (request) => {
    const { after = 0, limit = limitDefault } = request.query
    const institution = request.query.institution ?? request.caller!.institution
    if (institution === everyInstitution) {
      const detail = 'say whose warnings'
      throw new ServiceError('REQUEST_MALFORMED', { path: '/institution', detail })
    }
    requireInstitution(request, institution)
    return warningsAfter({ institution, afterSequence: after, limit })
  })
}
