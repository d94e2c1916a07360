// How each published list becomes a table of ours: which file, which columns, which rows. The numbers
// of a table's columns stand in the list, in Chinese; what a text does not tell is not made up.

export type Cells = Readonly<Record<string, string>>

export interface Conversion {
  /** Our table's name: rows replace those of rules/tables with the same key. */
  readonly table: string
  readonly file: string
  /** Lists of drugs have their codes in a second file, by the drug's name. */
  readonly codesFile?: string
  readonly header: readonly string[]
  /** Columns that tell rows apart. */
  readonly keys: readonly string[]
  readonly source: string
  /** Rule class in the revision of 2026-01-28, for lists that it replaced. */
  readonly revisedClass?: string
  /**
   * Columns of a row; a text: why the row is left out; undefined: the row belongs to another table of
   * the same file.
   */
  readonly columns: (cells: Cells) => Cells | string | undefined
}

const batch = (number: number) => `国家医保局第${number}批知识点`
const childMax = '17'

type Given = Omit<Conversion, 'file' | 'codesFile' | 'header' | 'keys'>

function drugs(name: string, rest: Given, own: readonly string[]): Conversion {
  return {
    ...rest,
    file: `${name}.csv`,
    codesFile: `${name}_codes.csv`,
    header: ['code', 'name', ...own, 'valid_from', 'valid_to', 'source'],
    keys: ['code'],
  }
}

function services(name: string, rest: Given, own: readonly string[]): Conversion {
  return {
    ...rest, file: `${name}.csv`, header: ['code', 'name', ...own, 'source'], keys: ['code'],
  }
}

function sexColumns({ limit_value: sex = '' }: Cells): Cells | string {
  return sex === '男' || sex === '女' ? { sex } : `限定性别“${sex}”不是男或女`
}

/** Payment limits begin with 限; the others are labels of drugs made for children. */
const isPaymentLimit = ({ description = '' }: Cells): boolean => description.startsWith('限')

/** 2岁至11岁, 3-12岁, 5至12岁以下, 3岁及3岁以上; otherwise every child. */
export function childAges(text: string): Cells {
  const below = /(\d+)\s*岁?\s*[至~-]\s*(\d+)\s*岁(以下)?/.exec(text)
  if (below !== null) {
    const [, min = '', max = '', isBelow] = below
    return { min, max: isBelow === undefined ? max : `${Number(max) - 1}`, unit: '岁' }
  }
  const [, min = ''] = /(\d+)岁及\d*岁?以上/.exec(text) ?? []
  return { min, max: childMax, unit: '岁' }
}

function levelColumns({ limit_value: level = '' }: Cells): Cells | string {
  const places: Readonly<Record<string, string>> = { 一级: '1', 二级: '2', 三级: '3' }
  return places[level] === undefined ? `级别“${level}”读不懂` : { min_level: places[level] }
}

function visitColumns({ limit_value: value = '', description = '' }: Cells): Cells | string {
  if (value !== '住院') return `就医方式“${value}”读不懂`
  return { allowed: /急诊.{0,2}住院/.test(description) ? '急诊或住院' : '住院' }
}

/** 14天, 一个疾病过程支付不超过90天, 支付不超过一年 */
export function courseDays(text: string): string | undefined {
  if (text.includes('一年')) return '365'
  return /(\d+)天/.exec(text)?.[1]
}

/** One drug, paid for a year, counts the span from its first use; the others count days of use. */
const isSpan = ({ limit_value: value }: Cells): boolean => value === '365天'

export const conversions: readonly Conversion[] = [
  drugs('drug_sex', {
    table: 'drug-sex', source: batch(1), revisedClass: '药品区分性别使用', columns: sexColumns,
  }, ['sex']),
  services('item_sex', {
    table: 'service-sex', source: batch(1), columns: sexColumns,
  }, ['sex']),
  drugs('drug_age', {
    table: 'drug-child-only', source: batch(1), revisedClass: '药品儿童专用',
    columns: (cells) => (isPaymentLimit(cells) ? undefined : { min: '', max: childMax, unit: '岁' }),
  }, ['min', 'max', 'unit']),
  drugs('drug_age', {
    table: 'drug-child-pay', source: batch(1), revisedClass: '药品限儿童使用',
    columns: (cells) => (isPaymentLimit(cells) ? childAges(cells.description ?? '') : undefined),
  }, ['min', 'max', 'unit']),
  services('item_age_child', {
    table: 'service-child-only', source: batch(1),
    columns: () => ({ min: '', max: childMax, unit: '岁' }),
  }, ['min', 'max', 'unit']),
  services('item_age_child', {
    table: 'service-newborn', source: `${batch(1)}（新生儿专用项目）`,
    columns: ({ limit_value: value }) =>
      (value === '新生儿' ? { min: '', max: '28', unit: '天' } : undefined),
  }, ['min', 'max', 'unit']),
  services('item_age_work', {
    table: 'service-age', source: batch(8), columns: () => ({ min: '16', max: '60', unit: '岁' }),
  }, ['min', 'max', 'unit']),
  drugs('drug_insurance_type', {
    table: 'drug-work-injury', source: batch(3), revisedClass: '药品限工伤保险',
    columns: ({ limit_value: value }) => (value === '工伤' ? {} : undefined),
  }, []),
  drugs('drug_insurance_type', {
    table: 'drug-maternity', source: batch(3), revisedClass: '药品限生育保险',
    columns: ({ limit_value: value }) => (value === '生育' ? {} : undefined),
  }, []),
  drugs('drug_visit_type', {
    table: 'drug-visit-type', source: batch(4), revisedClass: '药品限就医方式', columns: visitColumns,
  }, ['allowed']),
  drugs('drug_hospital_level', {
    table: 'drug-level', source: batch(5), revisedClass: '药品限医疗机构级别', columns: levelColumns,
  }, ['min_level']),
  services('surgery_same_incision_discount', {
    table: 'surgery-discount', source: batch(2),
    columns: ({ limit_value: group = '' }) => ({ group, list_price: '' }),
  }, ['group', 'list_price']),
  drugs('drug_pay_course', {
    table: 'drug-course', source: batch(6), revisedClass: '药品限支付疗程',
    columns: (cells) => (isSpan(cells) ? undefined : drugCourseColumns(cells)),
  }, ['point', 'days_max', 'mode', 'scope']),
  drugs('drug_pay_course', {
    table: 'drug-course-span', source: batch(6), revisedClass: '药品限支付疗程',
    columns: (cells) => (isSpan(cells) ? drugCourseColumns(cells) : undefined),
  }, ['point', 'days_max', 'mode', 'scope']),
  services('item_pay_course', {
    table: 'service-course', source: batch(8),
    columns: ({ remark = '' }) => {
      const days = courseDays(remark)
      if (days === undefined) return `疗程“${remark}”读不懂`
      return { days_max: days, mode: 'distinct-days', scope: 'episode' }
    },
  }, ['days_max', 'mode', 'scope']),
  services('item_daily_frequency', {
    table: 'service-daily', source: batch(8),
    columns: ({ max_quantity: max = '', quantity_unit: unit = '' }) =>
      ({ units_max: max, unit: unit === '天' ? '日' : unit }),
  }, ['units_max', 'unit']),
  services('item_daily_frequency', {
    table: 'service-hourly', source: batch(8),
    columns: ({ quantity_unit: unit }) => (unit === '小时' ? { units_max: '1' } : undefined),
  }, ['units_max']),
  services('item_cycle_frequency', {
    table: 'service-period', source: batch(8),
    columns: ({ max_count: max = '', cycle_days: days = '' }) => ({ units_max: max, window_days: days }),
  }, ['units_max', 'window_days']),
  {
    table: 'service-exclusive',
    file: 'item_duplicate_charge.csv',
    header: ['code', 'name', 'code_b', 'name_b', 'window', 'source'],
    keys: ['code', 'code_b'],
    source: batch(7),
    columns: pairColumns,
  },
]

/** The text of the limit wins: one row's own number differs from it. All packs of a drug are one point. */
function drugCourseColumns(cells: Cells): Cells | string {
  const { limit_value: value = '', description = '', drug_name: point = '' } = cells
  const days = courseDays(description) ?? courseDays(value)
  if (days === undefined) return `疗程“${value}”读不懂`
  return {
    point,
    days_max: days,
    mode: isSpan(cells) ? 'span' : 'distinct-days',
    scope: description.includes('单次住院') ? 'stay' : 'episode',
  }
}

const windows: Readonly<Record<string, string>> = {
  单日: 'same-day', 单次就诊: 'same-visit', '6小时': 'six-hours', 同一小时: 'same-hour',
}

function pairColumns(cells: Cells): Cells | string {
  const { frequency = '', main_item_code: code = '', sub_item_code: other = '' } = cells
  const window = windows[frequency]
  if (window === undefined) return `时间范围“${frequency}”读不懂`
  return { code, code_b: other, name_b: cells.sub_item_name ?? '', window }
}
