// The door of CDS Hooks 2.0: discovery, two services, feedback. A Fastify plugin over plain functions, for
// service.ts to register. Remembers nothing but for whom it made which card, and that within a bound.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { AskedWire } from '../claim/wire-asked.js'
import { ServiceError } from '../errors.js'
import type { Stage } from '../rulebook/rulebook.js'
import type { VerdictWire } from '../warning/wire.js'
import { askedOf } from './asked.js'
import { CdsCard, cardsOf } from './cards.js'
import { factsOf } from './facts.js'
import { CdsFeedbackBody, feedbackOf } from './feedback.js'
import type { CdsFeedback } from './feedback.js'
import { cdsServices } from './services.js'
import type { CdsService } from './services.js'
import type { CdsSettings } from './settings.js'

/** Cards of some days of a province; an older one is the key's institution's, if it was shown that. */
const cardsMax = 200_000

interface JudgeOptions {
  readonly stop: () => boolean
  readonly stage: Stage
}

export interface Judged {
  readonly verdict: VerdictWire
  /** False while the histories are behind the stream. */
  readonly isCurrent: boolean
}

export interface CdsDeps {
  /** Decodes data of a settlement and judges it. Throws ServiceError for what cannot be judged. */
  judge(settlement: object, options: JudgeOptions): Judged
  /** Tells the stream what was asked, after the answer: never waits, never throws. */
  noteAsked(asked: AskedWire): void
  /** Resolves when the stream has the feedback; `outcomeAt`: its moment as the client wrote it. */
  tell(feedback: CdsFeedback, institution: string, outcomeAt: string): Promise<void>
  /** The rule of what was shown under an id, '' where it is not known which; undefined: nothing was. */
  shownRule(warningId: string): string | undefined
  /** The opaque key of a person number. */
  keyOf(person: string): string
  mayAsk(request: FastifyRequest, institution: string): boolean
  /** The one institution that the caller's key speaks for; undefined for a key for all. */
  institutionOf(request: FastifyRequest): string | undefined
  /** What a judgement asks between its rules: whether the answer must go now. */
  stopFor(request: FastifyRequest): () => boolean
  readonly settings: CdsSettings
  now(): number
}

const HookCall = Type.Object({
  hook: Type.String({ maxLength: 64 }),
  hookInstance: Type.String({ minLength: 1, maxLength: 64 }),
  context: Type.Record(Type.String(), Type.Unknown()),
  prefetch: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
})
const Discovery = Type.Object({ services: Type.Array(Type.Object({
  hook: Type.String(), id: Type.String(), title: Type.String(), description: Type.String(),
  usageRequirements: Type.String(), prefetch: Type.Record(Type.String(), Type.String()),
})) })
const Told = Type.Object({
  accepted: Type.Integer(),
  refused: Type.Array(Type.String({ description: 'uuid of a card we do not know' })),
})

/**
 * CDS Hooks 2.0: the discovery, open to all, and for each service its call and its feedback. Cards
 * shown are known in memory, a bounded number, as long as the process lives.
 */
export function cdsDoor(deps: CdsDeps): FastifyPluginCallback {
  return (app, _options, done) => {
    const shown = new LRUCache<string, ShownCard>({ max: cardsMax })
    shareWith(app, deps.settings.origins)
    app.get('/cds-services', {
      schema: { summary: 'CDS Hooks 2.0: what we offer', security: [], response: { 200: Discovery } },
    }, () => ({ services: cdsServices.map(({ told }) => told) }))
    for (const service of cdsServices) {
      serviceRoute(app, service, { ...deps, shown })
      feedbackRoute(app, service, { ...deps, shown })
    }
    done()
  }
}

interface ShownCard {
  readonly institution: string
  /** '' for a card that tells of no finding. */
  readonly rule: string
}

interface RouteDeps extends CdsDeps {
  readonly shown: LRUCache<string, ShownCard>
}

function serviceRoute(app: FastifyInstance, service: CdsService, deps: RouteDeps): void {
  app.post<{ Body: Static<typeof HookCall> }>(`/cds-services/${service.told.id}`, {
    config: { scope: 'check' },
    schema: {
      summary: service.told.title,
      description: `${service.told.description}。Remembers nothing. 412: a needed prefetch is missing.`,
      body: HookCall,
      response: { 200: Type.Object({ cards: Type.Array(CdsCard) }) },
    },
  }, (request) => {
    const { hook, hookInstance, context, prefetch = {} } = request.body
    if (hook !== service.told.hook) {
      const detail = `here it is ${service.told.hook}`
      throw new ServiceError('REQUEST_MALFORMED', { path: '/hook', detail })
    }
    const { settings, keyOf, judge, shown } = deps
    const facts = factsOf(service, { context, prefetch }, {
      settings, keyOf, ownInstitution: deps.institutionOf(request),
    })
    if (!deps.mayAsk(request, facts.institution)) {
      throw new ServiceError('REQUEST_FORBIDDEN', { detail: 'it is another institution’s' })
    }
    request.asker = { who: '', institution: facts.institution }
    const { verdict, isCurrent } = judge(facts.settlement, {
      stop: deps.stopFor(request), stage: service.stage,
    })
    const asked = { service, hookInstance, facts, isCurrent }
    const { cards, shown: found } = cardsOf(verdict, asked)
    const { institution } = facts
    for (const { uuid, source } of cards) shown.set(uuid, { institution, rule: source.topic?.code ?? '' })
    deps.noteAsked(askedOf(verdict, found, asked, deps.now()))
    return { cards }
  })
}

function feedbackRoute(app: FastifyInstance, service: CdsService, deps: RouteDeps): void {
  const { shown, mayAsk, institutionOf, shownRule, tell, now } = deps
  const olderCard = (uuid: string, institution: string | undefined): ShownCard | undefined => {
    const rule = institution === undefined ? undefined : shownRule(`${institution}:${uuid}`)
    return rule === undefined ? undefined : { institution: institution!, rule }
  }
  app.post<{ Body: Static<typeof CdsFeedbackBody> }>(`/cds-services/${service.told.id}/feedback`, {
    config: { scope: 'check' },
    schema: {
      summary: 'Say what was done with cards',
      description: 'A feedback event of the stream for each. Sent again they count once.',
      body: CdsFeedbackBody,
      response: { 200: Told },
    },
  }, async (request) => {
    const accepted: { data: CdsFeedback, institution: string, at: string }[] = []
    const refused: string[] = []
    for (const entry of request.body.feedback) {
      const uuid = entry.card.toLowerCase()
      const card = shown.get(uuid) ?? olderCard(uuid, institutionOf(request))
      if (card === undefined || !mayAsk(request, card.institution)) refused.push(entry.card)
      else {
        const { institution } = card
        accepted.push({ data: feedbackOf(entry, card, now()), institution, at: entry.outcomeTimestamp ?? '' })
      }
    }
    if (accepted.length === 0) {
      throw new ServiceError('REQUEST_NOT_FOUND', { path: '/feedback', detail: 'these cards are not known' })
    }
    await Promise.all(accepted.map(({ data, institution, at }) => tell(data, institution, at)))
    return { accepted: accepted.length, refused }
  })
}

/** Clients in a browser ask from pages of their own; only those that are listed may. */
function shareWith(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return
  app.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    const { origin } = request.headers
    void reply.header('vary', 'Origin')
    if (origin !== undefined && origins.includes(origin)) {
      void reply.headers({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST, OPTIONS',
        'access-control-allow-headers': 'authorization, content-type, x-deadline-ms, x-request-id',
        'access-control-expose-headers': 'x-request-id, retry-after',
      })
    }
    done()
  })
  for (const url of ['/cds-services', '/cds-services/*']) {
    app.options(url, { schema: { hide: true } }, (_request, reply) => reply.code(204).send())
  }
}
