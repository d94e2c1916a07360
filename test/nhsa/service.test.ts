// A hospital's client against the running service, over a socket: it signs as the reference says, asks
// before the bill is settled, and tells what was done with the answer.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { hashKey } from '../../src/http/keys.js'
import { streamNames } from '../../src/nats/streams.js'
import { hospital, message, secret, standard } from '../fixtures/nhsa.js'
import { call } from '../fixtures/nhsa-client.js'
import { startServer } from '../fixtures/nats-server.js'
import { personKey } from '../../src/nhsa/identifier.js'
import { ask, aServer, aWorld, content, reaching, ready, until, womens } from '../fixtures/service-world.js'
import { order } from '../fixtures/nhsa.js'

const inTheVisit = { fsi_order_dtos: [order({ hilist_code: womens })] }

t.test('a hospital asks, learns what is wrong, and tells what it did', async (t) => {
  const server = await aServer(t)
  const tenants = join(t.testdir(), 'tenants.json')
  const tenant = { id: 'h1', institutions: [hospital], paasid: 'hospital-1', secrets: [secret], deadline_ms: 5_000 }
  writeFileSync(tenants, JSON.stringify([tenant]))
  const world = aWorld(t, { NATS_URL: server.url, NHSA_TENANTS_FILE: tenants })
  const service = await world.start()
  await ready(service)
  const document = await (await fetch(`${service.address}/docs/json`)).json() as { paths: object }
  t.match(document.paths, { '/fsi/api': { post: { responses: { 200: {} } } }, '/fsi/api/{infno}': { post: {} } })
  const asked = await call(service.address, standard({ encounter: inTheVisit }))
  t.match(asked, { infcode: 0, err_msg: '', output: { result: [{ rule_id: 'DRUG-SEX' }] } })
  const warns = [{ warn_rslt_id: asked.output.result[0]!.jr_id, dspo_way: '1', dspo_way_rea: '病情需要' }]
  const told = await call(service.address, message({ data: { warn_type: '1', warns } }, { infno: '3103' }))
  t.match(told, { infcode: 0, output: { accepted: 1, refused: [] } })
  await reaching(service, 2)
  const say = (msgid: string, way: string) => call(service.address, message(
    { data: { warn_type: '1', warns: [{ ...warns[0], dspo_way: way }] } }, { infno: '3103', msgid }))
  for (const [msgid, way] of [['F2', '2'], ['F3', '1'], ['F3', '1']] as const) {
    t.match(await say(msgid, way), { infcode: 0, output: { accepted: 1 } })
  }
  await reaching(service, 4)
  t.strictSame((await content(server.url, streamNames.event)).filter(({ subject }) => subject.endsWith('.feedback'))
    .map(({ body: { data } }) => (data as { decision: string }).decision), ['continue', 'change', 'continue'],
  'what is decided again in a later message counts, a message sent again does not')
  const events = await content(server.url, streamNames.event)
  const key = personKey(readFileSync(join(world.dataDir, 'person-key'), 'utf8').trim(), '33010019800101123X')
  const [question, event] = ['asked', 'feedback'].map((type) =>
    events.find(({ subject }) => subject.endsWith(`.${type}`)))
  t.match(question, { subject: `claims.event.patient.${key}.asked`, body: { type: 'asked', data: {
    patient: { key }, institution: hospital, visit_id: 'V1', call: '3101', stage: 'pre-alert', scene: 2,
    items_count: 1, complete: true,
    findings: [{ id: asked.output.result[0]!.jr_id, rule: 'DRUG-SEX', severity: 'suspect', at_risk_fen: 2_500 }],
  } } })
  t.notMatch(JSON.stringify(events), /33010019800101123X|某人/, 'no event names the person')
  t.match(event, { subject: `claims.event.institution.${hospital}.feedback`, body: { type: 'feedback', data: {
    warning_id: `${hospital}:${asked.output.result[0]!.jr_id}`, decision: 'continue', reason: '病情需要',
  } } })
  t.match(await call(service.address, standard(), 'nobody'), { infcode: -1, err_msg: /^签名验证失败/ })
  const { body: { text } } = await ask(service, '/metrics')
  t.match(text, /claims_nhsa_answers_total\{infno="3101",result="complete"\} 1/)
  t.match(text, /claims_events_total\{type="asked",result="recorded"\} 1/)
  t.match(text, /claims_accounting\{part="recorded"\} 4/)
  const bad = { ...standard(), input: '{"patn_name":"某人"' }
  t.match(await call(service.address, bad), { infcode: -1, err_msg: /JSON/ })
  const person = readFileSync(join(world.dataDir, 'person-key'), 'utf8').trim()
  const unsaid = new RegExp(['33010019800101123X', '某人', '某医生', secret, person].join('|'))
  t.notMatch(world.text(), unsaid, 'no line names a person or a secret')
  t.match(world.said('a message was put right'), [], 'nothing was put right')
  await service.stop()
  const chain = readFileSync(join(world.dataDir, 'audit', 'service-000001.jsonl'), 'utf8').trimEnd().split('\n')
  t.strictSame(chain.map((line) => JSON.parse(line) as Record<string, string>)
    .map(({ who, institution, route }) => ({ who, institution, route })), [
    ...Array<object>(5).fill({ who: 'tenant h1', institution: hospital, route: 'POST /fsi/api' }),
    { who: '', institution: '*', route: 'POST /fsi/api' }, // signed by nobody
    { who: 'tenant h1', institution: '*', route: 'POST /fsi/api' }, // of no one institution
  ], 'each answer, and who signed for it')
})

t.test('without tenants an API key is asked for, and the secret of person keys is made once', async (t) => {
  const server = await aServer(t)
  const world = aWorld(t, { NATS_URL: server.url })
  const service = await world.start()
  await ready(service)
  const file = join(world.dataDir, 'person-key')
  t.ok(existsSync(file))
  t.equal(statSync(file).mode & 0o777, 0o600)
  const made = readFileSync(file, 'utf8')
  const answer = await call(service.address, standard({ encounter: inTheVisit }))
  t.match(answer, { infcode: 0, output: { result: [{ rule_id: 'DRUG-SEX' }] } })
  await service.stop()
  const again = await world.start()
  await ready(again)
  t.equal(readFileSync(file, 'utf8'), made)
  await again.stop()
  writeFileSync(file, 'short')
  await t.rejects(world.start(), { code: 'CONFIG_INVALID', message: /16 characters/ })
})

t.test('a caller without a key, or with one that nobody has, learns that it is the key', async (t) => {
  const server = await aServer(t)
  const world = aWorld(t, { NATS_URL: server.url })
  const key = 'key-of-the-hospital'
  mkdirSync(world.dataDir)
  writeFileSync(join(world.dataDir, 'api-keys.json'), JSON.stringify([
    { id: 'his', sha256: hashKey(key), institution: hospital, scopes: ['check'] },
  ]))
  const service = await world.start()
  await ready(service)
  const said = async (headers: Record<string, string>) => {
    const answer = await fetch(`${service.address}/fsi/api/3101/`, {
      method: 'POST', body: JSON.stringify(standard()), headers: { 'content-type': 'application/json', ...headers },
    })
    const { err_msg: sentence } = await answer.json() as { err_msg: string }
    return sentence
  }
  t.match(await said({}), /^缺少 API key/)
  t.match(await said({ 'x-api-key': `${key}?` }), /^API key 无效/)
  t.match(await said({ authorization: 'Bearer secret-of-nobody' }), /^API key 无效/)
  t.equal(await said({ 'x-api-key': key }), '')
  t.notMatch(world.text(), new RegExp(`${key}|secret-of-nobody`))
  await service.stop()
})

t.test('while NATS is away the answers say so, and a settlement waits until it is back', async (t) => {
  const server = await startServer()
  t.teardown(() => server.stop())
  const tenants = join(t.testdir(), 'tenants.json')
  const tenant = { id: 'h1', institutions: [hospital], paasid: 'hospital-1', secrets: [secret] }
  writeFileSync(tenants, JSON.stringify([{ ...tenant, settlement_from: '3102', repeat_minutes: 0 }]))
  const world = aWorld(t, { NATS_URL: server.url, NHSA_TENANTS_FILE: tenants })
  const service = await world.start()
  await ready(service)
  const asked = (infno: string, scene: string, msgid: string) => call(service.address, standard({
    encounter: inTheVisit, data: { trig_scen: scene }, envelope: { infno, msgid },
  }))
  await asked('3101', '2', 'A0')
  await reaching(service, 1)
  await server.kill()
  const { output: before } = await asked('3101', '2', 'A1')
  t.ok(before.history_age_ms! > 0, 'what is new since then is not known')
  t.match(before, { result: [{ rule_id: 'DRUG-SEX' }], complete: false, not_reached: [] })
  const settled = await asked('3102', '6', 'A2')
  t.match(settled, { infcode: 0, output: { complete: false, history_age_ms: Number, recorded: false } })
  const warns = [{ warn_rslt_id: before.result[0]!.jr_id, dspo_way: '2' }]
  const feedback = message({ data: { warns } }, { infno: '3103', msgid: 'A3' })
  t.match(await call(service.address, feedback), { infcode: -1, err_msg: '暂时无法处理或记录，请稍后重发' })
  const back = await startServer({ dir: server.dir, port: server.port })
  t.teardown(() => back.stop())
  await until(() => service.partition.state.position.counts.judged === 1)
  const { output: after } = await asked('3101', '2', 'A4')
  t.match([after.complete, after.history_age_ms], [true, undefined])
  await service.stop()
})
