// Drugs, pieces and services against each other, the patient's condition, the label, the operation.
// Asked directly; what the rules make of them is told by their cases.
import t from 'tap'
import { contraindication } from '../../src/checks/contraindication.js'
import { dailyAmount } from '../../src/checks/daily-amount.js'
import { drugInteraction } from '../../src/checks/drug-interaction.js'
import { drugKindsLimit } from '../../src/checks/drug-kinds-limit.js'
import { duplicateTherapy } from '../../src/checks/duplicate-therapy.js'
import { herbIncompatible } from '../../src/checks/herb-incompatible.js'
import { pregnancyLimit } from '../../src/checks/pregnancy-limit.js'
import { procedureDiagnosis } from '../../src/checks/procedure-diagnosis.js'
import { prophylacticAntibiotics } from '../../src/checks/prophylactic-antibiotics.js'
import type { ItemWire, VisitWire } from '../../src/claim/wire.js'
import { ask, clear, hit, one, unknown } from '../fixtures/ask-check.js'
import { H1, hitsOf, judge, march, stay, visit } from '../fixtures/judged.js'

const diagnosis = (code: string, more = {}) => ({ code, name: '诊断', kind: '1', ...more })

t.test('a forbidding diagnosis counts in whatever place, a code of traditional medicine never', async (t) => {
  const rows = [{ code: 'D', diagnoses: 'J45| I21', condition: '哮喘' }]
  const of = (...diagnoses: VisitWire['diagnoses'] & object) =>
    ask(contraindication, { rows, claim: { items: [{ code: 'D' }], visit: { diagnoses } } })
  const facts = { condition: '哮喘', code: 'I21.900', diagnosis: '诊断' }
  t.strictSame(of(diagnosis('J44.900'), diagnosis('I21.900')), hit(one(facts, 0, [0, 1000])))
  t.strictSame(of(diagnosis('J45.900', { kind: '3' }), diagnosis('J44.900')), clear)
  t.strictSame(of(), unknown('visit.diagnoses'))
})

t.test('who is pregnant or breast-feeding is told by the state or a diagnosis', async (t) => {
  const rows = [
    { code: 'P', state: '妊娠期', level: '禁用' }, { code: 'L', state: '哺乳期', level: '慎用' },
    { code: 'B', state: '妊娠期和哺乳期', level: '禁用' },
  ]
  const params = {
    age_min: 12, age_max: 55, pregnancy_diagnoses: ['O1', 'Z34'], lactation_diagnoses: ['O92'],
  }
  const of = (code: string, patient: object, ...diagnoses: VisitWire['diagnoses'] & object) =>
    ask(pregnancyLimit, {
      params, rows, claim: { items: [{ code }], patient: { sex: 'female', ...patient }, visit: { diagnoses } },
    })
  const neither = { is_pregnant: false, is_lactating: false }
  const pregnant = { state: '妊娠期', level: '禁用' }
  t.strictSame(of('P', { ...neither, is_pregnant: true }), hit(one(pregnant, 0, [0, 1000])))
  t.strictSame(of('P', {}, diagnosis('J18'), diagnosis('Z34.900')), hit(one(pregnant, 0, [0, 1000])))
  t.strictSame(of('P', {}, diagnosis('Z34.900', { kind: '2' })), unknown('patient.is_pregnant'))
  t.strictSame(of('P', { is_lactating: true, is_pregnant: false }), clear)
  t.strictSame(of('L', { is_pregnant: true, is_lactating: false }), clear)
  t.strictSame(of('L', { is_lactating: true }),
    hit(one({ state: '哺乳期', level: '慎用' }, 1, [0, 1000])))
  t.strictSame(of('B', { is_pregnant: false }, diagnosis('O92.300')),
    hit(one({ state: '哺乳期', level: '禁用' }, 2, [0, 1000])))
  t.strictSame(of('B', { is_pregnant: false, birth_date: null }), unknown('patient.is_lactating'))
  t.strictSame(of('B', neither), clear)
  t.strictSame(of('B', { sex: null }), unknown('patient.sex'))
  t.strictSame(of('B', { sex: 'male' }), clear)
})

t.test('what is supplied a day is judged by prescription, with the money of what is too much', async (t) => {
  const rows = [{ code: 'D', daily_max: 2, unit: '支' }, { code: 'E', daily_max: 1, unit: '片' }]
  const of = (...items: Partial<ItemWire>[]) =>
    ask(dailyAmount, { params: { factor_percent: 150 }, rows, claim: { items } })
  const line = (quantity: number, days: number | null, prescription = 'R') =>
    ({ code: 'D', quantity, days_of_supply: days, prescription })
  t.strictSame(of(line(9, 3)), clear)
  t.strictSame(of(line(12, 3)), hit(one({ daily: 4, limit: 3, unit: '支', days: 3 }, 0, [0, 3000])))
  t.strictSame(of(line(6, 3), { code: 'E', quantity: 1, days_of_supply: 1 }, line(12, 3)),
    hit(one({ daily: 6, limit: 3, unit: '支', days: 3 }, 0, [0, 3000], [2, 6000])))
  t.strictSame(of(line(6, 3), line(6, 3, 'S'), line(6, 3, ''), line(6, 3, '')), clear)
  t.strictSame(of(line(12, 3, ''), line(-12, 3, '')), clear, 'taken back in full')
  t.strictSame(of(line(1, null), line(1, 0)), unknown('items.days_of_supply'))
  t.match(of(line(1, null), line(12, 3)), { result: 'hit', missing: 'items.days_of_supply' })
})

const groups = 'code,name,group,substance,source\nA,甲片,一类,甲,x\nA2,甲胶囊,一类,甲,x\n'
  + 'B,乙片,一类,乙,x\nC,丙片,二类,丙,x\n'
const twice = { csv: groups, params: { past_days: 3 } }

t.test('two drugs of one group on one day; one drug in two forms is one', async (t) => {
  const claim = visit('S-1', 2, [{ code: 'A' }, { code: 'C' }, { code: 'B' }, { code: 'A2' }])
  const [found, ...others] = hitsOf(judge(duplicateTherapy, { ...twice, claim }))
  t.strictSame([found!.violating, found!.involved, found!.past, found!.facts, others.length], [
    [{ item: 2, riskFen: 1000 }], [0, 3], [],
    { first: '甲片', second: '乙片', group: '一类', date: '2026-03-02', settlements: 0 }, 0,
  ])
  const same = visit('S-1', 2, [{ code: 'A' }, { code: 'A2' }, { code: 'C' }])
  t.strictSame(judge(duplicateTherapy, { ...twice, claim: same }), clear)
})

t.test('another settlement counts for its days, and who was settled first does not matter', async (t) => {
  const a = visit('S-A', 2, [{ code: 'A' }])
  const at = (day: number) => visit('S-B', day, [{ code: 'B', days_of_supply: 30 }])
  const [second] = hitsOf(judge(duplicateTherapy, { ...twice, claim: at(4), past: [a] }))
  t.strictSame([second!.violating, second!.past], [[{ item: 0, riskFen: 1000 }],
    [{ institution: H1, settlement: 'S-A', name: '甲片', day: march(2), quantity: 10_000 }]])
  const [late] = hitsOf(judge(duplicateTherapy, { ...twice, claim: a, past: [at(4)] }))
  t.strictSame([late!.violating, late!.involved], [[{ item: 0, riskFen: 0 }], []])
  t.strictSame(late!.facts, second!.facts)
  for (const [claim, past] of [[at(5), a], [a, at(5)], [at(30), a], [a, at(30)]] as const) {
    t.strictSame(judge(duplicateTherapy, { ...twice, claim, past: [past] }), clear)
  }
  const [same] = hitsOf(judge(duplicateTherapy, { ...twice, claim: at(2), past: [a] }))
  const [other] = hitsOf(judge(duplicateTherapy, { ...twice, claim: a, past: [at(2)] }))
  t.strictSame(other!.facts, same!.facts)
})

t.test('what was taken back is not in use; what no day is told of may be', async (t) => {
  const b = visit('S-B', 2, [{ code: 'B' }])
  const back = [{ code: 'A' }, { code: 'A', quantity: -1 }, { code: 'C' }]
  const run = (claim: typeof b, ...past: (typeof b)[]) =>
    judge(duplicateTherapy, { ...twice, claim, past })
  t.strictSame(run(b, visit('S-A', 2, back)), clear)
  t.strictSame(run(visit('S-1', 2, [{ code: 'B' }, ...back])), clear)
  t.strictSame(run(visit('S-1', 2, [...back, { code: 'B' }])), clear)
  t.strictSame(run(visit('S-1', 2, [{ code: 'A', quantity: -1 }]), b), clear)
  t.match(run(visit('S-1', 2, [{ code: 'A' }]), b, visit('S-9', 20, [{ code: 'B' }])), { result: 'hit' })
  const open = stay('S-1', [1, 4], { items: [{ code: 'A', service_time: '' }] })
  t.strictSame(run(open, b), unknown('items.service_time'))
  t.strictSame(run(open, visit('S-B', 20, [{ code: 'B' }])), clear)
  const inside = stay('S-1', [1, 4], { visit: { end: null }, items: [
    { code: 'A', service_time: '' }, { code: 'B', service_time: '2026-03-04' },
  ] })
  t.strictSame(run(inside), unknown('items.service_time'))
  const apart = stay('S-1', [1, 9], { items: [
    { code: 'B', service_time: '2026-03-05' }, { code: 'A', service_time: '2026-03-01', days_of_supply: 4 },
  ] })
  t.strictSame(run(apart), clear)
  const days = stay('S-1', [1, 9], { items: [
    { code: 'B', service_time: '2026-03-04', unit_price: 7 },
    { code: 'A', service_time: '2026-03-01', days_of_supply: 4 },
  ] })
  t.match(hitsOf(run(days)), [{ violating: [{ item: 0, riskFen: 700 }], involved: [1] }])
})

t.test('a past that is not whole leaves it open', async (t) => {
  const claim = visit('S-1', 5, [{ code: 'A' }])
  const run = (completeFromDay: number) =>
    judge(duplicateTherapy, { ...twice, claim, completeFromDay })
  t.strictSame(run(march(4)), unknown('history-gap'))
  t.strictSame(run(march(3)), clear)
})

t.test('groups conflict in both directions, and each two groups are told once', async (t) => {
  const csv = 'code,name,group,against,effect,source\nA,甲,一,二|三|无,低血压,x\nB,乙,二,,出血,x\n'
    + 'B2,乙二,二,,,x\nC,丙,三,一,,x\nD,丁,四,,,x\n'
  const run = (...codes: string[]) =>
    judge(drugInteraction, {
      csv, params: { past_days: 7 }, claim: visit('S-1', 2, codes.map((code) => ({ code }))),
    })
  t.strictSame(hitsOf(run('B', 'A', 'B2', 'C')).map(({ facts }) => facts), [
    { first: '乙', second: '甲', effect: '出血', date: '2026-03-02', settlements: 0 },
    { first: '甲', second: '丙', effect: '低血压', date: '2026-03-02', settlements: 0 },
  ])
  t.strictSame(hitsOf(run('C', 'A'))[0]!.facts['effect'], '低血压')
  t.strictSame(run('B', 'C', 'D'), clear)
  t.strictSame(run('X'), clear)
})

t.test('pieces are known by code or by name, in one prescription', async (t) => {
  const rows = [
    { code: 'T1', name: '丁香', group: '丁香', against: '郁金', names: '公丁香|郁金' },
    { code: 'T2', name: '郁金', group: '郁金', against: '' }, { code: 'T3', name: '茯苓', group: '茯苓' },
  ]
  const of = (...items: Partial<ItemWire>[]) => ask(herbIncompatible, {
    rows, claim: { items: items.map((item) => ({ category: '102', prescription: 'R', ...item })) },
  })
  const piece = (name: string, more = {}) => ({ code: '', name, ...more })
  const clove = { code: 'T1', name: '某院' }
  const turmeric = { code: 'T2', name: '某院', unit_price: 8 }
  const found = hit({
    ...one({ first: '丁香', second: '郁金', prescription: 'R' }, 1, [1, 800]), involved: [0],
  })
  t.strictSame(of(clove, turmeric), found)
  t.strictSame(of(piece('公丁香（炒）'), { ...turmeric, category: '106' }), found)
  t.strictSame(of(clove, { ...turmeric, prescription: 'Q' }), clear)
  t.strictSame(of(clove, { ...turmeric, prescription: '' }), unknown('items.prescription'))
  t.strictSame(of(clove, { ...turmeric, category: '101' }), clear)
  t.strictSame(of(clove, piece('(郁)'), { code: 'T3' }), clear)
  t.strictSame(of(clove, turmeric, { ...turmeric, quantity: -1 }), clear)
  t.strictSame(of(turmeric, clove, { ...turmeric, quantity: -1 }), clear)
})

t.test('pieces in a prescription are counted apart from drugs', async (t) => {
  const of = (counts: string, category: string) => ask(drugKindsLimit, {
    params: { kinds_max: 1, counts },
    claim: { items: ['T1', 'T2'].map((code) => ({ code, category, prescription: 'R' })) },
  })
  for (const category of ['102', '106']) {
    t.match(of('herbs', category), { result: 'hit', hits: [{ facts: { kinds: 2, limit: 1 } }] })
  }
  t.strictSame(of('herbs', '101'), clear)
  t.strictSame(of('drugs', '102'), clear)
})

t.test('only a main procedure of the table is judged, by any row that names it', async (t) => {
  const rows = [
    { code: '51.2', name: '胆囊手术', diagnoses: 'K80' }, { code: '51.23', name: '切除', diagnoses: 'K81|C22' },
  ]
  const of = (
    procedures: VisitWire['procedures'] & object, diagnoses: VisitWire['diagnoses'] & object,
  ) =>
    ask(procedureDiagnosis, { rows, claim: { visit: { procedures, diagnoses } } })
  const removal = { code: '51.2300', name: '' }
  const pneumonia = diagnosis('J18.900', { is_main: true })
  const facts = {
    procedure: '51.2300', procedure_name: '胆囊手术', diagnosis: 'J18.900', diagnosis_name: '诊断',
  }
  t.strictSame(of([removal], [pneumonia, diagnosis('K80.200')]), hit(one(facts)))
  t.match(of([{ ...removal, name: '切胆' }], [diagnosis('J18.900')]),
    { hits: [{ facts: { procedure_name: '切胆' } }] }, 'a single diagnosis needs no mark')
  t.match(of([removal], [diagnosis('J18.900'), diagnosis('A01', { kind: '2' })]),
    { result: 'hit' }, 'nor does the only Western one')
  t.strictSame(of([removal], [diagnosis('C22.000')]), clear)
  t.strictSame(of([removal], [diagnosis('J18'), diagnosis('J19')]), unknown('visit.diagnoses'))
  t.strictSame(of([removal], [diagnosis('K80', { kind: '2' })]), unknown('visit.diagnoses'))
  t.strictSame(of([removal], [pneumonia, diagnosis('A01', { kind: '2', is_main: true })])
    .result, 'hit')
  const other = { code: '33.2400', is_main: true }
  t.strictSame(of([removal, other], [pneumonia]), clear)
  t.strictSame(of([removal, { ...other, is_main: false }], [pneumonia]), clear)
  t.match(of([{ ...other, is_main: false }, { ...removal, is_main: true }], [pneumonia]),
    { result: 'hit' })
})

t.test('antibiotics around a clean operation: needed, not too early, not too long', async (t) => {
  const rows = [
    { code: '81.5', name: '关节置换', indicated: '可预防', hours_max: 24 },
    { code: '06.3', name: '甲状腺', indicated: '一般不预防', hours_max: 24 },
  ]
  const params = { antibiotics: ['XJ01'], infections: ['J18'], days_before: 0 }
  const clean = { code: '81.5400', name: '', date: '2026-03-02', incision_class: 'I' }
  const drug = (day: string, more = {}) =>
    ({ code: 'XJ01D', category: '101', service_time: day && `2026-03-0${day}`, ...more })
  const of = (
    procedures: VisitWire['procedures'] & object, items: Partial<ItemWire>[],
    diagnoses: VisitWire['diagnoses'] & object = [diagnosis('J18', { kind: '2' }), diagnosis('M17.900')],
  ) => ask(prophylacticAntibiotics, { params, rows, claim: { items, visit: { procedures, diagnoses } } })
  const long = { procedure: '关节置换', problem: '术后用药超过24小时', limit: 24, from: 2, to: 2 }
  t.strictSame(of([clean], [drug('2'), drug('3'), drug('4')]), hit(one(long, 0, [2, 1000])))
  t.strictSame(of([clean], [drug('3'), drug('3', { quantity: -1 }), drug('4', { category: '201' })]), clear)
  t.match(of([clean], [drug('3', { days_of_supply: 2 })]), { hits: [{ facts: { from: 1, to: 2 } }] })
  t.match(of([{ ...clean, name: '换髋', incision_class: '1' }], [drug('1')]),
    { hits: [{ facts: { procedure: '换髋', problem: '术前用药过早', from: -1 } }] })
  t.strictSame(of([clean], [{ code: 'XN02B', category: '101' }]), clear)
  t.strictSame(of([clean], [drug('')]), unknown('items.service_time'))
  t.match(of([clean], [drug(''), drug('4')]), { result: 'hit' })
  t.strictSame(of([clean], [drug('4')], [diagnosis('J18.900')]), clear)
  t.strictSame(of([{ ...clean, date: null }], [drug('4')]), unknown('visit.procedures.date'))
  t.strictSame(of([{ ...clean, incision_class: '' }], [drug('4')]),
    unknown('visit.procedures.incision_class'))
  t.strictSame(of([clean, { code: '45.7', incision_class: 'II' }], [drug('4')]), clear)
  t.strictSame(of([{ ...clean, incision_class: '0' }], [drug('4')]), clear)
  const thyroid = { ...clean, code: '06.3100', incision_class: 'Ⅰ' }
  t.match(of([thyroid, clean], [drug('2')]),
    { hits: [{ row: 1, facts: { problem: '该手术一般不需预防用抗菌药物' } }] })
  t.match(of([clean, { ...clean, date: '2026-03-03' }], [drug('4')]), { result: 'clear' })
  t.match(of([{ ...clean, incision_class: '' }, clean], [drug('4')]),
    { result: 'hit', missing: 'visit.procedures.incision_class' })
})
