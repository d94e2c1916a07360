// What every published list becomes: rows of its table, and the difference between two sets of rows.
import t from 'tap'
import { buildBatch } from '../../src/knowledge/batch.js'
import { differenceOf, pointsOf } from '../../src/knowledge/difference.js'
import { layTables } from '../../src/knowledge/in-force.js'
import { batchNamed } from '../../src/knowledge/official.js'
import type { Point } from '../../src/knowledge/point.js'
import { built, pointHeader } from '../fixtures/knowledge.js'

/** Rows of all tables, without their dates and sources. */
const rowsOf = ({ batches }: ReturnType<typeof built>) => Object.fromEntries(batches.flatMap(({ tables }) =>
  tables.map(({ name, csv }) => [name, csv.trimEnd().split('\n').slice(1)
    .map((line) => line.replace(/,[^,]*,\d{4}-\d\d-\d\d,,,[^,]*$/, ''))])))
const s = (last: number) => `00123456789012${last}`
const csvFile = (name: string, ...lines: string[]) => ({ name: `${name}.csv`, text: `${lines.join('\n')}\n` })

t.test('every tidy list becomes rows of its table', (t) => {
  const drugs = (name: string, ...lines: string[]) =>
    [csvFile(name, ...lines), csvFile(`${name}_codes`, 'drug_name,nhsa_code', '甲,X12345', '乙,X12346')]
  t.strictSame(rowsOf(built([
    csvFile('item_sex', 'item_name,nhsa_code,limit_value', `甲,${s(0)},女`),
    ...drugs('drug_age', 'drug_name,description', '甲,限2岁至11岁儿童。', '乙,用于小儿'),
    csvFile('item_age_child', 'item_name,nhsa_code', `新生儿洗浴,${s(1)}`, `小儿推拿,${s(8)}`),
    ...drugs('drug_visit_type', 'drug_name,limit_value', '甲,门诊', '乙,住院'),
    ...drugs('drug_hospital_level', 'drug_name,limit_value', '甲,三级'),
    ...drugs('drug_pay_course', 'drug_name,description,limit_value', '甲,单次住院最多支付14天。,14天'),
    csvFile('item_daily_frequency', 'item_name,nhsa_code,max_quantity,quantity_unit',
      `甲,${s(2)},1,天`, `乙,${s(3)},24,小时`),
    csvFile('item_age_work', 'item_name,nhsa_code,remark', `甲,${s(4)},含`),
    csvFile('item_pay_course', 'item_name,nhsa_code,remark', `甲,${s(5)},支付不超过90天`),
    csvFile('item_cycle_frequency', 'item_name,nhsa_code,remark,max_count,cycle_days',
      `甲,${s(6)},含,1,30`, `乙,${s(7)},含,1,`),
  ])), {
    'service-sex': [`${s(0)},甲,女`],
    'drug-child-pay': ['X12345,甲,2,11,岁'],
    'drug-child-only': ['X12346,乙,,17,岁'],
    'service-child-only': [`${s(1)},新生儿洗浴,,17,岁`, `${s(8)},小儿推拿,,17,岁`],
    'service-newborn': [`${s(1)},新生儿洗浴,,28,天`],
    'drug-visit-type': ['X12346,乙,住院'],
    'drug-level': ['X12345,甲,3'],
    'drug-course': ['X12345,甲,14,distinct-days,stay'],
    'service-daily': [`${s(2)},甲,1,日`, `${s(3)},乙,24,小时`],
    'service-hourly': [`${s(3)},乙,1`],
    'service-age': [`${s(4)},甲,16,60,岁`],
    'service-course': [`${s(5)},甲,90,distinct-days,episode`],
    'service-period': [`${s(6)},甲,1,30`],
  })
  t.end()
})

t.test('a later batch brings its day and its own words; of what tidy/ has, a point keeps the sex', (t) => {
  const read = built([
    csvFile('knowledge_points', pointHeader,
      'k0,药品限适应症,甲,限癌症,,batch_09,2026-04-21,,1', 'k1,药品限二线使用,甲,限二线,,batch_09,2026-04-21,,2',
      'k2,中药饮片单复方均不予支付,阿胶,,,batch_09,2026-04-21,,3', 'k3,超互联网医院药品支付范围,甲,,,batch_09,,,4',
      'k4,中药饮片单方使用不予支付,当归,,,batch_09,,,5', 'k5,药品限生育保险,甲,,,batch_09,,,6',
      'k6,药品区分性别使用,甲,,,batch_09,,,7', 'k7,药品限医疗机构级别,甲,,,batch_09,,,8',
      'k8,医疗服务项目重复收费,甲×乙,,,batch_07,,,9', 'k9,药品限工伤保险,没有编码,,,batch_09,,,10'),
    csvFile('knowledge_point_codes', 'kp_no,nhsa_code', 'k0,X12345', 'k1,X12345', 'k2,T12345', 'k3,X12345',
      'k4,T12346', 'k5,X12345', 'k6,X12345', 'k7,X12345', `k8,${s(0)}`, `k8,${s(1)}`),
    csvFile('drug_sex', 'drug_name,limit_value', '甲,女'), csvFile('drug_sex_codes', 'drug_name,nhsa_code'),
    csvFile('drug_hospital_level', 'drug_name,limit_value', '甲,三级'),
    csvFile('drug_hospital_level_codes', 'drug_name,nhsa_code'),
    csvFile('item_duplicate_charge',
      'frequency,main_item_name,main_item_code,sub_item_name,sub_item_code,remark', `单次就诊,甲,${s(0)},乙,${s(1)},含`),
  ])
  t.strictSame(rowsOf(read), {
    'drug-indication': ['X12345,甲,限癌症'], 'drug-second-line': ['X12345,甲,限二线'],
    'herb-never-paid': ['T12345,阿胶'], 'internet-drug': ['X12345,甲'], 'herb-not-alone': ['T12346,当归'],
    'drug-maternity': ['X12345,甲'], 'drug-sex': ['X12345,甲,女'],
    'service-exclusive': [`${s(0)},甲,${s(1)},乙,same-visit`],
  })
  t.strictSame(read.attachments.map(({ rule, day }) => [rule, day]).slice(2, 4),
    [['中药饮片单复方均不予支付', '2026-04-21'], ['超互联网医院药品支付范围', undefined]])
  t.strictSame(read.batches.flatMap(({ sources }) => sources.flatMap((one) => one.left_out)),
    ['8 甲：看不出限定的机构级别', '10 没有编码：没有国家编码'])
  t.end()
})

t.test('a pair has two codes that can be read, and its items the names that the sheet gives them', (t) => {
  const pair = (name: string, codes: readonly string[]): Point =>
    ({ number: '', name, codes, given: { window: '单日', name_b: '乙' } })
  const [a, b] = ['001234567890123', '001234567890124']
  const { tables, sources } = buildBatch([{
    file: '丙.xlsx', readFrom: '丙.xlsx', rule: '医疗服务项目重复收费', batch: 'mine',
    points: [pair('甲×乙', [a, b]), pair('一', [a]), pair('三', [a, b, a]), pair('错', [a, 'x'])],
  }], { name: batchNamed('mine'), day: '2026-03-01', hashOf: () => '' })
  t.equal(tables[0]!.csv, 'code,name,code_b,name_b,window,point,valid_from,valid_to,region,source\n'
    + `${a},甲,${b},乙,same-day,,2026-03-01,,,mine《丙.xlsx》\n`)
  t.strictSame(sources[0]!.left_out, ['一：应有两个编码，有 1 个', '三：应有两个编码，有 3 个', '错：编码读不懂：x'])
  t.end()
})

t.test('tables are compared by key: a new table is all added, and a file that cannot be read is a mistake', (t) => {
  const lay = (...texts: readonly [path: string, text: string][]) =>
    layTables(texts.map(([path, text]) => ({ path, text })))
  const before = lay(['tables/a.csv', 'code,name,source\nA1,甲,某文\n'])
  const after = lay(
    ['tables/a.csv', 'code,name,source\nA1,甲,某文\n'],
    ['tables/b.csv', 'code,code_b,name,source\nB1,B2,乙,某文\nB1,B3,丙,某文\n'],
    ['knowledge/b.csv', 'code,name,source\nB1,丁,某文\n'],
    ['tables/c.csv', 'code,name\nC1,戊\n'],
  )
  t.strictSame(after.mistakes, [{ code: 'TABLE_INVALID', path: 'tables/c.csv:1', message: '缺少列 source' }])
  const [difference, ...others] = differenceOf(before.rows, after.rows)
  t.strictSame(others, [])
  t.strictSame([difference?.table, difference?.added.map(({ key }) => key), difference?.removed],
    ['b', ['B1 B2 ', 'B1 B3 ', 'B1  '], []])
  t.strictSame(pointsOf(difference!.added), ['乙', '丙', '丁'])
  t.strictSame(differenceOf(after.rows, before.rows)[0]?.removed.length, 3, 'and one that is gone all removed')
  t.end()
})
