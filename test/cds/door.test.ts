// The door of CDS Hooks around the cards: what it refuses, who may ask, what was done with a card, and what
// it tells of itself.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { CdsCard } from '../../src/cds/cards.js'
import { cdsDefaults, openCdsSettings } from '../../src/cds/settings.js'
import { hashKey, openKeys } from '../../src/http/keys.js'
import { aCdsDoor, cardsOf, discharge, encounter, findingsOf, orderSign } from '../fixtures/cds.js'
import type { HookCall } from '../fixtures/cds.js'
import { ask, log } from '../fixtures/door.js'
import { hospital, now } from '../fixtures/nhsa.js'

t.test('a prefetch that is needed and is not there is 412; other mistakes are 400', async (t) => {
  const { app } = await aCdsDoor(t)
  const post = async (call: object, service = 'order-sign') => {
    const { status, body } = await ask(app, { url: `/cds-services/${service}`, body: call })
    const { code, path } = body as { code: string, path: string }
    return { status, code, path }
  }
  const missing = (key: string) => ({ status: 412, code: 'REQUEST_INCOMPLETE', path: `/prefetch/${key}` })
  const without = (call: HookCall, key: string) => {
    const prefetch = Object.fromEntries(Object.entries(call.prefetch).filter(([name]) => name !== key))
    return { ...call, prefetch }
  }
  for (const key of ['patient', 'encounter', 'conditions']) {
    t.strictSame(await post(without(orderSign(), key)), missing(key))
    t.strictSame(await post(orderSign({ prefetch: { [key]: { resourceType: 'OperationOutcome' } } })), missing(key))
  }
  t.strictSame(await post(orderSign({ prefetch: { patient: null } })), missing('patient'))
  t.strictSame(await post(orderSign({ prefetch: { encounter: null } })), missing('encounter'))
  t.strictSame(await post({ ...orderSign(), prefetch: undefined }), missing('patient'))
  t.strictSame(await post(without(discharge([]), 'chargeItems'), 'encounter-discharge'), missing('chargeItems'))
  t.strictSame(await post(orderSign({ prefetch: { encounter: encounter({ serviceProvider: undefined }) } })),
    { status: 400, code: 'REQUEST_MALFORMED', path: '/prefetch/encounter/serviceProvider' })
  t.strictSame(await post(discharge([])), { status: 400, code: 'REQUEST_MALFORMED', path: '/hook' })
  t.match(await post({ hook: 'order-sign' }), { status: 400, code: 'REQUEST_MALFORMED' })
  t.match(await post({}, 'nothing'), { status: 404 })
  const { app: owned, asked } = await aCdsDoor(t, { institutionOf: () => hospital })
  await cardsOf(t, owned, orderSign({ prefetch: { encounter: encounter({ serviceProvider: undefined }) } }))
  t.match(asked[0], { visit: { institution: { id: hospital } } }, 'the key says whose it is')
})

t.test('what was done with cards becomes feedback, entry by entry', async (t) => {
  const { app, told } = await aCdsDoor(t, { mayAsk: (_, institution) => institution === hospital })
  const url = '/cds-services/order-sign/feedback'
  const [{ uuid }] = findingsOf(await cardsOf(t, app, orderSign())) as [CdsCard]
  const other = '00000000-0000-4000-8000-000000000000'
  const entry = (changes: object) => ({ card: uuid, outcome: 'overridden', outcomeTimestamp: '2026-07-02T01:59:00Z', ...changes })
  const tell = (...feedback: object[]) => ask(app, { url, body: { feedback } })
  t.strictSame(await tell(
    entry({ outcome: 'accepted', acceptedSuggestions: [{ id: other }] }),
    entry({ overrideReason: { reason: { code: 'clinical-need', system: 'x' }, userComment: ' 见病历 ' } }),
    entry({ card: uuid.toUpperCase(), outcomeTimestamp: '2099-01-01T00:00:00Z', overrideReason: { reason: { code: 'own', display: '科室规定' } } }),
    entry({ outcomeTimestamp: undefined, overrideReason: { reason: { code: 'own' } } }),
    entry({}), entry({ overrideReason: { reason: {} } }), entry({ card: other }),
  ), { status: 200, isProblem: false, body: { accepted: 6, refused: [other] } })
  const at = new Date(now).toISOString()
  const data = (said: object, when = '2026-07-02T01:59:00.000Z', outcomeAt = '2026-07-02T01:59:00Z') => ({
    feedback: { warning_id: `${hospital}:${uuid}`, ...said, rule: 'DRUG-SEX', at: when }, institution: hospital, outcomeAt,
  })
  const on = (reason: string, reason_code: string) => ({ decision: 'continue', reason, reason_code })
  t.strictSame(told, [
    data({ decision: 'change', reason: '' }), data(on('病情需要，已在病历中说明：见病历', 'clinical-need')),
    data(on('科室规定', 'in-words'), at, '2099-01-01T00:00:00Z'), data(on('own', 'in-words'), at, ''), data(on('未说明原因', 'unsaid')), data(on('未说明原因', 'unsaid')),
  ])
  t.match(await tell(entry({ card: other })), { status: 404, body: { code: 'REQUEST_NOT_FOUND' } })
  t.match(await tell(), { status: 400 })
  t.match(await tell(entry({ outcome: 'perhaps' })), { status: 400 })
})

t.test('of a key for one institution older cards are known by what was shown to it, others are refused', async (t) => {
  const [known, unsure, never] = ['1', '2', '3'].map((digit) => `${digit.repeat(8)}-0000-4000-8000-00000000000a`) as [string, string, string]
  const { app, told } = await aCdsDoor(t, {
    institutionOf: () => 'H-OWN',
    shownRule: (id) => ({ [`H-OWN:${known}`]: 'DRUG-SEX', [`H-OWN:${unsure}`]: '' })[id],
  })
  const tell = (...cards: string[]) => ask(app, {
    url: '/cds-services/order-sign/feedback', body: { feedback: cards.map((card) => ({ card, outcome: 'accepted' })) },
  })
  t.strictSame(await tell(known.toUpperCase(), never, unsure),
    { status: 200, isProblem: false, body: { accepted: 2, refused: [never] } })
  t.strictSame(told.map(({ feedback: { warning_id: id, rule }, institution }) => [id, rule, institution]),
    [[`H-OWN:${known}`, 'DRUG-SEX', 'H-OWN'], [`H-OWN:${unsure}`, undefined, 'H-OWN']])
  t.match(await tell(never), { status: 404, body: { code: 'REQUEST_NOT_FOUND' } })
  t.equal(told.length, 2)
})

t.test('keys, institutions and web pages: who may ask', async (t) => {
  const file = join(t.testdir(), 'api-keys.json')
  writeFileSync(file, JSON.stringify([
    { id: 'h', sha256: hashKey('key'), institution: hospital, scopes: ['check'] },
    { id: 'm', sha256: hashKey('metrics'), institution: '*', scopes: ['metrics'] },
  ]))
  const keys = openKeys({ file, host: '0.0.0.0', log })
  const settings = { ...cdsDefaults, origins: ['https://emr.example.org'] }
  const { app } = await aCdsDoor(t, { settings, mayAsk: ({ caller }, institution) => caller?.institution === institution }, { keys })
  const post = async (authorization?: string, call = orderSign()) => (await ask(app, {
    url: '/cds-services/order-sign', body: call, headers: authorization === undefined ? {} : { authorization },
  })).status
  t.equal(await post(), 401)
  t.equal(await post('Bearer metrics'), 403)
  t.equal(await post('Bearer key'), 200)
  const elsewhere = orderSign({ prefetch: { encounter: encounter({ serviceProvider: { identifier: { value: 'H-OTHER' } } }) } })
  t.equal(await post('Bearer key', elsewhere), 403)
  const shared = async (method: 'GET' | 'OPTIONS', url: string, origin?: string) => {
    const { statusCode, headers } = await app.inject({ method, url, headers: origin === undefined ? {} : { origin } })
    return [statusCode, headers['access-control-allow-origin'], headers['vary']]
  }
  const page = 'https://emr.example.org'
  t.strictSame(await shared('GET', '/cds-services', page), [200, page, 'Origin'])
  t.strictSame(await shared('OPTIONS', '/cds-services/order-sign', page), [204, page, 'Origin'])
  t.strictSame(await shared('GET', '/cds-services', 'https://evil.example.org'), [200, undefined, 'Origin'])
  t.strictSame(await shared('GET', '/cds-services'), [200, undefined, 'Origin'])
  const closed = await aCdsDoor(t)
  const { statusCode, headers } = await closed.app.inject({ method: 'OPTIONS', url: '/cds-services', headers: { origin: page } })
  t.strictSame([statusCode, headers['access-control-allow-origin']], [404, undefined], 'off by default')
})

t.test('discovery tells hooks, ids and what to fetch, and nothing of ours', async (t) => {
  const { app } = await aCdsDoor(t)
  const { body } = await ask(app, { url: '/cds-services' })
  const { services } = body as { services: Record<string, unknown>[] }
  t.match(services, [{ hook: 'order-sign', id: 'order-sign' }, { hook: 'encounter-discharge', id: 'encounter-discharge' }])
  for (const service of services) {
    t.strictSame(Object.keys(service).sort(), ['description', 'hook', 'id', 'prefetch', 'title', 'usageRequirements'])
    t.match(service['prefetch'], { patient: 'Patient/{{context.patientId}}', encounter: 'Encounter/{{context.encounterId}}' })
  }
})

t.test('settings are the file’s over the defaults, and a wrong file is named', (t) => {
  const dir = t.testdir({
    'good.json': '{"systems":{"items":["urn:mine"]},"origins":["https://a.example.org"]}',
    'wrong.json': '{"systems":{"item":[]}}', 'text.json': 'no',
  })
  t.strictSame(openCdsSettings(undefined), cdsDefaults)
  t.strictSame(openCdsSettings(join(dir, 'good.json')), {
    ...cdsDefaults, systems: { ...cdsDefaults.systems, items: ['urn:mine'] }, origins: ['https://a.example.org'],
  })
  t.throws(() => openCdsSettings(join(dir, 'wrong.json')), { code: 'CONFIG_INVALID', message: /\/systems\/item/ })
  t.throws(() => openCdsSettings(join(dir, 'text.json')), { code: 'CONFIG_INVALID', message: /JSON/ })
  t.throws(() => openCdsSettings(join(dir, 'none.json')), { code: 'CONFIG_INVALID' })
  t.end()
})

