// An official attachment as a workbook -> attachments: finds the header wherever it stands, the points
// under it, and their codes on the second sheet, where a group's number stands on its first row only.
// What a file's name says of the rule yields to what the sheet itself says.
import { ruleIn, rulesOfLogic } from './lists.js'
import type { Column, Given, LeftOut, Point } from './point.js'

export interface SheetTexts {
  readonly name: string
  readonly rows: readonly { readonly number: number, readonly cells: readonly string[] }[]
}

export interface SheetPoints {
  readonly rule: string
  readonly title: string
  readonly points: readonly Point[]
}

type Heading = Column | 'for_number'

/** Headings as they were published, without spaces; the first that matches. */
const headings: readonly (readonly [RegExp, Heading])[] = [
  [/对应知识点序号/, 'for_number'], [/^序号$/, 'number'], [/代码数量|编码数量/, 'code_count'],
  [/^项目A.*(编码|代码)/, 'code_a'], [/^项目B.*(编码|代码)/, 'code_b'],
  [/^项目A/, 'name_a'], [/^项目B/, 'name_b'],
  [/性别/, 'sex'], [/时间区间/, 'window'], [/上限数量/, 'daily_max'], [/频次上限/, 'units_max'],
  [/^周期/, 'window_days'], [/计价单位/, 'unit'], [/手术组|组别|分组/, 'group'],
  [/检出逻辑/, 'logic'], [/(编码|代码)/, 'code'], [/通用名|项目名称|饮片名称|^药品名称/, 'name'],
  [/机构级别|机构等级/, 'level'], [/限定就医方式/, 'visit'], [/支付疗程/, 'course'],
  [/依据|限定支付范围|限定内容|备注/, 'text'],
]
/** The header stands below a title, a note or two and empty rows. */
const headerRowsMax = 30

interface Table {
  readonly sheet: SheetTexts
  readonly title: string
  readonly columns: ReadonlyMap<Heading, number>
  readonly rows: SheetTexts['rows']
}

/**
 * One entry for each table of points whose rule is known. Rows and tables that cannot be read go into
 * `leftOut`, with the reason in Chinese.
 */
export function readSheets(
  file: string, sheets: readonly SheetTexts[], leftOut: LeftOut[],
): SheetPoints[] {
  const tables = sheets.flatMap((sheet) => tableOf(sheet) ?? [])
  const found: SheetPoints[] = []
  for (const [place, table] of tables.entries()) {
    if (table.columns.has('for_number')) continue
    const next = tables[place + 1]
    const codes = next?.columns.has('for_number') === true ? codesOf(file, next, leftOut) : undefined
    const points = pointsOf(file, table, { codes, leftOut })
    const logic = points.find(({ given }) => given.logic !== undefined)?.given.logic ?? ''
    const rule = ruleOf(`${table.title} ${table.sheet.name}`, file, logic)
    if (rule === undefined) {
      const path = `${file}:${table.sheet.name}`
      leftOut.push({ path, reason: '标题和文件名里没有认识的规则名称，跳过' })
    } else {
      found.push({ rule, title: table.title, points })
    }
  }
  if (tables.length === 0) leftOut.push({ path: file, reason: '找不到知识点表头，跳过' })
  return found
}

/** The title, else the file name; where the sheet's own 检出逻辑 is another rule's, that rule. */
function ruleOf(title: string, file: string, logic: string): string | undefined {
  const named = ruleIn(title) ?? ruleIn(file)
  const meant = rulesOfLogic(logic)
  if (named === undefined || meant.length === 0 || meant.includes(named)) return named
  return meant.length === 1 ? meant[0] : undefined
}

function tableOf(sheet: SheetTexts): Table | undefined {
  for (const [place, { cells }] of sheet.rows.slice(0, headerRowsMax).entries()) {
    const top = cells.map(plain)
    if (!top.some((cell) => cell.endsWith('序号'))) continue
    const below = sheet.rows[place + 1]?.cells.map(plain) ?? []
    const isTwoRows = (below[top.findIndex((cell) => cell.endsWith('序号'))] ?? '') === ''
      && below.some((cell) => /^(名称|编码|代码)$/.test(cell))
    const columns = columnsOf(isTwoRows ? joined(top, below) : top)
    const isTable = columns.has('for_number') ? columns.has('code')
      : columns.has('name') || columns.has('name_a')
    if (!isTable) continue
    return {
      sheet, columns,
      title: sheet.rows.slice(0, place).flatMap((row) => row.cells).join(' '),
      rows: sheet.rows.slice(place + (isTwoRows ? 2 : 1)),
    }
  }
  return undefined
}

function plain(cell: string): string {
  return cell.replace(/\s/g, '').replaceAll('（', '(').replaceAll('）', ')')
}

/** 项目A over 名称 and 编码: the upper cell is merged over both. */
function joined(top: readonly string[], below: readonly string[]): string[] {
  let last = ''
  return Array.from({ length: Math.max(top.length, below.length) }, (_, column) => {
    const above = top[column] ?? ''
    const under = below[column] ?? ''
    if (above !== '') last = above
    return under === '' ? above : last + under
  })
}

function columnsOf(header: readonly string[]): Map<Heading, number> {
  const columns = new Map<Heading, number>()
  for (const [place, cell] of header.entries()) {
    const heading = cell === '' ? undefined : headings.find(([pattern]) => pattern.test(cell))?.[1]
    if (heading !== undefined && !columns.has(heading)) columns.set(heading, place)
  }
  return columns
}

function cellOf({ columns }: Table, cells: readonly string[], heading: Heading): string {
  const place = columns.get(heading)
  return place === undefined ? '' : cells[place] ?? ''
}

const isNumber = (text: string): boolean => /^\d{1,6}$/.test(text)

function codesOf(file: string, table: Table, leftOut: LeftOut[]): Map<string, string[]> {
  const byNumber = new Map<string, string[]>()
  let number = ''
  for (const row of table.rows) {
    const given = cellOf(table, row.cells, 'for_number')
    const code = cellOf(table, row.cells, 'code')
    if (isNumber(given)) number = given
    else if (given !== '') continue // a total or a footnote
    if (code === '') continue
    const codes = byNumber.get(number)
    const path = `${file}:${table.sheet.name}!${row.number}`
    if (number === '') leftOut.push({ path, reason: `${code} 之前没有知识点序号` })
    else if (codes === undefined) byNumber.set(number, [code])
    else codes.push(code)
  }
  return byNumber
}

interface Reading {
  readonly codes: ReadonlyMap<string, readonly string[]> | undefined
  readonly leftOut: LeftOut[]
}

const givenColumns: readonly Column[] = [
  'text', 'logic', 'sex', 'level', 'visit', 'course', 'group', 'window', 'daily_max', 'unit',
  'units_max', 'window_days', 'name_a', 'name_b',
]

/** Rows without a number are totals and footnotes. */
function pointsOf(file: string, table: Table, { codes, leftOut }: Reading): Point[] {
  const points: Point[] = []
  const seen = new Set<string>()
  let including = { name: '', code: '' }
  for (const { number: row, cells } of table.rows) {
    const cell = (heading: Heading) => cellOf(table, cells, heading)
    const number = cell('number')
    if (!isNumber(number)) continue
    const given: Record<string, string> = {}
    for (const column of givenColumns) {
      const text = cell(column).replace(/\s*\n\s*/g, '')
      if (text !== '') given[column] = text
    }
    if (cell('name_a') !== '') including = { name: cell('name_a'), code: cell('code_a') }
    if (table.columns.has('name_a')) given['name_a'] = including.name // merged over its pairs
    const own = [cell('code'), table.columns.has('code_a') ? including.code : '', cell('code_b')]
    const listed = codes?.get(number) ?? own.filter((code) => code !== '')
    const name = cell('name') || `${including.name}×${cell('name_b')}`
    const path = `${file}:${table.sheet.name}!${row}`
    if (seen.has(number)) leftOut.push({ path, reason: `序号 ${number} 重复` })
    seen.add(number)
    const count = cell('code_count')
    if (isNumber(count) && Number(count) !== listed.length) {
      leftOut.push({ path, reason: `${name} 写明 ${count} 个代码，实有 ${listed.length} 个` })
    }
    points.push({ number, name: name.replace(/\s*\n\s*/g, ''), codes: listed, given: given as Given })
  }
  for (const number of codes?.keys() ?? []) {
    if (seen.has(number)) continue
    leftOut.push({ path: `${file}:${table.sheet.name}`, reason: `代码表里的序号 ${number} 没有知识点` })
  }
  return points
}
