// What the HTTP door says of the partition behind it: how ready it is and how complete its answers are.
import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { CheckAnswer } from '../src/http/check-route.js'
import { createDoors } from '../src/doors.js'
import { aClaim, anEvent, aSettlement, eventBytes } from './fixtures/claims.js'
import {
  aFolder, aPartition, away, doorsOf, gate, partsOf, phases, Server, settlement, until,
} from './fixtures/partition-world.js'

t.test('a full disk is told with its remedy until something could be written again', async (t) => {
  const server = new Server()
  let isFull = true
  const freeBytes = () => isFull ? 0 : Number.MAX_SAFE_INTEGER
  const waiting = [gate(), gate()]
  let waits = 0
  const deps = { wait: () => waiting[waits++]!.opened }
  server.add(settlement(1), settlement(2))
  const { partition, committed } = aPartition(t, server, aFolder(t), { freeBytes, deps: { ...deps, groupEventsMax: 1 } })
  const doors = doorsOf(partition)
  await until(() => waits === 1)
  const full = (left: number) => ({
    ready: false,
    reasons: [{
      code: 'STORE_FULL',
      message: `the disk is full: free some space; nothing is lost: ${left} bytes are left, 67108864 are needed`,
      remedy: 'free some space on the disk of DATA_DIR; nothing is lost, reading goes on by itself',
    }],
  })
  t.strictSame(doors.readiness(), full(0))
  const { open, opened } = gate()
  server.readingBack = opened
  waiting[0]!.open()
  await until(() => server.readBacks.length === 1)
  t.strictSame(doors.readiness(), full(0), 'also while it tries again')
  open()
  await until(() => waits === 2)
  isFull = false
  const first = committed(1)
  waiting[1]!.open()
  await first
  await until(() => partition.state.phase === 'ready')
  t.strictSame(doors.readiness(), { ready: true, reasons: [] })
})

t.test('while the store is rebuilt, rules that need the past are not reached, in later sessions too', async (t) => {
  const server = new Server()
  server.add(settlement(1), settlement(2))
  server.answering = new Promise(() => {})
  const world = aPartition(t, server, aFolder(t), { deps: { groupEventsMax: 1 } })
  const { partition, waits } = world
  const doors = doorsOf(partition)
  const ask = () => {
    const { complete, not_reached: notReached, unknowns } = doors.check(aSettlement(), { stop: () => false })
    return [complete, notReached, unknowns]
  }
  await until(() => server.sent.length === 2)
  t.strictSame(ask(), [false, ['TEST-2'], []])
  server.answering = Promise.resolve()
  let answered = 0
  const hold = gate()
  const connect = server.connect.bind(server)
  server.connect = async (onLost) => {
    const bus = await connect(onLost)
    return {
      ...bus,
      async publish(message) {
        if (answered++ > 0) await hold.opened
        return bus.publish(message)
      },
    }
  }
  server.outputs.warning.length = 0 // so that both are sent again
  const done = world.committed(1)
  server.lose(away())
  await done
  t.strictSame(phases(partition), ['catching-up', 'catching up with 1 events', ''])
  t.strictSame(ask(), [false, ['TEST-2'], []])
  server.lose(away())
  await until(() => waits.length === 2)
  await until(() => server.reads.length === 3)
  t.strictSame(ask(), [false, ['TEST-2'], []], 'the rebuild is not over')
  hold.open()
  await until(() => partition.state.phase === 'ready')
  t.strictSame(ask(), [true, [], []])
  t.ok(partition.check(aClaim(), { stop: () => false, stage: 'pre-alert' }).unknowns.length === 0)
})

t.test('an answer is told in the asker’s words, with what would put it right and the money by payer', (t) => {
  const { partition } = aPartition(t, new Server(), aFolder(t))
  const doors = doorsOf(partition)
  const bill = (quantity: number) => aSettlement({
    items: [{}, { code: 'A1', name: '甲药', quantity, unit_price: 10 }], payment: { total: quantity * 10 + 10, fund: 20 },
  })
  const ask = (quantity: number, stage?: 'pre-alert' | 'audit') =>
    doors.check(bill(quantity), { stop: () => false, ...(stage === undefined ? {} : { stage }) })
  const [finding] = ask(5).findings
  t.match(finding, {
    sentence: '甲药数量5，上限2，共1条',
    at_risk: { total_fen: 5_000, fund_fen: 1_666, patient_fen: 3_334 },
    remedies: [{
      kind: 'reduce-quantity',
      text: '“甲药”数量不超过 2 即可',
      lines: [{
        item: 'I-2', line: 1, is_dropped: false, quantity: 2, unit_price: 10, amount_fen: 2_000, own_pay_fen: 0,
      }],
    }],
  })
  t.strictSame(ask(2).findings, [], 'and it is so')
  t.equal(ask(5, 'pre-alert').findings[0]!.sentence, '甲药超限')
  t.equal(ask(5, 'audit').findings[0]!.sentence, '甲药数量5，上限2，共1条')
  t.ok(Value.Check(CheckAnswer, ask(5)))
  t.end()
})

t.test('the indicators of a month are told by department and doctor, and by level to whoever scrapes', async (t) => {
  const server = new Server()
  const visit = { department: 'D01', doctor: { id: 'DR1' } }
  const settled = (id: string, institution: object) => eventBytes(anEvent({ id, data: aSettlement({
    settlement_id: id, visit: { ...visit, institution }, items: [{ category: '101', fee_class: '09' }],
  }) }))
  server.add(settled('S-1', { id: 'H-1', level: 3 }), settled('S-2', { id: 'H-2', level: '' }))
  const { partition, committed } = aPartition(t, server, aFolder(t))
  await committed(2)
  await until(() => partition.state.phase === 'ready')
  const parts = partsOf(partition)
  const doors = createDoors(parts)
  const answer = await doors.indicators('H-1', '2026-03')
  t.strictSame(await doors.indicators('H-1', undefined), answer, 'without a month: the present one')
  t.match(answer, { institution: 'H-1', month: '2026-03', complete: true, overflowed: false })
  t.equal(answer.figures.every(({ percent }) => percent !== undefined), true)
  const { figures } = await doors.indicators('H-9', '2026-03')
  t.equal(figures.some(({ percent }) => percent !== undefined), false, 'of nothing there is no share')
  t.strictSame(answer.departments.map(({ name }) => name), ['D01'])
  t.strictSame(answer.doctors.map(({ name }) => name), ['DR1'])
  t.strictSame(answer.departments[0]!.figures, answer.figures)
  const levels = parts.observer.readings(partition).indicators!.map(({ level }) => level)
  t.strictSame([...new Set(levels)].sort(), ['3', 'untold'])
  t.equal((await doors.indicators('H-1', '2025-01')).complete, false, 'forgotten since')
  partition.histories.gapUntilDay = partition.histories.watermarkDay
  t.equal((await doors.indicators('H-1', '2026-03')).complete, false, 'the month begins in a gap')
})

t.test('from the first moment of a stop /readyz says so', (t) => {
  const { partition } = aPartition(t, new Server(), aFolder(t))
  const doors = doorsOf(partition)
  const reason = (code: string, message: string) =>
    ({ ready: false, reasons: [{ code, message, remedy: '' }] })
  t.strictSame(doors.readiness(), reason('starting', 'the service is starting'))
  doors.stop()
  t.strictSame(doors.readiness(), reason('SERVICE_STOPPING', 'the service is stopping'))
  t.end()
})
