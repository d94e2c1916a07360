// A newly active rule that fires too often is held until a person confirms it: when, for how long, and the
// same in a run that was killed as in one that was not.
import t from 'tap'
import { Bursts } from '../../src/engine/bursts.js'
import { evaluate } from '../../src/engine/evaluate.js'
import { Groups } from '../../src/groups.js'
import { emptyPosition } from '../../src/position.js'
import type { Position } from '../../src/position.js'
import { Histories } from '../../src/history/histories.js'
import { createPipeline } from '../../src/pipeline.js'
import type { RuleText } from '../../src/rulebook/mistake.js'
import type { RuleBook } from '../../src/rulebook/rulebook.js'
import type { OutMessage } from '../../src/warning/wire.js'
import { aClaim, anEvent, aSettlement, eventBytes, receivedAt } from '../fixtures/claims.js'
import { emptyView } from '../fixtures/empty-view.js'
import { seededRandom } from '../fixtures/mutate.js'
import { aBook, aRule, aTable, mostTable } from '../fixtures/rule-texts.js'

const watched = (fields: Record<string, string> = {}, ...more: readonly RuleText[]) =>
  aBook([aRule({ burst: '{ share: 0.2, claims: 20, days: 3 }', ...fields }), mostTable, ...more])
const nobody = () => {}
const none = { counts: { judged: 0 } }
const hit = aClaim({ items: [{ code: 'A1', quantity: 9 }, { code: 'A1', quantity: 8 }] })
const day = 20_500

/** Judges claims one after the other; true is a hit. Says the status of each finding. */
function feed(bursts: Bursts, book: RuleBook, claims: readonly boolean[], onDay = day): string[] {
  return claims.map((isHit) => {
    const { findings } = evaluate(book, isHit ? hit : aClaim(), emptyView, bursts)
    bursts.note(findings, onDay)
    return findings[0]?.status ?? ''
  })
}
const hits = (count: number) => Array.from({ length: count }, () => true)
const clears = (count: number) => Array.from({ length: count }, () => false)

t.test('what is over the share of a window is held from the next claim on', async (t) => {
  const said: string[] = []
  const bursts = new Bursts(none, (message) => said.push(message))
  t.equal(bursts.state, undefined)
  t.strictSame(feed(bursts, watched(), hits(4)), ['active', 'active', 'active', 'active'])
  t.strictSame(bursts.held, [], 'two findings of one claim are one')
  t.strictSame(bursts.state, { 'TEST-1': [day, 0, 4, 0] })
  t.strictSame(said, [])
  t.strictSame(feed(bursts, watched(), hits(3)), ['active', 'held', 'held'])
  t.strictSame(bursts.held, ['TEST-1'])
  t.strictSame(bursts.state, { 'TEST-1': [day, 0, 5, 1] })
  t.strictSame(said, ['rule TEST-1 is held: it hit 5 claims of less than 20, more than its share of 0.2; '
    + 'read them, then "npm run rules -- confirm TEST-1 <who>", or put it on trial'], 'once')
  feed(bursts, watched(), clears(100))
  t.strictSame(feed(bursts, watched(), hits(1), day + 100), ['held'], 'however long it takes')
})

t.test('a window begins anew after so many claims, whether they are hit or not', async (t) => {
  const bursts = new Bursts(none, nobody)
  const calm = [...hits(4), ...clears(16)]
  feed(bursts, watched(), [...calm, ...calm, ...calm])
  t.strictSame(bursts.held, [])
  feed(bursts, watched(), [...clears(16), ...hits(4), ...hits(4)])
  t.strictSame(bursts.held, [], 'eight in a row, four in either window')
  feed(bursts, watched(), hits(1))
  t.strictSame(bursts.held, ['TEST-1'])
})

t.test('it is watched for its first days, and again when it comes back from a trial', async (t) => {
  const bursts = new Bursts(none, nobody)
  feed(bursts, watched(), hits(1))
  t.strictSame(feed(bursts, watched(), hits(19), day + 3).at(-1), 'active', 'its third day is over')
  t.strictSame(bursts.state, { 'TEST-1': [day, 0, 1, 0] })
  t.strictSame(feed(bursts, watched({ status: 'trial' }), hits(9)).at(-1), 'trial')
  t.equal(bursts.state, undefined)
  t.strictSame(feed(bursts, watched({ status: 'trial' }), hits(9)).at(-1), 'trial', 'forgotten once')
  t.strictSame(feed(bursts, watched(), hits(9), day + 9).at(-1), 'held')
})

t.test('a person’s word ends it, and nobody watches what was confirmed', async (t) => {
  const bursts = new Bursts(none, nobody)
  feed(bursts, watched(), hits(9))
  t.strictSame(bursts.held, ['TEST-1'])
  const confirmed = watched({ confirmed: '{ on: 2026-03-01, by: 张某 }' })
  t.equal(confirmed.rules[0]?.burst, undefined)
  t.strictSame(new Set(feed(bursts, confirmed, hits(50))), new Set(['active']))
  t.strictSame(bursts.held, [])
  t.equal(bursts.state, undefined)
})

t.test('exempted findings are no burst, and the default watches every active rule', async (t) => {
  const bursts = new Bursts(none, nobody)
  const exempt = aTable('exemptions', [
    'rule,patient,reason,approver,valid_from,expires', 'TEST-1,patient-0001,甲,乙,2026-01-01,2027-01-01',
  ])
  t.strictSame(feed(bursts, watched({}, exempt), hits(9)).at(-1), 'exempted')
  t.equal(bursts.state, undefined)
  const [rule] = aBook([aRule(), mostTable]).rules
  t.strictSame(rule?.burst, { share: 0.05, claims: 2_000, days: 30 })
  const [partly] = watched({ burst: '{ share: 0.5, claims: 100, days: 7 }' }).rules
  t.strictSame(partly?.burst, { share: 0.5, claims: 100, days: 7 })
})

t.test('the committed state is taken up as it was', async (t) => {
  const bursts = new Bursts(none, nobody)
  feed(bursts, watched(), hits(6))
  const again = new Bursts({ counts: { judged: 6 }, bursts: bursts.state! }, nobody)
  t.strictSame(again.held, ['TEST-1'])
  t.strictSame(again.state, bursts.state)
  const calm = new Bursts({ counts: { judged: 20 }, bursts: { 'TEST-1': [day, 0, 4, 0] } }, nobody)
  feed(calm, watched(), hits(2))
  t.strictSame(calm.state, { 'TEST-1': [day, 1, 2, 0] }, 'twenty claims were the window before')
})

// --- through the groups ---

const seed = Number(process.env['SEED'] ?? 20_261_123)
t.comment(`seed ${seed}`)
const random = seededRandom(seed)

/** Three hundred settlements of some days; in the middle third every second is hit. */
const stream = Array.from({ length: 300 }, (_, index) => {
  const isHit = random() < (index >= 100 && index < 200 ? 0.5 : 0.08)
  const data = aSettlement({
    settlement_id: `S-${index}`,
    patient: { key: `patient-${1_000 + index}` },
    items: [{ code: isHit ? 'A1' : 'B1', quantity: 9 }],
  })
  return { bytes: eventBytes(anEvent({ data })), sequence: index + 1, receivedAt }
})

/** What outlives a process. */
interface Outside {
  position: Position
  readonly store: Map<string, Uint8Array>
  readonly published: Map<string, OutMessage>
}

/** Reads on from what is committed; dies after so many more events. */
async function live(outside: Outside, book: RuleBook, events: number): Promise<void> {
  const histories = new Histories({ load: (key) => outside.store.get(key), cacheBytes: 1_000_000 })
  histories.watermarkDay = outside.position.watermarkDay
  const bursts = new Bursts(outside.position, nobody)
  const pipeline = createPipeline({ rulebook: () => book, histories, eventBytesMax: 1_000_000, bursts })
  const groups = new Groups({
    pipeline,
    histories,
    async publish(message) {
      outside.published.set(message.id, message)
      return { sequence: outside.published.size }
    },
    isPublished: (id) => outside.published.has(id),
    async commit(changes, position) {
      for (const { key, value } of changes) {
        if (value === undefined) outside.store.delete(key)
        else outside.store.set(key, value.slice())
      }
      outside.position = position
    },
    eventsMax: 7,
    defer: () => {},
    attempt: () => {},
    onEvent: ({ error }) => { if (error !== undefined) throw error },
    onCommitted: () => {},
    onFailure: (error) => { throw error },
  }, outside.position)
  const from = outside.position.sequence
  for (const event of stream.slice(from, from + events)) {
    groups.take(event)
    if (random() < 0.2) await new Promise((resolve) => { setImmediate(resolve) })
  }
  if (from + events >= stream.length) await groups.drained()
  groups.end()
}

const newOutside = (): Outside =>
  ({ position: emptyPosition(1, 'created'), store: new Map(), published: new Map() })

t.test('killed anywhere and started again, the same warnings go out and the same are kept', async (t) => {
  const book = watched({ burst: '{ share: 0.2, claims: 40, days: 30 }' })
  const undisturbed = newOutside()
  await live(undisturbed, book, stream.length)
  const streams = [...undisturbed.published.values()].map((one) => one.stream)
  t.ok(streams.includes('warning') && streams.includes('trial'), 'some are sent, some are held')
  t.match(undisturbed.position.bursts, { 'TEST-1': [Number, Number, 9, 1] })
  for (let run = 0; run < 20; run++) {
    const killed = newOutside()
    while (killed.position.sequence < stream.length) {
      await live(killed, book, 8 + Math.floor(random() * 120))
    }
    t.strictSame(killed.position, { ...undisturbed.position, outputs: killed.position.outputs })
    const sorted = ({ published }: Outside) => [...published.values()].toSorted((a, b) => a.id < b.id ? -1 : 1)
    t.strictSame(sorted(killed), sorted(undisturbed))
  }
})
