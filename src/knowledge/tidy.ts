// The tidy/ folder of the public lists: batches 1 to 8 with their limits in columns of their own. Which
// file is which rule's, and what its columns are called.
import type { Given, LeftOut, Point } from './point.js'

type Row = Readonly<Record<string, string>>
export interface TidyList {
  readonly file: string
  readonly rule: string
  readonly batch: string
  readonly points: readonly Point[]
}

interface TidyFile {
  readonly file: string
  readonly batch: string
  /** Lists of drugs have their codes in a second file, by the drug's name. */
  readonly codesFile?: string
  readonly rule: (row: Row) => string | undefined
  readonly given: (row: Row) => Given
}

function drugs(file: string, batch: number, rest: Pick<TidyFile, 'rule' | 'given'>): TidyFile {
  return { file: `${file}.csv`, codesFile: `${file}_codes.csv`, batch: `batch_0${batch}`, ...rest }
}

function services(
  file: string, batch: number, rule: string, given: (row: Row) => Given,
): TidyFile {
  return { file: `${file}.csv`, batch: `batch_0${batch}`, rule: () => rule, given }
}

const only = (rule: string) => () => rule
const limitOf = ({ limit_value: value = '' }: Row): string => value
const described = ({ description: text = '' }: Row): Given => ({ text })
const remarked = ({ remark: text = '' }: Row): Given => ({ text })

const files: readonly TidyFile[] = [
  drugs('drug_sex', 1, {
    rule: only('药品区分性别使用'), given: (row) => ({ ...described(row), sex: limitOf(row) }),
  }),
  services('item_sex', 1, '医疗服务项目区分性别使用', (row) =>
    ({ ...described(row), sex: limitOf(row) })),
  drugs('drug_age', 1, { // payment limits begin with 限; the others are labels of children's drugs
    rule: ({ description = '' }) => (description.startsWith('限') ? '药品限儿童使用' : '药品儿童专用'),
    given: described,
  }),
  services('item_age_child', 1, '医疗服务项目儿童专用', () => ({})),
  services('surgery_same_incision_discount', 2, '手术项目未按规定折价收费', (row) =>
    ({ group: limitOf(row) })),
  drugs('drug_insurance_type', 3, {
    rule: (row) => ({ 工伤: '药品限工伤保险', 生育: '药品限生育保险' })[limitOf(row)],
    given: described,
  }),
  drugs('drug_visit_type', 4, {
    rule: only('药品限就医方式'), given: (row) => ({ ...described(row), visit: limitOf(row) }),
  }),
  drugs('drug_hospital_level', 5, {
    rule: only('药品限医疗机构级别'), given: (row) => ({ ...described(row), level: limitOf(row) }),
  }),
  drugs('drug_pay_course', 6, {
    rule: only('药品限支付疗程'),
    given: (row) => ({
      ...described(row), course: limitOf(row),
      logic: limitOf(row) === '365天' ? '连续时间跨度超过限制天数' : '使用药品的日期总计超过限制天数',
    }),
  }),
  services('item_duplicate_charge', 7, '医疗服务项目重复收费', ({
    remark: text = '', frequency: window = '', main_item_name: name_a = '', sub_item_name: name_b = '',
  }) => ({ text, window, name_a, name_b })),
  services('item_daily_frequency', 8, '医疗服务项目限定频次', ({
    max_quantity: daily_max = '', quantity_unit: unit = '',
  }) => ({ daily_max, unit })),
  services('item_age_work', 8, '医疗服务项目限年龄', remarked),
  services('item_pay_course', 8, '医疗服务项目限支付疗程', remarked),
  services('item_cycle_frequency', 8, '医疗服务项目周期超频次', ({
    remark: text = '', max_count: units_max = '', cycle_days: window_days = '',
  }) => ({ text, units_max, window_days })),
]

export const tidyFiles: ReadonlySet<string> = new Set(files.flatMap(({ file, codesFile }) =>
  (codesFile === undefined ? [file] : [file, codesFile])))

/** The lists of the files that are there, by rule. */
export function tidyLists(rows: ReadonlyMap<string, readonly Row[]>, leftOut: LeftOut[]): TidyList[] {
  return files.flatMap((tidy) => {
    const { file, codesFile = file, batch } = tidy
    const main = rows.get(file)
    const codes = rows.get(codesFile)
    if (main === undefined) return []
    if (codes === undefined) {
      leftOut.push({ path: file, reason: `没有 ${codesFile}，知识点没有编码` })
      return []
    }
    return [...pointsByRule(tidy, main, { codes, leftOut })].map(([rule, points]) =>
      ({ file, rule, batch, points }))
  })
}

function pointsByRule(
  { file, codesFile, rule, given }: TidyFile, main: readonly Row[],
  { codes, leftOut }: { codes: readonly Row[], leftOut: LeftOut[] },
): Map<string, Point[]> {
  const codesOf = new Map<string, string[]>()
  if (codesFile !== undefined) {
    for (const { drug_name: name = '', nhsa_code: code = '' } of codes) {
      codesOf.set(name, [...codesOf.get(name) ?? [], code])
    }
  }
  const byRule = new Map<string, Point[]>()
  for (const [index, row] of main.entries()) {
    const official = rule(row)
    if (official === undefined) {
      leftOut.push({ path: `${file}:${index + 2}`, reason: `“${limitOf(row)}”读不懂` })
      continue
    }
    const { main_item_name: main = '', item_name: item = main, drug_name: name = item } = row
    const own = [row['nhsa_code'], row['main_item_code'], row['sub_item_code']]
      .filter((code) => code !== undefined && code !== '')
    const points = byRule.get(official) ?? []
    byRule.set(official, points)
    const listed = codesFile === undefined ? own as string[] : codesOf.get(name) ?? []
    points.push({ number: row['seq'] ?? String(index + 1), name, codes: listed, given: given(row) })
  }
  return byRule
}
