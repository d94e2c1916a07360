// The published lists as tables of ours: every row accounted for, and the rule book takes them.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { checks } from '../src/checks/registry.js'
import { readRulesFolders } from '../src/files/rules-folder.js'
import { childAges, courseDays } from '../src/knowledge/conversions.js'
import { convertTidy } from '../src/knowledge/convert.js'
import type { Converted, TidyText } from '../src/knowledge/convert.js'
import { compile } from '../src/rulebook/compile.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const lists = join(root, '../shared/data/nhsa-two-libraries')

function csvOf({ tables }: Converted, name: string): string[] {
  return tables.find((table) => table.name === name)?.csv.trimEnd().split('\n') ?? []
}

const sexList: TidyText[] = [
  {
    name: 'drug_sex.csv',
    text: 'drug_name,description,limit_type,limit_value\n'
      + '甲,"理气, 暖宫",限定性别对象,女\n乙,限前列腺癌,限定性别对象,男\n丙,不明,限定性别对象,都\n丁,无码,限定性别对象,男\n',
  },
  {
    name: 'drug_sex_codes.csv',
    text: 'drug_name,seq,nhsa_code,limit_type\n甲,1,Z1,x\n甲,2,Z2,x\n乙,1,X1,x\n乙,2,X1,x\n丙,1,X9,x\n',
  },
]
const revision: TidyText[] = [
  {
    name: 'knowledge_points.csv',
    text: 'kp_no,rule_class,item_name,batch_tag\n'
      + 'a,药品区分性别使用,甲,updates_2026-01\nb,药品区分性别使用,戊,updates_2026-01\nc,药品区分性别使用,乙,batch_01\n',
  },
  { name: 'knowledge_point_codes.csv', text: 'kp_no,seq,nhsa_code\na,1,Z1\na,2,Z3\nb,1,X5\nc,1,X1\n' },
]

t.test('a list becomes a table: every code of a drug is a row with the drug’s limit', (t) => {
  t.strictSame(csvOf(convertTidy([...sexList, ...revision]), 'drug-sex'), [
    'code,name,sex,valid_from,valid_to,source',
    'Z1,甲,女,,,国家医保局第1批知识点',
    'Z2,甲,女,,2026-01-28,国家医保局第1批知识点',
    'Z3,甲,女,2026-01-28,,国家医保局第1批知识点',
    'X1,乙,男,,2026-01-28,国家医保局第1批知识点',
  ])
  t.end()
})

t.test('what becomes no row is told, with its line and the reason', (t) => {
  const { leftOut } = convertTidy([...sexList, ...revision, { name: 'other.csv', text: 'a\n1\n' }])
  const about = leftOut.filter(({ reason }) => !reason.startsWith('没有这个文件'))
  t.strictSame(about, [
    { path: 'drug_sex.csv:4', reason: '限定性别“都”不是男或女' },
    { path: 'drug_sex.csv:5', reason: '没有国家编码' },
    { path: 'knowledge_points.csv', reason: 'drug-sex：修订新增 戊，没有它的分列限定' },
    { path: 'other.csv', reason: '没有对应的知识表' },
  ])
  t.ok(leftOut.some(({ path }) => path === 'drug_pay_course_codes.csv'))
  t.end()
})

t.test('without the revision, the lists it replaced end where it begins', (t) => {
  const converted = convertTidy(sexList)
  t.ok(csvOf(converted, 'drug-sex').slice(1).every((line) => line.includes(',2026-01-28,')))
  t.match(converted.leftOut[0], { path: 'knowledge_points.csv', reason: /只到 2026-01-28/ })
  t.end()
})

t.test('a row that cannot be read is left out, never guessed', (t) => {
  const texts: TidyText[] = [
    { name: 'item_duplicate_charge.csv', text: 'frequency,main_item_name,main_item_code,sub_item_name,sub_item_code\n单日,甲,001,乙,002\n单日,甲,001,乙,002\n单月,甲,001,丙,003\n' },
    { name: 'item_pay_course.csv', text: 'seq,item_name,remark,nhsa_code\n1,甲,支付不超过一年。,001\n2,乙,按需,002\n' },
    { name: 'item_sex.csv', text: 'item_name,nhsa_code,limit_value\n甲,001,中\n' },
    { name: 'drug_hospital_level.csv', text: 'drug_name,description,limit_value\n甲,x,四级\n' },
    { name: 'drug_hospital_level_codes.csv', text: 'drug_name,nhsa_code\n甲,Z1\n' },
    { name: 'drug_visit_type.csv', text: 'drug_name,description,limit_value\n甲,x,居家\n乙,限急诊或住院患者。,住院\n' },
    { name: 'drug_visit_type_codes.csv', text: 'drug_name,nhsa_code\n甲,Z1\n乙,Z2\n' },
    { name: 'drug_pay_course.csv', text: 'drug_name,description,limit_value\n甲,x,若干\n' },
    { name: 'drug_pay_course_codes.csv', text: 'drug_name,nhsa_code\n甲,Z1\n' },
  ]
  const converted = convertTidy(texts)
  const told = converted.leftOut.filter(({ path }) => path.includes(':')).map(({ path }) => path)
  t.strictSame(told.sort(), [
    'drug_hospital_level.csv:2', 'drug_pay_course.csv:2', 'drug_visit_type.csv:2',
    'item_duplicate_charge.csv:3', 'item_duplicate_charge.csv:4', 'item_pay_course.csv:3',
    'item_sex.csv:2',
  ])
  t.match(csvOf(converted, 'drug-visit-type')[1], /^Z2,乙,急诊或住院,/)
  t.match(csvOf(converted, 'service-course')[1], /^001,甲,365,/)
  t.strictSame(csvOf(converted, 'service-exclusive')[1], '001,甲,002,乙,same-day,国家医保局第7批知识点')
  t.end()
})

t.test('ages and days are read out of the words of the lists', (t) => {
  t.strictSame(childAges('限2岁至11岁儿童慢性便秘。'), { min: '2', max: '11', unit: '岁' })
  t.strictSame(childAges('限3-12岁特发性高压患者。'), { min: '3', max: '12', unit: '岁' })
  t.strictSame(childAges('限5至12岁以下流感儿童患者。'), { min: '5', max: '11', unit: '岁' })
  t.strictSame(childAges('限3岁及3岁以上伴有症状的儿童患者。'), { min: '3', max: '17', unit: '岁' })
  t.strictSame(childAges('限儿童。'), { min: '', max: '17', unit: '岁' })
  t.equal(courseDays('单次住院最多支付14天。'), '14')
  t.equal(courseDays('支付不超过一年，每周最多支付一次。'), '365')
  t.equal(courseDays('x'), undefined)
  t.end()
})

if (existsSync(lists)) {
  const texts = [
    ...readdirSync(join(lists, 'tidy')).map((name) => join(lists, 'tidy', name)),
    join(lists, 'knowledge_points.csv'), join(lists, 'knowledge_point_codes.csv.gz'),
  ].map((path): TidyText => {
    const bytes = readFileSync(path)
    const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
    return { name: path.slice(path.lastIndexOf('/') + 1).replace(/\.gz$/, ''), text }
  })
  const converted = convertTidy(texts)

  t.test('of the real lists no file is left out, and the numbers are the published ones', (t) => {
    const rows = Object.fromEntries(converted.tables.map(({ name, rowCount }) => [name, rowCount]))
    t.match(rows, {
      'service-exclusive': 900, 'service-daily': 67, 'service-period': 14, 'service-course': 11,
      'service-sex': 390, 'service-child-only': 30, 'service-age': 1,
    })
    t.strictSame(converted.leftOut.filter(({ reason }) => /没有这个文件|没有对应/.test(reason)), [])
    t.end()
  })

  t.test('the rule book takes them beside its own rows', async (t) => {
    const rules = await readRulesFolders({ rulesDir: join(root, 'rules') })
    const knowledge = converted.tables.map(({ name, csv }) =>
      ({ path: `knowledge/${name}.csv`, text: csv }))
    const compiled = compile([...rules, ...knowledge], checks)
    t.strictSame(compiled.ok ? [] : compiled.mistakes, [])
    t.ok(compiled.ok && compiled.book.tableRowCount > 15_000)
  })
}
