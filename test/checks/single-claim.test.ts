// Checks of who was treated, and where: sex, age, insurance, kind of visit, level. Asked directly;
// what the rules make of them is told by their cases, here stand the outcomes as a whole, money
// included.
import t from 'tap'
import { ageOn } from '../../src/checks/age.js'
import { ageLimit } from '../../src/checks/age-limit.js'
import { diagnosisAge } from '../../src/checks/diagnosis-age.js'
import { diagnosisSex } from '../../src/checks/diagnosis-sex.js'
import { forbiddenItem } from '../../src/checks/forbidden-item.js'
import { herbNotPayableAlone } from '../../src/checks/herb-not-payable-alone.js'
import { institutionLevel } from '../../src/checks/institution-level.js'
import { insuranceTypeLimit } from '../../src/checks/insurance-type-limit.js'
import { procedureSex } from '../../src/checks/procedure-sex.js'
import { sexLimit } from '../../src/checks/sex-limit.js'
import { visitTypeLimit } from '../../src/checks/visit-type-limit.js'
import type { Check } from '../../src/checks/check.js'
import { dayOf } from '../../src/claim/day.js'
import { ask, clear, hit, one, unknown } from '../fixtures/ask-check.js'
import type { Asked, Row } from '../fixtures/ask-check.js'
import type { SettlementChanges } from '../fixtures/claims.js'

t.test('an item for one sex is judged on the other only', async (t) => {
  const rows = [{ code: 'W', sex: '女' }, { code: 'M', sex: '男' }]
  const items = [{ code: 'M' }, { code: 'W' }, { code: 'W', quantity: 2 }]
  const male = { sex: '男', limit: '女' }
  t.strictSame(ask(sexLimit, { rows, claim: { items } }), hit(one(male, 0, [1, 1000], [2, 2000])))
  t.strictSame(
    ask(sexLimit, { rows, claim: { patient: { sex: '2' }, items } }),
    hit(one({ sex: '女', limit: '男' }, 1, [0, 1000])),
  )
  t.strictSame(
    ask(sexLimit, { rows, claim: { patient: { sex: '9' }, items } }), unknown('patient.sex'))
  t.strictSame(ask(sexLimit, { rows, claim: { items: [{ code: 'M' }] } }), clear)
})

t.test('what is refunded, and what the claim takes back in full, is no charge', async (t) => {
  const rows = [{ code: 'W', sex: '女' }]
  const judge = (...quantities: readonly number[]) =>
    ask(sexLimit, {
      rows, claim: { items: quantities.map((quantity) => ({ code: 'W', quantity })) },
    })
  const facts = { sex: '男', limit: '女' }
  t.strictSame(judge(-1), clear)
  t.strictSame(judge(2, -2), clear)
  t.strictSame(judge(2, -1), hit(one(facts, 0, [0, 2000])))
  t.strictSame(judge(1, 1, -1), hit(one(facts, 0, [0, 1000], [1, 1000])))
  t.strictSame(
    ask(sexLimit, {
      rows, claim: { patient: { sex: null }, items: [{ code: 'W', quantity: -1 }] },
    }),
    clear,
  )
})

t.test('diagnoses and procedures of the other sex are told by code, once each', async (t) => {
  const rows = [
    { code: 'D25', name: '子宫平滑肌瘤', sex: '女' },
    { code: 'D25.9', name: '未特指', sex: '女' },
    { code: 'N40', name: '前列腺增生', sex: '男' },
  ]
  const diagnoses = [
    { code: 'N40.x00', name: '前列腺增生症', kind: '1' },
    { code: 'D25.900', kind: '1' },
    { code: 'D25.000', name: '黏膜下肌瘤', kind: '2' },
  ]
  const judge = (sex: string | null) =>
    ask(diagnosisSex, { rows, claim: { patient: { sex }, visit: { diagnoses } } })
  const male = { sex: '男', limit: '女' }
  t.strictSame(judge('1'), hit(one({ ...male, code: 'D25.900', name: '子宫平滑肌瘤' })))
  const female = { sex: '女', limit: '男', code: 'N40.x00', name: '前列腺增生症' }
  t.strictSame(judge('2'), hit(one(female, 2)))
  t.strictSame(judge(null), unknown('patient.sex'))
  const procedures = [{ code: '66.0200', name: '造口' }, { code: '47.0900' }]
  t.strictSame(
    ask(procedureSex, { rows: [{ code: '66.', sex: '女' }], claim: { visit: { procedures } } }),
    hit(one({ ...male, code: '66.0200', name: '造口' })),
  )
  t.strictSame(
    ask(procedureSex, {
      rows: [{ code: '66.', sex: '女' }], claim: { patient: { sex: '2' }, visit: { procedures } },
    }), clear)
})

t.test('ages are completed by the calendar', async (t) => {
  const age = (unit: number, birth: string, day: string) => ageOn(unit, dayOf(birth), dayOf(day))
  t.strictSame([
    age(0, '2026-02-01', '2026-03-01'),
    age(1, '2026-01-31', '2026-02-28'), age(1, '2026-01-31', '2026-03-01'),
    age(1, '2025-12-15', '2026-01-14'), age(1, '2025-12-15', '2026-01-15'),
    age(2, '2008-02-29', '2026-02-28'), age(2, '2008-02-29', '2026-03-01'),
    age(2, '2008-02-29', '2028-02-29'), age(2, '2026-03-02', '2026-03-01'),
  ], [28, 0, 1, 0, 1, 17, 18, 20, -1])
})

t.test('an item for or against some ages is judged on the day of service', async (t) => {
  const rows: Row[] = [
    { code: 'A', min: 5, max: 11, unit: '岁' }, { code: 'B', max: 28, unit: '天' },
    { code: 'C', min: 16, unit: '岁' },
  ]
  const judge = (claim: SettlementChanges, params = { mode: 'allow', only_fund_paid: true }) =>
    ask(ageLimit, { rows, params, claim })
  const born = (birth_date: string | null, code: string) =>
    ({ patient: { birth_date }, items: [{ code }] })
  const years = (age: number) => one({ age, unit: '岁', limit: '5至11岁' }, 0, [0, 1000])
  t.strictSame(judge(born('2021-03-02', 'A')), clear)
  t.strictSame(judge(born('2021-03-03', 'A')), hit(years(4)))
  t.strictSame(judge(born('2014-03-02', 'A')), hit(years(12)))
  t.strictSame(
    judge(born('2026-02-01', 'B')),
    hit(one({ age: 29, unit: '天', limit: '28天及以下' }, 1, [0, 1000])),
  )
  t.strictSame(
    judge(born('2010-03-03', 'C')),
    hit(one({ age: 15, unit: '岁', limit: '16岁及以上' }, 2, [0, 1000])),
  )
  t.strictSame(judge(born(null, 'A')), unknown('patient.birth_date'))
  const before = {
    patient: { birth_date: '2026-03-01' }, items: [{ code: 'A', service_time: '2026-02-28' }],
  }
  t.strictSame(judge(before), unknown('patient.birth_date'), 'served before birth')
  const forbid = { mode: 'forbid', only_fund_paid: false }
  t.strictSame(judge(born('2021-03-03', 'A'), forbid), clear)
  t.strictSame(judge({ ...born('2021-03-02', 'A') }, forbid).result, 'hit')
})

t.test('a line without a date may be of any day of the visit', async (t) => {
  const rows: Row[] = [{ code: 'A', max: 17, unit: '岁' }]
  const judge = (birth_date: string, end: string | null) => ask(ageLimit, {
    rows, params: { mode: 'allow', only_fund_paid: true },
    claim: { patient: { birth_date }, visit: { end }, items: [{ code: 'A', service_time: null }] },
  }).result
  t.strictSame([
    judge('2008-03-01', '2026-03-04'), judge('2008-03-04', '2026-03-04'),
    judge('2008-03-05', '2026-03-04'), judge('2008-03-04', null),
  ], ['hit', 'unknown', 'clear', 'unknown'])
})

t.test('what the patient pays wholly breaks no payment limit', async (t) => {
  const paying = (own_pay: number): SettlementChanges => ({
    visit: { setting: 'outpatient' },
    items: [{ code: 'A', own_pay, category: 'herbal-piece', prescription: 'R' }],
  })
  const asked: [Check, Asked['rows'], Readonly<Record<string, unknown>>][] = [
    [ageLimit, [{ code: 'A', max: 1, unit: '岁' }], { mode: 'allow', only_fund_paid: true }],
    [forbiddenItem, [{ code: 'A' }], { only_fund_paid: true }],
    [herbNotPayableAlone, [{ code: 'A' }], {}],
    [insuranceTypeLimit, [{ code: 'A' }], { insurance_types: ['210'], visit_types: [] }],
    [visitTypeLimit, [{ code: 'A', allowed: '住院' }], {}],
  ]
  for (const [check, rows = [], params] of asked) {
    t.strictSame(ask(check, { rows, params, claim: paying(10) }), clear, check.kind)
    t.equal(ask(check, { rows, params, claim: paying(9.99) }).result, 'hit', check.kind)
  }
  const low = { visit: { institution: { level: 1 } }, items: [{ code: 'A', own_pay: 10 }] }
  t.strictSame(ask(institutionLevel, { rows: [{ code: 'A', min_level: 2 }], claim: low }), clear)
})

t.test('an item is paid by some insurances, or in some visits under any', async (t) => {
  const rows = [{ code: 'A' }]
  const params = { insurance_types: ['510'], visit_types: ['51', '52'] }
  const judge = (insurance_type: string | null, type: string | null) => ask(insuranceTypeLimit, {
    rows, params, claim: { patient: { insurance_type }, visit: { type }, items: [{ code: 'A' }] },
  })
  t.strictSame(judge('510', '11'), clear)
  t.strictSame(judge('310', '5201'), clear)
  t.strictSame(judge('390', '21'), hit(one({ insurance: '城乡居民基本医疗保险' }, 0, [0, 1000])))
  t.strictSame(judge('42', '21'), hit(one({ insurance: '42' }, 0, [0, 1000])))
  t.strictSame(judge(null, '21'), unknown('patient.insurance_type'))
  t.strictSame(judge('310', null), unknown('visit.type'))
})

t.test('an item is paid in some kinds of visit', async (t) => {
  const limits = ['住院', '急诊或住院', '急诊', '门诊或急诊']
  const rows = limits.map((allowed) => ({ code: allowed, allowed }))
  const judge = (setting: string) => rows.map(({ code }) =>
    ask(visitTypeLimit, { rows, claim: { visit: { setting }, items: [{ code }] } }).result)
  t.strictSame(judge('inpatient'), ['clear', 'clear', 'hit', 'hit'])
  t.strictSame(judge('emergency'), ['hit', 'clear', 'clear', 'clear'])
  t.strictSame(judge('outpatient'), ['hit', 'hit', 'hit', 'clear'])
  t.strictSame(judge('pharmacy'), ['hit', 'hit', 'hit', 'hit'])
  t.strictSame(judge('other'), ['unknown', 'unknown', 'unknown', 'unknown'])
  t.strictSame(
    ask(visitTypeLimit, { rows, claim: { items: [{ code: '急诊' }] } }),
    hit(one({ setting: '住院', limit: '急诊' }, 2, [0, 1000])),
  )
})

t.test('an item needs a level of institution', async (t) => {
  const rows = [{ code: 'A', min_level: 2 }]
  const judge = (level: number | null) =>
    ask(institutionLevel, {
      rows, claim: { visit: { institution: { level } }, items: [{ code: 'A' }] },
    })
  t.strictSame(judge(2), clear)
  t.strictSame(judge(1), hit(one({ level: '一级', limit: '二级' }, 0, [0, 1000])))
  t.strictSame(judge(0), hit(one({ level: '一级以下', limit: '二级' }, 0, [0, 1000])))
  t.strictSame(judge(null), unknown('visit.institution.level'))
})

t.test('a forbidden item is at fault wherever its rule applies', async (t) => {
  t.strictSame(
    ask(forbiddenItem, {
      rows: [{ code: 'A' }], params: { only_fund_paid: false },
      claim: { items: [{ code: 'B' }, { code: 'A', own_pay: 10 }] },
    }), hit(one({}, 0, [1, 1000])))
})

t.test('a diagnosis fits when any day of the visit has the age', async (t) => {
  const rows: Row[] = [
    { code: 'P36', name: '新生儿脓毒症', max: 28, unit: '天' },
    { code: 'O', name: '妊娠', min: 10, unit: '岁' },
  ]
  const judge = (code: string, birth_date: string | null, more: object = {}) => ask(diagnosisAge, {
    rows, claim: { patient: { birth_date }, visit: { diagnoses: [{ code, kind: '1', ...more }] } },
  })
  const facts = { unit: '天', limit: '28天及以下', code: 'P36.900', name: '新生儿脓毒症' }
  t.strictSame(judge('P36.900', '2026-02-01'), clear)
  t.strictSame(judge('P36.900', '2026-01-31'), hit(one({ age: 29, ...facts })))
  t.strictSame(judge('P36.900', '2026-01-31', { kind: '3' }), clear)
  t.strictSame(judge('O20.000', '2016-03-04'), clear)
  t.strictSame(
    judge('O20.000', '2016-03-05', { name: '先兆流产' }),
    hit(one({ age: 9, unit: '岁', limit: '10岁及以上', code: 'O20.000', name: '先兆流产' }, 1)),
  )
  t.strictSame(judge('P36.900', null), unknown('patient.birth_date'))
})
