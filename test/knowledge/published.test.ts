// The public lists, where they lie beside the project: no point is lost, as CSV or as workbooks, and
// every row in force is judged by.
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { importFrom } from '../../src/commands/knowledge-import.js'
import { built, options, run } from '../fixtures/knowledge.js'
import { hasLists, listTexts, listsDir } from '../fixtures/nhsa-lists.js'
import { writeAttachment } from '../fixtures/workbooks.js'

if (hasLists) {
  /** By the official number of codes of each rule, as the lists' own README counts them. */
  const published: Readonly<Record<string, number>> = {
    中药饮片单复方均不予支付: 37, 中药饮片单方使用不予支付: 116, 医疗服务项目儿童专用: 30,
    医疗服务项目区分性别使用: 390, 医疗服务项目周期超频次: 14, 医疗服务项目重复收费: 1_800,
    医疗服务项目限定频次: 67, 医疗服务项目限年龄: 1, 医疗服务项目限支付疗程: 11,
    手术项目未按规定折价收费: 378, 药品儿童专用: 4_370 + 2_057, 药品区分性别使用: 6_472 + 2_558,
    药品限二线使用: 601, 药品限儿童使用: 28 + 37, 药品限医疗机构级别: 962 + 975,
    药品限就医方式: 736 + 775, 药品限工伤保险: 85 + 94, 药品限支付疗程: 1_147 + 1_170,
    药品限生育保险: 27 + 30, 药品限适应症: 633 + 1_296 + 1_008 + 455, 超互联网医院药品支付范围: 232,
  }

  t.test('no point of the public lists is lost, and the whole import is quick', async (t) => {
    const dir = t.testdir()
    const started = process.cpuUsage()
    t.match(await run(dir, 'import', listsDir), { code: 0, text: /28592 +共 21 条规则/ })
    const { user, system } = process.cpuUsage(started) // not the clock: other tests run beside this one
    const seconds = (user + system) / 1_000_000
    t.comment(`${seconds.toFixed(1)} s of one core`)
    t.ok(seconds < 20)
    const { batches } = await importFrom(listsDir, options(dir))
    const counts: Record<string, number> = {}
    const left: string[] = []
    for (const { rule, codes: count, left_out: reasons } of batches.flatMap(({ sources }) => sources)) {
      counts[rule] = (counts[rule] ?? 0) + count
      left.push(...reasons)
    }
    t.strictSame(Object.entries(counts).toSorted(), Object.entries(published).toSorted())
    t.match(left, [/^说明：性别不清/], 'a footnote, no point')
    for (const [rule, count] of Object.entries(counts)) t.comment(`${String(count).padStart(6)} ${rule}`)
  })

  t.test('workbooks in the published shapes import to the same rows as the CSV', async (t) => {
    const dir = t.testdir()
    const csv = built(listTexts())
    for (const [index, attachment] of csv.attachments.entries()) {
      const { file, rule, batch } = attachment
      const isSwapped = rule.startsWith('中药饮片') // trust what the sheets say
      await writeAttachment(join(dir, 'in', batch, file.replace(/\.xls$/, '.xlsx')), {
        rule, points: attachment.points.filter(({ codes: own }) => own.length > 0),
      }, {
        title: isSwapped && index % 2 === 0 ? '' : `“${rule}”规则对应知识点明细`,
        headerRow: 3 + index % 3, emptyColumn: index % 4, isWide: index === 0,
      })
    }
    const { batches, leftOut } = await importFrom(join(dir, 'in'), options(join(dir, 'kb')))
    t.strictSame(leftOut, [])
    const same = (text: string) => text.replaceAll('.xlsx', '.xls')
    for (const { name, tables } of csv.batches) {
      const own = batches.find(({ id }) => id === name.id)!
      t.strictSame(
        own.files.slice(1).map((file) => [file.name, same(file.text)]).toSorted(),
        tables.map((table) => [`${table.name}.csv`, same(table.csv)]).toSorted(), name.id)
    }
    t.equal(batches.length, csv.batches.length)
    t.notOk(existsSync(join(dir, 'kb')), basename(dir))
  })
}
