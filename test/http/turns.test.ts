// Bodies that came together are read in turns: in their order, a little in each turn, and none too late.
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { Turns } from '../../src/http/turns.js'
import { aSettlement } from '../fixtures/claims.js'
import { aServer, answer, ask, good, holdTurns, problem } from '../fixtures/door.js'

const limits = { bodyBytesMax: 65_536, checkBudgetMs: 300, rateLimitPerSecond: 1_000, eventLoopSampleMs: 60_000 }
const overloaded = problem(503, 'SERVICE_OVERLOADED', {
  title: 'the service is overloaded; try again', detail: 'the service is overloaded; try again', retry: 'later',
})

/** Turns by hand: `next()` is the next turn of the loop. */
function someTurns() {
  const clock = { now: 0 }
  const deferred: (() => void)[] = []
  const said: string[] = []
  const turns = new Turns({ elapsed: () => clock.now, waitMsMax: 100, defer: (run) => { deferred.push(run) } })
  return {
    clock, said, turns, deferred,
    enter(name: string, ms: number) {
      turns.enter(() => {
        clock.now += ms
        said.push(name)
      }, () => { said.push(`not ${name}`) })
    },
    next: () => deferred.shift()!(),
  }
}

t.test('who finds nobody waiting has its turn at once, until the turn’s time is spent', (t) => {
  const { said, enter, next, deferred } = someTurns()
  for (const name of ['a', 'b', 'c', 'd', 'e']) enter(name, 1)
  t.strictSame(said, ['a', 'b'])
  t.equal(deferred.length, 1)
  next()
  t.strictSame(said, ['a', 'b', 'c', 'd'])
  enter('f', 1)
  next()
  t.strictSame(said, ['a', 'b', 'c', 'd', 'e', 'f'], 'in the order of arrival')
  enter('g', 1)
  t.equal(said.at(-1), 'f', 'that turn’s time is spent')
  next()
  t.equal(said.at(-1), 'g')
  t.equal(deferred.length, 0, 'nothing runs when nobody waits')
  enter('h', 1)
  t.equal(said.at(-1), 'h')
  t.end()
})

t.test('who waited too long is refused, and who would have to is told before its body is read', (t) => {
  const { clock, said, turns, enter, next } = someTurns()
  for (const name of ['a', 'b', 'c']) enter(name, 5)
  t.equal(turns.isFull, false)
  clock.now += 100
  t.equal(turns.isFull, false, 'a hundred milliseconds are not too long')
  next()
  t.strictSame(said, ['a', 'b'])
  t.equal(turns.isFull, true)
  next()
  t.strictSame(said, ['a', 'b', 'not c'])
  t.equal(turns.isFull, false)
  t.end()
})

t.test('who would wait too long, by what the others took, is told so at once', (t) => {
  const { clock, said, turns, enter, next } = someTurns()
  for (let n = 1; n <= 30; n++) enter(`${n}`, 5)
  t.equal(turns.isFull, false, 'nobody knows yet how long a turn takes')
  next()
  t.strictSame(said, ['1', '2'])
  t.equal(turns.isFull, true, 'twenty-eight wait')
  while (said.length < 17) next()
  t.equal(turns.isFull, true, 'thirteen times five milliseconds are more than half of what is waited for')
  while (said.length < 21) next()
  t.equal(turns.isFull, false)
  while (said.length < 30) next()
  t.equal(said.includes('not 30'), true, 'who is in and waits too long all the same')
  clock.now += 2_000
  for (let n = 1; n <= 30; n++) enter(`later ${n}`, 0)
  next()
  enter('long', 5)
  for (let n = 1; n <= 20; n++) enter(`behind it ${n}`, 5)
  t.equal(turns.isFull, false, 'after a rest nobody knows how long a turn takes')
  t.end()
})

t.test('of requests that came together those whose turn came too late are refused, whatever the body', async (t) => {
  let now = 0
  const { app } = await aServer(t, {
    elapsed: () => now, limits: { ...limits, eventLoopDelayMsMax: 10_000 },
    check() {
      now += 90
      return answer
    },
  })
  await app.ready()
  const check = () => ask(app, { url: '/v1/check', body: aSettlement() })
  const replies = await Promise.all(Array.from({ length: 6 }, check))
  t.strictSame(replies.slice(0, 2), [good(answer), good(answer)])
  t.strictSame(replies.slice(-2), [overloaded, overloaded])
  t.equal((await ask(app, { url: '/livez' })).status, 200, 'operators may look')
  t.strictSame(await check(), good(answer), 'what was late is over')
})

t.test('a request that comes while others wait too long is refused unread; who only looks is answered', async (t) => {
  const clock = { now: 0, step: 0 }
  const { app, answers } = await aServer(t, {
    elapsed: () => clock.now += clock.step, limits: { ...limits, eventLoopDelayMsMax: 10_000 },
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const post = (path: string) =>
    fetch(url + path, { method: 'POST', body: 'no json', headers: { 'x-request-id': 'R-1' } })
  const release = holdTurns(app, clock)
  for (const path of ['/v1/check?deadline_ms=100', '/no/such/page']) {
    const refused = await post(path)
    t.strictSame({ status: refused.status, isProblem: true, body: await refused.json() }, overloaded)
    t.match(Object.fromEntries(refused.headers), {
      'content-type': 'application/problem+json', 'retry-after': '1', 'x-request-id': 'R-1', 'cache-control': 'no-store',
    })
  }
  t.equal((await fetch(`${url}/v1/rules`)).status, 200)
  release()
  t.equal((await post('/v1/check')).status, 415, 'then it is read')
  t.strictSame(answers.map(({ route, code }) => [route, code]), [
    ['/v1/check', 'SERVICE_OVERLOADED'], ['none', 'SERVICE_OVERLOADED'], ['/v1/rules', ''], ['/v1/check', 'REQUEST_MALFORMED'],
  ])
})

t.test('who comes to a full service that stops is told that it stops', async (t) => {
  const clock = { now: 0, step: 0 }
  const { app } = await aServer(t, {
    elapsed: () => clock.now += clock.step, limits: { ...limits, eventLoopDelayMsMax: 10_000 },
  })
  const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  let heard = ''
  socket.on('data', (chunk: string) => { heard += chunk })
  socket.write('GET /livez HTTP/1.1\r\nhost: a\r\n\r\nPOST /v1/check HTTP/1.1\r\nhost: a\r\n')
  await once(socket, 'data') // so the other head has begun, and its connection is not idle
  const release = holdTurns(app, clock)
  const stopped = app.close()
  socket.write('content-type: application/json\r\ncontent-length: 2\r\n\r\n{}')
  await once(socket, 'close')
  t.match(heard, /^HTTP\/1.1 200 [^]*HTTP\/1.1 503 [^]*SERVICE_STOPPING/)
  release()
  await stopped
})

t.test('where no delay is too long nobody is refused', async (t) => {
  let now = 0
  const { app } = await aServer(t, { elapsed: () => now += 1_000, limits: { ...limits, eventLoopDelayMsMax: 0 } })
  const replies = await Promise.all(Array.from({ length: 5 }, () => ask(app, { url: '/v1/check', body: aSettlement() })))
  t.strictSame(replies.map(({ status }) => status), [200, 200, 200, 200, 200])
})
