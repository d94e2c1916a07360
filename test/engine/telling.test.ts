// How findings are told: order, short and full sentence, the law of the day.
import t from 'tap'
import { evaluate } from '../../src/engine/evaluate.js'
import { basisOf, gravestFirst, sentenceOf } from '../../src/engine/telling.js'
import type { Finding } from '../../src/engine/verdict.js'
import { dayOf } from '../../src/claim/day.js'
import { describeVerdict } from '../../src/warning/describe.js'
import { toMessages } from '../../src/warning/from-verdict.js'
import { aClaim } from '../fixtures/claims.js'
import { emptyView } from '../fixtures/empty-view.js'
import { aBook, aRule, mistakesOf, mostTable } from '../fixtures/rule-texts.js'

const many = { code: 'A1', name: '甲药', quantity: 5, unit_price: 10, service_time: '2026-03-05T10:00:00+08:00' }
const claim = aClaim({ items: [many], payment: { total: 50 } })

t.test('the gravest come first, then the dearest, then by rule; nothing else moves', async (t) => {
  const { findings: [one] } = evaluate(aBook([aRule(), mostTable]), claim, emptyView)
  const made = (rule: string, severity: Finding['severity'], totalFen: number): Finding =>
    ({ ...one!, rule, severity, atRisk: { ...one!.atRisk, totalFen } })
  const inOrder = [
    made('B', 'violation', 900), made('A', 'violation', 100), made('C', 'violation', 100),
    made('D', 'suspect', 9_000), made('A', 'notice', 5), made('A', 'indicator', 99_999),
  ]
  t.strictSame(gravestFirst(inOrder.toReversed()), inOrder)
  t.strictSame(gravestFirst([inOrder[1]!, inOrder[1]!]), [inOrder[1], inOrder[1]])
  const alone = [one!]
  t.equal(gravestFirst(alone), alone)
})

t.test('an answer and a warning are in this order', async (t) => {
  const rules = ['notice', 'violation', 'suspect'].map((severity, place) =>
    aRule({ id: `R-${place}`, severity }))
  const verdict = evaluate(aBook([...rules, mostTable]), claim, emptyView)
  const expected = ['R-1', 'R-2', 'R-0']
  t.strictSame(describeVerdict(claim, verdict).findings.map(({ rule }) => rule), expected)
  const [warning] = toMessages({ claim, verdict })
  const { findings } = JSON.parse(warning!.body) as { findings: { rule: string }[] }
  t.strictSame(findings.map(({ rule }) => rule), expected)
})

t.test('a doctor is told in short, everybody else with the evidence', async (t) => {
  const book = aBook([aRule({ brief: '{item}最多{most}（{count}条）' }), mostTable])
  const verdict = evaluate(book, claim, emptyView)
  const [finding] = verdict.findings
  t.equal(sentenceOf(claim, finding!, 'brief'), '甲药最多2（1条）')
  t.equal(sentenceOf(claim, finding!, 'full'), '甲药数量5，上限2，共1条')
  t.strictSame((['brief', 'full'] as const).map((words) => describeVerdict(claim, verdict, { words }).findings[0]!.sentence),
    ['甲药最多2（1条）', '甲药数量5，上限2，共1条'])
  const [whole] = evaluate(aBook([aRule({
    check: 'tell-claim', in_force: '[{ from: 2025-01-01 }]', warning: '整单{met}有事', brief: '整单{item}',
  })]), claim, emptyView).findings
  t.equal(sentenceOf(claim, whole!, 'brief'), '整单')
})

t.test('the law of the day of service is told, and only that', async (t) => {
  const basis = '[{ document: 旧法, article: 一, valid_to: 2026-03-05 },'
    + ' { document: 新法, article: 二, url: https://example.test/2, valid_from: 2026-03-05 }, { document: 总则, article: 三 }]'
  const told = (items: readonly object[], check = {}) => {
    const bill = aClaim({ items })
    const { findings } = evaluate(aBook([aRule({ basis, ...check }), mostTable]), bill, emptyView)
    return basisOf(bill, findings[0]!).map(({ document }) => document)
  }
  t.strictSame(told([{ ...many, service_time: '2026-03-04T23:59:00+08:00' }]), ['旧法', '总则'])
  t.strictSame(told([many]), ['新法', '总则'])
  const whole = { check: 'tell-claim', in_force: '[{ from: 2025-01-01 }]', warning: '{met}有事' }
  t.strictSame(told([many], whole).length, 2)
  const verdict = evaluate(aBook([aRule({ basis }), mostTable]), claim, emptyView)
  t.strictSame(describeVerdict(claim, verdict).findings[0]!.basis, [
    { document: '新法', article: '二', url: 'https://example.test/2' }, { document: '总则', article: '三' },
  ])
  t.equal(verdict.findings[0]!.definition.basis[1]!.fromDay, dayOf('2026-03-05'))
})

t.test('a day without law, a wrong date and a copied sentence are refused', async (t) => {
  const cases: readonly [string, Record<string, string>, readonly string[]][] = [
    ['a gap in the law', {
      basis: '[{ document: 甲, article: 一, valid_to: 2026-01-01 }, { document: 乙, article: 二, valid_from: 2026-02-01 }]',
    }, ['basis：2026-01-01 起没有有效的依据，而规则仍有效']],
    ['law that begins after the rule', { basis: '[{ document: 甲, article: 一, valid_from: 2025-01-02 }]' },
      ['basis：2025-01-01 起没有有效的依据，而规则仍有效']],
    ['dates that no calendar has', {
      basis: '[{ document: 甲, article: 一, valid_from: 2026-02-30 }, { document: 乙, article: 二, valid_to: 2026-13-01 }]',
    }, ['valid_from：日历上没有 2026-02-30', 'valid_to：日历上没有 2026-13-01']],
    ['an end before the beginning', {
      basis: '[{ document: 甲, article: 一 }, { document: 乙, article: 二, valid_from: 2026-01-01, valid_to: 2026-01-01 }]',
    }, ['valid_to：不晚于 valid_from（valid_to 当日不含）']],
    ['a copy', { brief: '{item}数量{units}' }, ['brief：与 warning 的开头相同；写一句短话，不要照抄']],
    ['a placeholder that nobody fills', { brief: '{item}共{day}天' },
      ['brief：占位符 day 不是 most-units 给出的事实']],
  ]
  for (const [name, fields, expected] of cases) {
    const told = mistakesOf([aRule(fields), mostTable]).map((one) => one.replace(/^\S+ /, ''))
    t.strictSame(told, expected, name)
  }
  t.match(mistakesOf([aRule({ brief: '长'.repeat(41) }), mostTable])[0], /brief/)
})
