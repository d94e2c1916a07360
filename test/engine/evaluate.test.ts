// A claim against a rule book: what wakes a rule, what it is told, what comes out.
import t from 'tap'
import { Type } from '@sinclair/typebox'
import { defineCheck } from '../../src/checks/check.js'
import type { Check, Outcome } from '../../src/checks/check.js'
import type { Claim } from '../../src/claim/claim.js'
import { evaluate } from '../../src/engine/evaluate.js'
import type { EvaluateOptions } from '../../src/engine/evaluate.js'
import type { RuleText } from '../../src/rulebook/mistake.js'
import type { RuleBook } from '../../src/rulebook/rulebook.js'
import { aClaim } from '../fixtures/claims.js'
import { emptyView } from '../fixtures/empty-view.js'
import { aBook, aRule, aTable, mostTable } from '../fixtures/rule-texts.js'

const judge = (book: RuleBook, claim: Claim, options?: EvaluateOptions) =>
  evaluate(book, claim, emptyView, options)

/** Rule, facts: what was found. */
const found = (book: RuleBook, claim: Claim, options?: EvaluateOptions) =>
  judge(book, claim, options).findings.map(({ rule, sentence }) => `${rule} ${sentence}`)

const fiveOfA1 = { code: 'A1', name: '甲药', category: '101', quantity: 5, unit_price: 10 }

t.test('a finding carries everything a reader needs', async (t) => {
  const book = aBook([aRule(), mostTable])
  const claim = aClaim({
    items: [{}, fiveOfA1], payment: { total: 60, in_scope: 60, fund: 30 },
  })
  const { findings: [finding, ...others], ...verdict } = judge(book, claim)
  t.strictSame(others, [])
  const { definition, ...rest } = finding!
  t.equal(definition, book.rules[0])
  const atRisk = { totalFen: 5_000, fundFen: 2_500, patientFen: 2_500 }
  t.strictSame(rest, {
    rule: 'TEST-1', status: 'active', severity: 'violation', owner: 'patient',
    violating: [{ item: 1, riskFen: 5_000 }], involved: [], past: [],
    facts: { units: 5, most: 2 }, sentence: '甲药数量5，上限2，共1条', atRisk,
    knowledge: { table: 'most', point: 'A1', source: '某目录' },
  })
  t.strictSame(verdict, {
    rulebook: book.version, unknowns: [], failed: [], notReached: [], atRisk,
  })
})

t.test('what no rule touches is clear, and so is what keeps within the limit', async (t) => {
  const book = aBook([aRule(), mostTable])
  const nothing = { totalFen: 0, fundFen: 0, patientFen: 0 }
  const clear = {
    rulebook: book.version, findings: [], unknowns: [], failed: [], notReached: [], atRisk: nothing,
  }
  t.strictSame(judge(book, aClaim()), clear)
  t.strictSame(judge(book, aClaim({ items: [{ ...fiveOfA1, quantity: 2 }] })), clear)
  t.strictSame(judge(book, aClaim({ items: [{ ...fiveOfA1, code: '' }] })), clear)
  t.strictSame(found(aBook([]), aClaim()), [])
})

t.test('parameters and rows are those in force on the day of service', async (t) => {
  const book = aBook([
    aRule({
      warning: '{most}',
      in_force: '[{ from: 2025-01-01, until: 2026-03-02, table: most, extra: 0 },'
        + ' { from: 2026-03-02, until: 2026-03-04, table: most, extra: 2 }]',
    }),
    aTable('most', [
      'code,name,most,valid_from,valid_to,source', 'A1,甲,1,,2026-03-03,s', 'A1,甲,2,2026-03-03,,s',
    ]),
  ])
  const days = ['2024-12-31', '2025-01-01', '2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04']
  const claim = aClaim({ items: days.map((day) => ({ ...fiveOfA1, service_time: day })) })
  t.strictSame(
    judge(book, claim).findings.map(({ violating, facts }) => [days[violating[0]!.item], facts['most']]),
    [['2025-01-01', 1], ['2026-03-01', 1], ['2026-03-02', 3], ['2026-03-03', 4]],
  )
})

t.test('a local row wins over the wider row of its key, there and then', async (t) => {
  const book = aBook([
    aRule({ warning: '{most}' }),
    aTable('most', [
      'code,name,most,valid_from,region,source',
      'A1,国家,1,,,s', 'A1,省,2,2026-03-02,44,s', 'A1,市,3,2026-03-03,4401,s', 'B1,国家,4,,,s',
    ]),
  ])
  const limits = (region: string) => {
    const items = ['2026-03-01', '2026-03-02', '2026-03-03'].map((day) =>
      ({ ...fiveOfA1, service_time: day }))
    const claim = aClaim({ visit: { institution: { region } }, items: [...items, { ...fiveOfA1, code: 'B1' }] })
    return judge(book, claim).findings.map(({ facts }) => facts['most'])
  }
  t.strictSame(limits('310000'), [1, 1, 1, 4])
  t.strictSame(limits('440300'), [1, 2, 2, 4])
  t.strictSame(limits('440100'), [1, 2, 3, 4])
  t.strictSame(limits(''), [1, 1, 1, 4])
})

t.test('a pair of codes wakes by either half, and a pair of one code once', async (t) => {
  const book = aBook([
    aRule({ check: 'tell-item', warning: '{met}', in_force: '[{ from: 2025-01-01, table: pairs }]' }),
    aTable('pairs', ['code,name,other,source', 'A1,一,B1,s', 'C1,二,C1,s']),
  ])
  t.strictSame(found(book, aClaim({ items: [{ code: 'B1' }, { code: 'C1' }, { code: 'A1' }] })),
    ['TEST-1 0:一 1:二 2:一'])
})

t.test('diagnoses and procedures are met by the beginning of their codes', async (t) => {
  const other = (check: string, id: string, table: string) =>
    aRule({ id, check, warning: '{met}', in_force: `[{ from: 2026-03-03, table: ${table} }]` })
  const book = aBook([
    other('tell-diagnosis', 'D-RULE', 'diagnoses'), other('tell-procedure', 'P-RULE', 'procedures'),
    aTable('diagnoses', ['code,name,other,source', 'J18,肺炎,J18.900,s', 'I1,心,Z,s']),
    aTable('procedures', ['code,name,other,source', '39.9,血管,99.9,s']),
  ])
  const visit = {
    diagnoses: [{ code: 'J18.900' }, { code: 'J1' }, { code: 'I10.x00' }],
    procedures: [
      { code: '39.9500', date: '2026-03-02' }, { code: '39.9501', date: '2026-03-03' }, { code: '39.9600' },
    ],
  }
  t.strictSame(found(book, aClaim({ visit })), ['D-RULE 0:肺炎 0:肺炎 2:心', 'P-RULE 1:血管 2:血管'])
  t.strictSame(found(book, aClaim({
    settled_at: '2026-03-02T10:00:00+08:00', visit: { ...visit, end: '2026-03-02' },
  })), ['P-RULE 1:血管'], 'a diagnosis is judged on the day the visit ends')
})

t.test('a rule woken by every claim is judged on the day the visit ends, or is settled', async (t) => {
  const book = aBook([aRule({
    check: 'tell-claim', warning: '完', in_force: '[{ from: 2026-03-04, until: 2026-03-05 }]',
  })])
  t.strictSame(found(book, aClaim()), ['TEST-1 完'])
  t.strictSame(found(book, aClaim({ visit: { end: '2026-03-03' } })), [])
  t.strictSame(found(book, aClaim({ visit: { end: null } })), ['TEST-1 完'])
  t.strictSame(found(book, aClaim({ visit: { end: null }, settled_at: '2026-03-05' })), [])
  t.strictSame(judge(book, aClaim({ payment: { total: 100 } })).atRisk,
    { totalFen: 500, fundFen: undefined, patientFen: undefined })
})

t.test('a rule applies where it says, and is unknown where the claim does not tell', async (t) => {
  const apply = (scope: string) => aBook([aRule({ applies_to: scope, warning: '见' }), mostTable])
  const at = (visit: object, patient: object = {}) => aClaim({ visit, patient, items: [fiveOfA1] })
  const judged = (scope: string, claim: Claim) => {
    const { findings, unknowns } = judge(apply(scope), claim)
    return findings.length > 0 ? 'hit' : unknowns[0]?.missing ?? 'silent'
  }
  const cases: readonly [string, Claim, string][] = [
    ['{ settings: [inpatient] }', at({}), 'hit'],
    ['{ settings: [outpatient, pharmacy] }', at({}), 'silent'],
    ['{ insurance_types: ["390"] }', at({}), 'silent'],
    ['{ insurance_types: ["390"] }', at({}, { insurance_type: '390' }), 'hit'],
    ['{ insurance_types: ["390"] }', at({}, { insurance_type: '' }), 'patient.insurance_type'],
    ['{ institution_levels: [3, 2] }', at({}), 'hit'],
    ['{ institution_levels: [0, 1] }', at({}), 'silent'],
    ['{ institution_levels: [1] }', at({ institution: { level: null } }), 'visit.institution.level'],
    ['{ institution_types: [A1] }', at({}), 'hit'],
    ['{ institution_types: [B] }', at({}), 'silent'],
    ['{ institution_types: [B] }', at({ institution: { type: '' } }), 'visit.institution.type'],
    ['{ regions: ["31", "4401"] }', at({}), 'hit'],
    ['{ regions: ["4403"] }', at({}), 'silent'],
    ['{ regions: ["4403"] }', at({ institution: { region: '' } }), 'visit.institution.region'],
    ['{ regions: ["4403"], institution_levels: [2] }',
      at({ institution: { region: '', level: 3 } }), 'silent'],
    ['{ internet: true }', at({}), 'silent'],
    ['{ internet: false }', at({}), 'hit'],
    ['{ categories: [drug] }', at({}), 'hit'],
    ['{ categories: [service, consumable] }', at({}), 'silent'],
  ]
  for (const [scope, claim, expected] of cases) t.equal(judged(scope, claim), expected, scope)
})

t.test('drafts do not run, retired rules run in their days, trial money is not at risk', async (t) => {
  const rules = [
    aRule({ id: 'A-DRAFT', status: 'draft' }),
    aRule({
      id: 'B-RETIRED', status: 'retired',
      in_force: '[{ from: 2025-01-01, until: 2026-12-31, table: most, extra: 0 }]',
    }),
    aRule({ id: 'C-TRIAL', status: 'trial' }),
  ]
  const verdict = judge(aBook([...rules, mostTable]), aClaim({ items: [fiveOfA1] }))
  t.strictSame(verdict.findings.map(({ rule, status }) => [rule, status]),
    [['B-RETIRED', 'retired'], ['C-TRIAL', 'trial']])
  t.equal(verdict.atRisk.totalFen, 0)
})

t.test('a stage asks the rules of that stage only', async (t) => {
  const rules: RuleText[] = [
    aRule({ id: 'AUDIT', stages: '[audit]', warning: '见' }),
    aRule({ id: 'EARLY', stages: '[pre-alert, look-back]', warning: '见' }),
  ]
  const book = aBook([...rules, mostTable])
  const claim = aClaim({ items: [fiveOfA1] })
  t.strictSame(found(book, claim), ['AUDIT 见', 'EARLY 见'])
  t.strictSame(found(book, claim, { stage: 'audit' }), ['AUDIT 见'])
  t.strictSame(found(book, claim, { stage: 'pre-alert' }), ['EARLY 见'])
})

/** Answers as it is told, whatever the claim. */
function answering(outcome: () => Outcome): Check {
  return defineCheck({
    kind: 'tell-claim',
    meta: { summary: '', facts: ['n'], wakes: 'claim', owner: 'patient' },
    params: Type.Object({}),
    columns: {},
    prepare: () => outcome,
  })
}

const claimRule = (id: string, fields = {}) =>
  aRule({ id, check: 'tell-claim', warning: '{n}', in_force: '[{ from: 2025-01-01 }]', ...fields })

t.test('unknown is told once per rule and field, also beside hits', async (t) => {
  const hit = { violating: [{ item: 0, riskFen: 1 }], facts: { n: 1 } }
  const outcomes: Outcome[] = [
    { result: 'unknown', missing: 'patient.sex' },
    { result: 'hit', hits: [hit], missing: 'patient.birth_date' },
    { result: 'clear' },
  ]
  let asked = 0
  const check = answering(() => outcomes[asked++]!)
  const book = aBook([claimRule('R-1'), claimRule('R-2'), claimRule('R-3')], [check])
  const verdict = judge(book, aClaim())
  t.strictSame(verdict.unknowns, [
    { rule: 'R-1', missing: 'patient.sex' }, { rule: 'R-2', missing: 'patient.birth_date' },
  ])
  t.strictSame(verdict.findings.map(({ rule, knowledge }) => [rule, knowledge]), [['R-2', undefined]])
  const scoped = aBook([
    aRule({
      applies_to: '{ regions: ["44"] }',
      in_force: '[{ from: 2025-01-01, until: 2026-03-02, table: most, extra: 0 },'
        + '{ from: 2026-03-02, table: most, extra: 0 }]',
    }), mostTable,
  ])
  const items = ['2026-03-01', '2026-03-02'].map((day) => ({ ...fiveOfA1, service_time: day }))
  t.strictSame(judge(scoped, aClaim({ visit: { institution: { region: '' } }, items })).unknowns,
    [{ rule: 'TEST-1', missing: 'visit.institution.region' }])
})

t.test('a check that throws fails alone', async (t) => {
  const hits = [{ violating: [{ item: 7, riskFen: 1 }], facts: { n: 1 } }] // there is no item 7
  let asked = 0
  const check = answering(() => {
    if (asked++ === 0) throw new TypeError('a bug')
    return asked < 3 ? { result: 'hit', hits } : { result: 'unknown', missing: 'x' }
  })
  const book = aBook([claimRule('R-1'), claimRule('R-2'), claimRule('R-3')], [check])
  const verdict = judge(book, aClaim())
  t.strictSame(verdict.failed, ['R-1', 'R-2'])
  t.strictSame(verdict.findings, [])
  t.strictSame(verdict.unknowns, [{ rule: 'R-3', missing: 'x' }])
})

t.test('a rule whose two entries both fail is named once', async (t) => {
  const thrower: Check = {
    ...defineCheck({
      kind: 'most-units',
      meta: { summary: '', facts: [], wakes: 'item', owner: 'patient' },
      params: Type.Object({}),
      columns: { most: { type: 'integer', minimum: 0, maximum: 9, description: '' } },
      prepare: () => () => {
        throw new TypeError('a bug')
      },
    }),
  }
  const book = aBook([aRule({
    warning: '见', in_force: '[{ from: 2025-01-01, until: 2026-03-02, table: most },'
      + '{ from: 2026-03-02, table: most }]',
  }), mostTable], [thrower])
  const items = ['2026-03-01', '2026-03-02'].map((day) => ({ ...fiveOfA1, service_time: day }))
  t.strictSame(judge(book, aClaim({ items })).failed, ['TEST-1'])
})

t.test('stop is asked every sixteen parts, and what is left is listed', async (t) => {
  const check = answering(() => ({ result: 'unknown', missing: 'x' }))
  const ids = Array.from({ length: 40 }, (_, index) => `R-${String(index).padStart(2, '0')}`)
  const book = aBook(ids.map((id) => claimRule(id)), [check])
  let asked = 0
  const stop = () => ++asked > 2
  const verdict = judge(book, aClaim(), { stop })
  t.equal(verdict.unknowns.length, 32)
  t.strictSame(verdict.notReached, ids.slice(32))
  t.strictSame(judge(book, aClaim(), { stop: () => true }).notReached, ids)
  t.strictSame(judge(book, aClaim(), { stop: () => false }).notReached, [])
})

t.test('many matches of many items keep their order, from claim to claim', async (t) => {
  const book = aBook([
    aRule({ check: 'tell-item', warning: '{met}', in_force: '[{ from: 2025-01-01, table: pairs }]' }),
    aTable('pairs', ['code,name,other,source', 'A1,一,B1,s', 'A1,二,C1,s']),
  ])
  const items = Array.from({ length: 300 }, () => ({ code: 'A1' }))
  const expected = items.map((_, index) => `${index}:一 ${index}:二`).join(' ')
  t.strictSame(found(book, aClaim({ items })), [`TEST-1 ${expected}`])
  t.strictSame(found(book, aClaim({ items: [{ code: 'C1' }] })), ['TEST-1 0:二'])
  t.strictSame(found(book, aClaim({ items })), [`TEST-1 ${expected}`])
})

t.test('the same claim under the same book gives the same verdict', async (t) => {
  const book = aBook([aRule(), aRule({ id: 'TEST-2' }), mostTable])
  const claim = aClaim({ items: [fiveOfA1, { ...fiveOfA1, code: 'A2' }] })
  t.strictSame(judge(book, claim), judge(book, claim))
})
