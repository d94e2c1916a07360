// What is read of lists and workbooks: limits out of words, points out of CSV and sheets, and everything
// that became no row.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { lists } from '../src/knowledge/lists.js'
import { readNationalCsv } from '../src/knowledge/national-csv.js'
import { batchIn, batchNamed } from '../src/knowledge/official.js'
import type { LeftOut } from '../src/knowledge/point.js'
import { readSheets } from '../src/knowledge/sheet.js'
import { agesIn, daysIn, levelIn, sexIn, visitIn } from '../src/knowledge/words.js'
import { built, listFolder, pointHeader, sexPoint, tableOf } from './fixtures/knowledge.js'

t.test('limits are read out of the words of the lists', (t) => {
  t.strictSame(agesIn('限2岁至11岁儿童慢性便秘。'), { min: '2', max: '11', unit: '岁' })
  t.strictSame(agesIn('限3-12岁特发性高压患者。'), { min: '3', max: '12', unit: '岁' })
  t.strictSame(agesIn('限5至12岁以下流感儿童患者。'), { min: '5', max: '11', unit: '岁' })
  t.strictSame(agesIn('限3岁及3岁以上伴有症状的儿童患者。'), { min: '3', max: '17', unit: '岁' })
  t.strictSame(agesIn('限3岁及以上儿童。'), { min: '3', max: '17', unit: '岁' })
  t.strictSame(agesIn('限儿童。'), { min: '', max: '17', unit: '岁' })
  t.strictSame(['单次住院最多支付14天。', '支付不超过一年，每周最多支付一次。', '不超过12个月', 'x'].map(daysIn),
    ['14', '365', '365', undefined])
  t.strictSame(['用于前列腺癌', '用于月经不调', '前列腺癌、卵巢癌', '感冒'].map(sexIn),
    ['男', '女', undefined, undefined])
  t.strictSame(['需三级医院眼科或二级专科医院', '二级及以上', '一级', '医院'].map(levelIn),
    ['3', '2', '1', undefined])
  t.strictSame(['限急诊或住院患者', '限急性期住院患者', '门诊'].map(visitIn), ['急诊或住院', '住院', undefined])
  t.end()
})

t.test('a batch is known by its number in words or digits', (t) => {
  const names = ['第一批-1.药品', '第十批', '第十一批“药”', '第二十批', '第二十三批', '第21批', '第零批', '更新']
  t.strictSame(names.map((name) => batchIn(name)?.id), [
    'batch_01', 'batch_10', 'batch_11', 'batch_20', 'batch_23', 'batch_21', undefined, undefined,
  ])
  const hundreds = ['第百批', '第一百一十批', '第二百十批', '第三二批']
  t.strictSame(hundreds.map((name) => batchIn(name)), hundreds.map(() => undefined), 'nothing is guessed')
  t.strictSame([batchNamed('updates_2026-01').title, batchNamed('my').title],
    ['国家医保局2026-01知识点更新', 'my'])
  t.end()
})

t.test('every code of a point is a row that names its batch, file and number', (t) => {
  const dir = listFolder(t, [
    sexPoint('甲', '男', 'batch_01', 'X12345 X12346', '7'),
    '药品没有的规则,乙,,,batch_01,,乙.xlsx,1,X12345',
    '手术项目未按规定折价收费,丙,胃肠手术组,,batch_02,,丙.xlsx,1,001234567890123',
    '手术项目未按规定折价收费,丙,肝胆手术组,,batch_02,,丙.xlsx,2,001234567890123',
    '手术项目未按规定折价收费,丁,,,batch_02,,丙.xlsx,3,001234567890124',
  ])
  const read = built(['knowledge_points.csv', 'knowledge_point_codes.csv'].map((name) =>
    ({ name, text: readFileSync(join(dir, name), 'utf8') })))
  t.strictSame(tableOf(read, 'batch_01', 'drug-sex'), [
    'code,name,sex,point,valid_from,valid_to,region,source',
    'X12345,甲,男,甲,2025-05-23,,,国家医保局第1批知识点（batch_01）《甲.xlsx》第7号',
    'X12346,甲,男,甲,2025-05-23,,,国家医保局第1批知识点（batch_01）《甲.xlsx》第7号',
  ])
  t.strictSame(tableOf(read, 'batch_02', 'surgery-discount')[1],
    '001234567890123,丙,胃肠手术组|肝胆手术组,,,2025-07-22,,,'
    + '国家医保局第2批知识点（batch_02）《丙.xlsx》第1号、第2号', 'groups of one code are one row')
  t.strictSame(read.leftOut, [
    { path: 'knowledge_points.csv', reason: '不认识规则“药品没有的规则”：1 个知识点未导入' },
  ])
  t.strictSame(read.batches[1]!.sources[0]!.left_out, ['3 丁：没有手术组'])
  t.end()
})

t.test('what cannot be read is left out with the reason, never guessed', (t) => {
  const list = (rule: string, name: string, text: string, codes: string) =>
    `${rule},${name},${text},,batch_01,,甲.xlsx,1,${codes}`
  const dir = listFolder(t, [
    list('药品区分性别使用', '甲', '感冒', 'X12345'),
    list('药品限医疗机构级别', '乙', '限医院', 'X12345'),
    list('药品限就医方式', '丙', '居家', 'X12345'),
    list('药品限支付疗程', '丁', '若干', 'X12345'),
    list('医疗服务项目限支付疗程', '戊', '若干', '001234567890123'),
    list('医疗服务项目限定频次', '己', '日', '001234567890123'),
    list('医疗服务项目周期超频次', '庚', '', '001234567890123'),
    list('医疗服务项目重复收费', '辛×壬', '', '001234567890123 001234567890124'),
    list('药品限工伤保险', '癸', '', '1234567890123'),
    list('药品限工伤保险', '子', '', 'X12345'),
    list('药品限工伤保险', '丑', '', 'X12345'),
    list('药品限适应症', '寅', '', 'X12345'),
    list('药品限工伤保险', '卯', '', 'X12347').replace(',1,X', ',,X'),
  ])
  const { batches } = built(['knowledge_points.csv', 'knowledge_point_codes.csv'].map((name) =>
    ({ name, text: readFileSync(join(dir, name), 'utf8') })))
  t.strictSame(batches.flatMap(({ sources }) => sources.flatMap((one) => one.left_out)), [
    '1 甲：没有限定性别，文字里也看不出', '1 乙：看不出限定的机构级别', '1 丙：看不出限定的就医方式',
    '1 丁：看不出疗程天数', '1 戊：看不出疗程天数', '1 己：没有单日上限数量', '1 庚：没有频次上限或周期',
    '1 辛×壬：时间区间“”读不懂', '1 癸：编码读不懂：1234567890123', '1 丑：X12345 重复，以先出现的为准',
    '1 寅：没有限定内容',
  ])
  t.match(batches[0]!.tables.map(({ csv }) => csv).join(''), /X12347,卯,.*《甲.xlsx》\n/, 'a point without a number has none')
  t.end()
})

t.test('the tidy folder alone is a list of batches too', (t) => {
  const read = built([
    { name: 'drug_sex.csv', text: 'drug_name,description,limit_value\n甲,"理气, 暖宫",女\n乙,x,都\n' },
    { name: 'drug_sex_codes.csv', text: 'drug_name,nhsa_code\n甲,X12345\n甲,X12346\n乙,X12347\n' },
    { name: 'drug_insurance_type.csv', text: 'drug_name,description,limit_value\n甲,,工伤\n乙,,商保\n' },
    { name: 'drug_insurance_type_codes.csv', text: 'drug_name,nhsa_code\n甲,X12345\n' },
    { name: 'drug_age.csv', text: 'drug_name,description\n甲,限儿童。\n乙,用于小儿\n' },
    { name: 'drug_pay_course.csv', text: 'drug_name,description,limit_value\n甲,支付不超过一年,365天\n丙,不超过7天,7天\n' },
    { name: 'drug_pay_course_codes.csv', text: 'drug_name,nhsa_code\n甲,X12345\n' },
    {
      name: 'item_duplicate_charge.csv',
      text: 'seq,frequency,main_item_name,main_item_code,sub_item_name,sub_item_code,remark\n'
        + '1,单日,甲,001234567890123,乙,001234567890124,含\n2,单月,甲,001234567890123,丙,001234567890125,含\n',
    },
  ])
  t.match(tableOf(read, 'batch_01', 'drug-sex').slice(1), [/^X12345,甲,女/, /^X12346,甲,女/])
  t.match(tableOf(read, 'batch_03', 'drug-work-injury').slice(1), [/^X12345,甲/])
  t.match(tableOf(read, 'batch_06', 'drug-course-span').slice(1), [/^X12345,甲,365,span,episode/])
  t.match(tableOf(read, 'batch_07', 'service-exclusive').slice(1),
    [/^001234567890123,甲,001234567890124,乙,same-day/])
  t.strictSame(read.leftOut, [
    { path: 'drug_age.csv', reason: '没有 drug_age_codes.csv，知识点没有编码' },
    { path: 'drug_insurance_type.csv:3', reason: '“商保”读不懂' },
  ])
  t.strictSame(read.batches.flatMap(({ sources }) => sources.flatMap((one) => one.left_out)),
    ['2 乙：限定性别“都”不是男或女', '2 丙：没有国家编码', '2 甲：时间区间“单月”读不懂'])
  const none = readNationalCsv([{ name: 'knowledge_points.csv', text: 'kp_no\n' }])
  t.strictSame(none.leftOut.map(({ reason }) => reason), ['没有 knowledge_point_codes.csv，知识点没有编码'])
  t.end()
})

const pointRow = (...cells: string[]) => ({ number: 1, cells })

t.test('a name that tidy/ has twice tells a point nothing', (t) => {
  const { batches } = built([
    { name: 'knowledge_points.csv', text: `${pointHeader}\nk0,手术项目未按规定折价收费,甲,肝胆手术组,,batch_02,,,1\n` },
    { name: 'knowledge_point_codes.csv', text: 'kp_no,nhsa_code\nk0,001234567890123\n' },
    {
      name: 'surgery_same_incision_discount.csv',
      text: 'item_name,nhsa_code,limit_value\n甲,001234567890123,胃肠手术组\n甲,001234567890123,肝胆手术组\n',
    },
  ])
  t.match(batches[0]!.tables[0]!.csv, /甲,肝胆手术组,/)
  t.end()
})

t.test('a sheet is read from wherever its header stands; totals and footnotes are no points', (t) => {
  const leftOut: LeftOut[] = []
  const read = readSheets('第一批-1.xlsx', [{
    name: '明细',
    rows: [
      { number: 2, cells: ['“医疗服务项目重复收费”规则对应知识点明细'] },
      { number: 5, cells: ['', '序号', '时间区间', '项目A', '', '', '项目B'] },
      { number: 6, cells: ['', '', '', '名称', '', '编码', '名称', '编码'] },
      { number: 7, cells: ['', '1', '单日', '甲', '', '001234567890123', '乙', '001234567890124'] },
      { number: 8, cells: ['', '2', '单日', '', '', '', '丙', '001234567890125'] },
      { number: 9, cells: ['', '合计', '2'] },
      { number: 10, cells: ['说明：同一次就诊'] },
    ],
  }], leftOut)
  t.strictSame(read.map(({ rule, points }) => [rule, points]), [['医疗服务项目重复收费', [
    {
      number: '1', name: '甲×乙', codes: ['001234567890123', '001234567890124'],
      given: { window: '单日', name_a: '甲', name_b: '乙' },
    },
    {
      number: '2', name: '甲×丙', codes: ['001234567890123', '001234567890125'],
      given: { window: '单日', name_b: '丙', name_a: '甲' },
    },
  ]]])
  t.strictSame(leftOut, [])
  t.end()
})

t.test('codes go to their point by its number; what does not fit is told', (t) => {
  const leftOut: LeftOut[] = []
  const read = readSheets('“药品限工伤保险”.xlsx', [
    {
      name: '明细',
      rows: [
        { number: 1, cells: ['序号', '药品通用名', '知识点对应药品代码数量'] },
        { number: 2, cells: ['1', '甲', '2'] }, { number: 3, cells: ['2', '乙', '2'] },
        { number: 4, cells: ['2', '丙', '1'] },
      ],
    },
    {
      name: '代码',
      rows: [
        { number: 1, cells: ['对应知识点序号', '药品通用名', '药品代码'] },
        { number: 2, cells: ['', '', 'X00001'] }, { number: 3, cells: ['1', '甲', 'X12345'] },
        { number: 4, cells: ['', '', 'X12346'] }, { number: 5, cells: ['2', '乙', 'X12347'] },
        { number: 6, cells: ['3', '丁', 'X12348'] }, { number: 7, cells: ['3', '丁'] },
        { number: 8, cells: ['合计', '', '5'] },
      ],
    },
    { name: '空', rows: [pointRow('序号', '别的')] },
  ], leftOut)
  t.strictSame(read[0]!.points.map(({ name, codes }) => [name, ...codes]),
    [['甲', 'X12345', 'X12346'], ['乙', 'X12347'], ['丙', 'X12347']])
  t.strictSame(leftOut.map(({ path, reason }) => `${path} ${reason}`), [
    '“药品限工伤保险”.xlsx:代码!2 X00001 之前没有知识点序号',
    '“药品限工伤保险”.xlsx:明细!3 乙 写明 2 个代码，实有 1 个',
    '“药品限工伤保险”.xlsx:明细!4 序号 2 重复',
    '“药品限工伤保险”.xlsx:明细 代码表里的序号 3 没有知识点',
  ])
  t.end()
})

t.test('the content tells the rule when names were swapped; an unknown one is skipped by name', (t) => {
  const sheet = (title: string, logic: string) => [{
    name: 'Sheet1',
    rows: [pointRow(title), pointRow('序号', '中药饮片名称', '检出逻辑', '代码'),
      pointRow('1', '甲', logic, 'T12345')],
  }]
  const alone = '第十一批“中药饮片单方使用不予支付”.xlsx'
  const rule = (file: string, title: string, logic: string) => {
    const leftOut: LeftOut[] = []
    return readSheets(file, sheet(title, logic), leftOut)[0]?.rule ?? leftOut[0]!.reason
  }
  t.equal(rule(alone, '', '不得纳入基金支付范围的中药饮片'), '中药饮片单复方均不予支付')
  t.equal(rule(alone, '', ''), '中药饮片单方使用不予支付')
  t.equal(rule(alone, '“中药饮片单复方均不予支付”规则', ''), '中药饮片单复方均不予支付', 'the title wins')
  t.match(rule('药品什么.xlsx', '', '不得纳入基金支付范围'), /没有认识的规则名称，跳过/)
  t.match(rule(alone, '', '参保人年龄超出儿童年龄限制'), /没有认识的规则名称，跳过/, 'of several')
  const leftOut: LeftOut[] = []
  t.strictSame(readSheets('甲.xlsx', [{ name: 's', rows: [pointRow('x')] }], leftOut), [])
  t.match(leftOut, [{ reason: /找不到知识点表头/ }])
  t.end()
})

t.test('a second header row may be shorter than the first', (t) => {
  const { points } = readSheets('“医疗服务项目重复收费”.xlsx', [{
    name: '明细',
    rows: [
      pointRow('序号', '项目A', '', '项目B', '', '时间区间'), pointRow('', '名称', '编码', '名称', '编码'),
      pointRow('1', '甲', '001234567890123', '乙', '001234567890124', '单日'),
    ],
  }], [])[0]!
  t.strictSame(points, [{
    number: '1', name: '甲×乙', codes: ['001234567890123', '001234567890124'],
    given: { window: '单日', name_a: '甲', name_b: '乙' },
  }])
  t.end()
})

t.test('a rule has one list, and a table one rule', (t) => {
  const tables = lists.flatMap((list) => list.tables.map(({ table }) => table))
  t.strictSame(new Set(lists.map(({ rule }) => rule)).size, lists.length)
  t.strictSame(new Set(tables).size, tables.length)
  t.end()
})
