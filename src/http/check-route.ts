// POST /v1/check: what is wrong with a bill that is about to be settled, within the caller's
// time budget. Judges nothing itself and remembers nothing.
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Static, TSchema } from '@sinclair/typebox'
import type { FastifySchemaCompiler } from 'fastify'
import { SettlementWire } from '../claim/wire.js'
import { VerdictWire } from '../warning/wire.js'
import { requireInstitution, textAt } from './access.js'
import { budgetMsMax, stopAfter } from './budget.js'
import { ProblemWire } from './error-reply.js'
import type { App, HttpDeps } from './server.js'

export const CheckAnswer = Type.Composite([VerdictWire, Type.Object({
  history_age_ms: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: '历史数据距今的毫秒数：0 为最新；大于 0 表示事件流中断或正在追赶；'
      + 'null：启动以来还没有收到事件，不知有多旧',
  }),
})], { additionalProperties: false, description: '结论：对结算前询问的回答' })

export type CheckAnswer = Static<typeof CheckAnswer>

export interface CheckAsked {
  readonly stop: () => boolean
  /** Who asks at which moment; undefined: before the bill, and told at length. */
  readonly stage?: 'pre-alert' | 'audit'
}

const stage = Type.Optional(Type.Union([Type.Literal('pre-alert'), Type.Literal('audit')], {
  description: 'pre-alert: while ordering, with the short sentence for the doctor; audit: while settling, '
    + 'with the full one. Without it: the rules of pre-alert, with the full sentence',
}))

const budget = Type.Optional(Type.Integer({
  minimum: 1, maximum: budgetMsMax, description: 'Milliseconds within which to answer',
}))

/** decode checks these with compiled schemas, and says more about a mistake. */
const decodedBodies = ['/v1/check', '/v1/events']

/** The compiled check of every route; what decode will check is not checked twice. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = (route) => {
  const isDecoded = route.httpPart === 'body' && decodedBodies.includes(route.url)
  return isDecoded ? () => true : TypeBoxValidatorCompiler(route)
}

/**
 * POST /v1/check: the scope `check`, for the key's own institution. The header x-deadline-ms wins over
 * deadline_ms; milliseconds since the request came.
 */
export function checkRoute(app: App, { check, elapsed, limits }: HttpDeps): void {
  app.post('/v1/check', {
    config: { scope: 'check' },
    schema: {
      summary: 'Judge a bill before it is settled',
      description: 'Remembers nothing. The body is the `data` of a settlement event. Rules that '
        + 'were not reached within the budget are listed, and `complete` is false.',
      body: SettlementWire,
      headers: Type.Object({ 'x-deadline-ms': budget }),
      querystring: Type.Object({ deadline_ms: budget, stage }),
      response: { 200: CheckAnswer, '4xx': ProblemWire, '5xx': ProblemWire },
    },
  }, (request, reply) => {
    const body: unknown = request.body
    const institution = textAt(body, 'visit', 'institution', 'id')
    // Without one there is no claim: check refuses it, with the path.
    if (institution !== undefined) requireInstitution(request, institution)
    const { 'x-deadline-ms': header } = request.headers
    const budgetMs = header ?? request.query.deadline_ms ?? limits.checkBudgetMs
    const stop = stopAfter(elapsed, { startedAt: request.startedAt, budgetMs })
    const { stage: asked } = request.query
    void reply.send(check(body, { stop, ...(asked === undefined ? {} : { stage: asked }) }))
  })
}
