// A claim's matches in two: those whose row is of one kind, and the others. Reused from claim to claim;
// judges nothing.
import type { Matches } from './check.js'

interface Half {
  count: number
  subjects: Int32Array
  rows: Int32Array
}

const emptyHalf = (): Half => ({ count: 0, subjects: new Int32Array(16), rows: new Int32Array(16) })

/** `take` first; both halves in the order of the matches. */
export class MatchSplit {
  readonly #chosen = emptyHalf()
  readonly #others = emptyHalf()

  /** Valid until the next `take`. */
  get chosen(): Matches {
    return this.#chosen
  }

  get others(): Matches {
    return this.#others
  }

  take({ count, subjects, rows }: Matches, isChosen: (row: number) => boolean): void {
    this.#chosen.count = 0
    this.#others.count = 0
    for (let match = 0; match < count; match++) {
      const row = rows[match]!
      add(isChosen(row) ? this.#chosen : this.#others, subjects[match]!, row)
    }
  }
}

function add(half: Half, subject: number, row: number): void {
  if (half.count === half.rows.length) {
    half.subjects = doubled(half.subjects)
    half.rows = doubled(half.rows)
  }
  half.subjects[half.count] = subject
  half.rows[half.count++] = row
}

function doubled(list: Int32Array): Int32Array {
  const longer = new Int32Array(list.length * 2)
  longer.set(list)
  return longer
}
