// Two rule books over the same claims: the difference by rule, the largest, the cost, and how it is told.
import t from 'tap'
import { aligned } from '../../src/commands/text-table.js'
import { Histories } from '../../src/history/histories.js'
import { createPipeline } from '../../src/pipeline.js'
import { Comparison, largestMax, sampleEvery } from '../../src/replay/comparison.js'
import type { ComparisonOptions } from '../../src/replay/comparison.js'
import { replayJson, replayText } from '../../src/replay/report.js'
import { timedBook } from '../../src/replay/timed-book.js'
import type { RuleText } from '../../src/rulebook/mistake.js'
import { aClaim, anEvent, aSettlement, eventBytes, receivedAt } from '../fixtures/claims.js'
import { emptyView } from '../fixtures/empty-view.js'
import { aBook, aRule, aTable, mostTable } from '../fixtures/rule-texts.js'

const book = (...texts: readonly RuleText[]) => aBook([...texts, mostTable])
const loose = '[{ from: 2025-01-01, table: most, extra: 3 }]'
const trial = aRule({
  id: 'TRIAL', status: 'trial', evidence: '', check: 'tell-claim', warning: '{met}整单',
  in_force: '[{ from: 2025-01-01 }]',
})
const day = 20_516 // 2026-03-04
/** Every reading of this clock is a hundred nanoseconds later. */
const ticking = () => {
  let at = 0
  return () => at += 100
}

/** Units of A1 of each settlement; the rule of mostTable allows two. */
function compare(units: readonly number[], options: Partial<ComparisonOptions>) {
  const comparison = new Comparison({
    before: book(aRule()), after: book(aRule()), fromDay: day, untilDay: day + 1, now: ticking(), ...options,
  })
  const histories = new Histories({ load: () => undefined, cacheBytes: 1_000_000 })
  const pipeline = createPipeline({
    rulebook: () => t.fail('nobody judges') as never,
    histories, eventBytesMax: 1_000_000, witness: comparison.witness,
  })
  for (const [index, quantity] of units.entries()) {
    const data = aSettlement({
      settlement_id: `S-${index}`,
      items: [{ code: 'A1', name: '甲药', category: '101', quantity, unit_price: 10 }],
    })
    const bytes = eventBytes(anEvent({ data }))
    const { result, messages } = pipeline.remember({ bytes, receivedAt })
    t.equal(result, 'judged')
    t.strictSame(messages, [], 'nothing is sent')
    t.equal(pipeline.remember({ bytes, receivedAt }).result, 'repeated', 'and nothing is counted twice')
  }
  return comparison.result
}

t.test('findings gained and lost are told by rule, with their money', async (t) => {
  const result = compare([1, 3, 6, 9], { after: book(aRule({ in_force: loose }), trial) })
  t.equal(result.claims, 4)
  t.strictSame(result.rules, [
    {
      rule: 'TEST-1', title: '测试规则', gained: 0, gainedFen: 0, lost: 1, lostFen: 3_000,
      before: { status: 'active', claims: 3, findings: 3, unknowns: 0 },
      after: { status: 'active', claims: 2, findings: 2, unknowns: 0 },
    },
    {
      rule: 'TRIAL', title: '测试规则', gained: 4, gainedFen: 2_000, lost: 0, lostFen: 0,
      before: undefined,
      after: { status: 'trial', claims: 4, findings: 4, unknowns: 0 },
    },
  ])
  t.equal(result.before.atRiskFen, 18_000)
  t.equal(result.after.atRiskFen, 15_000, 'of active rules alone')
  const back = compare([1, 3], { before: book(aRule(), trial) }).rules[1]
  t.match(back, { rule: 'TRIAL', lost: 2, gained: 0, after: undefined })
})

t.test('the ten largest are kept, the dearest first, and of equal ones the first', async (t) => {
  const units = [3, 20, 5, 5, 7, 3, 3, 3, 3, 3, 3, 3, 9]
  const { largest } = compare(units, { before: book(), after: book(aRule()) })
  t.equal(largest.length, largestMax)
  t.strictSame(largest.slice(0, 6).map(({ settlement, fen }) => `${settlement} ${fen}`), [
    'S-1 20000', 'S-12 9000', 'S-4 7000', 'S-2 5000', 'S-3 5000', 'S-0 3000',
  ])
  t.strictSame(largest[0], {
    rule: 'TEST-1', change: 'gained', institution: 'H44010000001', settlement: 'S-1', settledDay: day,
    fen: 20_000, sentence: '甲药数量20，上限2，共1条',
  })
})

t.test('only claims settled in the period are judged', async (t) => {
  t.equal(compare([3], { fromDay: day + 1, untilDay: day + 2 }).claims, 0)
  t.equal(compare([3], { fromDay: day - 1, untilDay: day }).claims, 0)
})

t.test('a claim that was taken back before it came counts for nothing', async (t) => {
  const comparison = new Comparison({
    before: book(), after: book(aRule()), fromDay: day, untilDay: day + 1, now: ticking(),
  })
  comparison.witness(aClaim({ items: [{ code: 'A1', quantity: 9 }] }), emptyView)
  t.match(comparison.result, { claims: 0, sampled: 0, rules: [{ gained: 0, after: { claims: 0 } }] })
})

t.test('an exemption in the other book is a finding lost', async (t) => {
  const exempt = aTable('exemptions', [
    'rule,patient,reason,approver,valid_from,expires',
    'TEST-1,patient-0001,罕见病,医保办,2026-01-01,2027-01-01',
  ])
  const { rules } = compare([3], { after: book(aRule(), exempt) })
  t.match(rules, [{ lost: 1, lostFen: 3_000, after: { claims: 0, findings: 0 } }])
})

t.test('what cannot be judged is counted on either side', async (t) => {
  const asks = aRule({ applies_to: '{ institution_levels: [3], insurance_types: ["310"] }' })
  const comparison = new Comparison({
    before: book(aRule()), after: book(asks), fromDay: day, untilDay: day + 1, now: ticking(),
  })
  const claim = aClaim({ patient: { insurance_type: '' }, items: [{ code: 'A1', quantity: 1 }] })
  comparison.witness(claim, emptyView)()
  t.match(comparison.result.rules, [{ before: { unknowns: 0 }, after: { unknowns: 1 } }])
})

t.test('the cost of a rule is timed on one claim in eight, less what the clock costs', async (t) => {
  let at = 0
  const before = book(aRule(), trial)
  const parts = before.parts.map((part) => ({
    ...part,
    evaluate: (...args: Parameters<typeof part.evaluate>) => {
      at += part.rule.id === 'TRIAL' ? 5_000 : 700
      return part.evaluate(...args)
    },
  }))
  const timed = timedBook({ ...before, parts }, () => at += 100)
  const claim = aClaim({ items: [{ code: 'A1', quantity: 9 }] })
  const trialPart = timed.book.parts.find((part) => part.rule.id === 'TRIAL')
  const nothing = { count: 0, subjects: new Int32Array(0), rows: new Int32Array(0) }
  trialPart!.evaluate(claim, nothing, emptyView)
  trialPart!.evaluate(claim, nothing, emptyView)
  t.strictSame(timed.costs.get('TRIAL'), { nanoseconds: 10_000, calls: 2 })
  t.strictSame(timed.costs.get('TEST-1'), { nanoseconds: 0, calls: 0 })
  const units = Array.from({ length: 2 * sampleEvery }, () => 1)
  const { sampled, after } = compare(units, { after: book(aRule(), trial) })
  t.equal(sampled, 2)
  t.equal(after.costs.get('TRIAL')?.calls, 2)
  t.equal(after.meanNanoseconds, 100)
})

const period = { fromDay: day, untilDay: day + 1 }

t.test('the result is told to people without naming a patient, with the block to paste', async (t) => {
  const result = compare([1, 3, 6], { after: book(aRule({ in_force: loose }), trial) })
  const text = replayText(result, period, aligned)
  t.notMatch(text, 'patient-0001')
  const lines = text.split('\n')
  t.strictSame(lines.slice(0, 6), [
    '重判 2026-03-04 至 2026-03-05（不含）结算的 3 张结算单，其中 3 张结论不同，没有发出任何预警。',
    `规则库：现用 ${result.before.version}，试用 ${result.after.version}。`,
    '涉及金额（只计正式规则，同一明细不重复）：现用 90.00 元，试用 60.00 元。',
    '',
    '逐条规则的差别：',
    '规则    状态        有疑点的结算单  新增疑点  新增金额  减少疑点  减少金额  无法判断',
  ])
  t.match(text, /\nTEST-1 {2}active {6}2 → 1 +0 +0\.00 +1 +30\.00 +0\n/)
  t.match(text, /\nTRIAL {3}无 → trial {2}0 → 3 +3 +15\.00 +0 +0\.00 +0\n/)
  t.match(text, '  － 30.00 元  TEST-1  机构 H44010000001 结算单 S-1（2026-03-04）：甲药数量3，上限2，共1条\n')
  t.match(text, /每条规则的用时（抽样 1 张；全部规则每张：现用 0\.10 µs，试用 0\.10 µs）：\n规则 +每张 µs/)
  t.match(text, `# TRIAL 测试规则\nevidence: { from: 2026-03-04, until: 2026-03-05, claims: 3, hits: 3, `
    + `confirmed_share: 待填, by: 待填, rulebook: ${result.after.version} }\n`)
  t.notMatch(text, '# TEST-1', 'it is active already')
  const same = replayText(compare([1], {}), period, aligned)
  t.match(same, '其中 0 张结论不同')
  t.match(same, '逐条规则：没有差别。')
  t.notMatch(same, /差别最大的|evidence/)
})

t.test('the result as JSON has whole fen and no patient', async (t) => {
  const result = compare([3], { before: book(aRule(), trial), after: book(aRule({ in_force: loose })) })
  const text = replayJson(result, period)
  t.notMatch(text, 'patient-0001')
  t.match(JSON.parse(text), {
    from: '2026-03-04', until: '2026-03-05', claims: 1, changed: 1, sampled: 1,
    before: { rulebook: result.before.version, at_risk_fen: 3_000, mean_us: 0.1 },
    after: { rulebook: result.after.version, at_risk_fen: 0 },
    rules: [
      { rule: 'TEST-1', lost: 1, lost_fen: 3_000, gained: 0, gained_fen: 0, us_per_claim: 0 },
      { rule: 'TRIAL', lost: 1, after: undefined, us_per_claim: null },
    ],
    largest: [{ rule: 'TEST-1', settlement: 'S-0', settled_date: '2026-03-04', fen: 3_000 }, {}],
  })
  t.match(JSON.parse(replayJson(compare([], {}), period)), { claims: 0, rules: [{ us_per_claim: null }] })
})

t.test('a rule that went back to trial by an event of the stream is sent no more from there on', (t) => {
  const comparison = new Comparison({
    before: book(aRule()), after: book(aRule({ confirmed: '{ on: 2026-03-04, by: 张某 }' })),
    fromDay: day, untilDay: day + 1, now: ticking(),
  })
  const histories = new Histories({ load: () => undefined, cacheBytes: 1_000_000 })
  const pipeline = createPipeline({
    rulebook: () => t.fail('nobody judges') as never,
    histories, eventBytesMax: 1_000_000, witness: comparison.witness,
  })
  const settled = (id: string) => anEvent({ id, data: aSettlement({
    settlement_id: id, items: [{ code: 'A1', name: '甲药', category: '101', quantity: 3, unit_price: 10 }],
  }) })
  const demotion = anEvent({ id: 'D-1', type: 'demotion', data: { rule: 'TEST-1', at: '2026-03-04' } })
  const remember = (event: object) => pipeline.remember({ bytes: eventBytes(event), receivedAt }).result
  t.strictSame([settled('S-1'), demotion, demotion, settled('S-2')].map(remember),
    ['judged', 'recorded', 'repeated', 'judged'])
  const { before, after } = comparison.result
  t.strictSame([before.atRiskFen, after.atRiskFen], [3_000, 6_000], 'a book in which a person confirmed it sends it')
  t.end()
})
