// Settings and log lines: what an operator meets first.
import { Writable } from 'node:stream'
import { pino } from 'pino'
import t from 'tap'
import { loadConfig, secretSettings, settingsTable } from '../src/config.js'
import { ServiceError } from '../src/errors.js'
import { hiddenFields, logOptions } from '../src/log.js'

const defaults = {
  host: '127.0.0.1',
  port: 3_000,
  natsServerBin: 'nats-server',
  dataDir: './data',
  rulesDir: './rules',
  logLevel: 'info',
  cacheBytes: 67_108_864,
  groupEventsMax: 512,
  pendingMax: 4_096,
  pendingBytesMax: 67_108_864,
  eventStreamBytesMax: -1,
  warningStreamBytesMax: -1,
  trialStreamBytesMax: 1_073_741_824,
  deadStreamBytesMax: -1,
  warningRetentionDays: 0,
  deadRetentionDays: 0,
  duplicateWindowMs: 120_000,
  httpBodyBytesMax: 1_048_576,
  checkBudgetMs: 300,
  rateLimitPerSecond: 1_000,
  eventLoopDelayMsMax: 250,
  streamClientsMax: 256,
  webhookAttemptsMax: 12,
  webhookTimeoutMs: 10_000,
  auditBytesMax: 10_737_418_240,
  stopTimeoutMs: 20_000,
  nhsaPath: '/fsi/api',
  apiKeysFile: 'data/api-keys.json',
  personKeyFile: 'data/person-key',
}

/** The text of a refused configuration, without the error's own message. */
function refusal(env: Record<string, string>): string[] {
  try {
    loadConfig(env)
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'CONFIG_INVALID') {
      return error.message.split('\n').slice(1)
    }
    throw error
  }
  return []
}

t.test('an empty environment is a whole configuration', (t) => {
  const config = loadConfig({ PATH: '/bin', NATS_URL: '', PORT: ' ' })
  t.strictSame(config, defaults)
  t.ok(Object.isFrozen(config))
  t.end()
})

t.test('every setting is read from its variable', (t) => {
  const nats = {
    NATS_URL: 'nats://a:4222,b:4222', NATS_USER: 'u', NATS_PASSWORD: 'p', NATS_TOKEN: 't',
    NATS_CREDS: 'c', NATS_TLS_CA: 'ca', NATS_TLS_CERT: 'cert', NATS_TLS_KEY: 'key',
  }
  const config = loadConfig({
    ...nats, HOST: '::1', PORT: '0', KNOWLEDGE_DIR: 'k', LOG_LEVEL: 'silent', DATA_DIR: '/d',
    EVENT_STREAM_BYTES_MAX: '1000', API_KEYS_FILE: '/keys.json',
    NHSA_PATH: '/his', NHSA_TENANTS_FILE: '/tenants.json', PERSON_KEY_FILE: '/person-key',
  })
  t.strictSame(config, {
    ...defaults, natsUrl: nats.NATS_URL, natsUser: 'u', natsPassword: 'p', natsToken: 't',
    natsCreds: 'c', natsTlsCa: 'ca', natsTlsCert: 'cert', natsTlsKey: 'key', host: '::1', port: 0,
    knowledgeDir: 'k', logLevel: 'silent', dataDir: '/d', eventStreamBytesMax: 1_000,
    apiKeysFile: '/keys.json',
    nhsaPath: '/his', nhsaTenantsFile: '/tenants.json', personKeyFile: '/person-key',
  })
  t.end()
})

t.test('the keys lie in the data folder unless said otherwise', (t) => {
  t.equal(loadConfig({ DATA_DIR: '/var/claims' }).apiKeysFile, '/var/claims/api-keys.json')
  t.end()
})

t.test('every wrong setting is named at once, and no secret is shown', (t) => {
  const long = 'hunter2'.repeat(1_000)
  const lines = refusal({
    PORT: '3e3', LOG_LEVEL: 'loud', PENDING_MAX: '1', CHECK_BUDGET_MS: '60001',
    RULES_DIR: 'x'.repeat(1_025), NATS_TOKEN: long, NATS_PASSWORD: 'secret', NATS_TLS_KEY: 'key',
  })
  t.strictSame(lines, [
    'PORT must be a whole number from 0 to 65535, not "3e3"',
    'NATS_TOKEN must be a text of at most 4096 characters',
    `RULES_DIR must be a text of at most 1024 characters, not "${'x'.repeat(1_025)}"`,
    'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, not "loud"',
    'PENDING_MAX must be a whole number from 64 to 65536, not "1"',
    'CHECK_BUDGET_MS must be a whole number from 1 to 60000, not "60001"',
    'NATS_PASSWORD needs NATS_USER',
    'NATS_TLS_KEY needs NATS_TLS_CERT',
    'NATS_TOKEN needs NATS_URL',
  ])
  t.end()
})

t.test('settings that go together are both there', (t) => {
  t.strictSame(refusal({ NATS_USER: 'u', NATS_TLS_CERT: 'c', NATS_CREDS: 'f', NATS_TLS_CA: 'a' }), [
    'NATS_USER needs NATS_PASSWORD',
    'NATS_TLS_CERT needs NATS_TLS_KEY',
    'NATS_USER needs NATS_URL',
    'NATS_CREDS needs NATS_URL',
    'NATS_TLS_CA needs NATS_URL',
    'NATS_TLS_CERT needs NATS_URL',
  ])
  t.end()
})

t.test('the table of settings has a row for each', (t) => {
  const rows = settingsTable().split('\n').slice(2)
  t.equal(rows.length, Object.keys(defaults).length + 12) // twelve have no default
  t.ok(rows.includes('| `PORT` | `3000` | 0 to 65535 | Port of the HTTP door; 0 takes a free one |'))
  t.ok(rows.every((row) => row.split('|').length === 6))
  t.end()
})

/** The lines that a logger of these options writes, without their times. */
function logged(level: string, write: (log: pino.Logger) => void): Record<string, unknown>[] {
  const lines: string[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString())
      done()
    },
  })
  write(pino(logOptions({ level, base: { version: '1' } }), sink))
  return lines.map((line) => {
    const { time, ...rest } = JSON.parse(line) as Record<string, unknown>
    t.match(time, /^\d{4}-\d\d-\d\dT/)
    return rest
  })
}

t.test('a log line shows no patient and no secret, however deep', (t) => {
  t.ok(secretSettings.every((name) => hiddenFields.includes(name)), 'every secret setting is hidden')
  for (const field of hiddenFields) {
    const value = 'HIDE-ME'
    const text = JSON.stringify(logged('info', (log) => {
      log.info({ [field]: value, a: { [field]: value, list: [{ [field]: value }] } }, 'one')
      log.info({ req: { headers: { [field]: value } }, a: { b: { c: { [field]: value } } } }, 'two')
      log.child({ [field]: value }).info('three')
      const err = Object.assign(new ServiceError('STORE_FULL'), { about: { [field]: value } })
      log.error({ err }, 'four')
    }))
    t.notMatch(text, value, field)
    t.match(text, 'three')
  }
  t.end()
})

t.test('a log line has its level by name, the service, and what an error was', (t) => {
  const cause = new ServiceError('NATS_UNAVAILABLE', { detail: 'refused' })
  const [debug, error, text] = logged('info', (log) => {
    log.debug('not at this level')
    log.info({ sequence: 7 }, 'caught up')
    log.error({ error: new ServiceError('MESSAGE_UNSENT', { path: '/a', cause }) }, 'again')
    log.error({ error: 'a text' }, 'thrown by a library')
  })
  const base = { service: 'claimsentry', version: '1' }
  t.strictSame(debug, { level: 'info', ...base, sequence: 7, msg: 'caught up' })
  const { stack, ...described } = error!['error'] as Record<string, unknown>
  t.match(stack, 'config.test.ts')
  t.strictSame({ ...error, error: described }, {
    level: 'error',
    ...base,
    error: {
      type: 'ServiceError',
      message: 'a message was not accepted by the server: the NATS server does not answer: refused',
      code: 'MESSAGE_UNSENT',
      path: '/a',
      detail: '',
      retry: 'later',
    },
    msg: 'again',
  })
  t.strictSame(text, { level: 'error', ...base, error: 'a text', msg: 'thrown by a library' })
  t.end()
})
