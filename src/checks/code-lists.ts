// Lists of codes in one cell of a table, joined by `|`: split once at load. May not judge.
import type { Table } from './check.js'

/** The codes of a column, by row; an empty cell is an empty list. */
export function listsOf(table: Table, column: string): readonly (readonly string[])[] {
  return Array.from({ length: table.rowCount }, (_, row) =>
    table.text(column, row).split('|').map((code) => code.trim()).filter((code) => code !== ''))
}

/** False for an empty list. */
export function startsWithAny(code: string, starts: readonly string[]): boolean {
  for (let index = 0; index < starts.length; index++) {
    if (code.startsWith(starts[index]!)) return true
  }
  return false
}
