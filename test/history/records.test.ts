// Records between memory and the store: what is changed is read back before it is committed, what is
// clean may leave, and every record says the version of its form.
import t from 'tap'
import { afterText, putNumber, putText, takeNumber, takeText, textSize } from '../../src/history/bytes.js'
import { PARTS_VERSION } from '../../src/history/indicator-books.js'
import { INDICATOR_VERSION } from '../../src/history/indicator-day.js'
import { Records } from '../../src/history/pinned.js'
import { SETTLEMENT_VERSION } from '../../src/history/settlement-record.js'
import { TIMELINE_VERSION, yearOf } from '../../src/history/timeline.js'
import { TRACE_VERSION } from '../../src/history/trace-record.js'
import { aReversal, hospital, person, settledOn, World } from '../fixtures/remembered.js'

const key = `p:${person}`
const traced = (id: string, day = '2026-03-02') => settledOn(id, day, {
  items: [{ service_time: day, trace_codes: ['T1'] }],
})

function known({ histories }: World): string[] {
  const { patient } = histories.view(settledOn('S-9', '2026-03-09'))
  const ids: string[] = []
  for (let past = patient.first(); past >= 0; past = patient.next(past)) {
    ids.push(patient.settlement(past).settlement)
  }
  return ids
}

t.test('every record begins with the version of its form', (t) => {
  const world = new World()
  world.histories.record(traced('S-1'))
  world.histories.reverse(aReversal({ reverses: 'S-2' }))
  world.flush()
  const versions = [...world.stored].map(([key, bytes]) => [key.slice(0, 2), bytes[0]])
  t.strictSame(versions.sort(), [
    ['d:', INDICATOR_VERSION], ['d:', PARTS_VERSION], ['p:', TIMELINE_VERSION], ['s:', SETTLEMENT_VERSION], ['s:', SETTLEMENT_VERSION],
    ['s:', SETTLEMENT_VERSION], ['t:', TRACE_VERSION],
  ])
  t.end()
})

t.test('what is not committed yet is read back from memory', (t) => {
  const world = new World()
  const { histories } = world
  histories.record(traced('S-1'))
  t.strictSame(world.take().map(({ key }) => key).sort(), [`d:${hospital}`, `d:${hospital}:20514:2`, key, `s:${hospital}:S-1`, 't:T1'])
  world.loads = []
  t.strictSame(known(world), ['S-1'])
  t.match(histories.stats, { hits: 1, misses: 1 })
  t.equal(histories.settlement(hospital, 'S-1')?.status, 'settled')
  t.equal(histories.view(settledOn('S-9', '2026-03-09')).traceCodes.holders('T1').length, 1)
  t.strictSame([world.loads, histories.stats.pinned], [[], 5])
  world.commit()
  t.equal(histories.stats.pinned, 0)
  t.equal(histories.settlement(hospital, 'S-1')?.status, 'settled')
  t.strictSame([known(world), world.loads], [['S-1'], [`s:${hospital}:S-1`]],
    'a timeline stays in memory, another record is read from the store')
  t.end()
})

t.test('an older group’s commit does not unpin what has changed since', (t) => {
  const world = new World()
  const { histories } = world
  histories.record(traced('S-1'))
  world.take()
  histories.record(traced('S-2'))
  world.commit()
  t.strictSame([known(world), histories.stats.pinned], [['S-1', 'S-2'], 3], 'changed in the open group')
  world.take()
  histories.record(settledOn('S-3', '2026-03-03'))
  world.take()
  world.commit()
  t.strictSame([known(world), histories.stats.pinned], [['S-1', 'S-2', 'S-3'], 4])
  world.commit()
  t.strictSame([known(world), histories.stats.pinned], [['S-1', 'S-2', 'S-3'], 0])
  t.strictSame(world.take(), [], 'nothing changed, nothing to write')
  t.end()
})

t.test('a group’s records are as they stood when it was closed', (t) => {
  const world = new World()
  world.histories.record(traced('S-1'))
  world.take()
  world.histories.reverse(aReversal())
  world.commit()
  t.same([...world.stored.keys()].sort(), [`d:${hospital}`, `d:${hospital}:20514:2`, key, `s:${hospital}:S-1`, 't:T1'])
  const gone = world.take().filter(({ value }) => value === undefined).map(({ key }) => key)
  t.strictSame(gone.sort(), [`d:${hospital}`, `d:${hospital}:20514:2`, key, 't:T1'])
  t.strictSame(known(world), [], 'a record that is going is gone already')
  world.commit()
  t.strictSame([...world.stored.keys()].sort(), [`s:${hospital}:R-1`, `s:${hospital}:S-1`])
  t.strictSame(known(world), [])
  t.end()
})

t.test('a reset forgets all that is not in the store', (t) => {
  const world = new World()
  const { histories } = world
  histories.record(traced('S-1'))
  world.flush()
  const { group } = histories.takeChanges()
  histories.record(traced('S-2'))
  const taken = histories.takeChanges()
  histories.record(traced('S-3'))
  histories.reset()
  t.match(histories.stats, { pinned: 0, bytes: 0 })
  histories.committed(group)
  histories.committed(taken.group)
  t.strictSame([known(world), histories.settlement(hospital, 'S-2')], [['S-1'], undefined])
  t.strictSame(world.take(), [])
  world.commit()
  histories.record(traced('S-2'))
  world.flush()
  histories.reset()
  t.strictSame(known(world), ['S-1', 'S-2'])
  t.end()
})

t.test('the cache holds no more than its bytes, and what left is read again', (t) => {
  const world = new World({ cacheBytes: 2_000 })
  const { histories } = world
  const keys = Array.from({ length: 12 }, (_, index) => `patient-${1_000 + index}`)
  for (const [index, key] of keys.entries()) {
    histories.record(settledOn(`S-${index}`, '2026-03-02', { patient: { key } }))
  }
  t.equal(histories.stats.bytes, 0, 'pinned records are no part of the cache')
  t.match(histories.stats, { pinned: 24, hits: 0, misses: 12, evictions: 0 })
  world.flush()
  const { bytes, evictions, pinned } = histories.stats
  t.ok(bytes > 1_000 && bytes <= 2_000)
  t.ok(evictions >= 6)
  t.equal(pinned, 0)
  world.loads = []
  const ask = (key: string) => {
    const { patient } = histories.view(settledOn('S-9', '2026-03-09', { patient: { key } }))
    return patient.first() >= 0
  }
  t.ok(ask(keys[11]!))
  t.strictSame(world.loads, [], 'the latest is in memory')
  t.ok(keys.every(ask))
  t.ok(world.loads.length >= 6)
  t.end()
})

t.test('a record larger than the cache is read from the store, once while nothing else is asked', (t) => {
  const world = new World({ cacheBytes: 100 })
  world.histories.record(traced('S-1'))
  world.flush()
  t.strictSame([known(world), known(world)], [['S-1'], ['S-1']])
  const loads = () => world.loads.filter((one) => one === key).length
  t.equal(loads(), 2)
  world.histories.view(settledOn('S-2', '2026-03-02', { patient: { key: 'another-patient' } }))
  t.strictSame(known(world), ['S-1'])
  t.equal(loads(), 3)
  t.equal(world.histories.stats.bytes, 0)
  t.end()
})

t.test('records are copied out of the store’s memory', (t) => {
  const bytes = Uint8Array.from([1, 0, 0, 0, 2, 0, 0, 0])
  const records = new Records(() => bytes, 1_000)
  const words = records.timeline('p:1')
  bytes.fill(0xff)
  t.strictSame([words, records.timeline('p:1')], [Int32Array.of(1, 2), Int32Array.of(1, 2)])
  t.end()
})

t.test('texts of any script and whole numbers up to 2^53 come back as they were', (t) => {
  for (const text of ['', 'a', 'abcd', 'abcde', 'é\u00ff', '药', '药品A', '\u{20000}', '\ud800', '\u0000']) {
    const words = new Int32Array(textSize(text) + 2)
    t.equal(putText(words, 1, text), 1 + textSize(text))
    t.strictSame([takeText(words, 1), afterText(words, 1)], [text, 1 + textSize(text)])
    t.equal(words[1 + textSize(text)], 0)
  }
  const words = new Int32Array(3)
  for (const number of [0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 32, 1e15, -1e15, 2 ** 53 - 1, 1 - 2 ** 53]) {
    putNumber(words, 1, number)
    t.equal(takeNumber(words, 1), number)
  }
  t.end()
})

t.test('every day of three centuries is in its calendar year', (t) => {
  for (let day = -25_567; day < 84_000; day++) {
    const year = new Date(day * 86_400_000).getUTCFullYear()
    if (yearOf(day) !== year) t.fail(`day ${day} is in ${year}, not in ${yearOf(day)}`)
  }
  t.equal(yearOf(0), 1970)
  t.end()
})
