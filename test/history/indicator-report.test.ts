// The indicators in figures: of an institution's month, and of all institutions of one level.
import t from 'tap'
import { dayOf } from '../../src/claim/day.js'
import { figuresOf } from '../../src/history/indicator-report.js'
import { settledOn, World } from '../fixtures/remembered.js'

const drug = { code: 'XA02BCB001E001010199001', category: '101', fee_class: '09' }
const test = { code: '002503020030000', category: '201', fee_class: '04' }

function aVisit(id: string, day: string, [institution, level]: [string, number | null], items: object[]) {
  return settledOn(id, day, {
    visit: { id, institution: { id: institution, level }, department: 'A03', doctor: { id: 'D1' } },
    items: items.map((item) => ({ quantity: 1, ...item })),
  })
}

t.test('a month is told as the whole, by department and by doctor', async (t) => {
  const { histories } = new World()
  histories.record(aVisit('S-1', '2026-03-02', ['H1', 3], [{ ...drug, amount: 30 }, { ...test, amount: 70 }]))
  histories.record(aVisit('S-2', '2026-03-20', ['H1', 3], [{ ...drug, amount: 100 }]))
  histories.record(aVisit('S-3', '2026-04-01', ['H1', 3], [{ ...drug, amount: 500 }]))
  const { figures, departments, doctors, overflowed } = histories.indicators.monthOf('H1', dayOf('2026-03-15'))
  const share = { indicator: 'drug-share', percent: 65, part: 13_000, whole: 20_000, untold: 0, cases: 2 }
  t.strictSame(figures[0], share)
  t.strictSame(figures.map(({ indicator, percent }) => [indicator, percent]), [
    ['drug-share', 65], ['test-share', 35], ['consumable-share', 0], ['treatment-share', 0],
    ['ct-share', 0], ['mri-share', 0], ['infection-rate', undefined], ['readmission-rate', undefined],
  ])
  t.strictSame(departments, [{ name: 'A03', figures }])
  t.strictSame(doctors, [{ name: 'D1', figures }])
  t.equal(overflowed, 0)
})

t.test('the same figures are told after a group was closed, and after a start', async (t) => {
  const world = new World()
  world.histories.record(aVisit('S-1', '2026-03-02', ['H1', 3], [{ ...drug, amount: 30 }]))
  world.flush()
  world.histories.record(aVisit('S-2', '2026-03-02', ['H1', 3], [{ ...test, amount: 10 }]))
  world.flush()
  const told = world.histories.indicators.monthOf('H1', dayOf('2026-03-02'))
  t.equal(told.figures[0]!.percent, 75)
  world.histories.reset()
  t.strictSame(world.histories.indicators.monthOf('H1', dayOf('2026-03-02')), told)
})

t.test('institutions of one level are summed', async (t) => {
  const { histories } = new World()
  histories.record(aVisit('S-1', '2026-03-02', ['H1', 3], [{ ...drug, amount: 30 }]))
  histories.record(aVisit('S-2', '2026-03-02', ['H2', 3], [{ ...test, amount: 10 }]))
  histories.record(aVisit('S-3', '2026-03-02', ['H3', null], [{ ...test, amount: 10 }]))
  const levels = [...histories.indicators.byLevel(dayOf('2026-03-31'))]
  t.strictSame(levels.map(([level, sums]) => [level, figuresOf(sums)[0]!.percent]), [[3, 75], [undefined, 0]])
})
