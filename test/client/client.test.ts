// The client against doors that answer, refuse, are busy, hang up, or never come: what a hospital's system
// is told, how often it asked, and what it waited for.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { Client, ClientError } from '../../src/client.js'
import type { ClientOptions, SettlementWire } from '../../src/client.js'
import { aSettlement } from '../fixtures/claims.js'
import { answer } from '../fixtures/door.js'
import { order, secret, standard } from '../fixtures/nhsa.js'
import {
  aServer, aWorld, event, institution, ready, root, until, womens,
} from '../fixtures/service-world.js'

interface Asked {
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

type Reply = (asked: Asked, response: ServerResponse) => void

/** A door that answers as told, and a client of it that does not sleep. */
async function aDoor(t: Test, reply: Reply, options: Partial<ClientOptions> = {}) {
  const asked: Asked[] = []
  const waited: number[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => { body += chunk }).on('end', () => {
      asked.push({ url: request.url!, headers: request.headers, body })
      reply(asked.at(-1)!, response)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const wait = async (milliseconds: number) => { waited.push(milliseconds) }
  return { asked, waited, client: new Client({ url, wait, deadlineMs: 5_000, ...options }), server }
}

const say = (status: number, body: unknown, headers: Record<string, string> = {}): Reply =>
  (_, response) => { response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body)) }

/** One reply after the other; the last one stays. */
function inTurn(...replies: readonly Reply[]): Reply {
  let turn = 0
  return (asked, response) => replies[Math.min(turn++, replies.length - 1)]!(asked, response)
}

const claim = aSettlement() as SettlementWire
const hangUp: Reply = (_, response) => { response.destroy() }

t.test('a verdict is handed on, with whether it is complete', async (t) => {
  const { client, asked } = await aDoor(t, inTurn(say(200, answer), say(200, { ...answer, complete: false })),
    { apiKey: 'key', deadlineMs: 5_000 })
  t.strictSame(await client.check(claim), { isComplete: true, verdict: answer, failure: undefined })
  t.strictSame(await client.check(claim, { deadlineMs: 4_000 }),
    { isComplete: false, verdict: { ...answer, complete: false }, failure: undefined })
  t.match(asked.map(({ url, headers }) => [url, headers.authorization, headers['x-deadline-ms']]),
    [['/v1/check', 'Bearer key', '5000'], ['/v1/check', 'Bearer key', '4000']])
  t.strictSame(JSON.parse(asked[0]!.body), JSON.parse(JSON.stringify(claim)))
})

t.test('whatever goes wrong fails open, and says how', async (t) => {
  const problem = { code: 'CLAIM_NO_VISIT', detail: 'there is no visit', path: '/visit' }
  const wrong: [Reply, object][] = [
    [say(400, problem), { kind: 'refused', status: 400, code: 'CLAIM_NO_VISIT', path: '/visit', message: 'there is no visit' }],
    [say(500, 'oops'), { kind: 'broken', status: 500, code: '', message: 'the service answered 500' }],
    [say(200, '<html>'), { kind: 'broken', message: 'the answer is no verdict' }],
    [say(200, [1]), { kind: 'broken' }],
    [say(503, {}), { kind: 'busy', status: 503, retryAfterMs: undefined }],
    [() => {}, { kind: 'timeout', message: 'no answer within 25 ms' }],
  ]
  for (const [reply, failure] of wrong) {
    const deadlineMs = 'message' in failure && /25 ms/.test(String(failure.message)) ? 20 : 5_000
    const { client, asked } = await aDoor(t, reply, { deadlineMs, marginMs: 5 })
    const { isComplete, verdict, failure: failed } = await client.check(claim)
    t.match({ isComplete, verdict }, { isComplete: false, verdict: undefined })
    t.ok(failed instanceof ClientError)
    t.match(failed, failure)
    t.equal(asked.length <= 1, true, 'none of these is tried again')
  }
  const cycle = { ...claim } as Record<string, unknown>
  cycle['self'] = cycle
  const { client } = await aDoor(t, say(200, answer))
  t.match(await client.check(cycle as SettlementWire), { isComplete: false, failure: { kind: 'broken', message: 'the client failed' } })
})

t.test('a failure that passes by itself is tried once more, within a second', async (t) => {
  const busy = (after: string) => say(503, { code: 'SERVICE_STOPPING' }, { 'retry-after': after })
  const cases: [Reply, Partial<ClientOptions>, { waited: number[], asked: number, isComplete: boolean }][] = [
    [inTurn(busy('1'), say(200, answer)), {}, { waited: [1_000], asked: 2, isComplete: true }],
    [inTurn(busy('30'), busy('30')), {}, { waited: [1_000], asked: 2, isComplete: false }],
    [inTurn(busy('soon'), say(200, answer)), {}, { waited: [0], asked: 2, isComplete: true }],
    [inTurn(hangUp, say(200, answer)), {}, { waited: [800], asked: 2, isComplete: true }],
    [inTurn(hangUp, say(200, answer)), { retryWithinMs: 500 }, { waited: [400], asked: 2, isComplete: true }],
    [inTurn(hangUp, say(200, answer)), { retryWithinMs: 0 }, { waited: [], asked: 1, isComplete: false }],
  ]
  for (const [reply, options, expected] of cases) {
    const { client, asked, waited } = await aDoor(t, reply, { deadlineMs: 5_000, ...options })
    const { isComplete } = await client.check(claim)
    t.strictSame({ waited, asked: asked.length, isComplete }, expected)
  }
  const { client, server, asked } = await aDoor(t, say(200, answer))
  server.close()
  await once(server, 'close')
  t.match(await client.check(claim), { isComplete: false, failure: { kind: 'unreachable' } })
  t.equal(asked.length, 0)
})

t.test('without a wait of its own it waits by the clock', async (t) => {
  const { asked, server } = await aDoor(t, inTurn(hangUp, say(200, answer)))
  const { port } = server.address() as AddressInfo
  const own = new Client({ url: `http://127.0.0.1:${port}`, retryWithinMs: 10, deadlineMs: 5_000 })
  t.match(await own.check(claim), { isComplete: true })
  t.equal(asked.length, 2)
})

t.test('what is told to the stream throws instead, and names itself the same twice', async (t) => {
  const { client, asked } = await aDoor(t, inTurn(
    hangUp, say(202, { sequence: 7 }), say(202, { accepted: [{ id: 'E-1', sequence: 8 }] }),
    say(200, { items: [], next: 3 }), say(200, { items: [], next: 0 }), say(200, 'null'), say(403, { code: 'REQUEST_FORBIDDEN' }),
    say(200, { institution: 'H 1' }),
  ))
  t.strictSame(await client.feedback({ warning_id: 'W', decision: 'change' }), { sequence: 7 })
  t.equal(asked[0]!.headers['x-request-id'], asked[1]!.headers['x-request-id'])
  t.strictSame(await client.events([]), [{ id: 'E-1', sequence: 8 }])
  t.strictSame(await client.warnings({ after: 3, institution: 'H 1' }), { items: [], next: 3 })
  t.strictSame(await client.warnings(), { items: [], next: 0 })
  t.strictSame(asked.slice(3).map(({ url }) => url), ['/v1/warnings?after=3&institution=H%201', '/v1/warnings?after=0'])
  await t.rejects(client.warnings(), { kind: 'broken', message: 'the answer is no object' })
  await t.rejects(client.events([]), { kind: 'refused', status: 403, code: 'REQUEST_FORBIDDEN' })
  t.match(await client.feedbackSummary({ institution: 'H 1', from: '2026-03-01' }), { institution: 'H 1' })
  t.equal(asked.at(-1)!.url, '/v1/feedback/summary?institution=H+1&from=2026-03-01')
})

const at = Date.UTC(2026, 6, 2, 2, 0, 0)
const national = { institution: 'H33010000001', paasid: 'hospital-1', secret }

t.test('a national call is an envelope of its own, signed anew for every attempt', async (t) => {
  const result = { jr_id: 'J-1', rule_id: 'DRUG-SEX' }
  const { client, asked } = await aDoor(t, inTurn(
    hangUp, say(200, { infcode: 0, err_msg: '', output: { result: [result], complete: true } }),
    say(200, { infcode: '0', output: { result, complete: false } }), say(200, { infcode: 0, output: { result: null, complete: true } }),
    say(200, { infcode: 0 }), say(200, { infcode: -1, err_msg: '缺少必填信息' }), say(200, {}), say(200, { infcode: 0, output: {} }),
  ), { national: { ...national, envelope: { mdtrtarea_admvs: '330100' } }, now: () => at })
  t.strictSame(await client.audit('3101', { data: {} }), { isComplete: true, results: [result], failure: undefined })
  t.strictSame(await client.audit('3102', {}, { deadlineMs: 4_000 }), { isComplete: false, results: [result], failure: undefined })
  t.match(await client.audit('3101', {}), { isComplete: true, results: [] })
  t.match(await client.audit('3101', {}), { isComplete: false, results: [] })
  t.match(await client.audit('3101', {}), { isComplete: false, failure: { kind: 'refused', message: '缺少必填信息' } })
  t.match(await client.audit('3101', {}), { isComplete: false, failure: { kind: 'broken', message: 'the answer is no envelope' } })
  t.strictSame(await client.auditFeedback([]), [])
  const [first, again, other] = asked
  t.equal(first!.body, again!.body, 'the same message')
  t.not(first!.headers['x-tif-nonce'], again!.headers['x-tif-nonce'], 'another nonce')
  for (const { headers } of asked) {
    const seconds = String(at / 1_000)
    const text = `${seconds}${secret}${headers['x-tif-nonce'] as string}${seconds}`
    t.equal(headers['x-tif-signature'], createHash('sha256').update(text).digest('hex'))
    t.match(headers, { 'x-tif-paasid': 'hospital-1', 'x-tif-timestamp': seconds })
  }
  const body = JSON.parse(first!.body) as Record<string, string>
  t.match(body, {
    infno: '3101', msgid: /^H3301000000120260702100000\d{4}$/, mdtrtarea_admvs: '330100',
    inf_time: '2026-07-02 10:00:00', fixmedins_code: 'H33010000001', input: { data: {} },
  })
  t.match(other, { headers: { 'x-deadline-ms': '4000' } })
  t.not((JSON.parse(other!.body) as typeof body)['msgid'], body['msgid'])
  const without = new Client({ url: 'http://127.0.0.1:1' })
  t.match(await without.audit('3101', {}), { isComplete: false, failure: { kind: 'refused', message: /national/ } })
})

t.test('against the running service: every call, and a restart in between', async (t) => {
  const server = await aServer(t)
  const world = aWorld(t, { NATS_URL: server.url, RATE_LIMIT_PER_SECOND: '1000' })
  const service = await world.start()
  await ready(service)
  const { port } = new URL(service.address)
  const client = new Client({
    url: service.address, deadlineMs: 5_000, national: { institution: 'H33010000001' },
  })
  const bill = aSettlement({ items: [{ code: womens }] }) as SettlementWire
  t.match(await client.check(bill), { isComplete: true, verdict: { findings: [{ rule: 'DRUG-SEX' }] } })
  const [taken] = await client.events([event(1)] as Parameters<Client['events']>[0])
  t.strictSame(taken, { id: 'E-1', sequence: 1 })
  let warnings = await client.warnings({ institution })
  await until(() => service.partition.state.position.sequence >= 1)
  warnings = await client.warnings({ institution })
  const [{ warning } = { warning: undefined }] = warnings.items
  t.match(warning, { kind: 'warning', findings: [{ rule: 'DRUG-SEX' }] })
  t.strictSame(await client.feedback({ warning_id: warning!.id, decision: 'continue', reason: '病情需要' }), { sequence: 2 })

  const { input } = standard({ encounter: { fsi_order_dtos: [order({ hilist_code: womens })] } })
  const audited = await client.audit('3101', input as object)
  t.match(audited, { isComplete: true, results: [{ rule_id: 'DRUG-SEX' }] })
  t.strictSame(await client.auditFeedback([{ warn_rslt_id: audited.results[0]!.jr_id, dspo_way: '2' }]), [])
  t.match(await client.auditFeedback([
    { warn_rslt_id: 'x', dspo_way: '2' },
    { warn_rslt_id: audited.results[0]!.jr_id, dspo_way: '1', dspo_way_rea: '病情需要' },
  ]), [{ warn_rslt_id: 'x', err_msg: '没有这个违规标识 warn_rslt_id' }])

  await service.stop()
  let isUp: Promise<unknown> = Promise.resolve()
  const patient = new Client({
    url: service.address, deadlineMs: 5_000,
    wait: async () => { isUp = world.start({ PORT: port }); await isUp },
  })
  t.match(await patient.check(bill), { verdict: { findings: [{ rule: 'DRUG-SEX' }] } }, 'a second attempt meets the new process')
  await isUp
})

t.test('the package exports it under a name, with its types', (t) => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, { types: string, default: string }>
  }
  t.strictSame(exports['./client'], { types: './dist/src/client.d.ts', default: './dist/src/client.js' })
  const tsconfig = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as object
  t.match(tsconfig, { compilerOptions: { outDir: 'dist', rootDir: '.', declaration: true } })
  t.ok(existsSync(join(root, 'src/client.ts')))
  t.end()
})
