// Whole numbers by owner, day and rule: what events add is kept a day at a time, and days that are long
// past are dropped with the event that finds them so. Knows no meaning of a field. Rules are numbers here.
import type { Records } from './pinned.js'

export const COUNTS_VERSION = 1
const ownersMax = 2_048

/** Fields by rule number. */
export type Rows = Map<number, Int32Array>

interface Book {
  /** Days that have a record, or will have; ascending. */
  days: number[]
  readonly open: Map<number, Rows>
  readonly changed: Set<number>
  isNew: boolean
}

interface CountsOptions {
  /** First letter of its records' keys. */
  readonly letter: string
  /** Fields of a row. */
  readonly fields: number
  /** Of this owner all days stay at hand: they are asked for again and again. */
  readonly hotOwner: string
}

/** A count is seen at once and reaches its record with `pack`; a day that is dropped loses it at once. */
export class DayCounts {
  readonly #records: Records
  readonly #options: CountsOptions
  readonly #books = new Map<string, Book>()
  readonly #changed = new Set<string>()

  constructor(records: Records, options: CountsOptions) {
    this.#records = records
    this.#options = options
  }

  /** Drops the owner's days before `fromDay`, and adds to a later one. */
  add(
    { owner, day, fromDay }: { owner: string, day: number, fromDay: number },
    rule: number, field: number, by: 1 | -1 = 1,
  ): void {
    const book = this.#book(owner)
    this.#dropOld(book, owner, fromDay)
    if (day < fromDay) return
    const rows = this.#rows(book, owner, day)
    book.open.set(day, rows)
    if (!book.days.includes(day)) {
      book.days = [...book.days, day].sort((a, b) => a - b)
      book.isNew = true
    }
    let row = rows.get(rule)
    if (row === undefined) rows.set(rule, row = new Int32Array(this.#options.fields))
    row[field]! += by
    book.changed.add(day)
    this.#changed.add(owner)
  }

  /** The latest day that anything was added to; 0 while there is none. */
  latestDay(owner: string): number {
    return this.#book(owner).days.at(-1) ?? 0
  }

  /** Sums of a span of days, `untilDay` exclusive, by rule. */
  sums(owner: string, fromDay: number, untilDay: number): Rows {
    const book = this.#book(owner)
    const sums: Rows = new Map()
    for (const day of book.days) {
      if (day < fromDay || day >= untilDay) continue
      for (const [rule, row] of this.#rows(book, owner, day)) {
        const sum = sums.get(rule) ?? new Int32Array(this.#options.fields)
        for (let field = 0; field < row.length; field++) sum[field]! += row[field]!
        sums.set(rule, sum)
      }
    }
    return sums
  }

  /** The same of one rule, into `into`. */
  sumOf(
    { owner, fromDay, untilDay }: { owner: string, fromDay: number, untilDay: number },
    rule: number, into: Int32Array,
  ): Int32Array {
    const book = this.#book(owner)
    into.fill(0)
    for (const day of book.days) {
      if (day < fromDay || day >= untilDay) continue
      const row = this.#rows(book, owner, day).get(rule)
      if (row !== undefined) for (let field = 0; field < row.length; field++) into[field]! += row[field]!
    }
    return into
  }

  /** Packs what has changed since the last call. */
  pack(): void {
    for (const owner of this.#changed) {
      const book = this.#books.get(owner)!
      for (const day of book.changed) this.#records.put(this.#key(owner, day), packRows(book.open.get(day)!))
      book.changed.clear()
      if (owner !== this.#options.hotOwner) keepLatest(book.open)
      if (!book.isNew) continue
      book.isNew = false
      this.#records.put(this.#key(owner), Int32Array.of(COUNTS_VERSION, ...book.days))
    }
    this.#changed.clear()
  }

  /** Forgets what is not in the store. */
  reset(): void {
    this.#books.clear()
    this.#changed.clear()
  }

  #key(owner: string, day?: number): string {
    const { letter } = this.#options
    return day === undefined ? `${letter}:${owner}` : `${letter}:${owner}:${day}`
  }

  #rows(book: Book, owner: string, day: number): Rows {
    const open = book.open.get(day)
    if (open !== undefined) return open
    const words = book.days.includes(day) ? this.#records.get(this.#key(owner, day)) : undefined
    const rows = words === undefined ? new Map<number, Int32Array>() : unpackRows(words, this.#options.fields)
    if (owner === this.#options.hotOwner) book.open.set(day, rows)
    return rows
  }

  #book(owner: string): Book {
    const known = this.#books.get(owner)
    if (known !== undefined) return known
    if (this.#books.size >= ownersMax) this.#forgetClean()
    const words = this.#records.get(this.#key(owner))
    const days = words === undefined ? [] : [...words.subarray(1)]
    const book: Book = { days, open: new Map(), changed: new Set(), isNew: false }
    this.#books.set(owner, book)
    return book
  }

  #forgetClean(): void {
    for (const owner of this.#books.keys()) if (!this.#changed.has(owner)) this.#books.delete(owner)
  }

  /** With the event, not with its group: groups are others after a kill. */
  #dropOld(book: Book, owner: string, fromDay: number): void {
    while (book.days.length > 0 && book.days[0]! < fromDay) {
      const day = book.days.shift()!
      this.#records.put(this.#key(owner, day), undefined)
      book.open.delete(day)
      book.changed.delete(day)
      book.isNew = true
      this.#changed.add(owner)
    }
  }
}

/** The day that events are added to. */
function keepLatest(open: Map<number, Rows>): void {
  const latest = Math.max(...open.keys())
  for (const day of open.keys()) if (day !== latest) open.delete(day)
}

/** In the order of rule numbers: the same bytes whatever the order of arrival. */
function packRows(rows: Rows): Int32Array {
  const words = [...rows].sort(([a], [b]) => a - b).flatMap(([rule, row]) => [rule, ...row])
  return Int32Array.of(COUNTS_VERSION, words.length / rows.size - 1, ...words) // a changed day has a row
}

/** Copies a day's record; `fields` is what a row holds, by default what the record says. */
export function unpackRows(words: Int32Array, fields = words[1]!): Rows {
  const rows: Rows = new Map()
  for (let at = 2; at < words.length; at += fields + 1) {
    rows.set(words[at]!, words.slice(at + 1, at + 1 + fields))
  }
  return rows
}
