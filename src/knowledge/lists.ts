// How each officially named list becomes rows of a table of ours. One entry for each rule that has a
// public list; a rule is known by its official name and nothing else.
import type { Given, Point } from './point.js'
import { agesIn, childAges, daysIn, levelIn, sexIn, visitIn } from './words.js'

/** Columns of a row; a text: why there is none; undefined: the point belongs to another table. */
export type Columns = Readonly<Record<string, string>> | string | undefined

export interface ListTable {
  readonly table: string
  /** Columns beside those that every table has. */
  readonly own: readonly string[]
  readonly columns: (given: Given, point: Point) => Columns
  /** Rows of one code that differ here are one row with the values joined by `|`. */
  readonly joined?: string
}

export interface List {
  /** Official name of the rule. */
  readonly rule: string
  readonly tables: readonly ListTable[]
  /** 检出逻辑 of the list: tells it from another when a file name says otherwise. */
  readonly logic: RegExp
  /** All packs of a drug are one point; services are points of their own. */
  readonly isDrug: boolean
  /** Two codes a point: the including item and the included one. */
  readonly isPair?: boolean
}

const textOf = ({ text = '' }: Given): string => text
const nothing = () => ({})

function drugs(rule: string, logic: RegExp, tables: readonly ListTable[]): List {
  return { rule, logic, tables, isDrug: true }
}

function services(rule: string, logic: RegExp, tables: readonly ListTable[]): List {
  return { rule, logic, tables, isDrug: false }
}

function sexColumns(given: Given): Columns {
  const sex = given.sex ?? sexIn(textOf(given))
  if (sex === undefined) return '没有限定性别，文字里也看不出'
  return sex === '男' || sex === '女' ? { sex } : `限定性别“${sex}”不是男或女`
}

function levelColumns(given: Given): Columns {
  const level = levelIn(textOf(given)) ?? levelIn(given.level ?? '')
  return level === undefined ? '看不出限定的机构级别' : { min_level: level }
}

function visitColumns(given: Given): Columns {
  const allowed = visitIn(textOf(given)) ?? visitIn(given.visit ?? '')
  return allowed === undefined ? '看不出限定的就医方式' : { allowed }
}

/** One drug, paid for a year, counts the span from its first use; the others count days of use. */
const isSpan = ({ logic = '' }: Given): boolean => logic.includes('连续时间跨度')

/** The limit's own words win over a column: one printed number differs from its text. */
function drugCourse(given: Given): Columns {
  const text = textOf(given)
  const days = daysIn(text) ?? daysIn(given.course ?? '')
  if (days === undefined) return '看不出疗程天数'
  const scope = /单次(住院|最多|支付)/.test(text) ? 'stay' : 'episode'
  return { days_max: days, mode: isSpan(given) ? 'span' : 'distinct-days', scope }
}

function serviceCourse(given: Given): Columns {
  const days = daysIn(textOf(given)) ?? daysIn(given.course ?? '')
  if (days === undefined) return '看不出疗程天数'
  return { days_max: days, mode: 'distinct-days', scope: 'episode' }
}

const windows: Readonly<Record<string, string>> = {
  单日: 'same-day', 同日: 'same-day', 单次就诊: 'same-visit', '6小时': 'six-hours', 同一小时: 'same-hour',
}

function pairColumns({ window = '', name_b: name = '' }: Given): Columns {
  const known = windows[window]
  return known === undefined ? `时间区间“${window}”读不懂` : { window: known, name_b: name }
}

const unitOf = (given: Given): string => given.unit ?? textOf(given)

function dailyColumns(given: Given): Columns {
  const { daily_max: max = '' } = given
  const unit = unitOf(given)
  return max === '' ? '没有单日上限数量' : { units_max: max, unit: unit === '天' ? '日' : unit }
}

function periodColumns({ units_max: max = '', window_days: days = '' }: Given): Columns {
  return max === '' || days === '' ? '没有频次上限或周期' : { units_max: max, window_days: days }
}

const ages = ['min', 'max', 'unit']
const course = ['days_max', 'mode', 'scope']
const limitColumns = (given: Given): Columns =>
  (textOf(given) === '' ? '没有限定内容' : { limit: textOf(given) })

export const lists: readonly List[] = [
  drugs('药品区分性别使用', /限定性别不符/, [
    { table: 'drug-sex', own: ['sex'], columns: sexColumns },
  ]),
  services('医疗服务项目区分性别使用', /限定性别不符/, [
    { table: 'service-sex', own: ['sex'], columns: sexColumns },
  ]),
  drugs('药品儿童专用', /年龄超出儿童/, [
    { table: 'drug-child-only', own: ages, columns: () => ({ ...childAges }) },
  ]),
  drugs('药品限儿童使用', /年龄超出儿童/, [
    { table: 'drug-child-pay', own: ages, columns: (given) => ({ ...agesIn(textOf(given)) }) },
  ]),
  services('医疗服务项目儿童专用', /年龄超出儿童/, [
    { table: 'service-child-only', own: ages, columns: () => ({ ...childAges }) },
    {
      table: 'service-newborn', own: ages,
      columns: (_given, { name }) =>
        (name.includes('新生儿') ? { min: '', max: '28', unit: '天' } : undefined),
    },
  ]),
  services('医疗服务项目限年龄', /法定就业年龄/, [
    { table: 'service-age', own: ages, columns: () => ({ min: '16', max: '60', unit: '岁' }) },
  ]),
  drugs('药品限工伤保险', /非工伤保险/, [{ table: 'drug-work-injury', own: [], columns: nothing }]),
  drugs('药品限生育保险', /非生育保险/, [{ table: 'drug-maternity', own: [], columns: nothing }]),
  drugs('药品限就医方式', /就医方式不符/, [
    { table: 'drug-visit-type', own: ['allowed'], columns: visitColumns },
  ]),
  drugs('药品限医疗机构级别', /机构级别低于/, [
    { table: 'drug-level', own: ['min_level'], columns: levelColumns },
  ]),
  drugs('药品限支付疗程', /使用药品的日期/, [
    {
      table: 'drug-course', own: course,
      columns: (given) => (isSpan(given) ? undefined : drugCourse(given)),
    },
    {
      table: 'drug-course-span', own: course,
      columns: (given) => (isSpan(given) ? drugCourse(given) : undefined),
    },
  ]),
  drugs('药品限二线使用', /一线药品/, [
    { table: 'drug-second-line', own: ['limit'], columns: limitColumns },
  ]),
  drugs('药品限适应症', /限定支付适应症/, [
    { table: 'drug-indication', own: ['limit'], columns: limitColumns },
  ]),
  drugs('超互联网医院药品支付范围', /互联网/, [{ table: 'internet-drug', own: [], columns: nothing }]),
  services('中药饮片单复方均不予支付', /不得纳入基金/, [
    { table: 'herb-never-paid', own: [], columns: nothing },
  ]),
  services('中药饮片单方使用不予支付', /单独使用时/, [
    { table: 'herb-not-alone', own: [], columns: nothing },
  ]),
  services('手术项目未按规定折价收费', /同一切口/, [
    {
      table: 'surgery-discount', own: ['group', 'list_price'], joined: 'group',
      columns: (given) => {
        const group = given.group ?? textOf(given)
        return group === '' ? '没有手术组' : { group, list_price: '' }
      },
    },
  ]),
  services('医疗服务项目限支付疗程', /使用项目的日期/, [
    { table: 'service-course', own: course, columns: serviceCourse },
  ]),
  services('医疗服务项目限定频次', /使用项目的数量/, [
    { table: 'service-daily', own: ['units_max', 'unit'], columns: dailyColumns },
    {
      table: 'service-hourly', own: ['units_max'],
      columns: (given) => (unitOf(given) === '小时' ? { units_max: '1' } : undefined),
    },
  ]),
  services('医疗服务项目周期超频次', /设定的周期内/, [
    { table: 'service-period', own: ['units_max', 'window_days'], columns: periodColumns },
  ]),
  {
    rule: '医疗服务项目重复收费', logic: /项目A和项目B/, isDrug: false, isPair: true,
    tables: [{ table: 'service-exclusive', own: ['code_b', 'name_b', 'window'], columns: pairColumns }],
  },
]

/** Undefined: no list of that name is known, so none is read. */
export function listOf(rule: string): List | undefined {
  return lists.find((list) => list.rule === rule)
}

/** The longest official name in a text: 医疗服务项目限定频次 is not 限定频次 of something else. */
export function ruleIn(text: string): string | undefined {
  const plain = text.replace(/\s/g, '')
  const found = lists.map(({ rule }) => rule).filter((rule) => plain.includes(rule))
  return found.toSorted((a, b) => b.length - a.length)[0]
}

/** Whose 检出逻辑 this is; some lists share one. */
export function rulesOfLogic(logic: string): string[] {
  return lists.filter((list) => list.logic.test(logic)).map(({ rule }) => rule)
}
