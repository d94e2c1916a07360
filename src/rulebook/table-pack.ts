// Rows of one table and the columns that one check asks of it -> packed columns: typed arrays and
// one pool of characters, so that a worker can hand them over without copying.
import type { Check, ColumnSpec } from '../checks/check.js'
import { codeHigh, codeLow } from '../claim/code-key.js'
import { KeyMap } from './key-map.js'
import type { PackedKeyMap } from './key-map.js'
import type { Mistake } from './mistake.js'
import { layRows } from './row-layers.js'
import { TextPool } from './text-pool.js'
import type { PackedTexts } from './text-pool.js'
import { commonColumns } from './table-file.js'
import type { TableRow } from './table-file.js'

export interface PackedCodes {
  readonly low: Int32Array
  readonly high: Uint16Array
}

export interface PackedTable {
  readonly name: string
  readonly rowCount: number
  readonly numbers: Readonly<Record<string, Float64Array>>
  /** Per row, the number of its text in the pool. */
  readonly textIds: Readonly<Record<string, Int32Array>>
  readonly texts: PackedTexts
  readonly codes: Readonly<Record<string, PackedCodes>>
  readonly points: Int32Array
  readonly pointOfKey: PackedKeyMap
  readonly fromDays: Int32Array
  readonly untilDays: Int32Array
}

/** What the index needs of a packed table besides; stays where the packing was done. */
export interface TableSource {
  readonly packed: PackedTable
  readonly codeColumns: readonly string[]
  readonly rows: readonly TableRow[]
  /** Rows that win over row r in their own region: more local ones with the same key. */
  readonly shadows: ReadonlyMap<number, readonly number[]>
  text(column: string, row: number): string
}

type Columns = Check['columns']

/** Columns of type `code`, the row's own first. */
export function codeColumnsOf(columns: Columns): string[] {
  const others = Object.keys(columns).filter((name) => columns[name]!.type === 'code')
  return ['code', ...others.filter((name) => name !== 'code')]
}

/** Rows with a mistake are left out; the caller does not use a table whose mistakes grew. */
export function packTable(
  name: string, rows: readonly TableRow[], columns: Columns, mistakes: Mistake[],
): TableSource {
  const codeColumns = codeColumnsOf(columns)
  const laid = layRows(rows, codeColumns, mistakes)
  const pool = new TextPool()
  const numbers: Record<string, Float64Array> = {}
  const textIds: Record<string, Int32Array> = {}
  const codes: Record<string, PackedCodes> = {}
  const wanted: Columns = { ...plainTexts, ...columns, code: { type: 'code', description: '' } }
  for (const [column, spec] of Object.entries(wanted)) {
    const cells = laid.rows.map((row) => cellOf(row, column))
    if (spec.type === 'text' || spec.type === 'code') {
      textIds[column] = Int32Array.from(cells, (cell) => pool.add(cell))
    }
    if (spec.type === 'code') {
      codes[column] = {
        low: Int32Array.from(cells, (cell) => codeLow(cell)),
        high: Uint16Array.from(cells, codeHigh),
      }
    }
    if (spec.type !== 'code') {
      const values = packColumn(cells, spec, (row, message) => {
        const { file, index } = laid.rows[row]!
        mistakes.push({
          code: 'TABLE_INVALID', path: file.at(index), message: `${column}：${message}`,
        })
      })
      if (values !== undefined) numbers[column] = values
    }
  }
  const { points, pointOfKey } = packPoints(laid.rows, codes['code']!)
  const packed: PackedTable = {
    name,
    rowCount: laid.rows.length,
    numbers,
    textIds,
    texts: pool.packed(),
    codes,
    points,
    pointOfKey,
    fromDays: Int32Array.from(laid.rows, (row) => row.fromDay),
    untilDays: Int32Array.from(laid.rows, (row) => row.untilDay),
  }
  return {
    packed, codeColumns, rows: laid.rows, shadows: laid.shadows,
    text: (column, row) => cellOf(laid.rows[row]!, column),
  }
}

const plainTexts: Columns = Object.fromEntries(
  commonColumns
    .filter((name) => name !== 'code' && !name.startsWith('valid_'))
    .map((name) => [name, { type: 'text', optional: true, description: '' }]),
)

function cellOf(row: TableRow, column: string): string {
  if (column === 'region') return row.region // its own, or its folder's
  const cell = row.cells[row.file.header.indexOf(column)] ?? ''
  return column === 'point' && cell === '' ? row.code : cell
}

function packPoints(rows: readonly TableRow[], { low, high }: PackedCodes) {
  const numbersByPoint = new Map<string, number>()
  const pointOfKey = new KeyMap()
  const points = new Int32Array(rows.length)
  for (const [row, source] of rows.entries()) {
    const point = cellOf(source, 'point')
    const number = numbersByPoint.get(point) ?? numbersByPoint.size
    numbersByPoint.set(point, number)
    points[row] = number
    pointOfKey.add(low[row]!, high[row]!, number)
  }
  return { points, pointOfKey: pointOfKey.packed() }
}

type Wrong = (row: number, message: string) => void

/** The numbers of a column; undefined for text. An absent optional cell is NaN. */
function packColumn(
  cells: readonly string[], spec: Exclude<ColumnSpec, { type: 'code' }>, wrong: Wrong,
): Float64Array | undefined {
  const read = readerOf(spec)
  const values = new Float64Array(read === undefined ? 0 : cells.length)
  for (const [row, cell] of cells.entries()) {
    if (cell === '') {
      if (spec.optional === true) values[row] = NaN
      else wrong(row, '不能为空')
      continue
    }
    if (read === undefined) continue
    const value = read(cell)
    if (typeof value === 'string') wrong(row, value)
    else values[row] = value
  }
  return read === undefined ? undefined : values
}

/** Reads one cell: the number, or what is wrong with it. */
function readerOf(
  spec: Exclude<ColumnSpec, { type: 'code' }>,
): ((cell: string) => number | string) | undefined {
  switch (spec.type) {
    case 'text':
      return undefined
    case 'one-of':
      return (cell) => {
        const place = spec.values.indexOf(cell)
        return place >= 0 ? place : `只能是 ${spec.values.join('、')}`
      }
    case 'integer':
      return (cell) => {
        const value = /^-?\d{1,15}$/.test(cell) ? Number(cell) : NaN
        return value >= spec.minimum && value <= spec.maximum
          ? value
          : `应为 ${spec.minimum} 至 ${spec.maximum} 的整数`
      }
    case 'quantity':
      return (cell) => scaled(cell, 4)
    case 'price':
      return (cell) => scaled(cell, 6)
  }
}

/** A plain decimal as a whole number of its smallest unit; digits are moved, nothing is rounded. */
function scaled(cell: string, decimals: number): number | string {
  const match = /^(\d{1,9})(?:\.(\d+))?$/.exec(cell)
  const fraction = match?.[2] ?? ''
  if (match === null || fraction.length > decimals) return `应为最多 ${decimals} 位小数的数`
  return Number(match[1]! + fraction.padEnd(decimals, '0'))
}
