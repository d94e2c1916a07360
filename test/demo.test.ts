// The region that makes events: the same from a seed, entered anywhere, honest about what it planted.
import { createHash } from 'node:crypto'
import t from 'tap'
import { decodeEvent } from '../src/claim/decode.js'
import { createFeeder } from '../src/demo/feeder.js'
import { catalogueSize } from '../src/demo/catalogue.js'
import { dateText, instantOf, instantText } from '../src/demo/clock.js'
import { monthKinds, plantKinds } from '../src/demo/plan.js'
import type { Plan } from '../src/demo/plan.js'
import { createRandom, mix } from '../src/demo/random.js'
import { createRegion } from '../src/demo/region.js'
import type { RegionOptions } from '../src/demo/region.js'
import { events, numberAfter } from '../src/demo/stream.js'
import type { StreamEvent } from '../src/demo/stream.js'

const startDay = 20_635 // 2026-07-01: every national list of ours is in force
const small: RegionOptions = { seed: 7, patients: 800, institutions: 30, startDay, plantRate: 0.05 }

function take(count: number, options: Partial<RegionOptions> & { from?: number } = {}): StreamEvent[] {
  const { from = 0, ...region } = options
  const stream = events(createRegion({ ...small, ...region }), { from })
  return Array.from({ length: count }, () => stream.next().value)
}

function digest(list: readonly StreamEvent[]): string {
  const hash = createHash('sha256')
  for (const { subject, event, plan } of list) hash.update(JSON.stringify([subject, event, plan]))
  return hash.digest('hex')
}

t.test('the same seed gives the same bytes, another seed others', (t) => {
  t.equal(digest(take(1_500)), digest(take(1_500)))
  t.not(digest(take(1_500)), digest(take(1_500, { seed: 8 })))
  t.end()
})

t.test('a second start goes on exactly where the first one stopped', (t) => {
  const whole = take(1_500)
  for (const from of [1, 2, 499, 500, 1_499]) {
    t.equal(digest(take(1_500 - from, { from })), digest(whole.slice(from)), `from ${from}`)
  }
  t.end()
})

t.test('an event names its number, and only events of this stream are counted on from', (t) => {
  const [first] = take(1, { from: 41 })
  const region = createRegion(small)
  t.equal(first?.event.id, 'demo-7-41')
  t.equal(numberAfter(region, 'demo-7-41'), 42)
  t.equal(numberAfter(region, 'demo-8-41'), undefined)
  t.equal(numberAfter(region, 'demo-7-x'), undefined)
  t.equal(numberAfter(region, 'S4-0-1'), undefined)
  t.end()
})

t.test('few patients leave days without any event, and the stream goes on', (t) => {
  const list = take(40, { patients: 2, plantRate: 0 })
  const days = new Set(list.map(({ at }) => Math.floor(at / 86_400_000)))
  const [first, last] = [list[0]!, list.at(-1)!].map(({ at }) => Math.floor(at / 86_400_000))
  t.ok(days.size < last! - first! + 1, `${days.size} days of ${last! - first! + 1}`)
  t.strictSame(list.map(({ number }) => number), list.map((_, index) => index))
  t.end()
})

t.test('events come in order of time, under the key of their patient', (t) => {
  const list = take(2_000)
  let at = 0
  let wrong = 0
  for (const event of list) {
    const { patient } = event.event.data as { patient: { key: string } }
    if (event.at < at) wrong++
    if (event.subject !== `claims.event.patient.${patient.key}.${event.event.type}`) wrong++
    if (Date.parse(event.event.time) !== event.at) wrong++
    at = event.at
  }
  t.equal(wrong, 0)
  t.end()
})

t.test('every event decodes, and ordinary care looks like ordinary care', (t) => {
  const seen = { drugLines: 0, packs: 0, lines: 0, settlements: 0, again: 0, refunds: 0 }
  const known = new Set<string>()
  const codes = new Set<string>()
  for (const { event, at } of take(6_000, { patients: 3_000 })) {
    const decoded = decodeEvent(Buffer.from(JSON.stringify(event)), { receivedAt: at })
    if (decoded.type === 'reversal') seen.refunds++
    if (decoded.type !== 'settlement') continue
    const { claim } = decoded
    seen.settlements++
    if (known.has(claim.settlement)) seen.again++
    known.add(claim.settlement)
    for (const item of claim.items) {
      seen.lines++
      codes.add(item.code)
      if (item.category !== 'drug') continue
      seen.drugLines++
      seen.packs += item.traceCodes.length
    }
    const sum = claim.items.reduce((total, { amountFen }) => total + amountFen, 0)
    if (sum !== claim.payment.totalFen) t.fail(`${claim.settlement}: lines do not add up to its total`)
  }
  const share = (part: number, whole: number) => Math.round(part / whole * 100)
  t.ok(Math.abs(share(seen.packs, seen.drugLines) - 33) <= 3, `${seen.packs} packs`)
  t.ok(seen.again > 5 && seen.again < seen.settlements * 0.02, `${seen.again} sent again`)
  t.ok(seen.refunds > 20, `${seen.refunds} refunds`)
  t.ok(seen.lines / seen.settlements > 4, 'several lines on a bill')
  t.ok(codes.size > 200 && catalogueSize > 220, `${codes.size} codes billed`)
  t.end()
})

t.test('the parts of a payment add up to its total', (t) => {
  const wrong: string[] = []
  for (const { event } of take(2_000)) {
    const { payment, settlement_id: id } = event.data as {
      payment?: Record<string, number>, settlement_id?: string
    }
    if (payment === undefined) continue
    const fen = (name: string) => Math.round(payment[name]! * 100)
    const parts = fen('fund') + fen('account') + fen('cash')
    if (parts !== fen('total') || fen('in_scope') > fen('total')) wrong.push(id!)
  }
  t.strictSame(wrong, [])
  t.end()
})

t.test('every kind is planted, beside at least as many near misses, at the rate asked for', (t) => {
  const plans = new Map<number, Plan>()
  let ordinary = 0
  for (const { plan, event } of take(20_000, { patients: 10_000 })) {
    if (plan !== undefined) plans.set(plan.scene, plan)
    else if (event.type === 'settlement') ordinary++
  }
  const list = [...plans.values()]
  const planted = list.filter(({ expect }) => expect === 'hit')
  for (const kind of plantKinds) {
    const of = (expect: string) =>
      list.filter((plan) => plan.kind === kind && plan.expect === expect).length
    t.ok(of('hit') >= 3 && of('miss') >= of('hit'), `${kind}: ${of('hit')} and ${of('miss')}`)
  }
  t.ok(Math.abs(planted.length / ordinary - 0.05) < 0.002, `${planted.length} in ${ordinary}`)
  t.equal(new Set(list.map(({ patientKey }) => patientKey)).size, list.length, 'no patient is shared')
  t.end()
})

t.test('a calendar month has one kind of hospital month, in two hospitals that differ in the last case', (t) => {
  const months = new Map<number, Plan>()
  const settled = new Map<number, string[]>()
  let plannedAgain = 0
  for (const { plan, event } of take(9_000, { patients: 400 })) {
    if (plan === undefined || !plan.kind.startsWith('month-of-')) continue
    months.set(plan.scene, plan)
    if (event.type !== 'settlement') continue
    const ids = settled.get(plan.scene) ?? []
    ids.push((event.data as { settlement_id: string }).settlement_id)
    settled.set(plan.scene, ids)
    if (ids.length > plan.settlements.length) plannedAgain++
  }
  const pairs = [...months.values()].slice(0, monthKinds.length * 2)
  t.strictSame(pairs.map(({ kind, expect }) => `${kind} ${expect}`),
    monthKinds.flatMap((kind) => [`${kind} miss`, `${kind} hit`]))
  t.equal(new Set(pairs.map(({ institution }) => institution)).size, 16, 'sixteen hospitals of their own')
  for (const { scene, settlements, raisedBy } of pairs.slice(0, 4)) {
    t.strictSame(settled.get(scene), settlements, 'in the order of the plan')
    t.equal(settlements.at(-1), raisedBy)
  }
  t.equal(plannedAgain, 0)
  t.end()
})

t.test('where nothing is planted no hospital has a month of its own', (t) => {
  t.notOk(take(400, { plantRate: 0 }).some(({ plan }) => plan !== undefined))
  t.end()
})

t.test('days are written as calendars write them', (t) => {
  for (let day = -60_000; day < 60_000; day += 13) {
    const expected = new Date(day * 86_400_000).toISOString().slice(0, 10)
    if (dateText(day) !== expected) t.fail(`${day}: ${dateText(day)} is not ${expected}`)
  }
  t.equal(instantText(startDay, 61), '2026-07-01T01:01:00+08:00')
  t.equal(instantOf(startDay, 61), Date.parse('2026-07-01T01:01:00+08:00'))
  t.end()
})

t.test('random numbers are spread evenly and large parts of a seed count', (t) => {
  const random = createRandom(11)
  const counts = [0, 0, 0, 0]
  for (let draw = 0; draw < 8_000; draw++) counts[random.int(0, 3)]!++
  t.ok(counts.every((count) => count > 1_850 && count < 2_150), counts.join(' '))
  t.equal(random.some([1, 2, 3], 5).length, 3)
  t.not(mix(1, 2), mix(2, 1))
  t.not(mix(1), mix(1 + 2 ** 32))
  t.end()
})

t.test('the feeder keeps the rate, makes up for nothing, and waits for the clock', async (t) => {
  const list = take(3_000)
  const sent: number[] = []
  let clock = list.at(-1)!.at
  const feeder = createFeeder({
    events: list.values() as Iterator<StreamEvent, never>,
    publish: async ({ number }) => sent.push(number),
    now: () => clock,
    ratePerSecond: 100,
  })
  t.equal(await feeder.pump(), 10)
  clock += 1_000
  await feeder.pump()
  t.equal(sent.length, 101)
  clock += 60_000
  await feeder.pump()
  t.equal(sent.length, 601, 'one burst after a pause')
  t.strictSame(sent, list.slice(0, 601).map(({ number }) => number))
  t.match(feeder.status(), { published: 601, lastNumber: 600, isCaughtUp: false })
  t.end()
})

t.test('what the stream has not taken is offered again, in its order', async (t) => {
  const list = take(300)
  const sent: number[] = []
  let [clock, room] = [list.at(-1)!.at, 120]
  const feeder = createFeeder({
    events: list.values() as Iterator<StreamEvent, never>,
    async publish({ number }) {
      if (sent.length >= room) throw new Error('full')
      sent.push(number)
    },
    now: () => clock,
    ratePerSecond: 100,
  })
  clock += 2_000
  await t.rejects(feeder.pump(), { message: 'full' })
  t.match(feeder.status(), { published: 120, lastNumber: 119, lastAt: list[119]!.at })
  room = 10_000
  clock += 990
  await feeder.pump()
  t.strictSame(sent, list.slice(0, 120 + 99).map(({ number }) => number))
  t.match(feeder.status(), { published: 219, lastNumber: 218 })
})

t.test('an event that has not happened yet waits', async (t) => {
  const [first] = take(1)
  let clock = first!.at
  const feeder = createFeeder({
    events: [0, 5_000, 5_000, 90_000_000]
      .map((wait) => ({ ...first!, at: clock + wait }))
      .values() as Iterator<StreamEvent, never>,
    publish: async () => undefined,
    now: () => clock,
    ratePerSecond: 10,
  })
  await feeder.pump()
  clock += 200
  t.equal(await feeder.pump(), 1_000)
  t.match(feeder.status(), { published: 1, isCaughtUp: true, lastAt: first!.at })
  clock += 5_000
  await feeder.pump()
  t.match(feeder.status(), { published: 3, isCaughtUp: true, lastAt: clock - 200 })
  t.end()
})
