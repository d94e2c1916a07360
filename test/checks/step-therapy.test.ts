// Second-line drugs: what counts as having been tried first, and when nobody can tell.
import t from 'tap'
import { stepTherapy } from '../../src/checks/step-therapy.js'
import { dayOf } from '../../src/claim/day.js'
import { evaluate } from '../../src/engine/evaluate.js'
import type { RuleText } from '../../src/rulebook/mistake.js'
import type { SettlementChanges } from '../fixtures/claims.js'
import { pastView } from '../fixtures/past-view.js'
import type { PastOptions } from '../fixtures/past-view.js'
import { settled, settledOn } from '../fixtures/remembered.js'
import { aBook, aRule } from '../fixtures/rule-texts.js'

const whole = 'XN05AXZ101B002010182023'
const texts: readonly RuleText[] = [
  {
    path: 'tables/second.csv',
    text: 'code,name,point,limit,source\nXA1,甲药,甲,限二线,测试\nXA2,甲药,甲,限二线,测试\n'
      + 'XN6,乙药,乙,,测试\nXC1,丙药,丙,,测试\nXD1,丁药,丁,,测试\nXA10BX9,戊药,戊,,测试\n',
  },
  {
    path: 'tables/first.csv',
    text: 'code,name,point,first_line,first_line_name,valid_from,source\nF1,甲,甲,XA|XB,一线药,,测试\n'
      + `F2,乙,乙,${whole},整码,,测试\nF3,丙,丙,XB,一线药,2026-03-03,测试\n`
      + 'F5,戊,戊,XA10BAB,只写到品种,,测试\n',
  },
  aRule({
    check: 'step-therapy',
    in_force: '[{ from: 2025-01-01, table: second, map: first, days: 30 }]',
    warning: '{item}{limit}，{days}天内未用{first}',
  }),
]
const book = aBook(texts, [stepTherapy])

interface Past extends PastOptions {
  readonly past?: readonly [day: string, code: string, quantity?: number][]
}

/** Charged on 2 March 2026. */
function judge(items: SettlementChanges['items'] & object, { past = [], ...options }: Past = {}) {
  const before = past.map(([day, code, quantity = 1], index) => settledOn(`P-${index}`, day, {
    items: [{ code, quantity, service_time: `${day}T10:00:00+08:00` }],
  }))
  return evaluate(book, settled({ items }), pastView(before, options))
}

function told(...asked: Parameters<typeof judge>): string {
  const { findings, unknowns, failed } = judge(...asked)
  t.strictSame(failed, [])
  return findings.length > 0 ? 'hit' : unknowns[0]?.missing ?? 'clear'
}

t.test('a first-line drug in the claim will do, the drug itself will not', async (t) => {
  t.equal(told([{ code: 'XA1' }, { code: 'XB03' }]), 'clear')
  t.equal(told([{ code: 'XA1' }, { code: 'XA9' }]), 'clear')
  t.equal(told([{ code: 'XA1' }, { code: 'XA2' }]), 'hit')
  t.equal(told([{ code: 'XA1' }, { code: 'XB03', quantity: -1 }]), 'hit')
  t.equal(told([{ code: 'XA1' }, { code: 'XC1' }]), 'hit')
  t.equal(told([{ code: 'XA1', own_pay: 10 }]), 'clear')
  t.equal(told([{ code: 'XA1' }, { code: '' }]), 'items.code')
  const { findings } = judge([{ code: 'XA1', name: '某药' }])
  t.strictSame(findings.map(({ sentence, facts }) => [sentence, facts]), [
    ['某药限二线，30天内未用一线药', { limit: '限二线', first: '一线药', days: 30 }],
  ])
})

const iron = 'XB03AAJ068E001010199068'
const metformin = 'XA10BAB041A001010199041'

t.test('whole codes and groups of drugs are found in the past', async (t) => {
  const after = (day: string, code: string, quantity = 1): Past => ({ past: [[day, code, quantity]] })
  t.equal(told([{ code: 'XN6' }], after('2026-02-20', whole)), 'clear')
  t.equal(told([{ code: 'XN6' }], after('2026-01-31', whole)), 'clear', '30 days before')
  t.equal(told([{ code: 'XN6' }], after('2026-01-30', whole)), 'hit', '31 days before')
  t.equal(told([{ code: 'XN6' }], after('2026-03-03', whole)), 'hit', 'the day after')
  t.equal(told([{ code: 'XN6' }], after('2026-02-20', whole, -1)), 'hit')
  t.equal(told([{ code: 'XN6' }], after('2026-02-20', iron)), 'hit', 'another drug')
  t.equal(told([{ code: 'XA1' }], after('2026-02-20', iron)), 'clear')
  t.equal(told([{ code: 'XA1' }], after('2026-02-20', 'XA1')), 'hit', 'the drug itself')
  t.equal(told([{ code: 'XA1' }], after('2026-02-20', 'XC01AAD063A001010199063')), 'hit', 'another group')
  t.equal(told([{ code: 'XA1' }], after('2026-01-30', iron)), 'hit', '31 days before')
})

t.test('a beginning between a group and a whole code cannot be found in the past', async (t) => {
  t.equal(told([{ code: 'XA10BX9' }], { past: [['2026-02-20', metformin]] }), 'history.first-line')
  t.equal(told([{ code: 'XA10BX9' }, { code: metformin }]), 'clear')
  t.equal(told([{ code: 'XA10BX9' }]), 'hit')
})

t.test('a past that is not whole proves nothing', async (t) => {
  t.equal(told([{ code: 'XN6' }], { completeFromDay: dayOf('2026-01-31') }), 'hit')
  t.equal(told([{ code: 'XN6' }], { completeFromDay: dayOf('2026-02-01') }), 'history-gap')
  t.equal(told([{ code: 'XN6' }], { isOverflowed: true }), 'history-overflow')
  t.equal(told([{ code: 'XN6' }], { isOverflowed: true, past: [['2026-02-20', whole]] }), 'clear')
})

t.test('a drug whose first line nobody wrote down is not judged', async (t) => {
  t.equal(told([{ code: 'XD1' }]), 'first-line-group')
  t.equal(told([{ code: 'XC1' }]), 'first-line-group', 'not yet in force')
})
