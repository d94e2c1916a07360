// Sums by knowledge point over a claim's lines, and how what is too much is laid on the last of
// them. Reused from claim to claim; may not judge.
import type { Claim } from '../claim/claim.js'
import type { Matches, Table } from './check.js'

/** `take` first; sums in whatever `valueOf` counts, by knowledge point of any of its rows. */
export class PointSums {
  /** Points with a charge, each by the row that it was met with first. */
  count = 0
  rows = new Int32Array(16)

  private readonly table: Table
  private readonly sums: Float64Array
  private readonly isTouched: Uint8Array

  constructor(table: Table) {
    this.table = table
    this.sums = new Float64Array(table.rowCount)
    this.isTouched = new Uint8Array(table.rowCount)
  }

  /** Refunds are taken off; a point of refunds only is not counted. */
  take(claim: Claim, matches: Matches, valueOf: (claim: Claim, item: number) => number): void {
    for (let place = 0; place < this.count; place++) {
      const point = this.table.pointOf(this.rows[place]!)
      this.sums[point] = 0
      this.isTouched[point] = 0
    }
    this.count = 0
    for (let match = 0; match < matches.count; match++) {
      const row = matches.rows[match]!
      const point = this.table.pointOf(row)
      this.sums[point]! += valueOf(claim, matches.subjects[match]!)
      if (this.isTouched[point] === 1) continue
      this.isTouched[point] = 1
      if (this.count === this.rows.length) this.grow()
      this.rows[this.count++] = row
    }
  }

  sumOf(row: number): number {
    return this.sums[this.table.pointOf(row)]!
  }

  /** The point's charged lines with what each takes of `excess`, the last first; none: evidence. */
  spread(
    row: number, excess: number,
    { matches, valueAt }: { matches: Matches, valueAt: (item: number) => number },
  ): { over: { item: number, share: number }[], within: number[] } {
    const point = this.table.pointOf(row)
    const over: { item: number, share: number }[] = []
    const within: number[] = []
    let left = excess
    for (let match = matches.count - 1; match >= 0; match--) {
      if (this.table.pointOf(matches.rows[match]!) !== point) continue
      const item = matches.subjects[match]!
      const value = valueAt(item)
      if (value <= 0) continue
      if (left > 0) over.unshift({ item, share: Math.min(left, value) })
      else within.unshift(item)
      left -= value
    }
    return { over, within }
  }

  private grow(): void {
    const { rows } = this
    this.rows = new Int32Array(rows.length * 2)
    this.rows.set(rows)
  }
}
