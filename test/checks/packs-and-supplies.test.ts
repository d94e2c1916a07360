// A pack of a drug sold twice, and supplies too long. What the rules say of them stands in
// rules/**/*.cases.yaml.
import t from 'tap'
import { supplyDaysLimit } from '../../src/checks/supply-days-limit.js'
import { traceCodeReused } from '../../src/checks/trace-code-reused.js'
import type { ItemWire } from '../../src/claim/wire.js'
import type { SettlementChanges } from '../fixtures/claims.js'
import { H1, clear, hitsOf, judge, march, unknown, visit } from '../fixtures/judged.js'

const pack = (codes: string[], more: Partial<ItemWire> = {}) =>
  ({ code: 'D', name: '某药', category: '101', trace_codes: codes, ...more })

t.test('a pack settled before is named with its holder, and its share of the line is at risk', async (t) => {
  const past = [visit('S-0', 1, [pack(['a'])]), visit('S-1', 2, [pack(['a', 'b'])])]
  const claim = visit('S-9', 9, [pack(['a', 'b', 'c'], { quantity: 3, unit_price: 10 }), pack([])])
  t.strictSame(judge(traceCodeReused, { claim, past }), {
    result: 'hit',
    hits: [{
      violating: [{ item: 0, riskFen: 2_000 }],
      involved: [],
      past: [['S-0', 1], ['S-1', 2], ['S-1', 2]].map(([settlement, day]) => ({
        institution: H1, settlement, name: '某药', day: march(Number(day)), quantity: 0,
      })),
      facts: { code: 'a', codes: 2, times: 3, date: '2026-03-01', institution: H1 },
    }],
  })
})

t.test('one code on two lines of one claim: the later line violates, the earlier is involved', async (t) => {
  const claim = visit('S-9', 9, [
    pack(['a']), pack(['a', 'b']), pack(['a'], { quantity: -1 }), pack(['a']),
  ])
  t.strictSame(hitsOf(judge(traceCodeReused, { claim })).map(({ violating, involved, facts }) =>
    [violating[0]!.item, involved, facts['times'], facts['date']]), [
    [1, [0], 2, '2026-03-09'],
    [3, [1], 2, '2026-03-09'],
  ])
})

t.test('opened packs, refunds and empty lines sell no pack', async (t) => {
  const past = [visit('S-0', 1, [pack(['a'])])]
  const items = [
    pack(['a'], { is_split_pack: true }), pack(['a'], { quantity: -1 }), pack(['a'], { quantity: 0 }),
  ]
  t.strictSame(judge(traceCodeReused, { claim: visit('S-9', 9, items), past }), clear)
  const taken = [pack(['a']), pack(['a'], { quantity: -1 })]
  t.strictSame(judge(traceCodeReused, { claim: visit('S-9', 9, taken), past }), clear)
})

t.test('a gap of the stream and too many holders are unknown', async (t) => {
  const claim = visit('S-9', 9, [pack(['a'])])
  t.strictSame(judge(traceCodeReused, { claim, traceCodes: { completeFromDay: march(1) } }),
    unknown('history-gap'))
  t.strictSame(judge(traceCodeReused, { claim, traceCodes: { isOverflowed: () => true } }),
    unknown('history-overflow'))
})

const supply = {
  days_max: 7, emergency_days_max: 3, long_days_max: 84,
  long_med_types: ['14'], long_diagnoses: ['I10'],
}

t.test('the money of the days too many is at risk; a line without days is told besides', async (t) => {
  const drug = { code: 'D', category: '101' }
  const claim = visit('S-1', 2, [{ ...drug, unit_price: 30, days_of_supply: 30 }, drug, { code: 'X' }])
  t.strictSame(judge(supplyDaysLimit, { params: supply, claim }), {
    result: 'hit',
    hits: [{ violating: [{ item: 0, riskFen: 2_300 }], facts: { days: 30, limit: 7, kind: '普通处方' } }],
    missing: 'items.days_of_supply',
  })
})

t.test('emergency, long-term and ordinary prescriptions have limits of their own', async (t) => {
  const of = (days: number, more: SettlementChanges) =>
    judge(supplyDaysLimit, {
      params: supply,
      claim: visit('S-1', 2, [{ code: 'D', category: '101', days_of_supply: days }], more),
    })
  const limits: [number, SettlementChanges][] = [
    [3, { visit: { type: '13', setting: 'emergency' } }],
    [84, { visit: { type: '14' } }],
    [84, { visit: { diagnoses: [{ code: 'J06.900' }, { code: 'I10.x00' }] } }],
    [84, { payment: { special_disease: 'M039' } }],
    [7, { visit: { diagnoses: [] } }],
  ]
  for (const [limit, more] of limits) {
    t.strictSame(of(limit, more), clear)
    t.equal(hitsOf(of(limit + 1, more))[0]!.facts['limit'], limit)
  }
  const refund = visit('S-1', 2, [{ code: 'D', category: '101', quantity: -1, days_of_supply: 30 }])
  t.strictSame(judge(supplyDaysLimit, { params: supply, claim: refund }), clear)
})
