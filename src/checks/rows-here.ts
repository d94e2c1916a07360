// Which rows of a table hold on a day in an institution: its own, else those of the narrowest region that
// it lies in, else everybody's. For checks that look rows up themselves; rows that woke a rule are chosen.
import type { Institution } from '../claim/claim.js'
import type { Table } from './check.js'

/** Whether a row of this region speaks of the institution; '' speaks of all. */
export function isHere(region: string, institution: Institution): boolean {
  return institution.region.startsWith(region) || institution.id === region
}

/** An institution is nearer than any region, a county nearer than its province. */
export function nearnessOf(region: string): number {
  return /^[A-Za-z]/.test(region) ? institutionNearness : region.length
}

const institutionNearness = 100

/** Made once at load; asked for a code's key or for a row, by day number. */
export class RowsHere {
  readonly #table: Table
  /** Rows of a code, the nearest first; by the number of its knowledge point. */
  readonly #byPoint: readonly (readonly number[])[]
  readonly #regions: readonly string[]

  constructor(table: Table) {
    this.#table = table
    const regions = Array.from({ length: table.rowCount }, (_, row) => table.text('region', row))
    const byPoint: number[][] = []
    for (let row = 0; row < table.rowCount; row++) (byPoint[table.pointOf(row)] ??= []).push(row)
    for (const rows of byPoint) rows.sort((a, b) => nearnessOf(regions[b]!) - nearnessOf(regions[a]!))
    this.#byPoint = byPoint
    this.#regions = regions
  }

  /** -1: none of the code's rows holds there and then. */
  rowOf(low: number, high: number, institution: Institution, day: number): number {
    const point = this.#table.pointOfKey(low, high)
    if (point < 0) return -1
    const codes = this.#table.codes('code')
    const rows = this.#byPoint[point]!
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index]!
      if (codes.low[row] !== low || codes.high[row] !== high) continue
      if (this.#table.holdsOn(row, day) && isHere(this.#regions[row]!, institution)) return row
    }
    return -1
  }

  /** Whether it is this row that holds for its code. */
  isChosen(row: number, institution: Institution, day: number): boolean {
    const codes = this.#table.codes('code')
    return this.rowOf(codes.low[row]!, codes.high[row]!, institution, day) === row
  }
}
