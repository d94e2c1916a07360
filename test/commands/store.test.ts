// `npm run store` on a real server and real stores, beside a running service and without one.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { progressLine } from '../../src/commands/store-rebuild.js'
import { emptyPosition } from '../../src/position.js'
import { STORE_FORMAT, Store } from '../../src/lmdb/store.js'
import { connectBus } from '../../src/nats/bus.js'
import { connectNats } from '../../src/nats/connect.js'
import { embeddedUrl } from '../../src/nats/embedded.js'
import { isAlive } from '../../src/nats/process-alive.js'
import { streamNames } from '../../src/nats/streams.js'
import { rebuild } from '../../src/rebuild.js'
import { busOptions } from '../../src/nats-options.js'
import {
  aServer, aWorld, contentOf, deadCount, firstDead, messages, messagesIn, reaching, ready, seed, send,
} from '../fixtures/store-world.js'

t.comment(`seed ${seed}`)

t.test('the life of a store: looked at, backed up, rebuilt, restored', async (t) => {
  const { url, connection } = await aServer(t)
  const world = aWorld(t, { NATS_URL: url })
  const { run, storeDir, dir } = world
  const copy = join(dir, 'backup')
  let service = await world.start()
  await ready(service)
  await send(connection, messages.slice(0, 700))
  await reaching(service, 700)

  t.match(await run('backup', copy), { code: 0, out: /^backed up to .*: it stands at event 700, \d+\.\d MiB\n$/ })
  t.match(await run('status'), {
    code: 0,
    out: RegExp(`in use +yes, by process ${process.pid}\n[^]*position +event 700 of the stream made 20[^]*`
      + 'events +judged \\d+, recorded \\d+, repeated \\d+, dead 7, missing 0\n[^]*'
      + 'gap +none\nstream +ends at event 700: nothing is left to read\ndead letters +7\n$'),
  })
  for (const args of [['restore', copy], ['rebuild'], ['rebuild', '--from-backup']]) {
    t.match(await run(...args), {
      code: 1,
      out: '',
      err: RegExp(`^STORE_LOCKED .*: it is held by process ${process.pid}\nstop that process first`),
    }, args.join(' '))
  }

  await send(connection, messages.slice(700))
  await reaching(service, messages.length)
  await service.stop()
  const undisturbed = await contentOf(storeDir)
  const warnings = (await messagesIn(connection, 'warning')).messages
  t.match(undisturbed.position, { sequence: messages.length, counts: { dead: deadCount } })
  t.ok(undisturbed.position!.counts.recorded > 0 && undisturbed.position!.counts.repeated > 0)
  const { records } = undisturbed
  const counted = (prefix: string) => Object.keys(records as object).filter((key) => key.startsWith(prefix)).length
  t.match((await run('status')).out, RegExp(`in use +no\n[^]*records +patients ${counted('p:')}, `
    + `settlements ${counted('s:')}, trace codes ${counted('t:')}\n[^]*watermark +settlements up to 2026-`))

  writeFileSync(join(world.dataDir, 'store.new'), 'left by a run that was killed')
  const rebuilt = await run('rebuild')
  t.match(rebuilt, {
    code: 0,
    out: /^1500 events · \d+ events\/s · 100 % · 0 s left\n\d+\.\d MiB on disk\nrebuilt: it stands at event 1500 \(/,
  })
  t.strictSame(await contentOf(storeDir), undisturbed, 'rebuilt from the whole stream')
  t.equal(existsSync(join(world.dataDir, 'store.new')), false)

  t.match(await run('rebuild', '--from-backup'),
    { code: 0, out: /^from the backup in .*backup, which stands at event 700\n800 events · / })
  t.strictSame(await contentOf(storeDir), undisturbed, 'rebuilt from the backup and the tail')
  t.match(await run('rebuild', '--from-backup', copy), { code: 0 })

  t.match(await run('restore', copy), {
    code: 0,
    out: /^restored from .*: it stands at event 700 \(the store before it stood at event 1500\); the next/,
  })
  t.match((await run('status')).out, 'ends at event 1500: 800 is left to read')
  service = await world.start()
  await reaching(service, messages.length)
  await service.stop()
  t.strictSame((await contentOf(storeDir)).records, records, 'restored, and the tail read')
  t.equal((await messagesIn(connection, 'warning')).messages, warnings, 'no warning is sent again')
})

t.test('a rebuild that is ended leaves the store in use', async (t) => {
  const { url, connection } = await aServer(t)
  const { run, runWith, start, storeDir, dataDir } = aWorld(t, { NATS_URL: url })
  const service = await start()
  await ready(service)
  await send(connection, messages.slice(0, 100))
  await reaching(service, 100)
  await service.stop()
  const before = await contentOf(storeDir)
  const ending = new AbortController()
  let clock = 0
  const write = () => ending.abort()
  t.match(await runWith({ now: () => clock += 10_000, write, signal: ending.signal }, 'rebuild'),
    { code: 1, err: /^SERVICE_STOPPING: .*the store in use is as it was\n/ })
  t.strictSame(await contentOf(storeDir), before)
  t.equal(existsSync(join(dataDir, 'store.new')), false)

  // Events that the stream has lost since are missing, and a store that stands at its start is empty.
  await connection.manager.streams.deleteMessage(streamNames.event, 100)
  await connection.manager.streams.deleteMessage(streamNames.event, 20)
  t.match(await run('rebuild'), { code: 0, out: /stands at event 100 \(.* missing 2\)\n$/ })
  t.match((await run('status')).out, /gap +events before 20\d\d-\d\d-\d\d are missing: rules/)
  await connection.manager.streams.purge(streamNames.event)
  t.match(await run('rebuild'), { code: 0, out: /\(judged 0, recorded 0, repeated 0, dead 0, missing 100\)\n$/ })
})

t.test('a dead letter is listed, shown, mended, and sent again under the same identity', async (t) => {
  const { url, connection } = await aServer(t)
  const { run, start, dir } = aWorld(t, { NATS_URL: url })
  t.match(await run('dead'), { code: 0, out: 'no dead letters\n' })
  const service = await start()
  t.teardown(() => service.stop())
  await send(connection, messages.slice(0, 160))
  await reaching(service, 160)

  const list = await run('dead', 'list')
  t.match(list, { code: 0, out: RegExp(`^1  20.*Z  event ${firstDead}  EVENT_NOT_JSON  the bytes.*\n2  .*\ndead letters: 2\n$`) })
  const shown = await run('dead', 'show', '1')
  t.match(shown, { code: 0, out: /^event 51  EVENT_NOT_JSON  .*\n\d+ bytes; "dead show 1 <file>" writes them/ })
  const { subject, body } = messages[firstDead - 1]!
  const key = subject.split('.')[3]!
  for (const { out } of [list, shown]) t.notMatch(out, key, 'no patient is printed')

  const file = join(dir, 'letter.json')
  t.match(await run('dead', 'show', '1', file), { code: 0, out: RegExp(`\n${Buffer.byteLength(body)} bytes are in ${file}: mend`) })
  t.equal(readFileSync(file, 'utf8'), body)
  t.match(await run('dead', 'show', '1', file), { code: 1, err: /^REQUEST_MALFORMED .*: name a new file\n$/ })
  t.match(await run('dead', 'resend', '1', file), { code: 1, err: /^EVENT_NOT_JSON: / }, 'not mended yet')
  t.match(await run('dead', 'resend', '1', join(dir, 'none')), { code: 1, err: /the file cannot be read\n$/ })
  t.match(await run('dead', 'show', '9'), { code: 1, err: /^REQUEST_NOT_FOUND: .*the number 9; "dead list" shows/ })

  writeFileSync(file, body.slice(0, -1))
  const { judged } = service.partition.state.position.counts
  t.match(await run('dead', 'resend', '1', file), { code: 0, out: 'sent again: it is event 161 of the stream\n' })
  t.match(await run('dead', 'resend', '1', file), { code: 0, out: 'sent again: it is event 161 of the stream\n' })
  await reaching(service, 161)
  t.equal(service.partition.state.position.counts.judged, judged + 1)
  const stored = await connection.manager.streams.getMessage(streamNames.event, { seq: 161 })
  t.strictSame([stored.subject, stored.string()], [subject, body.slice(0, -1)])
})

t.test('an event too large for a letter is shown from its stream, while that is the same', async (t) => {
  const { url, connection } = await aServer(t, { config: 'max_payload: 128KB' })
  const { run, start, dir } = aWorld(t, { NATS_URL: url })
  const service = await start()
  t.teardown(() => service.stop())
  await ready(service)
  const { subject, body } = messages[0]!
  const large = `${body}}${' '.repeat(60_000 - body.length)}`
  await send(connection, [{ subject, id: 'large', body: large }])
  await reaching(service, 1)
  t.match((await run('dead')).out, /^1  .*  event 1  EVENT_NOT_JSON .*\ndead letters: 1\n$/)
  const file = join(dir, 'letter.json')
  t.match(await run('dead', 'show', '1', file), { code: 0, out: RegExp(`\n${Buffer.byteLength(large)} bytes are in`) })
  t.equal(readFileSync(file, 'utf8'), large)
  writeFileSync(file, body)
  t.match(await run('dead', 'resend', '1', file), { code: 0, out: 'sent again: it is event 2 of the stream\n' })

  await connection.manager.streams.deleteMessage(streamNames.event, 1)
  const gone = { code: 1, err: 'REQUEST_NOT_FOUND: there is nothing at this address: event 1 is no longer in CLAIMS_EVENT\n' }
  t.match(await run('dead', 'show', '1'), gone)
  await send(connection, [{
    subject: 'claims.dead', id: 'older', body: '{"code":"EVENT_FATAL","path":"","stream_sequence":1,"bytes_base64":null}',
  }])
  t.match(await run('dead', 'show', '2'), gone, 'of a stream that was before this one')

  await send(connection, [{ subject: 'claims.warning.H1', id: 'told', body: '{"told":"H1"}' }])
  const { created, state } = await connection.manager.streams.info(streamNames.warning)
  await send(connection, [{ subject: 'claims.dead', id: 'undelivered', body: JSON.stringify({
    code: 'WEBHOOK_UNDELIVERED', path: 'H1', message: 'status 500', bytes_base64: null,
    stream_created: created, stream_sequence: state.last_seq,
  }) }])
  const told = join(dir, 'warning.json')
  t.match(await run('dead', 'show', '3', told), { code: 0, out: `13 bytes are in ${told}\n` })
  t.equal(readFileSync(told, 'utf8'), '{"told":"H1"}', 'of a warning: from the stream of warnings')
})

t.test('a mended letter that the stream does not take can be sent again', async (t) => {
  const { url, connection } = await aServer(t)
  const { run, dir } = aWorld(t, { NATS_URL: url, EVENT_STREAM_BYTES_MAX: '100' })
  await run('dead')
  const { body } = messages[0]!
  const letter = { bytes_base64: Buffer.from(body).toString('base64'), code: 'EVENT_FATAL', path: '' }
  await send(connection, [{ subject: 'claims.dead', id: 'one', body: JSON.stringify(letter) }])
  const file = join(dir, 'mended.json')
  writeFileSync(file, body)
  t.match(await run('dead', 'resend', '1', file), { code: 1, err: /^EVENT_UNSENT: .*\nlook at the NATS server and/ })
})

t.test('a mended letter is about what the letter was about', async (t) => {
  const { url, connection } = await aServer(t)
  const { run, start, dir } = aWorld(t, { NATS_URL: url })
  const service = await start()
  t.teardown(() => service.stop())
  await ready(service)
  const good = JSON.parse(messages[0]!.body) as { id: string, data: Record<string, unknown> }
  const aLetter = (event: unknown, code = 'EVENT_MALFORMED') => ({
    subject: 'claims.dead',
    id: JSON.stringify(event),
    body: JSON.stringify({
      code, path: '/data', message: 'wrong', stream_sequence: 3,
      bytes_base64: Buffer.from(JSON.stringify(event)).toString('base64'),
    }),
  })
  await send(connection, [
    aLetter({ ...good, data: { ...good.data, patient: undefined } }),
    aLetter({ id: 'another', data: { settlement_id: '' } }),
    aLetter(null),
    { subject: 'claims.dead', id: 'junk', body: 'anybody may write here' },
    { subject: 'claims.dead', id: 'more junk', body: '{"code":1}' },
  ])
  t.match((await run('dead')).out, /\n3  .*event 3  EVENT_MALFORMED \/data  wrong\n4  .*  not a letter of ours\n5 .*\n/)
  t.match(await run('dead', 'show', '4'), { code: 1, err: /^REQUEST_NOT_FOUND/ })
  const file = join(dir, 'mended.json')
  const resend = async (number: number, data: object, over: object = {}) => {
    writeFileSync(file, JSON.stringify({ ...good, ...over, data: { ...good.data, ...data } }))
    return run('dead', 'resend', String(number), file)
  }
  t.match(await resend(1, { settlement_id: 'S-other' }), { code: 1, err: /^REQUEST_MALFORMED \/data\/settlement_id: .*it is not/ })
  const visit = { ...good.data['visit'] as object, institution: { id: 'H00000000001', level: 3 } }
  t.match(await resend(1, { visit }), { code: 1, err: /^REQUEST_MALFORMED \/data\/…\/institution: / })
  t.match(await resend(1, {}), { code: 0 }, 'the patient is back')
  t.match(await resend(3, {}), { code: 0 }, 'nothing could be read of it')
  t.match(await resend(2, {}), { code: 1, err: /^REQUEST_MALFORMED \/id: / }, 'it had no settlement: its own id counts')
  t.match(await resend(2, {}, { id: 'another' }), { code: 0 })
})

t.test('without NATS_URL the server of the data folder is started, and ended only by who started it', async (t) => {
  const { run, start, storeDir, dataDir } = aWorld(t)
  const service = await start()
  const connection = await connectNats({ url: service.natsUrl, name: 'test' })
  await ready(service)
  await send(connection, messages.slice(0, 60))
  await reaching(service, 60)
  t.match(await run('dead'), { code: 0, out: /dead letters: 1\n$/ })
  const pid = Number(readFileSync(join(dataDir, 'nats/nats-server.pid'), 'utf8'))
  t.ok(isAlive(pid), 'the service’s server goes on')
  await connection.close()
  await service.stop()
  t.equal(isAlive(pid), false)
  const before = await contentOf(storeDir)
  t.match(await run('rebuild'), { code: 0, out: /stands at event 60 / })
  t.strictSame(await contentOf(storeDir), before)
  t.match(await run('dead'), { code: 0, out: /dead letters: 1\n$/ })
  await t.rejects(connectNats({ url: embeddedUrl(dataDir)!, name: 'test' }), { code: 'NATS_UNAVAILABLE' })
  t.match((await run('status')).out, /stream +not known/, 'status starts nothing')
})

t.test('an event that was dead is dead again, and a full disk ends the rebuild', async (t) => {
  const { url, connection } = await aServer(t)
  const { config, dir } = aWorld(t, { NATS_URL: url })
  const bus = await connectBus(busOptions(config, { url, name: 'test' }), () => {})
  t.teardown(() => bus.close())
  const { events: { created } } = await bus.streams()
  await send(connection, messages.slice(0, 40))
  await send(connection, [
    { subject: 'claims.dead', id: `dead:${created}:7`, body: '{}' }, { subject: 'claims.dead', id: 'x', body: '{}' },
  ])
  const until = { ...emptyPosition(STORE_FORMAT, created), sequence: 30 }
  const store = Store.open(join(dir, 'a'))
  const parts = { bus, format: STORE_FORMAT, cacheBytes: 1_048_576 }
  const reached = await rebuild({ ...parts, store, until })
  t.match(reached, { sequence: 30, counts: { dead: 1, missing: 0 } })
  t.strictSame(store.position(), reached)
  await store.close()
  const full = Store.open(join(dir, 'b'), { freeBytes: () => 0 })
  await t.rejects(rebuild({ ...parts, store: full, until }), { code: 'STORE_FULL' })
  await full.close()
})

t.test('progress is told in events, events a second, share and time left', (t) => {
  let clock = 0
  const told = (isTerminal: boolean, steps: [number, number][], range = { from: 100, until: 1_100 }) => {
    const lines: string[] = []
    clock = 0
    const line = progressLine({ now: () => clock, write: (text) => { lines.push(text) }, isTerminal }, range)
    for (const [at, sequence] of steps) {
      clock = at
      line.show(sequence)
    }
    line.end(range.until)
    return lines
  }
  t.strictSame(told(false, [[4_999, 101], [5_000, 200], [9_000, 300]]), [
    '100 events · 20 events/s · 18 % · 45 s left\n', '1000 events · 111 events/s · 100 % · 0 s left\n',
  ])
  t.strictSame(told(true, [[100_000, 200], [200_000, 100]]), [
    '\r\u001b[2K100 events · 1 events/s · 18 % · 15 min left',
    '\r\u001b[2K0 events · 0 events/s · 9 % · 0 s left',
    '\r\u001b[2K1000 events · 5 events/s · 100 % · 0 s left', '\n',
  ])
  t.match(told(false, [[10_000_000, 200]])[0], /· 25\.0 h left/)
  t.match(told(false, [], { from: 0, until: 0 }), ['0 events · 0 events/s · 100 % · 0 s left\n'])
  t.end()
})
