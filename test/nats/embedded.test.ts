// The embedded nats-server (one for a data folder, always on one port) and the lock of the folder.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { connectNats } from '../../src/nats/connect.js'
import { startEmbedded } from '../../src/nats/embedded.js'
import { lockDataDir } from '../../src/nats/lock.js'
import { freePort, isFree, serverNameAt } from '../../src/nats/probe.js'
import { commandLineOf, isAlive, startOf } from '../../src/nats/process-alive.js'
import { natsBinary, pause } from '../fixtures/nats-server.js'
import { refusal, stateOf } from '../fixtures/nats-streams.js'

function folder(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'claimsentry-data-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

function recorder() {
  const said: string[] = []
  const waiting: { message: string, resolve: () => void }[] = []
  const note = (_fields: object, message: string) => {
    said.push(message)
    for (const entry of waiting) if (entry.message === message) entry.resolve()
  }
  const heard = (message: string) => new Promise<void>((resolve) => {
    waiting.push({ message, resolve })
  })
  return { said, heard, log: { info: note, warn: note } }
}

/** The id of a process that has just ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await new Promise((resolve) => child.once('exit', resolve))
  return child.pid!
}

function endOf(pid: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (isAlive(pid)) return
      clearInterval(timer)
      resolve()
    }, 5)
  })
}

const stateFile = (dataDir: string) => join(dataDir, 'nats', 'server.json')
const pidFile = (dataDir: string) => join(dataDir, 'nats', 'nats-server.pid')

t.test('it starts with JetStream, is used again while alive, and never doubled', async (t) => {
  const dataDir = folder(t)
  const { said, log } = recorder()
  const first = await startEmbedded({ dataDir, binary: natsBinary, log })
  const connection = await connectNats({ url: first.url, name: 'test' })
  t.equal(connection.maxPayload, 4_194_304)
  t.equal((await connection.manager.getAccountInfo()).streams, 0)
  t.equal(statSync(join(dataDir, 'nats')).mode & 0o777, 0o700)
  t.equal(statSync(stateFile(dataDir)).mode & 0o777, 0o600)
  // What a claimsentry that was killed leaves behind: a server, its state and its pid.
  const second = await startEmbedded({ dataDir, binary: natsBinary, log })
  t.equal(second.pid, first.pid)
  t.equal(second.url, first.url)
  await connection.close()
  await second.stop()
  t.notOk(isAlive(first.pid))
  await first.stop()
  await second.stop()
  const third = await startEmbedded({ dataDir, binary: natsBinary, log })
  t.equal(third.url, first.url, 'the port is kept')
  await third.stop()
  t.strictSame(said, [
    'nats-server is started',
    'the nats-server of this data folder is used again',
    'nats-server is started',
  ])
})

t.test('one that dies is started again on the same port', async (t) => {
  const dataDir = folder(t)
  const { said, heard, log } = recorder()
  const server = await startEmbedded({ dataDir, binary: natsBinary, log })
  const connection = await connectNats({ url: server.url, name: 'test' })
  const back = stateOf(connection, 'connected')
  const dead = server.pid
  process.kill(dead, 'SIGKILL')
  await back
  t.ok(connection.isConnected)
  await connection.close()
  // Again, and this time it cannot come back at once: the program's configuration is gone.
  const config = join(dataDir, 'nats', 'nats.conf')
  const kept = readFileSync(config)
  if (server.pid === 0) await heard('nats-server is started')
  t.not(server.pid, dead)
  rmSync(config)
  const failed = heard('nats-server cannot be started; trying again')
  process.kill(server.pid, 'SIGKILL')
  await failed
  writeFileSync(config, kept)
  await heard('nats-server is started')
  await server.stop()
  t.notOk(await serverNameAt(Number(new URL(server.url).port)))
  t.equal(said[0], 'nats-server is started')
})

t.test('stopping while it is being started again ends it too', async (t) => {
  const dataDir = folder(t)
  const { heard, log } = recorder()
  const server = await startEmbedded({ dataDir, binary: natsBinary, log })
  const port = Number(new URL(server.url).port)
  const ended = heard('nats-server has ended; it is started again')
  process.kill(server.pid, 'SIGKILL')
  await ended
  await server.stop()
  t.ok(await isFree(port))
})

t.test('a kept port that another program has taken is given up', async (t) => {
  const dataDir = folder(t)
  const { said, log } = recorder()
  const other = createServer((socket) => socket.end('hello'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  mkdirSync(join(dataDir, 'nats'), { recursive: true })
  writeFileSync(stateFile(dataDir), JSON.stringify({ port, name: 'claimsentry-1' }))
  const server = await startEmbedded({ dataDir, binary: natsBinary, log })
  t.not(server.url, `nats://127.0.0.1:${port}`)
  t.equal(await serverNameAt(Number(new URL(server.url).port)), 'claimsentry-1')
  t.equal(said[0], 'the kept port is taken by another; a new one')
  await server.stop()
  await new Promise((resolve) => other.close(resolve))
})

t.test('a living server that does not answer is not doubled', async (t) => {
  const dataDir = folder(t)
  const { log } = recorder()
  const server = await startEmbedded({ dataDir, binary: natsBinary, log })
  await pause(server.pid)
  const again = await refusal(() => startEmbedded({
    dataDir, binary: natsBinary, log, startMsMax: 100,
  }))
  // One that ends while it is waited for is no longer in the way.
  const waiting = startEmbedded({ dataDir, binary: natsBinary, log })
  t.strictSame(again, {
    code: 'NATS_UNAVAILABLE',
    message: `the NATS server does not answer: nats-server (process ${server.pid}) is alive but `
      + `does not answer on ${server.url}`,
  })
  await serverNameAt(Number(new URL(server.url).port))
  process.kill(server.pid, 'SIGKILL')
  await server.stop()
  await (await waiting).stop()
})

t.test('a lost or wrong process id file is no reason to start a second one', async (t) => {
  const dataDir = folder(t)
  const { log } = recorder()
  const server = await startEmbedded({ dataDir, binary: natsBinary, log })
  // Its pid file may be lost, or name a process that is another one by now.
  rmSync(pidFile(dataDir))
  const blind = await startEmbedded({ dataDir, binary: natsBinary, log })
  t.equal(blind.pid, 0)
  await blind.stop()
  t.ok(isAlive(server.pid))
  await server.stop()
  writeFileSync(pidFile(dataDir), String(process.pid))
  const next = await startEmbedded({ dataDir, binary: natsBinary, log })
  t.not(next.pid, process.pid)
  await next.stop()
})

t.test('a damaged state is replaced, a stale process id is not believed', async (t) => {
  const dataDir = folder(t)
  const { log } = recorder()
  mkdirSync(join(dataDir, 'nats'), { recursive: true })
  const good = JSON.stringify({ port: await freePort(), name: 'claimsentry-1' })
  const states = ['not JSON', '{"port":"x"}', good].map((text) => [text, '1'] as const)
  for (const [text, pid] of [...states, [good, 'nonsense'] as const]) {
    writeFileSync(stateFile(dataDir), text)
    writeFileSync(pidFile(dataDir), pid)
    const server = await startEmbedded({ dataDir, binary: natsBinary, log })
    await server.stop()
  }
  writeFileSync(pidFile(dataDir), String(await deadPid()))
  const server = await startEmbedded({ dataDir, binary: natsBinary, log })
  t.ok(isAlive(server.pid))
  await server.stop()
})

t.test('a missing program and one that does not start are told apart', async (t) => {
  const dataDir = folder(t)
  const { log } = recorder()
  t.match(await refusal(() => startEmbedded({ dataDir, binary: '/nowhere/nats-server', log })),
    { code: 'NATS_SERVER_MISSING', message: /\/nowhere\/nats-server/ })
  const script = (text: string) => {
    const file = join(dataDir, 'fake-server')
    writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    return file
  }
  t.match(await refusal(() => startEmbedded({
    dataDir, binary: script('echo "the disk is broken" >&2; exit 3'), log,
  })), { code: 'NATS_UNAVAILABLE', message: /the disk is broken/ })
  t.match(await refusal(() => startEmbedded({
    dataDir, binary: script('exec sleep 60'), log, startMsMax: 100,
  })), { code: 'NATS_UNAVAILABLE', message: /it does not answer/ })
})

t.test('a server that does not end when asked is killed', async (t) => {
  const dataDir = folder(t)
  const { said, log } = recorder()
  const server = await startEmbedded({ dataDir, binary: natsBinary, log, stopMsMax: 100 })
  const { pid } = server
  await pause(pid)
  await server.stop()
  await endOf(pid)
  t.equal(said.at(-1), 'nats-server does not end when asked; it is killed')
})

t.test('a port without a nats-server has no server name', async (t) => {
  const silent = createServer(() => {})
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as { port: number }
  t.equal(await serverNameAt(port, 50), undefined)
  silent.close()
})

t.test('a data folder has one holder, and the second is told which', (t) => {
  const dataDir = join(folder(t), 'new')
  const release = lockDataDir(dataDir, process.pid)
  const again = () => lockDataDir(dataDir, process.pid)
  t.throws(again, {
    code: 'STORE_LOCKED',
    message: `another claimsentry uses this data folder: it is held by process ${process.pid}`,
  })
  release()
  lockDataDir(dataDir, process.pid)()
  release()
  t.end()
})

t.test('a stale lock is taken over', async (t) => {
  const dataDir = folder(t)
  const file = join(dataDir, 'claimsentry.lock')
  const gone = await deadPid()
  const held = { pid: process.pid, start: startOf(process.pid) }
  for (const stale of [
    JSON.stringify({ pid: gone, start: 'boot:1' }),
    JSON.stringify({ pid: process.pid, start: 'boot:1' }), // the number is used again
    'cut off',
    '{"pid":"x"}',
  ]) {
    writeFileSync(file, stale)
    const release = lockDataDir(dataDir, process.pid)
    t.strictSame(JSON.parse(readFileSync(file, 'utf8')), held)
    release()
  }
  writeFileSync(file, JSON.stringify({ pid: process.pid, start: '' }))
  t.throws(() => lockDataDir(dataDir, process.pid), { code: 'STORE_LOCKED' },
    'where the system does not tell, a living process is believed')
})

t.test('two that find a stale lock do not both get it', async (t) => {
  const dataDir = folder(t)
  const file = join(dataDir, 'claimsentry.lock')
  const stale = JSON.stringify({ pid: await deadPid(), start: '' })
  writeFileSync(file, stale)
  writeFileSync(`${file}.guard`, JSON.stringify({ pid: process.pid, start: '' }))
  t.throws(() => lockDataDir(dataDir, process.pid), { code: 'STORE_LOCKED' })
  writeFileSync(`${file}.guard`, stale)
  lockDataDir(dataDir, process.pid)()
})

t.test('a folder that cannot be written is said so', (t) => {
  const dataDir = folder(t)
  for (const bad of [join(dataDir, 'x'.repeat(300)), '/proc/self']) {
    t.throws(() => lockDataDir(bad, process.pid), { code: 'STORE_UNAVAILABLE' })
  }
  t.end()
})

t.test('a process that is not there has no start and no command line', async (t) => {
  const pid = await deadPid()
  t.equal(startOf(pid), '')
  t.equal(commandLineOf(pid), undefined)
  t.ok(isAlive(1), 'a process of somebody else is alive too')
})
