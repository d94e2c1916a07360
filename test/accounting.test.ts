// Whatever arrives, nothing is lost and nothing is counted twice: 100,000 damaged events through the
// groups, the pipeline and the histories, with the service stopped and started again in the middle.
import { deepEqual } from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { createRegion } from '../src/demo/region.js'
import { events } from '../src/demo/stream.js'
import { Groups } from '../src/groups.js'
import { emptyPosition } from '../src/position.js'
import type { StreamEvent } from '../src/bus.js'
import type { GroupsDeps } from '../src/groups.js'
import type { Counts, Position } from '../src/position.js'
import { Histories } from '../src/history/histories.js'
import { createPipeline } from '../src/pipeline.js'
import type { OutMessage } from '../src/warning/wire.js'
import { realBook } from './fixtures/book.js'
import { mutate, seededRandom } from './fixtures/mutate.js'

const seed = Number(process.env['SEED'] ?? 20_260_703)
const eventCount = Number(process.env['EVENTS'] ?? 100_000)
t.comment(`seed ${seed}`)
const book = await realBook()

/**
 * The stream: two of three events damaged, some sent again, and now and then a hole in the sequence.
 */
function* damagedStream(count: number): Generator<StreamEvent> {
  const random = seededRandom(seed)
  const region = createRegion({
    seed, patients: 3_000, institutions: 30, startDay: 20_635, plantRate: 0.2,
  })
  const sources = events(region)
  let last: StreamEvent | undefined
  let sequence = 0
  for (let number = 0; number < count; number++) {
    sequence += random() < 0.001 ? 1 + Math.floor(random() * 9) : 1
    if (last !== undefined && random() < 0.02) {
      yield last = { ...last, sequence }
      continue
    }
    const { event, at: receivedAt } = sources.next().value
    const bytes = random() < 0.35 ? Buffer.from(JSON.stringify(event)) : mutate(event, random).bytes
    yield last = { bytes, sequence, receivedAt }
  }
}

/** What outlives a process: the store, and the output streams with the ids of what they hold. */
class Outside {
  readonly store = new Map<string, Uint8Array>()
  readonly published = new Map<string, OutMessage>()
  readonly twice: string[] = []
  position: Position = emptyPosition(1, 'created')

  /** Commits in order and later than asked for, as a store does. */
  async commit(...[changes, position]: Parameters<GroupsDeps['commit']>): Promise<void> {
    const copies = changes.map(({ key, value }) => ({ key, value: value?.slice() }))
    await turn()
    for (const { key, value } of copies) {
      if (value === undefined) this.store.delete(key)
      else this.store.set(key, value)
    }
    this.position = position
  }

  async publish(message: OutMessage): Promise<{ sequence: number }> {
    if (this.published.has(message.id)) this.twice.push(message.id)
    this.published.set(message.id, message)
    await turn()
    return { sequence: this.published.size }
  }
}

const turn = () => new Promise<void>((resolve) => { setImmediate(resolve) })

/** A process: reads on from the committed position. `stopAfter`: it is killed after so many events. */
async function run(outside: Outside, stream: readonly StreamEvent[], stopAfter = Infinity): Promise<void> {
  const { store, position } = outside
  const histories = new Histories({ load: (key) => store.get(key), cacheBytes: 4_000_000 })
  histories.reset()
  histories.watermarkDay = position.watermarkDay
  histories.gapUntilDay = position.gapUntilDay
  const pipeline = createPipeline({ rulebook: () => book, histories, eventBytesMax: 1_000_000 })
  const known = new Set(outside.published.keys())
  const failures: unknown[] = []
  let isDead = false
  const groups = new Groups({
    pipeline,
    histories,
    publish: (message) => outside.publish(message),
    isPublished: (id) => known.has(id),
    commit: (changes, at) => (isDead ? new Promise(() => {}) : outside.commit(changes, at)),
    defer: setImmediate,
    attempt: () => {},
    onEvent: () => {},
    onCommitted: () => {},
    onFailure: (error) => { failures.push(error) },
  }, position)
  let taken = 0
  for (const event of stream) {
    if (event.sequence <= position.sequence) continue
    if (taken === stopAfter) break
    groups.take(event)
    if (++taken % 700 === 0) await turn()
  }
  if (taken < stopAfter) await groups.drained()
  isDead = true
  groups.end()
  await turn()
  await turn()
  deepEqual(failures, [])
}

const total = ({ judged, recorded, repeated, dead, missing }: Counts) =>
  judged + recorded + repeated + dead + missing

/** Keys under which two maps hold something else: a few are told, not all that is the same. */
function differing(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): string[] {
  const keys = new Set([...one.keys(), ...other.keys()])
  return [...keys].filter((key) => !isDeepStrictEqual(one.get(key), other.get(key))).slice(0, 20)
}

t.test('every event is accounted for, however damaged, in one run or in several', async (t) => {
  const stream = [...damagedStream(eventCount)]
  const last = stream.at(-1)!.sequence
  const whole = new Outside()
  await run(whole, stream)
  const { counts, sequence } = whole.position
  t.comment(JSON.stringify(counts))
  t.equal(sequence, last)
  t.equal(total(counts), last)
  t.equal(counts.missing, last - stream.length)
  for (const [result, count] of Object.entries(counts)) {
    t.ok(count > eventCount / 500, `${result}: ${count}`)
  }
  const dead = [...whole.published.values()].filter(({ stream }) => stream === 'dead')
  t.equal(dead.length, counts.dead, 'every dead letter is in its stream')

  const broken = new Outside()
  for (const stopAfter of [eventCount / 4, 1, eventCount / 3, 0]) {
    await run(broken, stream, Math.floor(stopAfter))
    t.equal(total(broken.position.counts), broken.position.sequence)
  }
  await run(broken, stream)
  t.strictSame(broken.position.counts, counts, 'what was applied again is counted once')
  deepEqual([whole.twice, broken.twice], [[], []], 'no message is sent twice')
  t.strictSame(differing(broken.published, whole.published), [])
  t.strictSame(differing(broken.store, whole.store), [])
  t.equal(broken.position.watermarkDay, whole.position.watermarkDay)
  t.equal(broken.position.gapUntilDay, whole.position.gapUntilDay)
})
