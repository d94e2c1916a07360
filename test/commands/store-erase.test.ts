// `store erase`: what is left of a patient in the streams and in the store, what stays of all others, and
// what a start, a rebuild and a second run make of it.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { addErased, readErased } from '../../src/files/erased.js'
import { Spool } from '../../src/files/spool.js'
import { connectNats } from '../../src/nats/connect.js'
import type { Connection } from '../../src/nats/connect.js'
import { eraseMessages, findMessages } from '../../src/nats/erase.js'
import { ensureStreams, streamNames } from '../../src/nats/streams.js'
import { toldFolder } from '../../src/told-settlements.js'
import { aSettlement, anEvent } from '../fixtures/claims.js'
import { limits, refusal, withStreams } from '../fixtures/nats-streams.js'
import { womens } from '../fixtures/service-world.js'
import { aWorld, contentOf, messages, ready, reaching, send } from '../fixtures/store-world.js'

const patient = 'patient-0001'
const other = 'patient-0002'

/** A settlement that is warned about. */
function settled(number: number, key: string, packs = ['81000000000000000001']) {
  const event = anEvent({
    id: `E-${number}`,
    data: aSettlement({
      settlement_id: `S-${number}`, items: packs.map((pack, line) => ({ id: `I-${line}`, code: womens, trace_codes: [pack] })),
    }),
  })
  const body = JSON.stringify(event).replaceAll(patient, key)
  return { subject: `claims.event.patient.${key}.settlement`, id: `E-${number}`, body }
}

function feedback(warning: string, number: number) {
  const body = JSON.stringify({
    specversion: '1.0', id: `F${number}`, source: 's', type: 'feedback', time: '2026-03-02T00:00:00Z',
    data: { warning_id: warning, decision: 'change', at: '2026-03-02T00:00:00Z' },
  })
  return { subject: 'claims.event.institution.H44010000001.feedback', id: `F${number}`, body }
}

/** What was shown of the patient before the bill was settled. */
function asked(number: number) {
  const at = '2026-03-02T00:00:00Z'
  const shown = { id: 'J-1', rule: 'DRUG-SEX', severity: 'suspect', at_risk_fen: 1 }
  const body = JSON.stringify({
    specversion: '1.0', id: `A${number}`, source: 's', type: 'asked', time: at, data: {
      patient: { key: patient }, institution: 'H44010000001', visit_id: 'V-1', at, call: '3101',
      stage: 'pre-alert', items_count: 1, complete: true, findings: [shown],
    },
  })
  return { subject: `claims.event.patient.${patient}.asked`, id: `A${number}`, body }
}

/** How many messages of a stream hold this text. */
async function holding(connection: Connection, kind: keyof typeof streamNames, text: string): Promise<number> {
  return (await findMessages(connection, streamNames[kind], ({ subject, bytes }) =>
    `${subject} ${Buffer.from(bytes).toString()}`.includes(text))).length
}

t.test('nothing is left of the patient, all others are as they were, and it is no gap', async (t) => {
  const world = aWorld(t) // with a server of its own: each start is a start of the server too
  const list = messages.slice(0, 400)
  const service = await world.start()
  await ready(service)
  const connection = await connectNats({ url: service.natsUrl, name: 'test' })
  await send(connection, [...list, settled(1, patient), settled(2, patient), settled(3, other)])
  await reaching(service, 403)
  await send(connection, [
    feedback('H44010000001:S-1:patient', 1), feedback('H44010000001:S-3:patient', 2),
    { subject: 'claims.event.patient.broken01.settlement', id: 'B', body: `{"${patient}"` },
    { subject: 'claims.event.patient.broken02.settlement', id: 'C', body: `{"x${patient}"` },
    asked(1), feedback('H44010000001:J-1', 3), settled(4, patient),
  ])
  const count = 410
  await reaching(service, count)
  t.ok(await holding(connection, 'warning', patient) >= 3)
  const missing = 7 // three settlements, one that cannot be read, a question, two feedbacks
  await connection.close()
  await service.stop()
  const before = await contentOf(world.storeDir)
  await world.run('backup', join(world.dir, 'copy'))

  const spool = new Spool(toldFolder(world.dataDir)) // told by 3102 while the stream was away
  for (const key of [patient, other]) spool.keep(JSON.stringify({ institution: 'H1', data: { patient: { key } } }))
  const told = await world.runWith({ user: 'operator' }, 'erase', patient)
  t.match(told.out, /settlements that waited for the stream: 1\n/)
  t.strictSame(spool.left().map(({ text }) => text.includes(other)), [true], 'only the other’s waits on')
  spool.forget(spool.left()[0]!.name)
  t.match(told, { code: 0, err: '', out: new RegExp(`CLAIMS_EVENT: ${missing} messages\nstore: \\d+ records\nbackups`) })
  const after = await contentOf(world.storeDir)
  t.strictSame(after.position, before.position, 'what was counted was counted')
  const records = { ...before.records as Record<string, unknown> }
  const removed = Object.keys(records).filter((key) => JSON.stringify(records[key]).includes(patient)
    || key === `p:${patient}`)
  t.ok(removed.length > 1)
  const left = after.records as Record<string, unknown>
  const changed = Object.keys(records).filter((key) => JSON.stringify(records[key]) !== JSON.stringify(left[key]))
  t.strictSame(changed.filter((key) => !removed.includes(key) && !key.startsWith('t:')), [])
  t.notOk(readFileSync(join(world.storeDir, 'records.mdb')).includes(patient), 'not even in a free page')
  const chain = readFileSync(join(world.dataDir, 'audit', 'commands-000001.jsonl'), 'utf8')
  t.strictSame(chain.trimEnd().split('\n').map((line) => (JSON.parse(line) as { range: string }).range),
    ['one patient, begun', 'one patient, done'])
  t.notOk(chain.includes(patient))
  t.match(await world.run('erase', patient), { code: 0, out: /CLAIMS_EVENT: 0 messages\nstore: 0 records\n/ })

  // The last event of the stream was the patient's, and the server was started again since.
  const again = await world.start()
  await ready(again)
  const look = await connectNats({ url: again.natsUrl, name: 'test' })
  t.strictSame(again.partition.state.position, before.position, 'it goes on where it stood')
  for (const kind of ['event', 'warning', 'trial', 'dead'] as const) {
    t.equal(await holding(look, kind, patient), kind === 'event' ? 1 : 0, `${kind}: but the longer key`)
  }
  t.equal(await holding(look, 'event', '"F2"'), 1, 'another patient’s feedback')
  t.strictSame([await holding(look, 'event', '"F1"'), await holding(look, 'event', '"F3"')], [0, 0])
  t.ok(await holding(look, 'warning', other) > 0)
  await send(look, [settled(5, other)])
  await reaching(again, count + 1)
  t.equal(again.partition.state.position.gapUntilDay, 0)
  const { warning } = again.partition.state.position.outputs
  t.ok(warning >= before.position!.outputs.warning, 'nothing was sent a second time')
  await look.close()
  await again.stop()

  const kept = await contentOf(world.storeDir)
  t.match(await world.run('rebuild'), { code: 0 })
  const rebuilt = await contentOf(world.storeDir)
  t.strictSame(rebuilt.position!.gapUntilDay, 0, 'a hole that is known is no gap')
  t.equal(rebuilt.position!.counts.missing, missing)
  // Stock, sums of indicators and of feedback name no patient: they stay until a rebuild, which does not see his events.
  const others = (all: unknown) => Object.entries(all as Record<string, unknown>)
    .filter(([key]) => !/^[dkqfvn]:/.test(key))
  t.strictSame(others(rebuilt.records), others(kept.records))
  rmSync(join(world.dataDir, 'erased.json'))
  t.match(await world.run('rebuild'), { code: 0 })
  t.ok((await contentOf(world.storeDir)).position!.gapUntilDay > 0, 'without the note the rules answer unknown')
})

t.test('a patient nobody knows, a folder without a store, and what is no key', async (t) => {
  const world = aWorld(t)
  t.match(await world.run('erase', 'nobody-0001'), { code: 0, out: /CLAIMS_EVENT: 0 messages\nstore: 0 records\n/ })
  t.match(await world.run('erase', 'short'), { code: 1, err: /that is no patient key/ })
  t.match(await world.run('erase'), { code: 2 })
  const service = await world.start()
  await ready(service)
  t.match(await world.run('erase', 'nobody-0001'), { code: 1, err: /STORE_LOCKED/ })
  await service.stop()
  t.match(await world.run('erase', 'nobody-0001'), { code: 0 }, 'a store that nothing was ever committed to')
  writeFileSync(join(world.dataDir, 'backups.json'), '{}')
  t.match(await world.run('erase', 'nobody-0001'), { code: 0 })
})

t.test('erased sequences are known by their stream and counted between two others', (t) => {
  const dir = t.testdir()
  t.equal(readErased(dir, 'then').between(0, 100), 0)
  addErased(dir, 'then', [7, 3])
  addErased(dir, 'then', [4, 7])
  const { between } = readErased(dir, 'then')
  t.strictSame([between(0, 100), between(3, 7), between(2, 5), between(7, 9), between(0, 3)], [3, 1, 2, 0, 0])
  t.equal(readErased(dir, 'another').between(0, 100), 0)
  writeFileSync(join(dir, 'erased.json'), '{"sequences":[-1]}')
  t.equal(readErased(dir, 'then').between(0, 100), 0)
  rmSync(join(dir, 'erased.json'))
  t.throws(() => addErased(join(dir, 'no/such'), 'then', [1]), { code: 'STORE_UNAVAILABLE' })
  t.notOk(existsSync(join(dir, 'erased.json')))
  t.end()
})

t.test('an age that is asked for is what the stream has, also one that was made before', async (t) => {
  const { connection } = await withStreams(t)
  const ageOf = async (kind: 'warning' | 'dead' | 'event') =>
    (await connection.manager.streams.info(streamNames[kind])).config.max_age / 86_400e9
  await ensureStreams(connection, { ...limits, warningDays: 30, deadDays: 7 })
  t.strictSame([await ageOf('warning'), await ageOf('dead'), await ageOf('event')], [30, 7, 0])
  await ensureStreams(connection, { ...limits, warningDays: 60, deadDays: 7 })
  t.equal(await ageOf('warning'), 60)
  t.match((await refusal(() => ensureStreams(connection, limits))).message, /max_age is \d+, not unbounded/)
  await connection.client.publish('claims.warning.H1', 'x')
  await connection.client.flush()
  await eraseMessages(connection, streamNames.warning, [1])
  await eraseMessages(connection, streamNames.warning, [1])
  t.strictSame(await findMessages(connection, streamNames.warning, () => true), [])
})

t.test('packs that nobody else sold are nobody’s any more; letters that name nobody stay; a rebuild sees no gap at the end', async (t) => {
  const world = aWorld(t)
  const service = await world.start()
  await ready(service)
  const connection = await connectNats({ url: service.natsUrl, name: 'test' })
  const pack = '81000000000000000077'
  await send(connection, [settled(1, other), settled(2, patient, [pack, pack])])
  await reaching(service, 2)
  await connection.client.publish('claims.dead', 'no letter of ours')
  await connection.client.flush()
  await connection.close()
  await service.stop()
  const holds = async () => JSON.stringify((await contentOf(world.storeDir)).records).includes(pack)
  t.equal(await holds(), true)
  t.match(await world.run('erase', patient), { code: 0, out: /CLAIMS_DEAD: 0 messages/ })
  t.equal(await holds(), false)
  t.match(await world.run('rebuild'), { code: 0 })
  const { sequence, gapUntilDay, counts } = (await contentOf(world.storeDir)).position!
  t.strictSame([sequence, gapUntilDay, counts.missing], [2, 0, 1])
})

t.test('a stream that lets nothing be removed is said so', async (t) => {
  const { connection } = await withStreams(t)
  await connection.manager.streams.add({ name: 'LOCKED', subjects: ['locked'], deny_delete: true })
  await connection.client.jetstream().publish('locked', 'x')
  t.match(await refusal(() => eraseMessages(connection, 'LOCKED', [1])), { code: 'NATS_UNAVAILABLE' })
})
