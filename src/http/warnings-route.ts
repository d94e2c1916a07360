// GET /v1/warnings: the warnings of one institution in the order of the stream, page by page,
// for a hospital that was away or has no NATS. Reads and never deletes; each page is in the audit log
// before it leaves.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { ServiceError } from '../errors.js'
import { requireInstitution } from './access.js'
import { readOf } from './audit-hook.js'
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
  more: Type.Boolean({ description: 'There are more already; a page of large warnings may be a short one' }),
})

export type WarningsPage = Static<typeof WarningsPage>

export const InstitutionWire = Type.Optional(Type.String({
  pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'The key’s own when absent',
}))
export const AfterWire = Type.Optional(Type.Integer({
  minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'A sequence; those after it are wanted',
}))

/**
 * GET /v1/warnings: the scope `warnings`. Throws REQUEST_MALFORMED where a key for all names no
 * institution. Every read is in the audit log before its answer goes out.
 */
export function warningsRoute(app: App, { warningsAfter, audit }: HttpDeps): void {
  app.get('/v1/warnings', {
    config: { scope: 'warnings' },
    schema: {
      summary: 'Read warnings on from a sequence',
      description: 'In the order of the stream, from its beginning without `after`. Ask again with `next` '
        + 'while there are `more`, and then whenever you like.',
      querystring: Type.Object({
        institution: InstitutionWire,
        after: AfterWire,
        limit: Type.Optional(Type.Integer({
          minimum: 1, maximum: limitMax, description: `${limitDefault} when absent`,
        })),
      }),
      response: { 200: WarningsPage, '4xx': ProblemWire, '5xx': ProblemWire },
    },
  }, async (request) => {
    const { after = 0, limit = limitDefault } = request.query
    const institution = askedInstitution(request, request.query.institution)
    const page = await warningsAfter({ institution, afterSequence: after, limit })
    const range = `after ${after}, ${page.items.length} read, until ${page.next}`
    await audit.append(readOf(request, { institution, range }))
    return page
  })
}

/** Whose warnings: one institution's, and the caller may read them. */
export function askedInstitution(request: FastifyRequest, wanted: string | undefined): string {
  const institution = wanted ?? request.caller!.institution // the route has a scope, so there is a caller
  if (institution === everyInstitution) {
    throw new ServiceError('REQUEST_MALFORMED', { path: '/institution', detail: 'say whose warnings' })
  }
  requireInstitution(request, institution)
  return institution
}
