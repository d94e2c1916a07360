// The HTTP door: every route's good and bad answers, whole; keys, limits, deadlines, overload, stop.
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import { pino } from 'pino'
import t from 'tap'
import { checks } from '../src/checks/registry.js'
import { decodeSettlement } from '../src/claim/decode.js'
import { ServiceError } from '../src/errors.js'
import { CheckAnswer } from '../src/http/check-route.js'
import { ProblemWire, refusalOf } from '../src/http/error-reply.js'
import { EventsAnswer } from '../src/http/events-route.js'
import { FeedbackAnswer } from '../src/http/feedback-route.js'
import { Readiness } from '../src/http/health-route.js'
import { hashKey, openKeys } from '../src/http/keys.js'
import type { Keys } from '../src/http/keys.js'
import { ReloadAnswer, RuleAnswer, RulesAnswer } from '../src/http/rules-route.js'
import { buildServer } from '../src/http/server.js'
import type { App, EventMessage, HttpDeps } from '../src/http/server.js'
import { WarningsPage } from '../src/http/warnings-route.js'
import type { Rule } from '../src/rulebook/rulebook.js'
import { aSettlement, anEvent, eventTime, receivedAt } from './fixtures/claims.js'

const institution = 'H44010000001'
const json = { 'content-type': 'application/json' }
const log = pino({ level: 'silent' })

const answer: CheckAnswer = {
  rulebook: '0123456789abcdef',
  at_risk: { total_fen: 2_850, fund_fen: null, patient_fen: null },
  findings: [],
  more: [],
  unknowns: [{ rule: 'DRUG-AGE', missing: 'patient.birth_date' }],
  complete: true,
  failed: [],
  not_reached: [],
  history_age_ms: 0,
}

const rule: Rule = {
  id: 'DRUG-SEX',
  title: '药品区分性别使用',
  nationalCode: 'GZ10000301004000',
  nationalName: '药品区分性别使用',
  number2025: 67,
  class: '医疗类',
  subclass: '药品合理使用类',
  check: checks.find(({ kind }) => kind === 'sex-limit')!,
  status: 'active',
  severity: 'violation',
  stages: ['pre-alert', 'audit'],
  owner: 'patient',
  basis: [{ document: '目录', article: '一' }],
  advice: '核对性别',
  falseAlarms: ['变性'],
  file: 'rules/medical/drug-sex.yaml',
}

const anybody: Keys = openKeys({ file: '/no/such/file', host: '127.0.0.1', log })

/** The door over functions that answer at once; write only what the test is about. */
async function aServer(t: Tap.Test, changes: Partial<HttpDeps> = {}) {
  const published: EventMessage[] = []
  const answers: { route: string, seconds: number, code: string }[] = []
  const app = await buildServer({
    check(body) {
      decodeSettlement(body, { time: eventTime, receivedAt, base: '' })
      return answer
    },
    async publishEvent(message) {
      published.push(message)
      return { sequence: published.length }
    },
    eventBytesMax: () => 1_048_576,
    warningsAfter: async ({ afterSequence }) => ({ items: [], next: afterSequence }),
    rulebook: () => ({ version: answer.rulebook, rules: [rule, { ...rule, id: 'OTHER' }] }),
    reload: async () => ({ ok: true, version: 'fedcba9876543210', isChanged: true }),
    readiness: () => ({ ready: true, reasons: [] }),
    metricsText: async () => '# TYPE claims_judged_total counter\nclaims_judged_total 1\n',
    now: () => receivedAt,
    elapsed: () => 0,
    keys: anybody,
    limits: {
      bodyBytesMax: 65_536, checkBudgetMs: 300, rateLimitPerSecond: 1_000, eventLoopDelayMsMax: 0,
    },
    onAnswer: (told) => { answers.push(told) },
    log,
    version: '0.1.0',
    ...changes,
  })
  t.teardown(() => app.close())
  return { app, published, answers }
}

type Tap = typeof t
declare namespace Tap { type Test = Parameters<Parameters<typeof t.test>[1]>[0] }

interface Asked {
  readonly url: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

/** Status and body of a POST with a body, else of a GET. */
async function ask(app: App, { url, body, headers = {} }: Asked) {
  const answered = await app.inject(body === undefined
    ? { method: 'GET', url, headers: { 'x-request-id': 'R-1', ...headers } }
    : {
        method: 'POST',
        url,
        headers: { ...json, 'x-request-id': 'R-1', ...headers },
        payload: typeof body === 'string' ? body : JSON.stringify(body),
      })
  const isProblem = /^application\/problem\+json/.test(String(answered.headers['content-type']))
  return { status: answered.statusCode, isProblem, body: answered.json<unknown>() }
}

/** What is answered for an error: status, and the whole problem. */
function problem(status: number, code: string, rest: Partial<ProblemWire>) {
  return {
    status,
    isProblem: true,
    body: {
      type: `urn:claimsentry:error:${code}`, status, code, path: '', retry: 'never', request_id: 'R-1',
      ...rest,
    },
  }
}

const malformed = 'the request does not have the required shape'
const badShape = (detail: string, path = '', status = 400) => problem(status, 'REQUEST_MALFORMED', {
  title: malformed, detail: `${malformed}: ${detail}`, path,
})
const forbidden = (detail: string) => problem(403, 'REQUEST_FORBIDDEN', {
  title: 'the API key does not allow this', detail: `the API key does not allow this: ${detail}`,
})
const unauthorized = problem(401, 'REQUEST_UNAUTHORIZED', {
  title: 'a valid API key is required', detail: 'a valid API key is required',
})
const good = (body: unknown, status = 200) => ({ status, isProblem: false, body })

t.test('a bill is judged before it is settled', async (t) => {
  const seen: unknown[] = []
  const { app, answers } = await aServer(t, {
    check(body) {
      seen.push(body)
      return answer
    },
  })
  const told = await ask(app, { url: '/v1/check', body: aSettlement() })
  t.strictSame(told, good(answer))
  t.ok(Value.Check(CheckAnswer, told.body))
  t.strictSame(seen, [JSON.parse(JSON.stringify(aSettlement()))])
  t.strictSame(answers, [{ route: '/v1/check', seconds: 0, code: '' }])
})

t.test('a bill that cannot be judged is refused with code, path and sentence', async (t) => {
  const { app, answers } = await aServer(t)
  const { visit, ...rest } = aSettlement()
  t.ok(visit)
  t.strictSame(await ask(app, { url: '/v1/check', body: rest }), problem(400, 'CLAIM_NO_VISIT', {
    title: 'there is no visit', detail: 'there is no visit: missing', path: '/visit',
  }))
  t.strictSame(await ask(app, { url: '/v1/check', body: '{"a":' }), badShape('the body is not JSON'))
  t.strictSame(await ask(app, { url: '/v1/check', body: '' }), badShape('the body is empty'))
  t.strictSame(await ask(app, { url: '/v1/check', body: '{"__proto__":1}' }),
    badShape('the body is not JSON'))
  t.strictSame(await ask(app, {
    url: '/v1/check', body: '<a/>', headers: { 'content-type': 'application/xml' },
  }), badShape('send application/json', '', 415))
  t.strictSame(answers.map(({ code }) => code), [
    'CLAIM_NO_VISIT', ...Array<string>(4).fill('REQUEST_MALFORMED'),
  ])
})

t.test('a body beyond the bound is refused', async (t) => {
  const { app } = await aServer(t)
  const title = 'the body is larger than the bound'
  t.strictSame(await ask(app, { url: '/v1/check', body: 'x'.repeat(65_537) }),
    problem(413, 'REQUEST_TOO_LARGE', { title, detail: title }))
})

t.test('the deadline counts from the head of the request and leaves time to answer', async (t) => {
  let clock = 1_000
  const stops: [number, boolean][] = []
  const { app } = await aServer(t, {
    elapsed: () => clock,
    check(_body, { stop }) {
      for (const after of [0, 1, 9, 94, 95, 294, 295, 1_000]) {
        clock = 1_000 + after
        stops.push([after, stop()])
      }
      clock = 1_000
      return answer
    },
  })
  /** Milliseconds after which the judgement is told to stop. */
  const stopOf = async (url: string, headers: Record<string, string> = {}) => {
    stops.length = 0
    t.equal((await ask(app, { url, body: aSettlement(), headers })).status, 200)
    return stops.find(([, isOver]) => isOver)?.[0]
  }
  t.equal(await stopOf('/v1/check'), 295, 'the default, 5 ms kept for the answer')
  t.equal(await stopOf('/v1/check', { 'x-deadline-ms': '100' }), 95)
  t.equal(await stopOf('/v1/check?deadline_ms=100'), 95)
  t.equal(await stopOf('/v1/check?deadline_ms=100', { 'x-deadline-ms': '10' }), 9, 'the header wins')
  t.equal(await stopOf('/v1/check?deadline_ms=1'), 1)
  t.equal(await stopOf('/v1/check?deadline_ms=60000'), undefined)
})

t.test('a budget that is none is refused', async (t) => {
  const { app } = await aServer(t)
  for (const [value, says] of [
    ['0', 'expected integer to be greater or equal to 1'],
    ['60001', 'expected integer to be less or equal to 60000'],
    ['soon', 'expected integer'],
  ] as const) {
    t.strictSame(await ask(app, { url: `/v1/check?deadline_ms=${value}`, body: aSettlement() }),
      badShape(`querystring: ${says}`, '/deadline_ms'))
    t.strictSame(await ask(app, {
      url: '/v1/check', body: aSettlement(), headers: { 'x-deadline-ms': value },
    }), badShape(`headers: ${says}`, '/x-deadline-ms'))
  }
})

t.test('events go to the stream under their owner, and the answer says where they stand', async (t) => {
  const { app, published } = await aServer(t)
  const patient = { key: 'patient-0001' }
  const at = '2026-03-04T09:00:00+08:00'
  const stay = { patient, visit_id: 'V-1', institution, at }
  const events = [
    anEvent(),
    anEvent({
      id: 'E-2',
      type: 'cn.nhsa.reversal',
      data: { settlement_id: 'S-2', reverses: 'S-1', institution, patient },
    }),
    anEvent({ id: 'E-3', type: 'admission', data: stay }),
    anEvent({ id: 'E-4', type: 'discharge', data: stay }),
    anEvent({ id: 'E-5', type: 'presence', data: { patient, institution, at } }),
    anEvent({ id: 'E-6', type: 'stock', data: { institution, code: 'C', movement: 'sale', at } }),
    anEvent({
      id: 'E-7', type: 'registry', data: { subject: 'doctor', key: 'D.1', state: {}, at },
    }),
    anEvent({
      id: 'E-8',
      type: 'feedback',
      data: { warning_id: `${institution}:S-1:patient`, decision: 'change', at },
    }),
  ]
  const told = await ask(app, { url: '/v1/events', body: events })
  t.strictSame(told, good({
    accepted: events.map(({ id }, index) => ({ id, sequence: index + 1 })),
  }, 202))
  t.ok(Value.Check(EventsAnswer, told.body))
  t.strictSame(published.map(({ subject, body }) => [subject, body]), [
    'patient.patient-0001.settlement', 'patient.patient-0001.reversal',
    'patient.patient-0001.admission', 'patient.patient-0001.discharge',
    'patient.patient-0001.presence', `institution.${institution}.stock`, 'doctor.D%2E1.registry',
    `institution.${institution}.feedback`,
  ].map((subject, index) => [`claims.event.${subject}`, JSON.stringify(events[index])]))
})

t.test('an event has one id however often it is sent, and other content another', async (t) => {
  const { app, published } = await aServer(t)
  const types = ['application/json', 'application/cloudevents+json']
  for (const type of types) {
    const headers = { 'content-type': type }
    t.strictSame(await ask(app, { url: '/v1/events', body: anEvent(), headers }),
      good({ accepted: [{ id: 'E-1', sequence: published.length }] }, 202))
  }
  await ask(app, { url: '/v1/events', body: anEvent({ data: aSettlement({ settlement_id: 'S-2' }) }) })
  const [first, again, other] = published.map(({ id }) => id)
  t.match(first, /^http::\/hospitals\/H44010000001:E-1:[0-9a-f]{16}$/)
  t.equal(again, first)
  t.not(other, first)
})

t.test('when one event of a batch is malformed, none is published', async (t) => {
  const { app, published } = await aServer(t)
  const batch = (body: unknown) => ask(app, { url: '/v1/events', body })
  t.strictSame(await batch([anEvent(), anEvent({ type: 'birthday' })]),
    problem(400, 'EVENT_UNKNOWN_TYPE', {
      title: 'no such event type', detail: 'no such event type', path: '/1/type',
    }))
  const { visit, ...rest } = aSettlement()
  t.ok(visit)
  t.strictSame(await batch(anEvent({ data: rest })), problem(400, 'CLAIM_NO_VISIT', {
    title: 'there is no visit', detail: 'there is no visit: missing', path: '/data/visit',
  }))
  t.strictSame(await batch([]), badShape('a batch has 1 to 100 events, this one 0'))
  t.strictSame(await batch(Array(101).fill(0)), badShape('a batch has 1 to 100 events, this one 101'))
  const told = await batch([null])
  t.strictSame([told.status, (told.body as ProblemWire).code], [400, 'EVENT_MALFORMED'])
  t.strictSame(published, [])
})

t.test('an event larger than the server takes is refused', async (t) => {
  const { app, published } = await aServer(t, { eventBytesMax: () => 100 })
  const title = 'the event is larger than the bound'
  t.strictSame(await ask(app, { url: '/v1/events', body: anEvent() }),
    problem(413, 'EVENT_TOO_LARGE', { title, detail: title }))
  t.strictSame(published, [])
})

t.test('what the stream does not take is to be sent again; what is a bug is not told', async (t) => {
  const lines: string[] = []
  const errors = pino({ level: 'error' }, { write: (line: string) => { lines.push(line) } })
  const failing = (error: unknown) => aServer(t, {
    publishEvent: async () => { throw error }, log: errors,
  })
  const send = async (error: unknown) =>
    ask((await failing(error)).app, { url: '/v1/events', body: anEvent() })
  const title = 'the stream did not take the event; send it again'
  t.strictSame(await send(new ServiceError('WARNING_UNSENT', { detail: 'maximum bytes exceeded' })),
    problem(503, 'EVENT_UNSENT', { title, detail: title, retry: 'later' }))
  t.strictSame(await send(new ServiceError('NATS_UNAVAILABLE')), problem(503, 'NATS_UNAVAILABLE', {
    title: 'the NATS server does not answer', detail: 'the NATS server does not answer',
    retry: 'later',
  }))
  t.strictSame(lines, [])
  t.strictSame(await send(new TypeError('x is not a function')), problem(500, 'INTERNAL', {
    title: 'the service failed', detail: 'the service failed',
  }))
  t.equal(lines.length, 1)
  t.match(lines[0], 'x is not a function')
})

t.test('feedback on a warning becomes an event', async (t) => {
  const { app, published } = await aServer(t)
  const body = { warning_id: `${institution}:S-1:patient`, decision: 'continue', reason: '病情需要' }
  const told = await ask(app, { url: '/v1/feedback', body })
  t.strictSame(told, good({ sequence: 1 }, 202))
  t.ok(Value.Check(FeedbackAnswer, told.body))
  const time = '2026-03-05T04:00:00.000Z'
  t.strictSame(published.map((message) => ({ ...message, body: JSON.parse(message.body) as unknown })), [{
    subject: `claims.event.institution.${institution}.feedback`,
    id: published[0]!.id,
    body: {
      specversion: '1.0', id: 'R-1', source: '/v1/feedback', type: 'feedback', time,
      data: { at: time, ...body },
    },
  }])
})

t.test('feedback without a reason, or on a day that is none, is refused', async (t) => {
  const { app, published } = await aServer(t)
  const send = (body: object) =>
    ask(app, { url: '/v1/feedback', body: { warning_id: 'H-1:S-1:patient', ...body } })
  const noReason = badShape('a reason is required when continuing', '/reason')
  t.strictSame(await send({ decision: 'continue' }), noReason)
  t.strictSame(await send({ decision: 'continue', reason: ' ' }), noReason)
  t.strictSame(await send({ decision: 'perhaps' }), badShape('body: expected union value', '/decision'))
  const told = await send({ decision: 'change', at: '2026-13-45' })
  t.strictSame([told.status, (told.body as ProblemWire).code, (told.body as ProblemWire).path],
    [400, 'CLAIM_DATE_INVALID', '/at'])
  t.strictSame(published, [])
})

t.test('warnings are read on from a sequence', async (t) => {
  const asked: unknown[] = []
  const page: WarningsPage = { items: [{ sequence: 8, warning: { id: 'W' } }], next: 8 }
  const { app } = await aServer(t, {
    async warningsAfter(wanted) {
      asked.push(wanted)
      return page
    },
  })
  const told = await ask(app, { url: `/v1/warnings?institution=${institution}&after=7&limit=2` })
  t.strictSame(told, good(page))
  t.ok(Value.Check(WarningsPage, told.body))
  t.strictSame(await ask(app, { url: `/v1/warnings?institution=${institution}` }), good(page))
  t.strictSame(asked, [
    { institution, afterSequence: 7, limit: 2 }, { institution, afterSequence: 0, limit: 100 },
  ])
  t.strictSame(await ask(app, { url: '/v1/warnings' }), badShape('say whose warnings', '/institution'))
  t.strictSame(await ask(app, { url: '/v1/warnings?institution=H&limit=1001' }),
    badShape('querystring: expected integer to be less or equal to 1000', '/limit'))
  t.strictSame((await ask(app, { url: '/v1/warnings?institution=*' })).status, 400)
})

const listed = {
  id: 'DRUG-SEX', title: rule.title, national_code: rule.nationalCode, national_name: rule.nationalName,
  number_2025: 67, class: rule.class, subclass: rule.subclass, check: 'sex-limit', status: 'active',
  severity: 'violation', stages: ['pre-alert', 'audit'],
}

t.test('rules are listed, and each is told with its legal basis', async (t) => {
  const { app } = await aServer(t, {
    rulebook: () => ({ version: answer.rulebook, rules: [rule, { ...rule, id: 'O', number2025: undefined }] }),
  })
  const all = await ask(app, { url: '/v1/rules' })
  t.strictSame(all, good({
    rulebook: answer.rulebook, rules: [listed, { ...listed, id: 'O', number_2025: null }],
  }))
  t.ok(Value.Check(RulesAnswer, all.body))
  const one = await ask(app, { url: '/v1/rules/DRUG-SEX' })
  t.strictSame(one, good({
    rulebook: answer.rulebook, ...listed, judges: rule.check.meta.summary, owner: 'patient',
    basis: rule.basis, advice: rule.advice, known_false_alarms: rule.falseAlarms, file: rule.file,
  }))
  t.ok(Value.Check(RuleAnswer, one.body))
  const title = 'there is nothing at this address'
  t.strictSame(await ask(app, { url: '/v1/rules/NO-SUCH' }), problem(404, 'REQUEST_NOT_FOUND', {
    title, detail: `${title}: no rule has this id`,
  }))
})

t.test('a reload answers with the new version, or with every mistake', async (t) => {
  const { app } = await aServer(t)
  const told = await ask(app, { url: '/v1/rules/reload', body: {} })
  t.strictSame(told, good({ rulebook: 'fedcba9876543210', is_changed: true }))
  t.ok(Value.Check(ReloadAnswer, told.body))

  const mistakes = [
    { code: 'RULE_INVALID' as const, path: 'rules/a.yaml:3', message: '没有依据' },
    { code: 'TABLE_INVALID' as const, path: 'rules/tables/b.csv:9', message: '没有出处' },
  ]
  const { app: wrong, answers } = await aServer(t, { reload: async () => ({ ok: false, mistakes }) })
  const title = 'the rule book was not changed'
  const refused = await ask(wrong, { url: '/v1/rules/reload', body: {} })
  t.strictSame(refused, problem(422, 'RULEBOOK_INVALID', {
    title, detail: `${title}: 2 mistakes`, mistakes,
  }))
  t.ok(Value.Check(ProblemWire, refused.body))
  t.equal(answers[0]?.code, 'RULEBOOK_INVALID')
})

t.test('a reload needs no body', async (t) => {
  const { app } = await aServer(t)
  t.equal((await app.inject({ method: 'POST', url: '/v1/rules/reload' })).statusCode, 200)
})

t.test('health says that the process answers, and whether and why not it takes part', async (t) => {
  const { app } = await aServer(t)
  t.strictSame(await ask(app, { url: '/livez' }), good({ status: 'alive' }))
  t.strictSame(await ask(app, { url: '/readyz' }), good({ ready: true, reasons: [] }))
  const reasons = [{ code: 'STORE_FULL', message: 'the disk is full', remedy: 'free some space' }]
  const { app: full } = await aServer(t, { readiness: () => ({ ready: false, reasons }) })
  const told = await ask(full, { url: '/readyz' })
  t.strictSame(told, good({ ready: false, reasons }, 503))
  t.ok(Value.Check(Readiness, told.body))
})

t.test('metrics are Prometheus text', async (t) => {
  const { app } = await aServer(t)
  const { statusCode, headers, body } = await app.inject('/metrics')
  t.strictSame([statusCode, headers['content-type'], body], [
    200, 'text/plain; version=0.0.4; charset=utf-8',
    '# TYPE claims_judged_total counter\nclaims_judged_total 1\n',
  ])
})

t.test('what is not there is a problem too', async (t) => {
  const { app, answers } = await aServer(t)
  const title = 'there is nothing at this address'
  const missing = problem(404, 'REQUEST_NOT_FOUND', { title, detail: title })
  t.strictSame(await ask(app, { url: '/v2' }), missing)
  t.strictSame(await ask(app, { url: '/v1/check' }), missing, 'a GET of what is POSTed')
  t.strictSame(await ask(app, { url: '/v1/rules/%zz' }), badShape('the address cannot be read'))
  t.strictSame(answers.slice(0, 2).map(({ route, code }) => [route, code]),
    Array(2).fill(['none', 'REQUEST_NOT_FOUND']))
})

t.test('an answer carries the request’s id, a new one where it has none or a strange one', async (t) => {
  const { app } = await aServer(t)
  const idOf = async (headers: Record<string, string>) =>
    (await app.inject({ url: '/livez', headers })).headers['x-request-id']
  t.equal(await idOf({ 'x-request-id': 'his-00.1' }), 'his-00.1')
  const made = /^[0-9a-f]{8}-[0-9a-f-]{27}$/
  t.match(await idOf({}), made)
  t.match(await idOf({ 'x-request-id': 'a b' }), made)
  t.equal((await app.inject('/livez')).headers['cache-control'], 'no-store')
})

t.test('keys open what their scopes and their institution allow, and no more', async (t) => {
  const file = join(t.testdir(), 'api-keys.json')
  const all = ['check', 'events', 'warnings', 'rules', 'metrics']
  writeFileSync(file, JSON.stringify([
    { id: 'agency', sha256: hashKey('agency-key'), institution: '*', scopes: all },
    { id: 'hospital', sha256: hashKey('hospital-key'), institution, scopes: all },
    { id: 'grafana', sha256: hashKey('grafana-key'), institution: '*', scopes: ['metrics'] },
  ]))
  const keys = openKeys({ file, host: '0.0.0.0', log })
  const { app, published } = await aServer(t, { keys })
  const agency = { authorization: 'Bearer agency-key' }
  const hospital = { 'x-api-key': 'hospital-key' }
  const grafana = { authorization: 'bearer grafana-key' }
  const other = aSettlement({ visit: { institution: { id: 'H-OTHER' } } })
  const elsewhere = forbidden('it is another institution’s')

  for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'Basic agency-key' },
    { 'x-api-key': 'x'.repeat(257) }]) {
    t.strictSame(await ask(app, { url: '/v1/check', body: aSettlement(), headers }), unauthorized)
  }
  t.strictSame(await ask(app, { url: '/v1/rules' }), unauthorized)
  t.strictSame(await ask(app, { url: '/metrics' }), unauthorized)
  t.equal((await app.inject('/v1/rules')).headers['www-authenticate'], 'Bearer')
  t.strictSame(await ask(app, { url: '/v1/rules', headers: grafana }), forbidden('it has no scope rules'))
  t.equal((await app.inject({ url: '/metrics', headers: grafana })).statusCode, 200)
  for (const url of ['/livez', '/readyz', '/docs/json']) {
    t.equal((await app.inject(url)).statusCode, 200, `${url} asks for no key`)
  }

  const check = (body: unknown, headers: Record<string, string>) =>
    ask(app, { url: '/v1/check', body, headers })
  t.strictSame(await check(aSettlement(), hospital), good(answer))
  t.strictSame(await check(other, agency), good(answer))
  t.strictSame(await check(other, hospital), elsewhere)
  t.equal((await check({}, hospital)).status, 400, 'without an institution it is no claim')

  const send = (body: unknown, headers: Record<string, string>) =>
    ask(app, { url: '/v1/events', body, headers })
  const registry = anEvent({
    type: 'registry', data: { subject: 'doctor', key: 'D-1', state: {}, at: eventTime },
  })
  t.strictSame(await send([anEvent(), anEvent({ data: other })], hospital),
    { ...elsewhere, body: { ...elsewhere.body, path: '/1' } })
  t.strictSame(await send(registry, hospital),
    forbidden('only a key for all institutions may'))
  t.strictSame(published, [])
  t.equal((await send(registry, agency)).status, 202)
  t.equal((await send(anEvent(), hospital)).status, 202)
  t.match(published[1]!.id, /^http:hospital:/)

  const feedback = (warning_id: string) => ask(app, {
    url: '/v1/feedback', body: { warning_id, decision: 'change' }, headers: hospital,
  })
  t.strictSame(await feedback('H-OTHER:S-1:patient'), elsewhere)
  t.equal((await feedback(`${institution}:S-1:patient`)).status, 202)

  const read = (query: string) => ask(app, { url: `/v1/warnings${query}`, headers: hospital })
  t.strictSame(await read('?institution=H-OTHER'), elsewhere)
  t.strictSame(await read('?after=3'), good({ items: [], next: 3 }), 'its own, unsaid')

  t.strictSame(await ask(app, { url: '/v1/rules/reload', body: {}, headers: hospital }),
    forbidden('only a key for all institutions may'))
  t.equal((await ask(app, { url: '/v1/rules/reload', body: {}, headers: agency })).status, 200)
})

t.test('without a key file a loopback door is open and says so; another does not open', (t) => {
  const said: unknown[] = []
  const warn = { warn: (...line: unknown[]) => { said.push(line) } }
  for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1']) {
    openKeys({ file: '/no/such/file', host, log: warn })
  }
  t.strictSame(said[0], [
    { file: '/no/such/file', host: '127.0.0.1' },
    'there is no file of API keys: everybody on this machine may ask',
  ])
  t.equal(said.length, 4)
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.evil.example']) {
    t.throws(() => openKeys({ file: '/no/such/file', host, log: warn }), {
      code: 'CONFIG_INVALID',
      message: 'a setting is wrong: there is no /no/such/file, and HOST is '
        + `${host}: write the keys, or listen on 127.0.0.1 only`,
    })
  }
  t.end()
})

t.test('a key file that cannot be believed stops the start', (t) => {
  const file = join(t.testdir(), 'api-keys.json')
  const refused = (content: string) => {
    writeFileSync(file, content)
    try {
      openKeys({ file, host: '127.0.0.1', log })
    } catch (error) {
      if (error instanceof ServiceError) return error.message.replace(file, 'FILE')
    }
    return ''
  }
  const key = { id: 'a', sha256: hashKey('a'), institution: '*', scopes: [] }
  t.equal(refused('[{"id": "a", secret'), 'a setting is wrong: FILE: it is not JSON')
  t.equal(refused('{}'), 'a setting is wrong: FILE:  expected array')
  t.equal(refused(JSON.stringify([{ ...key, sha256: 'A' }])),
    'a setting is wrong: FILE: /0/sha256 expected string to match \'^[0-9a-f]{64}$\'')
  t.equal(refused(JSON.stringify([{ ...key, scopes: ['everything'] }])),
    'a setting is wrong: FILE: /0/scopes/0 expected union value')
  t.equal(refused(JSON.stringify([key, key])), 'a setting is wrong: FILE: there are two keys a')
  mkdirSync(join(t.testdir(), 'folder'))
  t.throws(() => openKeys({ file: join(t.testdirName, 'folder'), host: '127.0.0.1', log }),
    { code: 'CONFIG_INVALID', message: /it cannot be read$/ })
  t.end()
})

t.test('two keys whose hashes begin alike are both known', (t) => {
  const file = join(t.testdir(), 'api-keys.json')
  const hash = hashKey('mine')
  const twin = hash.slice(0, 8) + hash.slice(8).split('').reverse().join('')
  writeFileSync(file, JSON.stringify([twin, hash].map((sha256, index) => (
    { id: `k${index}`, sha256, institution: '*', scopes: ['check'] }))))
  const keys = openKeys({ file, host: '127.0.0.1', log })
  t.strictSame([keys.callerOf('mine')?.id, keys.callerOf('yours')?.id], ['k1', undefined])
  t.end()
})

t.test('who asks too often is told to wait, each key and each address by itself', async (t) => {
  const file = join(t.testdir(), 'api-keys.json')
  writeFileSync(file, JSON.stringify(['a', 'b'].map((id) => (
    { id, sha256: hashKey(id), institution: '*', scopes: ['rules'] }))))
  const keys = openKeys({ file, host: '127.0.0.1', log })
  const limits = {
    bodyBytesMax: 1_024, checkBudgetMs: 1, rateLimitPerSecond: 2, eventLoopDelayMsMax: 0,
  }
  const { app } = await aServer(t, { keys, limits })
  const title = 'too many requests'
  const tooMany = problem(429, 'REQUEST_TOO_MANY', { title, detail: title, retry: 'later' })
  for (const headers of [{ 'x-api-key': 'a' }, { 'x-api-key': 'b' }]) {
    for (let index = 0; index < 2; index++) {
      t.equal((await ask(app, { url: '/v1/rules', headers })).status, 200)
    }
    t.strictSame(await ask(app, { url: '/v1/rules', headers }), tooMany)
  }
  for (let index = 0; index < 2; index++) {
    t.strictSame(await ask(app, { url: '/v1/rules' }), unauthorized)
  }
  t.strictSame(await ask(app, { url: '/v1/rules' }), tooMany, 'guessing is slow')
  t.strictSame(await ask(app, { url: '/no/such/page' }), tooMany)
  t.match((await app.inject('/v1/rules')).headers['retry-after'], /^\d+$/)
  for (let index = 0; index < 4; index++) {
    t.equal((await app.inject('/livez')).statusCode, 200, 'health is always told')
  }
})

t.test('under overload the answer is 503 before the body is parsed; health is still told', async (t) => {
  const limits = {
    bodyBytesMax: 1_024, checkBudgetMs: 1, rateLimitPerSecond: 100, eventLoopDelayMsMax: 1e-9,
    eventLoopSampleMs: 10,
  }
  const { app } = await aServer(t, { limits })
  while (!app.isUnderPressure()) await new Promise((resolve) => setTimeout(resolve, 5))
  const title = 'the service is overloaded; try again'
  t.strictSame(await ask(app, { url: '/v1/check', body: '{"not": json' }),
    problem(503, 'SERVICE_OVERLOADED', { title, detail: title, retry: 'later' }))
  t.equal((await app.inject('/v1/rules')).headers['retry-after'], '1')
  for (const url of ['/livez', '/readyz', '/metrics']) {
    t.equal((await app.inject(url)).statusCode, 200, url)
  }
})

t.test('the OpenAPI document lists every route, and /docs shows it', async (t) => {
  const { app } = await aServer(t)
  interface Document { openapi: string, paths: Record<string, Record<string, { summary?: string }>> }
  const { openapi, paths } = (await app.inject('/docs/json')).json<Document>()
  t.equal(openapi, '3.1.0')
  t.strictSame(Object.entries(paths).map(([path, methods]) => [path, Object.keys(methods)]).sort(), [
    ['/livez', ['get']],
    ['/metrics', ['get']],
    ['/readyz', ['get']],
    ['/v1/check', ['post']],
    ['/v1/events', ['post']],
    ['/v1/feedback', ['post']],
    ['/v1/rules', ['get']],
    ['/v1/rules/reload', ['post']],
    ['/v1/rules/{id}', ['get']],
    ['/v1/warnings', ['get']],
  ])
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods))
  t.ok(operations.every(({ summary = '' }) => summary !== ''))
  const page = await app.inject('/docs/')
  t.strictSame([page.statusCode, page.headers['content-type']], [200, 'text/html; charset=utf-8'])
})

t.test('an error of ours that is not the caller’s fault is 500, one that passes is 503', (t) => {
  const statusOf = (error: unknown) => refusalOf(error, 'R').status
  t.strictSame([
    new ServiceError('STORE_LOCKED'), new ServiceError('STORE_FULL'),
    new ServiceError('SETTLEMENT_CONFLICT'), new ServiceError('REVERSAL_UNMATCHED'), 'a text',
  ].map(statusOf), [500, 503, 409, 400, 500])
  t.end()
})

/** A connection, and what has come back on it so far. */
function listenTo(port: number) {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  let heard = ''
  socket.on('data', (chunk: string) => { heard += chunk })
  return { socket, heard: () => heard }
}

/** Everything that comes back until the other side hangs up. */
async function talk(port: number, text: string): Promise<string> {
  const { socket, heard } = listenTo(port)
  socket.write(text)
  await once(socket, 'close')
  return heard()
}

t.test('over a socket: a check, what is no HTTP, and a stop that finishes what has begun', async (t) => {
  let release = () => {}
  let began = () => {}
  const hasBegun = new Promise<void>((resolve) => { began = resolve })
  const { app } = await aServer(t, {
    publishEvent: () => new Promise((resolve) => {
      release = () => resolve({ sequence: 7 })
      began()
    }),
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const port = Number(new URL(url).port)
  const post = (path: string, body: unknown) =>
    fetch(url + path, { method: 'POST', headers: json, body: JSON.stringify(body) })
  const checked = await post('/v1/check', aSettlement())
  t.strictSame([checked.status, await checked.json()], [200, answer])

  const [head, body] = (await talk(port, 'hello\r\n\r\n')).split('\r\n\r\n')
  t.match(head, /^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json\r\n/)
  t.strictSame({ status: 400, isProblem: true, body: JSON.parse(body!) as unknown }, {
    ...badShape('this is not an HTTP request'),
    body: { ...badShape('this is not an HTTP request').body, request_id: '' },
  })
  t.match(await talk(port, `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /)

  // One connection has a request under way while the service stops, another has begun to send one.
  const busy = listenTo(port)
  const event = JSON.stringify(anEvent())
  busy.socket.write('POST /v1/events HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n'
    + `content-length: ${Buffer.byteLength(event)}\r\n\r\n${event}`)
  await hasBegun
  const late = listenTo(port)
  const livez = 'GET /livez HTTP/1.1\r\nhost: h\r\n'
  late.socket.write(`${livez}\r\n${livez}`)
  await once(late.socket, 'data')
  const closed = app.close()
  await new Promise((resolve) => setImmediate(resolve))
  late.socket.write('x-request-id: R-1\r\n\r\n')
  await once(late.socket, 'close')
  release()
  await once(busy.socket, 'close')
  await closed
  t.match(busy.heard(), /^HTTP\/1\.1 202 Accepted[^]*"sequence":7/)
  const [first, firstBody, second, secondBody] = late.heard().split(/\r\n\r\n|(?=HTTP)/)
  t.match(first, /^HTTP\/1\.1 200 OK/)
  t.equal(firstBody, '{"status":"alive"}')
  t.match(second, /^HTTP\/1\.1 503 Service Unavailable/)
  t.match(second, /connection: close/i)
  const title = 'the service is stopping'
  t.strictSame(JSON.parse(secondBody!),
    problem(503, 'SERVICE_STOPPING', { title, detail: title, retry: 'later' }).body)
  await t.rejects(fetch(`${url}/livez`))
})
