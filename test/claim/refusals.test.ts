// What decode refuses, with which code and path, and that damaged bytes end in nothing else.
import t from 'tap'
import { decodeEvent } from '../../src/claim/decode.js'
import { decodeSettlement } from '../../src/claim/decode-settlement.js'
import { eventBytesMax } from '../../src/claim/wire.js'
import { ServiceError } from '../../src/errors.js'
import {
  aClaim, anEvent, aSettlement, eventBytes, eventTime, receivedAt,
} from '../fixtures/claims.js'
import type { anItem, SettlementChanges } from '../fixtures/claims.js'
import { mutate, seededRandom } from '../fixtures/mutate.js'
import { refusal } from '../fixtures/refusal.js'

const context = { time: eventTime, receivedAt }
const refused = (changes: SettlementChanges) => refusal(() => aClaim(changes))
const refusedData = (data: unknown) => refusal(() => decodeSettlement(data, context))
const refusedEvent = (event: unknown) =>
  refusal(() => decodeEvent(eventBytes(event), { receivedAt }))
const refusedBytes = (bytes: Uint8Array) => refusal(() => decodeEvent(bytes, { receivedAt }))

t.test('what cannot be judged is refused with a code and a path', (t) => {
  const cases: [string, SettlementChanges][] = [
    ['CLAIM_NO_PATIENT /data/patient/key', { patient: { key: 'short' } }],
    ['CLAIM_NO_PATIENT /data/patient/key', { patient: { key: 'patient.0001' } }],
    ['CLAIM_NO_PATIENT /data/patient/key', { patient: { key: '张三patient' } }],
    ['CLAIM_NO_PATIENT /data/patient/key', { patient: { key: 'x'.repeat(65) } }],
    ['accepted', { patient: { key: 'x'.repeat(64) } }],
    ['accepted', { patient: { key: 'Az09_-Az' } }],
    ['CLAIM_NO_PATIENT /data/patient/key', { patient: { key: null } }],
    ['CLAIM_NO_VISIT /data/visit/id', { visit: { id: '' } }],
    ['EVENT_MALFORMED /data/visit/id', { visit: { id: 'V 1' } }],
    ['EVENT_MALFORMED /data/visit/institution/id', { visit: { institution: { id: 'a.b' } } }],
    ['EVENT_MALFORMED /data/items/0/name', { items: [{ name: 'x'.repeat(301) }] }],
    ['CLAIM_NUMBER_INVALID /data/items/1/amount', { items: [{}, { amount: 'abc' }] }],
    ['CLAIM_NUMBER_INVALID /data/items/0/quantity', { items: [{ quantity: 'NaN' }] }],
    ['CLAIM_NUMBER_INVALID /data/items/0/unit_price', { items: [{ unit_price: 'Infinity' }] }],
    ['CLAIM_NUMBER_INVALID /data/items/0/unit_price', { items: [{ unit_price: '1e400' }] }],
    ['CLAIM_NUMBER_INVALID /data/items/0/days_of_supply', { items: [{ days_of_supply: 'x' }] }],
    ['CLAIM_NUMBER_INVALID /data/items/0/days_of_supply', { items: [{ days_of_supply: 3_651 }] }],
    ['CLAIM_NUMBER_INVALID /data/visit/leave_days', { visit: { leave_days: -1 } }],
    ['CLAIM_NUMBER_INVALID /data/payment/total', { payment: { total: '1,234' } }],
    ['CLAIM_DATE_INVALID /data/settled_at', { settled_at: 'yesterday' }],
    ['CLAIM_DATE_INVALID /data/patient/birth_date', { patient: { birth_date: '1980-02-30' } }],
    ['CLAIM_DATE_INVALID /data/visit/start', { visit: { start: '2026-13-01' } }],
    ['CLAIM_DATE_INVALID /data/visit/end', { visit: { end: '2026-02-28' } }],
    ['CLAIM_DATE_INVALID /data/visit/end', {
      visit: { start: '2026-03-02 10:01', end: '2026-03-02 10:00' },
    }],
    ['accepted', { visit: { start: '2026-03-02 10:01', end: '2026-03-02' } }],
    ['accepted', { visit: { start: '2026-03-02', end: '2026-03-02 09:00' } }],
    ['CLAIM_DATE_INVALID /data/items/0/service_time', { items: [{ service_time: '0' }] }],
    ['CLAIM_DATE_INVALID /data/visit/procedures/1/date', {
      visit: { procedures: [{ code: 'A' }, { code: 'B', date: '2026-02-29' }] },
    }],
    ['CLAIM_DATE_INVALID /data/patient/birth_date', { patient: { birth_date: '2026-03-02' } }],
    ['accepted', { patient: { birth_date: '2026-03-01' } }],
    ['CLAIM_DATE_INVALID /data/patient/birth_date', {
      patient: { birth_date: '2026-03-05' }, visit: { start: '2026-03-05', end: '' },
    }],
    ['accepted', { items: [{ service_time: '2026-02-01' }] }],
  ]
  for (const [expected, changes] of cases) {
    t.equal(refused(changes), expected, JSON.stringify(changes).slice(0, 80))
  }
  const { patient, visit, ...rest } = aSettlement()
  t.equal(refusedData({ ...rest, visit }), 'CLAIM_NO_PATIENT /data/patient')
  t.equal(refusedData({ ...rest, visit, patient: '' }), 'CLAIM_NO_PATIENT /data/patient')
  t.equal(refusedData({ ...rest, visit, patient: {} }), 'CLAIM_NO_PATIENT /data/patient/key')
  t.equal(refusedData({ ...rest, patient }), 'CLAIM_NO_VISIT /data/visit')
  t.equal(refusedData({ ...rest, patient, visit: '' }), 'CLAIM_NO_VISIT /data/visit')
  t.equal(refusedData({ ...rest, patient, visit: [] }), 'EVENT_MALFORMED /data/visit')
  t.equal(refusedData(null), 'EVENT_MALFORMED /data')
  t.equal(refusedData([]), 'EVENT_MALFORMED /data')
  t.equal(refusedData({ ...rest, visit, patient, items: [7] }), 'EVENT_MALFORMED /data/items/0')
  t.equal(
    refusal(() => decodeSettlement({ visit, patient }, { ...context, base: '' })),
    'EVENT_MALFORMED /settlement_id')
  t.equal(refusal(() => decodeSettlement(aSettlement(), { ...context, time: 'now' })),
    'CLAIM_DATE_INVALID /time')
  t.end()
})

t.test('each count has a bound with a code of its own, and the bound itself is accepted', (t) => {
  const many = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)
  const cases: [string, SettlementChanges][] = [
    ['accepted', { items: many(5_000, {}) }],
    ['CLAIM_TOO_MANY_ITEMS /data/items', { items: many(5_001, {}) }],
    ['accepted', { visit: { diagnoses: many(100, { code: 'A' }) } }],
    ['CLAIM_TOO_MANY_DIAGNOSES /data/visit/diagnoses', {
      visit: { diagnoses: many(101, { code: 'A' }) },
    }],
    ['accepted', { visit: { procedures: many(100, { code: 'A' }) } }],
    ['CLAIM_TOO_MANY_PROCEDURES /data/visit/procedures', {
      visit: { procedures: many(101, { code: 'A' }) },
    }],
    ['accepted', { items: [{ trace_codes: many(500, '8') }] }],
    ['CLAIM_TOO_MANY_TRACE_CODES /data/items/1/trace_codes', {
      items: [{}, { trace_codes: many(501, '8') }],
    }],
  ]
  for (const [expected, changes] of cases) t.equal(refused(changes), expected)
  const reversal = (lines: unknown) => refusedEvent(anEvent({
    type: 'reversal',
    data: {
      settlement_id: 'R-1', reverses: 'S-1', institution: 'H1', patient: { key: 'patient-0001' },
      lines,
    },
  }))
  t.equal(reversal(many(5_001, { item: 'I', quantity: 1 })), 'CLAIM_TOO_MANY_ITEMS /data/lines')
  t.equal(reversal([{ item: 'I', quantity: 0 }]), 'CLAIM_NUMBER_INVALID /data/lines/0/quantity')
  t.equal(reversal([{ item: 'I' }]), 'CLAIM_NUMBER_INVALID /data/lines/0/quantity')
  t.end()
})

t.test('money and quantity are refused just beyond their bounds', (t) => {
  const cases: [string, Parameters<typeof anItem>[0]][] = [
    ['accepted', { amount: 100_000_000_000 }],
    ['accepted', { amount: '-100000000000.00' }],
    ['CLAIM_MONEY_TOO_LARGE /data/items/0/amount', { amount: '100000000000.01' }],
    ['CLAIM_MONEY_TOO_LARGE /data/items/0/amount', { amount: 1e300 }],
    ['accepted', { unit_price: 9_000_000_000, amount: 0 }],
    ['CLAIM_MONEY_TOO_LARGE /data/items/0/unit_price', {
      unit_price: '9000000000.000001', amount: 0,
    }],
    ['accepted', { quantity: '200000', amount: 0 }],
    ['accepted', { quantity: -200_000, amount: 0 }],
    ['CLAIM_QUANTITY_TOO_LARGE /data/items/0/quantity', { quantity: '200000.0001', amount: 0 }],
    ['CLAIM_QUANTITY_TOO_LARGE /data/items/0/quantity', { quantity: '-9e30', amount: 0 }],
  ]
  for (const [expected, item] of cases) {
    t.equal(refused({ items: [item ?? {}] }), expected, JSON.stringify(item))
  }
  t.equal(
    refused({ items: [{ amount: 60_000_000_000 }, { amount: 60_000_000_000 }] }),
    'CLAIM_MONEY_TOO_LARGE /data/items', 'the lines together')
  t.equal(refused({ payment: { fund: 1e12 } }), 'CLAIM_MONEY_TOO_LARGE /data/payment/fund')
  t.end()
})

t.test('what lies a day after the receipt is accepted, a minute later is refused', (t) => {
  const latest = '2026-03-06T12:00:00+08:00'
  const beyond = '2026-03-06T12:01:00+08:00'
  const at = (time: string) => refusedEvent(anEvent({ time }))
  t.equal(at(latest), 'accepted')
  t.equal(at('2026-03-06T04:00:00Z'), 'accepted')
  t.equal(at(beyond), 'EVENT_FROM_FUTURE /time')
  t.equal(refused({ settled_at: latest }), 'accepted')
  t.equal(refused({ settled_at: beyond }), 'CLAIM_DATE_INVALID /data/settled_at')
  t.equal(refused({ visit: { start: latest, end: '' } }), 'accepted')
  t.equal(refused({ visit: { start: beyond, end: '' } }), 'CLAIM_DATE_INVALID /data/visit/start')
  t.equal(refused({ visit: { end: beyond } }), 'CLAIM_DATE_INVALID /data/visit/end')
  t.equal(refused({ items: [{ service_time: latest }] }), 'accepted')
  t.equal(refused({ items: [{ service_time: '2026-03-06' }] }), 'accepted')
  t.equal(
    refused({ items: [{ service_time: beyond }] }), 'CLAIM_DATE_INVALID /data/items/0/service_time')
  t.end()
})

t.test('an envelope that is none is refused before its data is looked at', (t) => {
  const bytes = (text: string) => new TextEncoder().encode(text)
  t.equal(refusedBytes(new Uint8Array()), 'EVENT_NOT_JSON ')
  t.equal(refusedBytes(bytes('{"specversion":')), 'EVENT_NOT_JSON ')
  const gbk = Uint8Array.from([...bytes('{"name":"'), 0xbd, 0xe1, ...bytes('"}')])
  t.equal(refusedBytes(gbk), 'EVENT_NOT_JSON ')
  t.equal(refusedBytes(bytes('null')), 'EVENT_MALFORMED ')
  t.equal(refusedBytes(bytes('[]')), 'EVENT_MALFORMED ')
  t.equal(refusedBytes(bytes('5')), 'EVENT_MALFORMED ')
  t.equal(refusedBytes(new Uint8Array(eventBytesMax + 1)), 'EVENT_TOO_LARGE ')
  t.equal(
    refusal(() => decodeEvent(eventBytes(anEvent()), { receivedAt, bytesMax: 100 })),
    'EVENT_TOO_LARGE ')
  t.equal(refusedEvent(anEvent({ specversion: '0.3' })), 'EVENT_MALFORMED /specversion')
  t.equal(refusedEvent(anEvent({ time: 'not at all' })), 'CLAIM_DATE_INVALID /time')
  t.equal(refusedEvent(anEvent({ type: 'settled' })), 'EVENT_UNKNOWN_TYPE /type')
  t.equal(refusedEvent(anEvent({ type: 'toString' })), 'EVENT_UNKNOWN_TYPE /type')
  t.equal(refusedEvent(anEvent({ type: 'settlement.' })), 'EVENT_UNKNOWN_TYPE /type')
  t.equal(refusedEvent(anEvent({ type: 'cn.nhsa.settlement' })), 'accepted')
  const marked = bytes(`\ufeff${JSON.stringify(anEvent())}`)
  t.equal(refusedBytes(marked), 'accepted', 'a byte order mark')
  const huge = JSON.stringify(anEvent()).replace('"quantity":1', '"quantity":1e400')
  t.equal(refusedBytes(bytes(huge)), 'CLAIM_NUMBER_INVALID /data/items/0/quantity')
  for (const type of ['reversal', 'admission', 'discharge', 'presence', 'asked']) {
    t.equal(refusedEvent(anEvent({ type, data: null })), 'EVENT_MALFORMED /data', type)
    t.equal(refusedEvent(anEvent({ type, data: [] })), 'EVENT_MALFORMED /data', type)
    t.equal(refusedEvent(anEvent({ type, data: {} })), 'CLAIM_NO_PATIENT /data/patient', type)
  }
  const stay = { patient: { key: 'patient-0001' }, visit_id: 'V-1', institution: 'H1' }
  const admitted = (at: string) =>
    refusedEvent(anEvent({ type: 'admission', data: { ...stay, at } }))
  t.equal(admitted(''), 'CLAIM_DATE_INVALID /data/at')
  t.equal(admitted('2026-03-07'), 'CLAIM_DATE_INVALID /data/at')
  t.equal(
    refusedEvent(anEvent({ type: 'feedback', data: {} })), 'EVENT_MALFORMED /data/warning_id')
  t.end()
})

t.test('twelve levels are accepted, thirteen refused, and half a million do no harm', (t) => {
  const bytes = (text: string) => new TextEncoder().encode(text)
  // The event is one level, its data the second, so the list under `extra` begins at the third.
  const nested = (levels: number) => bytes(JSON.stringify(anEvent()).replace(
    '"settlement_id"',
    `"extra":${'['.repeat(levels - 2)}${']'.repeat(levels - 2)},"settlement_id"`))
  t.equal(refusedBytes(nested(12)), 'accepted')
  t.equal(refusedBytes(nested(13)), 'EVENT_TOO_DEEP ')
  t.equal(refusedBytes(nested(500_000)), 'EVENT_TOO_DEEP ')
  t.equal(refusedBytes(bytes('{"a":'.repeat(20) + '1' + '}'.repeat(20))), 'EVENT_TOO_DEEP ')
  t.end()
})

t.test('a refusal repeats nothing of what it refuses', (t) => {
  const secret = '张三4401021980'
  const events = [
    `{"name":"${secret}`,
    JSON.stringify(anEvent({ data: aSettlement({ patient: { key: secret } }) })),
    JSON.stringify(anEvent({ data: aSettlement({ patient: { region: secret.repeat(9) } }) })),
    JSON.stringify(anEvent({ data: aSettlement({ items: [{ amount: secret }] }) })),
    JSON.stringify(anEvent({ data: aSettlement({ patient: { birth_date: secret } }) })),
    JSON.stringify(anEvent({ type: secret })),
  ]
  for (const event of events) {
    try {
      decodeEvent(new TextEncoder().encode(event), { receivedAt })
      t.fail('accepted')
    } catch (error) {
      const { message, path, cause } = error as ServiceError
      t.notMatch(`${message} ${path} ${String(cause)}`, secret)
    }
  }
  t.end()
})

t.test('100,000 damaged events end in a claim event or a ServiceError, in time', (t) => {
  const seed = Number(process.env['SEED'] ?? 20_260_302)
  t.comment(`seed ${seed}`)
  const random = seededRandom(seed)
  const events = [
    anEvent(),
    anEvent({ data: aSettlement({
      items: [{ trace_codes: ['81', '82'] }, { quantity: '-1' }], payment: { total: '20.00' },
      visit: { procedures: [{ code: '36.06', date: '2026-03-02' }] },
    }) }),
    anEvent({ type: 'reversal', data: {
      settlement_id: 'R-1', reverses: 'S-1', institution: 'H1', patient: { key: 'patient-0001' },
      lines: [{ item: 'I-1', quantity: 1 }],
    } }),
    anEvent({ type: 'admission', data: {
      patient: { key: 'patient-0001' }, visit_id: 'V-1', institution: 'H1', at: '2026-03-01',
    } }),
    anEvent({ type: 'stock', data: {
      institution: 'H1', code: 'X1', movement: 'sale', quantity: 1, at: '2026-03-01',
      trace_codes: ['81'],
    } }),
  ]
  const seen = new Map<string, number>()
  let slowestMs = 0
  for (let count = 0; count < 100_000; count++) {
    const { kind, bytes } = mutate(events[count % events.length], random)
    const start = performance.now()
    let outcome: string
    try {
      outcome = decodeEvent(bytes, { receivedAt }).type
    } catch (error) {
      if (!(error instanceof ServiceError)) {
        t.fail(`${kind}, event ${count} of seed ${seed}`, { error })
        throw error
      }
      outcome = error.code
    }
    slowestMs = Math.max(slowestMs, performance.now() - start)
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
  }
  t.comment(JSON.stringify(Object.fromEntries(seen)))
  t.ok(slowestMs < 1_000, `the slowest took ${slowestMs.toFixed(1)} ms`)
  for (const outcome of [
    'settlement', 'reversal', 'admission', 'stock', 'EVENT_NOT_JSON', 'EVENT_TOO_DEEP',
    'EVENT_MALFORMED', 'EVENT_UNKNOWN_TYPE', 'CLAIM_NO_PATIENT', 'CLAIM_NO_VISIT',
    'CLAIM_NUMBER_INVALID', 'CLAIM_DATE_INVALID', 'CLAIM_MONEY_TOO_LARGE',
  ]) t.ok((seen.get(outcome) ?? 0) > 0, outcome)
  t.end()
})
