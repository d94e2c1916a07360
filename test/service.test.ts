// The service as a whole: a real nats-server, a real store, requests through a socket.
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { readRulesFolders } from '../src/files/rules-folder.js'
import { Store } from '../src/lmdb/store.js'
import { connectNats } from '../src/nats/connect.js'
import { streamNames } from '../src/nats/streams.js'
import type { Service } from '../src/service.js'
import { aSettlement } from './fixtures/claims.js'
import { freePort, startServer } from './fixtures/nats-server.js'
import {
  ask, aServer, aWorld, content, event, institution, publish, reaching, ready, until, womens,
} from './fixtures/service-world.js'

/** Asks until the answer is another one. */
async function readyz(service: Service, wanted: (answer: Awaited<ReturnType<typeof ask>>) => boolean) {
  for (;;) {
    const answer = await ask(service, '/readyz')
    if (wanted(answer)) return answer
  }
}
const unready = (code: string, message: string, remedy: string) =>
  ({ status: 503, body: { ready: false, reasons: [{ code, message, remedy }] } })
const isReady = ({ status }: { status: number }) => status === 200

t.test('events that come over HTTP and over NATS are judged and their warnings kept', async (t) => {
  const world = aWorld(t)
  const service = await world.start()
  t.match(service.natsUrl, /^nats:\/\/127\.0\.0\.1:\d+$/)
  await ready(service)
  t.strictSame(await ask(service, '/readyz'), { status: 200, body: { ready: true, reasons: [] } })
  t.strictSame(await ask(service, '/livez'), { status: 200, body: { status: 'alive' } })
  const accepted = await ask(service, '/v1/events', [event(1), event(2, 'BASE-ITEM')])
  t.strictSame(accepted, {
    status: 202, body: { accepted: [{ id: 'E-1', sequence: 1 }, { id: 'E-2', sequence: 2 }] },
  })
  await publish(service.natsUrl, event(3), event(3), { no: 'event' })
  await reaching(service, 5)
  const warnings = await content(service.natsUrl, streamNames.warning)
  t.strictSame(warnings.map(({ subject }) => subject),
    [`claims.warning.${institution}`, `claims.warning.${institution}`])
  const version = service.books.current().version
  t.match(warnings[0]!.body, { rulebook: version, findings: [{ rule: 'DRUG-SEX', severity: 'suspect' }] })
  const page = await ask(service, `/v1/warnings?institution=${institution}`)
  t.strictSame(page, {
    status: 200,
    body: { items: warnings.map(({ body }, index) => ({ sequence: index + 1, warning: body })), next: 2, more: false },
  })
  t.equal((await content(service.natsUrl, streamNames.dead)).length, 1)

  const checked = await ask(service, '/v1/check', aSettlement({ items: [{ code: womens }] }))
  t.match(checked, {
    status: 200,
    body: { complete: true, history_age_ms: 0, rulebook: version, findings: [{ rule: 'DRUG-SEX' }] },
  })
  t.match((await ask(service, '/v1/rules')).body, { rulebook: version, rules: [{ id: 'DRUG-SEX' }] })
  const { body: { text } } = await ask(service, '/metrics')
  const accounting = [...String(text).matchAll(/^claims_accounting\{part="(\w+)"\} (\d+)$/gm)]
  t.strictSame(Object.fromEntries(accounting.map(([, part, count]) => [part, Number(count)])), {
    received: 5, judged: 3, recorded: 0, repeated: 1, dead: 1, missing: 0, in_flight: 0,
  })
  t.strictSame(service.observer.totals, {
    events: 5, claims: 3, dead: 1, findings: { violation: 0, suspect: 2, notice: 0, indicator: 0 },
  })
  t.ok(service.observer.judgementSeconds(99) > 0)
  t.equal(world.said('dead letter').length, 1)
  t.equal(world.said('committed').some(({ sequence }) => sequence === 5), true)
  t.equal(world.said('caught up with the stream').length, 1)

  await Promise.all([service.stop(), service.stop()])
  t.equal(await service.ended, undefined)
  t.equal(world.said('stopped').length, 1, 'however often it is asked to')
  t.notMatch(world.text(), /patient-0001|1980-05-10/, 'no line tells who the patient is')
  const store = Store.open(join(world.dataDir, 'store'))
  t.equal(store.position()?.sequence, 5)
  await store.close()
  t.notOk(existsSync(join(world.dataDir, 'running.json')))
  t.notOk(existsSync(join(world.dataDir, 'claimsentry.lock')))
})

t.test('the rule book is changed by request and by file, all of it or nothing, and kept', async (t) => {
  const server = await aServer(t)
  const world = aWorld(t, { NATS_URL: server.url })
  const service = await world.start()
  await ready(service)
  const archive = join(world.dataDir, 'rulebooks')
  const archived = (version: string) =>
    JSON.parse(gunzipSync(readFileSync(join(archive, `${version}.json.gz`))).toString()) as unknown
  const first = service.books.current().version
  const texts = await readRulesFolders({ rulesDir: world.rulesDir })
  t.strictSame(archived(first), { version: first, texts })

  // The folder is watched: by what the service says it is known when it has looked.
  const good = readFileSync(world.rule, 'utf8')
  writeFileSync(world.rule, good.replace('severity: suspect', 'severity: notice'))
  await until(() => service.books.current().version !== first)
  const second = service.books.current().version
  await publish(server.url, event(1))
  await reaching(service, 1)
  const [warning] = await content(server.url, streamNames.warning)
  t.match(warning, { body: { rulebook: second, findings: [{ severity: 'notice' }] } })
  t.strictSame(archived(second), { version: second, texts: await readRulesFolders({ rulesDir: world.rulesDir }) })
  t.strictSame(readdirSync(archive).sort(), [`${first}.json.gz`, `${second}.json.gz`].sort())

  writeFileSync(world.rule, good.replace('severity: suspect', 'severity: awful').replace('owner: claims-policy', ''))
  const refused = await ask(service, '/v1/rules/reload', {})
  t.match(refused, { status: 422, body: { code: 'RULEBOOK_INVALID' } })
  const mistakes = refused.body['mistakes'] as { path: string }[]
  t.ok(mistakes.length >= 2, 'every mistake is told')
  t.ok(mistakes.every(({ path }) => path.startsWith('medical/drug-sex.yaml')))
  t.equal(service.books.current().version, second)
  await until(() => world.said('the rule book was not changed: every mistake is listed').length >= 2)
  t.equal((await ask(service, '/v1/check', aSettlement({ items: [{ code: womens }] }))).body['rulebook'], second)

  // A folder that is away for a moment is a mistake like any other, and ends nothing.
  renameSync(world.rulesDir, `${world.rulesDir}-away`)
  const gone = await ask(service, '/v1/rules/reload', {})
  t.match(gone, { status: 422, body: { mistakes: [{ path: world.rulesDir, message: 'the folder cannot be read' }] } })
  renameSync(`${world.rulesDir}-away`, world.rulesDir)
  writeFileSync(world.rule, good)
  await ask(service, '/v1/rules/reload', {}) // it or the watch comes first
  t.equal(service.books.current().version, first)
  t.match((await ask(service, '/metrics')).body['text'], new RegExp(first))
})

t.test('/readyz says what is the matter and what helps, from the start to the stop', async (t) => {
  const port = await freePort()
  const world = aWorld(t, { NATS_URL: `nats://127.0.0.1:${port}` })
  const service = await world.start()
  const away = `the NATS server does not answer: nats://127.0.0.1:${port} (CONNECTION_REFUSED)`
  const remedy = 'start the NATS server, or look at NATS_URL; reading goes on by itself'
  t.strictSame(await readyz(service, ({ body }) => JSON.stringify(body).includes('NATS_UNAVAILABLE')),
    unready('NATS_UNAVAILABLE', away, remedy), 'a server that is not there yet is waited for')
  t.match(await ask(service, '/v1/check', aSettlement()),
    { status: 200, body: { complete: false, history_age_ms: null } }, 'nothing has come yet: nobody knows')
  t.match(await ask(service, '/v1/events', event(1)), { status: 503, body: { code: 'NATS_UNAVAILABLE' } })
  t.ok(world.said('reading stopped; trying again').length >= 1)

  const server = await startServer({ port })
  t.teardown(() => rmSync(server.dir, { recursive: true, force: true }))
  await readyz(service, isReady)
  await publish(server.url, event(1))
  await reaching(service, 1)
  await server.kill()
  t.strictSame(await readyz(service, (answer) => !isReady(answer)),
    unready('NATS_UNAVAILABLE', 'the connection to the NATS server is lost', remedy))
  const { body } = await ask(service, '/v1/check', aSettlement())
  t.equal(body['complete'], false)
  t.ok(Number(body['history_age_ms']) > 0)
  t.match(await ask(service, '/v1/events', event(2)), { status: 503, body: { code: 'NATS_UNAVAILABLE' } })
  t.match(await ask(service, `/v1/warnings?institution=${institution}`), { status: 503 })
  t.ok(service.observer.lag().messages >= 0)

  const again = await startServer({ port, dir: server.dir })
  await readyz(service, isReady)
  t.match(await ask(service, '/v1/events', event(2)), { status: 202 })
  await reaching(service, 2)
  await service.stop()
  await again.stop()
  await t.rejects(ask(service, '/readyz'))
})

t.test('a stream that is made anew meanwhile is read from its start; rules that cannot be watched are told', async (t) => {
  const server = await aServer(t)
  const world = aWorld(t, { NATS_URL: server.url, KNOWLEDGE_DIR: '/nowhere/knowledge' })
  const first = await world.start()
  await ready(first)
  t.equal(world.said('rules are not watched; reload by hand').length, 1)
  await publish(server.url, event(1), event(2))
  await reaching(first, 2)
  await first.stop()
  const operator = await connectNats({ url: server.url, name: 'operator' })
  await operator.manager.streams.delete(streamNames.event)
  await operator.close()
  const second = await world.start()
  await ready(second)
  await publish(server.url, event(3))
  await reaching(second, 1)
  const { sequence, counts } = second.partition.state.position
  t.strictSame([sequence, counts.judged, counts.missing], [1, 1, 0])
  await second.stop()

  const remover = await connectNats({ url: server.url, name: 'operator' })
  await publish(server.url, { ...event(4), id: 'an id as long as no other' })
  await remover.manager.streams.deleteMessage(streamNames.event, 2)
  await remover.close()
  const third = await world.start()
  await ready(third) // there is nothing to wait for
  await publish(server.url, { ...event(5), id: 'longer than any that came before' })
  await reaching(third, 3)
  t.match(third.partition.state.position.counts, { judged: 2, missing: 1 }, 'what is gone is counted as missing')
  t.ok(third.partition.histories.gapUntilDay > 0, 'and rules that look back into it cannot know')
  await third.stop()
})

t.test('what has begun when it is stopped is answered', async (t) => {
  const server = await aServer(t)
  const world = aWorld(t, { NATS_URL: server.url })
  const service = await world.start()
  await ready(service)
  const { hostname, port } = new URL(service.address)
  const socket = connect(Number(port), hostname)
  let said = ''
  socket.on('data', (chunk: Buffer) => { said += chunk.toString() })
  socket.on('error', () => {}) // the door closes it when it has answered
  const body = JSON.stringify(event(1))
  socket.write('POST /v1/events HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n'
    + `expect: 100-continue\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body.slice(0, 10)}`)
  await once(socket, 'data') // it has the head of the request, and says go on
  const stopping = service.stop()
  socket.write(body.slice(10))
  await stopping
  socket.destroy()
  t.match(said, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 202 /)
  t.equal((await content(server.url, streamNames.event)).length, 1)
})
