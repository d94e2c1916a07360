// What a reversal takes back, before or after its settlement, whole or in lines; and what it refuses.
import t from 'tap'
import { aReversal, hospital, person, said, settled, settledOn, World } from '../fixtures/remembered.js'

const key = `p:${person}`
const items = [
  { quantity: 3, trace_codes: ['T1', 'T2'] },
  { code: '', quantity: 1, trace_codes: ['T3'] },
  { code: 'XB01', quantity: 2 },
]

/** The quantities that the history has of each settlement, in its order. */
function quantities(world: World): unknown {
  const { settlements } = world.decoded('p:')[key] as {
    settlements: { settlement: string, lines: { quantity: number }[] }[],
  }
  return settlements.map(({ settlement, lines }) => [settlement, ...lines.map(({ quantity }) => quantity)])
}

const codes = (world: World) => Object.keys(world.decoded('t:'))

t.test('a whole reversal leaves nothing but two identities', (t) => {
  const world = new World()
  const claim = settled({ items })
  world.histories.record(claim)
  t.equal(world.histories.reverse(aReversal()), 'applied')
  const nothing = {
    patientKey: person, untilDay: 0, isDropped: false, counted: undefined, lines: [], traceCodes: [],
    stocked: [], share: undefined, waiting: [],
  }
  const { contentHash, settledDay } = claim
  t.strictSame(world.decoded(), {
    [`s:${hospital}:R-1`]: {
      ...nothing, status: 'reversal', contentHash: 'hash of R-1', settledDay: 20_520,
    },
    [`s:${hospital}:S-1`]: { ...nothing, status: 'reversed', contentHash, settledDay },
  })
  t.equal(world.histories.identify(hospital, 'S-1', contentHash), 'repeated')
  t.equal(world.histories.identify(hospital, 'R-1', 'hash of R-1'), 'repeated')
  t.match(said(() => world.histories.identify(hospital, 'R-1', 'other')), /^SETTLEMENT_CONFLICT/)
  t.end()
})

t.test('what others added stays when one is taken back', (t) => {
  const world = new World()
  const alone = new World()
  const other = settledOn('S-2', '2026-03-02', { items: [{ trace_codes: ['T1'] }], payment: { total: 9 } })
  alone.histories.record(other)
  world.histories.record(settled({ items }))
  world.histories.record(other)
  world.histories.reverse(aReversal())
  t.strictSame(world.bytes('p:', 't:'), alone.bytes('p:', 't:'))
  t.end()
})

t.test('a partial reversal lowers quantities and frees the packs of what is gone', (t) => {
  const world = new World()
  const { histories } = world
  histories.record(settled({ items }))
  const refund = (settlement: string, ...lines: [string, number][]) => histories.reverse(
    aReversal({ settlement, lines: lines.map(([item, quantity]) => ({ item, quantity })) }))
  t.equal(refund('R-1', ['I-1', 10_000], ['I-2', 10_000]), 'applied')
  t.strictSame([quantities(world), codes(world)], [[['S-1', 20_000, 20_000]], ['t:T1', 't:T2']])
  t.equal(refund('R-2', ['I-1', 5_000], ['I-1', 15_000]), 'applied')
  t.strictSame([quantities(world), codes(world)], [[['S-1', 0, 20_000]], []])
  t.match(histories.settlement(hospital, 'S-1'), { status: 'settled', traceCodes: [] })
  t.equal(refund('R-3', ['I-3', 20_000]), 'applied')
  t.match(histories.settlement(hospital, 'S-1'), { status: 'reversed', lines: [] })
  t.strictSame(world.decoded('p:', 't:'), {})
  t.end()
})

t.test('the rest of a settlement can be taken back whole', (t) => {
  const world = new World()
  world.histories.record(settled({ items }))
  world.histories.reverse(aReversal({ lines: [{ item: 'I-1', quantity: 10_000 }] }))
  world.histories.reverse(aReversal({ settlement: 'R-2' }))
  t.strictSame(world.decoded('p:', 't:'), {})
  t.end()
})

t.test('an item on several lines is taken from the first that have some', (t) => {
  const world = new World()
  const twice = [{ id: 'A', quantity: 1 }, { id: 'B', quantity: -1 }, { id: 'A', quantity: 2 }]
  world.histories.record(settled({ items: twice }))
  world.histories.reverse(aReversal({ lines: [{ item: 'A', quantity: 15_000 }] }))
  t.strictSame(quantities(world), [['S-1', 0, -10_000, 15_000]])
  t.end()
})

t.test('an item’s id may be written in any script', (t) => {
  const world = new World()
  const claim = settled({ items: [{ id: '明细①-é', trace_codes: ['追溯码\u{20000}', 'é'] }, { id: 'I-2' }] })
  const reversal = aReversal({ lines: [{ item: '明细①-é', quantity: 10_000 }] })
  world.histories.record(claim)
  const holder = { institution: hospital, settlement: 'S-1', item: '明细①-é', day: claim.settledDay }
  t.strictSame(world.decoded('t:'), {
    't:é': { holders: [holder], dropped: 0 },
    't:追溯码\u{20000}': { holders: [holder], dropped: 0 },
  })
  t.equal(world.histories.reverse(reversal), 'applied')
  t.strictSame([quantities(world), codes(world)], [[['S-1', 0, 10_000]], []])
  const later = new World()
  later.histories.reverse(reversal)
  t.match(later.flush().histories.settlement(hospital, 'S-1')?.waiting, [{ lines: reversal.lines }])
  later.histories.record(claim)
  t.strictSame(later.bytes('p:', 't:'), world.bytes('p:', 't:'))
  t.end()
})

t.test('a reversal that comes first waits, and cancels its settlement', (t) => {
  const world = new World()
  const claim = settled({ items })
  t.equal(world.histories.reverse(aReversal()), 'waiting')
  t.match(world.histories.settlement(hospital, 'S-1'), {
    status: 'waiting',
    waiting: [{ settlement: 'R-1', patientKey: person, lines: [] }],
  })
  t.equal(world.histories.identify(hospital, 'S-1', claim.contentHash), 'new')
  t.equal(world.histories.identify(hospital, 'R-1', 'hash of R-1'), 'repeated')
  t.equal(world.histories.record(claim), 'cancelled')
  t.strictSame(world.decoded('p:', 't:'), {})
  t.match(world.histories.settlement(hospital, 'S-1'), { status: 'reversed', stocked: [], waiting: [] })
  t.equal(world.histories.identify(hospital, 'S-1', claim.contentHash), 'repeated')
  t.end()
})

t.test('parts that come first lower their settlement when it comes', (t) => {
  const world = new World()
  const after = new World()
  const parts = [
    aReversal({ lines: [{ item: 'I-1', quantity: 10_000 }] }),
    aReversal({ settlement: 'R-2', lines: [{ item: 'I-2', quantity: 10_000 }] }),
  ]
  for (const part of parts) t.equal(world.histories.reverse(part), 'waiting')
  t.equal(world.histories.record(settled({ items })), 'added')
  after.histories.record(settled({ items }))
  for (const part of parts) t.equal(after.histories.reverse(part), 'applied')
  t.strictSame(world.bytes('p:', 's:', 't:'), after.bytes('p:', 's:', 't:'))
  t.equal(world.histories.stats.unmatched, 0)
  t.end()
})

t.test('what waited and does not fit is counted and changes nothing', (t) => {
  const world = new World()
  const { histories } = world
  const alone = new World()
  alone.histories.record(settled({ items }))
  histories.reverse(aReversal({ patientKey: 'patient-0002' }))
  histories.reverse(aReversal({ settlement: 'R-2', lines: [{ item: 'I-9', quantity: 1 }] }))
  t.equal(histories.record(settled({ items })), 'added')
  t.strictSame(world.bytes('p:', 't:'), alone.bytes('p:', 't:'))
  t.equal(histories.stats.unmatched, 2)
  for (const settlement of ['R-3', 'R-4']) histories.reverse(aReversal({ settlement, reverses: 'S-2' }))
  t.equal(histories.record(settledOn('S-2', '2026-03-02')), 'cancelled')
  t.equal(histories.stats.unmatched, 3, 'the second found nothing left')
  histories.reverse(aReversal({ settlement: 'R-5', reverses: 'R-6' }))
  histories.reverse(aReversal({ settlement: 'R-6' }))
  t.equal(histories.stats.unmatched, 4, 'a reversal cannot be taken back, even beforehand')
  t.match(said(() => histories.reverse(aReversal({ settlement: 'R-7', reverses: 'R-6' }))),
    /^REVERSAL_UNMATCHED/)
  t.end()
})

t.test('a reversal that does not fit is refused and changes nothing', (t) => {
  const world = new World()
  const { histories } = world
  histories.record(settled({ items }))
  histories.record(settledOn('S-2', '2026-03-02'))
  histories.reverse(aReversal({ settlement: 'R-2', reverses: 'S-2' }))
  const before = world.bytes('p:', 's:', 't:')
  const cases: Record<string, Parameters<typeof aReversal>[0]> = {
    'an unknown line': { lines: [{ item: 'I-1', quantity: 1 }, { item: 'I-9', quantity: 1 }] },
    'too much of a line': { lines: [{ item: 'I-1', quantity: 30_001 }] },
    'too much in two steps': {
      lines: [{ item: 'I-1', quantity: 20_000 }, { item: 'I-1', quantity: 20_000 }],
    },
    'another patient’s': { patientKey: 'patient-0002' },
    'reversed already': { reverses: 'S-2' },
    'a reversal’s': { reverses: 'R-2' },
    'its own': { reverses: 'R-1' },
  }
  for (const [name, changes] of Object.entries(cases)) {
    t.match(said(() => histories.reverse(aReversal(changes))), /^REVERSAL_UNMATCHED .*: /, name)
  }
  t.strictSame(world.bytes('p:', 's:', 't:'), before)
  t.equal(histories.identify(hospital, 'R-1', 'hash of R-1'), 'new')
  t.end()
})

t.test('a reversal after the horizon gives back the packs and the year that is still counted', (t) => {
  const world = new World()
  const { histories } = world
  const day = '2025-01-10'
  histories.record(settledOn('S-1', day, { items: [{ service_time: day, trace_codes: ['T1'] }] }))
  histories.record(settledOn('S-2', day, {
    patient: { key: 'patient-0002' }, items: [{ service_time: day, quantity: 2 }],
  }))
  histories.record(settledOn('S-3', '2026-03-01'))
  histories.reverse(aReversal())
  t.strictSame(codes(world), [])
  t.match(world.decoded('p:')[key], { years: [{ year: 2026 }], settlements: [{ settlement: 'S-3' }] })
  const part = { item: 'I-1', quantity: 10_000 }
  const patientKey = 'patient-0002'
  histories.reverse(aReversal({ settlement: 'R-2', reverses: 'S-2', patientKey, lines: [part] }))
  t.match(histories.settlement(hospital, 'S-2'), { status: 'settled', lines: [{ quantity: 10_000 }] })
  histories.watermarkDay += 366
  histories.reverse(aReversal({ settlement: 'R-3', reverses: 'S-2', patientKey, lines: [part] }))
  t.equal(world.decoded('p:')['p:patient-0002'], undefined, 'the counter went with its year')
  t.end()
})
