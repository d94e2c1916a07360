// Metrics: what is observed is what is scraped, bounded and cheap.
import t from 'tap'
import { accountingParts, Metrics, metricsContentType, metricsTable } from '../src/metrics.js'
import { coarseBuckets, fineBuckets } from '../src/metrics/histogram.js'

/** The scraped samples that begin with a name, without comments. */
async function samples(metrics: Metrics, name: string): Promise<string[]> {
  const lines = (await metrics.text()).split('\n')
  return lines.filter((line) => line.startsWith(name))
}

t.test('what is observed is what is scraped', async (t) => {
  const metrics = new Metrics()
  for (const what of ['opened', 'opened', 'sent', 'dropped', 'closed'] as const) metrics.delivery.client(what)
  metrics.delivery.webhook('delivered')
  metrics.delivery.webhookLag = () => ({ messages: 3, seconds: 2 })
  metrics.delivery.auditLost = 1
  metrics.event('settlement', 'judged')
  metrics.event('settlement', 'judged')
  metrics.event('reversal', 'recorded')
  metrics.claim(0.00004)
  metrics.finding('DRUG-SEX', 'violation', 'active')
  metrics.unknown('DRUG-AGE', 'patient.birth_date')
  metrics.failure('DRUG-AGE')
  metrics.atRisk(2_850)
  metrics.deadLetter('EVENT_NOT_JSON')
  metrics.warningAccepted(0.002)
  metrics.committed(0.03)
  metrics.request({ route: '/v1/check', seconds: 0.0002, code: '' })
  metrics.request({ route: '/v1/check', seconds: 0.0003, code: 'REQUEST_FORBIDDEN' })
  metrics.rulebook('0123456789abcdef', ['DRUG-SEX', 'DRUG-AGE'], 'fedcba9876543210')
  metrics.nhsaAnswer('3101', 'complete', { repairs: [], heldBack: 2 })
  for (const size of [0, 1, 2]) metrics.remedies({ of: { size }, isCut: size === 2 })
  metrics.reload(true)

  const text = await metrics.text()
  const plain = text.split('\n').filter((line) => !/^#|^$|_bucket/.test(line))
  t.strictSame(plain, [
    'claims_events_total{type="settlement",result="judged"} 2',
    'claims_events_total{type="reversal",result="recorded"} 1',
    'claims_judged_total 1',
    'claims_findings_total{rule="DRUG-SEX",severity="violation",status="active"} 1',
    'claims_unknown_total{rule="DRUG-AGE",field="patient.birth_date"} 1',
    'claims_check_failures_total{rule="DRUG-AGE"} 1',
    'claims_at_risk_yuan_total 28.5',
    'claims_dead_total{code="EVENT_NOT_JSON"} 1',
    'claims_judgement_seconds_sum 0.00004',
    'claims_judgement_seconds_count 1',
    'claims_warning_seconds_sum 0.002',
    'claims_warning_seconds_count 1',
    'claims_commit_seconds_sum 0.03',
    'claims_commit_seconds_count 1',
    'claims_http_request_seconds_sum{route="/v1/check"} 0.0005',
    'claims_http_request_seconds_count{route="/v1/check"} 2',
    'claims_http_refused_total{code="REQUEST_FORBIDDEN"} 1',
    'claims_nhsa_answers_total{infno="3101",result="complete"} 1',
    'claims_nhsa_held_back_total 2',
    'claims_nhsa_late_total 0',
    'claims_nhsa_nonces_forgotten_total 0',
    'claims_remedies_total{result="none"} 1',
    'claims_remedies_total{result="told"} 1',
    'claims_remedies_total{result="cut"} 1',
    'claims_rulebook_info{version="0123456789abcdef"} 1',
    'claims_knowledge_info{version="fedcba9876543210"} 1',
    'claims_rulebook_reloads_total{result="accepted"} 1',
    'claims_rulebook_reload_successful 1',
    'claims_listeners 1',
    'claims_streamed_total{what="sent"} 1',
    'claims_streamed_total{what="dropped"} 1',
    'claims_webhook_total{result="delivered"} 1',
    'claims_webhook_lag_messages 3',
    'claims_webhook_lag_seconds 2',
    'claims_audit_lost_total 1',
  ])
  t.match(text, '# HELP claims_judged_total Claims judged\n# TYPE claims_judged_total counter\n')
  t.match(text, '# TYPE claims_judgement_seconds histogram\n')
  t.match(metricsContentType, 'text/plain')
})

t.test('a histogram counts each value in the first bucket that holds it', async (t) => {
  const metrics = new Metrics()
  for (const seconds of [0, 0.00001, 0.000011, 0.00007, 1, 1.1]) metrics.claim(seconds)
  const lines = await samples(metrics, 'claims_judgement_seconds_bucket')
  t.equal(lines.length, fineBuckets.length + 1)
  const changes = lines.map((line) => /le="(.+)"} (\d+)/.exec(line)!)
    .map(([, le, count]) => [le!, Number(count)] as const)
    .filter(([, count], index, all) => count !== all[index - 1]?.[1])
  t.strictSame(changes, [
    ['0.00001', 2], ['0.000015', 3], ['0.00007', 4], ['1', 5], ['+Inf', 6],
  ])
  t.strictSame([fineBuckets.length, fineBuckets[0], fineBuckets.at(-1)], [31, 0.00001, 1])
  t.strictSame([coarseBuckets.length, coarseBuckets[0], coarseBuckets.at(-1)], [16, 0.0001, 10])
  t.end()
})

t.test('a share of what was observed lies within a bucket’s bound', (t) => {
  const { judgement } = new Metrics()
  t.equal(judgement.quantile(0.99), 0, 'nothing observed')
  for (let index = 0; index < 98; index++) judgement.observe(0.00004)
  judgement.observe(0.002)
  judgement.observe(5)
  t.strictSame([0.5, 0.99, 1].map((share) => judgement.quantile(share)),
    [0.00005, 0.002, Number.POSITIVE_INFINITY])
  t.end()
})

t.test('histories, lag and accounting are read when somebody scrapes', async (t) => {
  const metrics = new Metrics()
  t.strictSame(await samples(metrics, 'claims_history_hits_total'), [], 'nothing to read: no sample')
  t.strictSame(await samples(metrics, 'claims_accounting'), [])
  const history = { hits: 5, misses: 4, evictions: 3, overflows: 2, bytes: 1_000, pinned: 1 }
  const counts = { received: 15, judged: 5, recorded: 4, repeated: 3, dead: 2, missing: 0, in_flight: 1 }
  metrics.readFrom(() => ({ history, lag: { messages: 9, seconds: 0.5 }, accounting: counts }))
  t.strictSame(await samples(metrics, 'claims_history'), [
    'claims_history_hits_total 5',
    'claims_history_misses_total 4',
    'claims_history_evictions_total 3',
    'claims_history_overflows_total 2',
    'claims_history_bytes 1000',
    'claims_history_pinned 1',
  ])
  t.strictSame(await samples(metrics, 'claims_stream'), [
    'claims_stream_lag_messages 9', 'claims_stream_lag_seconds 0.5',
  ])
  t.strictSame(await samples(metrics, 'claims_accounting'),
    accountingParts.map((part) => `claims_accounting{part="${part}"} ${counts[part]}`))
})

t.test('a reload forgets the rules that are no more, and says when it was refused', async (t) => {
  const metrics = new Metrics()
  metrics.rulebook('a', ['OLD', 'KEPT'])
  for (const rule of ['OLD', 'KEPT']) {
    metrics.finding(rule, 'notice', 'trial')
    metrics.unknown(rule, 'patient.sex')
    metrics.failure(rule)
  }
  metrics.rulebook('b', ['KEPT', 'NEW'])
  metrics.finding('KEPT', 'notice', 'trial')
  metrics.reload(true)
  metrics.reload(false)
  t.strictSame((await metrics.text()).split('\n').filter((line) => /^claims.*(OLD|KEPT)/.test(line)), [
    'claims_findings_total{rule="KEPT",severity="notice",status="trial"} 2',
    'claims_unknown_total{rule="KEPT",field="patient.sex"} 1',
    'claims_check_failures_total{rule="KEPT"} 1',
  ])
  t.strictSame(await samples(metrics, 'claims_rulebook'), [
    'claims_rulebook_info{version="b"} 1',
    'claims_rulebook_reloads_total{result="accepted"} 1',
    'claims_rulebook_reloads_total{result="refused"} 1',
    'claims_rulebook_reload_successful 0',
  ])
})

t.test('labels are bounded: what comes after the bound is counted as other', async (t) => {
  const metrics = new Metrics()
  for (let index = 0; index < 203; index++) {
    metrics.unknown('R', `field-${index}`)
    metrics.unknown('R', `field-${index}`)
    metrics.deadLetter(`CODE_${index}`)
  }
  const unknown = await samples(metrics, 'claims_unknown_total')
  t.equal(unknown.length, 201)
  t.strictSame(unknown.at(-1), 'claims_unknown_total{rule="R",field="other"} 6')
  const dead = await samples(metrics, 'claims_dead_total')
  t.equal(dead.length, 201)
  t.strictSame(dead.at(-1), 'claims_dead_total{code="other"} 3')
  for (let index = 0; index < 52; index++) {
    metrics.request({ route: `/${index}`, seconds: 1, code: '' })
  }
  const routes = await samples(metrics, 'claims_http_request_seconds_count')
  t.equal(routes.length, 51)
  t.equal(routes.at(-1), 'claims_http_request_seconds_count{route="other"} 2')
})

t.test('the process is watched when asked, pauses of the collector included', async (t) => {
  const metrics = new Metrics()
  t.strictSame(await samples(metrics, 'process_resident'), [])
  metrics.watchProcess()
  t.equal((await samples(metrics, 'process_resident_memory_bytes')).length, 1)
  t.match(await metrics.text(), '# TYPE nodejs_gc_duration_seconds histogram')
})

t.test('the table of metrics has a row for each', async (t) => {
  const names = (await new Metrics().text()).split('\n')
    .filter((line) => line.startsWith('# TYPE claims_')).map((line) => line.split(' ')[2])
  const rows = metricsTable().split('\n').slice(2)
  t.strictSame(rows.map((row) => /`(\w+)`/.exec(row)![1]), names)
  t.ok(rows.every((row) => row.split('|').length === 7))
})

t.test('a scrape of a whole rule book takes little time', async (t) => {
  const metrics = new Metrics()
  for (let rule = 0; rule < 88; rule++) {
    metrics.finding(`RULE-${rule}`, 'violation', 'active')
    for (let field = 0; field < 10; field++) metrics.unknown(`RULE-${rule}`, `field-${field}`)
  }
  for (let route = 0; route < 13; route++) {
    metrics.request({ route: `/v1/${route}`, seconds: 0.001, code: '' })
  }
  await metrics.text()
  const began = performance.now()
  const text = await metrics.text()
  t.comment(`${text.length} characters in ${(performance.now() - began).toFixed(1)} ms`)
  t.equal((await samples(metrics, 'claims_unknown_total')).length, 880)
})
