// What `npm run store` refuses, and what it says then: the store in use stays as it was.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { STORE_FORMAT, Store } from '../../src/lmdb/store.js'
import { connectBus } from '../../src/nats/bus.js'
import { busOptions } from '../../src/nats-options.js'
import { startServer } from '../fixtures/nats-server.js'
import { aServer, aStore, aWorld, contentOf, messages, runIn, send } from '../fixtures/store-world.js'

t.test('what is not understood ends with 2 and the usage', async (t) => {
  const { run, dataDir } = aWorld(t)
  for (const args of [
    [], ['clean'], ['status', 'x'], ['backup'], ['restore'], ['backup', 'a', 'b'], ['rebuild', 'x'],
    ['rebuild', '--from-backup', 'a', 'b'], ['dead', 'send'], ['dead', 'list', '1'], ['dead', 'show'],
    ['dead', 'show', '0'], ['dead', 'show', '1', 'a', 'b'], ['dead', 'resend', '1'], ['dead', 'drop', '1', 'a'],
  ]) {
    const { code, out, err } = await run(...args)
    t.strictSame({ code, out, args: err.startsWith('usage: npm run store -- <command>\n') },
      { code: 2, out: '', args: true }, args.join(' '))
  }
  t.equal(existsSync(dataDir), false, 'nothing was made')
})

t.test('a folder without a store is said, and none is made', async (t) => {
  const { run, storeDir, dir } = aWorld(t)
  for (const args of [['status'], ['backup', join(dir, 'b')], ['rebuild'], ['restore', join(dir, 'none')]]) {
    t.match(await run(...args), { code: 1, err: /^STORE_MISSING .*there is no store\nlook at DATA_DIR/ }, args.join(' '))
  }
  t.equal(existsSync(storeDir), false)
  t.match(await runIn({ PORT: 'x' }, ['status']), { code: 1, err: /^CONFIG_INVALID: .*PORT must be/s })
  const { runWith, storeDir: present } = aWorld(t)
  await aStore(present)
  const write = () => { throw new TypeError('a bug') }
  await t.rejects(runWith({ write }, 'status'), { name: 'TypeError' }, 'a bug is no refusal')
})

t.test('a stream of another kind is said by every command that needs it', async (t) => {
  const { url, connection } = await aServer(t)
  const { run, storeDir, dir, dataDir, config } = aWorld(t, { NATS_URL: url })
  const made = await aStore(storeDir)
  t.match((await run('status')).out, /stream +there is no event stream\ndead letters +0\n$/)
  const bus = await connectBus(busOptions(config, { url, name: 'test' }), () => {})
  const { events: { created } } = await bus.streams()
  await bus.close()
  const fresh = aWorld(t, { NATS_URL: url })
  await Store.open(fresh.storeDir).close()
  t.match((await fresh.run('status')).out, 'stream        ends at event 0: nothing is left to read')
  t.match((await run('status')).out, `stream        another one, made ${created}: the service will rebuild`)
  t.match(await run('rebuild'), {
    code: 1,
    err: `STREAM_CHANGED: the stream is gone or was made anew: the store is of the stream made `
      + `${made.streamCreated}, the server has one made ${created}. Look at NATS_URL and DATA_DIR`,
  })
  t.match((await contentOf(storeDir)).position, made, 'it is untouched')

  await aStore(storeDir, { streamCreated: created })
  t.match((await run('status')).out, 'ends at event 0, before our position')
  t.match(await run('rebuild'), { code: 1, err: /the stream ends at event 0, the store stands at event 7\./ })

  await send(connection, messages.slice(0, 10))
  t.match(await run('rebuild', '--from-backup'), { code: 1, err: /^STORE_MISSING: .*no backup of this stream is known/ })
  const other = join(dir, 'other')
  await aStore(other)
  t.match(await run('restore', other), { code: 1, err: /^STREAM_CHANGED .*the backup is of the stream made 2026-03-01/ })
  t.match(await run('rebuild', '--from-backup', other), { code: 1, err: /^STREAM_CHANGED .*the backup stands at event 7 of the stream made 2026-03-01/ })
  const late = join(dir, 'late')
  await aStore(late, { streamCreated: created, sequence: 9 })
  const early = [3, 5].map((sequence) => ({ path: join(dir, `early-${sequence}`), sequence }))
  for (const { path, sequence } of early) await aStore(path, { streamCreated: created, sequence })
  const broken = join(dir, 'broken')
  mkdirSync(broken)
  writeFileSync(join(broken, 'records.mdb'), 'not a store')
  const paths = [...early.map(({ path }) => path), other, late, broken, join(dir, 'gone'), 5]
  writeFileSync(join(dataDir, 'backups.json'), JSON.stringify(paths))
  t.match(await run('rebuild', '--from-backup'), { code: 0, out: /^from the backup in .*early-5, which/ })
  for (const text of ['{"a":1}', '[']) {
    writeFileSync(join(dataDir, 'backups.json'), text)
    t.match(await run('rebuild', '--from-backup'), { code: 1, err: /^STORE_MISSING/ }, text)
  }
  t.match(await run('backup', early[0]!.path), { code: 0 })
  t.match(await run('rebuild', '--from-backup'), { code: 0, out: /early-3, which stands at event 7\n0 events/ })
})

t.test('a server that has no streams to tell of is said', async (t) => {
  const plain = await startServer({ isPlain: true })
  t.teardown(() => plain.stop())
  const { run, storeDir } = aWorld(t, { NATS_URL: plain.url })
  await aStore(storeDir)
  t.match(await run('status'), { code: 0, out: /stream +not known: the NATS server does not answer: .*503/ })
  t.match(await run('dead'), { code: 1, err: /^STREAM_MISCONFIGURED .*JetStream is not enabled/ })
})

t.test('a store that cannot be read, or of a newer format, is not touched', async (t) => {
  const { run, storeDir, dir } = aWorld(t, { NATS_URL: 'nats://127.0.0.1:1' })
  await aStore(storeDir)
  const copy = join(dir, 'copy')
  t.match(await run('backup', copy), { code: 0 })
  t.match((await run('status')).out, /stream +not known: the NATS server does not answer/)
  t.match(await run('rebuild'), { code: 1, err: /^NATS_UNAVAILABLE: .*\nstart the NATS server, or look at NATS_URL\n$/ })
  for (const command of ['backup', 'restore']) {
    t.match(await run(command, storeDir), { code: 1, err: /^REQUEST_MALFORMED .*that is the store in use/ }, command)
  }
  writeFileSync(join(dir, 'a-file'), '')
  t.match(await run('backup', join(dir, 'a-file')), { code: 1, err: /^STORE_UNAVAILABLE .*the copy cannot be written/ })

  writeFileSync(join(storeDir, 'records.mdb'), 'not a store at all')
  t.match(await run('status'), { code: 1, err: /^STORE_UNAVAILABLE .*not a store, or is damaged\n.*restore a backup/ })
  t.match(await run('restore', copy), { code: 0, out: /it stands at event 7; the next start reads on/ })
  t.match((await contentOf(storeDir)).position, { sequence: 7 })

  const ahead = aWorld(t)
  await aStore(ahead.storeDir, { format: STORE_FORMAT + 1 })
  t.match(await ahead.run('restore', copy), { code: 1, err: /^STORE_NEWER / }, 'the one in use is newer')

  const odd = join(dir, 'odd')
  mkdirSync(join(odd, 'records.mdb'), { recursive: true })
  t.match(await run('restore', odd), { code: 1, err: /^STORE_UNAVAILABLE .*it cannot be read\n/ })

  const newer = join(dir, 'newer')
  await aStore(newer, { format: STORE_FORMAT + 1 })
  t.match(await run('restore', newer), { code: 1, err: /^STORE_NEWER .*\nuse the claimsentry that wrote it\n$/ })
  const empty = join(dir, 'empty')
  await Store.open(empty).close()
  t.match(await run('restore', empty), { code: 1, err: /^STORE_MISSING .*nothing was ever committed to it/ })
  const fresh = aWorld(t)
  await Store.open(fresh.storeDir).close()
  t.match(await fresh.run('status'), { code: 0, out: /position +nothing is committed yet\nstream +there is no NATS server yet\n$/ })
  for (const args of [['rebuild'], ['backup', copy]]) {
    t.match(await fresh.run(...args), { code: 1, err: /^STORE_MISSING .*nothing was ever committed/ }, args.join(' '))
  }
})
