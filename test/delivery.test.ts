// The ways out, with everything in its place: a service, a server, a receiver, listeners, restarts.
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { auditFolder, isOutlived } from '../src/delivery.js'
import { verifyAudit } from '../src/files/audit-verify.js'
import { startWebhooks } from '../src/webhooks.js'
import type { WebhooksDeps } from '../src/webhooks.js'
import { runIn } from './fixtures/store-world.js'
import {
  aServer, ask, aWorld, content, event, institution, publish, ready, reaching, until,
} from './fixtures/service-world.js'

/** A receiver that answers with this status, and the sequences that it took. */
async function aReceiver(t: Test) {
  const took: number[] = []
  const receiver = { took, refused: 0, status: 200, url: '' }
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (receiver.status === 200) took.push(Number(request.headers['x-claimsentry-sequence']))
      else receiver.refused++
      response.writeHead(receiver.status).end()
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, 'localhost', resolve) })
  t.teardown(() => { server.closeAllConnections(); server.close() })
  receiver.url = `http://localhost:${(server.address() as AddressInfo).port}/`
  return receiver
}

t.test('a webhook has each warning once, in order, over a stop and a start', async (t) => {
  const server = await aServer(t)
  const receiver = await aReceiver(t)
  const file = join(t.testdir(), 'webhooks.json')
  writeFileSync(file, JSON.stringify([
    { institution, url: receiver.url, secret: 'a secret of sixteen', allow_private: true },
  ]))
  const world = aWorld(t, { NATS_URL: server.url, WEBHOOKS_FILE: file })
  const first = await world.start()
  await ready(first)
  const consumers = async () => (await content(server.url, 'CLAIMS_WARNING')).length
  // The queue begins with what comes after it was made: the first warnings wait for it.
  await until(() => world.said('webhooks are ready').length > 0)
  await publish(server.url, event(1), event(2))
  await until(() => receiver.took.length === 2)
  t.strictSame([receiver.took, await consumers()], [[1, 2], 2])
  receiver.status = 500
  await publish(server.url, event(13), event(14)) // another length: another id
  await until(() => receiver.refused > 0)
  const { body: { text } } = await ask(first, '/metrics')
  t.match(text, /claims_webhook_total\{result="delivered"\} 2\n/)
  t.match(text, /claims_webhook_total\{result="retried"\} 1\n/)
  t.match(text, /claims_webhook_lag_messages [12]\n/)
  await first.stop()
  receiver.status = 200
  const second = await world.start()
  await until(() => receiver.took.length === 4)
  t.strictSame(receiver.took, [1, 2, 3, 4])
  await second.stop()
  t.notOk(world.text().includes('a secret of sixteen'))
})

t.test('what no receiver takes is a dead letter, and the next one is not held up', async (t) => {
  const server = await aServer(t)
  const receiver = await aReceiver(t)
  receiver.status = 410
  const file = join(t.testdir(), 'webhooks.json')
  writeFileSync(file, JSON.stringify([
    { institution, url: receiver.url, secret: 'a secret of sixteen', allow_private: true },
    { institution: 'H2', url: 'https://10.0.0.1/', secret: 'a secret of sixteen' },
  ]))
  const world = aWorld(t, { NATS_URL: server.url, WEBHOOKS_FILE: file, WEBHOOK_ATTEMPTS_MAX: '1' })
  const service = await world.start()
  await ready(service)
  await until(() => world.said('webhooks are ready').length > 1)
  await publish(server.url, event(1), event(2))
  await until(() => world.said('a warning was not taken by its webhook: a dead letter').length === 2)
  const letters = await content(server.url, 'CLAIMS_DEAD')
  t.strictSame(letters.map(({ body: { bytes_base64: bytes, code, path, message, stream_sequence } }) =>
    [{ code, path, message, stream_sequence }, (JSON.parse(Buffer.from(String(bytes), 'base64').toString()) as { settlement: string }).settlement]), [1, 2]
    .map((sequence) => [{
      code: 'WEBHOOK_UNDELIVERED', path: institution, message: '1 attempts, the last one: status 410',
      stream_sequence: sequence,
    }, `S-${sequence}`]))
  const listed = await runIn(world.env, ['dead'], { user: 'operator' })
  t.match(listed.out, /1 {2}\S+ {2}warning 1 {2}WEBHOOK_UNDELIVERED H44010000001 {2}1 attempts/)
  const resent = await runIn(world.env, ['dead', 'resend', '1', file])
  t.match(resent, { code: 1, err: /it is warning 1 of H44010000001, not an event: GET \/v1\/warnings has it/ })
  const audit = await runIn(world.env, ['audit'])
  t.match(audit, { code: 0, out: /^service: 0 lines in 0 files: whole.*\ncommands: 2 lines in 1 files: whole/ })
  const line = readFileSync(join(auditFolder(world.dataDir), 'commands-000001.jsonl'), 'utf8').split('\n')[0]!
  t.match(JSON.parse(line), { who: 'operator', institution: '*', route: 'store dead', range: 'dead list' })
  const chain = join(auditFolder(world.dataDir), 'commands-000001.jsonl')
  appendFileSync(chain, '{"half a li')
  t.match(await runIn(world.env, ['audit']), { code: 0, out: /commands: \d lines in 1 files, 1 cut short by a crash: whole/ })
  writeFileSync(chain, readFileSync(chain, 'utf8').replace('operator', 'somebody'))
  t.match(await runIn(world.env, ['audit']),
    { code: 1, err: /^AUDIT_BROKEN .*commands-000001\.jsonl:2: .*\n.*as they were written/ })
  await service.stop()
})

t.test('listeners and pages of a running service are in its audit log, and a stop ends them', async (t) => {
  const server = await aServer(t)
  const world = aWorld(t, { NATS_URL: server.url })
  const service = await world.start()
  await ready(service)
  const url = `${service.address}/v1/warnings/stream?institution=${institution}`
  const response = await fetch(url, { headers: { 'last-event-id': '0' } })
  await publish(server.url, event(1))
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let come = ''
  while (!come.includes('\n\nid: 1\nevent: warning\ndata: {"kind":"warning"')) come += (await reader.read()).value
  await reaching(service, 1)
  t.match(await ask(service, `/v1/warnings?institution=${institution}`), { status: 200, body: { next: 1, more: false } })
  const { body: { text } } = await ask(service, '/metrics')
  t.match(text, /claims_listeners 1\n/)
  await service.stop()
  while (!(await reader.read()).done);
  const chain = readFileSync(join(auditFolder(world.dataDir), 'service-000001.jsonl'), 'utf8').trimEnd().split('\n')
    .map((line) => JSON.parse(line) as { route: string, range: string })
  t.strictSame(chain.map(({ route, range }) => [route, range]), [
    ['GET /v1/warnings/stream', 'after 0'],
    ['GET /v1/warnings', 'after 0, 1 read, until 1'],
    ['GET /v1/warnings/stream', '1 sent, until 1'],
  ])
  t.match(await verifyAudit(auditFolder(world.dataDir), 'service'), { lines: 3, broken: undefined })
  t.notOk(/patient-0001/.test(JSON.stringify(chain)))
})

t.test('what the audit log cannot take is refused, counted and told', async (t) => {
  const server = await aServer(t)
  const world = aWorld(t, { NATS_URL: server.url })
  const service = await world.start()
  await ready(service)
  renameSync(auditFolder(world.dataDir), `${auditFolder(world.dataDir)}-away`)
  t.match(await ask(service, `/v1/warnings?institution=${institution}`), {
    status: 503, body: { code: 'AUDIT_UNAVAILABLE' },
  })
  t.match((await ask(service, '/metrics')).body['text'], /claims_audit_lost_total 1\n/)
  t.match(world.said('lines of the audit log could not be written'), [{ lines: 1 }])
  renameSync(`${auditFolder(world.dataDir)}-away`, auditFolder(world.dataDir))
  t.equal((await ask(service, `/v1/warnings?institution=${institution}`)).status, 200)
  await service.stop()
})

t.test('while there is no connection nothing is lost and nothing is sent', async (t) => {
  const server = await aServer(t)
  const world = aWorld(t, { NATS_URL: server.url, WARNING_STREAM_BYTES_MAX: '-1' })
  const service = await world.start()
  await ready(service)
  await server.kill()
  await until(() => service.partition.state.phase !== 'ready' || true)
  const answered = async () => (await ask(service, `/v1/warnings/stream?institution=${institution}`)).status
  while (await answered() !== 503);
  t.pass()
  await service.stop()
})

t.test('what its stream would have forgotten is not published again', async (t) => {
  const days = { warningRetentionDays: 30, deadRetentionDays: 0 }
  const day = 86_400_000
  t.strictSame(([['warning', 30], ['warning', 31], ['dead', 9_999], ['trial', 9_999]] as const)
    .map(([stream, age]) => isOutlived(stream, age * day, days)), [false, true, false, false])
  const server = await aServer(t)
  let now = Date.now()
  const world = aWorld(t, { NATS_URL: server.url, WARNING_RETENTION_DAYS: '1' })
  const service = await world.start({}, () => now)
  await ready(service)
  await publish(server.url, event(1))
  await reaching(service, 1)
  now += 2 * day
  await publish(server.url, event(22), event(23))
  await reaching(service, 3)
  t.strictSame((await content(server.url, 'CLAIMS_WARNING')).map(({ body: { settlement } }) => settlement), ['S-1'])
  await service.stop()
})

t.test('so many warnings are sent at once, over all targets; the oldest says how late they are', async (t) => {
  const failures: unknown[] = []
  const deps: WebhooksDeps = {
    bus: () => undefined,
    resolve: async () => [],
    timeoutMs: 1_000,
    now: () => 5_000,
    after: () => () => {},
    attemptsMax: 1,
    wait: () => new Promise(() => {}),
    onResult() {},
    onReady() {},
    onFailure: (error) => { failures.push(error) },
  }
  const target = { institution: 'H1', url: new URL('https://a.b/'), secrets: ['s'], allowPrivate: false, ca: undefined }
  const webhooks = startWebhooks([target], deps)
  await until(() => failures.length === 1)
  t.match(failures, [{ code: 'NATS_UNAVAILABLE' }])
  t.strictSame(webhooks.lag(), { messages: 0, seconds: 0 })
  await webhooks.stop()
})
