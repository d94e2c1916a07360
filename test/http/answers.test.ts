// What goes out over HTTP: warnings, rules, health, metrics, the OpenAPI document.
import { Socket } from 'node:net'
import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { ServiceError } from '../../src/errors.js'
import { ProblemWire, refusalOf, refuseConnection } from '../../src/http/error-reply.js'
import { Readiness } from '../../src/http/health-route.js'
import { ReloadAnswer, RuleAnswer, RulesAnswer } from '../../src/http/rules-route.js'
import { WarningsPage } from '../../src/http/warnings-route.js'
import {
  aServer, answer, ask, badShape, good, institution, problem, rule,
} from '../fixtures/door.js'

t.test('warnings are read on from a sequence', async (t) => {
  const asked: unknown[] = []
  const page: WarningsPage = { items: [{ sequence: 8, warning: { id: 'W' } }], next: 8, more: true }
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
  t.match(await ask(app, { url: '/v1/warnings?institution=*' }),
    badShape("querystring: expected string to match '^[A-Za-z0-9_-]{1,64}$'", '/institution'), 'the pattern as it is')
})

const listed = {
  id: 'DRUG-SEX', title: rule.title, national_code: rule.nationalCode, national_name: rule.nationalName,
  number_2025: 67, class: rule.class, subclass: rule.subclass, check: 'sex-limit', status: 'active',
  is_held: false, override_jump: null, demoted_on: null,
  severity: 'violation', stages: ['pre-alert', 'audit'],
}

t.test('rules are listed, and each is told with its legal basis', async (t) => {
  const { app } = await aServer(t, {
    rulebook: () => ({
      version: answer.rulebook,
      rules: [rule, { ...rule, id: 'O', number2025: undefined, basis: [{ document: '某通知', article: '一', fromDay: 20_454, untilDay: 20_819 }] }],
    }),
    isHeld: (id) => id === 'O',
  })
  const all = await ask(app, { url: '/v1/rules' })
  t.strictSame(all, good({
    rulebook: answer.rulebook, rules: [listed, { ...listed, id: 'O', number_2025: null, is_held: true }],
  }))
  t.ok(Value.Check(RulesAnswer, all.body))
  const one = await ask(app, { url: '/v1/rules/DRUG-SEX' })
  t.strictSame(one, good({
    rulebook: answer.rulebook, ...listed, judges: rule.check.meta.summary, owner: 'patient',
    basis: rule.basis, brief: rule.brief, advice: rule.advice, known_false_alarms: rule.falseAlarms, file: rule.file,
  }))
  t.ok(Value.Check(RuleAnswer, one.body))
  t.match((await ask(app, { url: '/v1/rules/O' })).body, {
    basis: [{ document: '某通知', article: '一', valid_from: '2026-01-01', valid_to: '2027-01-01' }],
  }, 'with the days on which it holds')
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

t.test('indicators are those of one institution and month, and only its own key reads them', async (t) => {
  const keys = { callerOf: () => ({ id: 'K', institution: 'H1', scopes: ['warnings'] as const }) }
  const reads: string[] = []
  const audit = { async append({ range }: { range: string }) { reads.push(range) }, note() {} }
  const { app } = await aServer(t, { keys, audit })
  const own = await ask(app, { url: '/v1/indicators?month=2026-02' })
  t.strictSame(own, { status: 200, isProblem: false, body: {
    institution: 'H1', month: '2026-02', complete: true, figures: [], departments: [], doctors: [], overflowed: 0,
  } })
  t.equal((await ask(app, { url: '/v1/indicators?institution=H2' })).status, 403)
  t.equal((await ask(app, { url: '/v1/indicators?month=2026-13' })).status, 400)
  t.strictSame(reads, ['indicators of 2026-02'])
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
    ['/v1/feedback/summary', ['get']],
    ['/v1/indicators', ['get']],
    ['/v1/rules', ['get']],
    ['/v1/rules/reload', ['post']],
    ['/v1/rules/{id}', ['get']],
    ['/v1/warnings', ['get']],
    ['/v1/warnings/stream', ['get']],
  ])
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods))
  t.ok(operations.every(({ summary = '' }) => summary !== ''))
  type Answers = Record<string, { content: Record<string, unknown> }>
  const answersOf = (path: string, method: string) =>
    Object.entries((paths[path]![method] as { responses: Answers }).responses)
      .map(([status, { content }]) => [status, Object.keys(content)])
  const refused = [['4XX', ['application/problem+json']], ['5XX', ['application/problem+json']]]
  t.strictSame(answersOf('/v1/check', 'post'), [['200', ['application/json']], ...refused])
  t.strictSame(answersOf('/metrics', 'get'), [['200', ['text/plain']], ...refused])
  t.strictSame(answersOf('/livez', 'get'), [['200', ['application/json']]])
  const page = await app.inject('/docs/')
  t.strictSame([page.statusCode, page.headers['content-type']], [200, 'text/html; charset=utf-8'])
})

t.test('what a socket says before it hangs up, and nothing when it has', (t) => {
  const said: string[] = []
  const aSocket = () => Object.assign(new Socket(), { end: (text: string) => { said.push(text) } })
  refuseConnection(new ServiceError('EVENT_NOT_JSON'), aSocket().destroy())
  t.strictSame(said, [], 'it has hung up')
  const socket = aSocket()
  const slow = Object.assign(new ServiceError('EVENT_NOT_JSON'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
  refuseConnection(slow, socket)
  refuseConnection(new ServiceError('EVENT_NOT_JSON'), socket)
  t.strictSame(said.map((text) => text.split('\r\n')[0]),
    ['HTTP/1.1 408 Request Timeout', 'HTTP/1.1 400 Bad Request'])
  t.end()
})

t.test('an error of ours that is not the caller’s fault is 500, one that passes is 503', (t) => {
  const statusOf = (error: unknown) => refusalOf(error, 'R').status
  t.strictSame([
    new ServiceError('STORE_LOCKED'), new ServiceError('STORE_FULL'),
    new ServiceError('SETTLEMENT_CONFLICT'), new ServiceError('REVERSAL_UNMATCHED'), 'a text',
  ].map(statusOf), [500, 503, 409, 400, 500])
  t.end()
})
