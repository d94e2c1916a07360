// Sums of indicators by institution, department, doctor and day: what a settlement adds, what its
// reversal takes away, what has no place, what is pruned, and which stays are returns.
import t from 'tap'
import type { Claim } from '../../src/claim/claim.js'
import { indicatorDays } from '../../src/history/indicator-books.js'
import {
  departmentsMax, doctorsMax, emptyTally, packTally, tally, unpackTally,
} from '../../src/history/indicator-day.js'
import { indicators, measure, places } from '../../src/history/indicator-measures.js'
import { FEE, fenLeft, SUM, SUMS } from '../../src/history/indicator-sums.js'
import { aReversal, hospital, settledOn, World } from '../fixtures/remembered.js'

type Changes = Parameters<typeof settledOn>[2]

const month = (world: World, claim: Claim, hideOwn = false) =>
  world.histories.view(claim, { hideOwn }).institution.month()

const asked = (day = '2026-03-30') => settledOn('ASKED', day)

/** A stay of some days, settled on the day of discharge. */
function stay(id: string, from: string, until: string, visit: NonNullable<Changes>['visit'] = {}): Claim {
  return settledOn(id, until, {
    items: [{ service_time: from }],
    visit: { type: '21', setting: 'inpatient', start: from, end: until, is_planned_readmission: false, ...visit },
  })
}

const charged = (id: string, items: object[], changes: Changes = {}) =>
  settledOn(id, '2026-03-02', { ...changes, items: items.map((item, n) => ({
    id: `I-${n}`, code: `C-${n}`, category: 'service', service_time: '2026-03-02', quantity: 1,
    unit_price: 1, amount: 2 ** n, ...item,
  })) })

t.test('a line is counted by its category, its class of fee and, for CT and MRI, its national code', (t) => {
  const world = new World()
  world.histories.record(charged('S-1', [
    { category: 'drug' }, { category: 'herbal-piece' }, { category: 'herbal-granule' },
    { category: 'consumable' }, { code: '002103000010000' }, { code: '002102000010000' },
    { fee_class: '' }, { fee_class: '03' }, { fee_class: '03', code: '' }, { fee_class: '04' },
    { fee_class: '05' }, { fee_class: '08' }, { fee_class: '09' }, { fee_class: '10' },
    { fee_class: '11' }, { fee_class: '01' },
  ]))
  const { whole } = month(world, asked())
  const fees = Object.fromEntries(Object.entries(FEE).map(([name, at]) => [name, whole[SUM.FEN + at]! / 100]))
  t.strictSame(fees, {
    drug: 1 + 2 + 4 + 4_096 + 8_192 + 16_384, consumable: 8 + 2_048, ct: 16, mri: 32, untold: 64,
    test: 128 + 512, exam: 256, treatment: 1_024, other: 32_768,
  })
  const measured = { part: 0, whole: 0, untold: 0, cases: 0 }
  t.strictSame(indicators.map((one) => {
    measure(measured, places[one], whole)
    return [one, measured.part / 100, measured.untold / 100, measured.cases]
  }), [
    ['drug-share', 28_679, 64, 1], ['test-share', 944, 64, 1], ['consumable-share', 2_056, 64, 1],
    ['treatment-share', 1_024, 64, 1], ['ct-share', 16, 320, 1], ['mri-share', 32, 320, 1],
    ['infection-rate', 0, 0, 0], ['readmission-rate', 0, 0, 0],
  ])
  t.end()
})

t.test('a refund takes what its part of the line is worth, and the rest takes all that is left', (t) => {
  const world = new World()
  const lines = [{ category: 'drug', quantity: 3, amount: 1 }, { category: 'drug', amount: 5 }]
  world.histories.record(charged('S-1', lines))
  t.equal(month(world, asked()).whole[SUM.FEN + FEE.drug], 600)
  world.flush()
  world.histories.reverse(aReversal({ lines: [{ item: 'I-0', quantity: 10_000 }] }))
  t.equal(month(world, asked()).whole[SUM.FEN + FEE.drug], 567, 'a third of a yuan, to the fen below')
  world.histories.reverse(aReversal({ settlement: 'R-2' }))
  t.strictSame(month(world, asked()), emptyTally())
  t.strictSame(Object.keys(world.decoded('d:')), [])
  t.equal(fenLeft(9_000_000_000_001, 1_999_999_999, 2_000_000_000), 4_501, 'no float is in between')
  t.end()
})

t.test('a discharge says whether an infection was acquired and a return planned, or nobody tells', (t) => {
  const diagnosis = (acquired?: boolean) => ({ diagnoses: [{
    code: 'J18.900', name: '肺炎', is_main: true, kind: '1',
    ...(acquired === undefined ? {} : { is_hospital_acquired: acquired }),
  }] })
  const sums = (visit: NonNullable<Changes>['visit']) => {
    const world = new World()
    world.histories.record(stay('S-0', '2026-02-01', '2026-02-20'))
    const claim = stay('S-1', '2026-03-01', '2026-03-04', visit)
    const own = world.histories.view(claim).institution
    t.equal(own.own(), own.own(), 'counted once')
    world.histories.record(claim)
    const { whole } = month(world, asked())
    t.strictSame(own.own(), whole)
    return [...whole.subarray(0, SUM.FEN)]
  }
  t.strictSame([
    sums(diagnosis(true)), sums(diagnosis(false)), sums(diagnosis()),
    sums({ is_planned_readmission: true }), sums({ is_transfer: true }),
  ], [
    [1, 1, 1, 0, 1, 0], [1, 1, 0, 0, 1, 0], [1, 1, 0, 1, 1, 0], [1, 1, 0, 1, 0, 0], [1, 1, 0, 1, 0, 0],
  ])
  t.end()
})

t.test('a return is one whichever of the two stays is settled, or taken back, first', (t) => {
  const first = stay('S-1', '2026-02-01', '2026-02-20')
  const second = stay('S-2', '2026-03-10', '2026-03-12')
  const returned = (world: World) => month(world, asked()).whole[SUM.READMITTED]
  const world = new World()
  world.histories.record(second)
  t.equal(returned(world), 0)
  world.histories.record(first)
  t.equal(returned(world), 1)
  world.flush().histories.reverse(aReversal({ reverses: 'S-1', settlement: 'R-1' }))
  t.equal(returned(world), 0)
  world.histories.record(stay('S-3', '2026-02-05', '2026-02-06'))
  t.equal(returned(world), 0, 'after 32 days')
  world.histories.record(stay('S-4', '2026-03-01', '2026-03-02', { institution: { id: 'H44010000002' } }))
  t.equal(returned(world), 0, 'from elsewhere')
  world.histories.record(settledOn('S-5', '2026-03-09'))
  t.equal(returned(world), 0, 'no stay')
  t.end()
})

t.test('departments and doctors beyond the bound have no place, and are told', (t) => {
  const full = emptyTally()
  const sums = new Float64Array(SUMS)
  sums[SUM.CASES] = 1
  for (let n = 0; n < doctorsMax; n++) {
    tally(full, { marks: 0, department: `${n % departmentsMax}`, doctor: `D${n}` }, sums, 1)
  }
  const world = new World()
  const claim = settledOn('S-1', '2026-03-02', { visit: { department: 'ONE-MORE' } })
  world.histories.record(settledOn('S-0', '2026-03-02', { visit: { department: 'ONE-MORE' } }))
  world.flush()
  const [key] = [...world.stored.keys()].filter((one) => one.startsWith(`d:${hospital}:20514:`))
  world.stored.set(key!, new Uint8Array(packTally(full).buffer))
  world.histories.reset()
  world.histories.record(claim)
  const { noDepartment, noDoctor, departments } = month(world, asked())
  t.strictSame([noDepartment, noDoctor, departments.has('ONE-MORE')], [1, 1, false])
  t.equal(world.histories.stats.overflows, 1)
  world.histories.reverse(aReversal())
  t.strictSame(month(world, asked()), full)
  t.strictSame(unpackTally(packTally(full)), full)
  t.end()
})

t.test('of a day only the departments that settled since are written anew, wherever a doctor works', (t) => {
  const world = new World()
  const by = (id: string, department: string, doctor: string) =>
    settledOn(id, '2026-03-02', { visit: { department, doctor: { id: doctor } } })
  for (let n = 0; n < 40; n++) world.histories.record(by(`S-${n}`, `A${n}`, `D${n % 10}`))
  world.flush()
  world.histories.record(by('S-40', 'A7', 'D3'))
  world.histories.record(by('S-41', 'A9', 'D3'))
  const written = world.take().filter(({ key }) => key.startsWith('d:'))
  t.equal(written.length, 2)
  const { doctors, departments } = month(world, asked())
  t.strictSame([departments.get('A7')![SUM.CASES], doctors.get('D3')![SUM.CASES], doctors.size], [2, 6, 10])
  world.histories.reset()
  const again = month(world, asked())
  t.strictSame([again.departments.size, again.doctors.get('D3')![SUM.CASES]], [40, 4], 'as the store has it')
  t.end()
})

t.test('a month is read from its days, without the asker’s own settlement where that is known', (t) => {
  const world = new World()
  for (const day of ['2026-02-27', '2026-03-02', '2026-03-05']) {
    world.histories.record(settledOn(`S-${day}`, day))
  }
  world.flush()
  world.histories.reset()
  const cases = (claim: Claim, hideOwn: boolean) => month(world, claim, hideOwn).whole[SUM.CASES]
  t.equal(cases(asked(), false), 2)
  t.equal(cases(settledOn('S-2026-03-02', '2026-03-02'), true), 1)
  for (const day of ['2026-02-01', '2026-01-01', '2025-12-01', '2026-03-01']) cases(asked(day), false)
  t.equal(cases(asked(), false), 2, 'more months than are kept at hand')
  t.end()
})

t.test('days long past go, and what comes or is taken back later changes nothing of them', (t) => {
  const world = new World()
  world.histories.record(settledOn('S-1', '2025-09-01'))
  world.flush()
  world.histories.record(settledOn('S-2', '2026-03-30'))
  t.strictSame(Object.keys(world.decoded('d:')), [`d:${hospital}`, `d:${hospital}:20542:2`])
  world.histories.record(settledOn('S-3', '2025-09-01'))
  world.histories.reverse(aReversal({ reverses: 'S-3', settlement: 'R-3' }))
  world.histories.reverse(aReversal())
  t.strictSame(Object.keys(world.decoded('d:')), [`d:${hospital}`, `d:${hospital}:20542:2`])
  const { completeFromDay, incompleteReason } = world.histories.view(asked()).institution
  t.strictSame([completeFromDay, incompleteReason], [20_542 - indicatorDays, 'history-pruned'])
  world.histories.gapUntilDay = 20_540
  t.equal(world.histories.view(asked()).institution.incompleteReason, 'history-gap')
  t.end()
})

t.test('books that are clean make room for others', (t) => {
  const world = new World()
  for (let n = 0; n < 2_050; n++) {
    month(world, settledOn('S', '2026-03-02', { visit: { institution: { id: `H${n}` } } }))
    if (n === 1) world.histories.record(settledOn('S-1', '2026-03-02'))
  }
  t.equal(month(world, asked()).whole[SUM.CASES], 1, 'what has changed stays')
  t.end()
})
