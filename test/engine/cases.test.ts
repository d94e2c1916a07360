// The case runner: a case's few words become a settlement, and what comes out is compared with what
// was expected. Each failure says what came out instead.
import t from 'tap'
import { buildSettlement } from '../../src/engine/case-claim.js'
import { coverageMistakes, readCases, runCases } from '../../src/engine/cases.js'
import { isInForce } from '../../src/engine/in-force.js'
import type { Check } from '../../src/checks/check.js'
import { readRulesFolders } from '../../src/files/rules-folder.js'
import type { RuleText } from '../../src/rulebook/mistake.js'
import { aClaim } from '../fixtures/claims.js'
import { aBook, aRule, aTable, fakeChecks, mostTable } from '../fixtures/rule-texts.js'

const bases = (await readRulesFolders({ rulesDir: 'rules' }))
  .filter(({ path }) => path === 'base-claims.yaml')
  .map(({ path, text }) => ({
    path, text: `${text}\nbroken: { settled_at: 2026-13-01, visit: { start: 2026-03-02 }, items: [{}] }\n`,
  }))

const aCaseFile = (cases: readonly string[], rule = 'TEST-1'): RuleText => ({
  path: 'medical/test-1.cases.yaml',
  text: `rule: ${rule}\ncases:\n${cases.map((one) => `  - ${one}\n`).join('')}`,
})

const aCase = (claim: string, expect: string, more = '') =>
  `{ name: 某案例, kind: border, claim: { base: adult-inpatient${claim} }, expect: { ${expect} }${more} }`

/** What went wrong, case by case. */
function run(cases: readonly string[], texts: readonly RuleText[] = [aRule(), mostTable],
  checks: readonly Check[] = fakeChecks) {
  const suite = readCases([...bases, aCaseFile(cases)])
  t.strictSame(suite.mistakes, [])
  return runCases(aBook(texts, checks), suite).map(({ failures }) => failures)
}

const five = ', items: [{ code: A1, quantity: 5 }, { quantity: 1 }, { code: A2, quantity: 9 }]'

t.test('a case that holds has no failures', async (t) => {
  t.strictSame(run([
    aCase(five, 'result: hit, violating: [2, 0], findings: 2, facts: { units: 9 }'),
    aCase(', items: [{ code: A1, quantity: 2 }]', 'result: clear'),
    aCase('', 'result: clear'),
    aCase(', items: [{ code: A1, quantity: 5, day: 2024-12-31 }]', 'result: not-in-force'),
    aCase(', day: 2024-12-01', 'result: not-in-force'),
  ]), [[], [], [], [], []])
})

t.test('a case that does not hold says what came out instead', async (t) => {
  t.strictSame(run([
    aCase(five, 'result: clear'),
    aCase('', 'result: hit'),
    aCase(five, 'result: hit, violating: [1], findings: 1, facts: { units: 4, none: x }, missing: y'),
    aCase(', base: nobody', 'result: clear').replace('base: adult-inpatient, ', ''),
    aCase(', patient: { key: x }', 'result: clear'),
    aCase('', 'result: clear, facts: { units: 4 }'),
  ]), [
    ['应为 clear，实为 hit'],
    ['应为 hit，实为 clear'],
    [
      '事实 units 应为 4，实为 5', '事实 none 应为 x，实为 没有', '违规明细应为 [1]，实为 [0,2]',
      '缺少的字段应为 y，实为 无', '疑点应为 1 个，实为 2 个',
    ],
    ['案例的结算单不能读取：base a rule cannot be loaded: base-claims.yaml 里没有 nobody'],
    ['案例的结算单不能读取：/data/patient/key there is no usable patient key: expected'
      + ' [A-Za-z0-9_-]{8,64}'],
    ['没有事实'],
  ])
})

t.test('what no event could carry fails its case with the place, and the other cases run', async (t) => {
  t.strictSame(run([
    aCase(', items: [{ quantity: many }]', 'result: clear'),
    '{ name: 某案例, kind: border, claim: { base: broken, day: 2026-02-01 }, expect: { result: clear } }',
    aCase('', 'result: clear', ', before: [{ event: stock }]'),
    aCase('', 'result: clear', ', before: [{ base: nobody }]'),
    aCase('', 'result: clear'),
  ]).map(([failure]) => failure?.replace(/^.*不能读取：/, '').slice(0, 28)), [
    '/data/items/0/quantity a num', '/time a date cannot be read ', '/data the event does not hav',
    'base a rule cannot be loaded', undefined,
  ])
})

t.test('unknown is a result with its field, and a check that throws fails its cases', async (t) => {
  const scoped = aRule({ applies_to: '{ insurance_types: ["310"] }' })
  const unsaid = `, patient: { insurance_type: '' }${five}`
  t.strictSame(run([
    aCase(unsaid, 'result: unknown, missing: patient.insurance_type'),
    aCase(unsaid, 'result: hit'),
    aCase(unsaid, 'result: unknown, missing: patient.sex'),
  ], [scoped, mostTable]), [
    [], ['应为 hit，实为 unknown（缺 patient.insurance_type）'],
    ['缺少的字段应为 patient.sex，实为 patient.insurance_type'],
  ])
  const thrower: Check = {
    ...fakeChecks[0]!,
    prepare: () => () => {
      throw new TypeError('a bug')
    },
  }
  t.strictSame(run([aCase(five, 'result: hit')], [aRule(), mostTable], [thrower]),
    [['检查出错（程序缺陷）']])
})

t.test('earlier settlements are the same patient’s unless the case says otherwise', async (t) => {
  let seen: string[] = []
  const past: Check = {
    ...fakeChecks.find(({ kind }) => kind === 'tell-claim')!,
    prepare: () => (_claim, _matches, { patient }) => {
      seen = patient.openStays().map(({ visit, admissionDay, dischargeDay }) =>
        `${visit} ${admissionDay} ${dischargeDay}`)
      for (let at = patient.first(); at >= 0; at = patient.next(at)) {
        const { settlement, visit } = patient.settlement(at)
        seen.push(`${settlement} ${visit}`)
      }
      return { result: 'clear' }
    },
  }
  const before = ', before: [{ day: 2026-02-01 }, { settlement_id: MINE, visit: { id: VISIT }, day: 2026-02-02 },'
    + ' { patient: { key: somebody-else } },'
    + ' { event: admission, visit: { id: STAY } }, { event: discharge, visit: { id: STAY } }]'
  const rule = aRule({ check: 'tell-claim', warning: '见', in_force: '[{ from: 2025-01-01 }]' })
  t.strictSame(run([aCase(', patient: { key: patient-of-the-case }', 'result: clear', before)], [rule], [past]),
    [[]])
  t.strictSame(seen, ['STAY 20513 20516', 'B-1 VB-1', 'MINE VISIT'])
})

t.test('a rule without its three cases, and cases without a rule, are mistakes', async (t) => {
  const book = aBook([aRule(), mostTable])
  const suite = readCases([...bases, aCaseFile([aCase('', 'result: clear')]),
    { ...aCaseFile([aCase('', 'result: clear')], 'NO-SUCH'), path: 'x.cases.yaml' }])
  t.strictSame(coverageMistakes(book, suite).map(({ path, message }) => `${path} ${message}`), [
    'medical/test-1.yaml:1 TEST-1 缺少案例：hit、clear', 'x.cases.yaml:1 rule：没有规则 NO-SUCH',
  ])
})

t.test('a case file is refused with its line: shape, misspelt fields, kind against result', async (t) => {
  const claim = ', colour: red, patient: { sexx: male }, visit: { institution: { levl: 3 } },'
    + ' items: [{ code: A1, day: 2026-03-02, quantty: 3 }], payment: { total: null }'
  const wrong = readCases([
    aCaseFile([
      aCase(claim, 'result: hit', ', before: [{ vist: {} }]').replace('kind: border', 'kind: clear'),
    ]),
    { path: 'b.cases.yaml', text: 'rule: X\ncases: []\n' },
    { path: 'base-claims.yaml', text: 'x: 1\n' },
  ]).mistakes
  const lists = readCases([
    aCaseFile([
      aCase(', patient: [{ sex: male }], day: 2026-02-30', 'result: clear', ', before: [{ day: 2026-02-31 }]'),
    ]),
    { path: 'b.cases.yaml', text: aCaseFile([
      aCase(', items: 5', 'result: hit, facts: { units: true }').replace('base: adult-inpatient, ', ''),
    ]).text },
    { path: 'base-claims.yaml', text: 'x: { visit: {} }\ny: { visit: { start: 2026-01-01 }, items: [] }\n' },
  ]).mistakes
  t.strictSame(lists.map(({ path, message }) => `${path} ${message}`), [
    'medical/test-1.cases.yaml:3 /cases/0/claim/day：日历上没有 2026-02-30',
    'medical/test-1.cases.yaml:3 /cases/0/claim/patient/0/sex：结算事件没有这个字段',
    'medical/test-1.cases.yaml:3 /cases/0/before/0/day：日历上没有 2026-02-31',
    'b.cases.yaml:3 cases.0.claim.base：缺少这个字段',
    'b.cases.yaml:3 cases.0.claim.items：Expected array',
    'b.cases.yaml:3 cases.0.expect.facts.units：Expected union value',
    'base-claims.yaml:1 x.items：缺少这个字段',
    'base-claims.yaml:1 x.visit.start：缺少这个字段',
    'base-claims.yaml:2 y.items：不能为空',
  ])
  t.strictSame(wrong.map(({ path, message }) => `${path} ${message}`), [
    'medical/test-1.cases.yaml:3 /cases/0/claim/colour：结算事件没有这个字段',
    'medical/test-1.cases.yaml:3 /cases/0/claim/patient/sexx：结算事件没有这个字段',
    'medical/test-1.cases.yaml:3 /cases/0/claim/visit/institution/levl：结算事件没有这个字段',
    'medical/test-1.cases.yaml:3 /cases/0/claim/items/0/quantty：结算事件没有这个字段',
    'medical/test-1.cases.yaml:3 /cases/0/before/0/vist：结算事件没有这个字段',
    'medical/test-1.cases.yaml:3 kind：写的是 clear，expect.result 却是 hit',
    'b.cases.yaml:2 cases：不能为空',
    'base-claims.yaml:1 x：Expected object',
  ])
})

t.test('a settlement is the base with the case laid over it', async (t) => {
  const { bases: known } = readCases(bases)
  const built = buildSettlement({
    base: 'adult-outpatient', day: '2026-05-01', settlement_id: 'MINE',
    visit: { department: 'B01' },
    items: [
      { code: 'A', quantity: 3, unit_price: 0.3333 }, { code: 'B', day: '2026-05-02' },
      { code: 'C', service_time: '2026-05-03', amount: 1 },
    ],
    payment: { fund: 5 },
  }, known, { number: 0, baseName: 'pharmacy-purchase' }) as {
    settlement_id: string, settled_at: string, patient: { birth_date: string },
    visit: { start: string, department: string, id: string }, payment: object,
    items: readonly { id: string, code: string, service_time: string, amount: unknown }[],
  }
  t.strictSame([built.settlement_id, built.settled_at, built.patient.birth_date],
    ['MINE', '2026-05-01T11:00:00+08:00', '1985-08-20'])
  t.strictSame([built.visit.id, built.visit.start, built.visit.department],
    ['V-1', '2026-05-01T10:00:00+08:00', 'B01'])
  t.strictSame(built.items.map(({ id, code, service_time: time, amount }) => [id, code, time, amount]), [
    ['I-1', 'A', '2026-05-01T10:30:00+08:00', '1.00'],
    ['I-2', 'B', '2026-05-02T10:30:00+08:00', '10.00'],
    ['I-3', 'C', '2026-05-03', 1],
  ])
  t.strictSame(built.payment, { total: '12.00', fund: 5 })
})

t.test('in force is asked of the row where a table names the item, else of the rule', async (t) => {
  const book = aBook([
    aRule({ in_force: '[{ from: 2026-01-01, table: most, extra: 0 }]' }),
    aTable('most', [
      'code,name,most,valid_from,valid_to,source', 'A1,甲,1,,2026-03-01,s', 'A1,甲,2,2026-03-03,,s',
    ]),
    aRule({ id: 'WHOLE', check: 'tell-claim', warning: '见', in_force: '[{ from: 2026-03-04 }]' }),
  ])
  const on = (code: string, day: string) => aClaim({ items: [{ code, service_time: day }] })
  t.strictSame([
    isInForce(book, 'TEST-1', on('A1', '2026-02-28')), isInForce(book, 'TEST-1', on('A1', '2026-03-01')),
    isInForce(book, 'TEST-1', on('A1', '2026-03-03')), isInForce(book, 'TEST-1', on('Z', '2026-03-01')),
    isInForce(book, 'TEST-1', on('Z', '2025-12-31')), isInForce(book, 'WHOLE', on('Z', '2025-12-31')),
    isInForce(book, 'NONE', aClaim()),
  ], [true, false, true, true, false, true, false])
})
