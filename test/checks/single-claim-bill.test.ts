// Checks of what was billed: prescriptions, amounts, prices, line ids, days, operations. Asked
// directly; what the rules make of them is told by their cases.
import t from 'tap'
import { amountMismatch } from '../../src/checks/amount-mismatch.js'
import { chargeDateOutsideStay } from '../../src/checks/charge-date-outside-stay.js'
import { drugKindsLimit } from '../../src/checks/drug-kinds-limit.js'
import { duplicateItemId } from '../../src/checks/duplicate-item-id.js'
import { herbNotPayableAlone } from '../../src/checks/herb-not-payable-alone.js'
import { yuanText } from '../../src/checks/lines.js'
import { sameIncisionDiscount } from '../../src/checks/same-incision-discount.js'
import { unitPriceCeiling } from '../../src/checks/unit-price-ceiling.js'
import type { Facts, Outcome } from '../../src/checks/check.js'
import { ask, clear, hit, one, unknown } from '../fixtures/ask-check.js'
import type { Row } from '../fixtures/ask-check.js'
import { aClaim } from '../fixtures/claims.js'
import type { SettlementChanges } from '../fixtures/claims.js'
import { emptyView } from '../fixtures/empty-view.js'

t.test('herbal pieces are judged by prescription', async (t) => {
  const rows = [{ code: 'L1' }, { code: 'L2' }]
  const piece = (code: string, prescription: string, more: object = {}) =>
    ({ code, prescription, category: 'herbal-piece', ...more })
  const judge = (...items: NonNullable<SettlementChanges['items']>) =>
    ask(herbNotPayableAlone, { rows, claim: { items } })
  t.strictSame(judge(piece('X', 'R')), clear)
  t.strictSame(judge(piece('L1', 'R', { quantity: -1 })), clear)
  t.strictSame(
    judge(piece('L1', 'R'), piece('L2', 'R')),
    hit(one({ pieces: 2, amount: '20.00' }, 0, [0, 1000], [1, 1000])),
  )
  t.strictSame(judge(piece('L1', 'R'), piece('X', 'R', { category: 'herbal-granule' })), clear)
  t.strictSame(
    judge(piece('L2', 'R', { herb_use: '2' }), piece('L1', 'R'), piece('X', 'R')),
    hit(one({ pieces: 1, amount: '10.00' }, 1, [0, 1000])),
  )
  t.strictSame(judge(piece('L1', ''), piece('X', '')), unknown('items.prescription'))
  t.strictSame(
    judge(piece('L1', 'R'), piece('L1', ''), piece('X', '')),
    { ...hit(one({ pieces: 1, amount: '10.00' }, 0, [0, 1000])), missing: 'items.prescription' },
  )
  t.strictSame(judge(piece('L1', '', { category: 'service' })), clear, 'not sent as a piece')
})

t.test('an amount is price times quantity to the fen, however large', async (t) => {
  const judge = (...items: NonNullable<SettlementChanges['items']>) =>
    ask(amountMismatch, { params: { tolerance_fen: 1 }, claim: { items } })
  const bad = (facts: Facts, ...violating: readonly [number, number][]): Outcome =>
    hit({ violating: violating.map(([item, riskFen]) => ({ item, riskFen })), facts })
  t.strictSame(judge({ quantity: 3, amount: 30.01 }, { quantity: 3, amount: 29.99 }), clear)
  t.strictSame(
    judge(
      { quantity: 3, amount: 30.02 }, { quantity: 3, amount: 25 }, { quantity: -1, amount: -5 },
    ),
    bad({ lines: 2, charged: '55.02', computed: '60.00', difference: '5.02' }, [0, 2], [1, 0]),
  )
  t.strictSame(judge({ quantity: 1, unit_price: 0.014, amount: 0.02 }), clear)
  t.strictSame(
    judge({ quantity: 1, unit_price: 0.006, amount: 0.02 }).result, 'hit', '1.4 fen is over one')
  const large = { quantity: 100_000, unit_price: '99999.999999' }
  t.strictSame(judge({ ...large, amount: '9999999999.91' }), clear)
  t.strictSame(judge({ ...large, amount: '9999999999.89' }), clear)
  t.strictSame(
    judge({ ...large, amount: '9999999999.92' }),
    bad({
      lines: 1, charged: '9999999999.92', computed: '9999999999.90', difference: '0.02',
    }, [0, 2]),
  )
  t.equal(judge({ ...large, amount: '9999999999.88' }).result, 'hit')
})

t.test('two different lines under one id are told, a line sent twice is not', async (t) => {
  const judge = (...items: NonNullable<SettlementChanges['items']>) =>
    ask(duplicateItemId, { claim: { items } })
  const a = { id: '9', trace_codes: ['T1', 'T2'] }
  t.strictSame(judge(a, { ...a }, { id: '8' }), clear)
  t.strictSame(judge(a, { ...a, quantity: -1 }), clear)
  t.strictSame(
    judge(
      a, { ...a, unit_price: 20 }, { ...a, name: '另一项' }, { id: '8' }, { id: '8', code: 'B' },
    ),
    hit(
      {
        violating: [{ item: 1, riskFen: 2000 }, { item: 2, riskFen: 1000 }],
        involved: [0], facts: { id: '9', lines: 3 },
      },
      { violating: [{ item: 4, riskFen: 1000 }], involved: [3], facts: { id: '8', lines: 2 } },
    ),
  )
  t.equal(judge(a, { ...a, trace_codes: ['T1'] }).result, 'hit')
  t.equal(judge(a, { ...a, trace_codes: ['T1', 'T3'] }).result, 'hit')
  const evaluate = duplicateItemId.prepare({}, undefined)
  const claim = aClaim({ items: [a, { ...a, unit_price: 20 }] })
  const none = { count: 0, subjects: new Int32Array(), rows: new Int32Array() }
  const first = evaluate(claim, none, emptyView)
  t.strictSame(evaluate(claim, none, emptyView), first, 'nothing is left of the claim before')
})

t.test('only what is above the ceiling of the level is at risk', async (t) => {
  const rows: Row[] = [
    { code: 'A', ceiling_3: 40, ceiling_2: 36, ceiling_1: 32.5 }, { code: 'B', ceiling_3: 40 },
  ]
  const judge = (level: number | null, unit_price: number, more: object = {}) => {
    const items = [{ code: 'A', unit_price, ...more }]
    return ask(unitPriceCeiling, { rows, claim: { visit: { institution: { level } }, items } })
  }
  t.strictSame(judge(3, 40), clear)
  t.strictSame(
    judge(3, 40.01, { quantity: 3 }), hit(one({ price: '40.01', ceiling: '40.00' }, 0, [0, 3])))
  t.strictSame(judge(2, 40), hit(one({ price: '40.00', ceiling: '36.00' }, 0, [0, 400])))
  t.strictSame(judge(0, 33), hit(one({ price: '33.00', ceiling: '32.50' }, 0, [0, 50])))
  t.strictSame(judge(3, 50, { amount: 40 }), clear, 'reduced to the ceiling')
  t.strictSame(judge(3, 40.000001), clear, 'less than half a fen')
  t.strictSame(judge(null, 38), unknown('visit.institution.level'))
  t.strictSame(judge(null, 32.5), clear)
  t.strictSame(judge(2, 99, { code: 'B' }), clear, 'no ceiling for this level')
})

t.test('a prescription has a limit of kinds of drug', async (t) => {
  const drug = (code: string, prescription = 'R', more: object = {}) =>
    ({ code, prescription, category: 'drug', ...more })
  const drugs = (count: number, prescription = 'R') =>
    Array.from({ length: count }, (_, index) => drug(`D${index}`, prescription))
  const judge = (...items: NonNullable<SettlementChanges['items']>) =>
    ask(drugKindsLimit, { params: { kinds_max: 2 }, claim: { items } })
  const facts = { kinds: 3, limit: 2, prescription: 'R' }
  t.strictSame(judge(...drugs(2)), clear)
  t.strictSame(
    judge(...drugs(3), drug('D2')),
    hit({
      violating: [{ item: 2, riskFen: 1000 }, { item: 3, riskFen: 1000 }], involved: [0, 1], facts,
    }),
  )
  t.strictSame(judge(...drugs(2), drug('D0')), clear, 'one kind on two lines')
  t.strictSame(judge(...drugs(2), drug('D3', 'Q')), clear, 'two prescriptions')
  t.strictSame(judge(...drugs(2), drug('D2'), drug('D2', 'R', { quantity: -1 })), clear)
  t.strictSame(judge(...drugs(3, '')), unknown('items.prescription'))
  t.strictSame(judge(...drugs(2, ''), drug('D0')), clear, 'two kinds in all')
  const named = (name: string) => drug('', 'R', { name })
  t.equal(judge(named('甲'), named('乙'), named('丙')).result, 'hit', 'without codes, by name')
  t.strictSame(judge(named('甲'), named('乙'), named('甲')), clear)
  t.equal(judge(named(''), named(''), named('')).result, 'hit', 'without names, by line')
  const western = (form: string, pack: string) => drug(`XA10BKH120${form}${pack}101445`)
  t.strictSame(judge(drug('D0'), western('A001', '010'), western('A001', '020')), clear)
  t.equal(judge(drug('D0'), western('A001', '010'), western('A010', '010')).result, 'hit')
  t.strictSame(judge(drug('D0'), drug('ZA04CAE0023010100166'), drug('ZA04CAE0023010200166')), clear)
})

t.test('lines of a stay are dated within it and its tolerances', async (t) => {
  const params = { before_days: 1, after_days: 0, tests_before_days: 7, take_home_after_days: 2 }
  const judge = (service_time: string | null, more: object = {}, visit: object = {}) =>
    ask(chargeDateOutsideStay, { params, claim: { visit, items: [{ service_time, ...more }] } })
  const outside = (date: string): Outcome => hit({
    violating: [{ item: 0, riskFen: 1000 }],
    facts: { date, start: '2026-03-01', end: '2026-03-04' },
  })
  t.strictSame(judge('2026-02-28'), clear)
  t.strictSame(judge('2026-02-27'), outside('2026-02-27'))
  t.strictSame(judge('2026-03-04'), clear)
  t.strictSame(judge('2026-03-05'), outside('2026-03-05'))
  t.strictSame(judge('2026-02-22', { fee_class: '03' }), clear)
  t.strictSame(judge('2026-02-21', { fee_class: '04' }), outside('2026-02-21'))
  t.strictSame(judge('2026-03-06', { is_take_home: '1' }), clear)
  t.strictSame(judge('2026-03-05', { quantity: -1 }), clear)
  t.strictSame(judge('2026-03-05', {}, { end: null }), outside('2026-03-05'))
  t.strictSame(judge(null), unknown('items.service_time'))
  t.strictSame(
    ask(chargeDateOutsideStay, {
      params, claim: { items: [{ service_time: null }, { service_time: '2026-03-05' }] },
    }),
    {
      result: 'hit', missing: 'items.service_time',
      hits: [{
        violating: [{ item: 1, riskFen: 1000 }],
        facts: { date: '2026-03-05', start: '2026-03-01', end: '2026-03-04' },
      }],
    },
  )
})

t.test('all operations of an incision but the dearest are discounted', async (t) => {
  const group = (code: string, of = '胃肠手术组', more: object = {}): Row =>
    ({ code, group: of, ...more })
  const rows = [
    group('003310010160000'), group('003310010160100'), group('003310010210000'),
    group('003310050200000', '肝胆手术组'),
    group('003310020060000', '胃肠手术组', { list_price: 1800 }),
  ]
  const [main, part, second, other, listed] = rows.map(({ code }) => code)
  const judge = (
    items: NonNullable<SettlementChanges['items']>,
    procedures: { code: string, date?: string, incision?: string }[] = [],
  ) => ask(sameIncisionDiscount, {
    rows, params: { discount_percent: 50 }, claim: { items, visit: { procedures } },
  })
  const item = (code: string | undefined, unit_price: number, more: object = {}) =>
    ({ code: code!, name: '手术', unit_price, ...more })
  const found = (facts: Facts, item: number, riskFen: number, row: number) => ({
    violating: [{ item, riskFen }], involved: [0], row,
    facts: { first: '手术', ...facts, percent: 50 },
  })
  const full = found({ charged: '1500.00', allowed: '1000.00' }, 1, 50_000, 2)

  t.strictSame(judge([item(main, 2000)]), clear)
  t.strictSame(judge([item(main, 2000), item(second, 1500)]), hit(full))
  t.strictSame(judge([item(main, 2000), item(part, 2000)]), clear, 'one operation and its variant')
  t.strictSame(judge([item(main, 2000), item(other, 1500)]), clear, 'another group')
  t.strictSame(judge([item(main, 2000), item(second, 1000)]), unknown('table.list_price'))
  t.strictSame(judge([item(main, 2000), item(second, 1500, { quantity: 0.5 })]), clear)
  t.strictSame(judge([item(main, 2000), item(second, 1500, { amount: 750 })]), clear)
  t.strictSame(judge([item(main, 2000), item(second, 1500, { quantity: -1 })]), clear)
  t.strictSame(judge([item(main, 2000), item(listed, 900)]), clear, 'half of the list')
  t.strictSame(
    judge([item(main, 2000), item(listed, 900.01)]),
    hit(found({ charged: '900.01', allowed: '900.00' }, 1, 1, 4)),
  )
  t.strictSame(
    judge([item(main, 2000), item(second, 1500, { quantity: 2 })]),
    hit(found({ charged: '1500.00', allowed: '1000.00' }, 1, 100_000, 2)), 'twice, both too dear',
  )
  t.strictSame(
    judge([item(main, 2000), item(second, 1500), item(listed, 900)]), hit(full), 'a third is right')
  t.strictSame(
    judge([item(main, 2000), item(second, 1500), item(listed, 900), item('003310010210000', 1)]),
    hit({
      ...full, violating: [{ item: 1, riskFen: 50_000 }, { item: 3, riskFen: 0 }],
    }), 'a second line of one operation is not at risk beyond the discount')
  const cut = (incision: string, date?: string) =>
    ({ code: '42.1000', incision, ...(date === undefined ? {} : { date }) })
  const both = [item(main, 2000), item(second, 1500)]
  t.strictSame(judge(both, [cut('1'), cut('2')]), clear, 'an incision for each')
  t.strictSame(judge(both, [cut('1'), cut('1')]), hit(full))
  t.strictSame(judge(both, [cut('1', '2026-03-02'), cut('2', '2026-03-03')]), hit(full))
  t.strictSame(judge(both, [cut(''), cut('')]), hit(full), 'nobody numbered them')
  t.strictSame(judge([item(main, 2000), item(second, 2500)]), {
    result: 'hit',
    hits: [{
      violating: [{ item: 0, riskFen: 75_000 }], involved: [1], row: 0,
      facts: { first: '手术', charged: '2000.00', allowed: '1250.00', percent: 50 },
    }],
  }, 'the dearest is the first wherever it stands')
})

t.test('money is written as people write it', async (t) => {
  t.strictSame([yuanText(0), yuanText(5), yuanText(123_456), yuanText(-5)],
    ['0.00', '0.05', '1234.56', '-0.05'])
})
