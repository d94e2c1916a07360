// What the door of the national interface asks of the service, as plain functions over its parts. The
// same judgement as /v1/check; only the words are another's.
import { setTimeout as after } from 'node:timers/promises'
import type { FastifyPluginCallback, FastifyRequest } from 'fastify'
import { openAskedOutbox } from './asked-outbox.js'
import type { Books } from './books.js'
import type { Config } from './config.js'
import { eventBytesMaxOf, judged } from './doors.js'
import type { DoorsDeps, ServiceDoors } from './doors.js'
import { ServiceError } from './errors.js'
import { maySpeakFor, presentedKey } from './http/access.js'
import { leftMs, stopAfter } from './http/budget.js'
import type { HttpDeps } from './http/server.js'
import type { NhsaAnswered } from './nhsa/answer.js'
import type { FeedbackAbout } from './nhsa/calls.js'
import type { FeedbackData } from './nhsa/feedback.js'
import { openPersonSecret } from './nhsa/person-secret.js'
import { nhsaDoor } from './nhsa/plugin.js'
import { SignatureCheck } from './nhsa/signature.js'
import { openTenants } from './nhsa/tenants.js'
import { publishOwn } from './nhsa-events.js'
import { settlementRecorder, toldFolder } from './told-settlements.js'

interface NhsaDoorDeps extends DoorsDeps, Pick<HttpDeps, 'publishEvent' | 'shownRule' | 'log'>,
  Pick<ServiceDoors, 'noteShown'> {
  /** Milliseconds that never go back: what a time budget is measured with. */
  readonly elapsed: () => number
}

type EventDeps = Pick<HttpDeps, 'publishEvent' | 'eventBytesMax' | 'now'>
type Settings = Pick<Config, 'dataDir' | 'nhsaPath' | 'nhsaTenantsFile' | 'personKeyFile'>

/** Reads the file of tenants and the secret for person keys; throws CONFIG_INVALID. */
export function createNhsaDoor(deps: NhsaDoorDeps, config: Settings): FastifyPluginCallback {
  const { now, elapsed, books, log, metrics, publishEvent } = deps
  const events: EventDeps = { publishEvent, now, eventBytesMax: () => eventBytesMaxOf(deps) }
  const signatures = new SignatureCheck()
  metrics.nhsaNoncesForgotten = () => signatures.forgotten
  const asked = openAskedOutbox(deps, events, '/fsi/api')
  const door = nhsaDoor({
    judge: (settlement, options) => judged(deps, settlement, options),
    tell: (feedback, about) => tell({ ...events, elapsed }, feedback, about),
    shownRule: deps.shownRule,
    noteAsked: asked.note,
    recordSettlement: settlementRecorder(events, deps, toldFolder(config.dataDir)),
    rulesNamed: (name) => rulesNamed(books, name),
    mayAsk,
    keyOf: (request) => request.caller !== undefined ? 'known'
      : presentedKey(request) === undefined ? 'absent' : 'unknown',
    startedAt: ({ startedAt }) => startedAt,
    stopAfter: (budget) => stopAfter(elapsed, budget),
    tenants: openTenants(config.nhsaTenantsFile),
    signatures,
    personSecret: openPersonSecret(config.personKeyFile),
    now,
    elapsed,
    onAnswer: (answer) => answered(deps, answer),
    onLate: () => { metrics.nhsaLate++ },
    onFailure: (error, request) => { log.error({ err: error, request }, 'a request failed') },
  }, { basePath: config.nhsaPath })
  return (app, options, done) => {
    app.addHook('onClose', () => asked.drain()) // the stream is closed after the doors
    return door(app, options, done)
  }
}

function answered({ metrics, log }: NhsaDoorDeps, answer: NhsaAnswered): void {
  const { infno, isRefused, isComplete, repairs, heldBack = 0 } = answer
  const result = isRefused ? 'refused' : isComplete ? 'complete' : 'incomplete'
  metrics.nhsaAnswer(infno, result, { repairs, heldBack })
  if (repairs.length > 0) log.debug({ infno, repairs }, 'a message was put right')
}

/** As for /v1/check: a key with its scope, for its own institution. */
function mayAsk({ caller }: FastifyRequest, institution: string): boolean {
  return caller !== undefined && caller.scopes.includes('check') && maySpeakFor(caller, institution)
}

/**
 * A feedback event; the same message sent again is the same one, the same words in a later one are not. What
 * the stream has not taken by the deadline may still get there: sent again it counts once.
 */
async function tell(
  deps: EventDeps & Pick<NhsaDoorDeps, 'elapsed'>, data: FeedbackData,
  { institution, message, budget }: FeedbackAbout,
): Promise<void> {
  const at = new Date(deps.now()).toISOString()
  const sent = publishOwn(deps, {
    type: 'feedback', source: '/fsi/api/3103', data: { ...data, at },
    parts: [institution, data.warning_id, data.decision, data.reason, message],
  }).then(() => true)
  const isSent = await Promise.race([sent, after(leftMs(deps.elapsed, budget), false, { ref: false })])
  if (!isSent) throw new ServiceError('EVENT_UNSENT')
}

function rulesNamed(books: Books, name: string): string[] {
  return books.current().rules
    .filter(({ id, nationalCode }) => id === name || nationalCode === name).map(({ id }) => id)
}
