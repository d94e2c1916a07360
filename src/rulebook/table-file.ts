// A CSV knowledge table as text: header and rows with their lines, and the columns that every table
// has. What a check makes of its own columns is table-pack.ts's work.
import { parse } from 'csv-parse/sync'
import { DAY_MAX, DAY_MIN, parseDay } from './dates.js'
import { placePattern, rulesLayer } from './layers.js'
import type { Layer } from './layers.js'
import type { Mistake, RuleText } from './mistake.js'

/** Eight times the largest national list with every package size of every drug. */
export const tableRowsMax = 2_000_000
/** Constraint texts of the national knowledge points stay below 2,000 characters. */
export const cellCharsMax = 4_000

export const commonColumns: readonly string[] = [
  'code', 'name', 'point', 'valid_from', 'valid_to', 'region', 'source',
]
const requiredColumns = ['code', 'name', 'source']

export interface TableFile {
  readonly name: string
  readonly path: string
  /** Rows replace rows of a lower rank with the same key. */
  readonly rank: number
  /** Where rows hold that name no region. */
  readonly region: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** `file:line` of a row, or of the header (-1). Slow at first: for mistakes only. */
  at(row: number): string
}

/** One row with the columns that every table has, checked. */
export interface TableRow {
  readonly file: TableFile
  readonly index: number
  readonly cells: readonly string[]
  readonly code: string
  readonly region: string
  fromDay: number
  /** Exclusive. */
  untilDay: number
}

export type AddMistake = (path: string, message: string) => void

/** Table name of a path: tables/drug-sex.csv and knowledge/drug-sex.csv are both drug-sex. */
export function tableName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1, -'.csv'.length)
}

/**
 * Undefined, with its reasons in `mistakes` (TABLE_INVALID): too many rows, no CSV, a column missing or
 * there twice. Cells are read by readRows.
 */
export function readTableFile(
  text: RuleText, mistakes: Mistake[], { rank, region }: Layer = rulesLayer,
): TableFile | undefined {
  const { path } = text
  const add: AddMistake = (where, message) => {
    mistakes.push({ code: 'TABLE_INVALID', path: where, message })
  }
  if (linesAfterFirst(text.text) > tableRowsMax) { // before anything is made of them
    add(`${path}:1`, `超过 ${tableRowsMax} 行`)
    return undefined
  }
  let all: string[][]
  try {
    all = parse(text.text, csvOptions)
  } catch (error) {
    const { lines = 1, message } = error as { lines?: number, message: string }
    add(`${path}:${lines}`, `CSV 无法读取：${message}`)
    return undefined
  }
  const [header = [], ...rows] = all
  const before = mistakes.length
  for (const column of requiredColumns) {
    if (!header.includes(column)) add(`${path}:1`, `缺少列 ${column}`)
  }
  const repeated = header.find((column, index) => header.indexOf(column) !== index)
  if (repeated !== undefined) add(`${path}:1`, `列 ${repeated} 重复`)
  if (mistakes.length > before) return undefined
  const lineOf = lineCounter(text.text)
  return {
    name: tableName(path),
    path,
    rank,
    region,
    header,
    rows,
    at: (row) => `${path}:${lineOf(row + 1)}`,
  }
}

function linesAfterFirst(text: string): number {
  const whole = text.trimEnd()
  let count = 0
  for (let at = whole.indexOf('\n'); at >= 0; at = whole.indexOf('\n', at + 1)) count++
  return count
}

const csvOptions = {
  bom: true, trim: true, skip_empty_lines: true, relax_column_count: true,
} as const

/** Parses again, with positions, once and only when a mistake must be shown. */
function lineCounter(text: string): (record: number) => number {
  let lines: number[] | undefined
  return (record) => {
    if (lines === undefined) {
      const records: unknown = parse(text, { ...csvOptions, info: true })
      lines = (records as readonly { info: { lines: number } }[]).map(({ info }) => info.lines)
    }
    return lines[record]!
  }
}

/** Checks what every table has; rows with a mistake are left out. */
export function readRows(file: TableFile, mistakes: Mistake[]): TableRow[] {
  const { header, rows } = file
  const column = (name: string) => header.indexOf(name)
  const places = {
    code: column('code'), name: column('name'), source: column('source'),
    from: column('valid_from'), to: column('valid_to'), region: column('region'),
  }
  const good: TableRow[] = []
  for (const [index, cells] of rows.entries()) {
    const wrong: string[] = []
    if (cells.length !== header.length) wrong.push(`有 ${cells.length} 列，表头有 ${header.length} 列`)
    const code = cells[places.code] ?? ''
    const region = cells[places.region] || file.region
    const fromDay = day(cells[places.from], DAY_MIN)
    const untilDay = day(cells[places.to], DAY_MAX)
    if (!/^[\x21-\x7e]{1,50}$/.test(code)) wrong.push('code 为空或含空格、非 ASCII 字符')
    if ((cells[places.source] ?? '') === '') wrong.push('source 不能为空：每行都要有出处')
    if (fromDay === undefined) wrong.push('valid_from 不是日期 YYYY-MM-DD')
    if (untilDay === undefined) wrong.push('valid_to 不是日期 YYYY-MM-DD')
    if (!placePattern.test(region)) wrong.push('region 不是行政区划代码或机构编码')
    if (cells.some((cell) => cell.length > cellCharsMax)) wrong.push(`某格超过 ${cellCharsMax} 个字`)
    if (fromDay !== undefined && untilDay !== undefined && fromDay >= untilDay) {
      wrong.push('valid_from 不早于 valid_to（valid_to 当日不含）')
    }
    if (wrong.length === 0) {
      good.push({ file, index, cells, code, region, fromDay: fromDay!, untilDay: untilDay! })
    } else if (mistakes.length < wrongRowsMax) {
      for (const message of wrong) {
        mistakes.push({ code: 'TABLE_INVALID', path: file.at(index), message })
      }
    }
  }
  return good
}

/** A table that is wrong everywhere is told by its first mistakes. */
const wrongRowsMax = 200

function day(text: string | undefined, absent: number): number | undefined {
  return text === undefined || text === '' ? absent : parseDay(text)
}
