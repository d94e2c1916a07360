// Warnings as they come: what a listener gets, where it goes on, when it is dropped, what the audit log
// is told of it and of the other doors.
import { writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { ServiceError } from '../../src/errors.js'
import type { AuditedRead } from '../../src/http/audit-hook.js'
import { hashKey, openKeys } from '../../src/http/keys.js'
import type { HttpDeps } from '../../src/http/server.js'
import { aSettlement } from '../fixtures/claims.js'
import { aServer, ask, forbidden, institution, log, noStream, problem } from '../fixtures/door.js'

type Options = Parameters<HttpDeps['stream']['followWarnings']>[0]

/** A door on a socket whose warnings, beats and audit log are in the test's hands. */
async function aDoor(t: Test, changes: Partial<HttpDeps> = {}) {
  const followed: Options[] = []
  const released: number[][] = []
  const told: string[] = []
  const reads: AuditedRead[] = []
  const beats = new Set<() => void>()
  let stops = 0
  const { app } = await aServer(t, {
    stream: {
      ...noStream,
      async followWarnings(options) {
        followed.push(options)
        return {
          afterSequence: options.afterSequence ?? 40,
          release: (count, bytes) => { released.push([count, bytes]) },
          stop: () => { stops++ },
        }
      },
      every(_milliseconds, run) {
        beats.add(run)
        return () => { beats.delete(run) }
      },
      onClient: (what) => { told.push(what) },
    },
    audit: { append: async (read) => { reads.push(read) }, note: (read) => { reads.push(read) } },
    ...changes,
  })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const beat = () => { for (const run of [...beats]) run() }
  return { app, address, followed, released, told, reads, beat, stops: () => stops }
}

interface Listener {
  readonly request: ClientRequest
  readonly response: IncomingMessage
  /** Resolves with all that has come when it holds this. */
  until(text: string): Promise<string>
}

function listen(address: string, query = '', headers: Record<string, string> = {}): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const url = `${address}/v1/warnings/stream?institution=${institution}${query}`
    const request = httpRequest(url, { headers: { 'x-request-id': 'R-1', ...headers } }, (response) => {
      let come = ''
      response.setEncoding('utf8')
      resolve({
        request,
        response,
        until: (text) => new Promise((found) => {
          const look = () => { if (come.includes(text)) found(come) }
          response.on('data', (chunk: string) => {
            come += chunk
            look()
          })
          look()
        }),
      })
    }).on('error', reject)
    request.end()
  })
}

const until = async (isTrue: () => boolean) => {
  while (!isTrue()) await new Promise((resolve) => { setImmediate(resolve) })
}

t.test('a listener gets each warning with its sequence as the id, from now on', async (t) => {
  const { address, followed, released, told, reads, beat } = await aDoor(t)
  const listener = await listen(address)
  const { statusCode, headers } = listener.response
  t.strictSame([statusCode, headers['content-type'], headers['cache-control'], headers['x-request-id']],
    [200, 'text/event-stream', 'no-store', 'R-1'])
  const { onWarning, afterSequence, institution: whose, bytesMax } = followed[0]!
  t.strictSame([whose, afterSequence, bytesMax], [institution, undefined, 2_097_152])
  onWarning({ sequence: 41, text: '{"id":"W"}', bytes: 10 })
  onWarning({ sequence: 43, text: 'strange\r\nlines', bytes: 14 })
  t.equal(await listener.until('lines\n\n'), 'retry: 1000\nid: 40\n\n'
    + 'id: 41\nevent: warning\ndata: {"id":"W"}\n\nid: 43\nevent: warning\ndata: strange\ndata: lines\n\n')
  await until(() => released.flat().length > 0)
  t.strictSame(released.reduce(([count, bytes], [more, moreBytes]) => [count! + more!, bytes! + moreBytes!], [0, 0]),
    [2, 24])
  beat()
  await listener.until(': beat\n\n')
  listener.request.destroy()
  await until(() => reads.length === 2)
  t.strictSame(told, ['opened', 'sent', 'sent', 'closed'])
  const read = { who: '', institution, route: 'GET /v1/warnings/stream', request: 'R-1' }
  t.strictSame(reads, [{ ...read, range: 'after now' }, { ...read, range: '2 sent, until 43' }])
})

t.test('a listener goes on after the last id it saw, whatever its address says', async (t) => {
  const { address, followed } = await aDoor(t, {})
  await listen(address, '&after=7')
  await listen(address, '&after=7', { 'last-event-id': '41' })
  t.strictSame(followed.map(({ afterSequence }) => afterSequence), [7, 41])
})

t.test('a listener that takes nothing is dropped, and what waits for it is not released', async (t) => {
  const { address, followed, released, told, beat, stops } = await aDoor(t)
  const listener = await listen(address)
  listener.response.pause()
  await until(() => followed.length > 0)
  const text = 'x'.repeat(900_000)
  let sequence = 0
  // More than the sockets of both sides take.
  for (; sequence < 40; sequence++) followed[0]!.onWarning({ sequence, text, bytes: text.length })
  let moved = -1
  while (moved !== released.length) {
    moved = released.length
    await new Promise((resolve) => { setTimeout(resolve, 50) }) // the kernel takes what it takes
  }
  followed[0]!.onWarning({ sequence, text, bytes: text.length })
  beat()
  t.notOk(told.includes('dropped'), 'something moved since the last beat')
  beat()
  await until(() => told.includes('closed'))
  t.strictSame([told.slice(-2), stops()], [['dropped', 'closed'], 1])
  followed[0]!.onWarning({ sequence: 99, text, bytes: 1 })
  followed[0]!.onLost()
})

t.test('when the stream ends, or the service stops, the listener is told to come again', async (t) => {
  const { app, address, followed, told } = await aDoor(t)
  const first = await listen(address)
  const ended = new Promise((resolve) => { first.response.once('end', resolve).resume() })
  followed[0]!.onLost()
  await ended
  const second = await listen(address)
  const closed = new Promise((resolve) => { second.response.once('end', resolve).resume() })
  await app.close()
  await closed
  t.strictSame(told, ['opened', 'closed', 'opened', 'closed'])
})

t.test('there is a bound on listeners, and one on those of an institution', async (t) => {
  const overloaded = problem(503, 'SERVICE_OVERLOADED', {
    title: 'the service is overloaded; try again', retry: 'later',
    detail: 'the service is overloaded; try again: too many clients listen already',
  })
  const few = await aDoor(t, {})
  const url = `/v1/warnings/stream?institution=${institution}`
  await listen(few.address)
  await listen(few.address)
  t.strictSame(await ask(few.app, { url }), overloaded)
  const many = await aDoor(t, { stream: { ...noStream, clientsMax: 100 } })
  for (let count = 0; count < 8; count++) await listen(many.address)
  t.strictSame(await ask(many.app, { url }), overloaded)
})

t.test('nothing is sent that the audit log does not have', async (t) => {
  const unwritten = async () => { throw new ServiceError('AUDIT_UNAVAILABLE') }
  const { app, told } = await aDoor(t, { audit: { append: unwritten, note: () => {} } })
  const refused = problem(503, 'AUDIT_UNAVAILABLE', {
    title: 'the audit log cannot be written', detail: 'the audit log cannot be written', retry: 'later',
  })
  t.strictSame(await ask(app, { url: `/v1/warnings?institution=${institution}` }), refused)
  t.strictSame(await ask(app, { url: `/v1/warnings/stream?institution=${institution}` }), refused)
  t.strictSame(told, [])
  // A hospital is never held up: it has its answer.
  t.strictSame((await ask(app, { url: '/v1/check', body: aSettlement({}) })).status, 200)
})

t.test('a listener whose stream cannot be read is refused', async (t) => {
  const { app } = await aDoor(t, {
    stream: { ...noStream, followWarnings: async () => { throw new ServiceError('NATS_UNAVAILABLE') } },
  })
  t.strictSame((await ask(app, { url: `/v1/warnings/stream?institution=${institution}` })).status, 503)
})

t.test('a key reads its own institution’s warnings, by page and as they come, and no other’s', async (t) => {
  const file = join(t.testdir(), 'keys.json')
  writeFileSync(file, JSON.stringify([
    { id: 'own', sha256: hashKey('own'), institution, scopes: ['warnings', 'check'] },
    { id: 'none', sha256: hashKey('none'), institution, scopes: ['check'] },
    { id: 'agency', sha256: hashKey('agency'), institution: '*', scopes: ['warnings'] },
  ]))
  const { app, reads } = await aDoor(t, { keys: openKeys({ file, host: '127.0.0.1', log }) })
  const get = async (url: string, key: string) => {
    const { status, isProblem, body } = await ask(app, { url, headers: { 'x-api-key': key } })
    return { status, isProblem, body }
  }
  for (const door of ['/v1/warnings', '/v1/warnings/stream']) {
    t.strictSame(await get(`${door}?institution=H2`, 'own'), forbidden('it is another institution’s'))
    t.strictSame(await get(`${door}?institution=${institution}`, 'none'), forbidden('it has no scope warnings'))
    t.strictSame((await get(`${door}?institution=${institution}`, 'other')).status, 401)
    t.strictSame((await get(door, 'agency')).status, 400)
  }
  t.strictSame(reads, [], 'what is refused reads nothing')
  t.strictSame((await get('/v1/warnings?after=3', 'own')).status, 200)
  t.strictSame((await get('/v1/warnings?institution=H2', 'agency')).status, 200)
  await ask(app, { url: '/v1/check', body: aSettlement({}), headers: { 'x-api-key': 'own' } })
  const page = { route: 'GET /v1/warnings', request: 'R-1' }
  t.strictSame(reads, [
    { ...page, who: 'own', institution, range: 'after 3, 0 read, until 3' },
    { ...page, who: 'agency', institution: 'H2', range: 'after 0, 0 read, until 0' },
    { who: 'own', institution, route: 'POST /v1/check', range: 'one answer', request: 'R-1' },
  ])
})
