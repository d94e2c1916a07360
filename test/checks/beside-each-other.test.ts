// Things that may not stand beside each other: pairs of items, stays, visits too
// many. What the rules say of them stands in rules/**/*.cases.yaml.
import t from 'tap'
import { exclusiveItems } from '../../src/checks/exclusive-items.js'
import { frequentVisits } from '../../src/checks/frequent-visits.js'
import { outpatientDuringStay } from '../../src/checks/outpatient-during-stay.js'
import { overlappingStays } from '../../src/checks/overlapping-stays.js'
import { splitHospitalisation } from '../../src/checks/split-hospitalisation.js'
import { dayText } from '../../src/claim/day.js'
import type { ItemWire } from '../../src/claim/wire.js'
import { H1, clear, hitsOf, judge, march, stay, unknown, visit } from '../fixtures/judged.js'

const at = (time: string) => `2026-03-02T${time}:00+08:00`

const pairs = 'code,name,code_b,name_b,window,source\n'
  + 'A,监护,B,诊查,same-day,x\nA,监护,C,护理,same-day,x\n'
  + 'V,根治,W,切除,same-visit,x\nD,接生,F,胎心,six-hours,x\nI,有创,E,心电,same-hour,x\n'

t.test('the included item is at fault; two pairs are two hits', async (t) => {
  const claim = visit('S-1', 2, [
    { code: 'C', unit_price: 7 }, { code: 'A' }, { code: 'B', unit_price: 9 },
  ])
  const hits = hitsOf(judge(exclusiveItems, { csv: pairs, claim }))
  t.strictSame(hits.map(({ violating, involved, row }) => [violating, involved, row]), [
    [[{ item: 0, riskFen: 700 }], [1], 1],
    [[{ item: 2, riskFen: 900 }], [1], 0],
  ])
  t.strictSame(hits[1]!.facts, {
    including: '监护', included: '诊查', window: '同一日', date: '2026-03-02', settlements: 0,
  })
})

t.test('a pair over two settlements names the earlier line; the included item bears the money', async (t) => {
  const a = visit('S-A', 2, [{ code: 'A' }])
  const b = visit('S-B', 2, [{ code: 'B', unit_price: 9 }])
  const [second] = hitsOf(judge(exclusiveItems, { csv: pairs, claim: b, past: [a] }))
  t.strictSame(second!.violating, [{ item: 0, riskFen: 900 }])
  t.strictSame(second!.past,
    [{ institution: H1, settlement: 'S-A', name: '监护', day: march(2), quantity: 10_000 }])
  const [first] = hitsOf(judge(exclusiveItems, { csv: pairs, claim: a, past: [b] }))
  t.strictSame(first!.violating, [{ item: 0, riskFen: 0 }])
  t.strictSame(first!.past!.map(({ name }) => name), ['诊查'])
})

t.test('two lines of the past are no concern of a claim on another day', async (t) => {
  const past = [visit('S-0', 2, [{ code: 'A' }, { code: 'B' }, { code: 'B', quantity: 0 }])]
  t.strictSame(judge(exclusiveItems, { csv: pairs, claim: visit('S-1', 3, [{ code: 'A' }]), past }),
    clear)
  t.strictSame(judge(exclusiveItems, { csv: pairs, claim: visit('S-1', 9, [{ code: 'A' }]), past }),
    clear)
  const mine = visit('S-1', 2, [{ code: 'A', quantity: -1 }, { code: 'B', quantity: 0 }])
  t.strictSame(judge(exclusiveItems, { csv: pairs, claim: mine, past }), clear)
})

t.test('one visit is one window however long it lasts, its refunds included', async (t) => {
  const first = [{ code: 'V', service_time: '2026-03-01' }]
  const past = [stay('S-0', [1, 20], { visit: { id: 'V-1' }, items: first })]
  const more = (items: Partial<ItemWire>[]) => stay('S-1', [1, 20], { visit: { id: 'V-1' }, items })
  const claim = more([{ code: 'W', service_time: '2026-03-15' }])
  t.equal(hitsOf(judge(exclusiveItems, { csv: pairs, claim, past })).length, 1)
  const undone = more([
    { code: 'W', service_time: '2026-03-15' },
    { code: 'W', service_time: '2026-03-16', quantity: -1 },
  ])
  t.strictSame(judge(exclusiveItems, { csv: pairs, claim: undone, past }), clear)
  const other = stay('S-1', [1, 20], { items: [{ code: 'W', service_time: '2026-03-01' }] })
  t.strictSame(judge(exclusiveItems, { csv: pairs, claim: other, past }), clear)
  t.strictSame(judge(exclusiveItems, { csv: pairs, claim: other, completeFromDay: march(2) }),
    unknown('history-gap'))
})

t.test('a time that is missing matters only where a counterpart is near', async (t) => {
  const timed = (code: string, time: string) => ({ code, service_time: time })
  const of = (...items: Partial<ItemWire>[]) =>
    judge(exclusiveItems, { csv: pairs, claim: stay('S-1', [1, 9], { items }) })
  const untimed = unknown('items.service_time')
  t.strictSame(of(timed('D', '2026-03-02'), timed('F', '2026-03-03T01:00:00+08:00')), untimed)
  t.strictSame(of(timed('D', '2026-03-02'), timed('F', '2026-03-04T01:00:00+08:00')), clear)
  t.strictSame(of(timed('I', ''), timed('E', '2026-03-01T01:00:00+08:00')), untimed)
  t.strictSame(of(timed('A', ''), timed('B', '2026-03-01')), untimed)
  t.strictSame(of(timed('A', '')), clear)
  const past = [visit('S-0', 2, [timed('D', '2026-03-02'), timed('F', '2026-03-02')])]
  const claim = visit('S-1', 2, [timed('D', at('10:00'))])
  t.strictSame(judge(exclusiveItems, { csv: pairs, claim, past }), untimed)
  const far = visit('S-1', 3, [timed('D', '2026-03-04T10:00:00+08:00'), timed('F', '2026-03-04T23:00:00+08:00')])
  t.strictSame(judge(exclusiveItems, { csv: pairs, claim: far, past }), clear)
  const back = { ...timed('F', at('10:00')), quantity: -1 }
  t.strictSame(of(timed('D', at('12:00')), timed('F', at('10:00')), back), clear)
})

t.test('many pairs and lines make room', async (t) => {
  const codes = Array.from({ length: 80 }, (_, index) => `C${index}`)
  const rows = codes.map((code) => `M,主,${code},副,same-day,x\n`).join('')
  const csv = `code,name,code_b,name_b,window,source\n${rows}`
  const claim = visit('S-1', 2, [{ code: 'M' }, ...codes.map((code) => ({ code }))])
  t.equal(hitsOf(judge(exclusiveItems, { csv, claim })).length, 80)
  t.strictSame(judge(exclusiveItems, { csv, claim: visit('S-1', 2, [{ code: 'X' }]) }), clear)
})

const split = { gap_days_max: 15, exempt_diagnoses: ['Z51'] }

t.test('the nearest of several stays is told, all are named', async (t) => {
  const claim = stay('S-9', [20, 25], { payment: { total: 800 } })
  const past = [stay('S-1', [1, 6]), stay('S-2', [8, 12]), stay('S-3', [27, 30]), visit('S-4', 15, [{}])]
  const [hit] = hitsOf(judge(splitHospitalisation, { params: split, claim, past }))
  t.strictSame(hit, {
    violating: [],
    riskFen: 80_000,
    past: [['S-1', 1], ['S-2', 8], ['S-3', 27]].map(([settlement, day]) => ({
      institution: H1, settlement, name: '', day: march(Number(day)), quantity: 0,
    })),
    facts: {
      gap: 2, limit: 15, discharge: '2026-03-25', admission: '2026-03-27',
      earlierDiagnosis: 'J18.900', laterDiagnosis: 'J18.900',
    },
  })
})

t.test('what excuses is looked for in the later stay, whichever is the claim', async (t) => {
  const diagnoses = [{ code: 'Z51.100' }]
  const earlier = stay('S-1', [1, 6])
  const planned = stay('S-2', [8, 12], { visit: { is_planned_readmission: true } })
  const chemo = stay('S-2', [8, 12], { visit: { diagnoses } })
  for (const later of [planned, chemo]) {
    t.strictSame(judge(splitHospitalisation, { params: split, claim: later, past: [earlier] }),
      clear)
    t.strictSame(judge(splitHospitalisation, { params: split, claim: earlier, past: [later] }),
      clear)
  }
  const untold = stay('S-2', [8, 12], { visit: { diagnoses: [] } })
  t.strictSame(judge(splitHospitalisation, { params: split, claim: earlier, past: [untold] }),
    unknown('visit.diagnoses'))
})

t.test('a stay that has not ended has no gap behind it', async (t) => {
  const open = stay('S-1', [1, 6], { visit: { end: '' } })
  const next = stay('S-2', [8, 12])
  t.strictSame(judge(splitHospitalisation, { params: split, claim: open, past: [next] }), clear)
  t.strictSame(judge(splitHospitalisation, { params: split, claim: next, past: [open] }), clear)
  t.strictSame(judge(splitHospitalisation, { params: split, claim: next, completeFromDay: march(-6) }),
    unknown('history-gap'))
})

t.test('a stay that has not ended lasts at least until it was settled', async (t) => {
  const open = stay('S-1', [1, 6], { visit: { end: '' } })
  const other = stay('S-2', [5, 12])
  t.equal(hitsOf(judge(overlappingStays, { claim: open, past: [other] }))[0]!.facts['to'],
    '2026-03-06')
  t.equal(hitsOf(judge(overlappingStays, { claim: other, past: [open] }))[0]!.facts['to'],
    '2026-03-06')
  t.strictSame(judge(overlappingStays, { claim: stay('S-3', [6, 9]), past: [open] }), clear)
  t.strictSame(judge(overlappingStays, { claim: other, completeFromDay: march(6) }),
    unknown('history-gap'))
})

const outside = { settings: ['outpatient', 'pharmacy'] }

t.test('charges inside a stay are named one by one, from either side', async (t) => {
  const inside = stay('S-1', [1, 9])
  const day = (number: number) => dayText(march(number))
  const claim = visit('S-2', 4, [
    { code: 'A', unit_price: 3 }, { code: 'B', service_time: day(9) }, { code: 'C', quantity: -1 },
    { code: '', unit_price: 4, service_time: day(3) },
  ])
  const past = [inside, visit('S-3', 4, [{}])]
  t.strictSame(judge(outpatientDuringStay, { params: outside, claim, past }), {
    result: 'hit',
    hits: [{
      violating: [{ item: 0, riskFen: 300 }, { item: 3, riskFen: 400 }],
      past: [{ institution: H1, settlement: 'S-1', name: '', day: march(1), quantity: 0 }],
      facts: { admission: '2026-03-01', discharge: '2026-03-09', date: '2026-03-03', charges: 2 },
    }],
  })
  const uncoded = visit('S-4', 5, [{ code: '' }])
  const late = hitsOf(judge(outpatientDuringStay, {
    params: outside, claim: inside, past: [claim, uncoded],
  }))
  t.strictSame(late[0]!.past, [
    { institution: H1, settlement: 'S-2', name: '', day: march(4), quantity: 10_000 },
    { institution: H1, settlement: 'S-4', name: '', day: march(5), quantity: 0 },
  ])
  const after = [visit('S-5', 20, [{}])]
  t.strictSame(judge(outpatientDuringStay, { params: outside, claim: inside, past: after }), clear)
})

t.test('a stay told by its admission counts before it is settled', async (t) => {
  const claim = visit('S-2', 4, [{ code: 'A' }])
  const of = (admissionDay: number | undefined, dischargeDay: number | undefined) =>
    judge(outpatientDuringStay, {
      params: outside,
      claim,
      openStays: [{ institution: H1, visit: 'V-9', admissionDay, dischargeDay }],
    })
  t.strictSame(hitsOf(of(march(3), undefined))[0]!.facts['discharge'], '在院')
  t.strictSame(hitsOf(of(march(3), undefined))[0]!.past, [])
  t.equal(of(march(3), march(5)).result, 'hit')
  t.strictSame(of(march(4), undefined), clear)
  t.strictSame(of(march(1), march(4)), clear)
  t.strictSame(of(undefined, march(9)), clear)
  const refund = visit('S-2', 4, [{ code: 'A', quantity: -1 }])
  t.strictSame(judge(outpatientDuringStay, { params: outside, claim: refund, past: [stay('S-1', [1, 9])] }),
    clear)
})

t.test('a day inside a gap of the past is unknown', async (t) => {
  const claim = visit('S-2', 4, [{ code: 'A', service_time: dayText(march(3)) }])
  t.strictSame(judge(outpatientDuringStay, { params: outside, claim, completeFromDay: march(4) }),
    unknown('history-gap'))
})

const often = { settings: ['outpatient'], window_days: 10, visits_max: 2 }

t.test('visits are counted once, refunds not at all, in every window that holds the claim’s', async (t) => {
  const past = [
    visit('S-1', 1, [{}]), visit('S-2', 6, [{}]), visit('S-2b', 6, [{}], { visit: { id: 'V-S-2' } }),
    visit('S-3', 14, [{}]), visit('S-4', 8, [{}], { payment: { total: -5 } }), stay('S-5', [7, 9]),
  ]
  const claim = visit('S-9', 9, [{}], { payment: { total: 12 } })
  t.strictSame(hitsOf(judge(frequentVisits, { params: often, claim, past })), [{
    violating: [],
    riskFen: 1_200,
    past: [['S-1', 1], ['S-2', 6], ['S-2b', 6], ['S-3', 14]].map(([settlement, day]) => ({
      institution: H1, settlement, name: '', day: march(Number(day)), quantity: 0,
    })),
    facts: { total: 3, limit: 2, days: 10, from: '2026-03-01', to: '2026-03-09' },
  }])
  const spread = [
    visit('S-1', 1, [{}]), visit('S-2', 12, [{}]),
    visit('S-2b', 12, [{}], { visit: { id: 'V-S-2' } }),
  ]
  t.strictSame(judge(frequentVisits, { params: often, claim, past: spread }), clear)
  const refund = visit('S-9', 9, [{}], { payment: { total: -1 } })
  t.strictSame(judge(frequentVisits, { params: often, claim: refund, past }), clear)
  t.strictSame(judge(frequentVisits, { params: often, claim, completeFromDay: march(1) }),
    unknown('history-gap'))
})

t.test('settings that a rule does not name are none of its', async (t) => {
  const claim = visit('S-2', 4, [{ code: 'A' }], { visit: { type: '13', setting: 'emergency' } })
  const past = [stay('S-1', [1, 9])]
  t.strictSame(judge(outpatientDuringStay, { params: outside, claim, past }), clear)
  t.strictSame(judge(splitHospitalisation, { params: split, claim, past }), clear)
  t.strictSame(judge(overlappingStays, { claim, past }), clear)
})

t.test('without a main diagnosis the first one counts', async (t) => {
  const diagnoses = [{ code: 'A01' }, { code: 'Z51.100' }]
  const of = (...more: object[]) => judge(splitHospitalisation, {
    params: split,
    claim: stay('S-2', [8, 12], { visit: { diagnoses: [...diagnoses, ...more] } }),
    past: [stay('S-1', [1, 6])],
  })
  t.equal(hitsOf(of())[0]!.facts['laterDiagnosis'], 'A01')
  t.strictSame(of({ code: 'Z51.500', is_main: true }), clear)
})
