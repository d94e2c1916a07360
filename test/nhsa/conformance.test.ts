// Every shape in which the interface reference says that real systems send 3101: the same facts must give
// the same claim and the same answer, whatever the dialect.
import t from 'tap'
import { decodeSettlement } from '../../src/claim/decode-settlement.js'
import {
  aNhsaDoor, diagnosis, encounter, hospital, message, now, order, person, signed, standard, tenant, tenantsFile,
  womensDrug,
} from '../fixtures/nhsa.js'
import type { Asked } from '../fixtures/nhsa.js'
import { toGbk } from '../fixtures/gbk.js'

type Json = Readonly<Record<string, unknown>>

/** What the standard's own message means. */
const facts = {
  settlement_id: 'ask-V1',
  settled_at: '2026-07-02 10:00:00',
  patient: {
    key: '', // the keyed hash of patn_id
    sex: '1', birth_date: '1980-01-01', insurance_type: '310', region: '330100',
  },
  visit: {
    id: 'V1', type: '11',
    institution: { id: hospital, level: 3, type: 'A100', region: '330100' },
    department: 'A03', department_name: '内科', doctor: { id: 'D1', title: '233' },
    start: '2026-07-02 09:00:00', end: '2026-07-02 09:00:00', ward: '', bed: '',
    diagnoses: [{ code: 'I10.x00', name: '高血压病', is_main: true, order: '1', kind: '', in_out: '1' }],
    procedures: [],
  },
  items: [{
    id: 'L1', code: womensDrug, local_code: 'A1', name: '甲硝唑栓', category: '101', fee_class: '09',
    quantity: 2, unit_price: 12.5, amount: 25, own_pay: 0, self_pay: 0,
    service_time: '2026-07-02 09:10:00', order_start: '2026-07-02 09:10:00', order_stop: '',
    prescription: 'RX1', group: '', dose: '', frequency: '', days_of_supply: undefined,
    department: 'A03', doctor: 'D1', is_take_home: false,
  }],
  payment: { total: undefined, fund: undefined, account: undefined, aid: undefined, special_disease: '' },
  is_cross_region: false,
}

const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** With every key of every node in camelCase. */
function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [camel(name), camelCased(inner)]))
}

const { fsi_diagnose_dtos: diagnoses, fsi_order_dtos: orders, ...visitOnly } = encounter()
const { fsi_encounter_dtos: visits, ...personOnly } = person()
const data = (changes: Json) => message({ data: { task_id: 'T1', trig_scen: '2', ...changes } })
const withOrder = (changes: Json) => standard({ encounter: { fsi_order_dtos: [order(changes)] } })
const withVisit = (changes: Json) => standard({ encounter: changes })

/** Bodies that mean the standard's facts. */
const sameFacts: Record<string, Json> = {
  'the standard’s own nesting': standard(),
  'one person as an object': data({ patient_dtos: person() }),
  'one visit as an object': data({ patient_dtos: [person({ fsi_encounter_dtos: encounter() })] }),
  'person and visit as objects': data({ patient_dtos: person({ fsi_encounter_dtos: encounter() }) }),
  'one line as an object': withVisit({ fsi_order_dtos: order() }),
  'one diagnosis as an object': withVisit({ fsi_diagnose_dtos: diagnosis }),
  'operations as an empty text': withVisit({ fsi_operation_dtos: '' }),
  'operations as null': withVisit({ fsi_operation_dtos: null }),
  'collections beside each other under input': message({
    data: { task_id: 'T1', trig_scen: '2' }, patient_dtos: [personOnly], fsi_encounter_dtos: [visitOnly],
    fsi_diagnose_dtos: diagnoses, fsi_order_dtos: orders,
  }),
  'collections beside each other under data': data({
    patient_dtos: personOnly, fsi_encounter_dtos: visitOnly,
    fsi_diagnose_dtos: diagnoses, fsi_order_dtos: orders,
  }),
  'an empty person under data, the real one under input': message({
    data: { task_id: 'T1', trig_scen: '2', patient_dtos: '' }, patient_dtos: [person()],
  }),
  'the fields of the person in data itself': data({ ...personOnly, fsi_encounter_dtos: visits }),
  'no data node at all': message({ task_id: 'T1', trig_scen: '2', patient_dtos: [person()] }),
  'the island’s camelCase': { ...standard(), input: camelCased(standard()['input']), infno: '3660' },
  'the island’s names of the collections': data({
    patientDtos: [{ ...personOnly, encounterDtos: [{ ...visitOnly, diagnoseDtos: diagnoses, orderDtos: orders }] }],
  }),
  'a collection under two names': withVisit({ order_dtos: orders, diagnose_dtos: diagnoses }),
  'a second, empty name of a collection': data({ patient_dtos: [person()], patientDtos: [] }),
  'person number instead of person id': data({
    patient_dtos: [{ ...person(), patn_id: undefined, psn_no: person()['patn_id'] }],
  }),
  'institution only in the envelope': withVisit({ medins_id: '' }),
  'institution under the hub’s name': {
    ...withVisit({ medins_id: null }), fixmedins_code: undefined, medins_code: hospital,
  },
  'pooling area only in the envelope': standard({ person: { poolarea: '' } }),
  'place of care only in the envelope': withVisit({ medins_admdvs: '-' }),
  'dashes for what is unknown': withVisit({ wardarea_codg: '-', bedno: '-', dscg_dept_codg: '-' }),
  'nulls for what is unknown': withVisit({ wardarea_codg: null, bedno: null, medfee_sumamt: null }),
  'unknown extra columns': standard({ encounter: { crte_time: 'x', opt_time: { deep: [1] } }, data: { x: 1 } }),
  'blanks around texts': standard({ person: { gend: ' 1 ' }, encounter: { med_type: ' 11 ' } }),
  'the same line three times': withVisit({ fsi_order_dtos: [order(), order(), order()] }),
  'the same diagnosis twice': withVisit({ fsi_diagnose_dtos: [diagnosis, diagnosis] }),
  'the current visit named by another number': standard({ person: { curr_mdtrt_id: 'ZY-9' } }),
  'no current visit named': standard({ person: { curr_mdtrt_id: '' } }),
  'the code in the flag of the main diagnosis': withVisit({
    fsi_diagnose_dtos: [{ ...diagnosis, maindise_flag: 'I10.x00' }],
  }),
  'no diagnosis marked as the main one': withVisit({
    fsi_diagnose_dtos: [{ ...diagnosis, maindise_flag: '0' }],
  }),
  'no line marked as current': withOrder({ curr_drord_flag: '0' }),
  'no flag on the lines': withOrder({ curr_drord_flag: undefined }),
  'a charge class of four digits': withOrder({ chrg_type: '0901' }),
  'names of the settlement interface': withVisit({
    fsi_order_dtos: [{
      feedetl_sn: 'L1', rx_drord_no: 'RX1', list_type: '101', med_chrgitm_type: '09',
      med_list_codg: womensDrug, med_list_name: '甲硝唑栓', medins_list_codg: 'A1', cnt: 2, pric: 12.5,
      det_item_fee_sumamt: 25, fulamt_ownpay_amt: 0, preselfpay_amt: 0,
      drord_begntime: '2026-07-02 09:10:00', bilg_dept_codg: 'A03', bilg_dr_codg: 'D1',
      drord_dr_profttl: '233', dscg_tkdrug_flag: '0',
    }],
  }),
  'a rule asked for that does not exist': standard({ data: { rule_ids: ['3101'] } }),
  'rules asked for as a text': standard({ data: { rule_ids: 'DRUG-SEX' } }),
  'a rule asked for by its national code': standard({ data: { rule_ids: ['GZ10000301004000'] } }),
  'hospital data that nobody fills': standard({ person: { fsi_his_data_dto: '' } }),
  'several scenes joined by a comma': standard({ data: { trig_scen: '1,2' } }),
  'infno and operator type as numbers': { ...standard(), infno: 3101, opter_type: 1 },
}

t.test('the same facts in every dialect give the same claim and the same answer', async (t) => {
  t.ok(Object.keys(sameFacts).length >= 40, `${Object.keys(sameFacts).length} bodies`)
  const first = await aNhsaDoor(t)
  const right = await first.post(sameFacts['the standard’s own nesting'])
  const wanted = { ...facts, patient: { ...facts.patient, key: keyIn(first.asked[0]!.settlement) } }
  t.match(wanted.patient.key, /^[\w-]{43}$/)
  t.equal(right.output.result.length, 1)
  for (const [name, body] of Object.entries(sameFacts)) {
    const { post, asked } = await aNhsaDoor(t)
    t.strictSame((await post(body)).output, right.output, `${name}: answer`)
    t.strictSame(asked, [{ settlement: wanted, stage: 'pre-alert', earlier: [] }], `${name}: claim`)
  }
})

function keyIn(settlement: object): string {
  return (settlement as { patient: { key: string } }).patient.key
}

t.test('the answer is the standard’s, with what the law says', async (t) => {
  const { post } = await aNhsaDoor(t)
  const answer = await post(standard())
  t.match(answer, { infcode: 0, err_msg: '', inf_refmsgid: /^330100\d{24}$/, refmsg_time: /^20260702100000\d{3}$/ })
  const [result] = answer.output.result
  const who = { patn_id: '33010019800101123X', mdtrt_id: 'V1' }
  t.match(result, {
    jr_id: /^[0-9a-f]{32}$/, rule_id: 'DRUG-SEX', rule_name: '药品区分性别使用', ...who, vola_amt: 25,
    vola_amt_stas: '1', sev_deg: '2', sev_deg_name: '高度可疑', vola_bhvr_type: '2', task_id: 'T1',
    vola_evid: /./, vola_cont: /甲硝唑栓/,
  })
  t.strictSame(result!['judge_result_detail_dtos'], [{
    jrd_id: `${String(result!['jr_id'])}-0`, ...who, rx_id: 'L1', vola_item_type: '1', vola_amt: 25,
  }])
  t.strictSame([answer.output['complete'], answer.output['not_reached']], [true, []])
})

t.test('a clear bill has an empty list of results', async (t) => {
  const { post } = await aNhsaDoor(t)
  const { infcode, err_msg: message, output } = await post(standard({ person: { gend: '2' } }))
  t.strictSame({ infcode, message, output },
    { infcode: 0, message: '', output: {
      result: [], complete: true, not_reached: [], at_risk: { total: 0, fund: null, patient: null },
      held_back: 0,
    } })
})

/** Every collection of one node as the node, and every node of a collection alone as a list of it. */
function listsTurned(value: unknown, name = ''): unknown {
  const isCollection = /dtos$/i.test(name)
  if (Array.isArray(value)) {
    const list = value.map((one) => listsTurned(one))
    return isCollection && list.length === 1 ? list[0] : list
  }
  if (typeof value !== 'object' || value === null) return value
  const node = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, listsTurned(inner, key)]))
  return isCollection ? [node] : node
}

/** Every number as its text, or every text of a number as the number; ids and codes with zeros stay. */
function numbersTurned(value: unknown, to: 'text' | 'number'): unknown {
  if (Array.isArray(value)) return value.map((one) => numbersTurned(one, to))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, numbersTurned(inner, to)]))
  }
  if (to === 'text') return typeof value === 'number' ? String(value) : value
  return typeof value === 'string' && /^(0|[1-9]\d{0,8})(\.\d+)?$/.test(value) ? Number(value) : value
}

type Variant = (body: Json) => { readonly body: unknown, readonly headers?: Record<string, string> }

/** What systems do to any message; none of it may change what is understood or answered. */
const mutations: Record<string, Variant> = {
  'lists as nodes, nodes as lists': (body) => ({ body: listsTurned(body) }),
  'numbers as texts': (body) => ({ body: numbersTurned(body, 'text') }),
  'texts as numbers': (body) => ({ body: numbersTurned(body, 'number') }),
  'input as text': (body) => ({ body: { ...body, input: JSON.stringify(body['input']) } }),
  'GBK': (body) => ({
    body: Buffer.from(toGbk(JSON.stringify(body))),
    headers: { 'content-type': 'application/json; charset=GBK' },
  }),
  'a signature in upper case': (body) => {
    const headers = signed()
    return { body, headers: { ...headers, 'x-tif-signature': headers['x-tif-signature']!.toUpperCase() } }
  },
}

/** What the claim says, however its numbers were written. */
function claimsOf(asked: readonly Asked[]): unknown[] {
  const context = { time: new Date(now).toISOString(), receivedAt: now, base: '' }
  return asked.map(({ settlement, stage, earlier }) => ({
    claim: decodeSettlement(settlement, context), stage,
    earlier: earlier.map((one) => decodeSettlement(one, context)),
  }))
}

t.test('every body under every mutation gives the same claim and the same answer, and is judged once', async (t) => {
  const file = tenantsFile(t, [{ ...tenant, repeat_minutes: 0 }])
  for (const [name, body] of Object.entries(sameFacts)) {
    const { post, asked, noted } = await aNhsaDoor(t, { tenantsFile: file })
    const { output } = await post(body, signed())
    const claims = claimsOf(asked)
    t.strictSame(await post(body, signed({ 'x-tif-nonce': 'n2' })).then((again) => again.output), output)
    t.strictSame([asked.length, noted.length], [1, 1], `${name}: the same msgid again`)
    for (const [kind, mutated] of Object.entries(mutations)) {
      const { post: postAnew, asked: askedAnew } = await aNhsaDoor(t, { tenantsFile: file })
      const { body: variant, headers = {} } = mutated(body)
      t.strictSame((await postAnew(variant, { ...signed(), ...headers })).output, output, `${name}, ${kind}: answer`)
      t.strictSame(claimsOf(askedAnew), claims, `${name}, ${kind}: claim`)
    }
  }
})

t.test('a date is the same in every notation', async (t) => {
  const at = (start: string, day: string, time: string) => standard({
    person: { brdy: day }, encounter: {
      adm_date: start, dscg_date: start, fsi_order_dtos: [order({ drord_begn_date: time })],
    },
  })
  const claims: unknown[] = []
  for (const body of [
    at('2026-07-02 09:00:00', '1980-01-01', '2026-07-02 09:10:00'),
    at('20260702090000', '19800101', '20260702091000'),
    at('2026/7/2 9:00:00', '1980/1/1', '2026/7/2 9:10:00'),
    at('2026-07-02T09:00:00', '1980-01-01 00:00:00', '2026-07-02T09:10:00+08:00'),
  ]) {
    const { post, asked } = await aNhsaDoor(t)
    t.equal((await post(body)).output.result.length, 1)
    claims.push(claimsOf(asked))
  }
  const [right, ...others] = claims
  t.match(right, [{ claim: { patient: { key: /./ } } }])
  for (const other of others) t.strictSame(withoutHash(other), withoutHash(right))
})

/** The hash is of the texts. */
const withoutHash = (claims: unknown) =>
  (claims as { claim: object }[]).map((one) => ({ ...one, claim: { ...one.claim, contentHash: undefined } }))

t.test('a refund line is a line of less, and both are told', async (t) => {
  const { post, asked } = await aNhsaDoor(t)
  const lines = [order(), order({ rx_id: 'L2', cnt: '-2', sumamt: '-25.00' })]
  t.equal((await post(standard({ encounter: { fsi_order_dtos: lines } }))).infcode, 0)
  const [{ claim }] = claimsOf(asked) as [{ claim: { items: { id: string, quantity: number, amountFen: number }[] } }]
  t.strictSame(claim.items.map(({ id, quantity, amountFen }) => [id, quantity, amountFen]),
    [['L1', 20_000, 2_500], ['L2', -20_000, -2_500]])
})

t.test('rules that are asked for narrow the answer; names of no rule never silence it', async (t) => {
  for (const [ids, count] of [
    [['DRUG-KINDS'], 0], [['DRUG-SEX', 'DRUG-KINDS'], 1], ['3101', 1], [['DRUG-KINDS', '3101'], 0], [[], 1], [null, 1],
  ] as const) {
    const { post } = await aNhsaDoor(t)
    t.equal((await post(standard({ data: { rule_ids: ids } }))).output.result.length, count, JSON.stringify(ids))
  }
})
