// One patient's record. It is its own packed form: a head, a counter a year, then blocks in canonical
// order, so that its bytes do not depend on the order of arrival. Every change makes a new array.
import {
  compareBlocks, endDayOf, fundFenOf, isSettlement, isStay, isVisit, lastDayOf, lengthOf,
  settingOf, settledDayOf, startDayOf, totalFenOf,
} from './block.js'
import { putNumber, takeNumber } from './bytes.js'

export const TIMELINE_VERSION = 1
const VERSION = 0
const DROPPED = 1
const YEARS = 2
const HEAD_WORDS = 3
const YEAR_WORDS = 7 // year, settlements, admissions, total fen (2), fund fen (2)

/** A year of daily dialysis with forty lines a day takes 240 KB; nobody has more care than that. */
export const timelineBytesMax = 262_144

export const emptyTimeline: Int32Array = Int32Array.of(TIMELINE_VERSION, 0, 0)

export interface YearCounter {
  readonly year: number
  readonly settlements: number
  readonly admissions: number
  readonly totalFen: number
  readonly fundFen: number
}

/** Blocks that did not fit since the record began. */
export const droppedOf = (words: Int32Array) => words[DROPPED]!

export const isEmpty = (words: Int32Array) =>
  words.length === HEAD_WORDS && words[DROPPED] === 0

/** Offset of the first block; the record's length when there is none. */
export function firstBlock(words: Int32Array): number {
  return HEAD_WORDS + words[YEARS]! * YEAR_WORDS
}

/** Puts a block in its place. One that does not fit is dropped and counted: `isOverflowed`. */
export function withBlock(words: Int32Array, block: Int32Array): Int32Array {
  if ((words.length + block.length) * 4 > timelineBytesMax) return withDropped(words, 1)
  let at = firstBlock(words)
  while (at < words.length && compareBlocks(words, at, block, 0) < 0) at += lengthOf(words, at)
  const next = new Int32Array(words.length + block.length)
  next.set(words.subarray(0, at))
  next.set(block, at)
  next.set(words.subarray(at), at + block.length)
  return isStay(block, 0) ? next : withCounted(next, block, 0, 1)
}

/** Takes a block out as if it had never been. */
export function withoutBlock(words: Int32Array, at: number): Int32Array {
  const block = words.slice(at, at + lengthOf(words, at))
  const next = new Int32Array(words.length - block.length)
  next.set(words.subarray(0, at))
  next.set(words.subarray(at + block.length), at)
  return isStay(block, 0) ? next : withCounted(next, block, 0, -1)
}

export function withDropped(words: Int32Array, by: number): Int32Array {
  const next = words.slice()
  next[DROPPED] = Math.max(0, next[DROPPED]! + by)
  return next
}

/** Offset of a settlement's block, or -1. */
export function findSettlement(words: Int32Array, institution: string, settlement: string): number {
  for (let at = firstBlock(words); at < words.length; at += lengthOf(words, at)) {
    if (!isStay(words, at) && isSettlement(words, at, institution, settlement)) return at
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

/** Without the blocks that lie wholly before a day. Returns the same array when there are none. */
export function pruned(words: Int32Array, beforeDay: number): Int32Array {
  let next = words
  for (let at = firstBlock(next); at < next.length;) {
    const isOld = Math.max(lastDayOf(next, at), settledDayOf(next, at), endDayOf(next, at) ?? 0) < beforeDay
    if (isOld) {
      next = withoutBlock(next, at)
      at = firstBlock(next)
    } else at += lengthOf(next, at)
  }
  return next
}

/** Year counters of the remembered settlements, by the calendar year of settlement. */
export function yearsOf(words: Int32Array): YearCounter[] {
  return Array.from({ length: words[YEARS]! }, (_, index) => {
    const at = HEAD_WORDS + index * YEAR_WORDS
    return {
      year: words[at]!,
      settlements: words[at + 1]!,
      admissions: words[at + 2]!,
      totalFen: takeNumber(words, at + 3),
      fundFen: takeNumber(words, at + 5),
    }
  })
}

/** Adds a block to its year's counter, or takes it out; a counter of nothing is left out. */
function withCounted(words: Int32Array, block: Int32Array, at: number, sign: 1 | -1): Int32Array {
  const year = yearOf(settledDayOf(block, at))
  const isAdmission = settingOf(block, at) === 'inpatient' && startDayOf(block, at) > 0
  const years = yearsOf(words)
  const old = years.find((one) => one.year === year)
    ?? { year, settlements: 0, admissions: 0, totalFen: 0, fundFen: 0 }
  const counted: YearCounter = {
    year,
    settlements: old.settlements + sign,
    admissions: old.admissions + (isAdmission ? sign : 0),
    totalFen: old.totalFen + sign * totalFenOf(block, at),
    fundFen: old.fundFen + sign * fundFenOf(block, at),
  }
  const rest = years.filter((one) => one.year !== year)
  const kept = [...rest, ...(counted.settlements > 0 ? [counted] : [])].sort((a, b) => a.year - b.year)
  const from = firstBlock(words)
  const next = new Int32Array(HEAD_WORDS + kept.length * YEAR_WORDS + words.length - from)
  next.set(words.subarray(0, HEAD_WORDS))
  next[VERSION] = TIMELINE_VERSION
  next[YEARS] = kept.length
  kept.forEach((one, index) => putYear(next, HEAD_WORDS + index * YEAR_WORDS, one))
  next.set(words.subarray(from), HEAD_WORDS + kept.length * YEAR_WORDS)
  return next
}

function putYear(words: Int32Array, at: number, counter: YearCounter): void {
  words[at] = counter.year
  words[at + 1] = counter.settlements
  words[at + 2] = counter.admissions
  putNumber(words, at + 3, counter.totalFen)
  putNumber(words, at + 5, counter.fundFen)
}

/** Calendar year of a day number (civil-from-days, Hinnant 2013). */
function yearOf(day: number): number {
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const ofEra = shifted - era * 146_097
  const years = Math.floor((ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524)
    - Math.floor(ofEra / 146_096)) / 365)
  const ofYear = ofEra - (365 * years + Math.floor(years / 4) - Math.floor(years / 100))
  return years + era * 400 + (ofYear >= 306 ? 1 : 0)
}
