// Lines of the claim and of the patient's past, grouped by the knowledge points that the claim touches.
// Everything here is reused from claim to claim: gathering allocates only when a claim is larger than
// any before it. May not judge.
import type { Claim, Item } from '../claim/claim.js'
import type { PatientView } from '../history/view.js'
import type { Matches, Table } from './check.js'

/** Where a line lies in time: its day, or its hour. Undefined when that cannot be told. */
export interface Scale {
  ofItem(item: Item): number | undefined
  ofLine(view: PatientView, line: number): number | undefined
  /** Whether a line of these units is counted at all, in a group of this row. */
  counts?(row: number, quantity: number): boolean
}

export const byDay: Scale = {
  ofItem: (item) => item.serviceDay,
  ofLine: (view, line) => view.lineDay(line),
}

/** Which of the past a group looks at. */
export interface Reach {
  /** Days before the claim's first and after its last own day. */
  daysOf(row: number): number
  /** Whether it looks at the claim's own visit instead, and at nothing else. */
  isOfVisit?(row: number): boolean
}

const none = -1
const sizeAtFirst = 64 // items of an ordinary claim

/** takeOwn, then takePast, then the arrays, valid until the next takeOwn; quantities in ten-thousandths. */
export class LineGroups {
  groupCount = 0
  /** A line of the claim or of its past whose place in time cannot be told. */
  hasUndated = false
  /** By group: the row that the claim's first line met, and the span of the claim's own days. */
  rows = new Int32Array(sizeAtFirst)
  firstDays = new Int32Array(sizeAtFirst)
  lastDays = new Int32Array(sizeAtFirst)
  /** By group: all units charged, refunds left out. Not over the limit: no window is. */
  units = new Float64Array(sizeAtFirst)
  /** By group: how many lines charge something. */
  charges = new Int32Array(sizeAtFirst)
  /** By group: the head of its chain of lines. */
  heads = new Int32Array(sizeAtFirst)

  /** By line: the next of its group, or -1; its day or hour; the claim's item, or -1 and the past's. */
  nexts = new Int32Array(sizeAtFirst)
  places = new Int32Array(sizeAtFirst)
  quantities = new Float64Array(sizeAtFirst)
  items = new Int32Array(sizeAtFirst)
  pasts = new Int32Array(sizeAtFirst)
  lines = new Int32Array(sizeAtFirst)

  private points = new Int32Array(sizeAtFirst)
  private lineCount = 0
  /** By knowledge point: its group now, or -1. */
  private readonly groupOfPoint: Int32Array

  constructor(readonly table: Table, private readonly scale: Scale = byDay) {
    this.groupOfPoint = new Int32Array(table.rowCount).fill(none)
  }

  /** Starts over with the claim's own lines; a group begins with a charge, not with a refund. */
  takeOwn(claim: Claim, { count, subjects, rows }: Matches): void {
    this.startOver()
    const isStay = claim.visit.setting === 'inpatient'
    for (let match = 0; match < count; match++) {
      const subject = subjects[match]!
      const item = claim.items[subject]!
      const row = rows[match]!
      if (this.scale.counts?.(row, item.quantity) === false) continue
      const place = item.isDated || !isStay ? this.scale.ofItem(item) : undefined
      if (place === undefined) {
        this.hasUndated = true
        continue
      }
      const group = this.groupOf(row)
      const head = this.heads[group]!
      if (head !== none && this.items[head] === subject) continue // two rows of one point
      this.add(group, place, item.quantity)
      this.items[this.heads[group]!] = subject
      if (item.quantity <= 0) continue
      this.firstDays[group] = Math.min(this.firstDays[group]!, item.serviceDay)
      this.lastDays[group] = Math.max(this.lastDays[group]!, item.serviceDay)
    }
  }

  /** Adds the remembered lines of the groups' points that lie within reach. */
  takePast({ visit }: Claim, view: PatientView, reach: Reach): void {
    let from = Infinity
    let to = -Infinity
    let hasVisitGroups = false
    for (let group = 0; group < this.groupCount; group++) {
      if (this.units[group] === 0) continue
      const row = this.rows[group]!
      if (reach.isOfVisit?.(row) === true) {
        hasVisitGroups = true
        continue
      }
      const days = reach.daysOf(row)
      from = Math.min(from, this.firstDays[group]! - days)
      to = Math.max(to, this.lastDays[group]! + days)
    }
    for (let past = view.first(); past >= 0; past = view.next(past)) {
      const isNear = view.lastDay(past) >= from && view.firstDay(past) <= to
      const isVisit = hasVisitGroups && view.isVisit(past, visit.institution.id, visit.id)
      if (isNear || isVisit) this.takeSettlement(view, past, { reach, isVisit })
    }
  }

  private takeSettlement(
    view: PatientView, past: number, { reach, isVisit }: { reach: Reach, isVisit: boolean },
  ): void {
    const end = view.endLine(past)
    for (let line = view.firstLine(past); line < end; line += view.lineSize) {
      const point = this.table.pointOfKey(view.lineLow(line), view.lineHigh(line))
      const group = point < 0 ? none : this.groupOfPoint[point]!
      if (group === none || this.units[group] === 0) continue
      const row = this.rows[group]!
      if (reach.isOfVisit?.(row) === true) {
        if (!isVisit) continue
      } else {
        const day = view.lineDay(line)
        const days = reach.daysOf(row)
        if (day < this.firstDays[group]! - days || day > this.lastDays[group]! + days) continue
      }
      this.takeLine(group, { view, past, line })
    }
  }

  private takeLine(
    group: number, { view, past, line }: { view: PatientView, past: number, line: number },
  ): void {
    const quantity = view.lineQuantity(line)
    if (this.scale.counts?.(this.rows[group]!, quantity) === false) return
    const place = this.scale.ofLine(view, line)
    if (place === undefined) {
      this.hasUndated = true
      return
    }
    this.add(group, place, quantity)
    const added = this.heads[group]!
    this.items[added] = none
    this.pasts[added] = past
    this.lines[added] = line
  }

  private startOver(): void {
    for (let group = 0; group < this.groupCount; group++) {
      this.groupOfPoint[this.points[group]!] = none
    }
    this.groupCount = 0
    this.lineCount = 0
    this.hasUndated = false
  }

  private groupOf(row: number): number {
    const point = this.table.pointOf(row)
    const known = this.groupOfPoint[point]!
    if (known !== none) return known
    if (this.groupCount === this.heads.length) this.growGroups()
    const group = this.groupCount++
    this.groupOfPoint[point] = group
    this.points[group] = point
    this.rows[group] = row
    this.firstDays[group] = LAST
    this.lastDays[group] = -LAST
    this.units[group] = 0
    this.charges[group] = 0
    this.heads[group] = none
    return group
  }

  private add(group: number, place: number, quantity: number): void {
    if (this.lineCount === this.nexts.length) this.growLines()
    const line = this.lineCount++
    this.places[line] = place
    this.quantities[line] = quantity
    this.nexts[line] = this.heads[group]!
    this.heads[group] = line
    if (quantity <= 0) return
    this.units[group]! += quantity
    this.charges[group]!++
  }

  private growGroups(): void {
    this.charges = wider(this.charges)
    this.rows = wider(this.rows)
    this.firstDays = wider(this.firstDays)
    this.lastDays = wider(this.lastDays)
    this.heads = wider(this.heads)
    this.points = wider(this.points)
    this.units = widerFloats(this.units)
  }

  private growLines(): void {
    this.nexts = wider(this.nexts)
    this.places = wider(this.places)
    this.items = wider(this.items)
    this.pasts = wider(this.pasts)
    this.lines = wider(this.lines)
    this.quantities = widerFloats(this.quantities)
  }
}

/** Later than any day. */
const LAST = 2 ** 30

function wider(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const made = new Int32Array(array.length * 2)
  made.set(array)
  return made
}

function widerFloats(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const made = new Float64Array(array.length * 2)
  made.set(array)
  return made
}
