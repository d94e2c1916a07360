// A hospital whose settlements reach us by 3102 alone: over a socket, a real NATS server and a real store.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { streamNames } from '../../src/nats/streams.js'
import { aNhsaDoor, hospital, order, secret, signed, standard, tenant, tenantsFile } from '../fixtures/nhsa.js'
import { call } from '../fixtures/nhsa-client.js'
import { aServer, aWorld, content, publish, reaching, ready, until, womens } from '../fixtures/service-world.js'
import { startServer } from '../fixtures/nats-server.js'
import { contentOf } from '../fixtures/store-world.js'
import { anEvent } from '../fixtures/claims.js'

const bill = (msgid: string, cnt: number, envelope = {}) => ({
  ...standard({
    data: { trig_scen: '6', chrg_bchno: 'B1' },
    encounter: { fsi_order_dtos: [order({ hilist_code: womens, cnt, sumamt: 12.5 * cnt })] },
    envelope: { msgid, ...envelope },
  }),
  infno: '3102',
})

/** What the settlement's own sender says of the same bill, to the hospital's system of events. */
const settled = (key: string) => anEvent({ id: 'E-true', time: '2026-07-02T12:00:00+08:00', data: {
  settlement_id: 'SETL-1', settled_at: '2026-07-02 10:05:00', charge_batch: 'B1',
  patient: { key, sex: '1', birth_date: '1980-01-01', insurance_type: '310' },
  visit: { id: 'V1', type: '11', institution: { id: hospital, level: 3 }, start: '2026-07-02 09:00:00' },
  items: [{ id: 'L1', code: womens, name: '甲药', category: '101', quantity: 1, unit_price: 12.5 }],
} })

async function aHospital(t: Test) {
  const server = await aServer(t)
  const tenants = join(t.testdir(), 'tenants.json')
  const one = {
    id: 'h1', institutions: [hospital], paasid: 'hospital-1', secrets: [secret], settlement_from: 3102,
    deadline_ms: 5_000, // a busy machine is no reason to leave a rule out
  }
  writeFileSync(tenants, JSON.stringify([one]))
  const world = aWorld(t, { NATS_URL: server.url, NHSA_TENANTS_FILE: tenants })
  return { server, world }
}

/** Patients’ timelines and what stands for each charge batch; the others keep what was superseded too. */
async function read(dataDir: string) {
  const { records } = await contentOf(join(dataDir, 'store'))
  return Object.fromEntries(Object.entries(records as object).filter(([key]) => /^[pb]:/.test(key)))
}

t.test('it is remembered once, what is told later takes its place, and a rebuild agrees', async (t) => {
  const { server, world } = await aHospital(t)
  const service = await world.start()
  await ready(service)
  const first = await call(service.address, bill('M1', 2))
  t.match(first, { infcode: 0, output: { recorded: true, result: [{ rule_id: 'DRUG-SEX' }] } })
  await reaching(service, 2)
  await service.stop()
  const once = await read(world.dataDir)
  t.match(Object.keys(once), [/^b:/, /^p:/])
  const again = await world.start()
  await ready(again)
  const resent = await call(again.address, bill('M1', 2))
  t.equal(resent.output.recorded, true, 'sent again to another process')
  await reaching(again, 3) // the question is another one; the settlement was known to the stream
  t.equal((await call(again.address, bill('M2', 1))).output.recorded, true)
  await reaching(again, 5)
  const events = await content(server.url, streamNames.event)
  const types = events.map(({ subject }) => subject.split('.').at(-1)).sort()
  t.strictSame(types, ['asked', 'asked', 'asked', 'settlement', 'settlement'])
  const key = events[0]!.subject.split('.')[3]!
  await publish(server.url, settled(key))
  await reaching(again, 6)
  const { counts } = again.partition.state.position
  const { judged, recorded, repeated, dead } = counts
  t.strictSame({ judged, recorded, repeated, dead }, { judged: 3, recorded: 2, repeated: 1, dead: 0 },
    'the same findings shown again are the same question')
  await again.stop()
  const replaced = await read(world.dataDir)
  t.match(replaced, { [`b:${hospital}:2:V1:B1`]: { settlement: 'SETL-1', isProvisional: false } })
  t.match(replaced[`p:${key}`], { settlements: [{ settlement: 'SETL-1' }], years: [{ totalFen: 1_250 }] })
  const ids = (await content(server.url, streamNames.warning)).map(({ body }) => [body['kind'], body['settlement']])
  const provisional = ids[0]![1]
  t.match(provisional, /^3102-[0-9a-f]{32}$/)
  t.strictSame(ids, [['warning', provisional], ['withdrawn', provisional], ['warning', ids[2]![1]],
    ['withdrawn', ids[2]![1]], ['warning', 'SETL-1']])
  rmSync(join(world.dataDir, 'store'), { recursive: true })
  const rebuilt = await world.start()
  await reaching(rebuilt, 6)
  await rebuilt.stop()
  t.strictSame(await read(world.dataDir), replaced)
})

t.test('while the stream is away the hospital is answered, told so, and the settlement follows', async (t) => {
  const { server, world } = await aHospital(t)
  const service = await world.start()
  await ready(service)
  await server.kill()
  const answer = await call(service.address, bill('M1', 2))
  t.match(answer, { infcode: 0, output: { recorded: false, result: [{ rule_id: 'DRUG-SEX' }] } })
  const back = await startServer({ port: server.port, dir: server.dir })
  t.teardown(() => back.stop())
  await until(() => service.partition.state.position.counts.judged === 1)
  await service.stop()
  t.match(Object.keys(await read(world.dataDir)), [/^b:/, /^p:/])
})

t.test('only a bill that is being settled, of such a hospital, is recorded; context was settled before', async (t) => {
  const list = [{ ...tenant, settlement_from: '3102' }]
  const door = await aNhsaDoor(t, { tenantsFile: tenantsFile(t, list) })
  const lines = [order({ rx_id: 'old', curr_drord_flag: '0' }), order({ rx_id: 'new' })]
  const ask = (scene: string, infno: string, changes: object = {}) => door.post({
    ...standard({
      data: { trig_scen: scene }, encounter: { fsi_order_dtos: lines, ...changes }, envelope: { msgid: '' },
    }), infno,
  }, signed({ 'x-tif-nonce': `${infno} ${scene} ${JSON.stringify(changes)}` }))
  t.notOk('recorded' in (await ask('7', '3102')).output)
  t.notOk('recorded' in (await ask('6', '3101')).output)
  for (const scene of ['6', '8', '10']) t.equal((await ask(scene, '3102')).output['recorded'], true)
  await ask('6', '3661', { chrg_bchno: 'B2' })
  t.match(door.recorded, [...Array<object>(3).fill({ data: { charge_batch: '' } }), { data: { charge_batch: 'B2' } }])
  const { institution, data } = door.recorded[0]!
  t.match({ institution, data }, { institution: hospital, data: {
    settlement_id: /^3102-/, is_provisional: true, items: [{ id: 'new' }], visit: { id: 'V1' },
  } })
  t.equal((data as { items?: object[] }).items!.length, 1)
  const other = await aNhsaDoor(t, { tenantsFile: tenantsFile(t, [tenant]) })
  t.notOk('recorded' in (await other.post(bill('M1', 2), signed())).output)
})

t.test('what the stream did not take is told again when the hospital sends it again', async (t) => {
  let count = 0
  const door = await aNhsaDoor(t, {
    tenantsFile: tenantsFile(t, [{ ...tenant, settlement_from: '3102' }]),
    recordSettlement: () => Promise.resolve(++count > 1),
  })
  const sent = async (nonce: string) =>
    (await door.post(bill('M1', 2), signed({ 'x-tif-nonce': nonce }))).output['recorded']
  t.strictSame([await sent('1'), await sent('2'), await sent('3'), count], [false, true, true, 2])
})
