// What hospitals did with findings, from the question to the summary: over the running service, through
// a restart, as figures of a span of days and as metrics.
import t from 'tap'
import { Value } from '@sinclair/typebox/value'
import { Client } from '../src/client.js'
import { feedbackSummary } from '../src/feedback-summary.js'
import { FeedbackBooks, feedbackDays } from '../src/history/feedback-books.js'
import { Records } from '../src/history/pinned.js'
import { FeedbackSummary } from '../src/http/feedback-summary-route.js'
import { Metrics } from '../src/metrics.js'
import { ShownFindings } from '../src/shown-findings.js'
import { connectNats } from '../src/nats/connect.js'
import { aSettlement, anEvent } from './fixtures/claims.js'
import { hospital, message, order, standard } from './fixtures/nhsa.js'
import { call } from './fixtures/nhsa-client.js'
import { aWorld as aStoreWorld, contentOf, send } from './fixtures/store-world.js'
import { ask, aServer, aWorld, event, institution, reaching, ready, womens } from './fixtures/service-world.js'

type Partition = Parameters<typeof feedbackSummary>[0]['partition']

const inTheVisit = { fsi_order_dtos: [order({ hilist_code: womens })] }
const reasons = {
  'clinical-need': 0, emergency: 0, 'self-paid': 0, 'data-wrong': 0, 'rule-unfit': 0, other: 0, 'in-words': 0, unsaid: 0,
}

t.test('a hospital asks, answers, asks again, and the summary tells it, also after a restart', async (t) => {
  const server = await aServer(t)
  const world = aWorld(t, { NATS_URL: server.url })
  const service = await world.start()
  await ready(service)
  const question = (msgid: string) => standard({ encounter: inTheVisit, envelope: { msgid } })
  const told = (id: string, changes: object) => call(service.address,
    message({ data: { warns: [{ warn_rslt_id: id, ...changes }] } }, { infno: '3103', msgid: '' }))
  const first = (await call(service.address, question('M1'))).output.result[0]!.jr_id
  const override = { dspo_way: '1', dspo_way_rea: '病情需要' }
  t.match(await told(first, override), { infcode: 0 }, 'at once, whether the stream has brought it back or not')
  t.match(await told(first, override), { infcode: 0 })
  const second = (await call(service.address, question('M2'))).output.result[0]!.jr_id
  t.match(await told(second, { dspo_way: '2' }), { infcode: 0 })
  t.match(await told('nothing', override), { infcode: -1, err_msg: '没有这个违规标识 warn_rslt_id' })
  await reaching(service, 4)

  const figures = {
    shown: 2, visits: 1, repeats: 1, followed: 1, overridden: 1, reasons: { ...reasons, 'clinical-need': 1 },
    changed: 0, kept: 0,
    compliance_rate: 0.5, override_rate: 0.5, repeats_per_visit: 1,
  }
  const summary = new Client({ url: service.address })
  const all = await summary.feedbackSummary()
  t.match(all, { institution: null, complete: true })
  t.strictSame([all.total, all.rules], [figures, [{ rule: 'DRUG-SEX', title: '药品区分性别使用', ...figures }]])
  t.ok(Value.Check(FeedbackSummary, all))
  t.strictSame((await summary.feedbackSummary({ institution: hospital })).total, figures)
  t.strictSame((await summary.feedbackSummary({ institution: 'H-OTHER' })).rules, [])
  t.match(await ask(service, '/v1/feedback/summary?from=2026-02-30'), { status: 400, body: { path: '/from' } })
  const { body: { text } } = await ask(service, '/metrics')
  for (const line of [
    'findings{rule="DRUG-SEX",what="shown"} 2', 'reasons{rule="DRUG-SEX",reason="clinical-need"} 1',
    'compliance_ratio{rule="DRUG-SEX"} 0.5', 'override_ratio{rule="DRUG-SEX"} 0.5',
    'repeats_per_visit{rule="DRUG-SEX"} 1', 'forgotten_total 0',
  ]) t.ok(String(text).includes(`\nclaims_feedback_${line}\n`), line)

  t.match(await ask(service, '/v1/events', event(1)), { status: 202 })
  await reaching(service, 5)
  const warning = { warning_id: `${institution}:S-1:patient`, decision: 'change' }
  t.match(await ask(service, '/v1/feedback', warning), { status: 202, body: { sequence: 6 } })
  t.match(await ask(service, '/v1/feedback', warning), { status: 202, body: { sequence: 6 } }, 'it is the same one')
  t.match(await ask(service, '/v1/feedback', { ...warning, warning_id: `${institution}:S-2:patient` }), { status: 404 })
  await reaching(service, 6)
  await service.stop()

  const again = await world.start()
  await ready(again)
  const after = await new Client({ url: again.address }).feedbackSummary()
  t.match(after.rules, [{ rule: '', title: '', followed: 1 }, { rule: 'DRUG-SEX', ...figures }])
  t.match(after.total, { shown: 2, followed: 2, overridden: 1, compliance_rate: 0.6667 })
  t.match(await call(again.address, message({ data: { warns: [{ warn_rslt_id: first, dspo_way: '2' }] } },
    { infno: '3103', msgid: '' })), { infcode: 0 }, 'the histories know it')
})

const day = 20_500 // 2026-02-16

/** Histories of one who was shown one thing, as far as a summary asks for them. */
function aPartition(phase: string, gapUntilDay = 0): Partition {
  const feedback = new FeedbackBooks(new Records(() => undefined, 1_000))
  feedback.ask({ institution, visit: 'V1', day, findings: [{ id: 'F1', rule: 'GONE' }] })
  feedback.ask({ institution, visit: 'V1', day: day + 200, findings: [] })
  const histories = { feedback, gapUntilDay, settlement: () => undefined }
  return { histories, state: { phase } } as object as Partition
}

t.test('a summary says whether its days are all there, and of what it is', (t) => {
  const books = { current: () => ({ rules: [] }) } as object as Parameters<typeof feedbackSummary>[0]['books']
  const now = () => Date.UTC(2026, 1, 17)
  const summary = (asked: object, partition = aPartition('ready')) =>
    feedbackSummary({ partition, books, now }, { institution: undefined, from: undefined, to: undefined, ...asked })
  t.match(summary({}), { from: '2026-01-19', to: '2026-02-17', complete: true, rules: [{ rule: 'GONE', title: '', shown: 1 }] })
  t.match(summary({ to: '2026-02-15' }), { from: '2026-01-17', to: '2026-02-15', rules: [], total: { compliance_rate: null, repeats_per_visit: null } })
  t.match(summary({ from: '2025-01-01' }), { from: '2025-01-01', complete: false }, `more than ${feedbackDays} days before the latest`)
  t.match(summary({}, aPartition('catching-up')), { complete: false })
  t.match(summary({}, aPartition('ready', day)), { complete: false }, 'events of these days are missing')
  t.throws(() => summary({ to: '2026-02-30' }), { code: 'REQUEST_MALFORMED', path: '/to' })
  t.end()
})

t.test('what was shown is known at once, and nothing is unknown while events are still to be read', (t) => {
  const shown = new ShownFindings(aPartition('ready'))
  const rules = (...ids: string[]) => ids.map((id) => shown.ruleOf(`${institution}:${id}`))
  t.strictSame(rules('F1', 'F2', 'S-1:patient', 'S-1:patient:x', 'S-1:nobody'), ['GONE', undefined, undefined, undefined, undefined])
  shown.note({ institution, findings: [{ id: 'F2', rule: 'R2', severity: 'notice', at_risk_fen: 0 }] })
  t.strictSame(rules('F2'), ['R2'])
  t.equal(new ShownFindings(aPartition('catching-up')).ruleOf('H:x'), '')
  t.end()
})

t.test('only rules of the rule book in force are labels', async (t) => {
  const metrics = new Metrics()
  t.notMatch(await metrics.text(), /claims_feedback_\w+(\{.*)? \d/, 'nothing to read yet')
  const { histories: { feedback } } = aPartition('ready')
  metrics.readFrom(() => ({
    history: { hits: 0, misses: 0, evictions: 0, overflows: 0, bytes: 0, pinned: 0 },
    lag: { messages: 0, seconds: 0 },
    accounting: { received: 0, judged: 0, recorded: 0, repeated: 0, dead: 0, missing: 0, in_flight: 0 },
    feedback: () => ({ figures: feedback.figures({ fromDay: 0, untilDay: day + 1 }), forgotten: 3, jumping: ['R1'], demoted: ['R2'] }),
  }))
  t.notMatch(await metrics.text(), /GONE/)
  metrics.rulebook('v', ['GONE'])
  const text = await metrics.text()
  t.match(text, 'claims_feedback_findings{rule="GONE",what="shown"} 1\n')
  t.match(text, 'claims_feedback_forgotten_total 3\n')
  t.match(text, 'claims_rule_override_jump{rule="R1"} 1\n')
  t.match(text, 'claims_rule_demoted{rule="R2"} 1\n')
  t.notMatch(text, /claims_feedback_(compliance|override)_ratio\{/, 'nobody has answered')
})

t.test('what was really changed is told by the settlements, and outlives a rebuild that judges nothing', async (t) => {
  const world = aStoreWorld(t)
  const service = await world.start()
  t.teardown(() => service.stop())
  await ready(service)
  const connection = await connectNats({ url: service.natsUrl, name: 'test' })
  const patient = 'patient-0001'
  const about = (type: string, id: string, data: object) => ({
    subject: `claims.event.patient.${patient}.${type}`, id, body: JSON.stringify(anEvent({ id, type, data })),
  })
  const asked = (visit: string) => about('asked', `A-${visit}`, {
    patient: { key: patient }, institution, visit_id: visit, at: '2026-03-02', call: '3101', stage: 'pre-alert',
    items_count: 1, complete: true,
    findings: [{ id: `F-${visit}`, rule: 'DRUG-SEX', severity: 'suspect', at_risk_fen: 1, lines: ['L1'] }],
  })
  const settled = (visit: string, code: string) => about('settlement', `S-${visit}`, aSettlement({
    settlement_id: `S-${visit}`, visit: { id: visit }, items: [{ code }],
  }))
  await send(connection, [
    asked('V-1'), asked('V-2'), asked('V-3'), settled('V-1', womens), settled('V-2', 'ZA01'), settled('V-4', womens),
  ])
  await connection.close()
  await reaching(service, 6)
  const span = '?from=2026-03-01&to=2026-03-05'
  t.match(await ask(service, `/v1/feedback/summary${span}`), { body: { rules: [{ shown: 3, changed: 1, kept: 1 }] } })
  await service.stop()
  const before = await contentOf(world.storeDir)
  t.equal(Object.keys(before.records as object).filter((key) => key.startsWith('o:')).length, 4)
  t.match(await world.run('rebuild'), { code: 0, err: '' })
  t.strictSame(await contentOf(world.storeDir), before)
})
