// What must hold of the whole path, whatever arrives: the same events give the same messages, patients
// do not touch each other, and the order of one patient's events decides only who is told.
import { deepEqual } from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import type { Claim } from '../src/claim/claim.js'
import { decodeEvent } from '../src/claim/decode.js'
import type { EventType } from '../src/claim/wire.js'
import { createRegion } from '../src/demo/region.js'
import { events } from '../src/demo/stream.js'
import type { Finding } from '../src/engine/verdict.js'
import { createPipeline } from '../src/pipeline.js'
import type { RuleBook } from '../src/rulebook/rulebook.js'
import type { OutMessage } from '../src/warning/wire.js'
import { realBook } from './fixtures/book.js'
import { seededRandom } from './fixtures/mutate.js'
import { World } from './fixtures/remembered.js'

const seed = Number(process.env['SEED'] ?? 20_260_702)
t.comment(`seed ${seed}`)
const book = await realBook()
const seeds = fc.integer({ min: 1, max: 2 ** 31 - 1 })
/** A smaller seed is no simpler: what fails is told as it is. */
const settings = (numRuns: number) => ({ seed, numRuns, endOnFailure: true })

interface Sent {
  readonly bytes: Uint8Array
  readonly receivedAt: number
  readonly patient: string
  readonly type: EventType
}

interface Source {
  readonly seed: number
  readonly count: number
  /** Of the region's patients as many are taken for one as leave so many: their bills meet. */
  readonly patients: number
  readonly types?: readonly EventType[]
}

const care: readonly EventType[] = ['settlement', 'reversal', 'admission', 'discharge']

/** Two months of a region in which every second settlement is part of a scene. */
function eventsOf({ seed, count, patients, types = care }: Source): Sent[] {
  const region = createRegion({
    seed, patients: 600, institutions: 30, startDay: 20_635, plantRate: 0.4,
  })
  const list: Sent[] = []
  const stream = events(region)
  while (list.length < count) {
    const { event, at: receivedAt } = stream.next().value
    if (!types.includes(event.type)) continue
    const { data } = structuredClone(event) as { data: { patient: { key: string } } }
    const patient = `patient-${1_000 + Number.parseInt(data.patient.key.slice(-6), 16) % patients}`
    data.patient.key = patient
    const bytes = Buffer.from(JSON.stringify({ ...event, data }))
    list.push({ bytes, receivedAt, patient, type: event.type })
  }
  return list
}

/** What is missing from the past may still arrive: such a rule is judged by what is known by then. */
const byAbsence = new Set(['DRUG-SECOND-LINE'])

interface Outcome {
  readonly messages: readonly OutMessage[]
  readonly histories: unknown
  /** Every line that a finding names, whichever warning carries it. */
  readonly named: ReadonlySet<string>
}

function settle(list: readonly Sent[], rulebook: RuleBook = book): Outcome {
  const world = new World()
  const { histories } = world
  const pipeline = createPipeline({ rulebook: () => rulebook, histories, eventBytesMax: 1_000_000 })
  const messages: OutMessage[] = []
  const named = new Set<string>()
  for (const sent of list) {
    const settled = pipeline.settle(sent)
    messages.push(...settled.messages)
    const findings = settled.verdict?.findings ?? []
    if (findings.length === 0) continue
    const event = decodeEvent(sent.bytes, sent)
    if (event.type !== 'settlement') continue
    for (const finding of findings) {
      if (finding.owner !== 'patient' || byAbsence.has(finding.rule)) continue
      const own = `${finding.rule} ${sent.patient}`
      for (const line of linesOf(event.claim, finding)) named.add(`${own} ${line}`)
    }
  }
  return { messages, histories: world.bytes('p:', 's:', 't:', 'd:'), named }
}

/** Settlement, day and name of every line of a finding; of a settlement as a whole no name. */
function linesOf(claim: Claim, { rule, violating, involved, past }: Finding): string[] {
  const { settlement, items, visit } = claim
  const items_ = [...violating.map(({ item }) => item), ...involved].map((index) => items[index]!)
  const own = items_.map((item) => `${settlement} ${item.serviceDay} ${nameOf(rule, item)}`)
  if (own.length === 0) own.push(`${settlement} ${visit.startDay} `)
  return [...own, ...past.map(({ settlement, day, name }) => `${settlement} ${day} ${name}`)]
}

/** As the rule's table names it, like the lines of the past; '' when the rule has no table. */
function nameOf(rule: string, { low, high }: { low: number, high: number }): string {
  for (const { rule: { id }, table } of book.parts) {
    if (id !== rule || table === undefined) continue
    for (const [code, name] of id === 'SERVICE-DUPLICATE' ? sides : sides.slice(0, 1)) {
      const codes = table.codes(code)
      const row = codes.low.findIndex((one, at) => one === low && codes.high[at] === high)
      if (row >= 0) return table.text(name, row)
    }
  }
  return ''
}

const sides = [['code', 'name'], ['code_b', 'name_b']] as const

function shuffle<T>(list: T[], random: () => number): T[] {
  for (let index = list.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    const held = list[index]!
    list[index] = list[other]!
    list[other] = held
  }
  return list
}

function byPatient(list: readonly Sent[]): Map<string, Sent[]> {
  const groups = new Map<string, Sent[]>()
  for (const sent of list) {
    const group = groups.get(sent.patient)
    if (group === undefined) groups.set(sent.patient, [sent])
    else group.push(sent)
  }
  return groups
}

/** Another order of all events, each patient's own order kept. */
function betweenPatients(list: readonly Sent[], random: () => number): Sent[] {
  const queues = byPatient(list)
  const turns = shuffle(list.map(({ patient }) => patient), random)
  return turns.map((patient) => queues.get(patient)!.shift()!)
}

/** Each patient's events in another order, everybody in the same turn as before. */
function withinPatients(list: readonly Sent[], random: () => number): Sent[] {
  const queues = byPatient(list)
  for (const queue of queues.values()) shuffle(queue, random)
  return list.map(({ patient }) => queues.get(patient)!.shift()!)
}

const rulesOf = ({ named }: Outcome) => [...new Set([...named].map((line) => line.split(' ')[0]!))]

t.test('the same events under the same rule book give the same messages, byte for byte', async (t) => {
  const list = eventsOf({ seed, count: 1_500, patients: 100 })
  const [first, second] = [settle(list), settle(list, await realBook())]
  t.ok(first.messages.length > 300)
  t.ok(rulesOf(first).length >= 25, 'most rules took part')
  t.ok(first.messages.some(isOfTraceCode))
  t.ok(first.messages.some(({ id }) => id.endsWith(':withdrawn')))
  deepEqual(second, first)
})

/** What a trace code's history shows depends on which of two patients came first. */
const isOfTraceCode = ({ body }: OutMessage) => body.includes('"owner":"trace-code"')
/** Which of a month's claims carries a share over its limit depends on who came before; the sums do not. */
const isOfMonth = ({ body }: OutMessage) => body.includes('"owner":"institution"')

/** Messages that one outcome has and the other has not, by their ids. */
function onlyIn({ messages }: Outcome, other: Outcome): string[] {
  const known = new Map(other.messages.map((message) => [message.id, message]))
  return messages
    .filter((message) => !isOfTraceCode(message) && !isOfMonth(message)
      && !isDeepStrictEqual(known.get(message.id), message))
    .map(({ id }) => id)
}

t.test('the order of events between patients changes nothing', (t) => {
  fc.assert(fc.property(seeds, seeds, (seed, order) => {
    const list = eventsOf({ seed, count: 1_000, patients: 100 })
    const one = settle(list)
    const other = settle(betweenPatients(list, seededRandom(order)))
    deepEqual([onlyIn(one, other), onlyIn(other, one)], [[], []])
    deepEqual(other.histories, one.histories)
  }), settings(3))
  t.end()
})

/** Lines that one outcome names and the other does not. */
const namedIn = (one: Outcome, { named }: Outcome) => [...one.named].filter((line) => !named.has(line))

t.test('the order of a patient’s settlements decides which warning carries a finding, no more', (t) => {
  fc.assert(fc.property(seeds, seeds, fc.constantFrom(20, 50, 400), (seed, order, patients) => {
    const list = eventsOf({ seed, count: 600, patients, types: ['settlement'] })
    const one = settle(list)
    const other = settle(withinPatients(list, seededRandom(order)))
    deepEqual([namedIn(one, other), namedIn(other, one)], [[], []])
    deepEqual(other.histories, one.histories)
  }), settings(6))
  t.end()
})

t.test('stays told beforehand add visits that seem to be inside one, and hide nothing', (t) => {
  const types: EventType[] = ['settlement', 'admission', 'discharge']
  fc.assert(fc.property(seeds, seeds, (seed, order) => {
    const list = eventsOf({ seed, count: 600, patients: 100, types })
    const alone = settle(list.filter(({ type }) => type === 'settlement'))
    const other = settle(withinPatients(list, seededRandom(order)))
    deepEqual(namedIn(alone, other), [])
    deepEqual(namedIn(other, alone).filter((line) => !line.startsWith('OUTPATIENT-DURING-STAY ')), [])
  }), settings(4))
  t.end()
})
