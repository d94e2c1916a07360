// Checks that look at a visit as a whole: caps, quantities, panels, companions, departments. What the
// rules make of them stands in rules/**/*.cases.yaml; here the money, the evidence and what cannot be told.
import t from 'tap'
import { amountCap } from '../../src/checks/amount-cap.js'
import { bundleSplit } from '../../src/checks/bundle-split.js'
import { departmentLimit } from '../../src/checks/department-limit.js'
import { quantityPer } from '../../src/checks/quantity-per.js'
import { requiresItem } from '../../src/checks/requires-item.js'
import { evaluate } from '../../src/engine/evaluate.js'
import { ask } from '../fixtures/ask-check.js'
import type { Row } from '../fixtures/ask-check.js'
import { clear, hitsOf, judge, march, prepared, stay, unknown, visit } from '../fixtures/judged.js'
import { pastView } from '../fixtures/past-view.js'
import { aBook, aRule, aTable } from '../fixtures/rule-texts.js'
import { emptyView } from '../fixtures/empty-view.js'

const caps = 'code,name,point,cap,window,source\nE,每次的,,100,每次,x\nV1,就诊的,P,100,单次就诊,x\nV2,就诊的二,P,100,单次就诊,x\n'

t.test('what is over a cap is laid on the last lines, the others are evidence', async (t) => {
  const claim = visit('S-1', 2, [
    { code: 'V1', unit_price: 60 }, { code: 'V2', unit_price: 30 }, { code: 'V1', unit_price: 50 },
    { code: 'V1', unit_price: 5, quantity: -1 },
  ])
  t.strictSame(judge(amountCap, { csv: caps, claim }), {
    result: 'hit',
    hits: [{
      violating: [{ item: 2, riskFen: 3_500 }], involved: [0, 1], row: 1,
      facts: { name: '就诊的', total: '135.00', limit: '100.00', window: '单次就诊', excess: '35.00' },
    }],
  })
  const spread = visit('S-1', 2, [{ code: 'V1', unit_price: 120 }, { code: 'V2', unit_price: 30 }])
  t.strictSame(hitsOf(judge(amountCap, { csv: caps, claim: spread }))[0]!.violating,
    [{ item: 0, riskFen: 2_000 }, { item: 1, riskFen: 3_000 }])
})

t.test('a cap is about what the fund is asked for', async (t) => {
  const line = { code: 'E', unit_price: 150, quantity: 2 }
  const judged = (more: object) =>
    judge(amountCap, { csv: caps, claim: visit('S-1', 2, [{ ...line, ...more }]) })
  t.strictSame(judged({ own_pay: 60, self_pay: 40 }), clear)
  t.strictSame(hitsOf(judged({ own_pay: 60, self_pay: 39.99 }))[0]!.violating, [{ item: 0, riskFen: 1 }])
  t.strictSame(judged({ quantity: -2 }), clear)
})

t.test('a visit that is only partly known has no sum, unless the part is too much', async (t) => {
  const past = [stay('S-0', [1, 2], { visit: { id: 'V-S-1' } })]
  const claim = (price: number, quantity = 1) => stay('S-1', [1, 4], {
    items: [{ code: 'V1', unit_price: price, quantity }],
  })
  t.strictSame(judge(amountCap, { csv: caps, claim: claim(90), past }), unknown('history.earlier-parts'))
  t.equal(judge(amountCap, { csv: caps, claim: claim(101), past }).result, 'hit')
  t.strictSame(judge(amountCap, { csv: caps, claim: claim(90, -1), past }), clear)
  t.strictSame(judge(amountCap, { csv: caps, claim: claim(90), completeFromDay: march(2) }),
    unknown('history-gap'))
  t.strictSame(judge(amountCap, { csv: caps, claim: claim(90), past: [stay('S-9', [1, 2])] }), clear)
})

t.test('of a year the money is not remembered: with an earlier charge in it, within the cap is unknown', async (t) => {
  const csv = 'code,name,point,cap,window,source\nA1,某耗材,A,100,每年,x\nA2,某耗材二,A,100,每年,x\n'
  const judged = (day: number, price: number, from = -1_000) => judge(amountCap, {
    csv, claim: visit('S-1', day, [{ code: 'A2', unit_price: price }]), completeFromDay: march(from),
    past: [visit('S-0', 2, [{ code: 'A1' }, { code: 'B' }]), visit('S-00', 3, [{ code: 'A1', quantity: -1 }])],
  })
  t.match(hitsOf(judged(9, 101)), [{ facts: { total: '101.00', limit: '100.00', window: '每年' } }])
  t.strictSame(judged(9, 100), unknown('history.amount'))
  t.strictSame(judged(2 + 364, 100), unknown('history.amount'), 'the last day of its year')
  t.strictSame(judged(2 + 365, 100), clear)
  t.strictSame(judged(4 + 365, 100), clear)
  t.strictSame(judged(2 + 365, 100, 9), unknown('history-gap'))
})

t.test('a claim may meet more points than any before it', async (t) => {
  const codes = Array.from({ length: 20 }, (_, index) => `M${index}`)
  const csv = `code,name,cap,window,source\n${codes.map((code) => `${code},名,5,每次,x\n`).join('')}`
  const claim = visit('S-1', 2, codes.map((code) => ({ code, unit_price: 10 })))
  t.equal(hitsOf(judge(amountCap, { csv, claim })).length, 20)
})

t.test('what one claim summed does not stay for the next', async (t) => {
  const run = prepared(amountCap, {}, caps)
  const claim = visit('S-1', 2, [{ code: 'V1', unit_price: 90 }, { code: 'E', unit_price: 90 }])
  t.strictSame([run(claim, pastView([])), run(claim, pastView([]))], [clear, clear])
})

const units = 'code,name,units_max,per,procedures,source\nL,晶体,1,每台手术,13.7|13.9,x\nP,起搏器,1.5,单次就诊,,x\n'

t.test('units over a limit are told with their money', async (t) => {
  const claim = visit('S-1', 2, [
    { code: 'P', unit_price: 10 }, { code: 'P', unit_price: 10, quantity: 1.5 },
  ])
  t.strictSame(judge(quantityPer, { csv: units, claim }), {
    result: 'hit',
    hits: [{
      violating: [{ item: 1, riskFen: 1_000 }], involved: [0], row: 1,
      facts: { name: '起搏器', total: 2.5, limit: 1.5, per: '单次就诊' },
    }],
  })
})

t.test('operations are counted by their codes; none coded is unknown', async (t) => {
  const judged = (quantity: number, ...codes: readonly string[]) => judge(quantityPer, {
    csv: units,
    claim: stay('S-1', [1, 4], {
      visit: { procedures: codes.map((code) => ({ code })) }, items: [{ code: 'L', quantity }],
    }),
  }).result
  t.strictSame([
    judged(2, '13.7100', '13.9000'), judged(3, '13.7100', '13.9000'), judged(2, '13.7100', '47.0900'),
    judged(1, '47.0900'), judged(-1),
  ], ['clear', 'hit', 'hit', 'unknown', 'clear'])
})

const panel = 'code,name,point,bundle,components_min,source\n'
  + 'K,钾,,电解质,3,x\nN,钠,,电解质,3,x\nC1,氯一,氯,电解质,3,x\nC2,氯二,氯,电解质,3,x\nX,别的,,另一组,2,x\n'

t.test('a panel charged in parts is told by day; the first charge of it speaks for all', async (t) => {
  const at = (day: number) => `2026-03-0${day}T10:00:00+08:00`
  const lines = (day: number, ...codes: readonly string[]) =>
    codes.map((code) => ({ code, unit_price: 4, service_time: at(day) }))
  const claim = stay('S-1', [1, 4], {
    items: [
      { code: 'K', quantity: 0, service_time: at(2) },
      ...lines(2, 'X', 'K', 'C1', 'N', 'C2'), ...lines(3, 'K', 'C1', 'C2'),
    ],
  })
  t.strictSame(judge(bundleSplit, { csv: panel, claim }), {
    result: 'hit',
    hits: [{
      violating: [2, 3, 4, 5].map((item) => ({ item, riskFen: 400 })),
      row: 0,
      facts: { bundle: '电解质', total: 3, limit: 3, date: '2026-03-02' },
    }],
  })
})

t.test('lines of a stay without a date prove no day, but others may', async (t) => {
  const claim = stay('S-1', [1, 4], {
    items: ['K', 'C1', 'N', 'K', 'C1', 'N'].map((code, index) =>
      ({ code, service_time: index < 3 ? null : '2026-03-01T10:00:00+08:00' })),
  })
  const outcome = judge(bundleSplit, { csv: panel, claim })
  t.strictSame(hitsOf(outcome).map(({ violating }) => violating.map(({ item }) => item)), [[3, 4, 5]])
  t.match(outcome, { missing: 'items.service_time' })
  const one = visit('S-1', 2, [{ code: 'K' }])
  t.strictSame(judge(bundleSplit, { csv: panel, claim: one }), clear)
  const few = visit('S-1', 2, [{ code: 'K' }, { code: 'N' }])
  t.strictSame(judge(bundleSplit, { csv: panel, claim: few }), clear)
})

const companions = 'code,name,needs,needs_name,reach_days,source\nD,药,A|B,甲或乙,1,x\nS,架,A,甲,,x\n'

t.test('a companion is looked for in the claim and in the past of the visit', async (t) => {
  const need = (code: string, day: number, quantity = 1) =>
    ({ code, quantity, service_time: `2026-03-0${day}T10:00:00+08:00` })
  const judged = (item: object, own: readonly object[], parts: readonly object[] = []) =>
    judge(requiresItem, {
      csv: companions,
      claim: stay('S-1', [1, 5], { items: [item, ...own] }),
      past: [
        stay('S-8', [1, 5], { visit: { id: 'V-other' }, items: [need('A', 3)] }),
        stay('S-9', [1, 5], { visit: { id: 'V-S-1' }, items: [need('Z', 3), ...parts] }),
      ],
    }).result
  t.strictSame([
    judged(need('D', 3), [need('B', 4)]), judged(need('D', 3), [need('B', 5)]),
    judged(need('S', 1), [need('A', 5)]), judged(need('D', 3), [need('A', 3, -1)]),
    judged(need('D', 3), [], [need('A', 2)]), judged(need('D', 3), [], [need('A', 1)]),
    judged(need('D', 3), [], [need('A', 3, -1)]), judged(need('S', 3), [], [need('A', 1)]),
    judged({ code: 'D', service_time: null }, [need('A', 5)]),
  ], ['clear', 'hit', 'clear', 'hit', 'clear', 'hit', 'hit', 'clear', 'clear'])
})

t.test('without the whole visit a missing companion is unknown', async (t) => {
  const claim = stay('S-1', [3, 5], { items: [{ code: 'S' }] })
  t.strictSame(judge(requiresItem, { csv: companions, claim, completeFromDay: march(4) }),
    unknown('history-gap'))
  t.strictSame(judge(requiresItem, { csv: companions, claim, isOverflowed: true }),
    unknown('history-overflow'))
  const unmapped = stay('S-1', [3, 5], { items: [{ code: 'S' }, { code: '' }] })
  t.strictSame(judge(requiresItem, { csv: companions, claim: unmapped }), unknown('items.code'))
  const open = stay('S-1', [3, 5], { visit: { end: null }, items: [{ code: 'S' }] })
  t.strictSame(judge(requiresItem, { csv: companions, claim: open }), unknown('visit.end'))
})

t.test('departments are those of the national dictionary, from the line or else the visit', async (t) => {
  const rows: Row[] = [{ code: 'A', departments: 'A10| A03.06 |', departments_name: '眼科、肾病' }]
  const judged = (department: string | null, of: string | null, own_pay = 0) =>
    ask(departmentLimit, {
      rows, params: { only_fund_paid: true },
      claim: { visit: { department: of }, items: [{ code: 'A', department, own_pay }] },
    }).result
  t.strictSame([
    judged('A10', 'A03'), judged(null, 'A10.01'), judged('A03.06', null), judged('A04', 'A10'),
    judged('A03', null), judged('眼科', 'A10'), judged(null, null), judged('A04', null, 10),
  ], ['clear', 'clear', 'clear', 'hit', 'unknown', 'unknown', 'unknown', 'clear'])
})

t.test('a consumable is met by its class, whoever made it, beside its own code', async (t) => {
  const table = aTable('most', [
    'code,name,most,source', 'C08010115101001,晶体,0,某目录', 'C0801011510100100001,某厂晶体,0,某目录',
  ])
  const book = aBook([aRule(), table])
  const met = (code: string, category: string) =>
    evaluate(book, visit('S-1', 2, [{ code, category, name: code }]), emptyView).findings.length
  t.strictSame([
    met('C0801011510100100001', '301'), met('C0801011510100100002', '301'), met('C08010115101001', '301'),
    met('C0801011510100200001', '301'), met('C0801011510100100002', '201'),
  ], [2, 1, 1, 0, 0])
})

const periods = `code,name,point,units_max,per,procedures,source
D1,每日的,,2,每日,,x
Y1,每年的,Y,3,每年,,x
Y2,每年的二,Y,3,每年,,x
V1,就诊的,,1,单次就诊,,x
`

t.test('what a day or a year can use is counted over all settlements of the patient', async (t) => {
  const past = [visit('S-0', 2, [{ code: 'Y1', quantity: 2 }, { code: 'D1', quantity: 2 }])]
  const judged = (items: readonly { code: string, quantity: number }[], day = 3, from = -1_000) =>
    judge(quantityPer, { csv: periods, claim: visit('S-1', day, items), past, completeFromDay: march(from) })
  t.strictSame(judged([{ code: 'Y2', quantity: 1 }, { code: 'D1', quantity: 2 }]), clear, 'just within')
  t.match(hitsOf(judged([{ code: 'Y2', quantity: 2 }])), [{
    violating: [{ item: 0 }], facts: { name: '每年的二', total: 4, limit: 3, per: '每年' },
    past: [{ settlement: 'S-0', quantity: 20_000 }],
  }])
  t.match(hitsOf(judged([{ code: 'D1', quantity: 1 }], 2)), [{ facts: { total: 3, limit: 2, per: '每日' } }])
  t.strictSame(judged([{ code: 'Y2', quantity: 2 }], 2 + 365), clear, 'a year later')
  t.strictSame(judged([{ code: 'Y2', quantity: 1 }], 3, -100), unknown('history-gap'))
})

t.test('a visit and a year are judged beside each other', async (t) => {
  const claim = (visits: number, year: number) => visit('S-1', 2, [
    { code: 'V1', quantity: visits }, { code: 'Y1', quantity: year },
    ...Array.from({ length: 20 }, () => ({ code: 'D1', quantity: 0.1 })),
  ])
  const per = (...counts: readonly [number, number]) => {
    const outcome = judge(quantityPer, { csv: periods, claim: claim(...counts), completeFromDay: march(-1_000) })
    return outcome.result === 'hit' ? outcome.hits.map(({ facts }) => facts['per']) : outcome.result
  }
  t.strictSame([per(1, 3), per(2, 3), per(1, 4), per(2, 4)],
    ['clear', ['单次就诊'], ['每年'], ['单次就诊', '每年']])
  t.match(judge(quantityPer, { csv: periods, claim: claim(2, 1), completeFromDay: march(1) }),
    { result: 'hit', missing: 'history-gap' })
})
