// CDS Hooks 2.0: the same facts as in the national message give the same findings, as cards; what cannot be
// judged is said; what is missing is refused; what was done with a card is told to the stream.
import t from 'tap'
import type { CdsCard } from '../../src/cds/cards.js'
import {
  aCdsDoor, bundle, cardsOf, charge, condition, discharge, encounter, findingsOf, medication, orderSign,
  patient,
} from '../fixtures/cds.js'
import type { HookCall } from '../fixtures/cds.js'
import { aNhsaDoor, diagnosis, hospital, now, order, standard, womensDrug } from '../fixtures/nhsa.js'

/** A service for women only. */
const womensTest = '002101030300000'
const herb = 'T000700040' // in no list that limits it

interface Told { readonly patient: object, readonly visit: object }

const unjudgedOf = (cards: readonly CdsCard[]) => cards.find(({ source }) => source.topic === undefined)

t.test('the same facts give the same findings as 3101', async (t) => {
  const line = (id: string, code: string, cnt: number) =>
    order({ rx_id: id, hilist_code: code, cnt, sumamt: cnt * 12.5 })
  const draft = (id: string, code: string, value: number) => medication({
    id, dispenseRequest: { quantity: { value } }, extension: [
      { url: 'urn:nhsa:pric', valueDecimal: 12.5 }, { url: 'urn:nhsa:det_item_fee_sumamt', valueDecimal: value * 12.5 },
      { url: 'urn:nhsa:list_type', valueCode: '101' }, { url: 'urn:nhsa:med_chrgitm_type', valueCode: '09' },
    ],
  }, code)
  const lists: { diagnosis: string, lines: [string, string, number][] }[] = [
    { diagnosis: 'I10.x00', lines: [['L1', womensDrug, 2]] },
    { diagnosis: 'A34', lines: [['L1', womensDrug, 2], ['L2', womensDrug, 900], ['L3', herb, 3], ['L4', womensTest, 1]] },
    { diagnosis: 'I10.x00', lines: [['L1', herb, 1]] },
  ]
  let findings = 0
  for (const { diagnosis: code, lines } of lists) {
    const [national, { app, asked, noted }] = [await aNhsaDoor(t), await aCdsDoor(t)]
    const inNational = {
      fsi_order_dtos: lines.map((one) => line(...one)), fsi_diagnose_dtos: [{ ...diagnosis, dise_codg: code }],
    }
    const { output } = await national.post(standard({ encounter: inNational }))
    const named = { ...condition, code: { coding: { system: 'urn:nhsa:diag_code', code, display: '高血压病' } } }
    const cards = await cardsOf(t, app, orderSign({
      orders: lines.map((one) => draft(...one)), prefetch: { conditions: bundle(named) },
    }))
    const results = output.result.map(({ rule_id: rule, vola_cont: words, judge_result_detail_dtos: lines }) => ({
      rule, lines: (lines as { rx_id: string, vola_item_type: string }[])
        .filter(({ vola_item_type: type }) => type === '1').map(({ rx_id: id }) => id),
      isSaid: String(words).length > 0,
    }))
    findings += results.length
    t.strictSame(findingsOf(cards).map(({ source, suggestions = [], summary }) => ({
      rule: source.topic!.code, lines: suggestions.map(({ actions }) => actions[0]!.resourceId.replace(/^.*\//, '')),
      isSaid: summary.length > 0,
    })), results)
    const ids = findingsOf(cards).map(({ uuid }) => uuid)
    t.strictSame(noted, [{
      patient: { key: noted[0]!.patient.key }, institution: hospital, visit_id: 'V1', at: new Date(now).toISOString(),
      call: 'order-sign', stage: 'pre-alert', items_count: lines.length, complete: true,
      findings: results.map(({ rule }, at) => ({
        id: ids[at], rule, severity: noted[0]!.findings[at]!.severity, at_risk_fen: noted[0]!.findings[at]!.at_risk_fen,
        lines: noted[0]!.findings[at]!.lines,
      })),
    }], 'the stream is told what was shown')
    const [told, same] = [asked[0], national.asked[0]!.settlement] as [Told, Told]
    t.strictSame({ ...told.patient, sex: '1' }, same.patient, 'the same person, under the same key')
    const institution = { id: hospital, level: 3, type: 'A100', region: '330100' }
    const visit = { id: 'V1', type: '11', department: 'A03', doctor: { id: 'D1' }, institution }
    t.match([told.visit, same.visit], [visit, visit])
  }
  t.ok(findings >= 3, `${findings} findings in all`)
})

t.test('a card tells what is wrong, by which law, and how to put it right', async (t) => {
  const { app } = await aCdsDoor(t)
  const [card] = findingsOf(await cardsOf(t, app, orderSign()))
  t.match(card, {
    indicator: 'warning', summary: /男/,
    source: { topic: { code: 'DRUG-SEX', system: 'urn:claimsentry:rule' } },
    suggestions: [{ label: '撤销：甲硝唑栓', actions: [{ type: 'delete', resourceId: 'MedicationRequest/L1' }] }],
    selectionBehavior: 'any',
  })
  t.ok(card!.source.label.length > 0)
  t.match(card!.detail, /\*\*任选一种改法，这条疑点即消失\*\*\n\n- /)
  t.match(card!.detail, /\*\*高度可疑\*\*.*\n\n\*\*怎样改正\*\*[^]*- 违规：甲硝唑栓，25\.00 元[^]*\*\*涉及金额\*\* 25\.00 元[^]*\*\*依据\*\*/)
  t.match(card!.overrideReasons!.map(({ code }) => code), ['clinical-need', 'emergency', 'self-paid', 'data-wrong', 'rule-unfit', 'other'])
  const [again] = findingsOf(await cardsOf(t, app, orderSign()))
  t.strictSame(again, card, 'the same question has the same card')
  const [named] = findingsOf(await cardsOf(t, app, orderSign({ orders: [medication({}, womensDrug, '[x](http://evil) *甲*')] })))
  t.match(named!.detail, /违规：\\\[x\\\]\(http:\/\/evil\) \\\*甲\\\*/, 'a name is no markup')
})

t.test('what was charged before is context, and at discharge it is what is asked about', async (t) => {
  const { app } = await aCdsDoor(t)
  const before = { chargeItems: bundle(charge()) }
  t.strictSame(findingsOf(await cardsOf(t, app, orderSign({ orders: [medication({}, herb)], prefetch: before }))), [])
  const [found, ...others] = findingsOf(await cardsOf(t, app, discharge([charge(), charge({ id: 'L2', status: 'not-billable' })])))
  t.match(found, { source: { topic: { code: 'DRUG-SEX' } }, indicator: 'warning' })
  t.equal(found!.suggestions, undefined, 'what was charged is for the hospital to mend')
  t.strictSame(others, [])
})

t.test('what could not be judged is a card, not silence', async (t) => {
  const { app } = await aCdsDoor(t)
  const cards = await cardsOf(t, app, orderSign({
    orders: [
      medication({ id: 'U', medicationCodeableConcept: { text: '自制合剂', coding: [{ system: 'urn:local', code: 'Z9' }] } }),
      medication({ id: 'N', dispenseRequest: undefined }, womensDrug, '没有数量'),
      { resourceType: 'NutritionOrder', id: 'X' },
    ],
    prefetch: { patient: { resourceType: 'Patient', id: 'P9', birthDate: '1980' } },
  }))
  t.strictSame(findingsOf(cards), [])
  const { summary, detail, indicator } = unjudgedOf(cards)!
  t.match({ summary, indicator }, { summary: /没有提醒不等于没有问题/, indicator: 'info' })
  t.match(detail, /没有国家编码，不能按编码判断的明细：自制合剂/)
  t.match(detail, /没有判断的医嘱：没有数量、NutritionOrder/)
  t.match(detail, /没有参保人编号/)
  t.match(detail, /缺少 /)

  const verdict = {
    rulebook: 'x', at_risk: { total_fen: 0, fund_fen: null, patient_fen: null }, findings: [], more: [],
    unknowns: [], complete: false, failed: ['BROKEN'], not_reached: Array.from({ length: 30 }, (_, n) => `R_${n}`),
  }
  const late = await aCdsDoor(t, { judge: () => ({ verdict, isCurrent: false }) })
  const { detail: told } = unjudgedOf(await cardsOf(t, late.app, orderSign()))!
  t.match(told, /时限内没有判断的规则：R\\_0、.*R\\_19 等 30 项\n- 出错而没有判断的规则：BROKEN\n- 历史数据不是最新的$/)
  const clear = await aCdsDoor(t, {
    judge: () => ({ verdict: { ...verdict, not_reached: [], failed: [], complete: true }, isCurrent: true }),
  })
  t.strictSame(await cardsOf(t, clear.app, orderSign()), [], 'nothing to say')
})

t.test('many and long findings are cut, and counted', async (t) => {
  const line = { role: 'violating' as const, item: '1', line: 0, code: 'X', name: '药', amount_fen: 100, at_risk_fen: 100 }
  const finding = {
    rule: 'R', title: '规则', national: null, severity: 'suspect' as const, sentence: '长'.repeat(500), advice: '改',
    items: [...Array.from({ length: 24 }, () => line), { ...line, role: 'involved' as const }].reverse(), items_count: 25, past: [], past_count: 0, facts: {},
    knowledge: null, basis: [{ document: '法', article: '一', url: 'https://law.example.org' }],
    at_risk: { total_fen: 0, fund_fen: null, patient_fen: null },
  }
  const verdict = {
    rulebook: 'x', at_risk: { total_fen: 0, fund_fen: null, patient_fen: null }, more: [], unknowns: [],
    findings: [...Array.from({ length: 51 }, () => finding), { ...finding, items: [], basis: [] }],
    complete: true, failed: [], not_reached: [],
  }
  const { app } = await aCdsDoor(t, { judge: () => ({ verdict, isCurrent: true }) })
  const cards = await cardsOf(t, app, orderSign())
  t.equal(cards.length, 51)
  t.match(cards[0], { indicator: 'warning', summary: /^长{138}…$/, source: { label: '法 一', url: 'https://law.example.org' } })
  t.equal(cards[0]!.suggestions!.length, 20)
  t.match(cards[0]!.detail, /另有 5 条明细/)
  t.match(cards[50]!.detail, /另有 2 个疑点没有列出/)
  const one = await aCdsDoor(t, { judge: () => ({ verdict: { ...verdict, findings: [{ ...finding, items: [], basis: [] }] }, isCurrent: true }) })
  const [bare] = await cardsOf(t, one.app, orderSign())
  t.equal(bare!.source.label, '规则')
  t.notMatch(bare!.detail, /^- /m)
})

t.test('resources are read as far as they say something', async (t) => {
  const { app, asked } = await aCdsDoor(t)
  const read = async (call: HookCall) => {
    await cardsOf(t, app, call)
    return asked.at(-1) as { patient: object, visit: object, items: object[] }
  }
  t.match(await read(orderSign({
    orders: [
      medication({ id: 'A', medicationCodeableConcept: undefined, medicationReference: { reference: '#m' },
        contained: [{ resourceType: 'Medication', id: 'm', code: { coding: [{ system: 'https://code.nhsa.gov.cn', code: herb, display: '黄芪' }] } }],
        dosageInstruction: [{ text: '一日三次' }], dispenseRequest: { quantity: { value: 1 }, expectedSupplyDuration: { value: 7, code: 'd' } } }),
      medication({ id: 'B', medicationCodeableConcept: undefined, medicationReference: { reference: 'Medication/M2' },
        dispenseRequest: { quantity: { value: 1 }, expectedSupplyDuration: { value: 2, unit: 'wk' } } }),
      { resourceType: 'Medication', id: 'M2', code: { text: '附在后面的药' } },
      { resourceType: 'ServiceRequest', id: 'S', code: { text: '检查' }, occurrencePeriod: { start: '2026-07-02' } },
      { resourceType: 'DeviceRequest', id: 'D', codeCodeableConcept: { coding: [{ code: 'local' }] }, occurrenceDateTime: '2026' },
      medication({ id: 'C', status: 'cancelled' }),
    ],
    prefetch: {
      patient: { ...patient, gender: 'female' },
      encounter: encounter({
        id: '含有空格 的', class: { code: 'IMP' }, type: undefined, diagnosis: undefined, period: { start: '2026-06-30' },
        participant: undefined, serviceType: undefined, serviceProvider: { reference: `Organization/${hospital}` },
        extension: [{ url: 'urn:nhsa:matn_stas', valueCoding: { code: '3' } }],
      }),
      conditions: bundle({ ...condition, verificationStatus: { coding: [{ code: 'refuted' }] } },
        { ...condition, id: 'C2', verificationStatus: { coding: [{ code: 'confirmed' }] } }),
      procedures: bundle(
        { resourceType: 'Procedure', status: 'completed', performedPeriod: { start: '2026-07-01' },
          code: { coding: [{ system: 'http://hl7.org/fhir/sid/icd-9-cm', code: '47.0100', display: '阑尾切除' }] },
          performer: [{ actor: { reference: 'Practitioner/D2' } }] },
        { resourceType: 'Procedure', status: 'not-done', code: { text: '没有做' } }),
      coverage: null,
    },
  })), {
    patient: { sex: 'female', is_pregnant: true, is_lactating: false, insurance_type: '' },
    visit: {
      id: /^[0-9a-f]{40}$/, type: '', setting: 'inpatient', is_internet: false, start: '2026-06-30', end: undefined,
      institution: { id: hospital, level: undefined }, doctor: { id: '' },
      diagnoses: [{ code: 'I10.x00', is_main: false, in_out: '' }],
      procedures: [{ code: '47.0100', name: '阑尾切除', date: '2026-07-01', surgeon: 'D2' }],
    },
    items: [
      { code: herb, name: '黄芪', dose: '一日三次', days_of_supply: 7 },
      { code: '', name: '附在后面的药', days_of_supply: undefined },
      { code: '', name: '检查', quantity: 1, category: '201', service_time: '2026-07-02' },
      { code: '', name: 'DeviceRequest/D', local_code: 'local', category: '301', service_time: '' },
    ],
  })
  const pregnantNowhere = await read(orderSign({ prefetch: { encounter: encounter({
    class: { code: 'XX' }, type: undefined,
    extension: [{ url: 'urn:nhsa:med_type', valueString: '21' }, { url: 'urn:nhsa:hosp_lv' }, { url: 'urn:nhsa:hosp_lv', valueAddress: {} }],
  }) } }))
  t.match(pregnantNowhere, { visit: { type: '21', setting: undefined }, patient: { is_pregnant: undefined } })
  t.match(await read(orderSign({ prefetch: { encounter: encounter({ class: { code: 'XX' }, type: [{ text: '?' }], extension: undefined }) } })),
    { visit: { type: '', setting: '' } })
  t.match(await read(discharge([charge({ extension: [
    { url: 'urn:nhsa:drug_trac_codg', valueString: '81000000000000000001' }, { url: 'urn:nhsa:drug_trac_codg', valueString: '81000000000000000002' },
  ], occurrenceDateTime: undefined, enteredDate: '2026-07-02' })])), {
    items: [{ amount: 25, trace_codes: ['81000000000000000001', '81000000000000000002'], service_time: '2026-07-02' }],
  })
})
