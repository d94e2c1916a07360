// What a vendor of hospital systems meets when connecting: who is answered, in which words a mistake is
// told, and what small things of real clients are forgiven.
import t from 'tap'
import { ServiceError } from '../../src/errors.js'
import { mistakeTold } from '../../src/nhsa/mistake.js'
import { aNhsaDoor, diagnosis, hospital, message, order, standard } from '../fixtures/nhsa.js'

t.test('an answer that is known is given again to its own caller only', async (t) => {
  const { app, post, asked } = await aNhsaDoor(t, { mayAsk: ({ headers }) => headers['x-caller'] === 'his' })
  app.decorateRequest('caller')
  app.addHook('onRequest', (request, _reply, done) => {
    const id = request.headers['x-caller']
    if (typeof id === 'string') request.caller = { id, institution: '*', scopes: ['check'] }
    done()
  })
  const first = await post(standard(), { 'x-caller': 'his' })
  t.strictSame(await post(standard(), { 'x-caller': 'his' }), first)
  for (const headers of [{}, { 'x-caller': 'another' }] as Record<string, string>[]) {
    const { infcode, err_msg: said, output } = await post(standard(), headers)
    t.strictSame([infcode, said, output], [-1, '无权代表医疗机构 H33010000001', { result: [], complete: false }])
  }
  t.equal(asked.length, 1, 'the bytes alone open nothing')
})

t.test('a mistake is told in Chinese with the names of the national interface', async (t) => {
  const { post } = await aNhsaDoor(t)
  const date = '不是存在的日期，或不合情理（晚于今天、出院早于入院）；写法如 2026-07-02 09:00:00'
  const number = '缺失，或不是十进制数'
  const many = Array.from({ length: 5_001 }, (_, place) => ({ rx_id: `L${place}`, cnt: 1 }))
  const lines = (...changes: object[]) => standard({
    encounter: { fsi_order_dtos: changes.map((change) => order({ ...change })) },
  })
  const cases: [object, string][] = [
    [standard({ envelope: { inf_time: 'now' } }), `交易时间 inf_time ${date}`],
    [standard({ person: { brdy: '1980-13-40' } }), `出生日期 brdy ${date}`],
    [standard({ encounter: { dscg_date: '2025-01-01' } }), `出院日期 dscg_date ${date}`],
    [standard({ encounter: { medfee_sumamt: 'x' } }), `总费用 medfee_sumamt ${number}`],
    [standard({ encounter: { fsi_operation_dtos: [{ oprn_code: '1', oprn_date: 'x' }] } }),
      `第 1 条手术操作的手术操作日期 oprn_date ${date}`],
    [lines({}, { rx_id: 'L2', drord_begn_date: '2030-01-01' }),
      `第 2 条明细（rx_id L2）的医嘱开始日期 drord_begn_date ${date}`],
    [lines({ rx_id: '', cnt: 1e9 }), '第 1 条明细的数量 cnt 数量超过 200000'],
    [lines({ sumamt: 1e30 }), '第 1 条明细（rx_id L1）的总费用 sumamt 金额过大'],
    [standard({ encounter: { fsi_order_dtos: many } }), '明细超过 5000 条'],
    [standard({ encounter: { medins_id: 'H33.1' } }),
      '医疗机构编码 medins_id 内容不合规范：只能由字母、数字、_ 和 - 组成'],
    [lines({ drug_trac_codg: '9'.repeat(65) }),
      '第 1 条明细（rx_id L1）的追溯码 drug_trac_codg 内容不合规范：每个至多 64 个字符'],
    [standard({ envelope: { infno: '' } }), '缺少交易编号 infno'],
  ]
  for (const [body, sentence] of cases) t.equal((await post(body)).err_msg, sentence)
  t.equal(mistakeTold(new ServiceError('EVENT_TOO_LARGE'), []), '报文超过大小上限')
  const other = new ServiceError('EVENT_FROM_FUTURE', { path: '/time' })
  t.equal(mistakeTold(other, []), '/time the event is dated over a day after its receipt')
})

t.test('an address may end with a slash; a content type that is none is said to be', async (t) => {
  const { app, post, failures } = await aNhsaDoor(t)
  for (const path of ['/fsi/api/', '/fsi/api/3101/', '/fsi/api/3101']) {
    t.equal((await post(standard(), {}, path)).infcode, 0)
  }
  t.match((await post(standard({ envelope: { msgid: '' } }), {}, '/fsi/api/3102/')).err_msg, /3102 与报文的 infno 3101 不一致/)
  const headers = { 'content-type': 'json' }
  const reply = await app.inject({ method: 'POST', url: '/fsi/api', payload: '{}', headers })
  t.match(reply.json(), { infcode: -1, err_msg: '请求头 content-type 无法识别，应为 application/json' })
  t.strictSame(failures, [])
})

t.test('0 is nothing: a date, the state of pregnancy, a quantity of what costs money', async (t) => {
  const { post, asked } = await aNhsaDoor(t)
  const line = (changes: object) => standard({
    envelope: { msgid: '' }, encounter: { fsi_order_dtos: [order({ ...changes })] },
  })
  const zero = standard({
    person: { brdy: '0' }, envelope: { inf_time: 0, msgid: '' },
    encounter: { dscg_date: '0', fsi_order_dtos: [order({ drord_begn_date: 0, drord_stop_date: '0' })] },
  })
  t.equal((await post(zero)).infcode, 0)
  const { patient } = asked.at(-1)!.settlement as { patient: object }
  t.notHas(patient, { is_pregnant: Boolean, is_lactating: Boolean }, 'unknown is not clear')
  await post(standard({ encounter: { matn_stas: '1' }, envelope: { msgid: '' } }))
  t.match(asked.at(-1)!.settlement, { patient: { is_pregnant: false, is_lactating: false } })
  const found = async (changes: object) => (await post(line(changes))).output.result.map(({ vola_amt: amount }) => amount)
  t.strictSame([
    await found({ cnt: '0' }), await found({ cnt: 0, sumamt: 0 }), await found({ cnt: 0, pric: '-' }),
  ], [[25], [], []])
})

t.test('feedback that is refused whole is counted once', async (t) => {
  const { post, answered } = await aNhsaDoor(t, { shownRule: () => undefined })
  const feedback = message({ data: { warns: [{ warn_rslt_id: 'x', dspo_way: '2' }] } }, { infno: '3103' })
  t.equal((await post(feedback)).err_msg, '没有这个违规标识 warn_rslt_id')
  t.strictSame(answered.map(({ isRefused }) => isRefused), [true])
})

t.test('a line that is wrong is told by its place in the list that was sent', async (t) => {
  const { post } = await aNhsaDoor(t)
  const [first, wrong] = [order(), order({ rx_id: 'L3', cnt: 'x' })]
  const said = async (orders: unknown) => (await post(standard({ encounter: { fsi_order_dtos: orders } }))).err_msg
  const number = '的数量 cnt 缺失，或不是十进制数'
  t.equal(await said([first, first, first, wrong]), `第 4 条明细（rx_id L3）${number}`, 'repeated lines count')
  t.equal(await said([null, first, 'x', wrong]), `第 4 条明细（rx_id L3）${number}`, 'what is no line too')
  t.equal(await said({ ...wrong, rx_id: '' }), `第 1 条明细${number}`)
})

t.test('a code that no dictionary has refuses nothing; what only a few codes can answer names them', async (t) => {
  const { post, answered } = await aNhsaDoor(t)
  const unknown = standard({
    person: { gend: 'XYZ' }, data: { trig_scen: 99 },
    encounter: {
      med_type: 99_999_999, medins_lv: 'XYZ', matn_stas: 99_999_999_999, insutype: 99_999_999,
      fsi_diagnose_dtos: [{ ...diagnosis, inout_dise_type: 99_999, diag_type: 1e30 }],
    },
  })
  t.match(await post(unknown), { infcode: 0, err_msg: '' })
  t.strictSame(answered.map(({ repairs }) => repairs), [['scene-unknown']])
  const feedback = message({ data: { warns: [{ warn_rslt_id: 'x', dspo_way: '9' }] } }, { infno: '3103' })
  t.equal((await post(feedback)).err_msg, '处理方式 dspo_way 应为 1（继续执行）或 2（返回修改）')
  t.equal((await post(standard({ envelope: { infno: '2206' } }))).err_msg,
    '不支持的交易编号 infno 2206；支持 3101、3102、3103')
})

t.test('who sends no API key, or one that nobody has, is told so, and never the key', async (t) => {
  const { post, asked } = await aNhsaDoor(t, {
    mayAsk: () => false, keyOf: ({ headers }) => headers['x-key'] as 'known' | 'unknown' | 'absent',
  })
  const sentences = {
    unknown: 'API key 无效：本系统没有这个密钥。请核对请求头 x-api-key 或 Authorization: Bearer 的内容，或向本系统的管理员申请新的密钥',
    absent: '缺少 API key：请在请求头 x-api-key 或 Authorization: Bearer 中写明，密钥向本系统管理员申请',
    known: `无权代表医疗机构 ${hospital}`,
  }
  const feedback = message({ data: { warns: [{ warn_rslt_id: 'x', dspo_way: '2' }] } }, { infno: '3103' })
  for (const [key, sentence] of Object.entries(sentences)) {
    for (const body of [standard(), feedback]) {
      const { infcode, err_msg: said } = await post(body, { 'x-key': key })
      t.strictSame([infcode, said], [-1, sentence])
    }
  }
  t.strictSame(asked, [])
})

t.test('a message is the same one by its input, whatever stands beside it and in which order', async (t) => {
  const { post, asked } = await aNhsaDoor(t)
  const { input, ...head } = standard()
  const first = await post({ ...head, input, sign_no: '1' })
  t.strictSame(await post({ input, ...head, inf_time: '2026-07-02 10:00:05', cainfo: 'x', sign_no: '2' }), first)
  const escaped = (one: object) => JSON.stringify({ input, ...head, msgid: 'M2', ...one }).replace('"input"', '"\\u0069nput"')
  const second = await post(escaped({ dev_no: 'input' }))
  t.strictSame(await post(escaped({ dev_no: 'input', inf_time: '2026-07-02 10:00:09' })), second)
  const text = { ...head, input: JSON.stringify(input), msgid: 'M3' }
  const third = await post(text)
  t.strictSame(await post({ inf_time: '', ...text, sign_no: '}' }), third, 'an input that is text too')
  t.equal(asked.length, 3)
  const changed = JSON.stringify(input).replace('"cnt":2', '"cnt":3')
  t.equal((await post({ ...text, input: changed })).infcode, -1)
  const other = standard({ encounter: { fsi_order_dtos: [order({ cnt: 3 })] } })
  t.equal((await post(other)).err_msg, '发送方报文ID msgid 重复，而内容不同')
})
