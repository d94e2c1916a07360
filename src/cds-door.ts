// What the door of CDS Hooks asks of the service, as plain functions over its parts. The same judgement as
// /v1/check and 3101; only the words are another's.
import type { FastifyPluginCallback, FastifyRequest } from 'fastify'
import { openAskedOutbox } from './asked-outbox.js'
import { cdsDoor } from './cds/plugin.js'
import type { CdsFeedback } from './cds/feedback.js'
import { openCdsSettings } from './cds/settings.js'
import type { Config } from './config.js'
import { eventBytesMaxOf, judged } from './doors.js'
import type { DoorsDeps, ServiceDoors } from './doors.js'
import { maySpeakFor } from './http/access.js'
import { stopAfter } from './http/budget.js'
import { everyInstitution } from './http/keys.js'
import type { HttpDeps } from './http/server.js'
import { personKey } from './nhsa/identifier.js'
import { openPersonSecret } from './nhsa/person-secret.js'
import { publishOwn } from './nhsa-events.js'
import { describeVerdict } from './warning/describe.js'

type CdsDoorDeps = DoorsDeps & Pick<HttpDeps, 'publishEvent' | 'shownRule' | 'log'>
  & Pick<ServiceDoors, 'noteShown'>
type Settings = Pick<Config, 'cdsFile' | 'personKeyFile' | 'checkBudgetMs'>

/** Reads the settings of CDS Hooks and the secret for person keys; throws CONFIG_INVALID. */
export function createCdsDoor(deps: CdsDoorDeps, config: Settings): FastifyPluginCallback {
  const { now, publishEvent } = deps
  const events = { publishEvent, now, eventBytesMax: () => eventBytesMaxOf(deps) }
  const asked = openAskedOutbox(deps, events, '/cds-services')
  const secret = openPersonSecret(config.personKeyFile)
  const door = cdsDoor({
    noteAsked: asked.note,
    judge(settlement, options) {
      const { claim, verdict, remedies, isCurrent } = judged(deps, settlement, options)
      const words = options.stage === 'pre-alert' ? 'brief' : 'full'
      return { verdict: describeVerdict(claim, verdict, { words, remedies }), isCurrent }
    },
    tell: (feedback, institution, outcomeAt) => tell(events, feedback, { institution, outcomeAt }),
    shownRule: deps.shownRule,
    keyOf: (person) => personKey(secret, person),
    mayAsk,
    institutionOf: ({ caller }) => caller?.institution === everyInstitution ? undefined : caller?.institution,
    stopFor: ({ startedAt, headers }) => stopAfter(now, {
      startedAt, budgetMs: budgetOf(headers['x-deadline-ms'], config),
    }),
    settings: openCdsSettings(config.cdsFile),
    now,
  })
  return (app, options, done) => {
    app.addHook('onClose', () => asked.drain())
    return door(app, options, done)
  }
}

/** As for /v1/check: a key with its scope, for its own institution. */
function mayAsk({ caller }: FastifyRequest, institution: string): boolean {
  return caller !== undefined && maySpeakFor(caller, institution) // the routes ask for the scope
}

/** x-deadline-ms as elsewhere; what is no number of milliseconds is the service's own. */
function budgetOf(header: string | string[] | undefined, { checkBudgetMs }: Settings): number {
  const given = typeof header === 'string' && /^\d{1,5}$/.test(header) ? Number(header) : 0
  return given > 0 ? given : checkBudgetMs
}

/** A feedback event; sent again, with its own moment, it is the same one. */
function tell(
  events: Parameters<typeof publishOwn>[0], data: CdsFeedback,
  { institution, outcomeAt }: { institution: string, outcomeAt: string },
): Promise<void> {
  return publishOwn(events, {
    type: 'feedback', source: '/cds-services', data,
    parts: [institution, data.warning_id, data.decision, data.reason, outcomeAt],
  })
}
