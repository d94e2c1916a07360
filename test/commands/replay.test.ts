// `npm run replay` on a real server: the stored stream under two rule books, beside a running service or
// without one; what it leaves untouched, and what it refuses.
import {
  cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { replayCommand } from '../../src/commands/replay.js'
import type { ReplayCommand } from '../../src/commands/replay.js'
import { drugRows } from '../../src/demo/catalogue-drugs.js'
import { addErased } from '../../src/files/erased.js'
import { eraseMessages } from '../../src/nats/erase.js'
import { streamNames } from '../../src/nats/streams.js'
import { natsBinary } from '../fixtures/nats-server.js'
import {
  aServer, aStore, aWorld, contentOf, messages, messagesIn, reaching, ready, seed, send,
} from '../fixtures/store-world.js'

t.comment(`seed ${seed}`)

interface Told {
  claims: number
  rules: { rule: string, gained: number, lost: number, after?: { status: string, claims: number } }[]
}

const period = ['--from', '2026-01-01', '--to', '2026-12-31']
// A place of its own for temporary stores: other tests replay at the same time.
const temporary = mkdtempSync(join(tmpdir(), 'claimsentry-temporary-'))
process.env['TMPDIR'] = temporary
t.teardown(() => rmSync(temporary, { recursive: true, force: true }))
const left = () => readdirSync(temporary).filter((name) => name.startsWith('claimsentry-replay-'))

async function run(env: Record<string, string>, args: readonly string[], more: Partial<ReplayCommand> = {}) {
  let [out, err] = ['', '']
  const code = await replayCommand({
    args,
    env: { NATS_SERVER_BIN: natsBinary, ...env },
    pid: process.ppid,
    now: () => Date.now(),
    elapsed: () => Number(process.hrtime.bigint()),
    isTerminal: false,
    signal: new AbortController().signal,
    write: (text) => { out += text },
    writeError: (text) => { err += text },
    ...more,
  })
  return { code, out, err }
}

/** The world's rule book with the rule on trial, in a folder beside it. */
function aTrial(rulesDir: string): string {
  const dir = `${rulesDir}-trial`
  cpSync(rulesDir, dir, { recursive: true })
  const file = join(dir, 'medical/drug-sex.yaml')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace('status: active\nevidence: official', 'status: trial'))
  return dir
}

t.test('the stored stream is judged under two books, and nothing but the result comes of it', async (t) => {
  const { url, connection } = await aServer(t)
  const world = aWorld(t, { NATS_URL: url })
  const { config: { rulesDir, dataDir }, storeDir, dir } = world
  const env = { NATS_URL: url, DATA_DIR: dataDir, RULES_DIR: rulesDir }
  const service = await world.start()
  await ready(service)
  await send(connection, messages.slice(0, 100))
  await reaching(service, 100)
  const copy = join(dir, 'backup')
  t.equal((await world.run('backup', copy)).code, 0)
  await send(connection, messages.slice(100))
  await reaching(service, messages.length)
  const before = await Promise.all([messagesIn(connection, 'warning'), messagesIn(connection, 'event')])
  const trial = aTrial(rulesDir)

  const told = await run(env, ['--rules', trial, ...period])
  t.equal(told.code, 0)
  t.match(told.err, RegExp(`^${messages.length} events · \\d+ events/s · 100 % · 0 s left\n$`))
  t.match(told.out, /\nDRUG-SEX +active → trial +\d+ +0 +0\.00 +0 +0\.00 /, 'beside a running service')
  t.match(told.out, /evidence: \{ from: 2026-01-01, until: 2027-01-01, claims: \d+, hits: \d+, confirmed_share: /)

  await service.stop()
  const stood = await contentOf(storeDir)
  const json = await run(env, ['--rules', trial, ...period, '--json'])
  const result = JSON.parse(json.out) as Told
  t.equal(result.claims, stood.position!.counts.judged, 'every claim that was judged then')
  const hits = result.rules[0]!.after!.claims
  t.ok(hits > 0, 'the region plants some')
  t.match(told.out, `claims: ${result.claims}, hits: ${hits},`)

  rmSync(join(trial, 'medical/drug-sex.yaml'))
  const without = JSON.parse((await run(env, ['--rules', trial, ...period, '--json'])).out) as Told
  t.match(without.rules, [{ rule: 'DRUG-SEX', gained: 0, lost: hits }])

  t.strictSame(await contentOf(storeDir), stood, 'the store is as it was')
  const after = await Promise.all([messagesIn(connection, 'warning'), messagesIn(connection, 'event')])
  t.strictSame(after.map(({ messages: count }) => count), before.map(({ messages: count }) => count))
  t.strictSame(left(), [], 'the temporary store is gone')

  const knowledge = join(dir, 'knowledge')
  mkdirSync(knowledge)
  const table = readFileSync(join(rulesDir, 'tables/drug-sex.csv'), 'utf8')
    .replace(/,([男女]),/g, (_, sex) => `,${sex === '男' ? '女' : '男'},`)
  const forMen = drugRows.map(([code, name]) => `${code},${name},男,,试验\n`).join('')
  writeFileSync(join(knowledge, 'drug-sex.csv'), table + forMen)
  const tried = JSON.parse((await run(env, ['--knowledge', knowledge, ...period, '--json'])).out) as Told
  t.match(tried.rules, [{ rule: 'DRUG-SEX', before: { claims: hits } }])
  t.ok(tried.rules[0]!.gained > 0 && tried.rules[0]!.lost > 0, 'other knowledge, other findings')

  const day = '2026-02-01'
  const late = ['--from', day, '--to', day, '--json', '--rules', rulesDir]
  const whole = JSON.parse((await run(env, late)).out) as Told
  const tail = await run(env, [...late, '--backup', copy])
  t.match(tail, { code: 0, err: RegExp(`^${messages.length - 100} events`) }, 'from a backup')
  t.ok(whole.claims > 0)
  t.match(JSON.parse(tail.out), { claims: whole.claims }, 'the same')
  t.match(await run(env, ['--rules', rulesDir, ...period, '--backup', copy]), {
    code: 1, err: /^REQUEST_MALFORMED .*the backup holds settlements of --from or later/,
  })
  const other = join(dir, 'other')
  await aStore(other, { streamCreated: 'another' })
  t.match(await run(env, ['--rules', rulesDir, ...period, '--backup', other]), {
    code: 1, err: /^STREAM_CHANGED: .*the backup is of another stream\n$/,
  })
  t.match(await run(env, ['--rules', rulesDir, ...period, '--backup', join(dir, 'nowhere')]), {
    code: 1, err: /^STORE_MISSING .*nowhere: there is no store\n$/,
  })
})

t.test('without a service the embedded server is started for it; without a stream it says so', async (t) => {
  const { config: { rulesDir, dataDir } } = aWorld(t)
  const env = { DATA_DIR: dataDir, RULES_DIR: rulesDir }
  t.match(await run(env, ['--rules', rulesDir, ...period]), {
    code: 1, out: '', err: /^STREAM_CHANGED: .*there is no stream CLAIMS_EVENT\n$/,
  })
  t.equal(existsSync(join(dataDir, 'claimsentry.lock')), false)
  t.strictSame(left(), [])
})

t.test('a replay that is ended says so and leaves nothing', async (t) => {
  const { url, connection } = await aServer(t)
  const world = aWorld(t, { NATS_URL: url })
  const { config: { rulesDir, dataDir } } = world
  const service = await world.start()
  await ready(service)
  await send(connection, messages.slice(0, 50))
  await reaching(service, 50)
  await service.stop()
  const env = { NATS_URL: url, DATA_DIR: dataDir, RULES_DIR: rulesDir }
  const ending = new AbortController()
  let clock = 0
  let said = ''
  const { code } = await run(env, ['--rules', rulesDir, ...period], {
    now: () => clock += 10_000,
    signal: ending.signal,
    writeError: (text) => {
      said += text
      ending.abort()
    },
  })
  t.equal(code, 1)
  t.match(said, /SERVICE_STOPPING: .*the replay was ended\n$/)
  t.strictSame(left(), [])
})

t.test('events that were erased on purpose are no gap, others that are gone are one', async (t) => {
  const { url, connection } = await aServer(t)
  const world = aWorld(t, { NATS_URL: url })
  const { config: { rulesDir, dataDir } } = world
  const service = await world.start()
  await ready(service)
  await send(connection, messages.slice(0, 60))
  await reaching(service, 60)
  await service.stop()
  const { streamCreated } = service.partition.state.position
  const windowed = `${rulesDir}-windowed`
  cpSync(rulesDir, windowed, { recursive: true })
  mkdirSync(join(windowed, 'management'))
  for (const name of ['frequent-visits.yaml', 'frequent-visits.cases.yaml']) {
    cpSync(join('rules/management', name), join(windowed, 'management', name))
  }
  const unknown = async () => {
    const { code, out, err } = await run({ NATS_URL: url, DATA_DIR: dataDir, RULES_DIR: rulesDir },
      ['--rules', windowed, ...period, '--json'])
    t.equal(code, 0, err)
    const { rules } = JSON.parse(out) as { rules: { rule: string, after?: { unknowns: number } }[] }
    return rules.find(({ rule }) => rule === 'FREQUENT-VISITS')?.after?.unknowns
  }
  const before = await unknown()
  await eraseMessages(connection, streamNames.event, [5, 6])
  addErased(dataDir, streamCreated, [5, 6])
  t.equal(await unknown(), before, 'erased on purpose')
  await eraseMessages(connection, streamNames.event, [8])
  t.ok((await unknown())! > before!, 'what a year before it was is not known')
})

t.test('what is asked wrongly is answered with the usage, a broken book with its mistakes', async (t) => {
  const { config: { rulesDir, dataDir } } = aWorld(t)
  const env = { DATA_DIR: dataDir, RULES_DIR: rulesDir }
  const cases: readonly [readonly string[], RegExp][] = [
    [[], /^name what to try/],
    [['--rules', rulesDir, '--from', '2026-02-30', '--to', '2026-03-01'], /^name the days/],
    [['--rules', rulesDir, '--from', '2026-03-01'], /^name the days/],
    [['--rules', rulesDir, '--from', '2026-03-02', '--to', '2026-03-01'], /^--to is before --from/],
    [['--mood'], /^Unknown option '--mood'/],
  ]
  for (const [args, said] of cases) {
    const { code, err } = await run(env, args)
    t.equal(code, 2)
    t.match(err, said)
    t.match(err, 'usage: npm run replay')
  }
  const odd = new Proxy({}, { get() { throw new TypeError('a bug') } })
  await t.rejects(run({}, ['--rules', rulesDir, ...period], { env: odd }), TypeError, 'a bug is told as one')
  const broken = aTrial(rulesDir)
  rmSync(join(broken, 'tables/drug-sex.csv'))
  t.match(await run(env, ['--rules', broken, ...period]), {
    code: 1, err: /^RULEBOOK_INVALID .*错误 1 处：\n.*drug-sex\.yaml:\d+ table：没有知识表 drug-sex/s,
  })
})
