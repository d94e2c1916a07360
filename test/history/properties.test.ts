// What must hold for any stream: what is taken back never was, the order of arrival does not matter,
// and what is packed is unpacked.
import { deepEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Claim, Reversal, StayNotice, StockMovement } from '../../src/claim/claim.js'
import { codeKey } from '../../src/claim/code-key.js'
import { dayOf } from '../../src/claim/day.js'
import { packRecord, packSettled, recordOf, unpackRecord } from '../../src/history/settlement-record.js'
import type { SettlementRecord } from '../../src/history/settlement-record.js'
import { aReversal, hospital, settledOn, World } from '../fixtures/remembered.js'

const seed = Number(process.env['SEED'] ?? 20_260_302)
t.comment(`seed ${seed}`)
const runs = { seed, numRuns: 300 }
const patients = ['patient-0001', 'patient-0002']

type Event =
  | { readonly claim: Claim, readonly isNoise: boolean }
  | { readonly reversal: Reversal }
  | { readonly type: 'admission' | 'discharge', readonly stay: StayNotice }
  | { readonly movement: StockMovement }
  | { readonly commits: number }

const dates = (from: string) => fc.integer({ min: dayOf(from), max: dayOf('2026-03-03') })
  .map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10))

const items = fc.array(fc.record({
  id: fc.constantFrom('I-1', 'I-2', '明细'),
  code: fc.constantFrom('', 'A01', 'XB02'),
  quantity: fc.constantFrom(-1, 0.5, 1, 3),
  is_split_pack: fc.boolean(),
  trace_codes: fc.array(fc.constantFrom('81', '82', '追溯'), { maxLength: 2 }),
}), { maxLength: 4 })

const settlements = (from: string) => fc.record({
  patient: fc.constantFrom(...patients),
  date: dates(from),
  items,
  total: fc.integer({ min: 1, max: 90_000_000 }),
  setting: fc.constantFrom('outpatient' as const, 'inpatient' as const),
  undo: fc.constantFrom('no', 'whole', 'parts'),
})
type Spec = ReturnType<typeof settlements> extends fc.Arbitrary<infer T> ? T : never

function claimOf({ patient, date, items: lines, total, setting }: Spec, n: number): Claim {
  return settledOn(`S${n}`, date, {
    patient: { key: patient },
    items: lines.map((line) => ({ ...line, service_time: date })),
    visit: { setting },
    payment: { total: total / 100, fund: Math.floor(total / 2) / 100 },
  })
}

/** Refunds that together take back all of a settlement, each of half a line or of a line. */
function undoing(claim: Claim, undo: string, n: number): Reversal[] {
  const about = { reverses: claim.settlement, patientKey: claim.patient.key }
  const lines = claim.items.filter(({ quantity }) => quantity > 0)
    .flatMap(({ id: item, quantity }) =>
      (quantity > 10_000 ? [quantity - 10_000, 10_000] : [quantity])
        .map((part) => ({ item, quantity: part })))
  if (undo === 'whole' || lines.length === 0) return [aReversal({ ...about, settlement: `R${n}` })]
  return lines.map((line, part) =>
    aReversal({ ...about, settlement: `R${n}-${part}`, lines: [line] }))
}

const stays = fc.array(fc.record({
  type: fc.constantFrom('admission' as const, 'discharge' as const),
  patientKey: fc.constantFrom(...patients),
  visit: fc.constantFrom('V-S1', 'V-S2', 'V-X'),
  date: dates('2024-01-01'),
}), { maxLength: 4 })

/** Puts events in the order of as many numbers. */
function shuffled<T>(events: readonly T[], order: readonly number[]): T[] {
  return events.map((event, index) => ({ event, at: order[index % order.length]! * (index + 1) % 997 }))
    .sort((a, b) => a.at - b.at).map(({ event }) => event)
}

function play(events: readonly Event[], hasNoise: boolean): World {
  const world = new World({ cacheBytes: 2_000 })
  const { histories } = world
  let open = 0
  for (const event of events) {
    if ('commits' in event) {
      world.take()
      for (open++; open > event.commits; open--) world.commit()
    } else if ('movement' in event) histories.noteStock(event.movement)
    else if ('stay' in event) histories.noteStay(event.type, event.stay)
    else if ('reversal' in event) {
      if (hasNoise) histories.reverse(event.reversal)
    } else if (hasNoise || !event.isNoise) histories.record(event.claim)
    else histories.watermarkDay = Math.max(histories.watermarkDay, event.claim.settledDay)
  }
  // The same watermark, and every record touched under it.
  for (const key of patients) {
    const items = ['A01', 'XB02'].map((code) => ({ code, service_time: '2026-03-04' }))
    histories.record(settledOn(`LAST-${key}`, '2026-03-04', { patient: { key }, items }))
  }
  return world
}

const movements = fc.array(fc.record({
  code: fc.constantFrom('A01', 'XB02'),
  movement: fc.constantFrom('purchase' as const, 'return' as const, 'count' as const),
  quantity: fc.integer({ min: 1, max: 9 }),
  date: dates('2025-12-01'),
}), { maxLength: 4 })

const order = fc.array(fc.integer({ min: 1, max: 996 }), { minLength: 7, maxLength: 7 })

const hashOf = (n: number) => n.toString(16).padStart(16, '0')

const events = fc.tuple(
  fc.array(settlements('2024-01-01'), { maxLength: 9 }), stays, movements,
  fc.array(fc.nat(2), { maxLength: 5 }), order,
).map(([specs, notices, moved, commits, numbers]) => {
  const claims = specs.map((spec, n) => ({ claim: claimOf(spec, n), isNoise: spec.undo !== 'no' }))
  return shuffled<Event>([
    ...claims,
    ...specs.flatMap(({ undo }, n) => (undo === 'no' ? [] : undoing(claims[n]!.claim, undo, n)))
      .map((reversal) => ({ reversal })),
    ...notices.map(({ type, patientKey, visit, date }) =>
      ({ type, stay: { patientKey, institution: hospital, visit, day: dayOf(date) } })),
    ...moved.map(({ date, quantity, ...told }, n) => ({ movement: {
      ...told, institution: hospital, quantity: quantity * 10_000, day: dayOf(date), contentHash: hashOf(n),
    } })),
    ...commits.map((count) => ({ commits: count })),
  ], numbers)
})

t.test('what is taken back leaves every history as if it had never been', (t) => {
  fc.assert(fc.property(events, (stream) => {
    const noisy = play(stream, true)
    deepEqual(noisy.bytes('p:', 't:', 'k:', 'd:'), play(stream, false).bytes('p:', 't:', 'k:', 'd:'))
    deepEqual([noisy.histories.stats.unmatched, noisy.histories.stats.overflows], [0, 0])
  }), runs)
  t.end()
})

t.test('settlements in any order leave the same histories', (t) => {
  // None so old that it matters whether the watermark had passed it when it came.
  const specs = fc.array(settlements('2025-02-01'), { maxLength: 9 })
  fc.assert(fc.property(specs, order, order, (list, one, other) => {
    const stream = list.map((spec, n) => ({ claim: claimOf(spec, n), isNoise: false }))
    const [a, b] = [one, other].map((numbers) =>
      play(shuffled(stream, numbers), true).bytes('p:', 't:', 's:', 'd:'))
    deepEqual(a, b)
  }), runs)
  t.end()
})

/** As literals are: the generator makes some of its objects without a prototype. */
const plain = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { noNullPrototype: true })

t.test('a settlement’s record is unpacked as it was packed', (t) => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 })
  const refund = plain({ item: text, quantity: fc.integer({ min: 1, max: 2_000_000_000 }) })
  const record: fc.Arbitrary<SettlementRecord> = plain({
    status: fc.constantFrom('settled', 'reversed', 'waiting', 'reversal'),
    contentHash: text,
    patientKey: text,
    settledDay: fc.integer({ min: -30_000, max: 90_000 }),
    untilDay: fc.integer({ min: -30_000, max: 90_000 }),
    isDropped: fc.boolean(),
    counted: fc.option(plain({
      year: fc.integer({ min: 1900, max: 2199 }), isAdmission: fc.boolean(),
      totalFen: fc.maxSafeInteger(), fundFen: fc.maxSafeInteger(),
    }), { nil: undefined }),
    lines: fc.array(plain({
      item: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      quantity: fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }),
      isCoded: fc.boolean(),
    })),
    traceCodes: fc.array(plain({ line: fc.nat(4_999), code: text })),
    stocked: fc.array(plain({
      line: fc.nat(4_999), code: fc.integer({ min: 0, max: 2 ** 48 - 1 }), day: fc.nat(90_000),
    })),
    share: fc.constant(undefined),
    waiting: fc.array(plain({ settlement: text, patientKey: text, lines: fc.array(refund) })),
  })
  fc.assert(fc.property(record, (one) => deepEqual(unpackRecord(packRecord(one)), one)), runs)
  t.end()
})

t.test('a settlement is packed from its claim as from its record', (t) => {
  const added = plain({
    untilDay: fc.integer({ min: 0, max: 90_000 }),
    isDropped: fc.boolean(),
    counted: fc.option(plain({
      year: fc.constant(2026), isAdmission: fc.boolean(),
      totalFen: fc.maxSafeInteger(), fundFen: fc.maxSafeInteger(),
    }), { nil: undefined }),
    share: fc.constantFrom(undefined, { marks: 9, department: 'A03', doctor: '医师', lines: [] }),
    stocked: fc.constant([{ line: 0, code: codeKey('A01'), day: 20_515 }]),
  })
  fc.assert(fc.property(settlements('2026-02-20'), added, (spec, one) => {
    const claim = claimOf(spec, 1)
    deepEqual(packSettled(claim, one), packRecord(recordOf(claim, one)))
  }), runs)
  t.end()
})
