// GET /metrics: Prometheus' text. What it says is made elsewhere.
import { Type } from '@sinclair/typebox'
import { always } from './health-route.js'
import type { App, HttpDeps } from './server.js'

const textFormat = 'text/plain; version=0.0.4; charset=utf-8'

/** GET /metrics: the scope `metrics`, without a rate limit. */
export function metricsRoute(app: App, { metricsText }: HttpDeps): void {
  app.get('/metrics', {
    config: { ...always, scope: 'metrics' },
    schema: {
      summary: 'Metrics for Prometheus',
      response: {
        200: {
          description: 'Prometheus text format 0.0.4',
          content: { 'text/plain': { schema: Type.String() } },
        },
      },
    },
  }, async (_request, reply) => {
    const text = await metricsText()
    return reply.type(textFormat).serializer((plain: string) => plain).send(text)
  })
}
