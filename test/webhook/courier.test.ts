// A courier: the order it keeps, its pauses, where it gives up, what it gives back.
import t from 'tap'
import { Courier, pauseMs } from '../../src/webhook/courier.js'
import type { CourierDeps, Queued } from '../../src/webhook/courier.js'
import { Gate } from '../../src/webhook/gate.js'
import type { Sent } from '../../src/webhook/send.js'

const streamCreated = '2026-03-01T08:00:00Z'

/** A courier whose queue holds these sequences, and whose attempts fail as often as said. */
function aCourier(sequences: readonly number[], changes: Partial<CourierDeps> = {}) {
  const said: string[] = []
  const waits: number[] = []
  const list = [...sequences]
  let ended: () => void = () => {}
  const atEnd = new Promise<void>((resolve) => { ended = resolve })
  const queued = (sequence: number): Queued => ({
    streamCreated,
    sequence,
    bytes: Buffer.from('x'),
    receivedAt: 1_000 + sequence,
    pending: list.length,
    async done() { said.push(`done ${sequence}`) },
    working() {},
    release() { said.push(`release ${sequence}`) },
  })
  const courier: Courier = new Courier({
    openQueue: async () => ({
      streamCreated,
      async next() {
        const sequence = list.shift()
        if (sequence !== undefined) return queued(sequence)
        ended()
        return new Promise(() => {})
      },
    }),
    async send({ sequence }) {
      said.push(`send ${sequence}`)
      return { ok: true }
    },
    async bury({ sequence }, reason) { said.push(`bury ${sequence}: ${reason}`) },
    async wait(milliseconds) { waits.push(milliseconds) },
    attemptsMax: 3,
    onResult: (result, reason) => { said.push(`${result} ${reason}`.trim()) },
    onFailure: (error) => { said.push(`lost: ${String(error)}`) },
    ...changes,
  })
  return { courier, said, waits, atEnd, queued }
}

t.test('warnings go one after the other; what fails is tried again with growing pauses, then given up', async (t) => {
  const left: Record<number, number> = { 2: 1, 3: 9 }
  const world = aCourier([1, 2, 3, 4], {
    async send({ sequence }): Promise<Sent> {
      world.said.push(`send ${sequence}`)
      return (left[sequence] ?? 0) > 0 && left[sequence]!-- > 0 ? { ok: false, reason: 'status 500' } : { ok: true }
    },
  })
  const running = world.courier.run()
  await world.atEnd
  t.strictSame(world.courier.lag, { messages: 0, receivedAt: 0 })
  world.courier.stop()
  await running
  t.strictSame(world.said, [
    'send 1', 'delivered', 'done 1',
    'send 2', 'retried status 500', 'send 2', 'delivered', 'done 2',
    'send 3', 'retried status 500', 'send 3', 'retried status 500', 'send 3',
    'bury 3: 3 attempts, the last one: status 500', 'dead status 500', 'done 3',
    'send 4', 'delivered', 'done 4',
  ])
  t.strictSame(world.waits, [1_000, 1_000, 2_000])
  t.strictSame([1, 2, 9, 10, 50].map(pauseMs), [1_000, 2_000, 256_000, 300_000, 300_000])
})

t.test('while a warning waits it is not given to anybody else, and the lag says so', async (t) => {
  let working = 0
  const world = aCourier([5, 6], {
    attemptsMax: 10,
    async send() {
      lags.push(world.courier.lag)
      return lags.length < 6 ? { ok: false, reason: 'ECONNREFUSED' } : { ok: true }
    },
    openQueue: async () => ({
      streamCreated,
      async next() {
        const one = world.queued(working === 0 ? 5 : 6)
        return working === 0 ? { ...one, pending: 1, working() { working++ } } : new Promise(() => { over() })
      },
    }),
  })
  const lags: unknown[] = []
  let over = () => {}
  const isOver = new Promise<void>((resolve) => { over = resolve })
  const running = world.courier.run()
  await isOver
  world.courier.stop()
  await running
  t.strictSame(lags[0], { messages: 2, receivedAt: 1_005 })
  t.strictSame(world.waits, [1_000, 2_000, 4_000, 8_000, 10_000, 6_000], 'the last pause in two slices')
  t.equal(working, 12, 'at every attempt and after every slice')
})

t.test('a lost queue is opened again; what was finished meanwhile is not sent a second time', async (t) => {
  let opened = 0
  const world = aCourier([], {
    openQueue: async () => {
      opened++
      const list = [[], [7], [7, 8]][opened - 1]!
      if (opened === 1) throw new Error('no stream')
      return {
        streamCreated,
        async next() {
          const sequence = list.shift()
          if (sequence === undefined) return new Promise(() => { over() })
          const fails = opened === 2
          return {
            ...world.queued(sequence),
            async done() {
              world.said.push(`done ${sequence}`)
              if (fails) throw new Error('no answer')
            },
          }
        },
      }
    },
  })
  let over = () => {}
  const isOver = new Promise<void>((resolve) => { over = resolve })
  const running = world.courier.run()
  await isOver
  world.courier.stop()
  await running
  t.strictSame(world.said, [
    'lost: Error: no stream', 'send 7', 'delivered', 'done 7', 'lost: Error: no answer',
    'done 7', 'send 8', 'delivered', 'done 8',
  ])
})

t.test('the sequences of a stream that was made anew begin anew: none is taken for one that is finished', async (t) => {
  const opened: unknown[] = []
  const world = aCourier([], {
    openQueue: async (streamBefore) => {
      opened.push(streamBefore)
      const list = [[7], [7, 8], [1, 2]][opened.length - 1]!
      return {
        streamCreated: opened.length < 3 ? streamCreated : 'another',
        async next() {
          const sequence = list.shift()
          if (sequence !== undefined) return world.queued(sequence)
          if (opened.length < 3) throw new Error('the consumer is gone')
          return new Promise(() => { over() })
        },
      }
    },
  })
  let over = () => {}
  const isOver = new Promise<void>((resolve) => { over = resolve })
  const running = world.courier.run()
  await isOver
  world.courier.stop()
  await running
  t.strictSame(opened, [undefined, streamCreated, streamCreated])
  t.strictSame(world.said.filter((line) => line.startsWith('send')), ['send 7', 'send 8', 'send 1', 'send 2'])
})

t.test('a courier that is stopped before it begins takes nothing', async (t) => {
  const world = aCourier([1])
  world.courier.stop()
  await world.courier.run()
  t.strictSame(world.said, [])
})

t.test('so many are sent at once; the next one goes, in its order, when one is done or has failed', async (t) => {
  const gate = new Gate(2)
  const order: string[] = []
  const ends: Record<string, (isRight: boolean) => void> = {}
  const results = ['a', 'b', 'c', 'd'].map((name) => gate.pass(() => new Promise<string>((resolve, reject) => {
    order.push(name)
    ends[name] = (isRight) => { if (isRight) resolve(name); else reject(new Error(name)) }
  })))
  t.strictSame(order, ['a', 'b'])
  ends['b']!(false)
  await t.rejects(results[1]!, { message: 'b' })
  t.strictSame(order, ['a', 'b', 'c'])
  ends['a']!(true)
  await results[0]
  for (const name of ['c', 'd']) ends[name]!(true)
  t.strictSame([order, await results[2], await results[3]], [['a', 'b', 'c', 'd'], 'c', 'd'])
  await t.resolves(Promise.all(['e', 'f'].map((name) => gate.pass(async () => { order.push(name) }))), 'there is room again')
  t.equal(order.length, 6)
})

t.test('a courier that is stopped gives back what is in hand, at whatever point it stands', async (t) => {
  const whilePausing = aCourier([1], {
    send: async () => ({ ok: false, reason: 'status 500' }),
    wait: () => { queueMicrotask(() => { whilePausing.courier.stop() }); return new Promise(() => {}) },
  })
  await whilePausing.courier.run()
  t.strictSame(whilePausing.said, ['retried status 500', 'release 1'])
  const whileSending = aCourier([1], {
    async send() { whileSending.courier.stop(); return { ok: false, reason: 'ECONNRESET' } },
  })
  await whileSending.courier.run()
  t.strictSame(whileSending.said, ['release 1'])
  let arrive: (queued: Queued) => void = () => {}
  const whileWaiting = aCourier([], {
    openQueue: async () => ({ streamCreated, next: () => new Promise((resolve) => { arrive = resolve }) }),
  })
  const running = whileWaiting.courier.run()
  await new Promise((resolve) => { setImmediate(resolve) })
  whileWaiting.courier.stop()
  await running
  arrive(whileWaiting.queued(9))
  await new Promise((resolve) => { setImmediate(resolve) })
  t.strictSame(whileWaiting.said, ['release 9'])
  const broken = aCourier([], { openQueue: async () => ({ streamCreated, next: async () => { throw new Error('lost') } }),
    wait: async () => { broken.courier.stop() } })
  await broken.courier.run()
  t.strictSame(broken.said, ['lost: Error: lost'])
})
