// What hospitals were shown and what they did with it: counted once by rule, day and institution, the last
// word on a finding standing, the same bytes however the stream is cut into groups.
import t from 'tap'
import type { AskedNotice, FeedbackNotice } from '../../src/claim/claim.js'
import { reasonCodeOf, reasonCodes } from '../../src/claim/reason-codes.js'
import type { ReasonCode } from '../../src/claim/reason-codes.js'
import { DayCounts } from '../../src/history/day-counts.js'
import { FeedbackBooks, feedbackDays } from '../../src/history/feedback-books.js'
import type { FeedbackFigures } from '../../src/history/feedback-books.js'
import { Records } from '../../src/history/pinned.js'
import { RuleNumbers } from '../../src/history/rule-numbers.js'
import { tagOf, TagTable } from '../../src/history/tag-table.js'
import { seededRandom } from '../fixtures/mutate.js'
import { hospital, settledOn, World } from '../fixtures/remembered.js'

const day = 20_500
const always = { fromDay: 0, untilDay: 100_000 }

function shown(visit: string, findings: Record<string, string>, changes: Partial<AskedNotice> = {}): AskedNotice {
  const list = Object.entries(findings).map(([id, rule]) => ({ id, rule }))
  return { institution: hospital, visit, day, findings: list, ...changes }
}

function heard(id: string, reason?: ReasonCode, changes: Partial<FeedbackNotice> = {}): FeedbackNotice {
  return { institution: hospital, warning: `${hospital}:${id}`, rule: '', reason, day, ...changes }
}

/** Only what is not zero. */
function told({ rule, reasons, ...counts }: FeedbackFigures) {
  const isSome = ([, count]: [string, number]) => count !== 0
  return [rule, ...Object.entries({ ...counts, ...reasons }).filter(isSome).map(([name, count]) => `${name} ${count}`)]
}
const figures = ({ histories }: World, span: Parameters<FeedbackBooks['figures']>[0] = always) =>
  histories.feedback.figures(span).map(told)

t.test('findings are counted as shown once, visits by rule, and what is shown again in a visit', (t) => {
  const world = new World()
  const { feedback } = world.histories
  t.strictSame(figures(world), [])
  t.equal(feedback.ask(shown('V1', { A: 'R1', B: 'R1', C: 'R2' })), true)
  t.equal(feedback.ask(shown('V1', { A: 'R1', B: 'R1', C: 'R2' })), false, 'sent again')
  t.equal(feedback.ask(shown('V1', {})), true, 'nothing was found: there is nothing to know it by')
  feedback.ask(shown('V1', { D: 'R1' }, { day: day + 1 }))
  feedback.ask(shown('V2', { E: 'R1' }))
  feedback.ask(shown('', { F: 'R2' }))
  feedback.ask(shown('V1', { A: 'R1' }, { institution: 'H2' }))
  t.strictSame(figures(world), [['R1', 'shown 5', 'visits 3', 'again 1'], ['R2', 'shown 2', 'visits 1']])
  t.strictSame(figures(world, { ...always, institution: 'H2' }), [['R1', 'shown 1', 'visits 1']])
  t.strictSame(figures(world, { ...always, institution: 'H3' }), [])
  t.strictSame(figures(world, { fromDay: day + 1, untilDay: day + 2, institution: hospital }),
    [['R1', 'shown 1', 'again 1']])
  t.strictSame([feedback.ruleOf(`${hospital}:A`), feedback.ruleOf(`${hospital}:Z`)], ['R1', undefined])
  t.equal(feedback.latestDay, day + 1)
  t.end()
})

t.test('the last word on a finding counts, once', (t) => {
  const world = new World()
  const { feedback } = world.histories
  feedback.ask(shown('V1', { A: 'R1', B: 'R1' }))
  t.equal(feedback.hear(heard('A', 'emergency')), true)
  t.equal(feedback.hear(heard('A', 'emergency', { day: day + 1 })), false)
  t.strictSame(figures(world), [['R1', 'shown 2', 'visits 1', 'overridden 1', 'emergency 1']])
  t.equal(feedback.hear(heard('A', 'unsaid', { rule: 'R9', day: day + 1 })), true, 'what was shown says which rule')
  t.strictSame(figures(world), [['R1', 'shown 2', 'visits 1', 'overridden 1', 'unsaid 1']])
  t.equal(feedback.hear(heard('A', undefined, { day: day + 1 })), true)
  t.strictSame(figures(world, { ...always, institution: hospital }), [['R1', 'shown 2', 'visits 1', 'followed 1']])
  t.strictSame(figures(world, { ...always, fromDay: day + 1 }), [['R1', 'followed 1']])
  t.end()
})

t.test('feedback that comes before its question, or on what was never shown', (t) => {
  const world = new World()
  const { feedback } = world.histories
  feedback.hear(heard('A', 'other'))
  feedback.hear(heard('B', undefined, { rule: 'R2' }))
  feedback.hear(heard('C', undefined, { rule: 'R2' }))
  t.strictSame(figures(world), [['', 'overridden 1', 'other 1'], ['R2', 'followed 2']])
  t.equal(feedback.ruleOf(`${hospital}:A`), '', 'known, not of which rule')
  feedback.ask(shown('V1', { A: 'R1', B: 'R2' }))
  t.strictSame(figures(world).filter(([, ...counts]) => counts.length > 0),
    [['R1', 'shown 1', 'visits 1', 'overridden 1', 'other 1'], ['R2', 'shown 1', 'visits 1', 'followed 2']])
  t.end()
})

t.test('half a year is kept, and what comes later than that counts no more', (t) => {
  const world = new World()
  const { feedback } = world.histories
  const at = (days: number) => ({ day: day + days })
  feedback.ask(shown('V1', { A: 'R1' }))
  feedback.ask(shown('V2', { B: 'R1' }, { institution: 'H2' }))
  feedback.ask(shown('V3', { C: 'R1' }, at(feedbackDays)))
  t.strictSame(figures(world), [['R1', 'shown 3', 'visits 3']])
  world.flush()
  feedback.ask(shown('V4', { D: 'R1' }, at(feedbackDays + 1)))
  feedback.hear(heard('A'))
  t.strictSame(figures(world), [['R1', 'shown 2', 'visits 2']])
  feedback.hear(heard('A', 'other', at(1)))
  feedback.ask(shown('V5', { E: 'R1' }, { ...at(0), institution: 'H3' }))
  t.strictSame(figures(world), [['R1', 'shown 2', 'visits 2', 'overridden 1', 'other 1']])
  t.strictSame(Object.keys(world.decoded('q:')), [
    'q:*', `q:*:${day + 1}`, `q:*:${day + feedbackDays}`, `q:*:${day + feedbackDays + 1}`,
    'q:H2', `q:H2:${day}`,
    `q:${hospital}`, `q:${hospital}:${day + 1}`, `q:${hospital}:${day + feedbackDays}`,
    `q:${hospital}:${day + feedbackDays + 1}`,
  ].sort(), 'an institution that says nothing more keeps its last days, which nobody can ask for')
  t.end()
})

t.test('a run that was killed has the bytes of one that was not, however groups are cut', (t) => {
  const seed = Number(process.env['SEED'] ?? 20_260_702)
  t.comment(`SEED=${seed}`)
  const random = seededRandom(seed)
  const pick = (most: number) => Math.floor(random() * most)
  const events = Array.from({ length: 600 }, (_, number) => {
    const when = day + Math.floor(number / 2) + pick(3) // over half a year
    const institution = `H${pick(3)}`
    const id = `F${pick(200)}`
    return random() < 0.6
      ? shown(`V${pick(40)}`, { [id]: `R${pick(9)}` }, { day: when, institution })
      : heard('', random() < 0.4 ? undefined : reasonCodes[pick(reasonCodes.length)]!,
        { day: when, institution, warning: `${institution}:${id}`, rule: random() < 0.2 ? `R${pick(9)}` : '' })
  })
  const run = (isEnd: () => boolean, isKill: () => boolean) => {
    const world = new World()
    let at = 0
    let committed = 0
    while (at < events.length) {
      const event = events[at++]!
      if ('findings' in event) world.histories.feedback.ask(event)
      else world.histories.feedback.hear(event)
      if (isEnd()) {
        world.flush()
        committed = at
      }
      if (isKill()) {
        world.histories.reset()
        at = committed
      }
    }
    return { bytes: world.bytes('q:', 'f:', 'v:', 'n:'), figures: figures(world) }
  }
  const never = () => false
  const whole = run(never, never)
  t.ok(whole.figures.length > 5)
  t.strictSame(run(() => random() < 0.1, never), whole)
  t.strictSame(run(() => random() < 0.2, () => random() < 0.02), whole)
  t.end()
})

t.test('a visit has room for thirteen rules, the rest is counted as too much', (t) => {
  const world = new World()
  const { feedback } = world.histories
  const many = Object.fromEntries(Array.from({ length: 15 }, (_, number) => [`F${number}`, `R${number}`]))
  feedback.ask(shown('V1', many))
  t.equal(feedback.overflows, 2)
  for (let times = 0; times < 200; times++) feedback.ask(shown('V1', { [`G${times}`]: 'R1' }))
  t.strictSame(figures(world).find(([rule]) => rule === 'R1'), ['R1', 'shown 201', 'visits 1', 'again 200'])
  t.end()
})

const noStore = () => new Records(() => undefined, 1_000)

t.test('the entry changed longest ago leaves a full bucket', (t) => {
  const table = new TagTable(noStore(), { letter: 'f', buckets: 1, entriesMax: 2, words: 3 })
  const [a, b, c] = ['a', 'b', 'c'].map((name) => tagOf('x', name))
  for (const tag of [a!, b!, a!]) table.put(table.empty(tag))
  t.equal(table.overflows, 0)
  const entry = table.empty(c!)
  entry[2] = 7
  table.put(entry)
  t.strictSame([a, b, c].map((tag) => table.find(tag!)?.[2]), [0, undefined, 7])
  t.equal(table.overflows, 1)
  t.end()
})

t.test('rules beyond the bound share number 0, as what nobody named', (t) => {
  const records = noStore()
  const rules = new RuleNumbers(records, 2)
  t.strictSame(['R1', '', 'R2', 'R3', 'R1'].map((rule) => rules.numberOf(rule)), [1, 0, 2, 0, 1])
  t.strictSame([0, 1, 2, 3].map((number) => rules.nameOf(number)), ['', 'R1', 'R2', ''])
  t.strictSame([rules.find('R2'), rules.find('R3'), rules.size], [2, undefined, 2])
  rules.reset()
  t.strictSame([rules.find('R2'), rules.size], [2, 2], 'read again')
  t.end()
})

t.test('owners that nobody changes leave when there are too many, and are read again', (t) => {
  const stored = new Map<string, Uint8Array>()
  const records = new Records((key) => stored.get(key), 1_000)
  const counts = new DayCounts(records, { letter: 'q', fields: 1, hotOwner: '*' })
  const commit = () => {
    counts.pack()
    const { group, changes } = records.take()
    for (const { key, value } of changes) if (value !== undefined) stored.set(key, value.slice())
    records.committed(group)
  }
  for (let owner = 0; owner < 2_048; owner++) {
    counts.add({ owner: `H${owner}`, day, fromDay: 0 }, 1, 0)
    if (owner === 1_000) commit()
  }
  counts.add({ owner: 'H0', day, fromDay: 0 }, 1, 0)
  counts.add({ owner: 'one more', day, fromDay: 0 }, 1, 0)
  commit()
  t.strictSame(['H0', 'H500', 'H2000'].map((owner) => counts.sums(owner, 0, day + 1).get(1)?.[0]), [2, 1, 1])
  t.strictSame(counts.sums('H0', 0, day), new Map())
  t.end()
})

t.test('words that hospitals write have the codes that are offered', (t) => {
  t.strictSame([
    '', ' ', 'emergency', '病情需要', '病情需要，已在病历中说明', '急诊抢救中', '规则不适用', '家属坚决要求', 'toString',
  ].map(reasonCodeOf), [
    'unsaid', 'unsaid', 'emergency', 'clinical-need', 'clinical-need', 'emergency', 'rule-unfit', 'in-words', 'in-words',
  ])
  t.end()
})

const audited = (id: string, status = 'active', stages = ['audit']) => ({ id, status, stages })
const rules = ['R1', 'R2', 'R3', 'R4', 'R5'].map((id) => audited(id))

/** A settlement of a visit, and the rules that hit it. */
function settle({ histories }: World, visit: string, hit: readonly string[], changes: object = {}): void {
  const verdict = { findings: hit.map((rule) => ({ rule })), unknowns: [{ rule: 'R3' }], failed: ['R4'] }
  const book = [...rules, audited('ASKED', 'active', ['pre-alert']), audited('OLD', 'retired')]
  histories.feedback.settled(
    { ...settledOn('S', '2026-02-16', { visit: { id: visit } }), ...changes }, { verdict, rules: book })
}
const outcomes = (world: World) => figures(world).flatMap(([rule, ...counts]) => {
  const [found] = [counts.filter((count) => /changed|kept/.test(String(count)))]
  return found!.length === 0 ? [] : [[rule, ...found!]]
})

t.test('the settlement of a visit tells whether what was shown was really changed', (t) => {
  const world = new World()
  const { feedback } = world.histories
  settle(world, 'V1', ['R1'])
  feedback.ask(shown('V1', { A: 'R1', B: 'R2', C: 'R3', D: 'R4', E: 'ASKED', F: 'OLD', G: 'GONE' }))
  feedback.ask(shown('V2', { H: 'R1' }))
  t.strictSame(outcomes(world), [])
  settle(world, 'V3', [])
  t.strictSame(outcomes(world), [], 'nothing was shown in it')
  settle(world, 'V1', [], { batch: { number: 'B', isProvisional: true } })
  t.strictSame(outcomes(world), [], 'what stands in for a settlement is what was asked')
  settle(world, 'V1', ['R1', 'R5'])
  const once = [['R1', 'kept 1'], ['R2', 'changed 1']]
  t.strictSame(outcomes(world), once, 'what could not be judged, or is asked before a bill only, tells nothing')
  settle(world, 'V1', [])
  t.strictSame(outcomes(world), once, 'once')
  world.flush()
  world.histories.reset()
  settle(world, 'V2', [])
  settle(world, 'V1', [])
  t.strictSame(outcomes(world), [['R1', 'changed 1', 'kept 1'], ['R2', 'changed 1']], 'read again')
  feedback.ask(shown('V1', { I: 'R2' }))
  feedback.settled(settledOn('S', '2026-02-16', { visit: { id: 'V1' } }), undefined)
  settle(world, 'V1', [])
  t.strictSame(outcomes(world), [['R1', 'changed 1', 'kept 1'], ['R2', 'changed 1']], 'it was only remembered')
  t.strictSame(feedback.figures({ institution: hospital, fromDay: day, untilDay: day + 1 })
    .map(({ rule, changed, kept }) => [rule, changed, kept]).slice(-3), [['R2', 1, 0], ['R3', 0, 0], ['R4', 0, 0]])
  t.end()
})

t.test('a visit whose bits are another’s is not taken for it', (t) => {
  const world = new World()
  const { feedback } = world.histories
  const key = (visit: string) => {
    const { low, high } = tagOf(hospital, visit)
    return `${low & 65_535} ${high & 31}`
  }
  const wanted = key('V1')
  let other = 0
  while (key(`W${other}`) !== wanted) other++
  feedback.ask(shown('V1', { A: 'R1' }))
  settle(world, `W${other}`, [])
  t.strictSame(outcomes(world), [])
  let near = 0
  while (key(`X${near}`).split(' ')[0] !== wanted.split(' ')[0]) near++
  settle(world, `X${near}`, [])
  t.strictSame(outcomes(world), [])
  settle(world, 'V1', [])
  t.strictSame(outcomes(world), [['R1', 'changed 1']])
  feedback.ask(shown('V2', { B: 'R2' }, { day: day - 1 }))
  settle(world, 'V2', [])
  t.strictSame(figures(world, { fromDay: day, untilDay: day + 1 }).at(-1), ['R2', 'changed 1'], 'shown the day before')
  t.end()
})
