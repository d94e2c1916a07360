// What the door of the national interface asks of the service, as plain functions over its parts. The
// same judgement as /v1/check; only the words are another's.
import type { FastifyPluginCallback, FastifyRequest } from 'fastify'
import type { Books } from './books.js'
import type { Config } from './config.js'
import { judged } from './doors.js'
import type { DoorsDeps } from './doors.js'
import { everyInstitution } from './http/keys.js'
import type { HttpDeps } from './http/server.js'
import type { NhsaAnswered } from './nhsa/calls.js'
import type { FeedbackData } from './nhsa/feedback.js'
import { openPersonSecret } from './nhsa/person-secret.js'
import { nhsaDoor } from './nhsa/plugin.js'
import { openTenants } from './nhsa/tenants.js'
import { messageId, subjectToken } from './warning/wire.js'

interface NhsaDoorDeps extends DoorsDeps, Pick<HttpDeps, 'publishEvent'> {
  onAnswer(answer: NhsaAnswered): void
  onFailure(error: unknown, requestId: string): void
}

type Settings = Pick<Config, 'nhsaPath' | 'nhsaTenantsFile' | 'personKeyFile'>

/** Reads the file of tenants and the secret for person keys; throws CONFIG_INVALID. */
export function createNhsaDoor(deps: NhsaDoorDeps, config: Settings): FastifyPluginCallback {
  const { now, books, onAnswer, onFailure } = deps
  return nhsaDoor({
    judge: (settlement, options) => judged(deps, settlement, options),
    tell: (feedback, institution) => tell(deps, feedback, institution),
    rulesNamed: (name) => rulesNamed(books, name),
    mayAsk,
    startedAt: ({ startedAt }) => startedAt,
    tenants: openTenants(config.nhsaTenantsFile),
    personSecret: openPersonSecret(config.personKeyFile),
    now,
    elapsed: now,
    onAnswer,
    onFailure,
  }, { basePath: config.nhsaPath })
}

/** As for /v1/check: a key with its scope, for its own institution. */
function mayAsk({ caller }: FastifyRequest, institution: string): boolean {
  return caller !== undefined && caller.scopes.includes('check')
    && (caller.institution === everyInstitution || caller.institution === institution)
}

/** A feedback event; sent again it is the same one. */
async function tell(
  { publishEvent, now }: NhsaDoorDeps, data: FeedbackData, institution: string,
): Promise<void> {
  const time = new Date(now()).toISOString()
  const id = messageId('3103', data.warning_id, data.decision, data.reason)
  const event = {
    specversion: '1.0', id, source: '/fsi/api/3103', type: 'feedback', time, data: { ...data, at: time },
  }
  const subject = `claims.event.institution.${subjectToken(institution)}.feedback`
  await publishEvent({ subject, id, body: JSON.stringify(event) })
}

function rulesNamed(books: Books, name: string): string[] {
  return books.current().rules
    .filter(({ id, nationalCode }) => id === name || nationalCode === name).map(({ id }) => id)
}
