// A packed table as checks see it: views over arrays that are there already. Copies nothing.
import type { Table } from '../checks/check.js'
import { KeyMap } from './key-map.js'
import type { PackedTable } from './table-pack.js'
import { openTexts } from './text-pool.js'

/** Asking for a column that the check did not declare is our bug: an empty answer would hide it. */
export function openTable(packed: PackedTable): Table {
  const textOf = openTexts(packed.texts)
  const points = new KeyMap(packed.pointOfKey)
  return {
    name: packed.name,
    rowCount: packed.rowCount,
    numbers: (column) => packed.numbers[column]!,
    text: (column, row) => textOf(packed.textIds[column]![row]!),
    codes: (column) => packed.codes[column]!,
    pointOf: (row) => packed.points[row]!,
    pointOfKey: (low, high) => points.get(low, high),
    holdsOn: (row, day) => day >= packed.fromDays[row]! && day < packed.untilDays[row]!,
  }
}
