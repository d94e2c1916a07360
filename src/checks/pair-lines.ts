// Lines of the claim and of the patient's past that stand on one side or the other of a pair of codes,
// by row of the table of pairs. Reused from claim to claim; may not judge.
import { MINUTES_PER_DAY } from '../claim/claim.js'
import type { Claim } from '../claim/claim.js'
import type { PatientView } from '../history/view.js'
import type { Matches, Table } from './check.js'

/** Places of the `window` column. */
export const SAME_DAY = 0
export const SAME_VISIT = 1
export const SIX_HOURS = 2
export const SAME_HOUR = 3

/** Sides of a pair, as bits: the including item and the included one. */
export const INCLUDING = 1
export const INCLUDED = 2

export interface PairLine {
  side: number
  day: number
  /** Day, hour, minute or 0, as the row's window asks; undefined when the line does not tell it. */
  place: number | undefined
  quantity: number
  /** The claim's item, or -1. */
  item: number
  past: number
  line: number
}

const none = -1
const minutesPerHour = 60
const filterSize = 4_096 // bits: few of a year's lines pass it by chance

/** takeOwn, then takePast, then linesOf, valid until the next takeOwn; quantities in ten-thousandths. */
export class PairLines {
  rowCount = 0
  rows = new Int32Array(64)
  /** By touched row: the sides on which something was charged, by anybody and by the claim. */
  sides = new Uint8Array(64)
  ownSides = new Uint8Array(64)
  /** The days of the claim's own lines. */
  firstDay = 0
  lastDay = 0
  hasVisitRows = false

  private lines: PairLine[] = []
  private lineRows = new Int32Array(64)
  private lineCount = 0
  private readonly placeOfRow: Int32Array
  private readonly windows: Float64Array
  private readonly including: ReturnType<Table['codes']>
  private readonly included: ReturnType<Table['codes']>
  private readonly filter = new Uint8Array(filterSize)

  constructor(table: Table) {
    this.placeOfRow = new Int32Array(table.rowCount).fill(none)
    this.windows = table.numbers('window')
    this.including = table.codes('code')
    this.included = table.codes('code_b')
  }

  takeOwn(claim: Claim, { count, subjects, rows }: Matches): void {
    this.startOver()
    const isStay = claim.visit.setting === 'inpatient'
    for (let match = 0; match < count; match++) {
      const item = claim.items[subjects[match]!]!
      if (item.quantity === 0) continue
      const place = this.touch(rows[match]!)
      const side = this.isIncluding(rows[match]!, item.low, item.high) ? INCLUDING : INCLUDED
      const line = this.add(place, side, item.quantity)
      line.item = subjects[match]!
      line.day = item.serviceDay
      const isTold = item.isDated || !isStay
      line.place = this.placeOf(place, isTold ? item.serviceDay : undefined, item.serviceMinute)
      if (item.quantity < 0) continue
      this.ownSides[place]! |= side
      this.firstDay = Math.min(this.firstDay, item.serviceDay)
      this.lastDay = Math.max(this.lastDay, item.serviceDay)
    }
  }

  /** Lines of the same visit, and those of the claim's own days and the days beside them. */
  takePast(claim: Claim, view: PatientView): void {
    const { institution, id } = claim.visit
    for (let past = view.first(); past >= 0; past = view.next(past)) {
      const isVisit = this.hasVisitRows && view.isVisit(past, institution.id, id)
      const isNear = view.lastDay(past) >= this.firstDay - 1 && view.firstDay(past) <= this.lastDay + 1
      if (!isVisit && !isNear) continue
      const end = view.endLine(past)
      for (let line = view.firstLine(past); line < end; line += view.lineSize) {
        const low = view.lineLow(line)
        if (this.filter[low & (filterSize - 1)] === 0) continue
        this.takeLine(view, { past, line, isVisit })
      }
    }
  }

  /** The lines of a touched row, in no order; the array is the caller's. */
  linesOf(place: number): PairLine[] {
    const found: PairLine[] = []
    for (let line = 0; line < this.lineCount; line++) {
      if (this.lineRows[line] === place) found.push({ ...this.lines[line]! })
    }
    return found
  }

  private takeLine(
    view: PatientView, { past, line, isVisit }: { past: number, line: number, isVisit: boolean },
  ): void {
    const low = view.lineLow(line)
    const high = view.lineHigh(line)
    const quantity = view.lineQuantity(line)
    if (quantity === 0) return
    const day = view.lineDay(line)
    for (let place = 0; place < this.rowCount; place++) {
      const row = this.rows[place]!
      const side = this.isIncluding(row, low, high) ? INCLUDING
        : this.included.low[row] === low && this.included.high[row] === high ? INCLUDED : 0
      if (side === 0 || this.ownSides[place] === 0) continue
      if (this.windows[row] === SAME_VISIT ? !isVisit : !this.isNear(day)) continue
      const added = this.add(place, side, quantity)
      added.item = none
      added.past = past
      added.line = line
      added.day = day
      added.place = this.placeOf(place, day, view.lineMinute(line))
    }
  }

  private isNear(day: number): boolean {
    return day >= this.firstDay - 1 && day <= this.lastDay + 1
  }

  private isIncluding(row: number, low: number, high: number): boolean {
    return this.including.low[row] === low && this.including.high[row] === high
  }

  private placeOf(
    place: number, day: number | undefined, minute: number | undefined,
  ): number | undefined {
    const window = this.windows[this.rows[place]!]
    if (window === SAME_VISIT) return 0
    if (window === SAME_DAY || day === undefined) return day
    if (window === SIX_HOURS || minute === undefined) return minute
    return Math.floor(minute / minutesPerHour)
  }

  private startOver(): void {
    for (let place = 0; place < this.rowCount; place++) {
      const row = this.rows[place]!
      this.placeOfRow[row] = none
      this.filter[this.including.low[row]! & (filterSize - 1)] = 0
      this.filter[this.included.low[row]! & (filterSize - 1)] = 0
    }
    this.rowCount = 0
    this.lineCount = 0
    this.hasVisitRows = false
    this.firstDay = 2 ** 30
    this.lastDay = -(2 ** 30)
  }

  private touch(row: number): number {
    const known = this.placeOfRow[row]!
    if (known !== none) return known
    if (this.rowCount === this.rows.length) this.growRows()
    const place = this.rowCount++
    this.placeOfRow[row] = place
    this.rows[place] = row
    this.sides[place] = 0
    this.ownSides[place] = 0
    this.filter[this.including.low[row]! & (filterSize - 1)] = 1
    this.filter[this.included.low[row]! & (filterSize - 1)] = 1
    if (this.windows[row] === SAME_VISIT) this.hasVisitRows = true
    return place
  }

  private add(place: number, side: number, quantity: number): PairLine {
    const index = this.lineCount++
    if (index === this.lineRows.length) this.growLines()
    this.lineRows[index] = place
    const line = this.lines[index] ??= {
      side: 0, day: 0, place: 0, quantity: 0, item: none, past: none, line: none,
    }
    line.side = side
    line.quantity = quantity
    if (quantity > 0) this.sides[place]! |= side
    return line
  }

  private growRows(): void {
    const { rows } = this
    this.rows = new Int32Array(rows.length * 2)
    this.rows.set(rows)
    const { sides, ownSides } = this
    this.sides = new Uint8Array(sides.length * 2)
    this.sides.set(sides)
    this.ownSides = new Uint8Array(ownSides.length * 2)
    this.ownSides.set(ownSides)
  }

  private growLines(): void {
    const { lineRows } = this
    this.lineRows = new Int32Array(lineRows.length * 2)
    this.lineRows.set(lineRows)
  }
}

/** Six hours, in minutes. */
export const sixHours = MINUTES_PER_DAY / 4
