// What the national interface's door refuses and how it says so; stages, visits, feedback, and messages
// that are sent again.
import t from 'tap'
import { decodeSettlement } from '../../src/claim/decode-settlement.js'
import { evaluate } from '../../src/engine/evaluate.js'
import { ServiceError } from '../../src/errors.js'
import { nationalDialect } from '../../src/nhsa/dialect.js'
import { emptyView } from '../fixtures/empty-view.js'
import {
  aNhsaDoor, encounter, hospital, message, now, order, standard, womensDrug,
} from '../fixtures/nhsa.js'
import { aBook, aRule } from '../fixtures/rule-texts.js'

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
  ['an impossible date', standard({ encounter: { adm_date: '2026-13-41' } }), /^入院日期 adm_date 不是存在的日期/],
  ['a number that is none', standard({ encounter: { fsi_order_dtos: [order({ cnt: 'many' })] } }),
    /^第 1 条明细（rx_id L1）的数量 cnt 缺失，或不是十进制数$/],
]

t.test('what cannot be judged is answered with the reason, over HTTP 200', async (t) => {
  for (const [name, body, sentence] of refusals) {
    const { post, asked, answered } = await aNhsaDoor(t)
    const { infcode, err_msg: said, output } = await post(body as object)
    t.equal(infcode, -1, name)
    t.match(said, sentence, name)
    t.ok(said.length <= 200)
    t.strictSame(output, { result: [], complete: false })
    t.strictSame([asked, answered.map(({ isRefused }) => isRefused)], [[], [true]], name)
  }
})

t.test('a request without any body is answered too', async (t) => {
  const { app, answered } = await aNhsaDoor(t)
  const reply = await app.inject({ method: 'POST', url: '/fsi/api' })
  t.match(reply.json(), { infcode: -1, err_msg: '报文不是 JSON' })
  t.match(answered, [{ isRefused: true }])
})

t.test('bytes that are not of the charset that their sender names are refused by its name', async (t) => {
  const { post, asked } = await aNhsaDoor(t)
  const sent = await post(Buffer.from([0x7b, 0xff, 0xff]), { 'content-type': 'text/plain; charset=gb2312' })
  t.strictSame([sent.infcode, sent.err_msg, asked], [-1, '报文不是 GBK 编码', []])
})

t.test('a path that names another transaction is refused', async (t) => {
  const { post } = await aNhsaDoor(t)
  t.match((await post(standard(), {}, '/fsi/api/3102')).err_msg, /3102 与报文的 infno 3101 不一致/)
  t.equal((await post(standard(), {}, '/fsi/api/3101')).infcode, 0)
  const again = await post(standard(), {}, '/fsi/api/3102')
  t.match(again.err_msg, /3102 与报文的 infno 3101 不一致/, 'also of a message whose answer is known')
})

t.test('a body beyond the bound and a failure of ours are answered in the envelope too', async (t) => {
  const { post, failures } = await aNhsaDoor(t, { judge() { throw new TypeError('a bug') } })
  t.equal((await post('x'.repeat(1_000_001))).err_msg, '报文超过大小上限')
  t.equal((await post(standard())).err_msg, '系统内部错误，本次未审核')
  t.match(failures, [{ message: 'a bug' }])
  const overloaded = await aNhsaDoor(t, { judge() { throw new ServiceError('SERVICE_OVERLOADED') } })
  t.equal((await overloaded.post(standard())).err_msg, '暂时无法处理或记录，请稍后重发')
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
  const [ended, started, timeless] = [
    { mdtrt_id: 'V2', dscg_date: '2026-06-02 09:00:00' }, { mdtrt_id: 'V3', dscg_date: '', adm_date: '2026-06-01 09:00:00' },
    { mdtrt_id: 'V4', dscg_date: '', adm_date: '' },
  ].map(encounter)
  const told = encounter({ fsi_order_dtos: [
    order({ rx_id: 'old', curr_drord_flag: '0' }), order({ rx_id: 'new', hilist_code: '0', curr_drord_flag: '1' }),
  ] })
  const answer = await door.post(standard({ person: { fsi_encounter_dtos: [earlier, told, ended, started, timeless] } }))
  t.strictSame(answer.output.result, [], 'the women’s drug stands on a line of context')
  t.match(door.asked[0]!.earlier[0], { settlement_id: 'ask-V0', items: [{ id: 'L0', code: womensDrug }] })
  t.strictSame(door.asked[0]!.earlier.map((one) => (one as { settled_at: string }).settled_at), [
    '2026-07-02 09:00:00', '2026-06-02 09:00:00', '2026-06-01 09:00:00', '2026-07-02 10:00:00',
  ], 'settled when it ended, or began, or now')
})

t.test('operations and the codes of packs are read, whichever way codes are listed', async (t) => {
  const door = await aNhsaDoor(t)
  const operation = {
    oprn_oprt_code: '45.2300', oprn_oprt_name: '结肠镜检查', main_oprn_flag: '1', oprn_oprt_date: '2026-07-02 09:30:00',
    anst_way: '01', oper_dr_code: 'D1', anst_dr_code: 'D2',
  }
  const lines = [
    order({ rx_id: 'L1', drug_trac_codg: '81000000000000000001，81000000000000000002;' }),
    order({ rx_id: 'L2', drug_trac_codg: [{ drug_trac_codg: '81000000000000000003' }, { drug_trac_codg: '' }] }),
  ]
  await door.post(standard({ encounter: { fsi_operation_dtos: [operation], fsi_order_dtos: lines } }))
  const { visit, items } = door.asked[0]!.settlement as { visit: { procedures: object[] }, items: { trace_codes: string[] }[] }
  t.strictSame(visit.procedures, [{
    code: '45.2300', name: '结肠镜检查', is_main: true, date: '2026-07-02 09:30:00', anaesthesia: '01', surgeon: 'D1',
    anaesthetist: 'D2',
  }])
  t.strictSame(items.map(({ trace_codes: codes }) => codes), [
    ['81000000000000000001', '81000000000000000002'], ['81000000000000000003'],
  ])
})

t.test('what no line shows is told as the conduct of a person', async (t) => {
  const onClaim = aBook([aRule({
    check: 'tell-claim', warning: '{met}', in_force: '[{ from: 2025-01-01 }]',
  })])
  const { post } = await aNhsaDoor(t, {
    judge(settlement) {
      const claim = decodeSettlement(settlement, { time: new Date(now).toISOString(), receivedAt: now, base: '' })
      return { claim, verdict: evaluate(onClaim, claim, emptyView), isCurrent: true, unread: [] }
    },
  })
  const { output: { result: [result] } } = await post(standard())
  t.match(result, { rule_id: 'TEST-1', vola_bhvr_type: nationalDialect.behaviours.actor, judge_result_detail_dtos: [] })
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
  const later = standard({ envelope: { inf_time: '2026-07-02 10:00:09' } })
  t.strictSame(await post(later), first, 'it is known by its input')
  const unnamed = standard({ envelope: { msgid: '' } })
  t.same((await post(unnamed)).infcode, (await post(unnamed)).infcode)
  t.equal(asked.length, 4)
  const idOf = async (body: object) => (await post(body)).output.result[0]!['jr_id']
  const elsewhere = standard({ envelope: { msgid: '' }, encounter: { mdtrt_id: 'V2' } })
  const another = standard({ envelope: { msgid: '' }, person: { patn_id: '33010019800101125X' } })
  const ids = [await idOf(unnamed), await idOf(elsewhere), await idOf(another)]
  t.equal(new Set(ids).size, 3, 'a result of no named message is that of its visit, and nobody else’s')
})

t.test('a message whose name of the input is written in another way is known again by all of it', async (t) => {
  const { post, asked } = await aNhsaDoor(t)
  const written = JSON.stringify(standard()).replace('"input"', '"\\u0069nput"')
  const first = await post(written)
  t.strictSame([first.infcode, await post(written), asked.length], [0, first, 1])
  t.match((await post(written.replace('10:00:00', '10:00:09'))).err_msg, /msgid 重复，而内容不同/)
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
    { warning_id: warning, decision: 'continue', reason: '病情需要', reason_code: 'clinical-need' },
    { warning_id: warning, decision: 'change', reason: '' },
  ])
  const few = await aNhsaDoor(t, {
    shownRule: (id) => id === warning ? 'DRUG-SEX' : id.endsWith(':old') ? '' : undefined,
  })
  const unsure = ['x', 'old', good.warn_rslt_id].map((id) => ({ ...good, warn_rslt_id: id, dspo_way: '2' }))
  t.strictSame((await few.post(feedback(unsure))).output,
    { accepted: 2, refused: [{ warn_rslt_id: 'x', err_msg: '没有这个违规标识 warn_rslt_id' }] })
  t.strictSame(few.told.map(({ feedback: { rule } }) => rule), [undefined, 'DRUG-SEX'])
  const bare = message({ warn_type: '1', warns: [good] }, { infno: '3103', msgid: '' })
  t.strictSame((await post(bare)).output, { accepted: 1, refused: [] }, 'also without the node `data`')
  t.match((await post(feedback(''))).err_msg, /warns/)
  t.match((await post(feedback(Array(501).fill(good)))).err_msg, /500/)
  t.match((await post(feedback([good], { fixmedins_code: '' }))).err_msg, /fixmedins_code/)
  t.match((await post(feedback([{ ...good, dspo_way: '9' }]))).err_msg, /dspo_way/)
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
  for (const deadline of ['100', '', 'x', '99999']) {
    clock = 0
    await door.post(standard(), { 'x-deadline-ms': deadline })
  }
  t.strictSame(stops, [
    false, true, true, true, true, false, false, false, true, true,
    false, false, false, true, true, false, false, false, false, true,
  ])
})

t.test('what nobody waits for any more is not read, and late answers are counted', async (t) => {
  let clock = 300
  const door = await aNhsaDoor(t, { elapsed: () => clock })
  const shed = await door.post('not even read')
  t.strictSame([shed.infcode, shed.err_msg], [-1, '已超过时限，本次未审核'])
  t.strictSame(door.late, [], 'it came in time')
  clock = 301
  await door.post(standard())
  t.strictSame([door.late, door.asked], [[301], []])
})

t.test('the answer says when the message was received, and when it was answered', async (t) => {
  let clock = 0
  const door = await aNhsaDoor(t, {
    elapsed: () => clock, now: () => now + clock, judge() { clock = 40; throw new ServiceError('CLAIM_NO_VISIT') },
  })
  const { refmsg_time: received, respond_time: answered } = await door.post(standard()) as unknown as
    Record<string, string>
  t.strictSame([received, answered], ['20260702100000000', '20260702100000040'])
})

t.test('each question is told to the stream, without who the person is', async (t) => {
  const { post, noted, asked } = await aNhsaDoor(t)
  const key = () => (asked.at(-1)!.settlement as { patient: { key: string } }).patient.key
  const { output } = await post(standard())
  await post(standard()) // the same message
  await post(standard({ person: { gend: '2' }, data: { trig_scen: '' }, envelope: { msgid: '', infno: '3102' } }))
  const told = {
    patient: { key: key() }, institution: hospital, visit_id: 'V1', at: '2026-07-02T02:00:00.000Z',
    items_count: 1, complete: true,
  }
  t.strictSame(noted, [
    { ...told, call: '3101', stage: 'pre-alert', scene: 2, findings: [
      { id: output.result[0]!['jr_id'], rule: 'DRUG-SEX', severity: 'suspect', at_risk_fen: 2_500, lines: ['L1'] },
    ] },
    { ...told, call: '3102', stage: 'audit', findings: [] },
  ])
  t.notMatch(JSON.stringify(noted), /33010019800101123X|某人/)
})
