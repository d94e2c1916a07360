// Groups of codes that may not be used together, as a table tells them: each row names its group and
// the groups that it conflicts with. Worked out once at load; both directions hold. May not judge.
import type { Table } from './check.js'
import { listsOf } from './code-lists.js'

export interface ConflictGroups {
  /** By row, the number of its group. */
  readonly groupOf: Int32Array
  isConflict(a: number, b: number): boolean
}

/** A group that `against` names and that no row has conflicts with nothing. */
export function conflictGroups(table: Table): ConflictGroups {
  const numbers = new Map<string, number>()
  const groupOf = new Int32Array(table.rowCount)
  for (let row = 0; row < table.rowCount; row++) {
    const name = table.text('group', row)
    const number = numbers.get(name) ?? numbers.size
    numbers.set(name, number)
    groupOf[row] = number
  }
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
