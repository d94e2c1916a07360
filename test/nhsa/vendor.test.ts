// What a vendor of hospital systems meets when connecting: who is answered, in which words a mistake is
// told, and what small things of real clients are forgiven.
import t from 'tap'
import { ServiceError } from '../../src/errors.js'
import { mistakeTold } from '../../src/nhsa/mistake.js'
import { aNhsaDoor, encounter, message, order, standard } from '../fixtures/nhsa.js'

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
  const earlier = encounter({ mdtrt_id: 'V0', fsi_order_dtos: [order({ cnt: 'x' })] })
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
    [standard({ person: { fsi_encounter_dtos: [encounter(), earlier] } }), ''],
    [standard({ envelope: { infno: '' } }), '缺少交易编号 infno'],
  ]
  for (const [body, sentence] of cases) t.equal((await post(body)).err_msg, sentence)
  const inEarlier = new ServiceError('CLAIM_NUMBER_INVALID', { path: '/earlier/1/items/0/quantity' })
  t.equal(mistakeTold(inEarlier, []), `第 2 条其他就诊的第 1 条明细的数量 cnt ${number}`)
  t.equal(mistakeTold(new ServiceError('EVENT_TOO_LARGE'), []), '报文超过大小上限')
  const other = new ServiceError('EVENT_FROM_FUTURE', { path: '/time' })
  t.equal(mistakeTold(other, []), '/time the event is dated over a day after its receipt')
})

t.test('an address may end with a slash; a content type that is none is said to be', async (t) => {
  const { app, post, failures } = await aNhsaDoor(t)
  t.equal((await post(standard(), {}, '/fsi/api/')).infcode, 0)
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
