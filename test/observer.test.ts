// What an operator is told of the path, and how the service finds its NATS server.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { loadConfig } from '../src/config.js'
import { Metrics } from '../src/metrics.js'
import { Observer } from '../src/observer.js'
import { natsOptions } from '../src/nats-options.js'
import { ServiceError } from '../src/errors.js'
import { emptyPosition } from '../src/position.js'
import { STORE_FORMAT } from '../src/lmdb/store.js'
import { anEvent, aSettlement, eventBytes } from './fixtures/claims.js'
import { aFolder, aPartition, Server } from './fixtures/partition-world.js'

t.test('a check that threw and a warning that cannot be sent are counted, and said by rule and place', async (t) => {
  const said: unknown[] = []
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => { said.push(JSON.parse(line)) } })
  const metrics = new Metrics()
  const observer = new Observer(metrics, { log, now: () => 1_000 })
  const event = { bytes: new Uint8Array(), sequence: 7, receivedAt: 900 }
  const verdict = {
    rulebook: 'v', findings: [], unknowns: [{ rule: 'DRUG-AGE', missing: 'patient.birth_date' }], failed: ['DRUG-SEX'], notReached: [],
    atRisk: { totalFen: 0, fundFen: undefined, patientFen: undefined },
  }
  observer.event({
    result: 'judged', event, settled: { result: 'judged', type: 'settlement', verdict, messages: [] },
  })
  observer.unsendable({ error: new ServiceError('WARNING_TOO_LARGE', { path: 'claims.warning.H1' }), event })
  t.strictSame(said, [
    { level: 50, rule: 'DRUG-SEX', sequence: 7, msg: 'a check threw: please report this' },
    {
      level: 40, code: 'WARNING_TOO_LARGE', path: 'claims.warning.H1', sequence: 7,
      reason: 'a warning is larger than the server takes', msg: 'dead letter',
    },
  ])
  t.strictSame(observer.totals, {
    events: 1, claims: 1, dead: 0, findings: { violation: 0, suspect: 0, notice: 0, indicator: 0 },
  }, 'the event itself is not dead')
  observer.committed({ events: 1, bytes: 0, position: emptyPosition(STORE_FORMAT, 'made') }) // nobody waits for it yet
  t.strictSame(metrics.failures.samples(), [{ labels: { rule: 'DRUG-SEX' }, value: 1 }])
  t.strictSame(metrics.unknowns.samples(), [
    { labels: { rule: 'DRUG-AGE', field: 'patient.birth_date' }, value: 1 },
  ])
  t.strictSame(observer.lag(), { messages: 0, seconds: 0 }, 'before there is a stream')
  observer.watch({ lag: () => ({ messages: 3, reason: '' }) })
  t.strictSame(observer.lag(), { messages: 3, seconds: 0.1 })
})

t.test('certificates and credentials are read from their files; what is not set is left out', async (t) => {
  const dir = t.testdir({})
  const file = (name: string) => {
    writeFileSync(join(dir, name), `the content of ${name}`)
    return join(dir, name)
  }
  const url = 'tls://nats.example:4222'
  const log = pino({ level: 'silent' })
  const all = await natsOptions(loadConfig({
    NATS_URL: url, NATS_CREDS: file('a.creds'), NATS_TLS_CA: file('ca'), NATS_TLS_CERT: file('cert'),
    NATS_TLS_KEY: file('key'),
  }), log)
  t.match(all.options, {
    url, creds: 'the content of a.creds',
    tls: { ca: 'the content of ca', cert: 'the content of cert', key: 'the content of key' },
  })
  const { options } = await natsOptions(loadConfig({ NATS_URL: url, NATS_TLS_CA: file('ca') }), log)
  t.strictSame(options.tls, { ca: 'the content of ca' })
  const pair = await natsOptions(loadConfig({
    NATS_URL: url, NATS_TLS_CERT: file('cert'), NATS_TLS_KEY: file('key'),
  }), log)
  t.strictSame(pair.options.tls, { cert: 'the content of cert', key: 'the content of key' })
  t.strictSame((await natsOptions(loadConfig({ NATS_URL: url }), log)).options.tls, undefined)
})

t.test('of an indicator that has no whole yet there is no figure: no rate before the first discharge', async (t) => {
  const server = new Server()
  const { partition, committed } = aPartition(t, server, aFolder(t))
  const isCommitted = committed(1)
  server.add(eventBytes(anEvent({ data: aSettlement({ visit: { setting: 'outpatient', type: '11' } }) })))
  await isCommitted
  const observer = new Observer(new Metrics(), { log: pino({ level: 'silent' }), now: () => 0 })
  const { indicators = [] } = observer.readings(partition)
  t.strictSame(indicators.map(({ indicator, percent }) => [indicator, percent]), [
    ['drug-share', 0], ['test-share', 0], ['consumable-share', 0], ['treatment-share', 0], ['ct-share', 0],
    ['mri-share', 0],
  ])
})
