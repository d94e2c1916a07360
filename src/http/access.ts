// Who asks, and whether they may: the caller of a request, the scope of a route, the one
// institution a key speaks for. Refuses before the body is parsed.
import type { FastifyRequest } from 'fastify'
import { ServiceError } from '../errors.js'
import type { App } from './server.js'
import { everyInstitution } from './keys.js'
import type { Caller, Keys, Scope } from './keys.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key must be allowed for this route; absent: no key is asked for. */
    scope?: Scope
  }
  interface FastifyRequest {
    caller: Caller | undefined
  }
}

/** Learns who asks. Comes before the rate limit, which counts by caller. */
export function identifyCallers(app: App, keys: Keys): void {
  app.decorateRequest('caller')
  app.addHook('onRequest', (request, _reply, done) => {
    request.caller = keys.callerOf(presentedKey(request))
    done()
  })
}

/** Refuses callers without the route's scope; after the rate limit, so that guessing is slow. */
export function requireScopes(app: App): void {
  app.addHook('preParsing', (request, _reply, _payload, done) => {
    const { scope } = request.routeOptions.config
    if (scope === undefined) return done()
    if (request.caller === undefined) return done(new ServiceError('REQUEST_UNAUTHORIZED'))
    if (request.caller.scopes.includes(scope)) return done()
    done(new ServiceError('REQUEST_FORBIDDEN', { detail: `it has no scope ${scope}` }))
  })
}

/** Whether a key may see and send what is this institution's. */
export function maySpeakFor({ institution: own }: Caller, institution: string): boolean {
  return own === everyInstitution || own === institution
}

/** A key of an institution sees and sends only its own. */
export function requireInstitution({ caller }: FastifyRequest, institution: string): void {
  if (maySpeakFor(caller!, institution)) return // the route has a scope, so there is a caller
  const detail = institution === everyInstitution
    ? 'only a key for all institutions may'
    : 'it is another institution’s'
  throw new ServiceError('REQUEST_FORBIDDEN', { detail })
}

/** As it came: whether anybody has it is another question. */
export function presentedKey({ headers }: FastifyRequest): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  const given = bearer ?? headers['x-api-key']
  return typeof given === 'string' ? given : undefined
}

/** The text at a path of something that nobody has checked yet; undefined where there is none. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  let at: unknown = value
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = Reflect.get(at, name)
  }
  return typeof at === 'string' ? at : undefined
}
