// A rule that fires too often, through the whole service: what is still sent, what is kept, who is told,
// that a restart and a rebuild remember it, and that a person's word ends it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { rulesCommand } from '../src/commands/rules.js'
import { streamNames } from '../src/nats/streams.js'
import type { Service } from '../src/service.js'
import { anEvent, aSettlement } from './fixtures/claims.js'
import { aServer, aWorld, contentOf, reaching, ready, send } from './fixtures/store-world.js'

/** A women's medicine on a man's bill. */
const message = (number: number) => {
  const key = `patient-${1_000 + number}`
  const data = aSettlement({
    settlement_id: `S-${number}`,
    patient: { key },
    visit: { id: `V-${number}` },
    items: [{ code: 'ZD03AAA0043010100166', name: '艾附暖宫丸', category: '101' }],
  })
  const body = JSON.stringify(anEvent({ id: `E-${number}`, data }))
  return { subject: `claims.event.patient.${key}.settlement`, id: `E-${number}`, body }
}
const range = (from: number, until: number) =>
  Array.from({ length: until - from }, (_, index) => message(from + index))

t.test('a rule that fires too often is kept back until it is confirmed', async (t) => {
  const { url, connection } = await aServer(t)
  const { dir, run, start, storeDir, config: { rulesDir } } = aWorld(t, { NATS_URL: url })
  const file = join(dir, 'rules/medical/drug-sex.yaml')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace('status: active\n', 'status: active\nburst: { share: 0.2, claims: 20 }\n'))
  const sent = async () => {
    const counts = await Promise.all([streamNames.warning, streamNames.trial].map(async (name) =>
      (await connection.manager.streams.info(name)).state.messages))
    return counts.join(' sent, ') + ' kept'
  }
  const answer = async ({ address }: Service, path: string) => (await fetch(address + path)).text()
  let service = await start()
  await ready(service)
  await send(connection, range(0, 3))
  await reaching(service, 3)
  t.equal(await sent(), '3 sent, 0 kept')
  t.match(await answer(service, '/readyz'), '{"ready":true,"reasons":[]}')
  t.match(await answer(service, '/v1/rules'), '"is_held":false')
  await send(connection, range(3, 8))
  await reaching(service, 8)
  t.equal(await sent(), '5 sent, 3 kept', 'over four of twenty')
  t.strictSame(service.partition.state.held, ['DRUG-SEX'])
  t.match(JSON.parse(await answer(service, '/readyz')), {
    ready: true, reasons: [{ code: 'RULE_HELD', remedy: /npm run rules -- confirm DRUG-SEX/ }],
  })
  t.match(await answer(service, '/v1/rules'), '"is_held":true')
  t.match(await answer(service, '/v1/rules/DRUG-SEX'), '"is_held":true')
  const metrics = await answer(service, '/metrics')
  t.match(metrics, '\nclaims_rule_held{rule="DRUG-SEX"} 1\n')
  t.match(metrics, /claims_findings_total\{rule="DRUG-SEX",severity="\w+",status="held"\} 3\n/)
  t.match(metrics, /claims_findings_total\{rule="DRUG-SEX",severity="\w+",status="active"\} 5\n/)
  const { data } = JSON.parse(message(99).body) as { data: unknown }
  const checked = await fetch(`${service.address}/v1/check`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(data),
  })
  t.match(await checked.json(), { findings: [], complete: true }, 'nor does the door tell it')
  await service.stop()

  const stood = await contentOf(storeDir)
  t.match(stood.position?.bursts, { 'DRUG-SEX': [Number, 0, 5, 1] })
  t.equal((await run('rebuild')).code, 0)
  t.strictSame((await contentOf(storeDir)).position, stood.position, 'a rebuild judges nothing and forgets nothing')
  service = await start()
  await ready(service)
  t.strictSame(service.partition.state.held, ['DRUG-SEX'], 'nor does a restart')
  await send(connection, range(8, 10))
  await reaching(service, 10)
  t.equal(await sent(), '5 sent, 5 kept')

  const said: string[] = []
  t.equal(await rulesCommand({
    args: ['confirm', 'DRUG-SEX', '张某'],
    env: { RULES_DIR: rulesDir },
    now: () => Date.now(),
    write: (more) => { said.push(more) },
  }), 0, said.join(''))
  await service.books.reload()
  await send(connection, range(10, 40))
  await reaching(service, 40)
  t.equal(await sent(), '35 sent, 5 kept')
  t.strictSame(service.partition.state.held, [])
  await service.stop()
})
