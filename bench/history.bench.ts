// What does a judgement cost with a million patients remembered: history read, evaluate, history change?
// Closed loop for the median; open loop at 5,000 claims a second for the tail, beside a loop that only
// parses the same messages on the same schedule.
import { join } from 'node:path'
import { decodeEvent } from '../src/claim/decode.js'
import type { Claim } from '../src/claim/claim.js'
import { evaluate } from '../src/engine/evaluate.js'
import { Histories } from '../src/history/histories.js'
import { patientKeyOf } from '../src/history/records.js'
import { STORE_FORMAT, Store } from '../src/lmdb/store.js'
import { emptyPosition } from '../src/position.js'
import type { RuleBook } from '../src/rulebook/rulebook.js'
import { bookOf } from './books.js'
import { figureRow, openLoop, ratioRow } from './measure.js'
import type { BenchOptions, Row } from './measure.js'
import { patientOf, Reusable, trafficOf, usualTime } from './traffic.js'

const monthMs = 30 * 86_400_000
/** What a group holds at 5,000 claims a second: what arrives while the one before is written. */
const groupEvents = 64

export async function historyBench(options: BenchOptions): Promise<Row[]> {
  const { isSmoke, seed, tempDir } = options
  const patients = isSmoke ? 20_000 : 1_000_000
  const store = Store.open(join(tempDir, 'history-store'))
  const histories = new Histories({ load: (key) => store.load(key), cacheBytes: 67_108_864 })
  await fill({ store, histories, patients, seed })
  for (let n = 0; n < patients; n++) store.load(patientKeyOf(patientOf(n, patients))) // as after a day: mapped
  const book = await bookOf(isSmoke ? { rules: 100, rows: 30_000 } : { rules: 100, rows: 250_000 })
  const next = trafficOf({ seed: seed + 1, patients, lines: 30, hasTraceCodes: true })
  const bodies = Array.from({ length: isSmoke ? 2_000 : 20_000 }, (_, n) => new Reusable(next(n).body))

  const judge = judgeWith(histories, book)
  const write = writer(store, histories)
  const rows = [await closedLoop(bodies, judge, write, patients)]

  const perSecond = isSmoke ? 1_000 : 5_000
  const seconds = isSmoke ? 2 : 12
  let ratio = Number.POSITIVE_INFINITY
  let best = { judged: 0, parsed: 0, p50: 0 }
  for (let attempt = 0; attempt < (isSmoke ? 1 : 3); attempt++) {
    const parsed = await openLoop({ perSecond, seconds }, (n) => {
      JSON.parse(bodies[n % bodies.length]!.bytes.toString('utf8'))
    })
    let taken = 0
    const judged = await openLoop({ perSecond, seconds }, (n) => {
      judge(decode(bodies[n % bodies.length]!.as((attempt + 1) * perSecond * seconds + n, patients)))
      if (++taken % groupEvents === 0) write()
    })
    if (judged.p999 / parsed.p999 < ratio) {
      ratio = judged.p999 / parsed.p999
      best = { judged: judged.p999, parsed: parsed.p999, p50: judged.p50 }
    }
  }
  rows.push(figureRow(`open loop, ${perSecond}/s: p50`, best.p50, 'ms'))
  rows.push(figureRow(`open loop, ${perSecond}/s: p99.9, waiting counted`, best.judged, 'ms', 1))
  rows.push(figureRow('the same schedule, parsing only: p99.9', best.parsed, 'ms'))
  rows.push(ratioRow('p99.9 beside parsing only', ratio, { max: 2 }))
  await write.settled()
  const { bytes, records } = store.status()
  rows.push(figureRow(`on disk, a patient of ${patients}`, bytes / patients, 'bytes'))
  rows.push(figureRow('records', records, ''))
  await store.close()
  return rows
}

function decode(bytes: Buffer): Claim {
  const event = decodeEvent(bytes, { receivedAt: usualTime })
  if (event.type !== 'settlement') throw new Error('the traffic holds settlements only')
  return event.claim
}

function judgeWith(histories: Histories, book: RuleBook): (claim: Claim) => void {
  return (claim) => {
    histories.identify(claim.visit.institution.id, claim.settlement, claim.contentHash)
    evaluate(book, claim, histories.view(claim), { stage: 'audit' })
    histories.record(claim)
  }
}

/** Writes what has changed, pipelined, as closed groups do. */
function writer(store: Store, histories: Histories): (() => void) & { settled(): Promise<void> } {
  let last: Promise<void> = Promise.resolve()
  const position = emptyPosition(STORE_FORMAT, 'bench')
  const write = () => {
    const { group, changes } = histories.takeChanges()
    last = store.commit(changes, position).then(() => { histories.committed(group) })
  }
  return Object.assign(write, { settled: () => last })
}

type Writer = ReturnType<typeof writer>

/** Every patient has a visit of eight lines; the busy ones more, as the traffic goes on. */
async function fill(
  { store, histories, patients, seed }: {
    store: Store, histories: Histories, patients: number, seed: number,
  },
): Promise<void> {
  const next = trafficOf({ seed, patients, lines: 8, hasTraceCodes: false, settledAt: usualTime - monthMs })
  const write = writer(store, histories)
  const template = decode(Buffer.from(next(0).body))
  for (let n = 0; n < patients; n++) {
    const key = patientOf(n, patients)
    histories.record({ ...template, settlement: `F${n}`, patient: { ...template.patient, key } })
    if (n % 5_000 !== 4_999) continue
    write()
    await write.settled()
    if (process.stderr.isTTY) process.stderr.write(`\rfilling the store: ${n + 1} of ${patients}`)
  }
  write()
  await write.settled()
  if (process.stderr.isTTY) process.stderr.write('\n')
}

/** Each claim is judged as it is in the service: just decoded, its lines still in the processor's cache. */
async function closedLoop(
  bodies: readonly Reusable[], judge: (claim: Claim) => void, write: Writer, patients: number,
): Promise<Row> {
  const times = new Float64Array(bodies.length)
  for (const [n, body] of bodies.entries()) {
    const claim = decode(body.as(n, patients))
    const from = process.hrtime.bigint()
    judge(claim)
    times[n] = Number(process.hrtime.bigint() - from) / 1_000
    if (n % groupEvents === groupEvents - 1) {
      write()
      await write.settled()
    }
  }
  times.sort()
  const middle = times[Math.floor(times.length / 2)]!
  return figureRow(`judgement, 30 lines, ${patients} patients: median`, middle, 'µs', 40)
}
