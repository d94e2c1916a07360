// Starts that fail and stops by signal: what a start opened is closed again, and one Ctrl-C that arrives
// twice is one stop. The process itself is a child of this one.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { Store } from '../src/lmdb/store.js'
import { connectNats } from '../src/nats/connect.js'
import { embeddedUrl } from '../src/nats/embedded.js'
import { onStopSignal } from '../src/stop-signals.js'
import { pause } from './fixtures/nats-server.js'
import { aServer, aWorld, event, publish, root, until } from './fixtures/service-world.js'

t.test('the first signal stops, its repetitions are the same one, a later one ends at once', (t) => {
  const done: string[] = []
  let clock = 5_000
  const listener = onStopSignal({
    now: () => clock,
    begin: (signal) => { done.push(`begin ${signal}`) },
    end: (signal) => { done.push(`end ${signal}`) },
  })
  for (const after of [0, 3, 1_000]) {
    clock = 5_000 + after
    listener('SIGINT')
  }
  t.strictSame(done, ['begin SIGINT'])
  clock = 6_001
  listener('SIGTERM')
  t.strictSame(done, ['begin SIGINT', 'end SIGTERM'])
  t.end()
})

/** Nothing is left that a start takes. */
function nothingIsHeld(t: Test, dataDir: string): void {
  t.notOk(existsSync(join(dataDir, 'claimsentry.lock')))
  t.notOk(existsSync(join(dataDir, 'running.json')))
}

t.test('a start that fails says why and closes what it opened', async (t) => {
  const world = aWorld(t)
  const { dataDir } = world
  const missing = { NATS_SERVER_BIN: '/nowhere/nats-server' }
  await t.rejects(world.start(missing), { code: 'NATS_SERVER_MISSING' })
  nothingIsHeld(t, dataDir)

  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  await t.rejects(world.start({ PORT: String(port) }), {
    code: 'CONFIG_INVALID', path: 'PORT', message: new RegExp(`nothing can listen on 127.0.0.1:${port} .*EADDRINUSE`),
  })
  other.close()
  nothingIsHeld(t, dataDir)
  await t.rejects(connectNats({ url: embeddedUrl(dataDir)!, name: 'test' }), { code: 'NATS_UNAVAILABLE' },
    'the server of our own was stopped')

  // What an unclean stop left is not forgotten by a start that applied nothing.
  writeFileSync(join(dataDir, 'running.json'), '{"sequence":7,"deaths":2}')
  await t.rejects(world.start(missing), { code: 'NATS_SERVER_MISSING' })
  t.ok(existsSync(join(dataDir, 'running.json')))

  writeFileSync(world.rule, 'id: [')
  await t.rejects(world.start(), { code: 'RULEBOOK_INVALID', message: /medical\/drug-sex\.yaml:\d+: / })
  t.notOk(existsSync(join(dataDir, 'claimsentry.lock')))

  const nowhere = join(dataDir, 'nowhere')
  await t.rejects(world.start({ RULES_DIR: nowhere }), {
    message: `the rule book was not changed: \n${nowhere}: the folder cannot be read`,
  }, 'said once')
})

t.test('what does not close is told, and the rest is closed', async (t) => {
  const server = await aServer(t)
  const world = aWorld(t, { NATS_URL: server.url })
  const service = await world.start()
  const { close } = Store.prototype
  Store.prototype.close = () => Promise.reject(new TypeError('broken'))
  await service.stop()
  Store.prototype.close = close
  t.equal(world.said('a part did not close; the others did').length, 1)
  nothingIsHeld(t, world.dataDir)
})

/** The process, and what it has said by now. */
function run(t: Test, env: Readonly<Record<string, string | undefined>>, ...args: readonly string[]) {
  // With this test's own loader, so that it is the source that runs.
  const child: ChildProcess = spawn(process.execPath, [...process.execArgv, ...args, join(root, 'src/main.ts')], {
    env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  const hear = (chunk: Buffer) => { said += chunk.toString() }
  child.stdout!.on('data', hear)
  child.stderr!.on('data', hear)
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    pid: child.pid!,
    ended,
    said: () => said,
    saying: (text: string) => until(() => said.includes(text) || child.exitCode !== null),
  }
}

t.test('Ctrl-C that arrives twice stops the process gracefully; a second claimsentry is refused', async (t) => {
  const server = await aServer(t)
  const world = aWorld(t, { NATS_URL: server.url })
  const first = run(t, world.env)
  await first.saying('caught up with the stream')
  t.match(first.said(), '"msg":"started"')
  await t.rejects(world.start(), {
    code: 'STORE_LOCKED', path: join(world.dataDir, 'claimsentry.lock'), message: new RegExp(`\\b${first.pid}\\b`),
  })
  await publish(server.url, event(1))
  first.kill('SIGINT')
  await first.saying('"msg":"stopping"')
  first.kill('SIGINT')
  t.equal(await first.ended, 0, first.said())
  t.match(first.said(), '"msg":"stopped"')
  nothingIsHeld(t, world.dataDir)
  const store = Store.open(join(world.dataDir, 'store'))
  const { sequence = 0 } = store.position() ?? {}
  await store.close()
  t.ok(sequence <= 1)
})

t.test('who presses Ctrl-C again a second later ends a stop that hangs', async (t) => {
  const server = await aServer(t)
  const world = aWorld(t, { NATS_URL: server.url })
  const process_ = run(t, world.env)
  await process_.saying('caught up with the stream')
  await pause(server.pid) // the connection cannot be closed in order
  process_.kill('SIGINT')
  await process_.saying('"msg":"stopping"')
  await new Promise((resolve) => { setTimeout(resolve, 1_100) })
  process_.kill('SIGINT')
  t.equal(await process_.ended, 1)
  t.match(process_.said(), 'asked again')
  t.notMatch(process_.said(), '"msg":"stopped"')
  process.kill(server.pid, 'SIGCONT')
})

t.test('a wrong setting is one sentence, and what cannot be mended ends the process', async (t) => {
  const wrong = run(t, { PORT: 'x', npm_package_version: undefined })
  t.equal(await wrong.ended, 1)
  t.match(wrong.said(), /^CONFIG_INVALID .*\nPORT must be a whole number/m)

  const server = await aServer(t)
  const strange = run(t, { ...aWorld(t).env, NATS_URL: server.url, NATS_CREDS: '/nowhere' })
  t.equal(await strange.ended, 1)
  t.match(strange.said(), /^CONFIG_INVALID NATS_CREDS .*ENOENT.*'\/nowhere'/m)
  const connection = await connectNats({ url: server.url, name: 'operator' })
  await connection.manager.streams.add({ name: 'CLAIMS_DEAD', subjects: ['claims.dead'], max_age: 1e12 })
  await connection.close()
  const world = aWorld(t, { NATS_URL: server.url })
  const fatal = run(t, world.env)
  t.equal(await fatal.ended, 1)
  t.match(fatal.said(), 'the service cannot go on')
  t.match(fatal.said(), 'STREAM_MISCONFIGURED')
  nothingIsHeld(t, world.dataDir)
})

t.test('a bug that nothing caught is logged, and what is in flight is finished before the process ends', async (t) => {
  const server = await aServer(t)
  const world = aWorld(t, { NATS_URL: server.url })
  const bug = 'data:text/javascript,process.on("SIGUSR2", () => { throw new TypeError("a bug") })'
  const process_ = run(t, world.env, `--import=${bug}`)
  await process_.saying('caught up with the stream')
  process_.kill('SIGUSR2')
  t.equal(await process_.ended, 1)
  t.match(process_.said(), /"level":"fatal".*TypeError.*a bug: the process ends and must be started again/)
  t.match(process_.said(), '"msg":"stopped"')
  nothingIsHeld(t, world.dataDir)
})
