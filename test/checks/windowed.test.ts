// Quantities and courses: the windows, the evidence, the money, and what cannot be told. What the rules
// say of them stands in rules/**/*.cases.yaml.
import t from 'tap'
import { dailyQuantity } from '../../src/checks/daily-quantity.js'
import { moneyOfUnits } from '../../src/checks/excess-money.js'
import { hourlyQuantity } from '../../src/checks/hourly-quantity.js'
import { payableCourse } from '../../src/checks/payable-course.js'
import { periodicFrequency } from '../../src/checks/periodic-frequency.js'
import { dayText } from '../../src/claim/day.js'
import {
  H1, clear, hitsOf, judge, march, prepared, stay, unknown, visit,
} from '../fixtures/judged.js'
import { pastView } from '../fixtures/past-view.js'

const daily = 'code,name,point,units_max,unit,source\nA,床位费,,1,日,x\nB1,护理一,P,2,日,x\nB2,护理二,P,2,日,x\n'

t.test('the excess of a day, and it alone, is at risk; what came before is named', async (t) => {
  const past = [visit('S-0', 2, [{ code: 'A', quantity: 1 }])]
  const claim = visit('S-1', 2, [{ code: 'A', quantity: 2, unit_price: 30 }, { code: 'X' }])
  t.strictSame(judge(dailyQuantity, { csv: daily, claim, past }), {
    result: 'hit',
    hits: [{
      violating: [{ item: 0, riskFen: 6_000 }],
      involved: [],
      past: [
        { institution: H1, settlement: 'S-0', name: '床位费', day: march(2), quantity: 10_000 },
      ],
      row: 0,
      facts: {
        name: '床位费', total: 3, limit: 1, unit: '日', date: '2026-03-02', days: 1, settlements: 1,
      },
    }],
  })
})

t.test('codes of one knowledge point count together, each under its own name', async (t) => {
  const past = [visit('S-0', 2, [{ code: 'B2', quantity: 1 }, { code: 'B1', quantity: 0.5 }])]
  const claim = visit('S-1', 2, [
    { code: 'B1', quantity: 0.5, unit_price: 10 }, { code: 'B1', quantity: 1, unit_price: 10 },
  ])
  const [hit] = hitsOf(judge(dailyQuantity, { csv: daily, claim, past }))
  t.strictSame(hit!.violating, [{ item: 1, riskFen: 1_000 }])
  t.strictSame(hit!.involved, [0])
  const named = hit!.past!.map(({ name, quantity }) => [name, quantity])
  t.strictSame(named, [['护理二', 10_000], ['护理一', 5_000]])
  t.strictSame(hit!.facts['total'], 3)
})

t.test('a part of a line may be too much', async (t) => {
  const claim = visit('S-1', 2, [{ code: 'A', quantity: 1.5, unit_price: 0.333333 }])
  t.strictSame(hitsOf(judge(dailyQuantity, { csv: daily, claim }))[0]!.violating,
    [{ item: 0, riskFen: 17 }])
})

t.test('without an own charge on the day nothing is the claim’s to answer for', async (t) => {
  const past = [visit('S-0', 2, [{ code: 'A', quantity: 5 }])]
  const refund = visit('S-1', 2, [{ code: 'A', quantity: -1 }])
  const undone = visit('S-1', 2, [{ code: 'A', quantity: 1 }, { code: 'A', quantity: -1 }])
  const nextDay = visit('S-1', 3, [{ code: 'A' }])
  for (const claim of [refund, undone, nextDay]) {
    t.strictSame(judge(dailyQuantity, { csv: daily, claim, past }), clear)
  }
})

t.test('a row that meets an item twice counts it once', async (t) => {
  const csv = 'code,name,point,units_max,unit,region,source\nA,甲,P,1,日,,x\nA,甲,P,1,日,44,x\n'
  t.strictSame(judge(dailyQuantity, { csv, claim: visit('S-1', 2, [{ code: 'A' }]) }), clear)
})

t.test('a past that is not whole is unknown, and does not hide what is known', async (t) => {
  const claim = visit('S-1', 2, [{ code: 'A', quantity: 1 }])
  const over = visit('S-1', 2, [{ code: 'A', quantity: 2 }])
  t.strictSame(judge(dailyQuantity, { csv: daily, claim, completeFromDay: march(2) }), clear)
  t.strictSame(judge(dailyQuantity, { csv: daily, claim, completeFromDay: march(3) }),
    unknown('history-gap'))
  t.strictSame(judge(dailyQuantity, { csv: daily, claim, isOverflowed: true }),
    unknown('history-overflow'))
  const outcome = judge(dailyQuantity, { csv: daily, claim: over, isOverflowed: true })
  t.equal(outcome.result === 'hit' && outcome.missing, 'history-overflow')
})

const period = 'code,name,units_max,window_days,source\nA,糖化,1,15,x\n'

t.test('a late event completes every window that it lies in, and names all of them', async (t) => {
  const past = [1, 10, 30, 60].map((day) => visit(`S-${day}`, day, [{ code: 'A' }]))
  const claim = visit('S-late', 20, [{ code: 'A', unit_price: 50 }])
  const [hit] = hitsOf(judge(periodicFrequency, { csv: period, claim, past }))
  t.strictSame(hit!.past!.map(({ settlement }) => settlement), ['S-10', 'S-30'])
  t.strictSame(hit!.violating, [{ item: 0, riskFen: 5_000 }])
  t.strictSame(hit!.facts, {
    name: '糖化', total: 2, limit: 1, days: 15, from: '2026-03-10', to: '2026-03-20', settlements: 2,
  })
})

t.test('a window that began before the past is whole is unknown', async (t) => {
  const claim = visit('S-1', 20, [{ code: 'A' }])
  t.strictSame(judge(periodicFrequency, { csv: period, claim, completeFromDay: march(6) }), clear)
  t.strictSame(judge(periodicFrequency, { csv: period, claim, completeFromDay: march(7) }),
    unknown('history-gap'))
})

const hourly = 'code,name,units_max,source\nA,监护,1,x\n'
const at = (time: string) => `2026-03-02T${time}:00+08:00`

t.test('hours are counted by the clock; a line without a time of day is unknown', async (t) => {
  const past = [visit('S-0', 2, [{ code: 'A', service_time: at('10:05') }])]
  const claim = visit('S-1', 2, [{ code: 'A', service_time: at('10:55') }])
  const [hit] = hitsOf(judge(hourlyQuantity, { csv: hourly, claim, past }))
  t.strictSame(hit!.facts, {
    name: '监护', total: 2, limit: 1, hour: '2026-03-02 10:00', hours: 1, settlements: 1,
  })
  const timeless = [visit('S-0', 2, [{ code: 'A', service_time: '2026-03-02' }])]
  t.strictSame(judge(hourlyQuantity, { csv: hourly, claim, past: timeless }),
    unknown('items.service_time'))
  const summed = [visit('S-0', 2, [{ code: 'A', quantity: 24, service_time: at('10:05') }])]
  t.strictSame(judge(hourlyQuantity, { csv: hourly, claim, past: summed }), clear)
})

t.test('more lines than ever before make room, and what was judged before leaves no trace', async (t) => {
  const codes = Array.from({ length: 200 }, (_, index) => `C${index}`)
  const csv = `code,name,units_max,unit,source\n${codes.map((code) => `${code},n,1,日,x`).join('\n')}\n`
  const run = prepared(dailyQuantity, {}, csv)
  const big = stay('S-1', [1, 28], {
    items: codes.flatMap((code) => [{ code }, { code, service_time: '2026-03-03T08:00:00+08:00' }]),
  })
  t.strictSame(run(big, pastView([])), clear)
  const twice = visit('S-2', 2, [{ code: 'C7' }, { code: 'C7' }])
  t.equal(hitsOf(run(twice, pastView([]))).length, 1)
  t.strictSame(run(visit('S-3', 2, [{ code: 'C7' }]), pastView([])), clear)
  const years = visit('S-4', 2, [{ code: 'C8', service_time: '2020-01-01' }, { code: 'C8' }])
  t.strictSame(run(years, pastView([])), clear)
})

t.test('money beyond exact numbers is exact, and never more than the item', async (t) => {
  const [item] = visit('S-1', 2, [{ code: 'A', quantity: 100_000, unit_price: 1_000_000 }]).items
  t.equal(moneyOfUnits(item!, 999_990_000), 9_999_900_000_000)
  t.equal(moneyOfUnits({ ...item!, amountFen: 5 }, 10_000), 5)
  t.equal(moneyOfUnits({ ...item!, amountFen: -5 }, item!.quantity), 0)
})

const course = 'code,name,days_max,mode,scope,source\n'
  + 'E,疗程药,3,distinct-days,episode,x\nS,住院药,3,distinct-days,stay,x\n'
  + 'P,跨度药,10,span,episode,x\nT,住院跨度药,10,span,stay,x\nY,一年,365,distinct-days,episode,x\n'
const courseParams = { window_days: 10, break_days: 5 }

t.test('distinct days of use count in any window, and the days too many are at risk whole', async (t) => {
  const past = [1, 2, 4].map((day) => visit(`S-${day}`, day, [{ code: 'E' }]))
  const claim = visit('S-9', 9, [
    { code: 'E', unit_price: 20 }, { code: 'E', unit_price: 5, quantity: 2 },
  ])
  const [hit] = hitsOf(judge(payableCourse, { csv: course, params: courseParams, claim, past }))
  t.strictSame(hit!.violating, [{ item: 0, riskFen: 2_000 }, { item: 1, riskFen: 1_000 }])
  t.strictSame(hit!.facts, {
    name: '疗程药', total: 4, limit: 3, mode: '累计使用天数', from: '2026-03-01', to: '2026-03-09',
    settlements: 3,
  })
})

t.test('a year is counted in the longest window when none is said', async (t) => {
  const days = Array.from({ length: 366 }, (_, index) => dayText(march(1) + index))
  const items = days.map((day) => ({ code: 'Y', service_time: day }))
  const whole = { csv: course, claim: visit('S-1', 1, items) }
  t.equal(hitsOf(judge(payableCourse, whole))[0]!.facts['total'], 366)
  t.strictSame(judge(payableCourse, { csv: course, claim: visit('S-1', 1, items.slice(1)) }), clear)
})

t.test('a stay is its own course, over all of its settlements', async (t) => {
  const uses = (...days: number[]) =>
    days.map((day) => ({ code: 'S', service_time: dayText(march(day)) }))
  const first = stay('S-1', [1, 20], { items: uses(1, 2, 19) })
  const claim = stay('S-2', [1, 25], { visit: { id: 'V-S-1' }, items: uses(24) })
  const other = stay('S-3', [21, 25], { items: uses(24) })
  const judged = { csv: course, params: courseParams, past: [first] }
  t.equal(hitsOf(judge(payableCourse, { ...judged, claim }))[0]!.facts['total'], 4)
  t.strictSame(judge(payableCourse, { ...judged, claim: other }), clear)
  t.strictSame(judge(payableCourse, { ...judged, claim: other, completeFromDay: march(22) }),
    unknown('history-gap'))
})

t.test('a span runs over breaks that are short enough; uses beyond the limit are at risk', async (t) => {
  const use = (id: string, day: number) => visit(id, day, [{ code: 'P', unit_price: 10 }])
  const judged = { csv: course, params: courseParams }
  const past = [use('S-1', 1), use('S-6', 6), use('S-30', 30)]
  const [hit] = hitsOf(judge(payableCourse, { ...judged, claim: use('S-11', 11), past }))
  t.strictSame(hit!.violating, [{ item: 0, riskFen: 1_000 }])
  t.strictSame(hit!.past!.map(({ settlement }) => settlement), ['S-1', 'S-6'])
  t.strictSame(hit!.facts, {
    name: '跨度药', total: 11, limit: 10, mode: '首末次使用跨度', from: '2026-03-01', to: '2026-03-11',
    settlements: 2,
  })
  t.strictSame(judge(payableCourse, { ...judged, claim: use('S-10', 10), past }), clear)
  const bridge = hitsOf(judge(payableCourse, {
    ...judged, claim: use('S-6', 6), past: [use('S-1', 1), use('S-11', 11)],
  }))
  t.strictSame(bridge[0]!.violating, [{ item: 0, riskFen: 0 }])
  t.strictSame(bridge[0]!.past!.map(({ settlement }) => settlement), ['S-1', 'S-11'])
})

t.test('of several courses too long the longest is told; an old one is none of the claim’s', async (t) => {
  const uses = (...days: number[]) =>
    days.map((day) => ({ code: 'P', service_time: dayText(march(day)) }))
  const claim = visit('S-1', 1, uses(1, 6, 11, 31, 36, 41, 42, 61, 66, 71))
  const old = visit('S-0', -60, [{ code: 'P' }])
  const judged = { csv: course, params: courseParams, claim, past: [old] }
  t.equal(hitsOf(judge(payableCourse, judged))[0]!.facts['total'], 12)
  const short = visit('S-1', 1, uses(1))
  const told = judge(payableCourse, { ...judged, claim: short, completeFromDay: march(-4) })
  t.strictSame(told, clear)
  t.strictSame(judge(payableCourse, { ...judged, claim: short, completeFromDay: march(-3) }),
    unknown('history-gap'))
})

t.test('a span within a stay knows no break', async (t) => {
  const items = [1, 12].map((day) => ({ code: 'T', service_time: dayText(march(day)) }))
  const claim = stay('S-1', [1, 20], { items })
  const [hit] = hitsOf(judge(payableCourse, { csv: course, params: courseParams, claim }))
  t.equal(hit!.facts['total'], 12)
})

t.test('a stay’s line without a date, and a course of refunds only, tell nothing', async (t) => {
  const claim = stay('S-1', [1, 20], { items: [{ code: 'S', service_time: '' }] })
  t.strictSame(judge(payableCourse, { csv: course, claim }), unknown('items.service_time'))
  const refund = visit('S-1', 2, [{ code: 'E', quantity: -1 }])
  t.strictSame(judge(payableCourse, { csv: course, claim: refund }), clear)
  t.strictSame(judge(payableCourse, { csv: course, claim: visit('S-1', 2, [{ code: 'X' }]) }),
    clear)
})
