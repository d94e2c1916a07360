// Every list has a bound: what is beyond it is counted, the view says so, and a reversal undoes it.
import t from 'tap'
import type { Claim } from '../../src/claim/claim.js'
import { waitingMax } from '../../src/history/histories.js'
import { openStaysMax, timelineBytesMax } from '../../src/history/timeline.js'
import {
  aReversal, hospital, line, person, said, settled, settledOn, World,
} from '../fixtures/remembered.js'

const key = `p:${person}`

/** Lines enough that two settlements pass the bound of a record. */
const manyItems = (day: string) => Array.from({ length: 5_000 }, (_, index) =>
  ({ id: `I-${index}`, service_time: day }))
const big = (id: string, day: string) => settledOn(id, day, { items: manyItems(day) })

t.test('holders beyond sixteen are counted, and the code says that it is overflowed', (t) => {
  const world = new World()
  for (let index = 1; index <= 18; index++) {
    const id = `S-${String(index).padStart(2, '0')}`
    world.histories.record(settledOn(id, '2026-03-02', { items: [{ trace_codes: ['T1'] }] }))
  }
  const view = world.histories.view(settledOn('S-99', '2026-03-03'))
  t.strictSame([view.traceCodes.holders('T1').length, view.traceCodes.isOverflowed('T1')], [16, true])
  t.strictSame([view.traceCodes.holders('T2'), view.traceCodes.isOverflowed('T2')], [[], false])
  t.equal(world.histories.stats.overflows, 2)
  t.match(world.decoded('t:'), { 't:T1': { dropped: 2 } })
  t.end()
})

t.test('more than 32 reversals of one settlement do not wait', (t) => {
  const world = new World()
  const wait = (index: number) => world.histories.reverse(
    aReversal({ settlement: `R-${index}`, lines: [{ item: 'I-1', quantity: 100 }] }))
  for (let index = 0; index < waitingMax; index++) t.equal(wait(index), 'waiting')
  t.match(said(() => wait(waitingMax)), /^REVERSAL_UNMATCHED/)
  t.equal(world.histories.stats.overflows, 1)
  world.histories.record(settled())
  t.match(world.decoded('p:')[key], {
    settlements: [{ lines: [{ quantity: 10_000 - waitingMax * 100 }] }],
  })
  t.end()
})

t.test('holders beyond sixteen are given back too', (t) => {
  const world = new World()
  const claims = Array.from({ length: 18 }, (_, index) => settledOn(`S-${10 + index}`, '2026-03-02', {
    items: [{ trace_codes: ['T1'] }],
  }))
  const undo = ({ settlement }: Claim) =>
    world.histories.reverse(aReversal({ settlement: `R-${settlement}`, reverses: settlement }))
  for (const claim of claims) world.histories.record(claim)
  undo(claims[17]!)
  t.match(world.decoded('t:'), { 't:T1': { dropped: 1 } })
  for (const claim of claims.slice(1, 16)) undo(claim)
  t.match(world.decoded('t:'), { 't:T1': { holders: [{ settlement: 'S-10' }], dropped: 1 } })
  undo(claims[16]!)
  undo(claims[0]!)
  t.strictSame(world.decoded('t:', 'p:'), {})
  t.end()
})

t.test('a record that meets its bound says so, and a reversal makes that undone', (t) => {
  const world = new World()
  const { histories } = world
  const isOverflowed = () => histories.view(settled()).patient.isOverflowed
  const room = Math.floor(timelineBytesMax / (5_000 * 16))
  const claims = Array.from({ length: room + 2 }, (_, index) => big(`S-${index + 1}`, '2026-03-02'))
  for (const claim of claims.slice(0, room)) histories.record(claim)
  const full = world.bytes('p:')
  t.equal(isOverflowed(), false)
  histories.record(claims[room]!)
  histories.record(claims[room + 1]!)
  t.strictSame([isOverflowed(), histories.stats.overflows], [true, 2])
  t.match(world.decoded('p:')[key], { dropped: 2, droppedUntilDay: claims[0]!.settledDay })
  t.match(histories.settlement(hospital, `S-${room + 1}`), { isDropped: true })
  const undo = (index: number, lines: { item: string, quantity: number }[] = []) =>
    histories.reverse(aReversal({ settlement: `R-${index}-${lines.length}`, reverses: `S-${index}`, lines }))
  undo(room + 1, [{ item: 'I-1', quantity: 5_000 }])
  undo(room + 1)
  t.equal(isOverflowed(), true)
  undo(room + 2)
  t.equal(isOverflowed(), false)
  t.strictSame(world.bytes('p:'), full)
  t.end()
})

t.test('what did not fit is forgotten with the horizon, and its reversal finds nothing to count', (t) => {
  const world = new World()
  const { histories } = world
  const room = Math.floor(timelineBytesMax / (5_000 * 16))
  for (let index = 1; index <= room + 1; index++) histories.record(big(`S-${index}`, '2025-01-10'))
  t.equal(histories.view(settled()).patient.isOverflowed, true)
  const late = settledOn('S-9', '2026-03-01')
  histories.record(late)
  t.equal(histories.view(settled()).patient.isOverflowed, false)
  histories.reverse(aReversal({ settlement: 'R-9', reverses: `S-${room + 1}` }))
  t.match(world.decoded('p:')[key], {
    dropped: 0, droppedUntilDay: 0,
    settlements: [{ settlement: 'S-9', lines: [line(late.items[0]!)] }],
  })
  t.end()
})

t.test('stays beyond the bound are counted', (t) => {
  const { histories } = new World()
  const tell = (index: number) => histories.noteStay('admission', {
    patientKey: person, institution: hospital, visit: `V-${index}`, day: 20_520,
  })
  for (let index = 0; index < openStaysMax; index++) tell(index)
  t.equal(histories.view(settled()).patient.isOverflowed, false)
  tell(openStaysMax)
  const { patient } = histories.view(settled())
  t.strictSame([patient.isOverflowed, patient.openStays().length], [true, openStaysMax])
  t.end()
})

t.test('a bill with more packs than are looked for side by side holds each of them', (t) => {
  const world = new World()
  const packs = Array.from({ length: 200 }, (_, number) => `T${number}`)
  world.histories.record(settledOn('S-1', '2026-03-02', { items: [{ trace_codes: packs }] }))
  const view = world.histories.view(settledOn('S-2', '2026-03-02'))
  t.strictSame(packs.filter((pack) => view.traceCodes.holders(pack).length !== 1), [])
  t.end()
})
