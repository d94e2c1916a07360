// What real senders write, and what it is taken for.
import t from 'tap'
import type { Item } from '../../src/claim/claim.js'
import { dayOf } from '../../src/claim/day.js'
import { aClaim } from '../fixtures/claims.js'
import type { anItem, SettlementChanges } from '../fixtures/claims.js'
import { refusal } from '../fixtures/refusal.js'

const anItemOf = (changes: Parameters<typeof anItem>[0]): Item =>
  aClaim({ items: [changes ?? {}] }).items[0]!

t.test('the third of quantity, unit price and amount follows from two', (t) => {
  const three = ({ quantity, unitPrice, amountFen }: Item) => [quantity, unitPrice, amountFen]
  const of = (changes: object) => three(anItemOf({
    quantity: null, unit_price: '', amount: null, ...changes,
  }))
  t.strictSame(of({ quantity: 3, unit_price: '0.335' }), [30_000, 335_000, 101], '1.005 yuan')
  t.strictSame(of({ quantity: -3, unit_price: '0.335' }), [-30_000, 335_000, -101])
  t.strictSame(of({ quantity: 3, amount: 10 }), [30_000, 3_333_333, 1_000])
  t.strictSame(of({ quantity: 0, amount: 10 }), [0, 0, 1_000])
  t.strictSame(of({ quantity: '2' }), [20_000, 0, 0])
  t.strictSame(of({ unit_price: '2.5', amount: '-' , quantity: 4 }), [40_000, 2_500_000, 1_000])
  t.strictSame(of({ unit_price: 2.5, amount: 10 }), [40_000, 2_500_000, 1_000])
  t.strictSame(
    of({ quantity: 1, unit_price: 2, amount: 5 }), [10_000, 2_000_000, 500], 'a rule’s matter')
  t.strictSame(
    of({ quantity: 200_000, unit_price: '499999.999999' }),
    [2_000_000_000, 499_999_999_999, 9_999_999_999_980],
    'beyond the safe integers on the way')
  t.strictSame(of({ quantity: -200_000, unit_price: '499999.999999' })[2], -9_999_999_999_980)
  for (const changes of [{ amount: 10 }, { unit_price: 10 }, {}, { amount: 1, unit_price: 0 }]) {
    t.equal(refusal(() => of(changes)), 'CLAIM_NUMBER_INVALID /data/items/0/quantity')
  }
  t.equal(
    refusal(() => of({ amount: 1_000_000, unit_price: '0.000001' })),
    'CLAIM_QUANTITY_TOO_LARGE /data/items/0/quantity')
  t.equal(
    refusal(() => of({ amount: '99999999999', quantity: '0.0001' })),
    'CLAIM_MONEY_TOO_LARGE /data/items/0/unit_price')
  t.equal(
    refusal(() => of({ unit_price: 9_000_000_000, quantity: 200_000 })),
    'CLAIM_MONEY_TOO_LARGE /data/items/0/amount')
  t.end()
})

t.test('a line lacks what its sender left out, and borrows a day from the visit', (t) => {
  const lines = aClaim({
    visit: { start: '2026-03-02' },
    items: [
      { id: ' ', code: '0', name: ' - ', category: '', fee_class: null, days_of_supply: 0,
        service_time: '' },
      { code: '-', service_time: ' ', days_of_supply: '-3', herb_use: 'compound', quantity: '-1' },
      { code: null, service_time: '2026-03-03', herb_use: '3', is_take_home: '98765432' },
    ],
  }).items
  t.strictSame(lines.map(({ id, code, name }) => [id, code, name]), [
    ['#1', '', ''], ['I-2', '', '普通门诊诊查费'], ['I-3', '', '普通门诊诊查费'],
  ])
  t.strictSame(lines.map(({ isDated, serviceDay, serviceMinute }) =>
    [isDated, serviceDay, serviceMinute]), [
    [false, dayOf('2026-03-02'), undefined],
    [false, dayOf('2026-03-02'), undefined],
    [true, dayOf('2026-03-03'), undefined],
  ])
  t.strictSame(lines.map(({ quantity, daysOfSupply, isHerbSingle, isTakeHome }) =>
    [quantity, daysOfSupply, isHerbSingle, isTakeHome]), [
    [10_000, undefined, undefined, false],
    [-10_000, undefined, false, false],
    [10_000, undefined, undefined, false],
  ])
  t.strictSame(lines.map(({ category, feeClass }) => [category, feeClass]), [
    ['other', ''], ['service', '02'], ['service', '02'],
  ])
  t.end()
})

t.test('the category comes from list_type, our own word, or the shape of the code', (t) => {
  const category = (code: string, given: string | number | null = '') =>
    anItemOf({ code, category: given }).category
  const known: [string | number, string][] = [
    ['101', 'drug'], ['103', 'drug'], [104, 'drug'], ['102', 'herbal-piece'],
    ['106', 'herbal-granule'], ['201', 'service'], ['301', 'consumable'], ['105', 'other'],
    ['drug', 'drug'], ['herbal-piece', 'herbal-piece'], ['herbal-granule', 'herbal-granule'],
    ['service', 'service'], ['consumable', 'consumable'], ['other', 'other'],
  ]
  for (const [given, ours] of known) t.equal(category('ABC', given), ours, String(given))
  t.equal(category('XA06ADF336P001010100233', null), 'drug')
  t.equal(category('ZH01AAB0066010100716'), 'drug')
  t.equal(category('J440100000000001'), 'drug')
  t.equal(category('T001700233'), 'herbal-piece')
  t.equal(category('T0017002330000000000'), 'herbal-granule')
  t.equal(category('T00170023'), 'other')
  t.equal(category('C0101010010100100001', '999'), 'consumable')
  t.equal(category('001102000010000', ' '), 'service')
  t.equal(category('00110200001000'), 'other')
  t.equal(category('00110200001000A'), 'other')
  t.equal(category(''), 'other')
  t.end()
})

t.test('a service code loses its local suffix, any other code does not', (t) => {
  const code = (given: string) => anItemOf({ code: given }).code
  t.equal(code('001102000010000-110200001'), '001102000010000')
  t.equal(code(' 001102000010000 '), '001102000010000')
  t.equal(code('0011020000100001-1'), '0011020000100001-1')
  t.equal(code('00110200001000A-1'), '00110200001000A-1')
  t.equal(code('XA06ADF336P0010-10100233'), 'XA06ADF336P0010-10100233')
  t.end()
})

t.test('the setting comes from the sender’s word, else from the head of med_type', (t) => {
  const setting = (type: string | number | null, given: string | null = null) =>
    aClaim({ visit: { type, setting: given } }).visit.setting
  const byType: [string, string][] = [
    ['11', 'outpatient'], ['12', 'outpatient'], ['14', 'outpatient'], ['140201', 'outpatient'],
    ['51', 'outpatient'], ['81', 'outpatient'], ['13', 'emergency'], ['1301', 'emergency'],
    ['19', 'emergency'], ['21', 'inpatient'], ['2101', 'inpatient'], ['28', 'inpatient'],
    ['52', 'inpatient'], ['41', 'pharmacy'], ['9901', 'other'], ['1', 'other'], ['-', 'other'],
  ]
  for (const [type, ours] of byType) t.equal(setting(type), ours, type)
  t.equal(setting(21), 'inpatient')
  t.equal(setting(null), 'other')
  t.equal(setting('21', 'outpatient'), 'outpatient')
  t.equal(setting('21', '2'), 'inpatient', 'a word that is not ours decides nothing')
  t.end()
})

t.test('sex, level, flags and kinds of diagnosis are read in every known spelling', (t) => {
  const sex = (given: string | number | null) => aClaim({ patient: { sex: given } }).patient.sex
  t.strictSame([1, '1', 'male', 'M', '男'].map(sex), Array(5).fill('male'))
  t.strictSame([2, '2', 'female', 'F', '女'].map(sex), Array(5).fill('female'))
  t.strictSame([0, '9', '', null, 'x'].map(sex), Array(5).fill('unknown'))

  const level = (given: string | number | null) =>
    aClaim({ visit: { institution: { level: given } } }).visit.institution.level
  t.strictSame([3, '2', '1', 0].map(level), [3, 2, 1, 0])
  t.strictSame(['01', '11', 9, '', null].map(level), Array(5).fill(undefined))

  const flag = (given: boolean | string | number | null) =>
    aClaim({ patient: { is_pregnant: given } }).patient.isPregnant
  t.strictSame([true, 1, '1', 'TRUE', 'y', '是'].map(flag), Array(6).fill(true))
  t.strictSame([false, 0, '0', 'no', '否'].map(flag), Array(5).fill(false))
  t.strictSame([null, 2, '', '-', 'J18.900'].map(flag), Array(5).fill(undefined))

  const kind = (given: string | number | null) =>
    aClaim({ visit: { diagnoses: [{ code: 'A01', kind: given }] } }).visit.diagnoses[0]!.kind
  t.strictSame([1, '1', 'western', null].map(kind), Array(4).fill('western'))
  t.strictSame([2, 'tcm-disease'].map(kind), Array(2).fill('tcm-disease'))
  t.strictSame(['3', 'tcm-syndrome'].map(kind), Array(2).fill('tcm-syndrome'))
  t.end()
})

t.test('the main diagnosis is the flagged one, else the first in order, else the only one', (t) => {
  type Given = { code?: string, is_main?: string | number, order?: string | number }
  const main = (diagnoses: Given[]) =>
    aClaim({ visit: { diagnoses } }).visit.diagnoses.map(({ isMain }) => isMain)
  t.strictSame(main([{ code: 'A', order: 1 }, { code: 'B', is_main: 1 }]), [false, true])
  t.strictSame(main([{ code: 'A', order: 2 }, { code: 'B', order: '1' }]), [false, true])
  t.strictSame(main([{ code: 'A', is_main: 'A' }]), [true])
  t.strictSame(main([{ code: 'A' }, { code: 'B' }]), [false, false])
  t.strictSame(main([{ code: '-' }, { code: 'B', order: 1 }]), [true], 'an empty row is none')
  t.end()
})

t.test('a visit without its days has them from what is known', (t) => {
  const days = (visit: SettlementChanges['visit'], items: SettlementChanges['items'] = []) => {
    const { startDay, endDay } = aClaim({ visit: { ...visit }, items }).visit
    return [startDay, endDay]
  }
  const [day2, day3, day4] = ['02', '03', '04'].map((day) => dayOf(`2026-03-${day}`))
  t.strictSame(days({ start: '', end: null }), [day4, undefined], 'a stay goes on')
  t.strictSame(days({ setting: 'outpatient', start: '2026-03-02', end: '' }), [day2, day2])
  t.strictSame(days({ setting: 'emergency', start: '2026-03-02', end: '2026-03-03' }), [day2, day3])
  t.strictSame(days({ start: null, end: '2026-03-04' }, [
    { service_time: '2026-03-03' }, { service_time: '2026-03-02 10:00' }, { service_time: '' },
  ]), [day2, day4], 'the first dated charge began it')
  t.end()
})
