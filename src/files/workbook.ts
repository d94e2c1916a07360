// An xlsx workbook as plain texts, row by row. Published sheets claim 16,384 columns: only cells with
// a value are kept. Knows nothing of what the sheets mean.
import { stat } from 'node:fs/promises'
import readExcelFile from 'read-excel-file/node'
import type { CellValue } from 'read-excel-file/node'
import { ServiceError } from '../errors.js'

export interface SheetRow {
  /** As the spreadsheet counts, from 1. */
  readonly number: number
  /** From the first column; trimmed; empty ones at the end are cut. */
  readonly cells: readonly string[]
}

export interface Sheet {
  readonly name: string
  /** Rows with any text. */
  readonly rows: readonly SheetRow[]
}

/** The largest attachment is below 1 MB; unpacked, a workbook is some twenty times its size. */
const fileBytesMax = 16_777_216
/** The widest published list has ten columns; what stands further right is no list. */
const columnsMax = 100

/** Throws TABLE_INVALID for what is no workbook. */
export async function readWorkbook(path: string): Promise<Sheet[]> {
  const { size } = await stat(path)
  if (size > fileBytesMax) {
    throw new ServiceError('TABLE_INVALID', { path, detail: `over ${fileBytesMax} bytes` })
  }
  const sheets = await readExcelFile(path).catch((cause: unknown) => {
    throw new ServiceError('TABLE_INVALID', { path, detail: 'not an xlsx workbook', cause })
  })
  return sheets.map(({ sheet, data }) => ({
    name: sheet,
    rows: data
      .map((row, index) => ({ number: index + 1, cells: textsOf(row) }))
      .filter(({ cells }) => cells.length > 0),
  }))
}

function textsOf(row: readonly (CellValue | null)[]): string[] {
  const cells = row.slice(0, columnsMax).map(textOf)
  while (cells.at(-1) === '') cells.pop()
  return cells
}

/** Dates as days; a number as it is written, without zeros in front: it is no code. */
function textOf(value: CellValue | null): string {
  if (value === null) return ''
  return value instanceof Date ? value.toISOString().slice(0, 10) : String(value).trim()
}
