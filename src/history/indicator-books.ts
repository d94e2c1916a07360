// Sums of indicators by institution and day: what settlements add, what their reversals take away again,
// and the running month that rules look at. A day is kept in parts, by department: a part that has changed is
// packed once a group, whatever was added meanwhile, and a hospital's whole day has hundreds of doctors.
import type { Claim } from '../claim/claim.js'
import { codeLow } from '../claim/code-key.js'
import type { Completeness } from './cursor.js'
import {
  emptyTally, isEmptyTally, marksWithoutPlace, mergeTally, packTally, tally, unpackTally,
} from './indicator-day.js'
import type { Tally } from './indicator-day.js'
import { monthFigures } from './indicator-report.js'
import type { MonthFigures } from './indicator-report.js'
import { addSums, marksOf, sumShare, SUMS } from './indicator-sums.js'
import type { Share, Sums } from './indicator-sums.js'
import { monthStart } from './indicator-month.js'
import { MonthView } from './indicator-view.js'
import { OwnSums } from './own-sums.js'
import type { Records } from './pinned.js'
import { indicatorKeyOf, indicatorPartKeyOf } from './records.js'
import type { IndicatorView } from './view.js'

export const PARTS_VERSION = 2
/** Half a year: what is asked is this month and the ones before; later comes nothing but the odd reversal. */
export const indicatorDays = 186
const booksMax = 2_048
/** Half a year touches seven calendar months: none is summed twice. */
const monthsMax = 8
const partsPerDay = 64

interface Book {
  readonly institution: string
  /** Parts of days that have a record, or will have; ascending. */
  parts: number[]
  /** Parts at hand, those of the latest day also between groups. */
  readonly open: Map<number, Tally>
  /** Parts of `open` that have changed since they were packed. */
  readonly changed: Set<number>
  readonly months: Map<number, Tally>
  /** The institution's, as its last claim told it. */
  level: number | undefined
  /** Its parts are others than its record tells. */
  isNew: boolean
}

const noLines: Share['lines'] = []

/** Sums in fen and cases. A change is seen at once; it reaches its record with `pack`. */
export class IndicatorBooks {
  readonly #records: Records
  readonly #books = new Map<string, Book>()
  readonly #changed = new Set<Book>()
  readonly #own = new OwnSums()
  readonly #left = new Float64Array(SUMS)
  #overflows = 0

  constructor(records: Records) {
    this.#records = records
  }

  /** Settlements whose department or doctor was one too many. */
  get overflows(): number {
    return this.#overflows
  }

  /** What a settlement adds; `isReturn`: its patient's history says so. */
  add(claim: Claim, isReturn: boolean, watermarkDay: number): Share {
    const { visit: { institution, department, doctor }, settledDay } = claim
    let marks = marksOf(claim, isReturn)
    const book = this.#book(institution.id)
    book.level = institution.level
    if (settledDay >= watermarkDay - indicatorDays) {
      this.#dropOld(book, watermarkDay - indicatorDays)
      const number = partOf(settledDay, claim.visit)
      const part = this.#openPart(book, number)
      const without = marksWithoutPlace(part, claim.visit)
      if (without !== 0) this.#overflows++
      marks |= without
      const share = { marks, department, doctor, lines: noLines }
      this.#tally(book, { part, number, sums: this.#own.sum(claim, marks) }, share, 1)
      return share
    }
    return { marks, department, doctor, lines: noLines }
  }

  /** Puts `next` in the place of what a settlement added; undefined: nothing is left. */
  replace(
    { institution, day: at, watermarkDay }: { institution: string, day: number, watermarkDay: number },
    before: Share, next: Share | undefined,
  ): void {
    if (at < watermarkDay - indicatorDays) return
    const book = this.#book(institution)
    this.#dropOld(book, watermarkDay - indicatorDays)
    const number = partOf(at, before)
    const part = this.#openPart(book, number)
    const sums = this.#left
    sumShare(sums, before)
    this.#tally(book, { part, number, sums }, before, -1)
    if (next === undefined) return
    sumShare(sums, next)
    this.#tally(book, { part, number, sums }, next, 1)
  }

  #tally(
    book: Book, { part, number, sums }: { part: Tally, number: number, sums: Sums },
    share: Omit<Share, 'lines'>, sign: 1 | -1,
  ): void {
    tally(part, share, sums, sign)
    book.changed.add(number)
    const month = book.months.get(monthStart(dayOfPart(number)))
    if (month !== undefined) tally(month, share, sums, sign)
    this.#changed.add(book)
  }

  /** `own`: the claim's own settlement where it is known already and shall not count. */
  view(
    claim: Claim, gap: Completeness,
    { timeline, own, watermarkDay }:
      { timeline: Int32Array, own: Share | undefined, watermarkDay: number },
  ): IndicatorView {
    const from = watermarkDay - indicatorDays
    const isCut = gap.completeFromDay < from
    const known = isCut ? { completeFromDay: from, incompleteReason: 'history-pruned' } : gap
    const month = monthStart(claim.settledDay)
    const tallyOf = () => this.#monthWithout(claim.visit.institution.id, month, own)
    return new MonthView({ claim, timeline, ownSums: this.#own, tally: tallyOf }, month, known)
  }

  #monthWithout(institution: string, month: number, own: Share | undefined): Tally {
    const known = this.#month(this.#book(institution), month)
    if (own === undefined) return known
    const rest = emptyTally()
    mergeTally(rest, known)
    sumShare(this.#left, own)
    tally(rest, own, this.#left, -1)
    return rest
  }

  /** The calendar month of a day, of one institution. */
  monthOf(institution: string, day: number): MonthFigures {
    return monthFigures(this.#month(this.#book(institution), monthStart(day)))
  }

  /** The calendar month of a day by level of institution, of those that have settled since the start. */
  byLevel(day: number): ReadonlyMap<number | undefined, Sums> {
    const levels = new Map<number | undefined, Sums>()
    for (const book of this.#books.values()) {
      const sums = levels.get(book.level) ?? new Float64Array(SUMS)
      addSums(sums, this.#month(book, monthStart(day)).whole, 1)
      levels.set(book.level, sums)
    }
    return levels
  }

  #month(book: Book, month: number): Tally {
    const known = book.months.get(month)
    if (known !== undefined) return known
    const sum = emptyTally()
    for (const number of book.parts) {
      if (monthStart(dayOfPart(number)) === month) mergeTally(sum, this.#part(book, number))
    }
    if (book.months.size >= monthsMax) book.months.clear()
    book.months.set(month, sum)
    return sum
  }

  #openPart(book: Book, number: number): Tally {
    const open = book.open.get(number)
    if (open !== undefined) return open
    const known = this.#part(book, number)
    book.open.set(number, known)
    if (!book.parts.includes(number)) {
      book.parts = [...book.parts, number].sort((a, b) => a - b)
      book.isNew = true
    }
    return known
  }

  #part(book: Book, number: number): Tally {
    const open = book.open.get(number)
    if (open !== undefined) return open
    const { institution, parts } = book
    if (!parts.includes(number)) return emptyTally()
    return unpackTally(this.#records.get(keyOf(institution, number))!) // what is listed is kept
  }

  #book(institution: string): Book {
    const known = this.#books.get(institution)
    if (known !== undefined) return known
    if (this.#books.size >= booksMax) this.#forgetClean()
    const words = this.#records.get(indicatorKeyOf(institution))
    const parts = words === undefined ? [] : [...words.subarray(1)]
    const book: Book = {
      institution, parts, level: undefined, isNew: false,
      open: new Map(), changed: new Set(), months: new Map(),
    }
    this.#books.set(institution, book)
    return book
  }

  #forgetClean(): void {
    for (const [institution, book] of this.#books) {
      if (!this.#changed.has(book)) this.#books.delete(institution)
    }
  }

  /** Packs what has changed since the last call. */
  pack(): void {
    for (const book of this.#changed) {
      for (const number of book.changed) this.#packPart(book, number, book.open.get(number)!)
      book.changed.clear()
      keepLatest(book.open)
      if (!book.isNew) continue
      book.isNew = false
      const { parts } = book
      const words = parts.length === 0 ? undefined : Int32Array.from([PARTS_VERSION, ...parts])
      this.#records.put(indicatorKeyOf(book.institution), words)
    }
    this.#changed.clear()
  }

  #packPart(book: Book, number: number, sums: Tally): void {
    const key = keyOf(book.institution, number)
    if (!isEmptyTally(sums)) {
      this.#records.put(key, packTally(sums))
      return
    }
    book.open.delete(number)
    book.parts = book.parts.filter((one) => one !== number)
    book.isNew = true
    this.#records.put(key, undefined)
  }

  /** With the event that finds them long past, not with its group: groups are others after a kill. */
  #dropOld(book: Book, fromDay: number): void {
    while (book.parts.length > 0 && dayOfPart(book.parts[0]!) < fromDay) {
      const number = book.parts.shift()!
      this.#records.put(keyOf(book.institution, number), undefined)
      book.open.delete(number)
      book.changed.delete(number)
      book.isNew = true
    }
  }

  /** Forgets what is not in the store. */
  reset(): void {
    this.#books.clear()
    this.#changed.clear()
  }
}

/** The day that settlements are added to: to read it anew for every group would cost more than adding. */
function keepLatest(open: Map<number, Tally>): void {
  if (open.size <= 1) return
  let latest = 0
  for (const number of open.keys()) latest = Math.max(latest, dayOfPart(number))
  for (const number of open.keys()) if (dayOfPart(number) !== latest) open.delete(number)
}

/** The part of a day that a settlement of this department belongs to; of nobody's, by its doctor. */
function partOf(day: number, { department, doctor }: Pick<Share, 'department' | 'doctor'>): number {
  return day * partsPerDay + (codeLow(department === '' ? doctor : department) & (partsPerDay - 1))
}

const dayOfPart = (number: number) => Math.floor(number / partsPerDay)

const keyOf = (institution: string, number: number) =>
  indicatorPartKeyOf(institution, dayOfPart(number), number % partsPerDay)
