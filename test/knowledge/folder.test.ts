// The knowledge folder: batches come, are listed, compared and go; their order does not matter; what is
// local wins.
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { dayOf } from '../../src/claim/day.js'
import { knowledgeCommand } from '../../src/commands/knowledge.js'
import { importFrom } from '../../src/commands/knowledge-import.js'
import { listBatches, removeBatch, writeBatch } from '../../src/files/knowledge-folder.js'
import { readRulesFolders } from '../../src/files/rules-folder.js'
import { inForceOn, layTables } from '../../src/knowledge/in-force.js'
import { officialDay } from '../../src/knowledge/official.js'
import { evaluate } from '../../src/engine/evaluate.js'
import { pack } from '../../src/rulebook/pack.js'
import { aClaim } from '../fixtures/claims.js'
import { emptyView } from '../fixtures/empty-view.js'
import { listFolder, now, options, pointHeader, run, sexPoint } from '../fixtures/knowledge.js'
import { aBook, aRule, fakeChecks } from '../fixtures/rule-texts.js'
import { writeAttachment } from '../fixtures/workbooks.js'

t.test('a batch is imported as a whole, listed, compared, exported and taken back', async (t) => {
  const first = listFolder(t, [
    sexPoint('甲', '女', 'batch_01', 'X12345 X12346'), sexPoint('乙', '男', 'batch_01', 'X12347', '2'),
    '药品限工伤保险,丙,,,batch_01,,丙.xlsx,1,X12348',
  ])
  const dir = join(first, 'kb')
  const source = join(first, 'knowledge_points.csv')
  t.match(await run(dir, 'import', first, '--dry-run'), {
    code: 0, text: /2 +3 +3 {2}药品区分性别使用[^]*未写入[^]*3 +0 +0 {2}药品区分性别使用（drug-sex）/,
  })
  t.notOk(existsSync(dir), 'a trial writes nothing')
  t.match(await run(dir, 'import', first, '--by', '张三'), { code: 0, text: /已写入/ })
  const manifest = JSON.parse(readFileSync(join(dir, 'batch_01/manifest.json'), 'utf8')) as object
  t.match(manifest, {
    day: '2025-05-23', imported_by: '张三', imported_at: now.toISOString(),
    sources: [
      { rule: '药品区分性别使用', codes: 3, points: 2, replaces: 'keys', tables: { 'drug-sex': 3 } },
      { rule: '药品限工伤保险', codes: 1, file: '丙.xlsx', sha256: /^[0-9a-f]{64}$/ },
    ],
  })
  writeFileSync(source, [pointHeader,
    `k0,${sexPoint('甲', '女', 'batch_03', '', '1').slice(0, -1)}`,
    `k1,${sexPoint('丁', '男', 'updates_2026-01', '', '1').slice(0, -1)}`, ''].join('\n'))
  t.match(await run(dir, 'import', first, '--date', '2026-02-01'), { code: 0 })
  t.match(await run(dir, 'list'), {
    code: 0,
    text: /batch_01 {2}国家医保局第1批知识点 {2}4 个编码 {2}张三[^]*修订全表[^]*drug-work-injury {2}药品限工伤保险/,
  })
  t.match(await run(dir, 'list', '2025-06-01'), { text: /（2025-06-01）[^]*3 {7}\d+ {2}drug-sex/ })
  t.match(await run(dir, 'diff', 'batch_01', 'batch_03'), {
    text: /0 +1 +0 {2}药品区分性别使用（drug-sex）\n.*删除 1 个知识点：乙/,
  })
  t.match(await run(dir, 'diff', '2025-06-01', '2026-03-01'), {
    text: /0 +2 +0 {2}药品区分性别使用（drug-sex）\n.*删除 1 个知识点：甲\n/,
  })
  t.match(await run(dir, 'diff', dir, dir), { text: '没有差别\n' })
  await t.rejects(run(dir, 'diff', 'batch_01', 'nowhere'), { code: 'TABLE_INVALID' })
  const out = join(first, 'out')
  t.match(await run(dir, 'export', out), { code: 0, text: /写入/ })
  const rows = readFileSync(join(out, 'drug-sex.csv'), 'utf8').split('\n')
  t.match(rows.filter((row) => row.startsWith('X1234')), [
    /^X12345,甲,女,甲,2025-05-23,2026-02-01,,/, /^X12346,甲,女,甲,2025-05-23,2026-02-01,,/,
    /^X12347,乙,男,乙,2025-05-23,2026-02-01,,/, /^X12347,丁,男,丁,2026-02-01,,,/,
  ], 'what was in force before is kept with its end')
  t.match(await run(dir, 'remove', 'updates_2026-01'), { code: 0, text: '已撤回 updates_2026-01\n' })
  t.match(await run(dir, 'remove', 'updates_2026-01'), { code: 1 })
  t.match(await run(dir, 'remove', '../x'), { code: 1 })
  t.strictSame(await listBatches(dir), ['batch_01', 'batch_03'])
})

t.test('what the loader would refuse is not written', async (t) => {
  const dir = listFolder(t, [sexPoint('甲', '女', 'batch_01', 'X12345')])
  const kb = join(dir, 'kb')
  mkdirSync(join(kb, 'local/440100'), { recursive: true })
  writeFileSync(join(kb, 'local/440100/drug-sex.csv'), 'code,name,sex,source\nX1,甲,中,自定\n')
  t.match(await run(kb, 'import', dir), { code: 1, text: /没有导入[^]*local\/440100\/drug-sex.csv:2 sex：只能是/ })
  t.strictSame(await listBatches(kb), [])
})

const clocks = { now, pid: 1, elapsed: () => 0 }

t.test('a command asked wrongly says how to ask', async (t) => {
  const dir = t.testdir({ 'a.xls': '', 'b.csv': '', 'c.xlsx': 'no zip', 'rule_catalog_2025.csv': '' })
  for (const args of [[], ['import'], ['diff', 'a'], ['list', '--what'], ['import', dir, '--date', '2026-02-30'],
    ['import', dir, '--batch', 'local'], ['import', dir, '--region', 'x']]) {
    t.match(await run(dir, ...args), { code: 2, text: /用法/ }, args.join(' '))
  }
  t.equal(await knowledgeCommand({ ...clocks, args: ['list'], env: {}, write: () => {} }), 2)
  t.match(await run(join(dir, 'kb'), 'import', dir), {
    code: 1, text: /a.xls：旧版 xls[^]*b.csv：不是认识的格式[^]*c.xlsx：不是可以读的 xlsx/,
  })
  t.match(await run(join(dir, 'kb'), 'list'), { code: 0, text: /还没有批次/ })
  await t.rejects(run(dir, 'import', join(dir, 'nowhere')), { code: 'TABLE_INVALID' })
})

t.test('a file beyond its bound is not read', async (t) => {
  const dir = t.testdir({ 'a.xlsx': '', x: { 'knowledge_points.csv': '' } })
  truncateSync(join(dir, 'a.xlsx'), 16_777_217)
  t.match(await importFrom(join(dir, 'a.xlsx'), options(dir)), { leftOut: [{ path: 'a.xlsx', reason: /跳过/ }] })
  truncateSync(join(dir, 'x/knowledge_points.csv'), 268_435_457)
  await t.rejects(importFrom(join(dir, 'x'), options(dir)), { code: 'TABLE_INVALID' })
})

t.test('a workbook without a batch or a day asks for them; files of a batch come one by one', async (t) => {
  const dir = t.testdir()
  const points = [{ number: '1', name: '甲', codes: ['X12345'], given: { sex: '女' } }]
  const kb = join(dir, 'kb')
  await writeAttachment(join(dir, '药品区分性别使用.xlsx'), { rule: '药品区分性别使用', points }, { title: '' })
  const file = join(dir, '药品区分性别使用.xlsx')
  t.match(await importFrom(file, options(kb)), { batches: [], leftOut: [{ reason: /--batch/ }] })
  t.match(await importFrom(file, { ...options(kb), batch: 'mine' }), {
    batches: [], leftOut: [{ path: 'mine', reason: /--date/ }],
  })
  const mine = ['--batch', 'mine', '--date', '2026-03-01', '--region', '4401', '--whole']
  t.match(await run(kb, 'import', file, ...mine), { code: 0 })
  const other = join(dir, 'x', '“药品限工伤保险”.xlsx')
  await writeAttachment(other, { rule: '药品限工伤保险', points }, { title: '' })
  t.match(await run(kb, 'import', other, ...mine), { code: 0 })
  const { sources, region } = JSON.parse(readFileSync(join(kb, 'mine/manifest.json'), 'utf8')) as {
    region: string, sources: { rule: string, replaces: string }[]
  }
  t.strictSame([region, ...sources.map(({ rule, replaces }) => `${rule} ${replaces}`)],
    ['4401', '药品区分性别使用 list', '药品限工伤保险 list'])
  t.match(readFileSync(join(kb, 'mine/drug-sex.csv'), 'utf8'), /X12345,甲,女,甲,2026-03-01,,,mine《/)
  t.match(await run(kb, 'import', other, ...mine.slice(0, 4)), { code: 0 }, 'another region: another batch')
  t.notOk(existsSync(join(kb, 'mine/drug-sex.csv')))
})

t.test('a batch is told by the title or the folder where the file’s name is silent; a folder whose manifest is none stands beside', async (t) => {
  const dir = t.testdir()
  const kb = join(dir, 'kb')
  const points = [{ number: '1', name: '甲', codes: ['X12345'], given: { sex: '女' } }]
  const rule = '药品区分性别使用'
  const batchesOf = async (folder: string, title: string) => {
    const file = join(dir, folder, `${rule}.xlsx`)
    await writeAttachment(file, { rule, points }, { title })
    const { batches } = await importFrom(file, options(kb))
    return batches.map(({ id }) => id)
  }
  t.strictSame(await batchesOf('x', `第三批 ${rule}`), ['batch_03'])
  t.strictSame(await batchesOf('batch_05', rule), ['batch_05'])
  t.strictSame(await batchesOf('updates_2026-01', rule), ['updates_2026-01'])
  mkdirSync(join(kb, 'batch_07'), { recursive: true })
  writeFileSync(join(kb, 'batch_07/manifest.json'), '{}')
  writeFileSync(join(kb, 'batch_07/drug-sex.csv'), 'code,name,sex,source\nX1,甲,中,散\n')
  t.match(await run(kb, 'list'), { code: 0, text: /还没有批次[^]*批次以外，优先于批次：batch_07/ })
  let text = ''
  const code = await knowledgeCommand({ ...clocks, args: ['list'], env: { KNOWLEDGE_DIR: kb }, write: (part) => { text += part } })
  t.strictSame([code, text.includes('batch_07')], [0, true], 'the project’s own rules, where no other are named')
})

// Two rules, three batches and a revision: every import and removal, in any order, on a real folder.
const batchIds = ['batch_01', 'batch_03', 'batch_05', 'updates_2026-01']
const codes = ['X00001', 'X00002', 'X00003', 'X00004']

interface Step {
  batch: number
  rule: '药品区分性别使用' | '药品限工伤保险'
  /** Codes of the list and their limits; undefined: the batch is taken back. */
  rows: Readonly<Record<string, string>> | undefined
}

const anyRows = fc.dictionary(
  fc.constantFrom(...codes), fc.constantFrom('男', '女'), { minKeys: 1, noNullPrototype: true })
const anyStep: fc.Arbitrary<Step> = fc.record({
  batch: fc.nat(batchIds.length - 1),
  rule: fc.constantFrom('药品区分性别使用', '药品限工伤保险'),
  rows: fc.option(anyRows, { nil: undefined, freq: 4 }),
})

async function take(folder: string, { batch, rule, rows }: Step): Promise<void> {
  const kb = join(folder, 'kb')
  const id = batchIds[batch]!
  if (rows === undefined) {
    await removeBatch(kb, id)
    return
  }
  const names = Object.entries(rows)
  const points = names.map(([code, sex], index) =>
    `${code},${rule},${code},${sex === '男' ? '前列腺' : '子宫'},,${id},,${rule}.xlsx,${index + 1}`)
  const source = join(folder, 'source')
  mkdirSync(source, { recursive: true })
  writeFileSync(join(source, 'knowledge_points.csv'), [pointHeader, ...points, ''].join('\n'))
  writeFileSync(join(source, 'knowledge_point_codes.csv'),
    ['kp_no,seq,nhsa_code', ...names.map(([code]) => `${code},1,${code}`), ''].join('\n'))
  const { batches } = await importFrom(source, options(kb))
  for (const { id: name, files } of batches) await writeBatch(kb, name, files)
}

/** The lists that are there after all steps. */
function finalSet(steps: readonly Step[]): Step[] {
  return steps.filter(({ batch, rule }, at) => steps[at]!.rows !== undefined
    && !steps.slice(at + 1).some((later) => later.batch === batch
      && (later.rows === undefined || later.rule === rule)))
}

/** Sex by code on a day as the batches' dates have it, without any layers. */
function expectedOn(steps: readonly Step[], day: string): Record<string, string> {
  const inOrder = finalSet(steps).filter(({ rule }) => rule === '药品区分性别使用')
    .map(({ batch, rows }) => ({ id: batchIds[batch]!, rows: rows!, from: officialDay(batchIds[batch]!)! }))
    .filter(({ from }) => from <= day)
    .toSorted((a, b) => (a.from < b.from ? -1 : 1))
  let known: Record<string, string> = {}
  for (const { id, rows } of inOrder) known = id.startsWith('updates') ? { ...rows } : { ...known, ...rows }
  return Object.fromEntries(Object.entries(known).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

t.test('in whatever order batches come and go, the book is the one of the final set at once', async (t) => {
  const home = t.testdir()
  const seed = 20_261_123
  let number = 0
  const bookOf = async (folder: string) => {
    const texts = await readRulesFolders({ rulesDir: home, knowledgeDir: join(folder, 'kb') })
    return { texts, packed: pack(texts, fakeChecks) }
  }
  t.comment(`seed ${seed}`)
  await fc.assert(fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 10 }), async (steps) => {
    const one = join(home, `${++number}-a`)
    const other = join(home, `${number}-b`)
    for (const step of steps) await take(one, step)
    for (const step of finalSet(steps).toSorted((a, b) => a.batch - b.batch)) await take(other, step)
    const [stepwise, atOnce] = [await bookOf(one), await bookOf(other)]
    if (!stepwise.packed.ok || !atOnce.packed.ok) return false
    if (JSON.stringify(stepwise.packed.book) !== JSON.stringify(atOnce.packed.book)) return false
    const { rows } = layTables(stepwise.texts)
    return ['2025-06-01', '2025-08-01', '2025-09-01', '2026-03-01'].every((day) => {
      const held = inForceOn(rows.filter(({ table }) => table === 'drug-sex'), dayOf(day))
        .map(({ cells }) => [cells['code']!, cells['sex']!] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
      return JSON.stringify(Object.fromEntries(held)) === JSON.stringify(expectedOn(steps, day))
    })
  }), { seed, numRuns: 60 })
})

t.test('an overlay wins for its region or institution; loose files win over batches', (t) => {
  const table = (path: string, ...rows: string[]) =>
    ({ path, text: ['code,name,sex,valid_from,valid_to,region,source', ...rows, ''].join('\n') })
  const manifest = (id: string, day: string, replaces: 'keys' | 'list', region = '') => ({
    path: `knowledge/${id}/manifest.json`,
    text: JSON.stringify({
      format: 1, title: id, day, region, imported_by: 'x', imported_at: 'y',
      sources: [{
        file: 'f', read_from: 'f', sha256: '0'.repeat(64), rule: 'r', replaces,
        points: 1, codes: 1, tables: { s: 1 }, left_out: [],
      }],
    }),
  })
  const texts = [
    table('tables/s.csv', 'A,甲,男,,,,rules'),
    manifest('a', '2026-01-01', 'keys'), table('knowledge/a/s.csv', 'A,甲,女,2026-01-01,,,a', 'B,乙,女,2026-01-01,,,a'),
    manifest('b', '2026-02-01', 'list', '44'), table('knowledge/b/s.csv', 'A,甲,男,2026-02-01,,,b'),
    manifest('c', '2026-03-01', 'list'), table('knowledge/c/s.csv', 'A,甲,男,2026-03-01,,,c'),
    table('knowledge/s.csv', 'A,甲,女,2026-04-01,,,loose'),
    table('knowledge/local/s.csv', 'A,甲,男,2026-05-01,,,everywhere'),
    table('knowledge/local/440100/s.csv', 'A,甲,女,,,,guangzhou'),
    table('knowledge/local/H44010000001/deep/s.csv', 'A,甲,男,,,,hospital'),
  ]
  const laid = layTables(texts)
  t.strictSame(laid.mistakes, [])
  t.strictSame(laid.rows.map(({ cells }) =>
    `${cells['code']} ${cells['region']} ${cells['valid_from']}~${cells['valid_to']} ${cells['source']}`), [
    'A  ~2026-01-01 rules', 'A  2026-01-01~2026-03-01 a', 'A 44 2026-02-01~ b', 'A  2026-03-01~2026-04-01 c',
    'A  2026-04-01~2026-05-01 loose', 'A  2026-05-01~ everywhere',
    'A 440100 ~ guangzhou', 'A H44010000001 ~ hospital', 'B  2026-01-01~2026-03-01 a',
  ])
  const wrong = layTables([
    { path: 'knowledge/x/manifest.json', text: '{' }, manifest('y', '2026-02-30', 'keys'),
    table('knowledge/local/Some where/s.csv', 'A,甲,女,,,,x'),
  ])
  t.match(wrong.mistakes.map(({ path, message }) => `${path} ${message}`), [
    'knowledge/x/manifest.json:1 批次清单读不懂', 'knowledge/y/manifest.json:1 批次清单读不懂',
    /knowledge\/local\/Some where\/s.csv:1 文件夹 local\/Some where 不是行政区划代码或机构编码/,
  ])
  t.end()
})

t.test('a claim is judged by the row nearest to its institution', (t) => {
  const table = (path: string, row: string) =>
    ({ path, text: `code,name,most,source\n${row}\n` })
  const book = aBook([
    aRule(), table('tables/most.csv', 'A1,甲,9,rules'),
    table('knowledge/local/4401/most.csv', 'A1,甲,5,region'),
    table('knowledge/local/H44010000001/most.csv', 'A1,甲,3,hospital'),
  ])
  const limits = [
    { id: 'H44010000001', region: '440100' }, { id: 'H44010000002', region: '440100' },
    { id: 'H33010000001', region: '330100' },
  ].map((institution) => {
    const claim = aClaim({ visit: { institution }, items: [{ code: 'A1', quantity: 10 }] })
    return evaluate(book, claim, emptyView).findings.map(({ facts, knowledge }) =>
      [facts['most'], knowledge?.source].join(' '))
  })
  t.strictSame(limits, [['3 hospital'], ['5 region'], ['9 rules']])
  t.end()
})
