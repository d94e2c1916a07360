// Checks of how a visit was coded and written down: evidence for diagnoses, operations, low-standard stays,
// the settlement list. What the rules make of them stands in rules/**/*.cases.yaml.
import t from 'tap'
import { diagnosisEvidence } from '../../src/checks/diagnosis-evidence.js'
import { lowStandardAdmission } from '../../src/checks/low-standard-admission.js'
import { procedureCharge } from '../../src/checks/procedure-charge.js'
import { readFields, settlementFields } from '../../src/checks/settlement-fields.js'
import { settlementList } from '../../src/checks/settlement-list.js'
import { ask } from '../fixtures/ask-check.js'
import type { Row } from '../fixtures/ask-check.js'
import type { SettlementChanges } from '../fixtures/claims.js'
import { aClaim } from '../fixtures/claims.js'
import { clear, hitsOf, judge, march, stay, unknown } from '../fixtures/judged.js'

t.test('a diagnosis of which the bill shows nothing is told once each', async (t) => {
  const rows: Row[] = [
    { code: 'E87', name: '电解质紊乱', evidence: '0025|XA12', evidence_name: '化验' },
    { code: 'I21', name: '心梗', evidence: '0031', evidence_name: '心电图' },
  ]
  const diagnoses = [{ code: 'E87.600', kind: '1' }, { code: 'I21.900', name: '急性心梗', kind: '1' }]
  const outcome = ask(diagnosisEvidence, { rows, claim: { visit: { diagnoses }, items: [{ code: 'T' }] } })
  t.strictSame(hitsOf(outcome).map(({ facts }) => facts), [
    { code: 'E87.600', name: '电解质紊乱', evidence: '化验' },
    { code: 'I21.900', name: '急性心梗', evidence: '心电图' },
  ])
  const shown = [{ code: '002503040010000' }, { code: '003107010010000' }]
  t.strictSame(ask(diagnosisEvidence, { rows, claim: { visit: { diagnoses }, items: shown } }), clear)
  const refunded = shown.map((line) => ({ ...line, quantity: -1 }))
  t.equal(hitsOf(ask(diagnosisEvidence, { rows, claim: { visit: { diagnoses }, items: refunded } })).length, 2)
  const tcm = [{ code: 'E87.600', kind: '2' }]
  t.strictSame(ask(diagnosisEvidence, { rows, claim: { visit: { diagnoses: tcm } } }), clear)
  t.strictSame(ask(diagnosisEvidence, { rows, claim: { visit: { diagnoses, end: null }, items: [{ code: 'T' }] } }),
    unknown('visit.end'))
  t.strictSame(ask(diagnosisEvidence, { rows, claim: { visit: { diagnoses }, items: [{ code: '' }] } }),
    unknown('items.code'))
})

const ranks: Row[] = [
  { code: '44.', rank: 1 }, { code: '51.2', rank: 3 }, { code: '47.0', rank: 2 }, { code: '44.99', rank: 4 },
]
const params = { charge_codes: ['0033'], exempt_codes: ['003301'], rank_gap_min: 2 }
const coded = (visit: SettlementChanges['visit'], code = 'T', name?: string) =>
  ask(procedureCharge, {
    rows: ranks, params,
    claim: { visit: visit ?? {}, items: [{ code, ...name !== undefined && { name } }] },
  })

t.test('surgery without a coded procedure names its first line', async (t) => {
  const facts = (other: string) => ({ problem: '收了手术费而没有手术编码', main: '无', other })
  t.strictSame(coded({}, '003310030220000', ''), {
    result: 'hit', hits: [{ violating: [{ item: 0, riskFen: 0 }], facts: facts('003310030220000') }],
  })
  t.strictSame(coded({}, '003301000050000'), clear)
  t.strictSame(coded({ setting: 'outpatient' }, '003310030220000'), clear)
  t.strictSame(coded({ procedures: [{ code: '47.0900' }] }, '003310030220000'), clear)
  t.strictSame(coded({ end: null }, '003310030220000'), unknown('visit.end'))
  const rest = stay('S-1', [1, 4], { items: [{ code: '003310030220000' }] })
  const csv = 'code,name,rank,source\n47.0,阑尾,2,x\n'
  const past = [stay('S-0', [1, 2], { visit: { id: 'V-S-1' } })]
  t.strictSame(judge(procedureCharge, { params, csv, claim: rest, past }), unknown('history.earlier-parts'))
  const refunded = stay('S-1', [1, 4], {
    items: [{ code: '003310030220000' }, { code: '003310030220000', quantity: -1 }],
  })
  t.strictSame(judge(procedureCharge, { params, csv, claim: refunded }), clear)
})

t.test('the main procedure is held against the highest rank; the longest beginning counts', async (t) => {
  const of = (...list: readonly (readonly [string, boolean])[]) =>
    coded({ procedures: list.map(([code, is_main]) => ({ code, is_main, name: code === '51.2300' ? '胆囊' : '' })) })
  t.strictSame(hitsOf(of(['44.1000', true], ['51.2300', false]))[0]!.facts,
    { problem: '主要手术选择错误', main: '44.1000', other: '胆囊（51.2300）' })
  t.strictSame([
    of(['51.2300', false], ['44.9900', true], ['47.0900', false]), of(['47.0900', true], ['51.2300', false]),
    of(['16.0000', true], ['51.2300', false]), of(['16.0000', false], ['16.1000', false]),
    of(['44.1000', true], ['51.2300', true]), of(['51.2300', false], ['44.1000', false]),
  ].map(({ result }) => result), ['clear', 'clear', 'clear', 'clear', 'clear', 'unknown'])
})

t.test('a stay without charges, and one whose classes leave it open, are no low-standard stay', async (t) => {
  const limits = { stay_days_max: 3, tests_percent_min: 60, treatment_percent_max: 20, exempt_diagnoses: ['Z51'] }
  const judged = (...lines: readonly (readonly [string, number])[]) => ask(lowStandardAdmission, {
    params: limits,
    claim: { items: lines.map(([fee_class, unit_price]) => ({ fee_class, unit_price })) },
  }).result
  t.strictSame([
    judged(['03', 60], ['09', 20], ['01', 20]), judged(['03', 0]), judged(['04', 59], ['', 1], ['01', 40]),
    judged(['04', 60], ['05', 20], ['', 20]), judged(['04', 58], ['', 1], ['01', 41]),
    judged(['04', 70], ['06', 21], ['', 9]),
  ], ['hit', 'clear', 'unknown', 'unknown', 'clear', 'clear'])
  const told = (own: SettlementChanges['visit']) => ask(lowStandardAdmission, {
    params: limits, claim: { visit: own ?? {}, items: [{ fee_class: '03', unit_price: 60 }] },
  }).result
  t.strictSame([
    told({}), told({ setting: 'outpatient' }), told({ end: null }), told({ end: '2026-03-05' }),
    told({ procedures: [{ code: '47.0900' }] }), told({ is_transfer: true }),
    told({ diagnoses: [{ code: 'Z51.100', is_main: true }] }),
    told({ diagnoses: [{ code: 'J18', is_main: true }, { code: 'Z51.100', is_main: false }] }),
  ], ['hit', 'clear', 'clear', 'clear', 'clear', 'clear', 'clear', 'hit'])
  const past = [stay('S-0', [1, 2], { visit: { id: 'V-S-1' } })]
  const rest = stay('S-1', [1, 3], { items: [{ fee_class: '03' }] })
  t.strictSame(judge(lowStandardAdmission, { params: limits, claim: rest, past }),
    unknown('history.earlier-parts'))
})

t.test('every field of the settlement list can be read, and is absent when it is not told', async (t) => {
  const read = (changes: SettlementChanges) => {
    const values = new Float64Array(settlementFields.length)
    readFields(aClaim(changes), values)
    return Object.fromEntries(settlementFields.map((name, place) => [name, values[place]]))
  }
  t.strictSame(read({ payment: { total: 12, in_scope: 11, fund: 11.5 } }), {
    'patient.sex': 1, 'patient.birth_date': 3_782, 'patient.insurance_type': 1, 'patient.region': 1,
    'patient.age_days': march(1) - 3_782, 'visit.type': 1, 'visit.department': 1, 'visit.doctor': 1,
    'visit.institution.level': 3, 'visit.end': march(4), 'stay.days': 3, 'settlement.delay_days': 0,
    'leave.excess_days': -3, 'diagnoses.count': 1, 'diagnoses.main_count': 1,
    'diagnoses.uncoded_count': 0, 'procedures.main_count': NaN, 'procedures.undated_count': 0,
    'items.count': 1, 'payment.total_difference': 200, 'payment.in_scope_excess': -100,
    'payment.fund_excess': 50,
  })
  const bare = read({
    patient: { sex: null, birth_date: null, insurance_type: null, region: null },
    visit: {
      type: null, department: null, doctor: null, end: null, institution: { level: null },
      diagnoses: [{ name: '肺炎', is_main: false }, { code: 'A01', is_main: false }],
      procedures: [{ code: '47.0900', is_main: true }, { code: '51.2300', date: '2026-03-02' }],
    },
    items: [],
    payment: { fund: 1 },
  })
  t.ok(Number.isNaN(read({})['payment.fund_excess']))
  t.strictSame(bare, {
    'patient.sex': NaN, 'patient.birth_date': NaN, 'patient.insurance_type': NaN, 'patient.region': NaN,
    'patient.age_days': NaN, 'visit.type': NaN, 'visit.department': NaN, 'visit.doctor': NaN,
    'visit.institution.level': NaN, 'visit.end': NaN, 'stay.days': NaN, 'settlement.delay_days': NaN,
    'leave.excess_days': NaN, 'diagnoses.count': 2, 'diagnoses.main_count': 0,
    'diagnoses.uncoded_count': 1, 'procedures.main_count': 1, 'procedures.undated_count': 1,
    'items.count': 0, 'payment.total_difference': 0, 'payment.in_scope_excess': NaN,
    'payment.fund_excess': 100,
  })
})

t.test('a finding of the settlement list tells how many, and names the first ten', async (t) => {
  const rows = Array.from({ length: 12 }, (_, index): Row => ({
    code: `F${index}`, name: `项${index}`, field: 'patient.sex', demand: index === 0 ? '如填' : '必填',
    settings: 'inpatient|pharmacy',
  }))
  const outcome = ask(settlementList, { rows, claim: { patient: { sex: null } } })
  const problems = '项1；项2；项3；项4；项5；项6；项7；项8；项9；项10'
  t.strictSame(outcome, { result: 'hit', hits: [{ violating: [], row: 1, facts: { problems, total: 11 } }] })
  const elsewhere = { patient: { sex: null }, visit: { setting: 'outpatient' } }
  t.strictSame(ask(settlementList, { rows, claim: elsewhere }), clear)
})

t.test('bounds of a field are inclusive and may be open; an unknown setting is not judged', async (t) => {
  const bounded = (min: number | undefined, max: number | undefined): Row[] => [{
    code: 'F', name: '天数', field: 'stay.days', demand: '如填', settings: 'inpatient',
    ...min !== undefined && { min }, ...max !== undefined && { max },
  }]
  const judged = (min: number | undefined, max: number | undefined, setting = 'inpatient') =>
    ask(settlementList, { rows: bounded(min, max), claim: { visit: { setting } } })
  t.strictSame([
    judged(3, 3), judged(4, undefined), judged(undefined, 2), judged(undefined, undefined),
  ].map(({ result }) => result), ['clear', 'hit', 'hit', 'clear'])
  t.strictSame(judged(3, 3, 'other'), unknown('visit.setting'))
})
