// Texts -> rule book: what is refused, with which line, and what the packed tables and the index hold.
import t from 'tap'
import { Type } from '@sinclair/typebox'
import { defineCheck } from '../../src/checks/check.js'
import { codeHigh, codeLow } from '../../src/claim/code-key.js'
import { ENTRY, ENTRY_SIZE } from '../../src/rulebook/rulebook.js'
import type { CodeIndex, RuleBook } from '../../src/rulebook/rulebook.js'
import { DAY_MAX, DAY_MIN, formatDay, parseDay } from '../../src/rulebook/dates.js'
import { KeyMap } from '../../src/rulebook/key-map.js'
import { sortMistakes } from '../../src/rulebook/mistake.js'
import { assemble } from '../../src/rulebook/assemble.js'
import { buffersOf, pack, rulesMax } from '../../src/rulebook/pack.js'
import { rowsPerKeyMax } from '../../src/rulebook/row-layers.js'
import { cellCharsMax } from '../../src/rulebook/table-file.js'
import { makeSentence } from '../../src/rulebook/wording.js'
import { versionOf } from '../../src/rulebook/version.js'
import { yamlCharsMax } from '../../src/rulebook/yaml-text.js'
import {
  aBook, aRule, aTable, fakeChecks, mistakesOf, mostTable,
} from '../fixtures/rule-texts.js'

const day = (text: string) => parseDay(text)!

/** What a code touches: name of the row, days, region. */
function touches(book: RuleBook, index: CodeIndex, code: string): string[] {
  const { entries } = index
  const found: string[] = []
  let entry = index.firstOf(codeLow(code), codeHigh(code))
  while (entry >= 0) {
    const part = book.parts[entries[entry + ENTRY.PART]!]!
    const days = [entries[entry + ENTRY.FROM]!, entries[entry + ENTRY.UNTIL]!]
      .map((one) => (one === DAY_MAX ? '…' : formatDay(one)))
    const region = index.regions[entries[entry + ENTRY.REGION]!]!
    const name = part.table!.text('name', entries[entry + ENTRY.ROW]!)
    found.push([part.rule.id, name, ...days, region].join(' ').trim())
    entry = entries[entry + ENTRY.LAST] === 1 ? -1 : entry + ENTRY_SIZE
  }
  return found
}

t.test('a rule and its table become a part that its codes touch', async (t) => {
  const book = aBook([aRule(), mostTable])
  t.match(book.version, /^[0-9a-f]{16}$/)
  t.strictSame(touches(book, book.items, 'A1'), ['TEST-1 甲药 2025-01-01 …'])
  t.strictSame(touches(book, book.items, 'A3'), [])
  t.equal(book.tableRowCount, 2)
  const { check, ...rule } = book.rules[0]!
  t.equal(check.kind, 'most-units')
  t.strictSame(rule, {
    id: 'TEST-1', title: '测试规则', nationalCode: '', nationalName: '', number2025: undefined,
    class: '医疗类', subclass: '测试', status: 'active', severity: 'violation',
    stages: ['pre-alert', 'audit', 'look-back'], owner: 'patient',
    basis: [{ document: '某通知', article: '第一条' }], advice: '去掉多收的。',
    falseAlarms: ['补录的明细'], file: 'medical/test-1.yaml',
  })
})

t.test('the national code, name and number and an address of the law are kept', async (t) => {
  const [rule] = aBook([aRule({
    national: '{ code: GZ10000301004000, name: 某规则, number_2025: 67 }',
    basis: '[{ document: 某通知, article: 一, url: https://example.test/1 }]',
  }), mostTable]).rules
  t.strictSame([rule!.nationalCode, rule!.nationalName, rule!.number2025, rule!.basis[0]!.url],
    ['GZ10000301004000', '某规则', 67, 'https://example.test/1'])
})

t.test('every mistake of a rule file is told at once, with its line', async (t) => {
  const wrong = mistakesOf([aRule({
    title: ' ', status: 'live', basis: '[]', in_force: '[{ from: 1 May, table: most, extra: 0 }]',
    advice: '', known_false_alarms: '[]', mood: 'good',
  }), mostTable])
  t.strictSame(wrong.map((one) => one.replace(/^medical\/test-1\.yaml:/, '')), [
    '1 advice：缺少这个字段',
    "2 title：Expected string to match '\\S'",
    '6 status：只能是 draft、trial、active、retired',
    '11 basis：不能为空',
    "12 in_force.0.from：Expected string to match '^\\d{4}-\\d{2}-\\d{2}$'",
    '14 known_false_alarms：不能为空',
    '15 mood：没有这个字段',
  ])
})

t.test('a rule that makes no sense is refused', async (t) => {
  const cases: readonly [string, Record<string, string>, readonly string[]][] = [
    ['an unknown check', { check: 'no-such' }, ['5 check：没有 no-such 这种检查']],
    ['active without evidence', { evidence: '' }, [
      '6 status：active 需要 evidence；没有依据先用 trial',
    ]],
    ['a placeholder that is no fact', { warning: '{units}{who}' }, [
      '13 warning：占位符 who 不是 most-units 给出的事实',
    ]],
    ['a stray brace', { warning: '{units}{' }, [
      '13 warning：占位符 { 或 } 不是 most-units 给出的事实',
    ]],
    ['a false alarm that says nothing', { known_false_alarms: '[无]' }, [
      '15 known_false_alarms：请写出具体情形',
    ]],
    ['a parameter that the check does not have',
      { in_force: '[{ from: 2025-01-01, table: most, extra: 0, more: 1 }]' },
      ['12 more：most-units 没有这个参数（有 extra）']],
    ['a parameter out of its bounds', { in_force: '[{ from: 2025-01-01, table: most, extra: -1 }]' },
      ['12 extra：Expected integer to be greater or equal to 0']],
    ['a parameter that is missing', { in_force: '[{ from: 2025-01-01, table: most }]' },
      ['12 extra：缺少这个字段']],
    ['a table that is missing', { in_force: '[{ from: 2025-01-01, extra: 0 }]' },
      ['12 table：most-units 需要知识表']],
    ['a table that is not there', { in_force: '[{ from: 2025-01-01, table: least, extra: 0 }]' },
      ['12 table：没有知识表 least（或它有错误）']],
    ['a table that the check does not take',
      { check: 'tell-claim', warning: '{met}', in_force: '[{ from: 2025-01-01, table: most }]' },
      ['12 table：tell-claim 不用知识表', 'tables/most.csv:1 没有列 most 的用处']],
    ['a parameter of a check that has none',
      { check: 'tell-claim', warning: '{met}', in_force: '[{ from: 2025-01-01, x: 1 }]' },
      ['12 x：tell-claim 没有这个参数（有 无参数）']],
    ['categories for a check that no item wakes', {
      check: 'tell-claim', warning: '{met}', in_force: '[{ from: 2025-01-01 }]',
      applies_to: '{ categories: [drug] }',
    }, ['16 categories：这种检查不由明细触发，不能按类别限定']],
    ['dates that no calendar has',
      { in_force: '[{ from: 2025-02-30, until: 2025-13-01, table: most, extra: 0 }]' },
      ['12 from：日历上没有 2025-02-30', '12 until：日历上没有 2025-13-01']],
    ['an end before the beginning',
      { in_force: '[{ from: 2025-02-01, until: 2025-02-01, table: most, extra: 0 }]' },
      ['12 until：不晚于 from（until 当日不含）']],
    ['overlapping entries', {
      in_force: '[{ from: 2025-01-01, table: most, extra: 0 }, { from: 2026-01-01, table: most, extra: 1 }]',
    }, ['12 in_force：与 medical/test-1.yaml:12 的有效期重叠；先给它写 until']],
    ['retired without an end', { status: 'retired' }, [
      '6 status：停用的规则每段 in_force 都要有 until',
    ]],
  ]
  for (const [name, fields, expected] of cases) {
    const wrong = mistakesOf([aRule(fields), mostTable])
    t.strictSame(wrong.map((one) => one.replace(/^medical\/test-1\.yaml:/, '')), expected, name)
  }
})

t.test('an id stands once', async (t) => {
  const second = { ...aRule(), path: 'policy/b.yaml' }
  t.strictSame(mistakesOf([aRule(), second, mostTable]),
    ['policy/b.yaml:1 id：TEST-1 已用于 medical/test-1.yaml:1'])
})

t.test('broken YAML and endless YAML are refused with their line', async (t) => {
  const broken = mistakesOf([{ path: 'a.yaml', text: 'id: X\ntitle: [1\n' }])
  t.equal(broken.length, 1)
  t.match(broken[0], /^a\.yaml:\d YAML 无法读取：/)
  t.strictSame(mistakesOf([{ path: 'a.yaml', text: '#'.repeat(yamlCharsMax + 1) }]),
    [`a.yaml:1 文件超过 ${yamlCharsMax} 个字符`])
  t.match(mistakesOf([{ path: 'a.yaml', text: '' }]), [/^a\.yaml:1 /])
})

t.test('too many rules are refused', async (t) => {
  const many = Array.from({ length: rulesMax + 1 }, (_, index) => aRule({ id: `R-${index}` }))
  t.match(mistakesOf([...many.slice(0, 1), mostTable]), ['no mistake'])
  t.match(mistakesOf([...many, mostTable]).at(-1), /规则超过 5000 条/)
})

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
      'tables/most.csv:2 region 不是行政区划代码',
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

t.test('a draft is checked and not woken, unless a case runner asks', async (t) => {
  const texts = [aRule({ status: 'draft' }), mostTable]
  t.strictSame(touches(aBook(texts), aBook(texts).items, 'A1'), [])
  const packed = pack(texts, fakeChecks, { runDrafts: true })
  const run = assemble(packed, fakeChecks)
  t.ok(run.ok && touches(run.book, run.book.items, 'A1').length === 1)
})

t.test('a check that cannot be prepared is told with the entry it was prepared for', async (t) => {
  const broken = (thrown: unknown) => ({
    ...fakeChecks.find(({ kind }) => kind === 'tell-claim')!,
    prepare: () => {
      throw thrown
    },
  })
  const rule = aRule({ check: 'tell-claim', warning: '{met}', in_force: '[{ from: 2025-01-01 }]' })
  for (const [thrown, reason] of [[new TypeError('no'), 'no'], ['text', 'text']] as const) {
    const checks = [broken(thrown)]
    t.strictSame(assemble(pack([rule], checks), checks), {
      ok: false,
      mistakes: [{
        code: 'RULE_INVALID', path: 'medical/test-1.yaml:12',
        message: `TEST-1：检查 tell-claim 无法准备：${reason}`,
      }],
    })
  }
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

t.test('the version covers paths and texts, not their order', async (t) => {
  const [a, b] = [{ path: 'a', text: '1' }, { path: 'b', text: '2' }]
  t.equal(versionOf([a, b]), versionOf([b, a]))
  const others = [
    versionOf([a]), versionOf([{ path: 'a', text: '12' }]), versionOf([{ path: 'a1', text: '' }]),
    versionOf([{ path: 'b', text: '1' }, { path: 'a', text: '2' }]), versionOf([]),
  ]
  t.equal(new Set([versionOf([a, b]), ...others]).size, 6)
  const rule = aBook([aRule(), mostTable])
  const cases = { path: 'medical/test-1.cases.yaml', text: 'x' }
  t.equal(aBook([aRule(), mostTable, cases]).version, rule.version)
})

t.test('a sentence is filled plainly', async (t) => {
  const say = makeSentence('{item}：{total}次，超过{limit}次')
  t.equal(say({ item: '头颅CT', total: 1_234_567, limit: 0.5 }), '头颅CT：1234567次，超过0.5次')
  t.equal(say({ item: '头颅CT' }), '头颅CT：次，超过次')
  t.equal(makeSentence('没有')({}), '没有')
})

t.test('days are read strictly and written back', async (t) => {
  t.equal(day('1970-01-02'), 1)
  t.equal(formatDay(day('2024-02-29')), '2024-02-29')
  t.strictSame(['2023-02-29', '2024-2-1', 'x', '2024-01-01T00:00'].map(parseDay),
    [undefined, undefined, undefined, undefined])
  t.ok(DAY_MIN < day('1900-01-01') && DAY_MAX > day('2999-01-01'))
})

t.test('mistakes come in the order of files and lines', async (t) => {
  const at = (path: string) => ({ code: 'RULE_INVALID' as const, path, message: '' })
  t.strictSame(sortMistakes(['b:1', 'a:10', 'a:9'].map(at)).map(({ path }) => path),
    ['a:9', 'a:10', 'b:1'])
})
