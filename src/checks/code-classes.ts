// Which row of a table a code belongs to, where rows name classes by how their codes begin. For checks
// that every claim wakes: a code of another kind leaves at the first comparison.
import type { Institution } from '../claim/claim.js'
import { listsOf } from './code-lists.js'
import type { Table } from './check.js'
import { RowsHere } from './rows-here.js'

interface CodeClass {
  readonly start: string
  readonly row: number
}

/** Made once at load; the narrowest class that holds wins. */
export class CodeClasses {
  /** Longest first: the narrowest class wins. */
  readonly #classes: readonly CodeClass[]
  /** What all classes have in common. */
  readonly #common: string
  readonly #rows: RowsHere

  /** `column` holds the beginnings, joined by `|`. */
  constructor(table: Table, column: string) {
    this.#rows = new RowsHere(table)
    this.#classes = listsOf(table, column)
      .flatMap((starts, row) => starts.map((start) => ({ start, row })))
      .toSorted((a, b) => b.start.length - a.start.length)
    this.#common = commonStart(this.#classes.map(({ start }) => start))
  }

  /** -1: of no class that holds on the day in the institution. */
  rowOf(code: string, institution: Institution, day: number): number {
    if (!code.startsWith(this.#common)) return -1
    for (let index = 0; index < this.#classes.length; index++) {
      const { start, row } = this.#classes[index]!
      if (code.startsWith(start) && this.#rows.isChosen(row, institution, day)) return row
    }
    return -1
  }
}

function commonStart(starts: readonly string[]): string {
  let common = starts[0] ?? ''
  for (const start of starts) while (!start.startsWith(common)) common = common.slice(0, -1)
  return common
}
