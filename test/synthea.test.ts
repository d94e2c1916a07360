// A claim stream that somebody else made: 561 claims of eleven synthetic patients. Every one of them
// decodes, nothing is lost or doubled, and sending them again adds nothing.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readSynthea, syntheaFolder } from '../bench/synthea.js'
import type { ClaimEvent } from '../src/claim/claim.js'
import { decodeEvent } from '../src/claim/decode.js'
import { Histories } from '../src/history/histories.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = join(root, syntheaFolder)
const receivedAt = Date.parse('2026-07-01T00:00:00Z')

if (!existsSync(folder)) {
  t.pass(`${syntheaFolder} is not beside the project: nothing to read`)
} else {
  const { events, source } = readSynthea(folder)
  const decoded = events.map(({ event }) =>
    decodeEvent(Buffer.from(JSON.stringify(event)), { receivedAt }))
  const claims = decoded.flatMap((one) => (one.type === 'settlement' ? [one.claim] : []))

  t.test('every event decodes, and the counts are the source’s', (t) => {
    t.strictSame(source, {
      patients: 11, claims: 561, charges: 1_579, stays: 10, totalFen: source.totalFen,
    })
    t.equal(claims.length, source.claims)
    t.equal(claims.reduce((sum, { items }) => sum + items.length, 0), source.charges)
    t.equal(new Set(claims.map(({ patient }) => patient.key)).size, source.patients)
    t.equal(decoded.filter(({ type }) => type === 'admission').length, source.stays)
    t.equal(decoded.filter(({ type }) => type === 'discharge').length, source.stays)
    t.equal(new Set(claims.map(({ visit }) => visit.id)).size, 388)
    t.end()
  })

  t.test('not a cent is lost', (t) => {
    let lines = 0
    let totals = 0
    for (const { items, payment } of claims) {
      totals += payment.totalFen
      for (const { amountFen } of items) lines += amountFen
    }
    t.equal(lines, source.totalFen)
    t.equal(totals, source.totalFen)
    t.ok(source.totalFen > 100_000_00)
    t.end()
  })

  t.test('American codes are unmapped codes to us', (t) => {
    t.ok(claims.every(({ items }) => items.every(({ code }) => code === '')))
    t.ok(claims.every(({ visit }) => visit.diagnoses.every(({ code }) => code === '')))
    t.end()
  })

  t.test('sending all of it again adds nothing', (t) => {
    const histories = new Histories({ load: () => undefined, cacheBytes: 64 * 1024 * 1024 })
    const send = (one: ClaimEvent): string => {
      if (one.type === 'admission' || one.type === 'discharge') {
        return String(histories.noteStay(one.type, one.stay))
      }
      if (one.type !== 'settlement') return one.type
      const { settlement, contentHash, visit } = one.claim
      const answer = histories.identify(visit.institution.id, settlement, contentHash)
      if (answer === 'new') histories.record(one.claim)
      return answer
    }
    const count = (answers: readonly string[], wanted: string) =>
      answers.filter((answer) => answer === wanted).length
    // Each event twice in a row, as a sender without an answer does; then the whole stream again.
    const pairs = decoded.map((one) => [send(one), send(one)] as const)
    const first = pairs.map(([answer]) => answer)
    const resent = pairs.map(([, answer]) => answer)
    t.equal(count(first, 'new'), source.claims)
    t.equal(count(first, 'true'), source.stays * 2)
    t.equal(count(resent, 'repeated'), source.claims)
    t.equal(count(resent, 'false'), source.stays * 2)
    const whole = decoded.map(send)
    t.equal(count(whole, 'repeated'), source.claims)
    t.equal(count(whole, 'new'), 0)
    t.end()
  })
}
