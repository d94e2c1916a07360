// What the knowledge commands print where lists are long, tables are nobody's, and a region has its own.
import t from 'tap'
import { dayOf } from '../../src/claim/day.js'
import { differenceReport, importReport, listReport } from '../../src/commands/knowledge-report.js'
import type { LaidRow } from '../../src/knowledge/in-force.js'
import type { Manifest } from '../../src/rulebook/batch-manifest.js'

const row = (changes: Partial<LaidRow> = {}): LaidRow => ({
  table: 'our-own', key: 'A1', cells: { code: 'A1', name: '甲' }, fromDay: dayOf('2026-01-01'),
  untilDay: dayOf('2027-01-01'), path: 'knowledge/batch_01/our-own.csv', ...changes,
})
const manifest = (changes: Partial<Manifest> = {}): Manifest => ({
  format: 1, title: '第一批', day: '2026-01-01', region: '', imported_by: '张三', imported_at: '2026-01-02T00:00:00Z',
  sources: [], ...changes,
})

t.test('a long list is cut, and says how long it was', (t) => {
  const leftOut = Array.from({ length: 203 }, (_, number) => ({ path: `第${number}行`, reason: '没有编码' }))
  const lines = importReport([], leftOut).trimEnd().split('\n')
  t.strictSame(lines.slice(-3), [
    '  第198行：没有编码', '  第199行：没有编码', '  另有 3 处，见各批次的 manifest.json',
  ])
  const added = Array.from({ length: 12 }, (_, number) => row({ key: `A${number}`, cells: { code: `A${number}`, name: `药${number}` } }))
  const told = differenceReport([{ table: 'our-own', added, removed: [], changed: [] }])
  t.match(told, / 12 +0 +0 {2}our-own（our-own）\n/, 'a table of no national list has its own name')
  t.match(told, /新增 12 个知识点：药0、药1、[^…]*药9 …\n/)
  t.end()
})

t.test('a list of batches tells the region, the tables that nobody uses, and what lies beside them', (t) => {
  const batches = [
    { id: 'batch_01', manifest: manifest() }, { id: 'batch_02', manifest: manifest({ region: '440100' }) },
  ]
  const rows = [row(), row({ table: 'drug-sex', path: 'knowledge/local/drug-sex.csv' }), row({ path: 'tables/x.csv' })]
  const told = listReport({ batches, rows, day: dayOf('2025-06-01'), used: new Set(['drug-sex']) }).split('\n')
  t.strictSame(told.slice(0, 2), [
    '2026-01-01  batch_01  第一批  0 个编码  张三 于 2026-01-02T00:00:00Z 导入',
    '2026-01-01  batch_02  第一批  440100  0 个编码  张三 于 2026-01-02T00:00:00Z 导入',
  ])
  t.strictSame(told.slice(4), [
    '       0       1  drug-sex  药品区分性别使用', '       0       1  our-own  our-own  没有规则使用', '',
    '批次以外，优先于批次：local', '',
  ], 'not in force yet; rows of the rules’ own tables are not counted')
  t.end()
})
