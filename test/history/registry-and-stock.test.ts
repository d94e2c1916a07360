// What registries and institutions report: states by day, and ledgers that stay short.
import t from 'tap'
import type { RegistryNotice, StockMovement } from '../../src/claim/claim.js'
import { codeHigh, codeKey, codeLow } from '../../src/claim/code-key.js'
import { dayOf } from '../../src/claim/day.js'
import { statesMax } from '../../src/history/registry-states.js'
import { ledgersMax } from '../../src/history/stock-books.js'
import { ledgerDays } from '../../src/history/stock-ledger.js'
import { aReversal, hospital, settledOn, World } from '../fixtures/remembered.js'
import type { SettlementChanges } from '../fixtures/claims.js'

const rights = (day: string, ...words: string[]): RegistryNotice =>
  ({ subject: 'doctor', key: 'D-1', day: dayOf(day), words })
const claim = settledOn('S-9', '2026-03-09')

let serial = 0
const moved = (movement: StockMovement['movement'], quantity: number, day: string): StockMovement => ({
  institution: hospital, code: 'X1', movement, quantity: quantity * 10_000, day: dayOf(day),
  contentHash: (++serial).toString(16).padStart(16, '0'),
})
const sold = (id: string, day: string, quantities: number[], changes: SettlementChanges = {}) =>
  settledOn(id, day, {
    items: quantities.map((quantity, index) =>
      ({ id: `I-${index + 1}`, code: 'X1', quantity, service_time: day })),
    ...changes,
  })

function balance({ histories }: World, options = {}) {
  const { stock } = histories.view(claim, options)
  const told = stock.balanceOf(hospital, codeLow('X1'), codeHigh('X1'))
  return told && [told.countDay, told.available / 10_000, told.sold / 10_000]
}

t.test('a state holds from its day until the next, and of one day the last told', (t) => {
  const world = new World()
  const { histories } = world
  t.ok(histories.noteRegistry(rights('2026-02-01', 'a')))
  t.ok(histories.noteRegistry(rights('2026-01-01')))
  t.ok(histories.noteRegistry(rights('2026-02-01', 'a', 'b')))
  t.notOk(histories.noteRegistry(rights('2026-02-01', 'a', 'b')), 'known already')
  t.notOk(histories.noteRegistry({ subject: 'doctor', key: 'D-1', day: 1, words: undefined }))
  const ask = (day: string) => histories.view(claim).registry.stateOn('doctor', 'D-1', dayOf(day))?.words
  const answers = ['2025-12-31', '2026-01-31', '2026-02-01'].map(ask)
  t.strictSame(answers, [undefined, [], ['a', 'b']])
  world.flush()
  histories.reset()
  t.strictSame(['2025-12-31', '2026-01-31', '2026-02-01'].map(ask), answers, 'read back')
  t.strictSame(world.decoded('g:'), { 'g:doctor:D-1': { states: [
    { fromDay: dayOf('2026-01-01'), words: [] }, { fromDay: dayOf('2026-02-01'), words: ['a', 'b'] },
  ] } })
  t.end()
})

t.test('states that can no longer be asked for leave, and so do more than the bound', (t) => {
  const { histories } = new World()
  histories.noteRegistry(rights('2020-01-01', 'old'))
  histories.watermarkDay = dayOf('2026-03-01')
  histories.noteRegistry(rights('2021-01-01', 'newer'))
  const ask = (day: number) => histories.view(claim).registry.stateOn('doctor', 'D-1', day)?.words
  t.strictSame([ask(dayOf('2020-06-01')), ask(dayOf('2026-01-01'))], [undefined, ['newer']])
  const first = dayOf('2026-01-01')
  for (let n = 0; n < statesMax; n++) {
    histories.noteRegistry({ subject: 'doctor', key: 'D-1', day: first + n, words: [`${n}`] })
  }
  t.strictSame([ask(first - 1), ask(first)], [undefined, ['0']])
  t.equal(histories.stats.overflows, 1)
  t.end()
})

t.test('what many keys said is still found when memory has let go of it', (t) => {
  const world = new World()
  world.histories.noteRegistry(rights('2026-01-01', 'a'))
  world.histories.noteStock(moved('count', 5, '2026-02-01'))
  world.flush()
  const { registry, stock } = world.histories.view(claim)
  for (let n = 0; n < 20_000; n++) {
    registry.stateOn('benefit', `P-${n}`, 1)
    stock.isReporting(`H-${n}`)
    stock.balanceOf(hospital, n, 1)
  }
  t.strictSame(registry.stateOn('doctor', 'D-1', dayOf('2026-02-01'))?.words, ['a'])
  t.ok(stock.isReporting(hospital))
  t.strictSame(balance(world), [dayOf('2026-02-01'), 5, 0])
  t.end()
})

t.test('a ledger counts what came and what claims sold after the last count', (t) => {
  const world = new World()
  const { histories } = world
  histories.record(sold('S-0', '2026-03-01', [3]))
  t.equal(balance(world), undefined, 'nothing is kept before stock is reported')
  histories.noteStock(moved('purchase', 30, '2026-02-20'))
  t.strictSame(balance(world), [undefined, 30, 0])
  t.ok(histories.noteStock(moved('count', 10, '2026-02-25')))
  for (const movement of [moved('purchase', 8, '2026-02-26'), moved('return', 1, '2026-02-26'),
    moved('loss', 1, '2026-02-27'), moved('sale', 5, '2026-02-27')]) histories.noteStock(movement)
  histories.record(sold('S-1', '2026-03-01', [4, 2]))
  histories.record(sold('S-2', '2026-02-25', [7]))
  t.strictSame(balance(world), [dayOf('2026-02-25'), 16, 6])
  const again = moved('purchase', 1, '2026-03-01')
  t.strictSame([histories.noteStock(again), histories.noteStock(again)], [true, false])
  t.notOk(histories.noteStock(moved('purchase', 1, '2026-02-25')), 'the count has it')
  t.strictSame(balance(world, { hideOwn: true }), [dayOf('2026-02-25'), 17, 6])
  const own = histories.view(sold('S-1', '2026-03-01', []), { hideOwn: true }).stock
    .balanceOf(hospital, codeLow('X1'), codeHigh('X1'))
  t.equal(own?.sold, 0, 'a claim’s own sale is left out where it is asked about again')
  world.flush()
  histories.reset()
  t.strictSame(balance(world), [dayOf('2026-02-25'), 17, 6], 'read back')
  t.strictSame(world.decoded('k:')[`k:${hospital}`], { ledgers: 1 })
  t.match(world.decoded('k:')[`k:${hospital}:${codeKey('X1')}`], { countDay: dayOf('2026-02-25') })
  t.end()
})

t.test('a stock that was never counted stays so when it is read back', (t) => {
  const world = new World()
  world.histories.noteStock(moved('purchase', 3, '2026-02-20'))
  world.flush()
  world.histories.reset()
  t.strictSame(balance(world), [undefined, 3, 0])
  t.end()
})

t.test('of more items than the bound no stock is kept; those that are known go on', (t) => {
  const { histories } = new World()
  const bought = { ...moved('purchase', 1, '2026-02-20') }
  for (let n = 0; n < ledgersMax; n++) histories.noteStock({ ...bought, code: `Y${n}` })
  t.equal(histories.noteStock({ ...bought, code: 'ONE-MORE' }), false)
  t.equal(histories.stats.overflows, 1)
  t.equal(histories.noteStock({ ...moved('purchase', 1, '2026-02-21'), code: 'Y1' }), true)
  const { stock } = histories.view(claim)
  const available = (code: string) => stock.balanceOf(hospital, codeLow(code), codeHigh(code))?.available
  t.strictSame([available('ONE-MORE'), available('Y1')], [undefined, 20_000])
  t.end()
})

t.test('what is taken back goes back into stock: in part, whole, before its sale or after a count', (t) => {
  const world = new World()
  const { histories } = world
  const day = dayOf('2026-02-25')
  histories.noteStock(moved('count', 10, '2026-02-25'))
  histories.record(sold('S-1', '2026-03-01', [4, 2]))
  histories.reverse(aReversal({ settlement: 'R-1', lines: [{ item: 'I-1', quantity: 10_000 }] }))
  t.strictSame(balance(world), [day, 10, 5])
  histories.reverse(aReversal({ settlement: 'R-2' }))
  t.strictSame(balance(world), [day, 10, 0])
  histories.reverse(aReversal({ settlement: 'R-3', reverses: 'S-2' }))
  histories.record(sold('S-2', '2026-03-01', [4]))
  t.strictSame(balance(world), [day, 10, 0])
  histories.record(sold('S-3', '2026-03-01', [4]))
  histories.noteStock(moved('count', 6, '2026-03-02'))
  histories.reverse(aReversal({ settlement: 'R-4', reverses: 'S-3' }))
  t.strictSame(balance(world), [day + 5, 6, 0], 'the count was made without it')
  t.end()
})

t.test('days long past are folded into the opening, and still taken back', (t) => {
  const world = new World()
  const { histories } = world
  const key = `k:${hospital}:${codeKey('X1')}`
  histories.noteStock(moved('count', 10, '2025-11-01'))
  histories.record(sold('S-1', '2025-11-05', [4]))
  histories.noteStock(moved('purchase', 5, '2025-11-06'))
  histories.record(sold('S-2', '2026-03-01', [1]))
  const foldedUntilDay = dayOf('2026-03-01') - ledgerDays
  t.match(world.decoded('k:')[key], { opening: 110_000, soldBefore: 40_000, foldedUntilDay })
  t.strictSame(balance(world), [dayOf('2025-11-01'), 15, 5])
  histories.noteStock(moved('purchase', 2, '2025-11-07'))
  histories.reverse(aReversal({ settlement: 'R-1', reverses: 'S-1' }))
  t.strictSame(balance(world), [dayOf('2025-11-01'), 17, 1])
  t.notOk(histories.noteStock(moved('count', 3, '2025-11-09')), 'too old to say what came after it')
  t.end()
})
