// What an event becomes: every type, every field, and what is left when nothing was said.
import t from 'tap'
import type { Claim } from '../../src/claim/claim.js'
import { codeHigh, codeLow } from '../../src/claim/code-key.js'
import { dayOf, minuteAt } from '../../src/claim/day.js'
import { decodeEvent } from '../../src/claim/decode.js'
import { decodeSettlement } from '../../src/claim/decode-settlement.js'
import { aClaim, anEvent, aSettlement, eventBytes, eventTime, receivedAt } from '../fixtures/claims.js'

const context = { time: eventTime, receivedAt }

t.test('a settlement becomes a claim in whole fen, day numbers and code keys', (t) => {
  const event = decodeEvent(eventBytes(anEvent()), { receivedAt })
  const code = '001102000010000'
  const claim: Claim = {
    settlement: 'S-1',
    contentHash: '5307de1181488d92',
    patient: {
      key: 'patient-0001', sex: 'male', birthDay: dayOf('1980-05-10'), insuranceType: '310',
      region: '440100', isPregnant: undefined, isLactating: undefined,
    },
    visit: {
      id: 'V-1', medType: '21', setting: 'inpatient', isInternet: false,
      institution: { id: 'H44010000001', level: 3, type: 'A100', region: '440100' },
      department: 'A03', doctor: 'D-1',
      startDay: dayOf('2026-03-01'), endDay: dayOf('2026-03-04'),
      startMinute: dayOf('2026-03-01') * 1440 + 540, endMinute: dayOf('2026-03-04') * 1440 + 660,
      leaveDays: 0, isPlannedReadmission: undefined, isTransfer: undefined,
      diagnoses: [{ code: 'J18.900', name: '肺炎', isMain: true, kind: 'western' }],
      procedures: [],
    },
    items: [{
      id: 'I-1', code, low: codeLow(code), high: codeHigh(code), name: '普通门诊诊查费',
      category: 'service', feeClass: '02', quantity: 10_000, unitPrice: 10_000_000,
      amountFen: 1_000, ownPayFen: 0, selfPayFen: 0,
      serviceDay: dayOf('2026-03-02'), serviceMinute: dayOf('2026-03-02') * 1440 + 600,
      isDated: true, prescription: '', group: '', daysOfSupply: undefined, department: '',
      doctor: '', isTakeHome: false, isHerbSingle: undefined, traceCodes: [], isSplitPack: false,
    }],
    payment: {
      totalFen: 1_000, inScopeFen: undefined, fundFen: undefined, benefitType: '',
      specialDisease: '',
    },
    settledDay: dayOf('2026-03-04'),
    settledMinute: dayOf('2026-03-04') * 1440 + 900,
    receivedMinute: minuteAt(receivedAt),
    isCrossRegion: false,
    batch: undefined,
  }
  t.strictSame(event, { type: 'settlement', claim })
  t.end()
})

t.test('everything a sender may give is kept', (t) => {
  const claim = aClaim({
    is_cross_region: '1',
    patient: { is_pregnant: 0, is_lactating: true },
    visit: {
      is_internet: 1, leave_days: '2', is_planned_readmission: '是', is_transfer: 'false',
      procedures: [
        { code: '36.0600', name: '支架', is_main: 1, date: '2026-03-02', incision: '1',
          incision_class: 'I' },
        { code: '', name: '-' },
        { name: '未编码手术' },
      ],
    },
    items: [{
      code: 'XN02BE01A001', category: 101, fee_class: 9, quantity: '2.5', unit_price: '1.234567',
      amount: '3.09', own_pay: '0.5', self_pay: 0.25, prescription: 'RX-1', group: 'G-1',
      days_of_supply: '7', department: 'A04', doctor: 'D-9', is_take_home: '1', herb_use: '2',
      trace_codes: ['81234567890', ' 8222 ', '', '-', '0'], is_split_pack: 1,
    }],
    payment: {
      total: '3.09', in_scope: 2, fund: '1.5', benefit_type: 'chronic-disease',
      special_disease: 'M01',
    },
  })
  const { contentHash, ...rest } = claim
  t.match(contentHash, /^[0-9a-f]{16}$/)
  t.strictSame(rest.isCrossRegion, true)
  t.strictSame(rest.patient.isPregnant, false)
  t.strictSame(rest.patient.isLactating, true)
  t.strictSame(
    [rest.visit.isInternet, rest.visit.leaveDays, rest.visit.isPlannedReadmission,
      rest.visit.isTransfer],
    [true, 2, true, false])
  t.strictSame(rest.visit.procedures, [
    { code: '36.0600', name: '支架', isMain: true, day: dayOf('2026-03-02'), incision: '1',
      incisionClass: 'I' },
    { code: '', name: '未编码手术', isMain: false, day: undefined, incision: '', incisionClass: '' },
  ])
  t.strictSame(rest.items[0], {
    id: 'I-1', code: 'XN02BE01A001', low: codeLow('XN02BE01A001'), high: codeHigh('XN02BE01A001'),
    name: '普通门诊诊查费', category: 'drug', feeClass: '09', quantity: 25_000,
    unitPrice: 1_234_567, amountFen: 309, ownPayFen: 50, selfPayFen: 25,
    serviceDay: dayOf('2026-03-02'), serviceMinute: dayOf('2026-03-02') * 1440 + 600,
    isDated: true, prescription: 'RX-1', group: 'G-1', daysOfSupply: 7, department: 'A04',
    doctor: 'D-9', isTakeHome: true, isHerbSingle: true, traceCodes: ['81234567890', '8222'],
    isSplitPack: true,
  })
  t.strictSame(rest.payment, {
    totalFen: 309, inScopeFen: 200, fundFen: 150, benefitType: 'chronic-disease',
    specialDisease: 'M01',
  })
  t.end()
})

t.test('a question is read like a settlement, without a hash that nobody would compare', (t) => {
  const data = aSettlement({})
  t.strictSame(
    decodeSettlement(data, { ...context, isAsked: true }),
    { ...decodeSettlement(data, context), contentHash: '' },
  )
  t.end()
})

t.test('a claim with nothing but its identity is a claim', (t) => {
  const claim = decodeSettlement({
    settlement_id: 'S-1',
    patient: { key: 'patient-0001' },
    visit: { id: 'V-1', institution: { id: 'H1' }, doctor: '', diagnoses: '', procedures: null },
    items: '', payment: '',
  }, context)
  const { contentHash, ...rest } = claim
  t.match(contentHash, /^[0-9a-f]{16}$/)
  t.strictSame(rest, {
    settlement: 'S-1',
    patient: {
      key: 'patient-0001', sex: 'unknown', birthDay: undefined, insuranceType: '', region: '',
      isPregnant: undefined, isLactating: undefined,
    },
    visit: {
      id: 'V-1', medType: '', setting: 'other', isInternet: undefined,
      institution: { id: 'H1', level: undefined, type: '', region: '' },
      department: '', doctor: '', startDay: dayOf('2026-03-04'), endDay: dayOf('2026-03-04'),
      startMinute: undefined, endMinute: undefined, leaveDays: 0,
      isPlannedReadmission: undefined, isTransfer: undefined, diagnoses: [], procedures: [],
    },
    items: [],
    payment: {
      totalFen: 0, inScopeFen: undefined, fundFen: undefined, benefitType: '', specialDisease: '',
    },
    settledDay: dayOf('2026-03-04'),
    settledMinute: dayOf('2026-03-04') * 1440 + 900,
    receivedMinute: minuteAt(receivedAt),
    isCrossRegion: false,
    batch: undefined,
  })
  t.end()
})

t.test('every type of event has its reading', (t) => {
  const read = (type: string, data: unknown) =>
    decodeEvent(eventBytes(anEvent({ type, data })), { receivedAt })
  const patient = { key: 'patient-0001' }
  const institution = 'H44010000001'
  const at = '2026-03-03 10:00:00'
  const stay = { patientKey: 'patient-0001', institution, visit: 'V-1', day: dayOf('2026-03-03') }

  const reversal = read('cn.nhsa.reversal', {
    settlement_id: 'R-1', reverses: 'S-1', institution, patient, settled_at: at,
    lines: [{ item: 'I-1', quantity: '1.5' }, { item: 'I-2', quantity: -2 }],
  })
  t.match(reversal, { reversal: { contentHash: /^[0-9a-f]{16}$/ } })
  t.strictSame(reversal, {
    type: 'reversal',
    reversal: {
      institution, settlement: 'R-1', reverses: 'S-1', patientKey: 'patient-0001',
      contentHash: reversal.type === 'reversal' ? reversal.reversal.contentHash : '',
      lines: [{ item: 'I-1', quantity: 15_000 }, { item: 'I-2', quantity: 20_000 }],
      settledDay: dayOf('2026-03-03'),
    },
  })
  t.match(read('reversal', { settlement_id: 'R-1', reverses: 'S-1', institution, patient }), {
    reversal: { lines: [], settledDay: dayOf('2026-03-04') },
  })
  t.strictSame(
    read('admission', { patient, visit_id: 'V-1', institution, at }), { type: 'admission', stay })
  t.strictSame(
    read('discharge', { patient, visit_id: 'V-1', institution, at }), { type: 'discharge', stay })
  t.strictSame(
    read('presence', { patient, institution, at, place: 'ward', means: 'face' }),
    { type: 'presence', owner: 'patient-0001' })
  t.strictSame(
    read('stock', { institution, code: 'X1', movement: 'sale', quantity: -1.5, at }),
    { type: 'stock', owner: institution, movement: {
      institution, code: 'X1', movement: 'sale', quantity: 15_000, day: dayOf('2026-03-03'),
      contentHash: 'f26f30053e232d75',
    } })
  t.strictSame(
    read('registry', {
      subject: 'doctor', key: 'D-1', state: { rights: ['b', ' a', '-', 'b'] }, at: '2027-01-01',
    }),
    { type: 'registry', owner: 'D-1', notice: {
      subject: 'doctor', key: 'D-1', day: dayOf('2027-01-01'), words: ['a', 'b'],
    } })
  for (const [subject, state] of [['benefit', { rights: [] }], ['institution', { rights: [] }]]) {
    t.match(read('registry', { subject, key: 'D-1', state, at }), { notice: { words: undefined } })
  }
  t.strictSame(
    read('feedback', { warning_id: 'W-1', decision: 'continue', reason: '病情需要', at }),
    {
      type: 'feedback', owner: 'W-1',
      feedback: { institution: 'W-1', warning: 'W-1', rule: '', reason: 'clinical-need', day: 20_515 },
    })
  t.match(read('feedback', { warning_id: 'W-1', decision: 'continue', at }), { feedback: { reason: 'unsaid' } })
  t.end()
})

t.test('what a diagnosis was on admission, and a doctor’s rights, are known only where told', (t) => {
  const visit = {
    doctor: { id: 'D-1', rights: ['antibiotic-special '] },
    diagnoses: [
      { code: 'A', admission_condition: 4 }, { code: 'B', admission_condition: '2' },
      { code: 'C' }, { code: 'D', admission_condition: 1, is_hospital_acquired: '1' },
    ],
  }
  const { visit: told, contentHash } = aClaim({ visit })
  t.strictSame(told.doctorRights, ['antibiotic-special'])
  t.strictSame(told.diagnoses.map((one) => one.isHospitalAcquired), [true, false, undefined, true])
  t.strictSame([told.diagnoses[2]!.isHospitalAcquired, aClaim().visit.doctorRights], [undefined, undefined])
  t.not(contentHash, aClaim({ visit: { ...visit, doctor: { id: 'D-1' } } }).contentHash)
  t.not(contentHash, aClaim({ visit: { ...visit, diagnoses: visit.diagnoses.slice(0, 3) } }).contentHash)
  t.end()
})

t.test('a partial refund differs from another; a time that was not given is no difference', (t) => {
  const hashOf = (data: object, time = eventTime) => {
    const event = decodeEvent(eventBytes(anEvent({
      type: 'reversal',
      time,
      data: {
        settlement_id: 'R-1', reverses: 'S-1', institution: 'H1', patient: { key: 'patient-0001' },
        ...data,
      },
    })), { receivedAt })
    return event.type === 'reversal' ? event.reversal.contentHash : ''
  }
  const one = hashOf({ lines: [{ item: 'I-1', quantity: 1 }] })
  t.not(one, hashOf({ lines: [{ item: 'I-1', quantity: 2 }] }))
  t.not(one, hashOf({ lines: [{ item: 'I-2', quantity: 1 }] }))
  t.not(one, hashOf({}))
  t.not(hashOf({}), hashOf({ reverses: 'S-2' }))
  t.equal(hashOf({}), hashOf({ lines: '' }, '2026-03-05T09:00:00+08:00'))
  t.end()
})
