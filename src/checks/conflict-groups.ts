// Kinds of codes that may not be used together, as a table tells them: rows name the groups that theirs
// conflicts with, or all kinds of one group conflict. Worked out once at load; both ways. May not judge.
import type { Table } from './check.js'
import { listsOf } from './code-lists.js'

export interface ConflictGroups {
  /** By row, the number of its kind: its group, or its substance in it. */
  readonly groupOf: Int32Array
  isConflict(a: number, b: number): boolean
}

/** A group that `against` names and that no row has conflicts with nothing. */
export function conflictGroups(table: Table): ConflictGroups {
  const numbers = new Map<string, number>()
  const groupOf = numbered(table, ['group'], numbers)
  const count = numbers.size
  const conflicts = new Uint8Array(count * count)
  for (const [row, against] of listsOf(table, 'against').entries()) {
    for (const name of against) {
      const other = numbers.get(name)
      if (other === undefined) continue
      conflicts[groupOf[row]! * count + other] = 1
      conflicts[other * count + groupOf[row]!] = 1
    }
  }
  return { groupOf, isConflict: (a, b) => conflicts[a * count + b] === 1 }
}

/** Different substances of one group. */
export function sameGroups(table: Table): ConflictGroups {
  const groups = numbered(table, ['group'])
  const groupOf = numbered(table, ['group', 'substance'])
  const groupOfKind = new Int32Array(table.rowCount)
  for (const [row, kind] of groupOf.entries()) groupOfKind[kind] = groups[row]!
  return { groupOf, isConflict: (a, b) => a !== b && groupOfKind[a] === groupOfKind[b] }
}

/** Rows with the same texts in these columns get the same number; `numbers`: of the texts. */
function numbered(
  table: Table, columns: readonly string[], numbers = new Map<string, number>(),
): Int32Array {
  return Int32Array.from({ length: table.rowCount }, (_, row) => {
    const text = columns.map((column) => table.text(column, row)).join('\n')
    const number = numbers.get(text) ?? numbers.size
    numbers.set(text, number)
    return number
  })
}
