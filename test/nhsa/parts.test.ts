// What the door of the national interface makes of the service's parts: what it counts, what it logs, and
// what becomes of what the stream does not take.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fastify } from 'fastify'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import t from 'tap'
import type { Test } from 'tap'
import { createDoors } from '../../src/doors.js'
import type { DoorsDeps } from '../../src/doors.js'
import { ServiceError } from '../../src/errors.js'
import type { EventMessage } from '../../src/http/server.js'
import { createNhsaDoor } from '../../src/nhsa-door.js'
import { aServer, holdTurns } from '../fixtures/door.js'
import { anOverload, now, order, signed, standard, tenant, tenantsFile } from '../fixtures/nhsa.js'
import { aFolder, aPartition, partsOf, Server, until } from '../fixtures/partition-world.js'

interface Line { readonly level: number, readonly msg: string, readonly [field: string]: unknown }
interface World {
  readonly parts?: Partial<DoorsDeps>
  readonly elapsed?: () => number
  readonly publishEvent?: (message: EventMessage) => Promise<{ sequence: number }>
  /** Its turn comes when nobody waits for it any more. */
  readonly isLate?: boolean
  /** The whole HTTP door around it; without one it stands alone. */
  readonly within?: FastifyInstance
  readonly dataDir?: string
}

function alone(isLate: boolean): FastifyInstance {
  const app = fastify()
  let time = 0
  anOverload(isLate ? 1 : 0, () => time += 10).attach(app)
  app.decorateRequest('startedAt', 0)
  return app
}

/** The door over a partition and a stream that does as said; the test's rule wants at most two of A1. */
async function aDoor(
  t: Test, { parts: changes = {}, elapsed = () => 0, publishEvent, isLate = false, within, dataDir = aFolder(t) }: World = {},
) {
  const { partition } = aPartition(t, new Server(), aFolder(t))
  const parts = { ...partsOf(partition), now: () => now, ...changes }
  const { shownRule, noteShown } = createDoors(parts)
  const said: Line[] = []
  const log = pino({ base: null, timestamp: false, level: 'debug' }, {
    write: (line: string) => { said.push(JSON.parse(line) as Line) },
  })
  const app = within ?? alone(isLate)
  await app.register(createNhsaDoor({
    ...parts, shownRule, noteShown, elapsed, log, publishEvent: publishEvent ?? (async () => ({ sequence: 1 })),
  }, {
    dataDir,
    nhsaPath: '/fsi/api',
    nhsaTenantsFile: tenantsFile(t, [{ ...tenant, settlement_from: 3102 }]),
    personKeyFile: `${aFolder(t)}/person-key`,
  }))
  t.teardown(() => app.close())
  const retryAfter: unknown[] = []
  return {
    said,
    retryAfter,
    metrics: parts.metrics,
    async post(body: object) {
      const headers = signed({ 'x-tif-nonce': `n${retryAfter.length}` })
      const answer = await app.inject({ method: 'POST', url: '/fsi/api', payload: body, headers })
      retryAfter.push(answer.headers['retry-after'])
      return answer.json<{ err_msg: string, output: { result: { rule_id: string, jr_id: string }[], recorded?: boolean } }>()
    },
  }
}

const asking = (changes: Parameters<typeof standard>[0] = {}, lines = [order({ hilist_code: 'A1', cnt: 5 })]) =>
  standard({ ...changes, encounter: { fsi_order_dtos: lines, ...changes.encounter } })

t.test('rules that are asked for are found by id, and what was put right is counted and logged', async (t) => {
  const line = order({ hilist_code: 'A1', cnt: 5 })
  const { post, said, metrics } = await aDoor(t)
  const { output: { result } } = await post(asking({ data: { rule_ids: ['TEST-1'] } }, [line, { ...line, cnt: 6 }]))
  t.match(result, [{ rule_id: 'TEST-1' }])
  t.match(said, [{ level: 20, infno: '3101', repairs: ['line-id-shared'], msg: 'a message was put right' }])
  t.strictSame(metrics.nhsaRepairs.samples(), [{ labels: { kind: 'line-id-shared' }, value: 1 }])
  const other = await aDoor(t)
  t.strictSame((await other.post(asking({ data: { rule_ids: ['TEST-2'] } }))).output.result, [])
  t.strictSame(other.said, [])
})

t.test('a message whose turn comes too late is refused unread, and told when to ask again', async (t) => {
  const { post, retryAfter } = await aDoor(t, { isLate: true })
  const answers = await Promise.all([asking(), asking(), asking()].map((message) => post(message)))
  t.match(answers.map(({ err_msg: sentence }) => sentence).sort().at(-1), /繁忙|过载|稍后/)
  t.strictSame(retryAfter.filter((one) => one === '1').length, 2, 'the first has its turn at once')
})

t.test('a message that is refused unread is counted as such, and the audit log is told of no reading', async (t) => {
  const read: object[] = []
  const clock = { now: 0, step: 0 }
  const { app, answers } = await aServer(t, {
    elapsed: () => clock.now += clock.step,
    audit: { append: async () => {}, note: (one) => { read.push(one) } },
    limits: { bodyBytesMax: 65_536, checkBudgetMs: 300, rateLimitPerSecond: 1_000, eventLoopDelayMsMax: 10_000 },
  })
  const { metrics } = await aDoor(t, { within: app, elapsed: () => clock.now })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const post = async (path: string, headers = signed({ 'x-tif-nonce': path })) =>
    fetch(url + path, { method: 'POST', body: JSON.stringify(asking()), headers })
  t.match(await (await post('/fsi/api')).json(), { err_msg: '' })
  const release = holdTurns(app, clock)
  for (const path of ['/fsi/api', '/fsi/api/3101?a=b']) {
    const refused = await post(path)
    t.strictSame([refused.status, refused.headers.get('retry-after'), refused.headers.get('content-type')],
      [200, '1', 'application/json; charset=utf-8'])
    t.match(await refused.json(), {
      infcode: -1, err_msg: '系统繁忙，请稍后重试', inf_refmsgid: /^000000/, output: { result: [], complete: false },
    })
  }
  release()
  t.strictSame(answers.map(({ route, code }) => [route, code]), [
    ['/fsi/api', ''], ['/fsi/api', 'SERVICE_OVERLOADED'], ['/fsi/api', 'SERVICE_OVERLOADED'],
  ])
  t.match(metrics.nhsaAnswers.samples(), [{ labels: { result: 'complete' }, value: 1 }, { labels: { result: 'refused' }, value: 2 }])
  t.match(read, [{ who: 'tenant h1', route: 'POST /fsi/api' }])
  t.equal(read.length, 1)
})

t.test('a late answer is counted; a bug of ours is logged with its request and told as such', async (t) => {
  const late = await aDoor(t, { elapsed: () => 10_000 })
  t.equal((await late.post(asking())).err_msg, '已超过时限，本次未审核')
  t.equal(late.metrics.nhsaLate, 1)
  const current = () => { throw new TypeError('a bug') }
  const broken = await aDoor(t, { parts: { books: { current, reload: () => Promise.reject(new TypeError('no')) } } })
  t.equal((await broken.post(asking({ data: { rule_ids: ['TEST-1'] } }))).err_msg, '系统内部错误，本次未审核')
  t.match(broken.said, [{ level: 50, err: { type: 'TypeError', message: 'a bug' }, request: 'req-1', msg: 'a request failed' }])
})

/** As the service's sockets do: budgets keep no process alive. */
function keepAlive(t: Test): void {
  const alive = setInterval(() => {}, 1_000)
  t.teardown(() => clearInterval(alive))
}

const settling = (msgid: string) => ({ ...asking({ data: { trig_scen: '6' } }), infno: '3102', msgid })
const away = () => Promise.reject(new ServiceError('NATS_UNAVAILABLE'))

t.test('a settlement that the stream has not taken outlives the process, and goes when it can', async (t) => {
  keepAlive(t)
  const dataDir = aFolder(t)
  const folder = join(dataDir, 'told')
  const told: { resolve: (taken: { sequence: number }) => void, reject: (error: unknown) => void }[] = []
  const first = await aDoor(t, {
    dataDir,
    publishEvent: ({ subject }) => new Promise((resolve, reject) => {
      if (subject.endsWith('.settlement')) told.push({ resolve, reject })
      else resolve({ sequence: 1 })
    }),
  })
  t.equal((await first.post(settling('M-1'))).output.recorded, false)
  t.equal((await first.post(settling('M-2'))).output.recorded, false)
  t.equal(readdirSync(folder).length, 2, 'kept while nobody knows whether the stream has them')
  told[0]!.resolve({ sequence: 1 })
  told[1]!.reject(new ServiceError('NATS_UNAVAILABLE'))
  await until(() => readdirSync(folder).length === 1)
  const second = await aDoor(t, { dataDir, publishEvent: away })
  t.equal((await second.post(settling('M-3'))).output.recorded, false)
  writeFileSync(join(folder, '000000000009.json'), 'no settlement')
  writeFileSync(join(folder, 'somebody-else.txt'), '')
  writeFileSync(join(folder, '000000000007.json.part'), 'what a killed process was writing')

  const subjects: string[] = []
  const third = await aDoor(t, {
    dataDir,
    publishEvent: async ({ subject }) => {
      if (subject.endsWith('.settlement')) subjects.push(subject)
      return { sequence: 1 }
    },
  })
  await until(() => readdirSync(folder).length === 2)
  t.equal(subjects.length, 2)
  t.match(third.said, [{ level: 50, name: '000000000009.json' }])
  t.strictSame(readdirSync(folder).sort(), ['000000000009.json', 'somebody-else.txt'])
  t.equal((await third.post(settling('M-4'))).output.recorded, true)
})

t.test('a settlement that cannot be kept waits in memory, and one too many is lost and counted', async (t) => {
  keepAlive(t)
  const dataDir = aFolder(t)
  const folder = join(dataDir, 'told')
  let isAway = true
  const sent: string[] = []
  const { post, said } = await aDoor(t, {
    dataDir,
    async publishEvent({ subject }) {
      if (isAway) return away()
      if (subject.endsWith('.settlement')) sent.push(subject)
      return { sequence: 1 }
    },
  })
  t.equal((await post(settling('M-0'))).output.recorded, false)
  const kept = readFileSync(join(folder, '000000000001.json'))
  rmSync(folder, { recursive: true })
  t.equal((await post(settling('M-1'))).output.recorded, false)
  const ofSettlements = (lines: readonly Line[]) => lines.filter(({ msg }) => /^a settlement told by 3102/.test(String(msg)))
  t.match(ofSettlements(said), [{ level: 40, msg: 'a settlement told by 3102 waits in memory: a killed process would lose it' }])
  isAway = false
  await until(() => sent.length === 2)

  mkdirSync(folder)
  for (let n = 1; n <= 1_000; n++) writeFileSync(join(folder, `${String(n).padStart(12, '0')}.json`), kept)
  const full = await aDoor(t, { dataDir, publishEvent: away })
  t.equal((await full.post(settling('M-2'))).output.recorded, false)
  await until(() => ofSettlements(full.said).length > 0)
  t.match(ofSettlements(full.said), [{ level: 50, err: 'full', msg: 'a settlement told by 3102 is lost: it is in no history' }])
})

t.test('feedback that the stream does not take by the deadline is to be sent again', async (t) => {
  keepAlive(t)
  let published = 0
  const { post, metrics } = await aDoor(t, {
    elapsed: () => 294, // a millisecond is left for waiting
    publishEvent: () => published++ === 0 ? Promise.resolve({ sequence: 1 }) : new Promise(() => {}),
  })
  const { output: { result: [found] } } = await post(asking())
  await until(() => published === 1)
  const warns = [{ warn_rslt_id: found!.jr_id, dspo_way: '2' }]
  const answer = await post({ ...standard(), infno: '3103', input: { data: { warn_type: '1', warns } } })
  t.equal(answer.err_msg, '暂时无法处理或记录，请稍后重发')
  t.strictSame(metrics.nhsaAnswers.samples().map(({ labels, value }) => [labels['result'], value]),
    [['incomplete', 1], ['refused', 1]])
})

t.test('a settlement that the stream will never take is counted as lost and said to be', async (t) => {
  const { post, said, metrics } = await aDoor(t, {
    publishEvent: () => Promise.reject(new ServiceError('EVENT_TOO_LARGE')),
  })
  const { output } = await post({ ...asking({ data: { trig_scen: '6' } }), infno: '3102' })
  t.equal(output.recorded, false)
  const lost = () => said.filter(({ msg }) => msg === 'a settlement told by 3102 is lost: it is in no history')
  await until(() => lost().length === 1)
  t.match(lost(), [{ level: 50, err: { message: new ServiceError('EVENT_TOO_LARGE').message } }])
  t.match(metrics.nhsaDropped.samples().find(({ labels }) => labels['what'] === 'settlement'), { value: 1 })
})
