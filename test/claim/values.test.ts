// Numbers, dates and the content hash, apart from the events they stand in.
import fc from 'fast-check'
import t from 'tap'
import { codeHigh, codeKey, codeLow, keyHigh, keyLow } from '../../src/claim/code-key.js'
import { ContentHash } from '../../src/claim/content-hash.js'
import {
  dayNumber, dayOf, dayText, minuteAt, minuteText, momentDay, momentMinute, parseMoment,
} from '../../src/claim/day.js'
import { decodeEvent } from '../../src/claim/decode.js'
import { multiplyDivide, readDecimal } from '../../src/claim/number.js'
import {
  aClaim, anEvent, aSettlement, eventBytes, receivedAt,
} from '../fixtures/claims.js'
import type { SettlementChanges } from '../fixtures/claims.js'

const seed = Number(process.env['SEED'] ?? 20_260_302)
const runs = { seed, numRuns: 2_000 }
t.comment(`seed ${seed}`)

t.test('a decimal is read digit by digit, half away from zero', (t) => {
  const cases: [number | string | null | undefined, number | undefined][] = [
    ['12.30', 1_230], [' 3 ', 300], ['+1', 100], ['-0.01', -1], ['.5', 50], ['5.', 500],
    ['0.005', 1], ['-0.005', -1], ['0.0049999', 0], ['1.005', 101], [1.005, 101], [-1.005, -101],
    [1.115, 112], [0.285, 29], [0.1 + 0.2, 30], [-0, 0], ['-0', 0], ['0E-8', 0], ['1e2', 10_000],
    ['1E+2', 10_000], ['1.5e-1', 15], ['12345e-4', 123], ['1e-40', 0], [1e-7, 0], [1e21, Infinity],
    ['9007199254740993', Infinity], ['-9007199254740993', -Infinity],
    ['90071992547409.91', 9_007_199_254_740_991], [90071992547409.9, 9_007_199_254_740_990],
    ['1e40', Infinity], ['0e40', 0], ['00012', 1_200],
    ['', undefined], [' ', undefined], ['-', undefined], [null, undefined], [undefined, undefined],
    ['abc', NaN], ['NaN', NaN], ['Infinity', NaN], [NaN, NaN], [Infinity, NaN], ['1e41', NaN],
    ['1e400', NaN], ['1e', NaN], ['1e+', NaN], ['1e1.5', NaN], ['1x', NaN], ['1.2.3', NaN],
    ['--1', NaN], ['.', NaN], ['+', NaN], ['1,234', NaN], ['1 2', NaN], ['１２', NaN], ['0x10', NaN],
  ]
  for (const [given, fen] of cases) t.strictSame(readDecimal(given, 2), fen, String(given))
  t.strictSame(readDecimal('1.23455', 4), 12_346)
  t.strictSame(readDecimal('1.2345675', 6), 1_234_568)
  t.strictSame(readDecimal('3.5', 0), 4)
  t.end()
})

t.test('a number and its text, with any zeros around it, are the same', (t) => {
  const decimal = fc.tuple(fc.integer({ min: -1e13, max: 1e13 }), fc.constantFrom(2, 4, 6) as
    fc.Arbitrary<2 | 4 | 6>)
  fc.assert(fc.property(decimal, fc.nat(3), ([whole, decimals], zeros) => {
    const digits = String(Math.abs(whole)).padStart(decimals + 1, '0')
    const at = digits.length - decimals
    const text = `${whole < 0 ? '-' : ''}${'0'.repeat(zeros)}${digits.slice(0, at)}.`
      + `${digits.slice(at)}${'0'.repeat(zeros)}`
    return readDecimal(text, decimals) === whole
      && readDecimal(Number(text), decimals) === whole
      && readDecimal(`${whole}e-${decimals}`, decimals) === whole
  }), runs)
  t.end()
})

t.test('multiplying and dividing is exact, half away from zero', (t) => {
  const whole = fc.integer({ min: -2e9, max: 2e9 })
  const divisor = fc.integer({ min: -1e10, max: 1e10 }).filter((value) => value !== 0)
  const large = fc.oneof(whole, fc.integer({ min: -9e15, max: 9e15 }))
  fc.assert(fc.property(large, whole, divisor, (a, b, c) => {
    const product = BigInt(a) * BigInt(b)
    const size = (value: bigint) => (value < 0n ? -value : value)
    const quotient = (size(product) * 2n + size(BigInt(c))) / (size(BigInt(c)) * 2n)
    const exact = (product < 0n) === (c < 0) ? quotient : -quotient
    return multiplyDivide(a, b, c) === Number(exact)
  }), runs)
  t.strictSame(multiplyDivide(5, 1, 10), 1)
  t.strictSame(multiplyDivide(-5, 1, 10), -1)
  t.strictSame(multiplyDivide(5, -1, -10), 1)
  t.strictSame(multiplyDivide(-1, 1, 10), 0, 'never a negative zero')
  t.end()
})

t.test('a date is read in every form that senders write', (t) => {
  const day = dayNumber(2026, 3, 2)
  const at = (hour: number, minute: number) => [day, day * 1440 + hour * 60 + minute]
  const cases: [string, (number | undefined)[]][] = [
    ['2026-03-02', [day, undefined]],
    ['2026/3/2', [day, undefined]],
    ['20260302', [day, undefined]],
    [' 2026-03-02 ', [day, undefined]],
    ['2026-03-02 09:05', at(9, 5)],
    ['2026-03-02 09:05:59', at(9, 5)],
    ['2026-03-02T09:05:60', at(9, 5)],
    ['2026-03-02  9:05:00', at(9, 5)],
    ['2026/3/2 9:05:00', at(9, 5)],
    ['2026/03/02 23:59', at(23, 59)],
    ['20260302090507', at(9, 5)],
    ['202603020905', at(9, 5)],
    ['20260302 09:05:07', at(9, 5)],
    ['2026-03-02T09:05:00.123', at(9, 5)],
    ['2026-03-02T09:05:00,1', at(9, 5)],
    ['2026-03-02T09:05:00+08:00', at(9, 5)],
    ['2026-03-02T01:05:00Z', at(9, 5)],
    ['2026-03-02T01:05:00.000z', at(9, 5)],
    ['2026-03-02T01:05Z', at(9, 5)],
    ['2026-03-02T10:05:00+0900', at(9, 5)],
    ['2026-03-02 09:05:00 +08', at(9, 5)],
    ['2026-03-01T21:05:00-04:00', at(9, 5)],
    ['2026-03-01T16:00:00Z', at(0, 0)],
    ['2026-03-02T15:59:00+00:00', at(23, 59)],
  ]
  for (const [text, expected] of cases) {
    const moment = parseMoment(text)
    const read = moment === undefined ? [] : [momentDay(moment), momentMinute(moment)]
    t.strictSame(read, expected, text)
  }
  t.end()
})

t.test('a date that does not exist, or is none, is not read', (t) => {
  for (const text of [
    '2026-02-29', '2026-02-30', '1900-02-29', '2026-13-01', '2026-00-01', '2026-04-31',
    '2026-06-00',
    '1899-12-31', '2200-01-01', '0001-01-01', '9999-12-31', '20260230', '2026-03', '2026-3', '2026',
    '2026-03-02T24:00:00', '2026-03-02T23:60:00', '2026-03-02 10:00:61', '2026-03-02 10',
    '2026-03-02 x',
    '2026-03-02x10:00', '2026-03-02T', '2026-03-02T1:0', '2026-03-02T10:00:0',
    '2026-03-02T10:00:00.',
    '2026-03-02T10:00:00+15:00', '2026-03-02T10:00:00+08:60', '2026-03-02T10:00:00+8', '2026/03-02',
    '2026-03-02T10:00:00+08:0', '2026-03-02T10:00:00Zx', '2026-03-02T10:00:00x', '2026-3-123',
    '2026-111-1', '2026--1', '2026-1-', '2026年3月2日', '20260302100061', '20260302250000',
    '202603021060',
    '20260302 25:00', '20260302100000Z', '123456789', 'x', '２０２６-03-02', '2026-03-02 10:00:99',
    '2026/3/2T10:00:00.1.1', '2026-03-02T10.00.00', '2026-03-02T10:0a', '202a-03-02',
  ]) t.equal(parseMoment(text), undefined, text)
  t.throws(() => dayOf('2026-02-30'), { code: 'CLAIM_DATE_INVALID' })
  t.equal(momentDay(parseMoment('2024-02-29')!), dayNumber(2024, 2, 29))
  t.equal(momentDay(parseMoment('2000-02-29')!), dayNumber(2000, 2, 29))
  t.end()
})

t.test('day numbers, minutes and texts agree with the calendar', (t) => {
  const days = fc.integer({ min: dayNumber(1900, 1, 1), max: dayNumber(2199, 12, 31) })
  fc.assert(fc.property(days, (day) => {
    const text = dayText(day)
    return Date.parse(text) === day * 86_400_000 && dayOf(text) === day
      && dayOf(text.replaceAll('-', '/')) === day && dayOf(text.replaceAll('-', '')) === day
  }), runs)
  fc.assert(fc.property(fc.date({ min: new Date('1950-01-01'), max: new Date('2100-01-01'),
    noInvalidDate: true }), (date) => {
    const moment = parseMoment(date.toISOString())!
    const minute = momentMinute(moment)
    return minute === minuteAt(date.getTime())
      && momentMinute(parseMoment(minuteText(minute))!) === minute
      && momentDay(moment) === Math.floor((date.getTime() + 8 * 3_600_000) / 86_400_000)
  }), runs)
  t.end()
})

t.test('a code’s key is its two halves', (t) => {
  fc.assert(fc.property(fc.string({ maxLength: 30 }), (code) =>
    keyLow(codeKey(code)) === codeLow(code) && keyHigh(codeKey(code)) === codeHigh(code)), runs)
  t.end()
})

/** Content as a sender might give it, and a way to say the same otherwise. */
const money = fc.integer({ min: 0, max: 1_000_000 })
const someText = fc.constantFrom('', 'a', 'b', 'ab', '甲', '乙', '甲乙', '\u8000', '\u9000\u8000')
const content = fc.record({
  settled: fc.integer({ min: 1, max: 4 }),
  sex: fc.constantFrom('male', 'female'),
  department: someText,
  diagnoses: fc.array(fc.constantFrom('J18.900', 'I10.x00'), { maxLength: 3 }),
  items: fc.array(fc.record({
    id: fc.constantFrom('I-1', 'I-2'),
    code: fc.constantFrom('XN02', '001102000010000', ''),
    name: someText,
    day: fc.integer({ min: 1, max: 4 }),
    quantity: fc.integer({ min: -3, max: 3 }),
    amount: money,
    doctor: someText,
    traceCodes: fc.array(fc.constantFrom('81', '82'), { maxLength: 2 }),
  }), { maxLength: 4 }),
})
type Content = typeof content extends fc.Arbitrary<infer T> ? T : never

function settlementOf(value: Content, asText: boolean): SettlementChanges {
  const number = (given: number) => (asText ? ` ${given.toFixed(2)}` : given)
  return {
    settled_at: asText ? `2026/3/${value.settled} 15:00:30` : `2026-03-0${value.settled}T07:00:00Z`,
    patient: { sex: value.sex, is_pregnant: asText ? '' : null },
    visit: {
      department: value.department, start: '2026-03-01', end: '',
      diagnoses: value.diagnoses.map((code) => ({ code, is_main: asText ? '0' : false })),
    },
    items: value.items.map((item) => ({
      id: item.id, code: item.code, name: item.name, doctor: item.doctor,
      service_time: asText ? `2026030${item.day}` : `2026-03-0${item.day}`,
      quantity: number(item.quantity), unit_price: asText ? '1.50' : 1.5,
      amount: number(item.amount / 100), own_pay: asText ? '-' : 0, trace_codes: item.traceCodes,
    })),
  }
}

function reversedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversedKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).reverse().map(([key, member]) => [key, reversedKeys(member)]))
}

t.test('the content hash is the same however the same is said, and differs when it is not', (t) => {
  fc.assert(fc.property(content, content, (one, other) => {
    const hash = aClaim(settlementOf(one, false)).contentHash
    const again = aClaim(settlementOf(one, true)).contentHash
    const isSame = JSON.stringify(one) === JSON.stringify(other)
    return hash === again && (aClaim(settlementOf(other, true)).contentHash === hash) === isSame
  }), runs)
  t.end()
})

t.test('the order of keys, the envelope’s id and its time do not touch the hash', (t) => {
  const { settled_at, ...data } = aSettlement({ items: [{}, { service_time: '' }] })
  const hashOf = (changes: object) => {
    const event = decodeEvent(
      eventBytes(reversedKeys(anEvent({ data, ...changes }))), { receivedAt })
    return event.type === 'settlement' ? event.claim.contentHash : ''
  }
  const hash = hashOf({})
  t.equal(hashOf({ id: 'E-2', time: '2026-03-05T10:00:00+08:00', source: '/else' }), hash)
  t.equal(hashOf({ data: reversedKeys(data) }), hash)
  t.equal(hashOf({ data: { ...data, unknown_field: 1 } }), hash, 'not kept: no difference')
  t.not(hashOf({ data: { ...data, settled_at } }), hash)
  t.end()
})

t.test('every field that is kept touches the hash', (t) => {
  const procedure = { code: 'A', name: 'a', is_main: 0, date: '2026-03-02', incision: '1' }
  const base: SettlementChanges = { visit: { procedures: [procedure] } }
  const changes: SettlementChanges[] = [
    { settlement_id: 'S-2' }, { settled_at: '2026-03-04' }, { is_cross_region: 1 },
    { patient: { key: 'patient-0002' } }, { patient: { sex: 2 } }, { patient: { birth_date: '' } },
    { patient: { insurance_type: '390' } }, { patient: { region: '440200' } },
    { patient: { is_pregnant: 0 } }, { patient: { is_lactating: 1 } },
    { visit: { id: 'V-2' } }, { visit: { type: '22' } }, { visit: { setting: 'emergency' } },
    { visit: { is_internet: 1 } }, { visit: { department: 'A04' } },
    { visit: { doctor: { id: 'D-2' } } },
    { visit: { institution: { id: 'H2' } } }, { visit: { institution: { level: 2 } } },
    { visit: { institution: { type: 'B' } } }, { visit: { institution: { region: '' } } },
    { visit: { start: '2026-03-01 09:01' } }, { visit: { start: '2026-03-01' } },
    { visit: { end: '' } }, { visit: { leave_days: 1 } }, { visit: { is_transfer: 0 } },
    { visit: { is_planned_readmission: 0 } }, { visit: { diagnoses: [] } },
    ...[{ code: 'B' }, { name: 'b' }, { is_main: 1 }, { date: '' }, { incision: '2' },
      { incision_class: 'I' }].map((change) => ({
      visit: { procedures: [{ ...procedure, ...change }] },
    })),
    ...[{ id: 'I-9' }, { code: 'X' }, { name: '' }, { category: '301' }, { fee_class: '03' },
      { quantity: 2, amount: 10 }, { unit_price: 11, amount: 10 }, { amount: 11 }, { own_pay: 1 },
      { self_pay: 1 }, { service_time: '2026-03-02' }, { service_time: '' },
      { service_time: '2026-03-02 10:01' }, { prescription: 'R' }, { group: 'G' },
      { days_of_supply: 3 }, { department: 'D' }, { doctor: 'D' }, { is_take_home: 1 },
      { herb_use: 1 }, { herb_use: 2 }, { trace_codes: ['8'] }, { is_split_pack: 1 },
      { amount: 50_000_000_000 }, { amount: -21_474_836.48 },
    ].map((item) => ({ items: [item] })),
    { payment: { total: 11 } }, { payment: { in_scope: 0 } }, { payment: { fund: 0 } },
    { payment: { benefit_type: 'x' } }, { payment: { special_disease: 'x' } },
    { items: [{}, {}] },
  ]
  const hashes = [base, ...changes].map((change) => aClaim({
    ...change, visit: { procedures: [procedure], ...change.visit },
  }).contentHash)
  t.equal(new Set(hashes).size, changes.length + 1)
  t.end()
})

t.test('neighbouring texts and numbers do not run into each other', (t) => {
  const digest = (feed: (hash: ContentHash) => void) => {
    const hash = new ContentHash()
    feed(hash)
    return hash.digest()
  }
  const texts = (...list: string[]) => digest((hash) => list.forEach((text) => hash.text(text)))
  const wholes = (...list: (number | undefined)[]) =>
    digest((hash) => list.forEach((value) => hash.whole(value)))
  const hashes = [
    texts(), texts(''), texts('', ''), texts('ab', 'c'), texts('a', 'bc'), texts('abc'),
    texts('abc', ''),
    texts('\u8000a\u8000b'), texts('a\u8000b\u8000'), texts('\u0000'), texts('\u0000\u0000'),
    wholes(2 ** 32), wholes(0, 1), wholes(-(2 ** 31)), wholes(2 ** 31), wholes(undefined),
    wholes(-1),
    wholes(2 ** 53 - 1), wholes(-(2 ** 53) + 1), wholes(2 ** 32 - 1), wholes(undefined, undefined),
  ]
  t.equal(new Set(hashes).size, hashes.length)
  t.end()
})
