// Every setting of the service: its type, bound, default and meaning, in one schema. loadConfig
// reads an environment it is given, and names every wrong setting at once. Never repeats a
// secret's value.
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import type { Static, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { ServiceError } from './errors.js'

const mebibyte = 1_048_576
const gibibyte = 1_024 * mebibyte

const text = (description: string, fallback?: string) =>
  Type.String({ minLength: 1, maxLength: 1_024, description, ...withDefault(fallback) })
const optional = (description: string) => Type.Optional(text(description))
/** Never shown, not even when it is wrong. */
const secret = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 4_096, description, isSecret: true }))
const count = (description: string, [minimum, fallback, maximum]: [number, number, number]) =>
  Type.Integer({ minimum, default: fallback, maximum, description })
const streamBytes = (description: string, fallback: number) =>
  count(description, [-1, fallback, 1_024 * gibibyte])

function withDefault(fallback: string | undefined): { default?: string } {
  return fallback === undefined ? {} : { default: fallback }
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

const ConfigSettings = Type.Object({
  host: text('Address the HTTP door listens on', '127.0.0.1'),
  port: count('Port of the HTTP door; 0 takes a free one', [0, 3_000, 65_535]),
  natsUrl: Type.Optional(Type.String({
    minLength: 1,
    maxLength: 2_048,
    description: 'NATS server, or several with commas; '
      + 'none: one of our own is started in `DATA_DIR`',
    isSecret: true, // it may hold a password
  })),
  natsServerBin: text('Name or path of nats-server, for a server of our own', 'nats-server'),
  natsUser: optional('User name at `NATS_URL`'),
  natsPassword: secret('Password of `NATS_USER`'),
  natsToken: secret('Token at `NATS_URL`'),
  natsCreds: optional('File with NATS credentials (.creds)'),
  natsTlsCa: optional('File with the certificate authority of `NATS_URL`'),
  natsTlsCert: optional('File with our certificate for `NATS_URL`'),
  natsTlsKey: optional('File with the key of `NATS_TLS_CERT`'),
  dataDir: text('Folder of the store and of the embedded server', './data'),
  rulesDir: text('Folder of rules and tables', './rules'),
  knowledgeDir: optional('Folder of further tables; '
    + 'a row there wins over the same row of `RULES_DIR`'),
  logLevel: Type.Union(logLevels.map((level) => Type.Literal(level)), {
    default: 'info',
    description: `Least level that is logged: ${logLevels.join(', ')}`,
  }),
  nhsaPath: Type.String({
    minLength: 2, maxLength: 200, pattern: '^(/[\\w.-]+)+$', default: '/fsi/api',
    description: 'Where HIS systems post 3101, 3102 and 3103, with or without the infno behind it',
  }),
  nhsaTenantsFile: optional('File of tenants that sign their messages; '
    + 'none: the door of the national interface asks for an API key'),
  cdsFile: optional('File that says how FHIR resources name national codes, and which web pages may ask '
    + 'through CDS Hooks; none: the defaults of src/cds/settings.ts, and no page'),
  personKeyFile: optional('File with the secret that makes patient keys of person numbers; '
    + 'none there: one is made'),
  apiKeysFile: optional('File of hashed API keys; '
    + 'none there and `HOST` is loopback: no key is asked for'),
  cacheBytes: count('Memory for decoded histories',
    [mebibyte, 64 * mebibyte, 8 * gibibyte]),
  groupEventsMax: count('Events committed in one transaction', [1, 512, 65_536]),
  pendingMax: count('Events in flight: read and not yet committed', [64, 4_096, 65_536]),
  pendingBytesMax: count('Bytes of events in flight; at least four of the largest',
    [4 * mebibyte, 64 * mebibyte, gibibyte]),
  eventStreamBytesMax: streamBytes('Size of the event stream, beyond which senders are refused; '
    + '-1: what the NATS server allows', -1),
  warningStreamBytesMax: streamBytes('Size of the warning stream, beyond which reading waits; '
    + '-1: what the NATS server allows', -1),
  trialStreamBytesMax: streamBytes('Size of the stream of trial findings; the oldest make room; '
    + '-1: what the NATS server allows', gibibyte),
  deadStreamBytesMax: streamBytes('Size of the stream of dead letters, beyond which reading waits; '
    + '-1: what the NATS server allows', -1),
  warningRetentionDays: count('Days that warnings are kept; 0: for ever', [0, 0, 36_500]),
  deadRetentionDays: count('Days that dead letters are kept; 0: for ever', [0, 0, 36_500]),
  duplicateWindowMs: count('Within it the NATS server takes a repeated message once',
    [100, 120_000, 86_400_000]),
  httpBodyBytesMax: count('Largest body of a request', [1_024, mebibyte, 16 * mebibyte]),
  checkBudgetMs: count('Time for a check whose caller states none', [1, 300, 60_000]),
  rateLimitPerSecond: count('Requests a second of one API key, or of one address without keys',
    [1, 1_000, 1_000_000]),
  eventLoopDelayMsMax: count('Mean delay of the event loop above which a POST gets 503, as does '
    + 'one that would wait 50 ms behind others; 0: never',
    [0, 250, 60_000]),
  streamClientsMax: count('Clients that listen to warnings at once (`GET /v1/warnings/stream`)',
    [0, 256, 10_000]),
  webhooksFile: optional('File of webhooks, JSON or YAML: where an institution’s warnings are posted; '
    + 'none: nothing is posted'),
  webhookAttemptsMax: count('Attempts to post a warning before it is a dead letter', [1, 12, 1_000]),
  webhookTimeoutMs: count('Time for a webhook to answer', [100, 10_000, 20_000]),
  auditBytesMax: count('Size of the audit log, beyond which its oldest file makes room',
    [mebibyte, 10 * gibibyte, 1_024 * gibibyte]),
  stopTimeoutMs: count('Time for a stop to finish what is in flight', [100, 20_000, 600_000]),
})

type Settings = Static<typeof ConfigSettings>
type Name = keyof Settings

/** The settings, converted, complete and frozen. */
export type Config = Readonly<Settings & { apiKeysFile: string, personKeyFile: string }>

const properties = Object.entries(ConfigSettings.properties) as [Name, TSchema][]

/** The environment's name of a setting: natsTlsCa is NATS_TLS_CA. */
function variable(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}

/** Settings whose values may never be logged, by their name in Config. */
export const secretSettings: readonly string[] =
  properties.filter(([, schema]) => schema['isSecret'] === true).map(([name]) => name)

/** Applies defaults, converts, checks, freezes. Throws CONFIG_INVALID naming all that is wrong. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given: Record<string, unknown> = {}
  for (const [name, schema] of properties) {
    const value = env[variable(name)]?.trim() ?? ''
    // A variable that is set to nothing is one that is not set: compose files cannot leave it out.
    if (value !== '') given[name] = schema.type === 'integer' ? integer(value) : value
    else if ('default' in schema) given[name] = schema.default
  }
  const mistakes = [...shapeMistakes(given, env), ...partnerMistakes(given)]
  if (mistakes.length > 0 || !Value.Check(ConfigSettings, given)) {
    throw new ServiceError('CONFIG_INVALID', { detail: `\n${mistakes.join('\n')}` })
  }
  const { apiKeysFile, personKeyFile, dataDir } = given
  return Object.freeze({
    ...given,
    apiKeysFile: apiKeysFile ?? join(dataDir, 'api-keys.json'),
    personKeyFile: personKeyFile ?? join(dataDir, 'person-key'),
  })
}

/** Digits only: '1e3', '0x10' and ' ' would pass through Number(). */
function integer(value: string): number | string {
  return /^-?\d{1,15}$/.test(value) ? Number(value) : value
}

function shapeMistakes(
  given: Record<string, unknown>, env: Readonly<Record<string, string | undefined>>,
): string[] {
  return properties
    .filter(([name, schema]) => name in given && !Value.Check(schema, given[name]))
    .map(([name, schema]) => {
      const value = JSON.stringify(env[variable(name)])
      const shown = secretSettings.includes(name) ? '' : `, not ${value}`
      return `${variable(name)} must be ${bound(schema)}${shown}`
    })
}

/** Settings that mean nothing alone. To pass over them would connect otherwise than was meant. */
function partnerMistakes(given: Record<string, unknown>): string[] {
  const partners: [Name, Name][] = [
    ['natsUser', 'natsPassword'], ['natsPassword', 'natsUser'],
    ['natsTlsCert', 'natsTlsKey'], ['natsTlsKey', 'natsTlsCert'],
    ['natsUser', 'natsUrl'], ['natsToken', 'natsUrl'], ['natsCreds', 'natsUrl'],
    ['natsTlsCa', 'natsUrl'], ['natsTlsCert', 'natsUrl'],
  ]
  return partners
    .filter(([name, partner]) => name in given && !(partner in given))
    .map(([name, partner]) => `${variable(name)} needs ${variable(partner)}`)
}

function bound(schema: TSchema): string {
  if (schema.type === 'integer') return `a whole number from ${schema.minimum} to ${schema.maximum}`
  if (schema.type === 'string') return `a text of at most ${schema.maxLength} characters`
  return `one of ${logLevels.join(', ')}`
}

/** The README's table of settings. */
export function settingsTable(): string {
  const rows = properties.map(([name, schema]) => {
    const { type, minimum, maximum, description } = schema
    const range = type === 'integer' ? `${minimum} to ${maximum}` : ''
    return `| \`${variable(name)}\` | ${fallbackText(name, schema)} | ${range} | ${description} |`
  })
  return ['| setting | default | bounds | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

function fallbackText(name: Name, schema: TSchema): string {
  if (name === 'apiKeysFile') return '`DATA_DIR/api-keys.json`'
  if (name === 'personKeyFile') return '`DATA_DIR/person-key`'
  return 'default' in schema ? `\`${schema.default}\`` : 'none'
}
