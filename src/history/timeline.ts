// One patient's record. It is its own packed form: a head, a counter a year, then blocks in
// canonical order: its bytes do not depend on the order of arrival. A change makes a new array.
import {
  compareBlocks, isSettlement, isStay, isVisit, lengthOf, LINE_WORDS, linesOf, untilDayOf,
} from './block.js'
import { putNumber, takeNumber } from './bytes.js'

export const TIMELINE_VERSION = 2
const DROPPED = 1
const DROPPED_UNTIL_DAY = 2
const YEARS = 3
const HEAD_WORDS = 4
const YEAR_WORDS = 7 // year, settlements, admissions, total fen (2), fund fen (2)

/** Thirty lines on every day of a year and its margin: more than the care of a hospital bed. */
export const timelineBytesMax = 262_144
/** Stays told and not settled: nobody lies in more beds than that within a year. */
export const openStaysMax = 64

const nothing = new Int32Array(0)
export const emptyTimeline: Int32Array = Int32Array.of(TIMELINE_VERSION, 0, 0, 0)

/** What one settlement counts in its calendar year, by the day of settlement. */
export interface YearEntry {
  readonly year: number
  readonly isAdmission: boolean
  readonly totalFen: number
  readonly fundFen: number
}

export interface YearCounter {
  readonly year: number
  readonly settlements: number
  readonly admissions: number
  readonly totalFen: number
  readonly fundFen: number
}

/** Blocks that did not fit and would still be remembered. */
export const droppedOf = (words: Int32Array) => words[DROPPED]!
/** The last day number of any dropped block; 0 while there is none. */
export const droppedUntilDayOf = (words: Int32Array) => words[DROPPED_UNTIL_DAY]!

/** No block, no year, nothing dropped: such a record is not kept. */
export const isEmpty = (words: Int32Array) =>
  words.length === HEAD_WORDS && words[DROPPED] === 0

/** Offset of the first block; the record's length when there is none. */
export function firstBlock(words: Int32Array): number {
  return HEAD_WORDS + words[YEARS]! * YEAR_WORDS
}

/** Whether a block would pass a bound of the record. */
export function isFull(words: Int32Array, block: Int32Array): boolean {
  if ((words.length + block.length) * 4 > timelineBytesMax) return true
  if (!isStay(block, 0)) return false
  let stays = 0
  for (let at = firstBlock(words); at < words.length; at += lengthOf(words, at)) {
    if (isStay(words, at)) stays++
  }
  return stays >= openStaysMax
}

/** Puts a block in its place; `years` are the counters from then on. */
export function withBlock(
  words: Int32Array, block: Int32Array, years?: readonly YearCounter[],
): Int32Array {
  let at = firstBlock(words)
  while (at < words.length && compareBlocks(words, at, block, 0) < 0) at += lengthOf(words, at)
  return spliced(words, { at, removed: 0, inserted: block, years })
}

/** With a settlement's block, and counted in its year: what nearly every event does, so it is one copy. */
export function withSettlement(words: Int32Array, block: Int32Array, entry: YearEntry): Int32Array {
  const counter = counterOf(words, entry.year)
  if (counter < 0) return withBlock(words, block, yearsWith(words, entry, 1))
  const next = withBlock(words, block)
  next[counter + 1]!++
  if (entry.isAdmission) next[counter + 2]!++
  putNumber(next, counter + 3, takeNumber(words, counter + 3) + entry.totalFen)
  putNumber(next, counter + 5, takeNumber(words, counter + 5) + entry.fundFen)
  return next
}

/** Offset of a year's counter, or -1. */
function counterOf(words: Int32Array, year: number): number {
  for (let at = HEAD_WORDS; at < firstBlock(words); at += YEAR_WORDS) if (words[at] === year) return at
  return -1
}

/** Takes a block out as if it had never been; `years` are the counters from then on. */
export function withoutBlock(
  words: Int32Array, at: number, years?: readonly YearCounter[],
): Int32Array {
  return spliced(words, { at, removed: lengthOf(words, at), inserted: nothing, years })
}

/** With other counters. */
export function withYears(words: Int32Array, years: readonly YearCounter[]): Int32Array {
  return spliced(words, { at: words.length, removed: 0, inserted: nothing, years })
}

/** With what is left of the quantities of a block's lines. */
export function withQuantities(
  words: Int32Array, block: number, quantities: readonly number[],
): Int32Array {
  const next = words.slice()
  const from = linesOf(words, block)
  quantities.forEach((quantity, index) => { next[from + index * LINE_WORDS + 3] = quantity })
  return next
}

/** Counts a block that did not fit, until its last day is past the horizon. */
export function withDropped(words: Int32Array, untilDay: number): Int32Array {
  const next = words.slice()
  next[DROPPED] = words[DROPPED]! + 1
  next[DROPPED_UNTIL_DAY] = Math.max(words[DROPPED_UNTIL_DAY]!, untilDay)
  return next
}

/** A block that did not fit has been taken back. */
export function withoutDropped(words: Int32Array): Int32Array {
  const next = words.slice()
  next[DROPPED] = words[DROPPED]! - 1
  if (next[DROPPED] === 0) next[DROPPED_UNTIL_DAY] = 0
  return next
}

/** Offset of a settlement's block, or -1. */
export function findSettlement(words: Int32Array, institution: string, settlement: string): number {
  for (let at = firstBlock(words); at < words.length; at += lengthOf(words, at)) {
    if (isSettlement(words, at, institution, settlement)) return at
  }
  return -1
}

/** Offset of a stay's block, or -1. */
export function findStay(words: Int32Array, institution: string, visit: string): number {
  for (let at = firstBlock(words); at < words.length; at += lengthOf(words, at)) {
    if (isStay(words, at) && isVisit(words, at, institution, visit)) return at
  }
  return -1
}

/**
 * Without the blocks that lie wholly before the horizon, the counters of years that ended before
 * it, and the count of dropped blocks once all of those would be gone. The same array when nothing
 * is to go.
 */
export function pruned(words: Int32Array, horizonDay: number): Int32Array {
  const isForgotten = words[DROPPED]! > 0 && words[DROPPED_UNTIL_DAY]! < horizonDay
  const yearMin = yearOf(horizonDay)
  const isPast = words[YEARS]! > 0 && words[HEAD_WORDS]! < yearMin
  if (!isForgotten && !isPast && !hasOldBlock(words, horizonDay)) return words
  const blocks = new Int32Array(words.length - firstBlock(words))
  let length = 0
  for (let at = firstBlock(words); at < words.length; at += lengthOf(words, at)) {
    if (untilDayOf(words, at) < horizonDay) continue
    blocks.set(words.subarray(at, at + lengthOf(words, at)), length)
    length += lengthOf(words, at)
  }
  const years = yearsOf(words).filter(({ year }) => year >= yearMin)
  const head = isForgotten ? emptyTimeline : words.subarray(0, firstBlock(words))
  return spliced(head, {
    at: head.length, removed: 0, inserted: blocks.subarray(0, length), years,
  })
}

function hasOldBlock(words: Int32Array, horizonDay: number): boolean {
  for (let at = firstBlock(words); at < words.length; at += lengthOf(words, at)) {
    if (untilDayOf(words, at) < horizonDay) return true
  }
  return false
}

/** Year counters, oldest first. */
export function yearsOf(words: Int32Array): YearCounter[] {
  const years: YearCounter[] = []
  for (let at = HEAD_WORDS; at < firstBlock(words); at += YEAR_WORDS) {
    years.push({
      year: words[at]!,
      settlements: words[at + 1]!,
      admissions: words[at + 2]!,
      totalFen: takeNumber(words, at + 3),
      fundFen: takeNumber(words, at + 5),
    })
  }
  return years
}

/** The counters with a settlement in its year, or without; a year of no settlement has none. */
export function yearsWith(words: Int32Array, entry: YearEntry, sign: 1 | -1): YearCounter[] {
  const { year } = entry
  const years = yearsOf(words)
  const old = years.find((one) => one.year === year)
  if (old === undefined && sign < 0) return years // the year has been pruned
  const settlements = (old?.settlements ?? 0) + sign
  const counter: YearCounter = {
    year,
    settlements,
    admissions: (old?.admissions ?? 0) + (entry.isAdmission ? sign : 0),
    totalFen: (old?.totalFen ?? 0) + sign * entry.totalFen,
    fundFen: (old?.fundFen ?? 0) + sign * entry.fundFen,
  }
  const rest = years.filter((one) => one !== old)
  return settlements > 0 ? [...rest, counter].sort((a, b) => a.year - b.year) : rest
}

interface Splice {
  readonly at: number
  readonly removed: number
  readonly inserted: Int32Array
  readonly years: readonly YearCounter[] | undefined
}

/** One copy, whatever changes: the copies are most of what a settlement costs. */
function spliced(words: Int32Array, { at, removed, inserted, years }: Splice): Int32Array {
  const oldFirst = firstBlock(words)
  const first = years === undefined ? oldFirst : HEAD_WORDS + years.length * YEAR_WORDS
  const shift = first - oldFirst
  const next = new Int32Array(words.length + shift + inserted.length - removed)
  copyWords(words, { from: 0, until: years === undefined ? oldFirst : HEAD_WORDS }, next, 0)
  copyWords(words, { from: oldFirst, until: at }, next, first)
  copyWords(inserted, { from: 0, until: inserted.length }, next, at + shift)
  copyWords(words, { from: at + removed, until: words.length }, next, at + shift + inserted.length)
  if (years !== undefined) putYears(next, years)
  return next
}

/** Up to here a loop is quicker than a view and a copy of memory (measured). */
const loopMax = 192

function copyWords(
  words: Int32Array, { from, until }: { from: number, until: number }, to: Int32Array, at: number,
): void {
  if (until - from > loopMax) {
    to.set(words.subarray(from, until), at)
    return
  }
  for (let source = from, target = at; source < until; source++, target++) to[target] = words[source]!
}

function putYears(words: Int32Array, years: readonly YearCounter[]): void {
  words[YEARS] = years.length
  let at = HEAD_WORDS
  for (const counter of years) {
    words[at] = counter.year
    words[at + 1] = counter.settlements
    words[at + 2] = counter.admissions
    putNumber(words, at + 3, counter.totalFen)
    putNumber(words, at + 5, counter.fundFen)
    at += YEAR_WORDS
  }
}

const yearDays = new Int32Array(128) // the last days asked for, and their years: the same few all day

/** Calendar year of a day number. */
export function yearOf(day: number): number {
  const at = (day & 63) * 2
  if (yearDays[at] !== day || yearDays[at + 1] === 0) {
    yearDays[at] = day
    yearDays[at + 1] = calendarYear(day)
  }
  return yearDays[at + 1]!
}

/** Inside, years begin in March, so that the leap day is the last. */
function calendarYear(day: number): number {
  const days = day + 719_468
  const era = Math.floor(days / 146_097)
  const ofEra = days - era * 146_097
  const year = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365)
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100))
  const isNewYear = ofYear >= 306 // January and February belong to the next one
  return era * 400 + year + (isNewYear ? 1 : 0)
}
