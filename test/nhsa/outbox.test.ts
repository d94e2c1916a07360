// The line of what goes to the stream after an answer: its order, its bounds, and what it gives up.
import t from 'tap'
import { Outbox } from '../../src/nhsa/outbox.js'
import type { OutboxOptions } from '../../src/nhsa/outbox.js'

function anOutbox(changes: Partial<OutboxOptions<string>>) {
  const sent: string[] = []
  const dropped: unknown[] = []
  const outbox = new Outbox<string>({
    send: (entry) => { sent.push(entry); return Promise.resolve() },
    waitingMax: 3, sendingMax: 2, onDropped: (reason) => { dropped.push(reason) },
    defer: (run) => { setImmediate(run) }, ...changes,
  })
  return { outbox, sent, dropped }
}

const turns = async (count = 20) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => { setImmediate(resolve) })
}

t.test('what is pushed is sent in its order, after the caller has gone on', async (t) => {
  const { outbox, sent } = anOutbox({})
  for (const entry of ['a', 'b', 'c']) outbox.push(entry)
  t.strictSame([sent, outbox.size], [[], 3])
  await turns()
  t.strictSame([sent, outbox.size], [['a', 'b', 'c'], 0])
})

t.test('what does not fit is dropped and told; the rest is not lost', async (t) => {
  const ends: (() => void)[] = []
  const { outbox, dropped } = anOutbox({ send: () => new Promise<void>((resolve) => { ends.push(resolve) }) })
  for (const entry of ['a', 'b', 'c', 'd']) outbox.push(entry)
  await turns()
  t.strictSame([ends.length, dropped], [2, ['full']], 'two at the same time')
  for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
    end()
    await turns()
  }
  t.equal(outbox.size, 0)
})

t.test('what may still arrive is sent again, what cannot is told', async (t) => {
  const tries: string[] = []
  const { outbox, dropped } = anOutbox({
    send: (entry) => { tries.push(entry); return Promise.reject(new Error(String(tries.length))) },
    again: ({ message }: Error) => message === '3' ? undefined : Promise.resolve(),
  } as Partial<OutboxOptions<string>>)
  outbox.push('a')
  await turns()
  t.strictSame([tries, dropped.map(String), outbox.size], [['a', 'a', 'a'], ['Error: 3'], 0])
})

t.test('a door that closes sends what waits, and waits for it', async (t) => {
  const { outbox, sent, dropped } = anOutbox({ defer: () => {}, send: (entry) => {
    if (entry === 'b') return Promise.reject(new Error('b'))
    sent.push(entry)
    return Promise.resolve()
  } })
  await outbox.drain()
  for (const entry of ['a', 'b', 'c']) outbox.push(entry)
  await outbox.drain()
  t.strictSame([sent, dropped.map(String), outbox.size], [['a', 'c'], ['Error: b'], 0])
})
