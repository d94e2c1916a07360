import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { ServiceError } from '../src/errors.js'
import { Groups, groupEventsMax } from '../src/groups.js'
import type { GroupsDeps } from '../src/groups.js'
import type { Position } from '../src/position.js'
import { AttemptMark } from '../src/lmdb/attempt.js'
import { emptyPosition } from '../src/position.js'
import type { Settled } from '../src/pipeline.js'
import type { OutMessage } from '../src/warning/wire.js'

interface Promised<T> { value: T, resolve: (result: { sequence: number }) => void, reject: (e: unknown) => void }

// A world in which the test decides when a publish is accepted and a commit has happened.
function aWorld(over: Partial<GroupsDeps> = {}, start: Position = emptyPosition(1, 'created')) {
  const published: Promised<OutMessage>[] = []
  const commits: Promised<Position>[] = []
  const deferred: (() => void)[] = []
  const log: string[] = []
  const failures: unknown[] = []
  let group = 0
  const promised = <T>(list: Promised<T>[], value: T) =>
    new Promise<{ sequence: number }>((resolve, reject) => list.push({ value, resolve, reject }))
  const histories = {
    watermarkDay: 0,
    gapUntilDay: 0,
    takeChanges: () => ({ group: ++group, changes: [] }),
    committed: (n: number) => { log.push(`committed ${n}`) },
  }
  const groups = new Groups({
    histories,
    pipeline: { settle: ({ bytes }) => settle(Buffer.from(bytes).toString()) },
    publish: (message) => promised(published, message),
    isPublished: () => false,
    commit: (_, position) => promised(commits, position).then(() => {}),
    defer: (run) => { deferred.push(run) },
    attempt: () => {},
    onEvent: ({ result, event }) => { log.push(`${event.sequence} ${result}`) },
    onCommitted: ({ events }) => { log.push(`${events} events`) },
    onFailure: (error) => { failures.push(error) },
    ...over,
  }, start)
  const take = (sequence: number, text: string) =>
    groups.take({ bytes: Buffer.from(text), sequence, receivedAt: Date.UTC(2026, 2, 2) })
  const runDeferred = () => { for (const run of deferred.splice(0)) run() }
  const tick = () => new Promise<void>((resolve) => { setImmediate(resolve) })
  return { groups, published, commits, log, failures, histories, take, runDeferred, tick }
}

// 'warn:<id>' gives a warning, 'bad' a malformed event, 'later' a passing failure, 'bug' a bug.
function settle(text: string): Settled {
  const base = { type: 'settlement' as const, verdict: undefined }
  if (text === 'bad') throw new ServiceError('EVENT_MALFORMED', { path: '/data' })
  if (text === 'later') throw new ServiceError('STORE_UNAVAILABLE')
  if (text === 'bug') throw new TypeError('undefined is not a function')
  if (text === 'again') return { ...base, result: 'repeated', messages: [] }
  const messages: OutMessage[] = /^(warn|huge):/.test(text)
    ? [{
        stream: 'warning', subject: 'claims.warning.H1', id: text.slice(5),
        body: text.startsWith('warn') ? '{}' : '疑点'.repeat(100),
      }]
    : []
  return { ...base, result: 'judged', messages }
}

t.test('a group is written only when every message of it was accepted', async (t) => {
  const { take, runDeferred, commits, published, log, tick, groups } = aWorld()
  take(1, 'warn:a')
  take(2, 'quiet')
  runDeferred()
  t.strictSame(commits.length, 0)
  published[0]!.resolve({ sequence: 9 })
  await tick()
  t.strictSame(commits.map(({ value }) => [value.sequence, value.counts.judged]), [[2, 2]])
  t.equal(groups.position.sequence, 0)
  commits[0]!.resolve({ sequence: 0 })
  await tick()
  t.equal(groups.position.sequence, 2)
  t.strictSame(log, ['1 judged', '2 judged', 'committed 1', '2 events'])
})

t.test('groups commit in order even when a later one is accepted first', async (t) => {
  const { take, commits, published, tick } = aWorld()
  for (let sequence = 1; sequence <= groupEventsMax; sequence++) take(sequence, sequence === 1 ? 'warn:a' : '')
  for (let n = 1; n <= groupEventsMax; n++) take(groupEventsMax + n, n === 1 ? 'warn:b' : '')
  published[1]!.resolve({ sequence: 2 })
  await tick()
  t.equal(commits.length, 0)
  published[0]!.resolve({ sequence: 1 })
  await tick()
  t.strictSame(commits.map(({ value }) => value.sequence), [groupEventsMax, 2 * groupEventsMax])
})

t.test('the position knows the output stream only as far as it was when the group was opened', async (t) => {
  const { take, runDeferred, commits, published, tick } = aWorld()
  take(1, 'warn:a')
  runDeferred()
  published[0]!.resolve({ sequence: 41 })
  await tick()
  commits[0]!.resolve({ sequence: 0 })
  await tick()
  take(2, 'quiet')
  runDeferred()
  await tick()
  t.strictSame(commits.map(({ value }) => value.outputs.warning), [0, 41])
})

t.test('what the stream held at start is not published again', async (t) => {
  const { take, runDeferred, commits, published, tick } = aWorld({ isPublished: (id) => id === 'a' })
  take(1, 'warn:a')
  take(2, 'warn:b')
  runDeferred()
  t.strictSame(published.map(({ value }) => value.id), ['b'])
  published[0]!.resolve({ sequence: 1 })
  await tick()
  t.equal(commits.length, 1)
})

t.test('a warning that the server would never take is a dead letter with the reason', async (t) => {
  const unsendable: unknown[] = []
  const { take, runDeferred, commits, published, tick } = aWorld({
    messageBytesMax: 400,
    isPublished: (id) => id === 'unsent:known',
    onUnsendable: ({ error, event }) => { unsendable.push([error.code, error.path, event.sequence]) },
  })
  take(1, 'huge:a')
  take(2, 'warn:b')
  take(3, 'huge:known')
  runDeferred()
  t.strictSame(published.map(({ value: { id, stream } }) => [id, stream]), [['unsent:a', 'dead'], ['b', 'warning']],
    'its letter is not sent again either')
  t.strictSame(JSON.parse(published[0]!.value.body), {
    code: 'WARNING_TOO_LARGE',
    path: 'claims.warning.H1',
    message: 'a warning is larger than the server takes: a has more than 400 bytes; '
      + 'raise max_payload of the NATS server',
    stream_created: 'created',
    stream_sequence: 1,
    received_at: '2026-03-02T00:00:00.000Z',
    bytes_base64: Buffer.from('huge:a').toString('base64'),
  })
  t.strictSame(unsendable, [['WARNING_TOO_LARGE', 'claims.warning.H1', 1], ['WARNING_TOO_LARGE', 'claims.warning.H1', 3]])
  for (const { resolve } of published) resolve({ sequence: 1 })
  await tick()
  t.strictSame(commits.map(({ value }) => value.counts.judged), [3], 'the events were judged all the same')
})

t.test('a malformed event goes to the dead letters with its bytes and its group waits for that', async (t) => {
  const { take, runDeferred, commits, published, tick } = aWorld()
  take(1, 'bad')
  runDeferred()
  const { stream, subject, id, body } = published[0]!.value
  t.strictSame({ stream, subject, id, body: JSON.parse(body) as unknown }, {
    stream: 'dead',
    subject: 'claims.dead',
    id: 'dead:created:1',
    body: {
      code: 'EVENT_MALFORMED',
      path: '/data',
      message: 'the event does not have the required shape',
      stream_created: 'created',
      stream_sequence: 1,
      received_at: '2026-03-02T00:00:00.000Z',
      bytes_base64: Buffer.from('bad').toString('base64'),
    },
  })
  t.equal(commits.length, 0)
  published[0]!.resolve({ sequence: 1 })
  await tick()
  t.strictSame(commits[0]!.value.counts, { judged: 0, recorded: 0, repeated: 0, dead: 1, missing: 0 })
})

t.test('a failure that may pass ends the groups before the event is applied', (t) => {
  const { take, failures, groups, log } = aWorld()
  take(1, 'quiet')
  take(2, 'later')
  take(3, 'quiet')
  t.strictSame([failures.map((error) => (error as ServiceError).code), groups.sequence, log],
    [['STORE_UNAVAILABLE'], 1, ['1 judged']])
  t.end()
})

t.test('a refused publish or a failed commit is one failure, said once', async (t) => {
  const one = aWorld()
  one.take(1, 'warn:a')
  one.take(2, 'warn:b')
  one.published[0]!.reject(new ServiceError('MESSAGE_UNSENT'))
  one.published[1]!.reject(new ServiceError('MESSAGE_UNSENT'))
  await one.tick()
  t.equal(one.failures.length, 1)

  const two = aWorld()
  two.take(1, 'quiet')
  two.runDeferred()
  two.commits[0]!.reject(new ServiceError('STORE_FULL'))
  await two.tick()
  t.strictSame([two.failures.length, two.groups.position.sequence], [1, 0])
})

t.test('a bug is not caught: the process ends and starts again', (t) => {
  const { take } = aWorld()
  t.throws(() => take(1, 'bug'), TypeError)
  t.end()
})

t.test('events gone from the stream are counted and leave a gap in the histories', async (t) => {
  const { take, runDeferred, commits, histories } = aWorld()
  take(5, 'quiet')
  runDeferred()
  t.strictSame([commits[0]!.value.counts.missing, histories.gapUntilDay, commits[0]!.value.gapUntilDay],
    [4, 20_514, 20_514])
})

t.test('drained waits for what was taken, and at once when there is nothing', async (t) => {
  const { take, groups, commits, tick } = aWorld()
  await groups.drained()
  take(1, 'again')
  let isDrained = false
  const drained = groups.drained().then(() => { isDrained = true })
  await tick()
  t.strictSame([isDrained, commits.length], [false, 1])
  commits[0]!.resolve({ sequence: 0 })
  await drained
  t.equal(groups.position.counts.repeated, 1)
})

t.test('while a commit is under way events gather into the next group', async (t) => {
  const { take, runDeferred, commits, tick } = aWorld()
  take(1, '')
  runDeferred()
  take(2, '')
  take(3, '')
  runDeferred()
  t.equal(commits.length, 1)
  commits[0]!.resolve({ sequence: 0 })
  await tick()
  t.strictSame(commits.map(({ value }) => value.sequence), [1, 3])
})

t.test('after end nothing is taken, written or told', async (t) => {
  const { take, runDeferred, commits, groups, log, tick } = aWorld()
  take(1, '')
  runDeferred()
  const drained = groups.drained()
  groups.end()
  await drained
  commits[0]!.resolve({ sequence: 0 })
  take(2, '')
  await tick()
  t.strictSame([log, groups.position.sequence], [['1 judged'], 0])
})

t.test('an event that has ended three processes is dead-lettered by the fourth', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'claimsentry-mark-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const die = (sequences: number[]) => {
    const mark = new AttemptMark(dir)
    mark.markUntil(100)
    for (const sequence of sequences) mark.begin(sequence)
    return mark
  }
  t.equal(die([7]).wasUnclean, false) // 1. dies on 7, unmarked
  t.equal(die([6, 7]).wasUnclean, true) // 2. and 3. die on 7, marked
  die([6, 7])
  const fourth = new AttemptMark(dir)
  fourth.markUntil(100)
  fourth.begin(6)
  t.end()
})

t.test('the mark counts deaths of one event only, and a clean stop forgets them', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'claimsentry-mark-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const start = () => {
    const mark = new AttemptMark(dir)
    mark.markUntil(100)
    return mark
  }
  start().begin(7)
  start().begin(7)
  start().begin(7)
  t.throws(() => start().begin(7), { code: 'EVENT_FATAL' })
  start().begin(101) // beyond what was in flight: not marked
  t.throws(() => start().begin(7), { code: 'EVENT_FATAL' })
  start().begin(8)
  start().begin(7)
  start().end()
  t.equal(start().wasUnclean, false)
  writeFileSync(join(dir, 'running.json'), '{"seq') // killed while writing
  t.equal(new AttemptMark(dir).wasUnclean, true)
  t.end()
})
