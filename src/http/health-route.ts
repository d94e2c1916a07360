// GET /livez: the process answers. GET /readyz: it takes part; else why not, and what helps.
// Neither asks for a key or counts against a limit: an orchestrator must always learn the
// truth.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import type { App, HttpDeps } from './server.js'

export const Readiness = Type.Object({
  ready: Type.Boolean(),
  reasons: Type.Array(Type.Object({
    code: Type.String({ description: 'An error code, or a phase such as catching-up' }),
    message: Type.String({ description: 'What is the matter' }),
    remedy: Type.String({ description: 'What an operator can do; empty: it passes by itself' }),
  }), { description: 'Empty when ready' }),
})
export const Alive = Type.Object({ status: Type.Literal('alive') })

export type Readiness = Static<typeof Readiness>

/** Always answered, and at once: not counted by the limits (and, as every GET, not refused under load). */
export const always = { rateLimit: false as const }

/** GET /livez and /readyz, without a key; /readyz answers 503 while the service takes no part. */
export function healthRoutes(app: App, { readiness }: HttpDeps): void {
  app.get('/livez', {
    config: always,
    schema: { summary: 'Does the process answer?', security: [], response: { 200: Alive } },
  }, () => ({ status: 'alive' as const }))

  app.get('/readyz', {
    config: always,
    schema: {
      summary: 'Does the service take part?',
      security: [],
      response: { 200: Readiness, 503: Readiness },
    },
  }, (_request, reply) => {
    const answer = readiness()
    void reply.code(answer.ready ? 200 : 503).send(answer)
  })
}
