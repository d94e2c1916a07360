// Knowledge tables: what is refused, with which line, what packed columns hold, which rows win, and
// the map and index that codes are looked up in.
import t from 'tap'
import { Type } from '@sinclair/typebox'
import { defineCheck } from '../../src/checks/check.js'
import { codeHigh, codeLow } from '../../src/claim/code-key.js'
import { assemble } from '../../src/rulebook/assemble.js'
import { KeyMap } from '../../src/rulebook/key-map.js'
import { buffersOf, pack } from '../../src/rulebook/pack.js'
import { rowsPerKeyMax } from '../../src/rulebook/row-layers.js'
import { compile } from '../../src/rulebook/compile.js'
import { knowledgeVersionOf } from '../../src/rulebook/layers.js'
import type { Mistake, RuleText } from '../../src/rulebook/mistake.js'
import { cellCharsMax, readTableFile, tableRowsMax } from '../../src/rulebook/table-file.js'
import {
  aBook, aRule, aTable, fakeChecks, mistakesOf, mostTable, mostUnits,
} from '../fixtures/rule-texts.js'
import { touches } from '../fixtures/touches.js'

t.test('a table is refused with file and line', async (t) => {
  const header = 'code,name,most,valid_from,valid_to,region,source'
  const cases: readonly [string, readonly string[], readonly string[]][] = [
    ['a column that every table has is missing', ['code,name,most', 'A,B,1'], [
      'tables/most.csv:1 缺少列 source',
      'medical/test-1.yaml:12 table：没有知识表 most（或它有错误）',
    ]],
    ['a column that the check needs is missing', ['code,name,source', 'A,B,C'], [
      'tables/most.csv:1 缺少检查 most-units 需要的列 most',
    ]],
    ['a column that nobody reads', ['code,name,most,colour,source', 'A,B,1,red,C'], [
      'tables/most.csv:1 没有列 colour 的用处',
    ]],
    ['a column that stands twice', ['code,name,name,most,source', 'A,B,B,1,C'], [
      'tables/most.csv:1 列 name 重复',
      'medical/test-1.yaml:12 table：没有知识表 most（或它有错误）',
    ]],
    ['cells that cannot be', [header, 'A A,甲,x,2025-01-41,no,4,', 'B,乙,1001,,,,s', 'C,丙,,,,,s'], [
      'tables/most.csv:2 code 为空或含空格、非 ASCII 字符',
      'tables/most.csv:2 source 不能为空：每行都要有出处',
      'tables/most.csv:2 valid_from 不是日期 YYYY-MM-DD',
      'tables/most.csv:2 valid_to 不是日期 YYYY-MM-DD',
      'tables/most.csv:2 region 不是行政区划代码或机构编码',
      'tables/most.csv:3 most：应为 0 至 1000 的整数',
      'tables/most.csv:4 most：不能为空',
    ]],
    ['a row of another width, dates turned round and an endless cell', [
      header, 'A,甲,1', `B,乙,1,2026-01-01,2025-01-01,,${'s'.repeat(cellCharsMax + 1)}`,
    ], [
      'tables/most.csv:2 有 3 列，表头有 7 列',
      'tables/most.csv:2 source 不能为空：每行都要有出处',
      `tables/most.csv:3 某格超过 ${cellCharsMax} 个字`,
      'tables/most.csv:3 valid_from 不早于 valid_to（valid_to 当日不含）',
    ]],
    ['a row that ends before its code', ['name,code,most,source', '甲'], [
      'tables/most.csv:2 有 1 列，表头有 4 列',
      'tables/most.csv:2 code 为空或含空格、非 ASCII 字符',
      'tables/most.csv:2 source 不能为空：每行都要有出处',
    ]],
    ['a key twice at a time', [
      header, 'A,甲,1,,2025-06-01,,s', 'A,甲,2,2025-05-31,,,s', 'A,甲,2,,,44,s',
    ], ['tables/most.csv:3 A 与 tables/most.csv:2 重复，有效期重叠']],
    ['a quotation that does not end', ['code,name,most,source', 'A,"甲,1,s'], [
      'tables/most.csv:2 CSV 无法读取：Quote Not Closed: the parsing is finished with an opening quote at line 2',
      'medical/test-1.yaml:12 table：没有知识表 most（或它有错误）',
    ]],
    ['an empty file', [''], [
      'tables/most.csv:1 缺少列 code', 'tables/most.csv:1 缺少列 name',
      'tables/most.csv:1 缺少列 source',
      'medical/test-1.yaml:12 table：没有知识表 most（或它有错误）',
    ]],
  ]
  for (const [name, lines, expected] of cases) {
    t.strictSame(mistakesOf([aRule(), aTable('most', lines)]).toSorted(), expected.toSorted(), name)
  }
})

t.test('a key with too many rows, and a table wrong everywhere, end early', async (t) => {
  const regions = Array.from({ length: rowsPerKeyMax + 1 }, (_, index) =>
    `A,甲,1,${100_000 + index},s`)
  t.strictSame(mistakesOf([aRule(), aTable('most', ['code,name,most,region,source', ...regions])]),
    [`tables/most.csv:${rowsPerKeyMax + 2} A 超过 ${rowsPerKeyMax} 行`])
  const bad = Array.from({ length: 600 }, (_, index) => `A${index},甲,x,s`)
  const wrong = mistakesOf([aRule(), aTable('most', ['code,name,most,source', ...bad])])
  t.ok(wrong.length <= 501)
  t.match(wrong.at(-1), /还有 \d+ 处错误未列出/)
  const empty = Array.from({ length: 600 }, () => ',甲,1,s')
  t.equal(mistakesOf([aRule(), aTable('most', ['code,name,most,source', ...empty])]).length, 200)
})

t.test('a table beyond its bound is not packed', async (t) => {
  const mistakes: Mistake[] = []
  const text = `code,name,source\n${'A\n'.repeat(tableRowsMax + 1)}`
  t.equal(readTableFile({ path: 'tables/a.csv', text }, mistakes), undefined)
  t.strictSame(mistakes.map(({ message }) => message), [`超过 ${tableRowsMax} 行`])
})

t.test('a rule’s own table may be its map; one that is missing is told once', async (t) => {
  const mapped = { ...mostUnits, mapColumns: mostUnits.columns }
  const rule = aRule({ in_force: '[{ from: 2025-01-01, table: most, map: most, extra: 0 }]' })
  t.ok(compile([rule, mostTable], [mapped]).ok)
  const compiled = compile([rule], [mapped])
  t.strictSame(compiled.ok || compiled.mistakes.map(({ message }) => message),
    ['table：没有知识表 most（或它有错误）'])
})

/** A batch of the knowledge folder with one row for A1. */
const aBatch = (id: string, day: string, most: number): RuleText[] => [
  {
    path: `knowledge/${id}/manifest.json`,
    text: JSON.stringify({ format: 1, title: id, day, region: '', imported_by: '', imported_at: '', sources: [] }),
  },
  aTable('most', ['code,name,most,valid_from,source', `A1,甲,${most},${day},${id}`], `knowledge/${id}`),
]

t.test('of batches of one day the later name wins, in whatever order they are read', async (t) => {
  const [one, other] = [aBatch('batch_01', '2026-01-01', 1), aBatch('batch_02', '2026-01-01', 2)]
  for (const texts of [[...one, ...other], [...other, ...one]]) {
    const { parts } = aBook([aRule(), mostTable, ...texts])
    const { table } = parts[0]!
    const from = Array.from({ length: table!.rowCount }, (_, row) => row).filter((row) => table!.holdsOn(row, 20_600))
    t.strictSame(from.map((row) => [table!.text('source', row), table!.numbers('most')[row]]).toSorted(),
      [['batch_02', 2], ['某目录', 3]])
  }
})

t.test('a manifest that is none is a mistake, and its bytes count in the knowledge’s version', async (t) => {
  const broken = (text: string) => ({ path: 'knowledge/batch_01/manifest.json', text })
  for (const text of ['{', '{}', aBatch('batch_01', '2026-02-30', 1)[0]!.text]) {
    t.strictSame(mistakesOf([aRule(), mostTable, broken(text)]), ['knowledge/batch_01/manifest.json:1 批次清单读不懂'])
  }
  t.not(knowledgeVersionOf([broken('{}')]), knowledgeVersionOf([broken('{ }')]))
})

t.test('columns of every type are packed', async (t) => {
  let seen: unknown
  const all = defineCheck({
    kind: 'all-columns',
    meta: { summary: '', facts: [], wakes: 'item', owner: 'patient' },
    params: Type.Object({}),
    columns: {
      whole: { type: 'integer', minimum: -5, maximum: 5, optional: true, description: '' },
      units: { type: 'quantity', description: '' },
      price: { type: 'price', description: '' },
      sex: { type: 'one-of', values: ['男', '女'], description: '' },
      note: { type: 'text', optional: true, description: '' },
      other: { type: 'code', description: '' },
    },
    prepare(_, table) {
      const { low, high } = table!.codes('other')
      seen = {
        whole: [...table!.numbers('whole')],
        units: [...table!.numbers('units')],
        price: [...table!.numbers('price')],
        sex: [...table!.numbers('sex')],
        note: [0, 1].map((row) => table!.text('note', row)),
        code: [0, 1].map((row) => table!.text('code', row)),
        point: [0, 1].map((row) => table!.text('point', row)),
        other: [low[0] === codeLow('Z9'), high[0] === codeHigh('Z9')],
        points: [0, 1].map((row) => table!.pointOf(row)),
        ofKey: ['A1', 'B1', 'Z9'].map((code) => table!.pointOfKey(codeLow(code), codeHigh(code))),
        name: table!.name,
      }
      return () => ({ result: 'clear' })
    },
  })
  const rule = aRule({
    check: 'all-columns', warning: '{item}', in_force: '[{ from: 2025-01-01, table: all }]',
  })
  const header = 'code,name,point,whole,units,price,sex,note,other,source'
  const book = aBook([rule, aTable('all', [
    header, 'A1,甲,P1,-5,1.5,0.000001,女,注,Z9,s', 'B1,乙,,,20,12.5,男,,A1,s',
  ])], [all])
  t.strictSame(seen, {
    whole: [-5, NaN], units: [15_000, 200_000], price: [1, 12_500_000], sex: [1, 0],
    note: ['注', ''], code: ['A1', 'B1'], point: ['P1', 'B1'], other: [true, true],
    points: [0, 1], ofKey: [0, 1, -1], name: 'all',
  })
  t.strictSame(touches(book, book.items, 'A1').map((one) => one.split(' ')[1]), ['甲', '乙'])
  const wrong = pack([rule, aTable('all', [
    header, 'A1,甲,P1,1.5,1.55555,-1,中,注,,s',
  ])], [all])
  t.strictSame(wrong.ok ? [] : wrong.mistakes.map(({ message }) => message), [
    'whole：应为 -5 至 5 的整数', 'units：应为最多 4 位小数的数', 'price：应为最多 6 位小数的数',
    'sex：只能是 男、女',
  ])
})

t.test('a row of the knowledge folder takes its days from the row of the rules folder', async (t) => {
  const header = 'code,name,most,valid_from,valid_to,source'
  const book = aBook([
    aRule({ in_force: '[{ from: 2020-01-01, table: most, extra: 0 }]' }),
    aTable('most', [header, 'A,旧,1,,,s', 'B,旧,1,,2022-01-01,s', 'C,旧,1,,,s', 'D,旧,1,,,s']),
    aTable('most', [
      header, 'A,新,2,2023-01-01,2024-01-01,k', 'B,新,2,2022-01-01,,k', 'C,新,2,,,k',
    ], 'knowledge/2026'),
  ])
  t.strictSame(touches(book, book.items, 'A'), [
    'TEST-1 旧 2020-01-01 2023-01-01', 'TEST-1 旧 2024-01-01 …',
    'TEST-1 新 2023-01-01 2024-01-01',
  ])
  t.strictSame(touches(book, book.items, 'B'), [
    'TEST-1 旧 2020-01-01 2022-01-01', 'TEST-1 新 2022-01-01 …',
  ])
  t.strictSame(touches(book, book.items, 'C'), ['TEST-1 新 2020-01-01 …'])
  t.strictSame(touches(book, book.items, 'D'), ['TEST-1 旧 2020-01-01 …'])
  t.equal(book.tableRowCount, 7)
})

t.test('a row outside the dates of its rule is not indexed', async (t) => {
  const book = aBook([aRule(), aTable('most', [
    'code,name,most,valid_to,source', 'A,旧,1,2025-01-01,s', 'B,新,1,2025-01-02,s',
  ])])
  t.strictSame(touches(book, book.items, 'A'), [])
  t.strictSame(touches(book, book.items, 'B'), ['TEST-1 新 2025-01-01 2025-01-02'])
})

t.test('a table is packed once for rules that ask the same columns of it', async (t) => {
  const second = aRule({ id: 'TEST-2' })
  const third = aRule({
    id: 'TEST-3', check: 'tell-item', warning: '{met}',
    in_force: '[{ from: 2025-01-01, table: pairs }]',
  })
  const pairs = aTable('pairs', ['code,name,other,source', 'A,甲,A,s', 'B,乙,C,s'])
  const packed = pack([third, second, aRule(), mostTable, pairs], fakeChecks)
  t.ok(packed.ok)
  if (!packed.ok) return
  t.strictSame(packed.book.tables.map(({ name }) => name), ['most', 'pairs'])
  const buffers = [...buffersOf(packed)]
  t.ok(buffers.length > 10)
  const handed = structuredClone(packed, { transfer: buffers })
  const assembled = assemble(handed, fakeChecks)
  t.ok(assembled.ok)
  if (!assembled.ok) return
  const { book } = assembled
  t.strictSame(touches(book, book.items, 'A'), ['TEST-3 甲 2025-01-01 …'])
  t.strictSame(touches(book, book.items, 'C'), ['TEST-3 乙 2025-01-01 …'])
  t.strictSame(touches(book, book.items, 'A1'),
    ['TEST-1 甲药 2025-01-01 …', 'TEST-2 甲药 2025-01-01 …'])
})

t.test('two codes with one key are refused', async (t) => {
  const table = aTable('most', ['code,name,most,source', 'K28f5t,甲,1,s', 'Kyuvg,乙,1,s'])
  t.match(mistakesOf([aRule(), table]),
    ['tables/most.csv:3 Kyuvg 与 K28f5t 的编码键相同，无法区分（'])
})

t.test('a key map keeps the first value of a key and grows', async (t) => {
  const map = new KeyMap()
  for (let number = 0; number < 5_000; number++) map.add(codeLow(`c${number}`), codeHigh(`c${number}`), number)
  t.equal(map.add(codeLow('c7'), codeHigh('c7'), 99), 7)
  t.equal(map.get(codeLow('c4999'), codeHigh('c4999')), 4999)
  t.equal(map.get(codeLow('d'), codeHigh('d')), -1)
  const opened = new KeyMap(map.packed())
  t.equal(opened.get(codeLow('c123'), codeHigh('c123')), 123)
  map.add(1, 2, 5)
  map.add(1, 3, 6)
  t.strictSame([map.get(1, 2), map.get(1, 3)], [5, 6])
})
