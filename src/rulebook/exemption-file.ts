// Exemptions as policy staff write them: tables/exemptions.csv, one row each: for whom, from which rule,
// why, by whose decision, until when. Reading and checking only; exemptions.ts looks them up.
import { parse } from 'csv-parse/sync'
import { parseDay } from './dates.js'
import type { Mistake, RuleText } from './mistake.js'

/** One exemption. Of the five that say for whom, '' is anybody; those that are given must all fit. */
export interface Exemption {
  readonly rule: string
  readonly institution: string
  readonly doctor: string
  readonly patient: string
  readonly visit: string
  readonly settlement: string
  readonly reason: string
  readonly approver: string
  readonly fromDay: number
  /** Exclusive. */
  readonly untilDay: number
}

/** More would be a rule that should be changed instead; as a lookup they are made in a few ms. */
export const exemptionsMax = 10_000
/** An exemption is looked at again at least every second year. */
export const exemptionDaysMax = 731
const cellCharsMax = 500

const who = ['institution', 'doctor', 'patient', 'visit', 'settlement'] as const
const required = ['rule', 'reason', 'approver', 'valid_from', 'expires'] as const
const known: readonly string[] = [...required, ...who]

/** A list of exemptions, in whatever folder; every other CSV is a table. */
export function isExemptionPath(path: string): boolean {
  return /(^|\/)exemptions\.csv$/.test(path)
}

/** Every mistake with its line; rows with one are left out. */
export function readExemptions(
  { path, text }: RuleText, rules: ReadonlySet<string>, mistakes: Mistake[],
): Exemption[] {
  const wrong = (line: number, message: string) => {
    mistakes.push({ code: 'TABLE_INVALID', path: `${path}:${line}`, message })
  }
  const records = parsed(text, wrong)
  if (records === undefined) return []
  const header = records[0]?.cells ?? []
  const before = mistakes.length
  for (const column of required) if (!header.includes(column)) wrong(1, `缺少列 ${column}`)
  for (const [index, column] of header.entries()) {
    if (!known.includes(column)) wrong(1, `没有列 ${column} 的用处`)
    if (header.indexOf(column) !== index) wrong(1, `列 ${column} 重复`)
  }
  if (records.length - 1 > exemptionsMax) wrong(1, `超过 ${exemptionsMax} 行`)
  if (mistakes.length > before) return []
  return records.slice(1).flatMap(({ cells, line }) => {
    const row = Object.fromEntries(header.map((column, index) => [column, cells[index] ?? '']))
    const { exemption, faults } = readRow(row, rules)
    if (cells.length !== header.length) faults.push(`有 ${cells.length} 列，表头有 ${header.length} 列`)
    for (const fault of faults) wrong(line, fault)
    return faults.length === 0 ? [exemption] : []
  })
}

interface CsvRecord {
  readonly cells: readonly string[]
  readonly line: number
}

function parsed(text: string, wrong: (line: number, message: string) => void): CsvRecord[] | undefined {
  try {
    const records: unknown = parse(text, {
      bom: true, trim: true, skip_empty_lines: true, relax_column_count: true, info: true,
    })
    return (records as readonly { record: string[], info: { lines: number } }[])
      .map(({ record, info }) => ({ cells: record, line: info.lines }))
  } catch (error) {
    const { lines = 1, message } = error as { lines?: number, message: string }
    wrong(lines, `CSV 无法读取：${message}`)
    return undefined
  }
}

function readRow(
  row: Readonly<Record<string, string>>, rules: ReadonlySet<string>,
): { exemption: Exemption, faults: string[] } {
  const faults: string[] = []
  const cell = (name: string) => row[name] ?? ''
  const [rule, reason, approver] = [cell('rule'), cell('reason'), cell('approver')]
  const [fromDay, untilDay] = [parseDay(cell('valid_from')), parseDay(cell('expires'))]
  if (!rules.has(rule)) faults.push(`rule：没有规则 ${rule}`)
  if (who.every((name) => cell(name) === '')) faults.push(`${who.join('、')} 至少写一项：豁免谁`)
  if (cell('settlement') !== '' && cell('institution') === '') {
    faults.push('settlement：要同时写 institution（结算单号只在一家机构内唯一）')
  }
  if (!/^([A-Za-z0-9_-]{8,64})?$/.test(cell('patient'))) faults.push('patient：不是参保人键')
  if (reason === '') faults.push('reason 不能为空：写明为什么豁免')
  if (approver === '') faults.push('approver 不能为空：写明谁批准的')
  if (fromDay === undefined) faults.push('valid_from 不是日期 YYYY-MM-DD')
  if (untilDay === undefined) faults.push('expires 不是日期 YYYY-MM-DD：豁免必须有到期日')
  if (fromDay !== undefined && untilDay !== undefined) {
    if (fromDay >= untilDay) faults.push('valid_from 不早于 expires（expires 当日不含）')
    if (untilDay - fromDay > exemptionDaysMax) faults.push(`期限超过 ${exemptionDaysMax} 天：到期再批`)
  }
  if (Object.values(row).some((one) => one.length > cellCharsMax)) {
    faults.push(`某格超过 ${cellCharsMax} 个字`)
  }
  const exemption = {
    rule, reason, approver, fromDay: fromDay ?? 0, untilDay: untilDay ?? 0,
    institution: cell('institution'), doctor: cell('doctor'), patient: cell('patient'),
    visit: cell('visit'), settlement: cell('settlement'),
  }
  return { exemption, faults }
}
