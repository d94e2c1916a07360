// What a gap in the stream, a store being rebuilt or a full list hides of registries, stock and months.
// What the rules say where all is known stands in rules/**/*.cases.yaml.
import t from 'tap'
import { antibioticRight } from '../../src/checks/antibiotic-right.js'
import type { Outcome } from '../../src/checks/check.js'
import { diseaseCatalogue } from '../../src/checks/disease-catalogue.js'
import { indicatorBand } from '../../src/checks/indicator-band.js'
import { stockBalance } from '../../src/checks/stock-balance.js'
import { FEE, SUM, SUMS } from '../../src/history/indicator-sums.js'
import type { IndicatorView } from '../../src/history/view.js'
import { emptyView } from '../fixtures/empty-view.js'
import { clear, hitsOf, judge, march, unknown, visit } from '../fixtures/judged.js'

const csv = 'code,name,starts,grade,source\nXJ01DD,某类,XJ01DD,2,某通知\n'
const params = { outpatient_grade_max: 2, emergency_days_max: 1 }
const antibiotic = visit('S-9', 9, [{ code: 'XJ01DDT056', category: '101', doctor: 'D-9' }])
const words = ['antibiotic-restricted']

t.test('a right told before a gap in the stream may have changed in it', async (t) => {
  const ask = (fromDay: number, completeFromDay: number) => judge(antibioticRight, {
    params, csv, claim: antibiotic,
    registry: { completeFromDay, incompleteReason: 'gone', stateOn: () => ({ fromDay, words }) },
  })
  t.strictSame(ask(march(4), march(5)), unknown('gone'))
  t.strictSame(ask(march(5), march(5)), clear)
})

t.test('without a state, a gap is told before the registry is', async (t) => {
  const ask = (completeFromDay: number) => judge(antibioticRight, {
    params, csv, claim: antibiotic,
    registry: { completeFromDay, incompleteReason: 'gone', stateOn: () => undefined },
  })
  t.strictSame(ask(march(10)), unknown('gone'))
  t.strictSame(ask(march(9)), unknown('registry.doctor'))
})

t.test('a table that lists no class makes nothing an antibiotic', async (t) => {
  t.strictSame(judge(antibioticRight, { params, csv: 'code,name,starts,grade,source\n', claim: antibiotic }), clear)
})

t.test('of diseases that are one point in the catalogue each has its own drugs', async (t) => {
  const claim = visit('S-9', 9, [{ code: 'XA1', category: '101' }, { code: 'XB1', category: '101' }], {
    visit: { type: '14' }, payment: { special_disease: 'M2' },
  })
  const [one, ...others] = hitsOf(judge(diseaseCatalogue, {
    params: { med_types: ['14'], judged_starts: ['X'] }, claim,
    csv: 'code,name,point,starts,source\nM1,甲病,P,XA,x\nM2,乙病,P,XB,x\n',
    registry: { completeFromDay: 0, incompleteReason: '', stateOn: () => ({ fromDay: 0, words: ['M2'] }) },
  }))
  t.strictSame([one?.facts, one?.violating, others],
    [{ disease: '乙病', reason: '药品不在该病种目录内' }, [{ item: 0, riskFen: 1_000 }], []])
})

/** A month of which nothing is known yet, and a claim that adds ten yuan of drugs to it. */
function askBand(month: Partial<IndicatorView>): Outcome {
  const own = new Float64Array(SUMS)
  own[SUM.CASES] = 1
  own[SUM.FEN + FEE.drug] = 1_000
  const band = { indicator: 'drug-share' as const, percent_max: 40, cases_min: 100, part_cases_min: 1 }
  const institution = { ...emptyView.institution, own: () => own, ...month }
  const nothing = { count: 0, subjects: new Int32Array(0), rows: new Int32Array(0) }
  return indicatorBand.prepare(band, undefined)(antibiotic, nothing, { ...emptyView, institution })
}

t.test('the first claim of a department or a doctor in the month is measured by itself', async (t) => {
  const facts = { percent: '100.0', limit: 40, cases: 1, month: '1970-01' }
  t.strictSame(hitsOf(askBand({})).map((one) => one.facts),
    [{ subject: '科室A03', ...facts }, { subject: '医师D-1', ...facts }])
})

t.test('departments or doctors that found no place leave theirs unknown, not within its band', async (t) => {
  t.strictSame(askBand({ isOverflowed: (level) => level > 0 }), unknown('history-overflow'))
  t.match(askBand({ isOverflowed: (level) => level === 2 }), { result: 'hit', missing: 'history-overflow', hits: [{ facts: { subject: '科室A03' } }] })
})

/** Rows by day and place, of one code; the visit is on 9 March in an institution of the region. */
const here = (region: string, id = 'H-1', day = 9) =>
  visit('S-9', day, [{ code: 'XJ01DDT056', category: '101', doctor: 'D-9' }], {
    visit: { institution: { id, region } }, payment: { special_disease: 'M1' },
  })
const rowsOf = (columns: string, rows: readonly string[]) =>
  [`code,name,${columns},source,valid_from,valid_to,region`, ...rows, ''].join('\n')

t.test('a grade counts on its days and in its place, the nearest before wider ones', async (t) => {
  const graded = rowsOf('starts,grade', [
    'XJ01DD,全国旧级,XJ01DD,1,某通知,,2026-03-09,',
    'XJ01DD,全国,XJ01DD,2,某通知,2026-03-09,,',
    'XJ01DD,某省,XJ01DD|XJ01DE,3,某通知,,,33',
    'XJ01DD,某市,XJ01D,1,某通知,,,3301',
    'XJ01DD,某院,XJ01DD,2,某通知,,,HOSP01',
    'XJ01,一大类,XJ01,1,某通知,,,',
  ])
  const grade = (...place: Parameters<typeof here>) => {
    const outcome = judge(antibioticRight, {
      params: { outpatient_grade_max: 3, emergency_days_max: 0 }, csv: graded, claim: here(...place),
      registry: {
        completeFromDay: 0, incompleteReason: '', stateOn: () => ({ fromDay: 0, words: [] }),
      },
    })
    return hitsOf(outcome)[0]?.facts['grade']
  }
  t.equal(grade('440100', 'H-1', 8), '非限制使用级')
  t.equal(grade('440100'), '限制使用级', 'from the first day of the new grade')
  t.equal(grade('330200'), '特殊使用级', 'a province of its own')
  t.equal(grade('330100'), '非限制使用级', 'a city in it')
  t.equal(grade('330100', 'HOSP01'), '限制使用级', 'a hospital there')
})

t.test('a disease has the catalogue of its day and place', async (t) => {
  const catalogue = rowsOf('point,starts', [
    'M2,同一知识点的另一种病,P,XA,某通知,,,',
    'M1,旧目录,P,XC,某通知,,2026-03-09,', 'M1,目录,P,XJ,某通知,2026-03-09,,',
    'M1,某省目录,P,XA,某通知,2026-03-09,2026-03-10,33',
  ])
  const told = (...place: Parameters<typeof here>) => judge(diseaseCatalogue, {
    params: { med_types: ['1'], judged_starts: ['X'] }, csv: catalogue, claim: here(...place),
    registry: {
      completeFromDay: 0, incompleteReason: '', stateOn: () => ({ fromDay: 0, words: ['M1'] }),
    },
  })
  t.strictSame(hitsOf(told('440100', 'H-1', 8))[0]?.facts['disease'], '旧目录')
  t.strictSame(told('440100'), clear)
  t.strictSame(hitsOf(told('330100'))[0]?.facts['disease'], '某省目录')
  t.strictSame(told('330100', 'H-1', 10), clear, 'on the day after it')
})

t.test('a disease that no row in force names is not judged', async (t) => {
  const csv = rowsOf('starts', ['M1,目录,XJ,某通知,2026-03-10,,', 'M1,某省目录,XJ,某通知,,,33'])
  const outcome = judge(diseaseCatalogue, {
    params: { med_types: ['1'], judged_starts: ['X'] }, csv, claim: here('440100'),
    registry: { completeFromDay: 0, incompleteReason: '', stateOn: () => ({ fromDay: 0, words: ['M1'] }) },
  })
  t.strictSame(outcome, unknown('table.disease'))
  const other = rowsOf('starts', ['M9,别的病,XJ,某通知,,,'])
  t.strictSame(judge(diseaseCatalogue, {
    params: { med_types: ['1'], judged_starts: ['X'] }, csv: other, claim: here('440100'),
    registry: { completeFromDay: 0, incompleteReason: '', stateOn: () => ({ fromDay: 0, words: ['M1'] }) },
  }), unknown('table.disease'), 'nor one that no row names at all')
})

const stocked = { categories: ['drug'], tolerance_percent: 0 }
const drugs = visit('S-9', 9, [3, 2, 1].map((quantity) =>
  ({ code: 'D', category: '101', quantity, unit_price: 10 })))
const balance = { countDay: march(5), available: 60_000, sold: 25_000 }
const asked = (completeFromDay: number, isReporting = true) => judge(stockBalance, {
  params: stocked, claim: drugs,
  stock: {
    completeFromDay, incompleteReason: 'gone', isReporting: () => isReporting, balanceOf: () => balance,
  },
})

t.test('a count before a gap proves nothing after it; while rebuilding nobody has reported yet', async (t) => {
  t.strictSame(asked(march(6)), unknown('gone'))
  t.strictSame(asked(Infinity, false), unknown('gone'))
  t.strictSame(asked(march(6), false), unknown('stock'))
})

t.test('of the lines of one claim the last are too much', async (t) => {
  t.strictSame(hitsOf(asked(march(5)))[0]?.violating, [
    { item: 1, riskFen: 1_500 }, { item: 2, riskFen: 1_000 },
  ])
})
