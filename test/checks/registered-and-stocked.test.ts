// What a gap in the stream, or a store being rebuilt, hides of registries and stock. What the rules
// say where all is known stands in rules/**/*.cases.yaml.
import t from 'tap'
import { antibioticRight } from '../../src/checks/antibiotic-right.js'
import { stockBalance } from '../../src/checks/stock-balance.js'
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
