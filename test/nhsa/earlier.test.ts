// Other visits of the patient that a message of the national interface carries: what of them is judged by, and
// what is said when one of them cannot be read. Asked of the running service.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ServiceError } from '../../src/errors.js'
import { pastLacks } from '../../src/nhsa/audit-judged.js'
import { call } from '../fixtures/nhsa-client.js'
import { encounter, order, standard } from '../fixtures/nhsa.js'
import { ask, aServer, aWorld, ready, root, womens } from '../fixtures/service-world.js'

const rule = readFileSync(join(root, 'rules/management/frequent-visits.yaml'), 'utf8')
  .replace('status: trial', 'status: active\nevidence: official').replace('visits_max: 15', 'visits_max: 2')

t.test('an earlier visit that cannot be read is left out, and the answer says so', async (t) => {
  const server = await aServer(t)
  const world = aWorld(t, { NATS_URL: server.url })
  writeFileSync(join(world.rulesDir, 'frequent-visits.yaml'), rule)
  const service = await world.start()
  await ready(service)
  const visit = (id: string, day: string, line: object = {}) => encounter({
    mdtrt_id: id, adm_date: `2026-06-${day}`, dscg_date: `2026-06-${day}`,
    fsi_order_dtos: [order({ hilist_code: '0', drord_begn_date: `2026-06-${day}`, ...line })],
  })
  const current = encounter({ fsi_order_dtos: [order({ hilist_code: womens })] })
  let serial = 0
  const asked = async (...earlier: object[]) => {
    const visits = [current, ...earlier]
    const body = standard({ person: { fsi_encounter_dtos: visits }, envelope: { msgid: `M${++serial}` } })
    const { infcode, err_msg: said, output } = await call(service.address, body)
    const { result, complete, not_reached: missed, earlier_left_out: count, earlier_mistakes: told } = output
    return { infcode, said, rules: result.map(({ rule_id: id }) => id), complete, missed, count, told }
  }
  const answer = {
    infcode: 0, said: '', rules: ['DRUG-SEX'], complete: true, missed: [], count: undefined, told: undefined,
  }
  t.strictSame(await asked(visit('V2', '21')), answer)
  t.strictSame(await asked(visit('V2', '21'), visit('V3', '22', { cnt: 'x' }), visit('', '23', { pric: 'x' })), {
    ...answer,
    complete: false,
    missed: ['FREQUENT-VISITS'],
    count: 2,
    told: [
      '其他就诊（mdtrt_id V3）未计入：第 1 条明细（rx_id L1）的数量 cnt 缺失，或不是十进制数',
      '其他就诊未计入：第 1 条明细（rx_id L1）的单价 pric 缺失，或不是十进制数',
    ],
  }, 'the visit that is asked about is judged; unknown is not clear')
  const found = await asked(visit('V2', '21'), visit('V4', '22'), visit('V3', '23', { cnt: 'x' }))
  t.strictSame([found.rules, found.complete], [['DRUG-SEX', 'FREQUENT-VISITS'], false],
    'what is found in the visits that can be read is told')
  const { body: { text } } = await ask(service, '/metrics')
  t.match(text, /claims_nhsa_repairs_total\{kind="earlier-unread"\} 2/)
  t.match(text, /claims_nhsa_answers_total\{infno="3101",result="incomplete"\} 2/)
  await service.stop()
})

t.test('of many visits that cannot be read the first ten are told', (t) => {
  const earlier = Array.from({ length: 12 }, (_, place) => ({ visit: `V${place}`, settlement: {}, lines: [] }))
  const mistake = new ServiceError('CLAIM_TOO_MANY_ITEMS', { path: '/items' })
  const unread = earlier.map((_, place) => ({ place, mistake }))
  const told = pastLacks({ unread, isCurrent: true, historyAgeMs: 0 }, { earlier })
  t.equal(told.earlier_left_out, 12)
  t.strictSame(told.earlier_mistakes?.length, 10)
  t.equal(told.earlier_mistakes?.[9], '其他就诊（mdtrt_id V9）未计入：明细超过 5000 条')
  const lacks = (isCurrent: boolean) => pastLacks({ unread: [], isCurrent, historyAgeMs: 5 }, { earlier })
  t.strictSame([lacks(true), lacks(false)], [{}, { history_age_ms: 5 }])
  t.end()
})
