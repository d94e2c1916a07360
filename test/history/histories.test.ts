// What is remembered of settlements and stays, whole, and what a view shows of it.
import t from 'tap'
import { codeKey, codeHigh, codeLow } from '../../src/claim/code-key.js'
import type { Claim } from '../../src/claim/claim.js'
import { dayOf } from '../../src/claim/day.js'
import { rebuildingReason } from '../../src/history/completeness.js'
import { retentionDays } from '../../src/history/histories.js'
import type { HistoryView, PatientView } from '../../src/history/view.js'
import {
  aReversal, hospital, line, person, said, settled, settledOn, World,
} from '../fixtures/remembered.js'

const march = (day: number) => dayOf('2026-03-01') + day - 1
const key = `p:${person}`

function settlementsOf(view: PatientView): string[] {
  const ids: string[] = []
  for (let past = view.first(); past >= 0; past = view.next(past)) {
    ids.push(view.settlement(past).settlement)
  }
  return ids
}

const holdersOf = ({ traceCodes }: HistoryView, code: string) =>
  traceCodes.holders(code).map(({ settlement, item }) => `${settlement} ${item}`)

const notice = (visit: string, day: string) =>
  ({ patientKey: person, institution: hospital, visit, day: dayOf(day) })

t.test('a settlement is remembered with its coded lines, its year and an identity', (t) => {
  const world = new World()
  const claim = settled({
    items: [
      { quantity: 2.5, unit_price: 4 },
      { code: '', name: '未对码项目', quantity: 1, unit_price: 5 },
      { code: 'XA01', service_time: '2026-03-04', category: '101', trace_codes: ['T1', 'T2'] },
    ],
    visit: { is_transfer: true },
    payment: { total: 30, fund: 12 },
  })
  t.equal(world.histories.record(claim), 'added')
  t.equal(world.histories.watermarkDay, march(4))
  const holder = { institution: hospital, settlement: 'S-1', item: 'I-3', day: march(4) }
  t.strictSame(world.decoded(), {
    [key]: {
      dropped: 0,
      droppedUntilDay: 0,
      years: [{
        year: 2026, settlements: 1, admissions: 1,
        totalFen: 3_000, fundFen: 1_200,
      }],
      settlements: [{
        institution: hospital,
        settlement: 'S-1',
        visit: 'V-1',
        setting: 'inpatient',
        startDay: march(1),
        endDay: march(4),
        settledDay: march(4),
        mainDiagnosis: 'J18.900',
        isExpectedAdmission: true,
        totalFen: 3_000,
        lines: [line(claim.items[0]!), line(claim.items[2]!)],
      }],
      stays: [],
    },
    [`s:${hospital}:S-1`]: {
      status: 'settled',
      contentHash: claim.contentHash,
      patientKey: person,
      settledDay: march(4),
      untilDay: march(4),
      isDropped: false,
      counted: {
        year: 2026, isAdmission: true,
        totalFen: 3_000, fundFen: 1_200,
      },
      lines: [
        { item: codeKey('I-1'), quantity: 25_000, isCoded: true },
        { item: codeKey('I-2'), quantity: 10_000, isCoded: false },
        { item: codeKey('I-3'), quantity: 10_000, isCoded: true },
      ],
      traceCodes: [{ line: 2, code: 'T1' }, { line: 2, code: 'T2' }],
      stocked: [], waiting: [], share: world.histories.settlement(hospital, 'S-1')?.share,
    },
    't:T1': { holders: [holder], dropped: 0 },
    't:T2': { holders: [holder], dropped: 0 },
  })
  t.end()
})

t.test('a view tells lines, days and settings without copying', (t) => {
  const { histories } = new World()
  const first = settledOn('S-1', '2026-03-02', {
    items: [{ service_time: '2026-03-02T10:30:00+08:00' }, { service_time: '2026-03-01' }],
  })
  histories.record(first)
  histories.record(settledOn('S-2', '2026-03-03', { items: [], visit: { diagnoses: [] } }))
  const { patient: view } = histories.view(settledOn('S-9', '2026-03-05'))
  const past = view.first()
  const at = view.firstLine(past)
  t.strictSame([
    view.firstDay(past), view.lastDay(past), view.setting(past), view.startDay(past), view.endDay(past),
    view.isVisit(past, hospital, 'V-S-1'), view.isVisit(past, hospital, 'V-S'),
    view.isVisit(past, 'H44010000002', 'V-S-1'),
  ], [march(1), march(2), 'outpatient', march(2), march(2), true, false, false])
  t.strictSame([
    view.lineLow(at), view.lineHigh(at), view.lineDay(at), view.lineMinute(at), view.lineQuantity(at),
  ], [
    codeLow(first.items[0]!.code), codeHigh(first.items[0]!.code), march(2),
    march(2) * 1_440 + 10 * 60 + 30, 10_000,
  ])
  t.strictSame([view.lineDay(at + view.lineSize), view.lineMinute(at + view.lineSize)],
    [march(1), undefined], 'a date without a time has no minute')
  t.equal(view.endLine(past), at + 2 * view.lineSize)
  const second = view.next(past)
  t.strictSame([view.firstDay(second), view.lastDay(second), view.endLine(second)],
    [march(3), march(3), view.firstLine(second)], 'without lines the visit gives the days')
  t.equal(view.settlement(second).mainDiagnosis, '')
  t.equal(view.next(second), -1)
  t.end()
})

t.test('the first diagnosis stands for a main one that is not marked', (t) => {
  const world = new World()
  const diagnoses = [{ code: 'I10.x00', name: '高血压' }, { code: 'E11.900', name: '糖尿病' }]
  world.histories.record(settledOn('S-1', '2026-03-02', { visit: { diagnoses } }))
  const { patient } = world.histories.view(settledOn('S-2', '2026-03-03'))
  t.equal(patient.settlement(patient.first()).mainDiagnosis, 'I10.x00')
  t.end()
})

t.test('bytes do not depend on the order of arrival', (t) => {
  const days = ['2026-03-02', '2026-03-02', '2025-12-31', '2026-02-11']
  const claims = days.map((day, index) => settledOn(`S-${index}`, day, {
    patient: { key: `patient-000${index % 2}` },
    items: [{ service_time: day, trace_codes: ['T1'], category: '101' }],
  }))
  const bytesOf = (list: readonly Claim[], isStayLast: boolean) => {
    const world = new World()
    if (!isStayLast) world.histories.noteStay('admission', notice('V-9', '2026-03-02'))
    for (const claim of list) world.histories.record(claim)
    if (isStayLast) world.histories.noteStay('admission', notice('V-9', '2026-03-02'))
    return world.bytes('p:', 's:', 't:')
  }
  t.strictSame(bytesOf(claims, false), bytesOf(claims.toReversed(), true))
  t.end()
})

t.test('the same content again is repeated, other content is a conflict', (t) => {
  const { histories } = new World()
  const claim = settled()
  t.equal(histories.identify(hospital, 'S-1', claim.contentHash), 'new')
  histories.record(claim)
  t.equal(histories.identify(hospital, 'S-1', claim.contentHash), 'repeated')
  t.equal(histories.identify('H44010000002', 'S-1', claim.contentHash), 'new')
  t.match(said(() => histories.identify(hospital, 'S-1', 'other')), /^SETTLEMENT_CONFLICT /)
  t.end()
})

t.test('packs have holders in the order of their lines’ ids, but for split and refund lines', (t) => {
  const world = new World()
  world.histories.record(settled({
    items: [
      { id: 'D', trace_codes: ['T1'], is_split_pack: true },
      { id: 'E', trace_codes: ['T1', 'T2'], quantity: -1 },
      ...['B', 'C', 'A'].map((id) => ({ id, trace_codes: ['T1'] })),
    ],
  }))
  const view = world.histories.view(settledOn('S-2', '2026-03-05'))
  t.strictSame(holdersOf(view, 'T1'), ['S-1 A', 'S-1 B', 'S-1 C'])
  t.strictSame(Object.keys(world.decoded('t:')), ['t:T1'])
  t.end()
})

t.test('admission and discharge are told once, and the latest day told wins', (t) => {
  const world = new World()
  const { histories } = world
  t.equal(histories.noteStay('admission', notice('V-1', '2026-03-01')), true)
  t.equal(histories.noteStay('admission', notice('V-1', '2026-03-01')), false)
  t.equal(histories.noteStay('discharge', notice('V-1', '2026-03-04')), true)
  t.equal(histories.noteStay('discharge', notice('V-1', '2026-03-04')), false)
  t.equal(histories.noteStay('discharge', notice('V-1', '2026-03-05')), true)
  t.equal(histories.noteStay('discharge', notice('V-2', '2026-03-06')), true)
  t.equal(histories.watermarkDay, 0, 'only settlements move the watermark')
  const stays = [
    { institution: hospital, visit: 'V-1', admissionDay: march(1), dischargeDay: march(5) },
    { institution: hospital, visit: 'V-2', admissionDay: undefined, dischargeDay: march(6) },
  ]
  t.strictSame(world.decoded(), {
    [key]: { dropped: 0, droppedUntilDay: 0, years: [], settlements: [], stays },
  })
  const { patient } = histories.view(settled())
  t.strictSame([patient.first(), patient.openStays()], [-1, stays])
  t.end()
})

t.test('a stay is open until its settlement with a discharge is known', (t) => {
  const { histories } = new World()
  const open = () => histories.view(settledOn('S-9', '2026-03-09')).patient.openStays()
    .map(({ visit }) => visit)
  histories.noteStay('admission', notice('V-1', '2026-03-01'))
  histories.noteStay('admission', notice('V-2', '2026-03-01'))
  histories.record(settled({ items: [], visit: { end: null } }))
  t.strictSame(open(), ['V-1', 'V-2'], 'an interim settlement does not end it')
  const { patient } = histories.view(settledOn('S-9', '2026-03-09'))
  t.strictSame([patient.lastDay(patient.first()), patient.endDay(patient.first())], [march(1), undefined])
  histories.record(settled({ settlement_id: 'S-2' }))
  t.strictSame(open(), ['V-2'])
  t.end()
})

t.test('a claim that is only asked about does not see what is its own', (t) => {
  const { histories } = new World()
  const claim = settled({ items: [{ trace_codes: ['T1'] }] })
  histories.record(claim)
  histories.record(settled({ settlement_id: 'S-0', items: [{ trace_codes: ['T1'] }] }))
  histories.record(settledOn('S-2', '2026-03-02', { items: [{ trace_codes: ['T1'] }] }))
  histories.record(settled({ visit: { id: 'V-2', institution: { id: 'H44010000002' } } }))
  histories.noteStay('admission', notice('V-1', '2026-03-01'))
  histories.noteStay('admission', notice('V-3', '2026-03-01'))
  const asked = histories.view(claim, { hideOwn: true })
  t.strictSame(settlementsOf(asked.patient), ['S-2', 'S-1'], 'neither its settlement nor its visit')
  t.strictSame(asked.patient.openStays().map(({ visit }) => visit), ['V-3'])
  t.strictSame(holdersOf(asked, 'T1'), ['S-2 I-1', 'S-0 I-1'], 'a pack sold in it before is another’s')
  const seen = histories.view(claim)
  t.strictSame(settlementsOf(seen.patient), ['S-2', 'S-0', 'S-1', 'S-1'])
  t.equal(holdersOf(seen, 'T1').length, 3)
  t.end()
})

t.test('what lies wholly before the horizon goes when the patient is next touched', (t) => {
  const world = new World()
  const { histories } = world
  const known = () => settlementsOf(histories.view(settledOn('S-9', '2026-03-09')).patient)
  const horizon = '2025-01-24' // 401 days before 2026-03-01
  const old = settledOn('S-1', '2025-01-23', {
    items: [{ service_time: '2025-01-23', trace_codes: ['T1'] }],
  })
  histories.record(old)
  histories.record(settledOn('S-2', horizon))
  histories.noteStay('admission', notice('V-9', '2025-01-23'))
  t.equal(dayOf('2026-03-01') - retentionDays, dayOf(horizon))
  t.strictSame(known(), ['S-1', 'S-2'])
  histories.record(settledOn('S-4', '2026-03-01', { patient: { key: 'patient-0003' } }))
  t.strictSame(known(), ['S-1', 'S-2'], 'another patient’s settlement moves the watermark only')
  histories.record(settledOn('S-5', '2026-03-01'))
  t.strictSame(known(), ['S-2', 'S-5'])
  t.strictSame(histories.view(settled()).patient.openStays(), [])
  const { patient, traceCodes } = histories.view(settled())
  t.strictSame([patient.completeFromDay, patient.incompleteReason], [dayOf(horizon), 'history-pruned'])
  t.strictSame([traceCodes.completeFromDay, traceCodes.holders('T1').length], [0, 1])
  t.equal(histories.identify(hospital, 'S-1', old.contentHash), 'repeated')
  t.end()
})

t.test('years that ended before the horizon lose their counters', (t) => {
  const world = new World()
  world.histories.record(settledOn('S-1', '2024-12-30'))
  world.histories.record(settledOn('S-2', '2025-01-02'))
  world.histories.record(settledOn('S-3', '2026-03-01'))
  const { years, settlements } = world.decoded('p:')[key] as {
    years: { year: number, settlements: number }[], settlements: { settlement: string }[],
  }
  t.strictSame(years.map(({ year, settlements }) => [year, settlements]), [[2025, 1], [2026, 1]])
  t.strictSame(settlements.map(({ settlement }) => settlement), ['S-3'])
  t.end()
})

t.test('a settlement older than the horizon is known by its identity and its packs only', (t) => {
  const world = new World()
  world.histories.watermarkDay = march(1)
  const late = settledOn('S-1', '2024-12-30', {
    items: [{ service_time: '2024-12-30', trace_codes: ['T1'] }],
  })
  t.equal(world.histories.record(late), 'added')
  t.equal(world.histories.watermarkDay, march(1))
  t.strictSame(Object.keys(world.decoded()), [`s:${hospital}:S-1`, 't:T1'])
  t.match(world.decoded('s:'), { [`s:${hospital}:S-1`]: { status: 'settled', counted: undefined } })
  t.equal(world.histories.noteStay('admission', notice('V-1', '2024-12-30')), false)
  t.equal(world.histories.reverse(aReversal()), 'applied')
  t.strictSame(world.decoded('p:', 't:'), {})
  t.end()
})

t.test('a view says from which day on it is complete, and why not before', (t) => {
  const { histories } = new World()
  const completeness = (isRebuilding = false) => {
    const { patient, traceCodes } = histories.view(settled(), { isRebuilding })
    return [patient.completeFromDay, patient.incompleteReason, traceCodes.completeFromDay]
  }
  histories.watermarkDay = march(1)
  t.strictSame(completeness(), [march(1) - retentionDays, 'history-pruned', 0])
  histories.gapUntilDay = march(2)
  t.strictSame(completeness(), [march(2), 'history-gap', march(2)])
  histories.watermarkDay = march(2) + retentionDays + 1
  t.strictSame(completeness(), [march(3), 'history-pruned', march(2)])
  t.strictSame(completeness(true), [Infinity, rebuildingReason, Infinity])
  t.end()
})
