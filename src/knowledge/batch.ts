// Attachments of one batch -> its tables as CSV and what its manifest says of them. What becomes no row
// is told with the reason; nothing is guessed, nothing is lost without a word.
import type { ManifestSource } from '../rulebook/batch-manifest.js'
import { listOf } from './lists.js'
import type { ListTable } from './lists.js'
import { isRevision } from './official.js'
import type { BatchName } from './official.js'
import type { Attachment, Point } from './point.js'

export interface BatchTable {
  readonly name: string
  readonly rowCount: number
  readonly csv: string
}

export interface BuiltBatch {
  readonly name: BatchName
  readonly day: string
  readonly tables: readonly BatchTable[]
  readonly sources: readonly ManifestSource[]
}

export interface BatchOptions {
  readonly name: BatchName
  /** Day from which the batch holds. */
  readonly day: string
  /** SHA-256 of a file that was read. */
  readonly hashOf: (readFrom: string) => string
  /** The whole list is replaced, not its keys only. */
  readonly isWholeList?: boolean
}

type Row = Readonly<Record<string, string>>

interface Sheet {
  readonly header: readonly string[]
  readonly rows: Map<string, Row>
}

/** Codes of drugs, herbal pieces, consumables and services; diagnoses and operations have no list yet. */
const codePattern = /^([XZTC][A-Z0-9]{5,29}|\d{15})$/
const leftOutMax = 10_000

/**
 * Tables as CSV, and for each attachment what it gave and what was left out, with the reason. The
 * attachments' rules must be known (listOf).
 */
export function buildBatch(attachments: readonly Attachment[], options: BatchOptions): BuiltBatch {
  const { name, day, hashOf, isWholeList = isRevision(name.id) } = options
  const sheets = new Map<string, Sheet>()
  const sources = attachments.map((attachment): ManifestSource => {
    const { file, readFrom, rule, points } = attachment
    const leftOut: string[] = []
    const tables: Record<string, number> = {}
    for (const table of listOf(rule)!.tables) {
      const sheet = sheets.get(table.table) ?? { header: headerOf(table), rows: new Map() }
      const before = sheet.rows.size
      fill(sheet, { attachment, table, batch: name, day, leftOut })
      if (sheet.rows.size === 0) continue
      sheets.set(table.table, sheet)
      tables[table.table] = sheet.rows.size - before
    }
    return {
      file, read_from: readFrom, sha256: hashOf(readFrom), rule,
      replaces: isWholeList ? 'list' : 'keys',
      points: points.filter(({ codes }) => codes.length > 0).length,
      codes: points.reduce((sum, { codes }) => sum + codes.length, 0),
      tables,
      left_out: [...new Set(leftOut)].slice(0, leftOutMax),
    }
  })
  const tables = [...sheets].map(([table, { header, rows }]): BatchTable =>
    ({ name: table, rowCount: rows.size, csv: csvOf(header, [...rows.values()]) }))
  return { name, day, tables, sources }
}

function headerOf({ own }: ListTable): string[] {
  return ['code', 'name', ...own, 'point', 'valid_from', 'valid_to', 'region', 'source']
}

interface Filling {
  readonly attachment: Attachment
  readonly table: ListTable
  readonly batch: BatchName
  readonly day: string
  readonly leftOut: string[]
}

function fill(sheet: Sheet, { attachment, table, batch, day, leftOut }: Filling): void {
  const list = listOf(attachment.rule)!
  for (const point of attachment.points) {
    const { name, codes, given } = point
    const where = `${point.number === '' ? '' : `${point.number} `}${name}`.slice(0, 200)
    const columns = table.columns(given, point)
    if (columns === undefined) continue
    const wrong = typeof columns === 'string' ? columns : wrongCodes(codes, list.isPair === true)
    if (wrong !== undefined) leftOut.push(`${where}：${wrong}`)
    if (typeof columns === 'string') continue
    const source = sourceOf(batch, attachment, point)
    const common = {
      point: list.isDrug ? name : '', valid_from: day, valid_to: '', region: '', source,
    }
    for (const [code, code_b] of rowsOf(codes, list.isPair === true)) {
      const rowName = list.isPair === true ? given.name_a ?? name.split('×')[0]! : name
      const row: Row = { ...columns, ...common, code, name: rowName, ...(code_b && { code_b }) }
      add(sheet, row, { joined: table.joined, where, leftOut })
    }
  }
}

function wrongCodes(codes: readonly string[], isPair: boolean): string | undefined {
  const wrong = codes.filter((code) => !codePattern.test(code))
  if (wrong.length > 0) return `编码读不懂：${wrong.slice(0, 3).join('、')}`
  if (isPair) return codes.length === 2 ? undefined : `应有两个编码，有 ${codes.length} 个`
  return codes.length === 0 ? '没有国家编码' : undefined
}

type RowCodes = readonly [string] | readonly [string, string]

function rowsOf(codes: readonly string[], isPair: boolean): RowCodes[] {
  const good = codes.filter((code) => codePattern.test(code))
  if (!isPair) return good.map((code) => [code])
  return good.length === 2 && codes.length === 2 ? [[good[0]!, good[1]!]] : []
}

/** So that a finding names the batch, the file and the row it came from. */
function sourceOf({ id, title }: BatchName, { file }: Attachment, { number }: Point): string {
  const row = number === '' ? '' : `第${number}号`
  return `${title}${title === id ? '' : `（${id}）`}《${file}》${row}`
}

interface Adding {
  readonly joined: string | undefined
  readonly where: string
  readonly leftOut: string[]
}

function add({ rows }: Sheet, row: Row, { joined, where, leftOut }: Adding): void {
  const key = `${row['code']!} ${row['code_b'] ?? ''}`
  const known = rows.get(key)
  if (known === undefined) {
    rows.set(key, row)
  } else if (joined !== undefined) {
    const values = new Set([...known[joined]!.split('|'), row[joined]!])
    const source = `${known['source']!}、${/《.*》(.*)$/.exec(row['source']!)![1]!}`
    rows.set(key, { ...known, [joined]: [...values].join('|'), source })
  } else {
    leftOut.push(`${where}：${key.trim()} 重复，以先出现的为准`)
  }
}

/** With its header, every line ended; a column that a row lacks is empty. */
export function csvOf(header: readonly string[], rows: readonly Row[]): string {
  const lines = rows.map((row) => csvLine(header.map((column) => row[column] ?? '')))
  return [csvLine(header), ...lines, ''].join('\n')
}

function csvLine(cells: readonly string[]): string {
  const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`
  return cells.map((cell) => (/[",\n\r]/.test(cell) ? quoted(cell) : cell)).join(',')
}
