// One group's lines laid out by day (or hour): the sums of each place, the windows that pass a limit,
// and what of the claim's own is too much. Reused from group to group. May not know tables or claims.
import type { LineGroups } from './line-groups.js'

export interface Window {
  readonly first: number
  readonly last: number
  readonly total: number
}

const sizeAtFirst = 512 // days of a year and its margin

/** `fill` first; all else speaks of that group until the next one. */
export class PlaceGrid {
  /** Place of the grid's first cell. */
  first = 0
  size = 0
  /** By cell: all units, the claim's own units, whether anything was charged, whether it is over. */
  totals = new Float64Array(sizeAtFirst)
  own = new Float64Array(sizeAtFirst)
  private charged = new Uint8Array(sizeAtFirst)
  private flags = new Uint8Array(sizeAtFirst)

  fill(groups: LineGroups, group: number): void {
    const { heads, nexts, places, quantities, items } = groups
    let first = Infinity
    let last = -Infinity
    for (let line = heads[group]!; line >= 0; line = nexts[line]!) {
      first = Math.min(first, places[line]!)
      last = Math.max(last, places[line]!)
    }
    this.first = first
    this.size = last - first + 1
    this.clear()
    for (let line = heads[group]!; line >= 0; line = nexts[line]!) {
      const cell = places[line]! - first
      this.totals[cell]! += quantities[line]!
      if (items[line]! >= 0) this.own[cell]! += quantities[line]!
      if (quantities[line]! > 0) this.charged[cell] = 1
    }
  }

  /** From now on a cell counts as one day of use, however many units it has, or as none. */
  countDays(): void {
    for (let cell = 0; cell < this.size; cell++) {
      this.totals[cell] = this.totals[cell]! > 0 ? 1 : 0
      this.own[cell] = this.own[cell]! > 0 ? 1 : 0
    }
  }

  /**
   * Flags every window of so many places that begins with a charge, holds something of the claim's own
   * and passes the limit. Any window that does so lies within flagged ones.
   */
  flagWindows(length: number, limit: number): Window | undefined {
    const { totals, own, charged, size } = this
    let total = 0
    let ownPlaces = 0
    let end = 0 // exclusive
    let flagged = 0
    let worst = -1
    let most = limit
    for (let start = 0; start < size; start++) {
      for (; end < size && end < start + length; end++) {
        total += totals[end]!
        if (own[end]! > 0) ownPlaces++
      }
      if (total > limit && ownPlaces > 0 && charged[start] === 1) {
        for (let cell = Math.max(start, flagged); cell < end; cell++) this.flags[cell] = 1
        flagged = end
        if (total > most) {
          most = total
          worst = start
        }
      }
      total -= totals[start]!
      if (own[start]! > 0) ownPlaces--
    }
    if (worst < 0) return undefined
    return this.windowOf(worst, Math.min(size, worst + length) - 1, most)
  }

  /**
   * Flags every course (uses without a break longer than `breakMax` places) that holds something of the
   * claim's own and lasts longer than the limit, first and last use included.
   */
  flagCourses(breakMax: number, limit: number): Window | undefined {
    let longest: Window | undefined
    let start = -1
    let last = -1
    let hasOwn = false
    for (let cell = 0; cell <= this.size; cell++) {
      const isUsed = cell < this.size && this.totals[cell]! > 0
      const isOver = cell === this.size || (isUsed && cell - last > breakMax)
      if (start >= 0 && isOver) {
        const span = last - start + 1
        if (hasOwn && span > limit) {
          this.flags.fill(1, start, last + 1)
          if (longest === undefined || span > longest.total) longest = this.windowOf(start, last, span)
        }
        start = -1
      }
      if (!isUsed) continue
      if (start < 0) {
        start = cell
        hasOwn = false
      }
      last = cell
      if (this.own[cell]! > 0) hasOwn = true
    }
    return longest
  }

  /** Place of the first use of the earliest course that holds something of the claim's own. */
  firstOfCourses(breakMax: number): number {
    let start = 0
    let last = 0
    for (let cell = 0; cell < this.size; cell++) {
      if (this.totals[cell]! <= 0) continue
      if (cell - last > breakMax) start = cell
      last = cell
      if (this.own[cell]! > 0) break
    }
    return this.first + start
  }

  isFlagged(place: number): boolean {
    return this.flags[place - this.first] === 1
  }

  /** Number of flagged places that hold a charge. */
  flaggedCount(): number {
    let count = 0
    for (let cell = 0; cell < this.size; cell++) {
      if (this.flags[cell] === 1 && this.charged[cell] === 1) count++
    }
    return count
  }

  /**
   * The least of the claim's own, by cell and the latest first, that must go so that no window passes
   * the limit (what is left then is the past's alone). Allocates: for hits.
   */
  excess(length: number, limit: number): Float64Array {
    const { totals, own, size } = this
    const gone = new Float64Array(size)
    for (let start = 0; start < size; start++) {
      const end = Math.min(size, start + length)
      let over = -limit
      for (let cell = start; cell < end; cell++) over += totals[cell]! - gone[cell]!
      for (let cell = end - 1; cell >= start && over > 0; cell--) {
        const taken = Math.min(over, Math.max(0, own[cell]! - gone[cell]!))
        gone[cell]! += taken
        over -= taken
      }
    }
    return gone
  }

  /** The claim's own uses, by cell, that lie beyond the limit of their course. Allocates: for hits. */
  excessOfCourses(breakMax: number, limit: number): Float64Array {
    const gone = new Float64Array(this.size)
    let start = 0
    let last = 0
    for (let cell = 0; cell < this.size; cell++) {
      if (this.totals[cell]! <= 0) continue
      if (cell - last > breakMax) start = cell
      last = cell
      if (cell - start >= limit) gone[cell] = Math.max(0, this.own[cell]!)
    }
    return gone
  }

  private windowOf(start: number, end: number, total: number): Window {
    let last = end
    while (this.charged[last] !== 1) last--
    return { first: this.first + start, last: this.first + last, total }
  }

  private clear(): void {
    if (this.size > this.totals.length) {
      const room = this.size * 2
      this.totals = new Float64Array(room)
      this.own = new Float64Array(room)
      this.charged = new Uint8Array(room)
      this.flags = new Uint8Array(room)
      return
    }
    this.totals.fill(0, 0, this.size)
    this.own.fill(0, 0, this.size)
    this.charged.fill(0, 0, this.size)
    this.flags.fill(0, 0, this.size)
  }
}
