// Who asks for a judgement while too many wait is refused before the framework sees the request: to refuse
// must cost a fraction of a judgement, or an overload leaves no time to judge. Reads no body.
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { ServiceError } from '../errors.js'
import { refusalOf } from './error-reply.js'
import { requestId } from './request-id.js'
import type { App, HttpDeps, HttpTimeouts } from './server.js'
import { Turns } from './turns.js'

/** What a request that is not read is answered. */
export interface Unread {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Waiting for a turn; with reading and judging that stays well under a deadline of 300 ms. */
const waitMsMax = 100
/** Longer than what stands between us and a caller keeps a connection, so that it is not we who hang up. */
const keepAliveMs = 72_000
/** One for all: an overload is no time to write down where it was met. */
const overloaded = new ServiceError('SERVICE_OVERLOADED')

/** One for an HTTP server: `serve` makes the server, `attach` ties it to the framework. */
export class Overload {
  readonly turns: Turns
  readonly #deps: Pick<HttpDeps, 'elapsed' | 'onAnswer'>
  readonly #routes = new Set<string>()
  readonly #voices: { readonly path: string, readonly say: (request: IncomingMessage) => Unread }[] = []
  #isStopping = false

  /** Where no delay of the event loop is too long (0), nobody waits too long either. */
  constructor(deps: Pick<HttpDeps, 'elapsed' | 'limits' | 'onAnswer'>) {
    const { elapsed, limits: { eventLoopDelayMsMax: delayMsMax } } = deps
    this.#deps = deps
    this.turns = new Turns({
      elapsed,
      waitMsMax: delayMsMax === 0 ? Infinity : Math.min(waitMsMax, delayMsMax),
      defer: (run) => { setImmediate(run) },
    })
  }

  /** What is posted to `path` and below it is refused in these words instead of as problem details. */
  sayNo(path: string, say: (request: IncomingMessage) => Unread): void {
    this.#voices.push({ path, say })
  }

  /** The server that stands before the framework. */
  serve(handler: RequestListener, { headersMs, requestMs, checkMs }: HttpTimeouts): Server {
    const options = {
      headersTimeout: headersMs, requestTimeout: requestMs, connectionsCheckingInterval: checkMs,
      keepAliveTimeout: keepAliveMs,
    }
    return createServer(options, (request, response) => {
      // Operators look, and never ask for a judgement.
      const isTooMany = request.method === 'POST' && this.turns.isFull && !this.#isStopping
      if (isTooMany) this.#refuse(request, response)
      else handler(request, response)
    })
  }

  attach(app: App): void {
    app.decorate('overload', this as Overload)
    app.decorateRequest('isLate', false)
    app.addHook('onRoute', ({ method, url }) => {
      if (method === 'POST') this.#routes.add(url)
    })
    app.addHook('preClose', (done) => {
      this.#isStopping = true // who comes now is told that, and hung up on
      done()
    })
    app.addHook('preValidation', ({ isLate }, _reply, done) => {
      done(isLate ? overloaded : undefined)
    })
  }

  /** The rest of the request is thrown away as it comes. */
  #refuse(request: IncomingMessage, response: ServerResponse): void {
    const { elapsed, onAnswer } = this.#deps
    const from = elapsed()
    const path = request.url!.split('?', 1)[0]!
    const voice = this.#voices.find((one) => path === one.path || path.startsWith(`${one.path}/`))
    const { status, headers, body } = voice === undefined ? problemFor(request) : voice.say(request)
    response.writeHead(status, headers).end(body)
    const route = voice?.path ?? (this.#routes.has(path) ? path : 'none')
    onAnswer({ route, seconds: (elapsed() - from) / 1_000, code: overloaded.code })
  }
}

function problemFor(request: IncomingMessage): Unread {
  const id = requestId(request)
  const { status, headers, problem } = refusalOf(overloaded, id)
  const all = { ...headers, 'x-request-id': id, 'cache-control': 'no-store' }
  return { status, headers: all, body: JSON.stringify(problem) }
}

declare module 'fastify' {
  interface FastifyInstance {
    /** For whose body is there and about to be parsed. */
    overload: Overload
  }
  interface FastifyRequest {
    /** Its turn came too late: it is refused, its body unread. */
    isLate: boolean
  }
}
