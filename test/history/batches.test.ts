// What is told of a charge batch before its bill is settled gives way to what is told later: the histories
// are then those of the last one alone.
import t from 'tap'
import { createPipeline } from '../../src/pipeline.js'
import { anEvent, aSettlement, receivedAt } from '../fixtures/claims.js'
import type { SettlementChanges } from '../fixtures/claims.js'
import { World } from '../fixtures/remembered.js'
import { aBook, aRule, mostTable } from '../fixtures/rule-texts.js'

const book = aBook([aRule(), mostTable])

function aWorld() {
  const world = new World()
  const pipeline = createPipeline({
    rulebook: () => book, histories: world.histories, eventBytesMax: 1_000_000,
  })
  const bytes = (type: string, data: object) =>
    ({ bytes: Buffer.from(JSON.stringify(anEvent({ type, data }))), receivedAt })
  const told = ({ result, messages }: ReturnType<typeof pipeline.settle>) =>
    [result, ...messages.map(({ id }) => id)]
  return {
    settle: (changes: SettlementChanges) => told(pipeline.settle(bytes('settlement', aSettlement(changes)))),
    remember: (changes: SettlementChanges) => told(pipeline.remember(bytes('settlement', aSettlement(changes)))),
    reverse: (data: object) => told(pipeline.settle(bytes('reversal', data))),
    /** Patients, trace codes, stocks: all that rules read. */
    read: () => world.decoded('p:', 't:', 'k:'),
    all: () => world.decoded(),
  }
}

const items = (quantity: number) =>
  [{ id: 'L1', code: 'A1', name: '甲药', quantity, unit_price: 10, trace_codes: ['trace-code-1'] }]
const told = (id: string, quantity = 5) =>
  ({ settlement_id: id, items: items(quantity), charge_batch: 'B1', is_provisional: true })
const settled = (id: string, quantity = 5) =>
  ({ settlement_id: id, items: items(quantity), charge_batch: 'B1' })

function only(change: SettlementChanges) {
  const { settle, read } = aWorld()
  settle(change)
  return read()
}

t.test('what is told again takes the place of what was told, and its warnings are withdrawn', (t) => {
  const { settle, read } = aWorld()
  t.strictSame(settle(told('P1')), ['judged', 'H44010000001:P1:patient'])
  t.strictSame(settle(told('P1')), ['repeated'])
  t.strictSame(settle(told('P2', 6)), ['judged', 'H44010000001:P2:withdrawn', 'H44010000001:P2:patient'])
  t.strictSame(read(), only(told('P2', 6)))
  t.strictSame(settle(told('P1')), ['repeated'], 'the older one sent again')
  t.strictSame(read(), only(told('P2', 6)))
  t.end()
})

t.test('the settlement itself takes its place, and what is told after it comes too late', (t) => {
  const { settle, read } = aWorld()
  settle(told('P1'))
  t.strictSame(settle(settled('S1', 1)), ['judged', 'H44010000001:S1:withdrawn'])
  t.strictSame(read(), only(settled('S1', 1)))
  t.strictSame(settle(told('P2', 7)), ['recorded'])
  t.strictSame(settle(settled('S1', 1)), ['repeated'])
  t.strictSame(read(), only(settled('S1', 1)))
  t.strictSame(settle({ ...settled('S2'), items: [] }), ['judged'], 'two settlements of one batch are two')
  t.end()
})

t.test('after a settlement was taken back, what is told counts again', (t) => {
  const { settle, reverse, read } = aWorld()
  settle(settled('S1'))
  reverse({
    settlement_id: 'R1', reverses: 'S1', institution: 'H44010000001', patient: { key: 'patient-0001' },
  })
  t.strictSame(settle(told('P1')), ['judged', 'H44010000001:P1:patient'])
  t.strictSame(read(), only(told('P1')))
  t.end()
})

t.test('another batch, another visit, or a sender who names no batch takes nobody’s place', (t) => {
  for (const other of [{ charge_batch: 'B2' }, { visit: { id: 'V-2' } }, { charge_batch: null }]) {
    const { settle } = aWorld()
    settle(told('P1'))
    t.notMatch(settle({ ...settled('S1', 1), ...other }), /withdrawn/, JSON.stringify(other))
  }
  const { settle } = aWorld()
  t.strictSame(settle({ ...told('P1', 1), charge_batch: '' }), ['judged'])
  t.strictSame(settle({ ...told('P2', 1), charge_batch: '' }), ['judged', 'H44010000001:P2:withdrawn'], 'a stay')
  t.end()
})

t.test('it is so when it is remembered without being judged, and what waited cancels it', (t) => {
  const [one, other] = [aWorld(), aWorld()]
  for (const change of [told('P1'), told('P2', 6), settled('S1', 2)]) {
    one.settle(change)
    t.strictSame(other.remember(change), ['judged'])
  }
  t.strictSame(other.all(), one.all())
  t.match(one.all(), { 'b:H44010000001:3:V-1:B1': { settlement: 'S1', isProvisional: false } })
  const { settle, remember, reverse, read } = aWorld()
  settle(told('P1'))
  const refund = { institution: 'H44010000001', patient: { key: 'patient-0001' } }
  reverse({ ...refund, settlement_id: 'R1', reverses: 'S1' })
  t.strictSame(settle(settled('S1')), ['recorded', 'H44010000001:S1:withdrawn'])
  t.strictSame(read(), {})
  reverse({ ...refund, settlement_id: 'R2', reverses: 'S2' })
  t.strictSame(remember(settled('S2')), ['recorded'])
  t.end()
})
