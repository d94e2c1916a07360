// POST /v1/events: events of senders without NATS. Publishes them to the stream, all or, when
// one is malformed, none, and answers when the stream has them. Judges nothing.
import { createHash } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import type { ClaimEvent } from '../claim/claim.js'
import { decodeEvent } from '../claim/decode.js'
import { EnvelopeWire } from '../claim/wire.js'
import type { PresenceWire, RegistryWire } from '../claim/wire.js'
import type { AskedWire } from '../claim/wire-asked.js'
import { ServiceError } from '../errors.js'
import { messageId, subjectToken } from '../warning/wire.js'
import { requireInstitution } from './access.js'
import { ProblemWire } from './error-reply.js'
import { everyInstitution } from './keys.js'
import type { App, EventMessage, HttpDeps } from './server.js'

const eventsMax = 100 // a batch is one request's work: a larger one would hold up the others

export const EventsAnswer = Type.Object({
  accepted: Type.Array(Type.Object({
    id: Type.String({ description: 'The event’s own id' }),
    sequence: Type.Integer({ description: 'Where it stands in the stream' }),
  }), { description: 'In the order they were sent' }),
})

/**
 * POST /v1/events: the scope `events`. Throws REQUEST_MALFORMED for a batch of a wrong size, and what
 * decoding throws, with the event's place in the batch before the path.
 */
export function eventsRoute(app: App, deps: HttpDeps): void {
  app.post('/v1/events', {
    config: { scope: 'events' },
    schema: {
      summary: 'Put events into the stream',
      description: `One event or up to ${eventsMax}. If one of them is malformed, none is taken. `
        + 'What is sent twice is counted once.',
      body: Type.Union([
        EnvelopeWire, Type.Array(EnvelopeWire, { minItems: 1, maxItems: eventsMax }),
      ]),
      response: { 202: EventsAnswer, '4xx': ProblemWire, '5xx': ProblemWire },
    },
  }, async (request, reply) => {
    const body: unknown = request.body
    const events: readonly unknown[] = Array.isArray(body) ? body : [body]
    if (events.length === 0 || events.length > eventsMax) {
      const detail = `a batch has 1 to ${eventsMax} events, this one ${events.length}`
      throw new ServiceError('REQUEST_MALFORMED', { detail })
    }
    const messages = events.map((event, index) => relocated(
      (path) => Array.isArray(body) ? `/${index}${path}` : path,
      () => messageOf(event, { request, deps }),
    ))
    const sequences = await publishAll(messages, deps)
    void reply.code(202)
    return {
      accepted: events.map((event, index) => ({
        id: (event as EnvelopeWire).id, sequence: sequences[index]!, // decode has checked it
      })),
    }
  })
}

interface Sending {
  readonly request: FastifyRequest
  readonly deps: Pick<HttpDeps, 'eventBytesMax' | 'now'>
}

/** The message of one event, if it is one and the caller may send it. Throws ServiceError. */
export function messageOf(event: unknown, { request, deps }: Sending): EventMessage {
  const body = JSON.stringify(event)
  const bytes = new TextEncoder().encode(body)
  const context = { receivedAt: deps.now(), bytesMax: deps.eventBytesMax() }
  const decoded = decodeEvent(bytes, context)
  const { id: name, source, data } = event as EnvelopeWire
  requireInstitution(request, institutionOf(decoded, data))
  // The content is part of the id: other content under the id of an event is never taken for it.
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  const id = messageId('http', request.caller!.id, source, name, hash)
  return { subject: subjectOf(decoded, data), id, body }
}

/** All at once, in their order; the server's answers are awaited together. */
export async function publishAll(
  messages: readonly EventMessage[], { publishEvent }: Pick<HttpDeps, 'publishEvent'>,
): Promise<number[]> {
  const sent = await Promise.allSettled(messages.map((message) => publishEvent(message)))
  return sent.map((result) => {
    if (result.status === 'fulfilled') return result.value.sequence
    const cause: unknown = result.reason
    if (!(cause instanceof ServiceError)) throw cause
    const isUnsent = cause.code === 'MESSAGE_UNSENT'
    throw isUnsent ? new ServiceError('EVENT_UNSENT', { cause }) : cause
  })
}

/** Whose event it is; of the registry's and of a rule's, the agency's. */
function institutionOf(event: ClaimEvent, data: unknown): string {
  switch (event.type) {
    case 'settlement': return event.claim.visit.institution.id
    case 'reversal': return event.reversal.institution
    case 'admission':
    case 'discharge': return event.stay.institution
    case 'registry':
    case 'demotion': return everyInstitution
    case 'feedback': return warnedInstitution(event.owner)
    case 'stock': return event.owner
    case 'presence':
    case 'asked': return (data as Static<typeof PresenceWire> | AskedWire).institution
  }
}

/** claims.event.<owner kind>.<owner key>.<type>: who owns the history that the event belongs to. */
export function subjectOf(event: ClaimEvent, data: unknown): string {
  const { type } = event
  switch (type) {
    case 'settlement': return `claims.event.patient.${event.claim.patient.key}.${type}`
    case 'reversal': return `claims.event.patient.${event.reversal.patientKey}.${type}`
    case 'admission':
    case 'discharge': return `claims.event.patient.${event.stay.patientKey}.${type}`
    case 'presence':
    case 'asked': return `claims.event.patient.${event.owner}.${type}`
    case 'stock': return `claims.event.institution.${subjectToken(event.owner)}.${type}`
    case 'registry': {
      const { subject } = data as Static<typeof RegistryWire>
      return `claims.event.${subject}.${subjectToken(event.owner)}.${type}`
    }
    case 'demotion': return `claims.event.rule.${event.owner}.${type}`
    case 'feedback':
      return `claims.event.institution.${subjectToken(warnedInstitution(event.owner))}.${type}`
  }
}

/** The institution of a warning: its id begins with it. */
function warnedInstitution(warningId: string): string {
  return warningId.split(':', 1)[0]!
}

/** Runs it; what it refuses is told with the path that it has in the caller's body. */
export function relocated<T>(where: (path: string) => string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const { code, detail } = error
    throw new ServiceError(code, { path: where(error.path), detail, cause: error })
  }
}
