// Who may ask, how often, how much; overload; and a door over a real socket that stops.
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { ServiceError } from '../../src/errors.js'
import { hashKey, openKeys } from '../../src/http/keys.js'
import { aSettlement, anEvent, eventTime } from '../fixtures/claims.js'
import {
  aServer, answer, ask, badShape, forbidden, good, institution, json, log, problem, unauthorized,
} from '../fixtures/door.js'

t.test('keys open what their scopes and their institution allow, and no more', async (t) => {
  const file = join(t.testdir(), 'api-keys.json')
  const all = ['check', 'events', 'warnings', 'rules', 'metrics']
  writeFileSync(file, JSON.stringify([
    { id: 'agency', sha256: hashKey('agency-key'), institution: '*', scopes: all },
    { id: 'hospital', sha256: hashKey('hospital-key'), institution, scopes: all },
    { id: 'grafana', sha256: hashKey('grafana-key'), institution: '*', scopes: ['metrics'] },
  ]))
  const keys = openKeys({ file, host: '0.0.0.0', log })
  const { app, published } = await aServer(t, { keys })
  const agency = { authorization: 'Bearer agency-key' }
  const hospital = { 'x-api-key': 'hospital-key' }
  const grafana = { authorization: 'bearer grafana-key' }
  const other = aSettlement({ visit: { institution: { id: 'H-OTHER' } } })
  const elsewhere = forbidden('it is another institution’s')

  for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'Basic agency-key' },
    { 'x-api-key': 'x'.repeat(257) }]) {
    t.strictSame(await ask(app, { url: '/v1/check', body: aSettlement(), headers }), unauthorized)
  }
  t.strictSame(await ask(app, { url: '/v1/rules' }), unauthorized)
  t.strictSame(await ask(app, { url: '/metrics' }), unauthorized)
  t.equal((await app.inject('/v1/rules')).headers['www-authenticate'], 'Bearer')
  t.strictSame(await ask(app, { url: '/v1/rules', headers: grafana }), forbidden('it has no scope rules'))
  t.equal((await app.inject({ url: '/metrics', headers: grafana })).statusCode, 200)
  for (const url of ['/livez', '/readyz', '/docs/json']) {
    t.equal((await app.inject(url)).statusCode, 200, `${url} asks for no key`)
  }

  const check = (body: unknown, headers: Record<string, string>) =>
    ask(app, { url: '/v1/check', body, headers })
  t.strictSame(await check(aSettlement(), hospital), good(answer))
  t.strictSame(await check(other, agency), good(answer))
  t.strictSame(await check(other, hospital), elsewhere)
  t.equal((await check({}, hospital)).status, 400, 'without an institution it is no claim')

  const send = (body: unknown, headers: Record<string, string>) =>
    ask(app, { url: '/v1/events', body, headers })
  const registry = anEvent({
    type: 'registry', data: { subject: 'doctor', key: 'D-1', state: {}, at: eventTime },
  })
  t.strictSame(await send([anEvent(), anEvent({ data: other })], hospital),
    { ...elsewhere, body: { ...elsewhere.body, path: '/1' } })
  t.strictSame(await send(registry, hospital),
    forbidden('only a key for all institutions may'))
  t.strictSame(published, [])
  t.equal((await send(registry, agency)).status, 202)
  t.equal((await send(anEvent(), hospital)).status, 202)
  t.match(published[1]!.id, /^http:hospital:/)

  const feedback = (warning_id: string) => ask(app, {
    url: '/v1/feedback', body: { warning_id, decision: 'change' }, headers: hospital,
  })
  t.strictSame(await feedback('H-OTHER:S-1:patient'), elsewhere)
  t.equal((await feedback(`${institution}:S-1:patient`)).status, 202)

  const summary = (query: string, headers: Record<string, string>) =>
    ask(app, { url: `/v1/feedback/summary${query}`, headers })
  t.strictSame(await summary('?institution=H-OTHER', hospital), elsewhere)
  t.match(await summary('', hospital), { status: 200, body: { institution } }, 'its own, unsaid')
  t.match(await summary('?institution=H-OTHER', agency), { status: 200, body: { institution: 'H-OTHER' } })
  t.match(await summary('?from=2026-03-01&to=2026-03-02', agency),
    { status: 200, body: { institution: null, from: '2026-03-01', to: '2026-03-02' } }, 'all of them')
  t.equal((await summary('?from=yesterday', agency)).status, 400)

  const read = (query: string) => ask(app, { url: `/v1/warnings${query}`, headers: hospital })
  t.strictSame(await read('?institution=H-OTHER'), elsewhere)
  t.strictSame(await read('?after=3'), good({ items: [], next: 3, more: false }), 'its own, unsaid')

  t.strictSame(await ask(app, { url: '/v1/rules/reload', body: {}, headers: hospital }),
    forbidden('only a key for all institutions may'))
  t.equal((await ask(app, { url: '/v1/rules/reload', body: {}, headers: agency })).status, 200)
})

t.test('without a key file a loopback door is open and says so; another does not open', (t) => {
  const said: unknown[] = []
  const warn = { warn: (...line: unknown[]) => { said.push(line) } }
  for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1']) {
    openKeys({ file: '/no/such/file', host, log: warn })
  }
  t.strictSame(said[0], [
    { file: '/no/such/file', host: '127.0.0.1' },
    'there is no file of API keys: everybody on this machine may ask',
  ])
  t.equal(said.length, 4)
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.evil.example']) {
    t.throws(() => openKeys({ file: '/no/such/file', host, log: warn }), {
      code: 'CONFIG_INVALID',
      message: 'a setting is wrong: there is no /no/such/file, and HOST is '
        + `${host}: make a key ("npm run keys -- add <id> <institution> <scopes>"), or set HOST to 127.0.0.1`,
    })
  }
  t.end()
})

t.test('a key file that cannot be believed stops the start', (t) => {
  const file = join(t.testdir(), 'api-keys.json')
  const refused = (content: string) => {
    writeFileSync(file, content)
    try {
      openKeys({ file, host: '127.0.0.1', log })
    } catch (error) {
      if (error instanceof ServiceError) return error.message.replace(file, 'FILE')
    }
    return ''
  }
  const key = { id: 'a', sha256: hashKey('a'), institution: '*', scopes: [] }
  t.equal(refused('[{"id": "a", secret'), 'a setting is wrong: FILE: it is not JSON')
  t.equal(refused('{}'), 'a setting is wrong: FILE:  expected array')
  t.equal(refused(JSON.stringify([{ ...key, sha256: 'A' }])),
    'a setting is wrong: FILE: /0/sha256 expected string to match \'^[0-9a-f]{64}$\'')
  t.equal(refused(JSON.stringify([{ ...key, scopes: ['everything'] }])),
    'a setting is wrong: FILE: /0/scopes/0 expected union value')
  t.equal(refused(JSON.stringify([key, key])), 'a setting is wrong: FILE: there are two keys a')
  mkdirSync(join(t.testdir(), 'folder'))
  t.throws(() => openKeys({ file: join(t.testdirName, 'folder'), host: '127.0.0.1', log }),
    { code: 'CONFIG_INVALID', message: /it cannot be read$/ })
  t.end()
})

t.test('two keys whose hashes begin alike are both known', (t) => {
  const file = join(t.testdir(), 'api-keys.json')
  const hash = hashKey('mine')
  const twin = hash.slice(0, 8) + hash.slice(8).split('').reverse().join('')
  writeFileSync(file, JSON.stringify([twin, hash].map((sha256, index) => (
    { id: `k${index}`, sha256, institution: '*', scopes: ['check'] }))))
  const keys = openKeys({ file, host: '127.0.0.1', log })
  t.strictSame([keys.callerOf('mine')?.id, keys.callerOf('yours')?.id], ['k1', undefined])
  t.end()
})

t.test('who asks too often is told to wait, each key and each address by itself', async (t) => {
  const file = join(t.testdir(), 'api-keys.json')
  writeFileSync(file, JSON.stringify(['a', 'b'].map((id) => (
    { id, sha256: hashKey(id), institution: '*', scopes: ['rules'] }))))
  const keys = openKeys({ file, host: '127.0.0.1', log })
  const limits = {
    bodyBytesMax: 1_024, checkBudgetMs: 1, rateLimitPerSecond: 2, eventLoopDelayMsMax: 0,
  }
  const { app } = await aServer(t, { keys, limits })
  const title = 'too many requests'
  const tooMany = problem(429, 'REQUEST_TOO_MANY', { title, detail: title, retry: 'later' })
  for (const headers of [{ 'x-api-key': 'a' }, { 'x-api-key': 'b' }]) {
    for (let index = 0; index < 2; index++) {
      t.equal((await ask(app, { url: '/v1/rules', headers })).status, 200)
    }
    t.strictSame(await ask(app, { url: '/v1/rules', headers }), tooMany)
  }
  for (let index = 0; index < 2; index++) {
    t.strictSame(await ask(app, { url: '/v1/rules' }), unauthorized)
  }
  t.strictSame(await ask(app, { url: '/v1/rules' }), tooMany, 'guessing is slow')
  t.strictSame(await ask(app, { url: '/no/such/page' }), tooMany)
  t.match((await app.inject('/v1/rules')).headers['retry-after'], /^\d+$/)
  for (let index = 0; index < 4; index++) {
    t.equal((await app.inject('/livez')).statusCode, 200, 'health is always told')
  }
})

t.test('under overload the answer is 503 before the body is parsed; who only looks is still answered', async (t) => {
  const limits = {
    bodyBytesMax: 1_024, checkBudgetMs: 1, rateLimitPerSecond: 100, eventLoopDelayMsMax: 1e-9,
    eventLoopSampleMs: 10,
  }
  const { app } = await aServer(t, { limits })
  while (!app.isUnderPressure()) await new Promise((resolve) => setTimeout(resolve, 5))
  const title = 'the service is overloaded; try again'
  t.strictSame(await ask(app, { url: '/v1/check', body: '{"not": json' }),
    problem(503, 'SERVICE_OVERLOADED', { title, detail: title, retry: 'later' }))
  t.equal((await app.inject({ method: 'POST', url: '/v1/check' })).headers['retry-after'], '1')
  for (const url of ['/livez', '/readyz', '/metrics', '/v1/rules']) {
    t.equal((await app.inject(url)).statusCode, 200, url)
  }
})

/** A connection, and what has come back on it so far. */
function listenTo(port: number) {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  let heard = ''
  socket.on('data', (chunk: string) => { heard += chunk })
  return { socket, heard: () => heard }
}

/** Everything that comes back until the other side hangs up. */
async function talk(port: number, text: string): Promise<string> {
  const { socket, heard } = listenTo(port)
  socket.write(text)
  await once(socket, 'close')
  return heard()
}

t.test('over a socket: a check, what is no HTTP, and a stop that finishes what has begun', async (t) => {
  let release = () => {}
  let began = () => {}
  const hasBegun = new Promise<void>((resolve) => { began = resolve })
  const { app } = await aServer(t, {
    publishEvent: () => new Promise((resolve) => {
      release = () => resolve({ sequence: 7 })
      began()
    }),
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const port = Number(new URL(url).port)
  const post = (path: string, body: unknown) =>
    fetch(url + path, { method: 'POST', headers: json, body: JSON.stringify(body) })
  const checked = await post('/v1/check', aSettlement())
  t.strictSame([checked.status, await checked.json()], [200, answer])

  const [head, body] = (await talk(port, 'hello\r\n\r\n')).split('\r\n\r\n')
  t.match(head, /^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json\r\n/)
  t.strictSame({ status: 400, isProblem: true, body: JSON.parse(body!) as unknown }, {
    ...badShape('this is not an HTTP request'),
    body: { ...badShape('this is not an HTTP request').body, request_id: '' },
  })
  t.match(await talk(port, `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /)

  // One connection has a request under way while the service stops, another has begun to send one.
  const busy = listenTo(port)
  const event = JSON.stringify(anEvent())
  busy.socket.write('POST /v1/events HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n'
    + `content-length: ${Buffer.byteLength(event)}\r\n\r\n${event}`)
  await hasBegun
  const late = listenTo(port)
  const livez = 'GET /livez HTTP/1.1\r\nhost: h\r\n'
  late.socket.write(`${livez}\r\n${livez}`)
  await once(late.socket, 'data')
  const closed = app.close()
  await new Promise((resolve) => setImmediate(resolve))
  late.socket.write('x-request-id: R-1\r\n\r\n')
  await once(late.socket, 'close')
  release()
  await once(busy.socket, 'close')
  await closed
  t.match(busy.heard(), /^HTTP\/1\.1 202 Accepted[^]*"sequence":7/)
  const [first, firstBody, second, secondBody] = late.heard().split(/\r\n\r\n|(?=HTTP)/)
  t.match(first, /^HTTP\/1\.1 200 OK/)
  t.equal(firstBody, '{"status":"alive"}')
  t.match(second, /^HTTP\/1\.1 503 Service Unavailable/)
  t.match(second, /connection: close/i)
  const title = 'the service is stopping'
  t.strictSame(JSON.parse(secondBody!),
    problem(503, 'SERVICE_STOPPING', { title, detail: title, retry: 'later' }).body)
  await t.rejects(fetch(`${url}/livez`))
})
