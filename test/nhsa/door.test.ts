// What the national interface's door refuses and how it says so; stages, visits, feedback, and messages
// that are sent again.
import t from 'tap'
import type { Test } from 'tap'
import { signatureOf } from '../../src/nhsa/signature.js'
import { sm4Seal } from '../../src/nhsa/seal.js'
import {
  aNhsaDoor, encounter, hospital, message, now, order, person, secret, standard, womensDrug,
} from '../fixtures/nhsa.js'
import { ServiceError } from '../../src/errors.js'
import { seededRandom } from '../fixtures/mutate.js'

const refusals: [string, unknown, RegExp][] = [
  ['no JSON', '{"infno"', /^报文不是 JSON$/],
  ['an empty body', '', /^报文/],
  ['no object', '[1]', /^报文应为一个 JSON 对象$/],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0xfe]), /^报文不是 UTF-8 编码$/],
  ['nested too deeply', `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`, /嵌套/],
  ['no input', message(undefined), /^缺少交易输入 input$/],
  ['input that is a list', message('[1]'), /已加密/],
  ['an encrypted input', message('a1b2c3d4', { enc_type: 'SM4' }), /已加密/],
  ['nothing but empty texts', standard({
    person: { patn_id: '', fsi_encounter_dtos: '' }, envelope: { fixmedins_code: '' },
  }), /^缺少必填信息：参保人标识 patn_id、就诊信息 fsi_encounter_dtos、医疗机构 medins_id$/],
  ['no person', message({ data: { trig_scen: '2' } }), /参保人标识 patn_id/],
  ['no visit', standard({ person: { fsi_encounter_dtos: [] } }), /就诊信息/],
  ['a current visit that is none of several', standard({
    person: { curr_mdtrt_id: 'V9', fsi_encounter_dtos: [encounter(), encounter({ mdtrt_id: 'V2' })] },
  }), /curr_mdtrt_id/],
  ['another transaction', { ...standard(), infno: '2207' }, /^不支持的交易编号 infno 2207/],
  ['an impossible date', standard({ encounter: { adm_date: '2026-13-41' } }), /date/],
  ['a number that is none', standard({ encounter: { fsi_order_dtos: [order({ cnt: 'many' })] } }), /number/],
]

t.test('what cannot be judged is answered with the reason, over HTTP 200', async (t) => {
  for (const [name, body, sentence] of refusals) {
    const { post, asked, answered } = await aNhsaDoor(t)
    const { infcode, err_msg: said, output } = await post(body as object)
    t.equal(infcode, -1, name)
    t.match(said, sentence, name)
    t.ok(said.length <= 200)
    t.strictSame(output, { result: [] })
    t.strictSame([asked, answered.map(({ isRefused }) => isRefused)], [[], [true]], name)
  }
})

t.test('a path that names another transaction is refused', async (t) => {
  const { post } = await aNhsaDoor(t)
  t.match((await post(standard(), {}, '/fsi/api/3102')).err_msg, /3102 与报文的 infno 3101 不一致/)
  t.equal((await post(standard(), {}, '/fsi/api/3101')).infcode, 0)
})

t.test('a body beyond the bound and a failure of ours are answered in the envelope too', async (t) => {
  const { post, failures } = await aNhsaDoor(t, { judge() { throw new TypeError('a bug') } })
  t.equal((await post('x'.repeat(1_000_001))).err_msg, '报文超过大小上限')
  t.equal((await post(standard())).err_msg, '系统内部错误，本次未审核')
  t.match(failures, [{ message: 'a bug' }])
  const overloaded = await aNhsaDoor(t, { judge() { throw new ServiceError('SERVICE_OVERLOADED') } })
  t.match((await overloaded.post(standard())).err_msg, /overloaded/)
})

t.test('the scene decides the stage, the setting where nothing else tells it, and who is still in', async (t) => {
  const asked = async (scene: string, infno: string, visit: object) => {
    const door = await aNhsaDoor(t)
    await door.post({ ...standard({ data: { trig_scen: scene }, encounter: { ...visit } }), infno })
    const { stage, settlement } = door.asked[0]!
    const { visit: { setting, end } } = settlement as { visit: { setting?: string, end?: string } }
    return { stage, setting, end }
  }
  const unknown = { med_type: '', med_mdtrt_type: '' }
  const end = '2026-07-02 09:00:00'
  t.strictSame(await asked('4', '3101', unknown), { stage: 'pre-alert', setting: 'inpatient', end: undefined })
  t.strictSame(await asked('8', '3102', unknown), { stage: 'audit', setting: 'inpatient', end })
  t.strictSame(await asked('10', '3102', unknown), { stage: 'audit', setting: 'pharmacy', end })
  t.strictSame(await asked('6', '3102', unknown), { stage: 'audit', setting: 'outpatient', end })
  t.strictSame(await asked('23', '3102', unknown), { stage: 'audit', setting: undefined, end })
  t.strictSame(await asked('', '3661', { med_type: '3', med_mdtrt_type: '2' }),
    { stage: 'audit', setting: 'inpatient', end: undefined })
  t.strictSame(await asked('2', '3101', { med_type: '2101', dscg_date: '' }),
    { stage: 'pre-alert', setting: undefined, end: undefined })
})

t.test('other visits of the message are its history, and lines of context are not complained of', async (t) => {
  const door = await aNhsaDoor(t)
  const earlier = encounter({ mdtrt_id: 'V0', fsi_order_dtos: [order({ rx_id: 'L0' })] })
  const told = encounter({ fsi_order_dtos: [
    order({ rx_id: 'old', curr_drord_flag: '0' }), order({ rx_id: 'new', hilist_code: '0', curr_drord_flag: '1' }),
  ] })
  const answer = await door.post(standard({ person: { fsi_encounter_dtos: [earlier, told] } }))
  t.strictSame(answer.output.result, [], 'the women’s drug stands on a line of context')
  t.match(door.asked[0]!.earlier, [{ settlement_id: 'ask-V0', items: [{ id: 'L0', code: womensDrug }] }])
  t.equal(door.asked[0]!.earlier.length, 1)
})

t.test('lines that share an id stay lines of their own, and what was put right is told', async (t) => {
  const door = await aNhsaDoor(t)
  const lines = [order(), order({ cnt: 3 }), order({ rx_id: '' }), order({ rx_id: '' })]
  const answer = await door.post(standard({ encounter: { fsi_order_dtos: lines } }))
  const { items } = door.asked[0]!.settlement as { items: { id: string }[] }
  t.strictSame(items.map(({ id }) => id), ['L1', 'L1#2', '#1', '#2'])
  const [result] = answer.output.result
  const details = result!['judge_result_detail_dtos'] as { rx_id: string }[]
  t.strictSame(details.map(({ rx_id: id }) => id), ['L1', 'L1', '', ''], 'the client’s own ids')
  t.strictSame(door.answered[0]!.repairs, ['line-id-shared'])
})

t.test('the same message is judged once, other content under its id is refused', async (t) => {
  const { post, asked } = await aNhsaDoor(t)
  const first = await post(standard())
  t.strictSame(await post(standard()), first)
  t.equal(asked.length, 1)
  t.match((await post(standard({ person: { gend: '2' } }))).err_msg, /msgid 重复，而内容不同/)
  const other = standard({ envelope: { msgid: 'another' } })
  t.not((await post(other)).output.result[0]!['jr_id'], first.output.result[0]!['jr_id'])
  const unnamed = standard({ envelope: { msgid: '' } })
  t.same((await post(unnamed)).infcode, (await post(unnamed)).infcode)
  t.equal(asked.length, 4)
})

t.test('feedback is told item by item', async (t) => {
  const { post, told } = await aNhsaDoor(t)
  const feedback = (warns: unknown, changes = {}) =>
    message({ data: { warn_type: '1', warns } }, { infno: '3103', msgid: '', ...changes })
  const good = { warn_rslt_id: 'a'.repeat(32), dspo_way: '1', dspo_way_rea: '病情需要' }
  const answer = await post(feedback([
    good, { ...good, dspo_way: 2, dspo_way_rea: '' }, { ...good, dspo_way_rea: '' },
    { ...good, dspo_way: '3' }, { ...good, warn_rslt_id: '-' },
  ]))
  t.equal(answer.infcode, 0)
  t.strictSame(answer.output, { accepted: 2, refused: [
    { warn_rslt_id: good.warn_rslt_id, err_msg: '继续执行时须填写处理原因 dspo_way_rea' },
    { warn_rslt_id: good.warn_rslt_id, err_msg: '处理方式 dspo_way 应为 1（继续执行）或 2（返回修改）' },
    { warn_rslt_id: '', err_msg: '缺少违规标识 warn_rslt_id' },
  ] })
  const warning = `${hospital}:${good.warn_rslt_id}`
  t.strictSame(told.map(({ feedback: one }) => one), [
    { warning_id: warning, decision: 'continue', reason: '病情需要' },
    { warning_id: warning, decision: 'change', reason: '' },
  ])
  t.match((await post(feedback(''))).err_msg, /warns/)
  t.match((await post(feedback(Array(501).fill(good)))).err_msg, /500/)
  t.match((await post(feedback([good], { fixmedins_code: '' }))).err_msg, /fixmedins_code/)
  t.match((await post(feedback([{ ...good, dspo_way: '9' }]))).err_msg, /dspo_way/)
})

function signed(changes: Record<string, string> = {}, at = now / 1_000): Record<string, string> {
  const timestamp = String(at)
  const nonce = changes['x-tif-nonce'] ?? 'n1'
  return {
    'x-tif-paasid': 'hospital-1', 'x-tif-timestamp': timestamp, 'x-tif-nonce': nonce,
    'x-tif-signature': signatureOf({ timestamp, secret, nonce }), ...changes,
  }
}

const tenant = { id: 'h1', institutions: [hospital], paasid: 'hospital-1', secrets: ['old-secret', secret] }
const tenantsFile = (t: Test, list: unknown) =>
  `${t.testdir({ 'tenants.json': typeof list === 'string' ? list : JSON.stringify(list) })}/tenants.json`

t.test('a signature must be fresh, right and used once', async (t) => {
  const { post } = await aNhsaDoor(t, { tenantsFile: tenantsFile(t, [tenant]) })
  t.equal((await post(standard(), signed())).infcode, 0)
  const again = standard({ envelope: { msgid: '' } })
  t.match((await post(again, signed())).err_msg, /nonce 已使用过/)
  const upper = signed({ 'x-tif-nonce': 'n2' })
  upper['x-tif-signature'] = upper['x-tif-signature']!.toUpperCase()
  t.equal((await post(again, upper)).infcode, 0, 'upper-case hex')
  for (const [name, headers] of Object.entries({
    missing: { ...signed({ 'x-tif-nonce': 'n3' }), 'x-tif-signature': '' },
    wrong: signed({ 'x-tif-nonce': 'n4', 'x-tif-signature': '0'.repeat(64) }),
    'of another length': signed({ 'x-tif-nonce': 'n5', 'x-tif-signature': '0' }),
    'of nobody': signed({ 'x-tif-nonce': 'n6', 'x-tif-paasid': 'nobody' }),
    'too old': signed({ 'x-tif-nonce': 'n7' }, now / 1_000 - 181),
    'too early': signed({ 'x-tif-nonce': 'n8' }, now / 1_000 + 181),
    'without a time': signed({ 'x-tif-nonce': 'n9', 'x-tif-timestamp': 'soon' }),
  })) {
    const { infcode, err_msg: said } = await post(again, headers)
    t.equal(infcode, -1, name)
    t.match(said, /^签名验证失败/, name)
    t.notMatch(said, new RegExp(secret))
  }
})

t.test('a tenant speaks for its own institutions, in its own reading of the standard', async (t) => {
  const dialect = {
    infcode: 'text', result: 'object', severities: { violation: '3', suspect: '2', notice: '1', indicator: '1' },
  }
  const { post } = await aNhsaDoor(t, { tenantsFile: tenantsFile(t, [{ ...tenant, dialect }]) })
  const answer = await post(standard(), signed())
  t.equal(answer.infcode, '0')
  t.match(answer.output.result, { rule_id: 'DRUG-SEX', sev_deg: '2' })
  const woman = standard({ person: { gend: '2' }, envelope: { msgid: 'm2' } })
  t.equal((await post(woman, signed({ 'x-tif-nonce': 'n2' }))).output.result, null)
  const foreign = standard({ encounter: { medins_id: 'H99999999999' }, envelope: { msgid: 'm3' } })
  t.match((await post(foreign, signed({ 'x-tif-nonce': 'n3' }))).err_msg, /无权代表医疗机构 H99999999999/)
  const feedback = message({ data: { warns: [{ warn_rslt_id: 'x', dspo_way: '2' }] } },
    { infno: '3103', fixmedins_code: 'H9' })
  t.match((await post(feedback, signed({ 'x-tif-nonce': 'n4' }))).err_msg, /无权代表医疗机构 H9/)
  const closed = await aNhsaDoor(t, { mayAsk: () => false })
  t.match((await closed.post(standard())).err_msg, /无权代表/)
})

t.test('input and output are sealed with the tenant’s key', async (t) => {
  for (const key of ['0123456789abcdef0123456789abcdef', 'sixteen-letters!']) {
    const { post } = await aNhsaDoor(t, { tenantsFile: tenantsFile(t, [{ ...tenant, sm4_key: key, charset: 'utf-8', repeat_minutes: 0 }]) })
    const seal = sm4Seal(key)
    const { input, ...envelope } = standard()
    const sealed = seal.close(JSON.stringify(input))
    const answer = await post({ ...envelope, enctype: 'SM4', input: sealed }, signed())
    t.match(JSON.parse(seal.open(String(answer.output))), { result: [{ rule_id: 'DRUG-SEX' }] })
    const hex = Buffer.from(sealed, 'base64').toString('hex')
    const second = await post({ ...envelope, msgid: 'm2', input: hex }, signed({ 'x-tif-nonce': 'n2' }))
    t.match(JSON.parse(seal.open(String(second.output))), { result: [{ rule_id: 'DRUG-SEX' }] })
    const wrong = await post({ ...envelope, msgid: 'm3', input: 'abcd' }, signed({ 'x-tif-nonce': 'n3' }))
    t.match(wrong.err_msg, /无法解密/)
  }
})

t.test('a wrong file of tenants is refused with its place, without its secrets', async (t) => {
  for (const [list, said] of [
    ['{', /it is not JSON/], [[{ ...tenant, secrets: [] }], /secrets/], [[tenant, tenant], /same paasid/],
  ] as const) {
    const file = tenantsFile(t, list)
    await t.rejects(aNhsaDoor(t, { tenantsFile: file }), { code: 'CONFIG_INVALID', message: said })
  }
  await t.rejects(aNhsaDoor(t, { tenantsFile: '/no/such/file' }), { message: /there is no such file/ })
})

t.test('a client’s budget is kept, its excess is not', async (t) => {
  let clock = 0
  const stops: boolean[] = []
  const door = await aNhsaDoor(t, {
    elapsed: () => clock,
    judge(_settlement, { stop }) {
      for (clock of [20, 96, 286, 59_990, 59_996]) stops.push(stop())
      throw new ServiceError('SERVICE_STOPPING')
    },
  })
  for (const deadline of ['100', '', 'x', '99999']) await door.post(standard(), { 'x-deadline-ms': deadline })
  t.strictSame(stops, [
    false, true, true, true, true, false, false, false, true, true,
    false, false, false, true, true, false, false, false, false, true,
  ])
})

t.test('whatever is posted, valid JSON comes back and only whole messages are judged', async (t) => {
  const seed = Number(process.env['SEED'] ?? 20_260_705)
  const count = Number(process.env['ENVELOPES'] ?? 20_000)
  t.comment(`seed ${seed}`)
  const random = seededRandom(seed)
  const { app, failures } = await aNhsaDoor(t)
  const text = JSON.stringify(standard({ envelope: { msgid: '' }, person: person() }))
  let judged = 0
  for (let n = 0; n < count; n++) {
    const reply = await app.inject({
      method: 'POST', url: '/fsi/api', payload: damaged(text, random), headers: { 'content-type': 'application/json' },
    })
    const { infcode, err_msg: said, output } = reply.json<{ infcode: number, err_msg: string, output: object }>()
    if (infcode === 0) judged++
    const isRight = reply.statusCode === 200 && (infcode === 0) === (said === '') && said.length <= 200
      && typeof output === 'object'
    if (!isRight) t.fail(`${reply.body}`)
  }
  t.strictSame(failures, [])
  t.ok(judged > 0 && judged < count, `${judged} of ${count} could be judged`)
})

const pieces = ['', '"', '{', '[]', 'null', '-1e309', '9'.repeat(400), '\\u0000', '"中"', ',', ':1', '"__proto__":{},']

/** The text with a few places replaced by something else. */
function damaged(text: string, random: () => number): Buffer {
  const bytes = [...text]
  for (let times = Math.floor(random() * 4); times >= 0; times--) {
    const at = Math.floor(random() * bytes.length)
    const length = random() < 0.7 ? 1 : Math.floor(random() * 200)
    bytes.splice(at, length, pieces[Math.floor(random() * pieces.length)]!)
  }
  return Buffer.from(bytes.join(''), random() < 0.1 ? 'latin1' : 'utf8')
}
