// Builds the HTTP door from plain functions: no port, no signals, no clock of its own. What is
// common to all routes is here: request ids, limits, keys, errors, the OpenAPI document.
import type { IncomingMessage, ServerResponse } from 'node:http'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import underPressure from '@fastify/under-pressure'
import { fastify, LogController } from 'fastify'
import type {
  FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest, RawServerDefault,
} from 'fastify'
import type { Jump } from '../engine/overrides.js'
import { ServiceError } from '../errors.js'
import type { Mistake } from '../rulebook/mistake.js'
import type { Rule, RuleBook } from '../rulebook/rulebook.js'
import { identifyCallers, requireScopes } from './access.js'
import { auditAnswers } from './audit-hook.js'
import type { Audit } from './audit-hook.js'
import { checkRoute, validatorCompiler } from './check-route.js'
import type { CheckAnswer, CheckAsked } from './check-route.js'
import { refusalOf, refuseConnection } from './error-reply.js'
import { eventsRoute } from './events-route.js'
import { feedbackRoute } from './feedback-route.js'
import { feedbackSummaryRoute } from './feedback-summary-route.js'
import type { FeedbackSummary } from './feedback-summary-route.js'
import { indicatorsRoute } from './indicators-route.js'
import type { IndicatorsAnswer } from './indicators-route.js'
import { healthRoutes } from './health-route.js'
import type { Readiness } from './health-route.js'
import type { Keys } from './keys.js'
import { addJsonParser } from './json-parser.js'
import { metricsRoute } from './metrics-route.js'
import { withRefusals } from './openapi.js'
import { Overload } from './overload.js'
import { requestId } from './request-id.js'
import { rulesRoutes } from './rules-route.js'
import { warningsRoute } from './warnings-route.js'
import type { WarningsPage } from './warnings-route.js'
import { warningsStreamRoute } from './warnings-stream.js'
import type { StreamDeps } from './warnings-stream.js'

export type App = FastifyInstance<
  RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider
>

export interface EventMessage {
  readonly subject: string
  /** The same content of the same sender has the same id. */
  readonly id: string
  readonly body: string
}

/** All the door needs of the service. Functions may throw ServiceError; it becomes the answer. */
export interface HttpDeps {
  /** Decodes a settlement's data, judges it and remembers nothing; asks `stop` between rules. */
  check(body: unknown, options: CheckAsked): CheckAnswer
  /** Resolves when the stream has the event. */
  publishEvent(message: EventMessage): Promise<{ readonly sequence: number }>
  /** The largest event that the NATS server takes at present. */
  eventBytesMax(): number
  warningsAfter(page: {
    readonly institution: string
    readonly afterSequence: number
    readonly limit: number
  }): Promise<WarningsPage>
  /** The rule of what was shown under an id, '' where it is not known which; undefined: nothing was. */
  shownRule(warningId: string): string | undefined
  /** What was done with findings; of all institutions where none is named; days YYYY-MM-DD. */
  feedbackSummary(asked: {
    readonly institution: string | undefined
    readonly from: string | undefined
    readonly to: string | undefined
  }): FeedbackSummary
  /** Of one institution; `month` YYYY-MM, the present one when undefined. */
  indicators(institution: string, month: string | undefined): IndicatorsAnswer
  /** Warnings as they come. */
  readonly stream: StreamDeps
  /** Where every reading of personal data is told. */
  readonly audit: Audit
  /** The rule book in force. */
  rulebook(): Pick<RuleBook, 'version' | 'rules'>
  /** This rule fires too often and is not sent. */
  isHeld(rule: string): boolean
  /** Whether users suddenly go on with it all the same, and since when it is on trial for that. */
  overridesOf(rule: Rule): { readonly jump: Jump | undefined, readonly demotedDay: number | undefined }
  reload(): Promise<
    | { readonly ok: true, readonly version: string, readonly isChanged: boolean }
    | { readonly ok: false, readonly mistakes: readonly Mistake[] }
  >
  readiness(): Readiness
  metricsText(): Promise<string>
  /** Milliseconds of the wall clock: when an event was received. */
  now(): number
  /** Milliseconds that never go back (performance.now): what a time budget is measured with. */
  elapsed(): number
  readonly keys: Keys
  readonly limits: HttpLimits
  /** After every answer; `code` is '' when it was no error. */
  onAnswer(answer: { route: string, seconds: number, code: string }): void
  readonly log: FastifyBaseLogger
  readonly version: string
}

export interface HttpLimits {
  readonly bodyBytesMax: number
  /** For a check whose caller states no budget. */
  readonly checkBudgetMs: number
  readonly rateLimitPerSecond: number
  /** Mean delay of the event loop above which requests get 503; 0: never. */
  readonly eventLoopDelayMsMax: number
  /** How often that delay is looked at. */
  readonly eventLoopSampleMs?: number
  readonly timeouts?: HttpTimeouts
}

/** After which a connection that sends too slowly is closed; milliseconds. */
export interface HttpTimeouts {
  readonly headersMs: number
  /** The whole request, its head included. */
  readonly requestMs: number
  /** How often connections are looked at. */
  readonly checkMs: number
}

declare module 'fastify' {
  interface FastifyRequest {
    /** By the clock `elapsed`, when the head of the request was there: before its body is read. */
    startedAt: number
    errorCode: string
  }
}

/** A head of a request is one packet, 1 MiB over a bad line takes some seconds: slower is an attack. */
const timeouts: HttpTimeouts = { headersMs: 10_000, requestMs: 30_000, checkMs: 1_000 }
const loopSampleMs = 250 // an overload is met within a quarter of a second
const rateWindowMs = 1_000

/** The whole door, ready for listen() or inject(). close() finishes what has begun. */
export async function buildServer(deps: HttpDeps): Promise<App> {
  const { limits, log } = deps
  const overload = new Overload(deps)
  const app: App = fastify({
    serverFactory: (handler) => overload.serve(handler, limits.timeouts ?? timeouts),
    loggerInstance: log,
    // Nothing per request at info: the metrics count them.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.bodyBytesMax,
    return503OnClosing: false, // refuseWhileStopping says it as problem details
    genReqId: requestId,
    frameworkErrors: (error, request, reply) => sendRefusal(deps, error, { request, reply }),
    clientErrorHandler: refuseConnection,
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  // Answers are made here: there is nothing to strip, and plain JSON.stringify is as fast as a
  // compiled serializer of unions. The response schemas are the OpenAPI document's.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer))
  app.setErrorHandler((error, request, reply) => sendRefusal(deps, error, { request, reply }))
  overload.attach(app)
  addJsonParser(app)
  measure(app, deps)
  refuseWhileStopping(app)
  await app.register(underPressure, {
    maxEventLoopDelay: limits.eventLoopDelayMsMax,
    sampleInterval: limits.eventLoopSampleMs ?? loopSampleMs,
    // Operators look, and most of all then: only who asks for work is refused.
    pressureHandler: ({ method }) => {
      if (method === 'POST') throw new ServiceError('SERVICE_OVERLOADED')
    },
  })
  identifyCallers(app, deps.keys)
  await app.register(rateLimit, {
    max: limits.rateLimitPerSecond,
    timeWindow: rateWindowMs,
    keyGenerator: ({ caller, ip }) => (caller?.id ?? '') === '' ? ip : `key ${caller?.id}`,
    errorResponseBuilder: () => new ServiceError('REQUEST_TOO_MANY'),
  })
  requireScopes(app)
  auditAnswers(app, deps.audit)
  await documented(app, deps)
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, () => {
    throw new ServiceError('REQUEST_NOT_FOUND')
  })
  return app
}

/** The routes, and the document that lists them. */
async function documented(app: App, deps: HttpDeps): Promise<void> {
  await app.register(swagger, {
    transform: withRefusals,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'claimsentry',
        version: deps.version,
        description: '医保基金哨兵: what is wrong with a bill, while it can still be put right',
      },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: [{ key: [] }],
    },
  })
  checkRoute(app, deps)
  eventsRoute(app, deps)
  feedbackRoute(app, deps)
  feedbackSummaryRoute(app, deps)
  warningsRoute(app, deps)
  indicatorsRoute(app, deps)
  warningsStreamRoute(app, deps)
  rulesRoutes(app, deps)
  healthRoutes(app, deps)
  metricsRoute(app, deps)
  await app.register(swaggerUi, { routePrefix: '/docs' })
}

function measure(app: App, { elapsed, onAnswer }: HttpDeps): void {
  app.decorateRequest('startedAt', 0)
  app.decorateRequest('errorCode', '')
  app.addHook('onRequest', (request, reply, done) => {
    request.startedAt = elapsed()
    // Answers name patient keys: no cache on the way may keep them.
    void reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store' })
    done()
  })
  app.addHook('onResponse', (request, _reply, done) => {
    const { errorCode: code, startedAt, routeOptions: { url: route = 'none' } } = request
    onAnswer({ route, seconds: (elapsed() - startedAt) / 1_000, code })
    done()
  })
}

/** What has begun is finished; what comes after learns to go elsewhere. */
function refuseWhileStopping(app: App): void {
  let isStopping = false
  app.addHook('preClose', (done) => {
    isStopping = true
    done()
  })
  app.addHook('onRequest', (_request, _reply, done) => {
    done(isStopping ? new ServiceError('SERVICE_STOPPING') : undefined)
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    // A connection that was busy when the stop began would else be kept until its time is over.
    if (isStopping) void reply.header('connection', 'close')
    done()
  })
}

interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

function sendRefusal({ log }: HttpDeps, error: unknown, { request, reply }: Exchange): void {
  const { status, code, headers, problem } = refusalOf(error, request.id)
  request.errorCode = code
  if (status === 500) log.error({ err: error, request: request.id }, 'a request failed')
  // Where a limiter said when to come back, its answer stands.
  const isTold = reply.hasHeader('retry-after')
  const kept = isTold ? { 'content-type': headers['content-type'] } : headers
  void reply.code(status).headers(kept).send(JSON.stringify(problem))
}
