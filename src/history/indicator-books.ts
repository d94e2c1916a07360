// Sums of indicators by institution and day: what settlements add, what their reversals take away again,
// and the running month that rules look at. Days are packed once a group, whatever was added meanwhile.
import type { Claim } from '../claim/claim.js'
import type { Completeness } from './cursor.js'
import {
  emptyTally, isEmptyTally, marksWithoutPlace, mergeTally, packTally, tally, unpackTally,
} from './indicator-day.js'
import type { Tally } from './indicator-day.js'
import { monthFigures } from './indicator-report.js'
import type { MonthFigures } from './indicator-report.js'
import { addSums, marksOf, sumClaim, sumShare, SUMS } from './indicator-sums.js'
import type { Share, Sums } from './indicator-sums.js'
import { monthStart } from './indicator-month.js'
import type { Records } from './pinned.js'
import { indicatorDayKeyOf, indicatorKeyOf } from './records.js'
import type { IndicatorView } from './view.js'

export const DAYS_VERSION = 1
/** Half a year: what is asked is this month and the ones before; later comes nothing but the odd reversal. */
export const indicatorDays = 186
const booksMax = 2_048
/** Half a year touches seven calendar months: none is summed twice. */
const monthsMax = 8

interface Book {
  /** Days that have a record, or will have; ascending. */
  days: number[]
  /** Days at hand, the latest of them also between groups. */
  readonly open: Map<number, Tally>
  /** Days of `open` that have changed since they were packed. */
  readonly changed: Set<number>
  readonly months: Map<number, Tally>
  /** The institution's, as its last claim told it. */
  level: number | undefined
  isNew: boolean
}

const noLines: Share['lines'] = []

export class IndicatorBooks {
  readonly #records: Records
  readonly #books = new Map<string, Book>()
  readonly #changed = new Set<string>()
  readonly #sums = new Float64Array(SUMS)
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
    const { visit, settledDay } = claim
    let marks = marksOf(claim, isReturn)
    this.#book(visit.institution.id).level = visit.institution.level
    if (settledDay >= watermarkDay - indicatorDays) {
      this.#dropOld(visit.institution.id, watermarkDay - indicatorDays)
      const day = this.#openDay(visit.institution.id, settledDay)
      const without = marksWithoutPlace(day, visit)
      if (without !== 0) this.#overflows++
      marks |= without
      sumClaim(this.#sums, claim, marks)
      const share = { marks, department: visit.department, doctor: visit.doctor, lines: noLines }
      this.#tally({ institution: visit.institution.id, day: settledDay }, share, 1)
      return share
    }
    return { marks, department: visit.department, doctor: visit.doctor, lines: noLines }
  }

  /** Puts `next` in the place of what a settlement added; undefined: nothing is left. */
  replace(
    { institution, day, watermarkDay }: { institution: string, day: number, watermarkDay: number },
    before: Share, next: Share | undefined,
  ): void {
    if (day < watermarkDay - indicatorDays) return
    this.#dropOld(institution, watermarkDay - indicatorDays)
    sumShare(this.#sums, before)
    this.#tally({ institution, day }, before, -1)
    if (next === undefined) return
    sumShare(this.#sums, next)
    this.#tally({ institution, day }, next, 1)
  }

  #tally(
    { institution, day }: { institution: string, day: number }, share: Omit<Share, 'lines'>, sign: 1 | -1,
  ): void {
    tally(this.#openDay(institution, day), share, this.#sums, sign)
    this.#book(institution).changed.add(day)
    const month = this.#book(institution).months.get(monthStart(day))
    if (month !== undefined) tally(month, share, this.#sums, sign)
    this.#changed.add(institution)
  }

  /** `own`: the claim's own settlement where it is known already and shall not count. */
  view(
    claim: Claim, { completeFromDay, incompleteReason }: Completeness,
    { isReturn, own, watermarkDay }:
      { isReturn: () => boolean, own: Share | undefined, watermarkDay: number },
  ): IndicatorView {
    const { visit: { institution: { id } }, settledDay } = claim
    const from = watermarkDay - indicatorDays
    const isCut = completeFromDay < from
    const month = monthStart(settledDay)
    let mine: Sums | undefined
    return {
      completeFromDay: isCut ? from : completeFromDay,
      incompleteReason: isCut ? 'history-pruned' : incompleteReason,
      monthDay: month,
      own: () => {
        if (mine !== undefined) return mine
        mine = new Float64Array(SUMS)
        sumClaim(mine, claim, marksOf(claim, isReturn()))
        return mine
      },
      month: () => {
        const known = this.#month(id, month)
        if (own === undefined) return known
        const rest = emptyTally()
        mergeTally(rest, known)
        sumShare(this.#sums, own)
        tally(rest, own, this.#sums, -1)
        return rest
      },
    }
  }

  /** The calendar month of a day, of one institution. */
  monthOf(institution: string, day: number): MonthFigures {
    return monthFigures(this.#month(institution, monthStart(day)))
  }

  /** The calendar month of a day by level of institution, of those that have settled since the start. */
  byLevel(day: number): ReadonlyMap<number | undefined, Sums> {
    const levels = new Map<number | undefined, Sums>()
    for (const [institution, { level, months }] of this.#books) {
      const month = months.get(monthStart(day)) ?? this.#month(institution, monthStart(day))
      const sums = levels.get(level) ?? new Float64Array(SUMS)
      addSums(sums, month.whole, 1)
      levels.set(level, sums)
    }
    return levels
  }

  #month(institution: string, month: number): Tally {
    const book = this.#book(institution)
    const known = book.months.get(month)
    if (known !== undefined) return known
    const sum = emptyTally()
    for (const day of book.days) {
      if (monthStart(day) === month) mergeTally(sum, this.#day(book, institution, day))
    }
    if (book.months.size >= monthsMax) book.months.clear()
    book.months.set(month, sum)
    return sum
  }

  #openDay(institution: string, day: number): Tally {
    const book = this.#book(institution)
    const open = book.open.get(day)
    if (open !== undefined) return open
    const known = this.#day(book, institution, day)
    book.open.set(day, known)
    if (!book.days.includes(day)) {
      book.days = [...book.days, day].sort((a, b) => a - b)
      book.isNew = true
    }
    return known
  }

  #day(book: Book, institution: string, day: number): Tally {
    const open = book.open.get(day)
    if (open !== undefined) return open
    const words = book.days.includes(day) ? this.#records.get(indicatorDayKeyOf(institution, day)) : undefined
    return words === undefined ? emptyTally() : unpackTally(words)
  }

  #book(institution: string): Book {
    const known = this.#books.get(institution)
    if (known !== undefined) return known
    if (this.#books.size >= booksMax) this.#forgetClean()
    const words = this.#records.get(indicatorKeyOf(institution))
    const days = words === undefined ? [] : [...words.subarray(1)]
    const book: Book = {
      days, open: new Map(), changed: new Set(), months: new Map(), level: undefined, isNew: false,
    }
    this.#books.set(institution, book)
    return book
  }

  #forgetClean(): void {
    for (const institution of this.#books.keys()) {
      if (!this.#changed.has(institution)) this.#books.delete(institution)
    }
  }

  /** Packs what has changed since the last call. */
  pack(): void {
    if (this.#changed.size === 0) return
    for (const institution of this.#changed) {
      const book = this.#books.get(institution)!
      for (const day of book.changed) this.#packDay(book, { institution, day }, book.open.get(day)!)
      book.changed.clear()
      keepLatest(book.open)
      if (!book.isNew) continue
      book.isNew = false
      const { days } = book
      const words = days.length === 0 ? undefined : Int32Array.of(DAYS_VERSION, ...days)
      this.#records.put(indicatorKeyOf(institution), words)
    }
    this.#changed.clear()
  }

  #packDay(book: Book, { institution, day }: { institution: string, day: number }, sums: Tally): void {
    const key = indicatorDayKeyOf(institution, day)
    if (!isEmptyTally(sums)) {
      this.#records.put(key, packTally(sums))
      return
    }
    book.open.delete(day)
    book.days = book.days.filter((one) => one !== day)
    book.isNew = true
    this.#records.put(key, undefined)
  }

  /** With the event that finds them long past, not with its group: groups are others after a kill. */
  #dropOld(institution: string, fromDay: number): void {
    const book = this.#book(institution)
    while (book.days.length > 0 && book.days[0]! < fromDay) {
      const day = book.days.shift()!
      this.#records.put(indicatorDayKeyOf(institution, day), undefined)
      book.open.delete(day)
      book.changed.delete(day)
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
  const latest = Math.max(...open.keys())
  for (const day of open.keys()) if (day !== latest) open.delete(day)
}
