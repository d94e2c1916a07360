// What policy staff read: the 88 national rules in a table, and one rule in prose.
import t from 'tap'
import { frequentVisits } from '../../src/checks/frequent-visits.js'
import { indicationLimit } from '../../src/checks/indication-limit.js'
import { coverage, coverageTable } from '../../src/commands/rules-coverage.js'
import { explain } from '../../src/commands/rules-explain.js'
import { say } from '../../src/commands/rules-words.js'
import { readCases } from '../../src/engine/cases.js'
import { nationalRules } from '../../src/rulebook/national-rules.js'
import { aBook, aRule, aTable, mostTable } from '../fixtures/rule-texts.js'

const twoSpans = '[{ from: 2025-01-01, until: 2026-01-01, table: most, extra: 0 },'
  + ' { from: 2026-01-01, table: most, extra: 1 }]'
const texts = [
  aRule({
    national: '{ code: GZ10000301004000, name: 药品区分性别使用, number_2025: 67 }',
    in_force: twoSpans,
    applies_to: '{ settings: [outpatient, inpatient], institution_levels: [3], internet: false }',
    basis: '[{ document: 某通知, article: 第一条, url: https://example.test/1 },'
      + ' { document: 另一通知, article: 二, valid_from: 2025-01-01, valid_to: 2026-01-01 }]',
  }),
  aRule({
    id: 'ALSO', national: '{ number_2025: 67 }', status: 'draft', evidence: '',
    in_force: '[{ from: 2025-01-01, table: few, extra: 0 }]', applies_to: '{ internet: true }',
  }),
  aRule({
    id: 'LOCAL', class: '管理类', status: 'trial', evidence: '', check: 'tell-claim', warning: '{met}',
    in_force: '[{ from: 2025-01-01 }]', stages: '[audit]', supervised: '[doctor, patient]',
    time_interval: 'running-days',
  }),
  aRule({
    id: 'DRAFT', national: '{ number_2025: 2 }', status: 'draft', check: 'tell-claim',
    warning: '{met}', in_force: '[{ from: 2025-01-01 }]',
    evidence: '{ from: 2026-01-01, until: 2026-04-01, claims: 20000, hits: 31, confirmed_share: 0.935, by: 张某 }',
  }),
  mostTable,
  aTable('few', ['code,name,most,source', 'A1,甲药,2,某目录']),
  {
    path: 'medical/test-1.cases.yaml',
    text: 'rule: TEST-1\ncases:\n' + ['hit', 'border', 'unknown'].map((kind) =>
      `  - { name: ${kind}, kind: ${kind}, claim: { base: any }, expect: { result: ${kind === 'border' ? 'hit' : kind} } }\n`)
      .join(''),
  },
]
const book = aBook(texts)
const suite = readCases(texts)

t.test('the list of national rules has 88, in order, 79 of them with a code of their own', (t) => {
  t.strictSame(nationalRules.map(({ number }) => number), Array.from({ length: 88 }, (_, at) => at + 1))
  const codes = nationalRules.map(({ code }) => code).filter((code) => code !== '')
  t.equal(new Set(codes).size, 79)
  t.equal(codes.filter((code) => code.startsWith('ZB')).length, 8)
  t.equal(new Set(nationalRules.map(({ name }) => name)).size, 88)
  const byClass = (name: string) => nationalRules.filter((rule) => rule.class === name).length
  t.strictSame(['政策类', '管理类', '医疗类'].map(byClass), [34, 29, 25])
  t.end()
})

t.test('coverage has one line for each of the 88, with what judges it and what holds it', (t) => {
  const lines = coverage(book, suite).split('\n').map((line) => line.trim().split(/ {2,}/))
  t.strictSame(lines[67], [
    '67', '药品区分性别使用', 'GZ10000301004000', 'ALSO, TEST-1', '草稿, 正式', 'most-units', '3', '—', '1/0/1/1',
  ])
  t.strictSame(lines[1], ['1', '药品限工伤保险', 'GZ10000101001000', '—', '—', '—', '—', '—', '—'])
  t.strictSame(lines[2]?.slice(3), ['DRAFT', '草稿', 'tell-claim', '—', '—', '0/0/0/0'])
  t.strictSame(lines.slice(-3).map(String), [
    '国家规则 88 条：已有判断 1 条，尚无 87 条', '国家规则以外：LOCAL', '',
  ], 'a draft judges nothing')
  t.notMatch(coverage(aBook([aRule({ national: '{ number_2025: 1 }' }), mostTable]), suite), '以外')
  const table = coverageTable(book, suite).split('\n')
  t.equal(table[0], '1 of 88 are judged.')
  t.equal(table.length, 2 + 2 + 88)
  t.equal(table[4 + 66], '| 67 | 药品区分性别使用 | GZ10000301004000 | ALSO, TEST-1 '
    + '| draft, active | most-units | 3 | — | 1/0/1/1 |')
  t.end()
})

t.test('of points that need a map, the share that has one is told', (t) => {
  const tables = [
    aTable('list', [
      'code,name,point,limit,source', 'A1,甲,甲药,限肺炎,某', 'A2,甲,甲药,限肺炎,某', 'B1,乙,乙药,限某,某',
    ]),
    aTable('map', ['code,name,point,diagnoses,source', 'P1,甲,甲药,J18,某']),
  ]
  const rule = aRule({
    check: 'indication-limit', national: '{ number_2025: 8 }', warning: '{limit}',
    in_force: '[{ from: 2025-01-01, table: list, map: map }]',
  })
  const mapped = aBook([rule, ...tables], [indicationLimit])
  t.match(explain({ texts: [rule], book: mapped, suite }, 'TEST-1'),
    '  2025-01-01 起：知识表 list（3 行）；对应表 map（1 行）\n')
  const line = coverage(mapped, { ...suite, files: [] }).split('\n')[8]
  t.match(line, / indication-limit +3 +50% +0\/0\/0\/0$/)
  t.end()
})

t.test('parameters are told in Chinese where there is a word', (t) => {
  const rule = aRule({
    check: 'frequent-visits', warning: '{total}', national: '{ code: GZ10000204002000, name: 频繁门诊 }',
    in_force: '[{ from: 2025-01-01, settings: [outpatient, emergency], window_days: 30, visits_max: 15 }]',
  })
  const told = explain({ texts: [rule], book: aBook([rule], [frequentVisits]), suite }, 'TEST-1')
  t.match(told, '国家规则“频繁门诊”，编码 GZ10000204002000；医疗类')
  t.match(told, '  2025-01-01 起：计入的就诊场景（settings）门诊、急诊；连续多少天（window_days）30；'
    + '次数上限（visits_max）15\n')
  t.equal(say(['outpatient', 'inpatient']), '门诊、住院')
  t.equal(say(3), '3')
  t.equal(say({ drug: ['drug', 'A1'], internet: true }), 'drug 药品、A1，internet 是')
  t.end()
})

t.test('a rule is told in prose from its file', (t) => {
  t.strictSame(explain({ texts, book, suite }, 'TEST-1')?.split('\n'), [
    'TEST-1 测试规则',
    '',
    '国家规则“药品区分性别使用”，编码 GZ10000301004000，2025 年版第 67 条；医疗类／测试。状态：正式（逐字来自国家公布的清单）。'
      + '疑点定为明确违规，用于事前提醒、事中审核、事后监管。',
    '判断什么：每条明细的数量不得超过知识表的上限。由知识表列出的明细触发；要看历史时，看参保人的。',
    '适用范围：就诊场景为门诊、住院，机构等级为3级，仅线下就诊。',
    '参数（按费用发生日）：',
    '  2025-01-01 至 2026-01-01（不含）：知识表 most（2 行）；extra（extra）0',
    '  2026-01-01 起：知识表 most（2 行）；extra（extra）1',
    '依据：',
    '  某通知，第一条，https://example.test/1',
    '  另一通知，二（2025-01-01 起至 2026-01-01（不含））',
    '说给开单的医生：{item}超限',
    '说给收费员和审核人员：{item}数量{units}，上限{most}，共{count}条',
    '怎样改正：去掉多收的。',
    '已知的误报：',
    '  补录的明细',
    '案例 3 个：命中 1，边界 1，缺数据 1',
    '文件：medical/test-1.yaml',
    '',
  ])
  const local = explain({ texts, book, suite }, 'LOCAL')
  t.match(local, '本地规则；管理类／测试。状态：试运行。疑点定为明确违规，用于事中审核。')
  t.match(local, '由每张结算单触发；要看历史时，看药品追溯码的。\n适用范围：处处适用。\n监管对象：医师、参保人。\n时间区间：连续若干天。\n')
  t.match(local, '  2025-01-01 起\n')
  t.match(local, '案例 0 个\n')
  t.match(explain({ texts, book, suite }, 'ALSO'), /国家规则“测试规则”，2025 年版第 67 条.*适用范围：仅互联网就诊/s)
  t.match(explain({ texts, book, suite }, 'DRAFT'), '状态：草稿（2026-01-01 至 2026-04-01（不含）重判 20000 张结算单，'
    + '31 张有疑点，张某核对属实 94%）。')
  t.equal(explain({ texts, book, suite }, 'NONE'), undefined)
  t.end()
})
