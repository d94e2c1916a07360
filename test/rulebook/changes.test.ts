// What a person is told has changed, and what `npm run rules` prints.
import t from 'tap'
import type { CaseResult } from '../../src/engine/cases.js'
import { report, reportMistakes } from '../../src/commands/rules-report.js'
import { changesBetween } from '../../src/rulebook/changes.js'
import { aBook, aRule, aTable, mostTable } from '../fixtures/rule-texts.js'

t.test('rules added, removed, moved to another status, and limits moved are told apart', async (t) => {
  const before = [
    aRule({ id: 'GONE', title: '旧规则' }), aRule({ id: 'SAME' }), aRule({ id: 'START' }),
    aRule({ id: 'LIMIT' }), aRule({ id: 'EDIT' }), aRule({ id: 'SCOPE' }), aRule({ id: 'WORDS' }),
    aRule({ id: 'CUT', in_force: '[{ from: 2025-01-01, until: 2026-01-01, table: most, extra: 0 },'
      + '{ from: 2026-01-01, table: most, extra: 1 }]' }),
    aRule({ id: 'EARLY' }), aTable('old', ['code,name,source', 'A,甲,s']),
    mostTable, { path: 'medical/broken.yaml', text: 'id: [' }, { path: 'x.cases.yaml', text: '' },
  ]
  const after = [
    aRule({ id: 'NEW', title: '新规则', status: 'trial' }), aRule({ id: 'SAME' }),
    aRule({ id: 'START', status: 'trial' }),
    aRule({ id: 'LIMIT', in_force: '[{ from: 2026-01-01, table: most, extra: 2 },'
      + '{ from: 2025-01-01, until: 2026-01-01, table: most, extra: 0 },'
      + '{ from: 2027-01-01, table: most, extra: 2 }]' }),
    aRule({ id: 'EDIT', in_force: '[{ from: 2025-01-01, table: least, extra: 0 }]' }),
    aRule({ id: 'SCOPE', severity: 'suspect', applies_to: '{ internet: true }' }),
    aRule({ id: 'WORDS', title: '改名', advice: '改。' }),
    aRule({ id: 'CUT', in_force: '[{ from: 2025-01-01, until: 2026-01-01, table: most, extra: 0 }]' }),
    aTable('most', ['code,name,most,source', 'A1,甲药,2,某目录', 'A2,乙药,4,某目录', 'A3,丙,1,s']),
    aRule({ id: 'EARLY', in_force: '[{ from: 2024-01-01, until: 2025-01-01, table: most, extra: 0 },'
      + '{ from: 2025-01-01, table: most, extra: 0 }]' }),
    aTable('new', ['code,name,source', 'A,甲,s']), aTable('bad', ['x']),
  ]
  t.strictSame(changesBetween(before, after).map(({ kind, name, text }) => `${kind} ${name} ${text}`), [
    'limit CUT 删除条目，原自 2026-01-01（会改变过去的结论）',
    'limit EARLY 新增条目，自 2024-01-01',
    'limit EDIT table：most → least，自 2025-01-01（改动已有条目，会改变过去的结论）',
    'removed GONE 删除：旧规则',
    'limit LIMIT until：无 → 2026-01-01，自 2025-01-01（2026-01-01 以前的结论不变）',
    'limit LIMIT extra：0 → 2，自 2026-01-01',
    'limit LIMIT 新增条目，自 2027-01-01',
    'added NEW 新增：新规则（trial）',
    'scope SCOPE severity：violation → suspect',
    'scope SCOPE applies_to：无 → {"internet":true}',
    'status START 状态：active → trial',
    'wording WORDS 文字：title、advice',
    'table most 知识表：新增 2 行，去掉 1 行',
    'table new 知识表：新增 1 行，去掉 0 行',
    'table old 知识表：新增 0 行，去掉 1 行',
  ])
  t.strictSame(changesBetween(before, before), [])
})

const book = aBook([
  aRule({
    national: '{ code: GZ10000301004000 }',
    in_force: '[{ from: 2025-01-01, until: 2026-01-01, table: most, extra: 0 },'
      + ' { from: 2026-01-01, table: most, extra: 1 }]',
    basis: '[{ document: 某通知, article: 第一条, url: https://example.test/1 },'
      + ' { document: 另一通知, article: 二 }]',
  }),
  aRule({
    id: 'ALL', class: '管理类', status: 'trial', check: 'tell-claim', warning: '{met}',
    in_force: '[{ from: 2025-01-01 }]',
  }),
  mostTable,
])
const results: CaseResult[] = [
  { rule: 'TEST-1', name: '超量', kind: 'hit', at: 'a.cases.yaml:3', failures: [] },
  { rule: 'ALL', name: '不该', kind: 'clear', at: 'b.cases.yaml:3', failures: ['应为 clear，实为 hit'] },
]

t.test('the report counts by class and status, and shows what failed and what changed', async (t) => {
  const mistakes = [{ code: 'RULE_INVALID' as const, path: 'a.yaml:1', message: '缺少案例：border' }]
  const changes = [{ kind: 'limit' as const, name: 'ALL', text: 'extra：0 → 1，自 2026-01-01' }]
  t.strictSame(report(book, results, { mistakes, changes }).split('\n'), [
    `规则库 ${book.version}：规则 2 条，知识表 2 行`,
    '',
    '大类    正式  试运行  草稿  停用  合计',
    '医疗类  1     0       0     0     1',
    '管理类  0     1       0     0     1',
    '合计    1     1       0     0     2',
    '',
    '案例 2 个：通过 1，失败 1',
    '  ✗ ALL 不该', '    b.cases.yaml:3', '    应为 clear，实为 hit',
    '',
    '错误 1 处：', '  ✗ a.yaml:1 缺少案例：border',
    '',
    '与上次提交相比：', '  ALL  extra：0 → 1，自 2026-01-01',
    '',
  ])
  const plain = report(book, results.slice(0, 1), { mistakes: [], changes: undefined })
  t.strictSame(plain.split('\n').slice(-2), ['案例 1 个：通过 1，失败 0', ''])
  t.match(report(book, [], { mistakes: [], changes: [] }), '与上次提交相比：没有变化')
  t.equal(reportMistakes(mistakes), '错误 1 处：\n  ✗ a.yaml:1 缺少案例：border')
})
