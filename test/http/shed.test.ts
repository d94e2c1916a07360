// Requests that came together: those beyond what one turn of the event loop may spend are refused unread.
import t from 'tap'
import { aSettlement } from '../fixtures/claims.js'
import { aServer, answer, ask, good, problem } from '../fixtures/door.js'

const limits = { bodyBytesMax: 65_536, checkBudgetMs: 300, rateLimitPerSecond: 1_000 }
const overloaded = problem(503, 'SERVICE_OVERLOADED', {
  title: 'the service is overloaded; try again', detail: 'the service is overloaded; try again', retry: 'later',
})
const nextTurn = () => new Promise<void>((resolve) => { setImmediate(resolve) })

t.test('a turn that took long is no reason to refuse in the next one', async (t) => {
  let now = 0
  const { app } = await aServer(t, {
    elapsed: () => now, limits: { ...limits, eventLoopDelayMsMax: 10_000, eventLoopSampleMs: 60_000 },
    check() {
      now += 61
      return answer
    },
  })
  const check = () => ask(app, { url: '/v1/check', body: aSettlement() })
  await app.ready()
  await nextTurn()
  const [first, look] = await Promise.all([check(), ask(app, { url: '/livez' })])
  t.strictSame(first, good(answer))
  t.equal(look.status, 200, 'operators may look')
  await nextTurn()
  t.strictSame(await check(), good(answer), 'the next turn begins anew')
})

t.test('a turn that lasts refuses, whatever the body', async (t) => {
  let now = 0
  const { app } = await aServer(t, {
    elapsed: () => now += 40, limits: { ...limits, eventLoopDelayMsMax: 10_000, eventLoopSampleMs: 60_000 },
  })
  await app.ready()
  await nextTurn()
  const replies = await Promise.all(Array.from({ length: 6 }, () => ask(app, { url: '/v1/check', body: 'no json' })))
  t.ok(replies.filter(({ status }) => status === 503).length >= 3)
  t.strictSame(replies.at(-1), overloaded)
  t.equal(replies[0]!.status, 400)
})

t.test('where no delay is too long nothing is shed', async (t) => {
  let now = 0
  const { app } = await aServer(t, { elapsed: () => now += 1_000, limits: { ...limits, eventLoopDelayMsMax: 0 } })
  const replies = await Promise.all(Array.from({ length: 5 }, () => ask(app, { url: '/v1/check', body: aSettlement() })))
  t.strictSame(replies.map(({ status }) => status), [200, 200, 200, 200, 200])
})
