// One settlement, or one stay told before its settlement, inside a patient's packed record: its
// layout and nothing else. A block is a head, four texts, and four words for every coded line.
import { MINUTES_PER_DAY } from '../claim/claim.js'
import type { Claim, Item, Setting, Visit } from '../claim/claim.js'
import { drugClass } from '../claim/drug-class.js'
import {
  afterText, compareText, isText, putNumber, putText, takeNumber, takeText,
} from './bytes.js'
import type { PastSettlement, PastStay } from './view.js'

/**
 * Code key low; drug class (16 bits) above code key high (16 bits); minute doubled plus one when the
 * time is known; quantity.
 */
export const LINE_WORDS = 4

const LENGTH = 0
const FLAGS = 1
const FIRST_DAY = 2
const LAST_DAY = 3
const START_DAY = 4
const END_DAY = 5
const SETTLED_DAY = 6
const LINES = 7
const LINES_AT = 8
const TOTAL_FEN = 9
const HEAD_WORDS = 11

const INSTITUTION = 0
const SETTLEMENT = 1
const VISIT = 2
const MAIN_DIAGNOSIS = 3

const settings =
  ['outpatient', 'emergency', 'inpatient', 'pharmacy', 'other'] as const satisfies Setting[]
const SETTING_MASK = 7
const HAS_END = 8
const IS_STAY = 16
const HAS_START = 32
const IS_EXPECTED = 64

/** Packs what is remembered of a settlement: its head and its coded lines. Valid until the next call. */
export function packSettlement(claim: Claim): Int32Array {
  const { visit, items } = claim
  const { words, linesAt } =
    packTexts([visit.institution.id, claim.settlement, visit.id, mainDiagnosis(visit)], items)
  const isExpected = visit.isPlannedReadmission === true || visit.isTransfer === true
  words[FLAGS] = settings.indexOf(visit.setting) | HAS_START
    | (visit.endDay === undefined ? 0 : HAS_END) | (isExpected ? IS_EXPECTED : 0)
  words[START_DAY] = visit.startDay
  words[END_DAY] = visit.endDay ?? 0
  words[SETTLED_DAY] = claim.settledDay
  putNumber(words, TOTAL_FEN, claim.payment.totalFen)
  let firstDay = Infinity
  let lastDay = -Infinity
  let at = linesAt
  for (const item of items) {
    if (item.code === '') continue
    putLine(words, at, item)
    firstDay = Math.min(firstDay, item.serviceDay)
    lastDay = Math.max(lastDay, item.serviceDay)
    at += LINE_WORDS
  }
  words[FIRST_DAY] = at > linesAt ? firstDay : visit.startDay
  words[LAST_DAY] = at > linesAt ? lastDay : visit.endDay ?? visit.startDay
  return words
}

function mainDiagnosis({ diagnoses }: Visit): string {
  return (diagnoses.find(({ isMain }) => isMain) ?? diagnoses[0])?.code ?? ''
}

function putLine(words: Int32Array, at: number, item: Item): void {
  const { code, low, high, serviceDay, serviceMinute, quantity } = item
  words[at] = low
  words[at + 1] = drugClass(code) << 16 | high
  words[at + 2] = serviceMinute === undefined
    ? serviceDay * MINUTES_PER_DAY << 1
    : serviceMinute << 1 | 1
  words[at + 3] = quantity
}

/** One of its days is known. Valid until the next call. */
export function packStay({ institution, visit, admissionDay, dischargeDay }: PastStay): Int32Array {
  const { words } = packTexts([institution, '', visit, ''], [])
  words[FLAGS] = IS_STAY | settings.indexOf('inpatient')
    | (admissionDay === undefined ? 0 : HAS_START) | (dischargeDay === undefined ? 0 : HAS_END)
  words[START_DAY] = admissionDay ?? 0
  words[END_DAY] = dischargeDay ?? 0
  words[FIRST_DAY] = admissionDay ?? dischargeDay!
  words[LAST_DAY] = dischargeDay ?? admissionDay!
  words[SETTLED_DAY] = words[LAST_DAY]
  return words
}

/** A block is copied into its timeline at once: one place to pack them all, one after the other. */
let scratch = new Int32Array(4_096)

function packTexts(
  texts: readonly string[], items: readonly Item[],
): { words: Int32Array, linesAt: number } {
  let lines = 0
  for (const { code } of items) if (code !== '') lines++
  let most = HEAD_WORDS + lines * LINE_WORDS
  for (const { length } of texts) most += 1 + length
  if (most > scratch.length) scratch = new Int32Array(most * 2)
  scratch.fill(0, 0, HEAD_WORDS)
  let linesAt = HEAD_WORDS
  for (const text of texts) linesAt = putText(scratch, linesAt, text)
  const words = scratch.subarray(0, linesAt + lines * LINE_WORDS)
  words[LENGTH] = words.length
  words[LINES] = lines
  words[LINES_AT] = linesAt
  return { words, linesAt }
}

/** Words of the block: the next one begins so much further on. */
export const lengthOf = (words: Int32Array, block: number) => words[block + LENGTH]!
/** Day number of its earliest coded line; without lines, the first day known of the visit. */
export const firstDayOf = (words: Int32Array, block: number) => words[block + FIRST_DAY]!
/** Day number of its latest coded line; without lines, the last day known of the visit. */
export const lastDayOf = (words: Int32Array, block: number) => words[block + LAST_DAY]!
/** Day number of the visit's start; 0 in a stay whose admission was not told. */
export const startDayOf = (words: Int32Array, block: number) => words[block + START_DAY]!
/** Offset of the first coded line; endLineOf where there is none. */
export const linesOf = (words: Int32Array, block: number) => block + words[block + LINES_AT]!
/** A stay told before its settlement: it has no lines and no settlement id. */
export const isStay = (words: Int32Array, block: number) => (words[block + FLAGS]! & IS_STAY) !== 0

/** Offset past the last coded line. */
export function endLineOf(words: Int32Array, block: number): number {
  return linesOf(words, block) + words[block + LINES]! * LINE_WORDS
}

/** Day number of the visit's end; undefined where it was not told. */
export function endDayOf(words: Int32Array, block: number): number | undefined {
  return (words[block + FLAGS]! & HAS_END) === 0 ? undefined : words[block + END_DAY]!
}

/** The last day a window could ask about: when it lies before the horizon, nothing here matters. */
export function untilDayOf(words: Int32Array, block: number): number {
  const end = endDayOf(words, block) ?? startDayOf(words, block)
  return Math.max(lastDayOf(words, block), words[block + SETTLED_DAY]!, end)
}

/** Where the care was given; of a stay, always 'inpatient'. */
export function settingOf(words: Int32Array, block: number): Setting {
  return settings[words[block + FLAGS]! & SETTING_MASK]!
}

/** High 16 bits of the line's code key; its low 32 are the line's first word. */
export const lineHighOf = (words: Int32Array, line: number) => words[line + 1]! & 0xffff
/** The line's drug class as drugClass gives it; 0: it has none. */
export const lineClassOf = (words: Int32Array, line: number) => words[line + 1]! >>> 16

/** Minute since 1970 of the service; undefined where only its day is known. */
export function lineMinuteOf(words: Int32Array, line: number): number | undefined {
  const word = words[line + 2]!
  return (word & 1) === 0 ? undefined : word >> 1
}

/** Day number of the service, known of every line. */
export function lineDayOf(words: Int32Array, line: number): number {
  return Math.floor((words[line + 2]! >> 1) / MINUTES_PER_DAY)
}

function textAt(words: Int32Array, block: number, which: number): number {
  let at = block + HEAD_WORDS
  for (let index = 0; index < which; index++) at = afterText(words, at)
  return at
}

const textOf = (words: Int32Array, block: number, which: number) =>
  takeText(words, textAt(words, block, which))

const isTextOf = (words: Int32Array, block: number, which: number, text: string) =>
  isText(words, textAt(words, block, which), text)

/** Whether a block is this settlement's, compared where its texts lie: allocates nothing. */
export function isSettlement(
  words: Int32Array, block: number, institution: string, settlement: string,
): boolean {
  return isTextOf(words, block, SETTLEMENT, settlement)
    && isTextOf(words, block, INSTITUTION, institution)
}

/** Compared where it lies: to make the text costs twenty times as much. */
export const isInInstitution = (words: Int32Array, block: number, institution: string) =>
  isTextOf(words, block, INSTITUTION, institution)

/** Whether a block, a settlement's or a stay's, is of this visit. Allocates nothing. */
export function isVisit(
  words: Int32Array, block: number, institution: string, visit: string,
): boolean {
  return isTextOf(words, block, VISIT, visit) && isTextOf(words, block, INSTITUTION, institution)
}

/** Canonical order: settled day, institution, settlement (a stay has none), visit. */
export function compareBlocks(a: Int32Array, atA: number, b: Int32Array, atB: number): number {
  const byDay = a[atA + SETTLED_DAY]! - b[atB + SETTLED_DAY]!
  if (byDay !== 0) return byDay
  const compare = (which: number) =>
    compareText(a, textAt(a, atA, which), textOf(b, atB, which))
  return compare(INSTITUTION) || compare(SETTLEMENT) || compare(VISIT)
}

/** A copy for findings and those who read them: its texts are made, so not for every block of a loop. */
export function pastSettlement(words: Int32Array, block: number): PastSettlement {
  return {
    institution: textOf(words, block, INSTITUTION),
    settlement: textOf(words, block, SETTLEMENT),
    visit: textOf(words, block, VISIT),
    setting: settingOf(words, block),
    startDay: startDayOf(words, block),
    endDay: endDayOf(words, block),
    settledDay: words[block + SETTLED_DAY]!,
    mainDiagnosis: textOf(words, block, MAIN_DIAGNOSIS),
    isExpectedAdmission: (words[block + FLAGS]! & IS_EXPECTED) !== 0,
    totalFen: takeNumber(words, block + TOTAL_FEN),
  }
}

/** A stay as it was told; a day that was not told is undefined. */
export function stayOf(words: Int32Array, block: number): PastStay {
  const flags = words[block + FLAGS]!
  return {
    institution: textOf(words, block, INSTITUTION),
    visit: textOf(words, block, VISIT),
    admissionDay: (flags & HAS_START) === 0 ? undefined : words[block + START_DAY]!,
    dischargeDay: (flags & HAS_END) === 0 ? undefined : words[block + END_DAY]!,
  }
}
