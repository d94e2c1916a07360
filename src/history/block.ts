// One settlement, or one stay told before its settlement, inside a patient's packed record: its layout
// and nothing else. All offsets are words from the block's start.
import { MINUTES_PER_DAY } from '../claim/claim.js'
import type { Claim, Setting } from '../claim/claim.js'
import { compareText, putNumber, putText, takeNumber, takeText, textWords } from './bytes.js'
import type { PastSettlement } from './view.js'

export const LINE_WORDS = 4
const HEAD_WORDS = 13

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
const FUND_FEN = 11

const settings = ['outpatient', 'emergency', 'inpatient', 'pharmacy', 'other'] as const satisfies Setting[]
const SETTING_MASK = 7
const HAS_END = 8
const IS_STAY = 16
const HAS_START = 32
const IS_EXPECTED = 64

export interface StayBlock {
  readonly institution: string
  readonly visit: string
  readonly admissionDay: number | undefined
  readonly dischargeDay: number | undefined
}

/** Packs what is remembered of a settlement: its head and its lines that carry a national code. */
export function packSettlement(claim: Claim): Int32Array {
  const { visit, payment } = claim
  const coded = claim.items.filter(({ code }) => code !== '')
  const main = visit.diagnoses.find(({ isMain }) => isMain)?.code ?? visit.diagnoses[0]?.code ?? ''
  const texts = [visit.institution.id, claim.settlement, visit.id, asciiOnly(main)]
  const { words, linesAt } = packTexts(texts, coded.length)
  const isExpected = visit.isPlannedReadmission === true || visit.isTransfer === true
  words[FLAGS] = settings.indexOf(visit.setting) | HAS_START
    | (visit.endDay === undefined ? 0 : HAS_END) | (isExpected ? IS_EXPECTED : 0)
  const days = coded.length > 0
    ? coded.map(({ serviceDay }) => serviceDay)
    : [visit.startDay, visit.endDay ?? visit.startDay]
  words[FIRST_DAY] = days.reduce((a, b) => Math.min(a, b))
  words[LAST_DAY] = days.reduce((a, b) => Math.max(a, b))
  words[START_DAY] = visit.startDay
  words[END_DAY] = visit.endDay ?? 0
  words[SETTLED_DAY] = claim.settledDay
  putNumber(words, TOTAL_FEN, payment.totalFen)
  putNumber(words, FUND_FEN, payment.fundFen ?? 0)
  coded.forEach((item, index) => {
    const at = linesAt + index * LINE_WORDS
    const hasTime = item.serviceMinute !== undefined
    const minute = item.serviceMinute ?? item.serviceDay * MINUTES_PER_DAY
    words[at] = item.low
    words[at + 1] = item.high
    words[at + 2] = minute << 1 | (hasTime ? 1 : 0)
    words[at + 3] = item.quantity
  })
  return words
}

export function packStay({ institution, visit, admissionDay, dischargeDay }: StayBlock): Int32Array {
  const { words } = packTexts([institution, '', visit, ''], 0)
  words[FLAGS] = IS_STAY | settings.indexOf('inpatient')
    | (admissionDay === undefined ? 0 : HAS_START) | (dischargeDay === undefined ? 0 : HAS_END)
  words[START_DAY] = admissionDay ?? 0
  words[END_DAY] = dischargeDay ?? 0
  words[FIRST_DAY] = admissionDay ?? dischargeDay ?? 0
  words[LAST_DAY] = dischargeDay ?? admissionDay ?? 0
  words[SETTLED_DAY] = words[LAST_DAY]
  return words
}

function packTexts(texts: readonly string[], lines: number): { words: Int32Array, linesAt: number } {
  const size = texts.reduce((sum, text) => sum + 1 + textWords(text.length), HEAD_WORDS)
  const words = new Int32Array(size + lines * LINE_WORDS)
  words[LENGTH] = words.length
  words[LINES] = lines
  words[LINES_AT] = size
  let at = HEAD_WORDS
  for (const text of texts) {
    words[at] = text.length
    putText(words, at + 1, text)
    at += 1 + textWords(text.length)
  }
  return { words, linesAt: size }
}

/** A diagnosis in another script than the code's own is no code: it is not kept. */
function asciiOnly(code: string): string {
  for (let index = 0; index < code.length; index++) if (code.charCodeAt(index) > 126) return ''
  return code
}

export const lengthOf = (words: Int32Array, block: number) => words[block + LENGTH]!
export const firstDayOf = (words: Int32Array, block: number) => words[block + FIRST_DAY]!
export const lastDayOf = (words: Int32Array, block: number) => words[block + LAST_DAY]!
export const startDayOf = (words: Int32Array, block: number) => words[block + START_DAY]!
export const settledDayOf = (words: Int32Array, block: number) => words[block + SETTLED_DAY]!
export const linesOf = (words: Int32Array, block: number) => block + words[block + LINES_AT]!
export const lineCountOf = (words: Int32Array, block: number) => words[block + LINES]!
export const isStay = (words: Int32Array, block: number) => (words[block + FLAGS]! & IS_STAY) !== 0
export const totalFenOf = (words: Int32Array, block: number) => takeNumber(words, block + TOTAL_FEN)
export const fundFenOf = (words: Int32Array, block: number) => takeNumber(words, block + FUND_FEN)

export function endDayOf(words: Int32Array, block: number): number | undefined {
  return (words[block + FLAGS]! & HAS_END) === 0 ? undefined : words[block + END_DAY]!
}

export function settingOf(words: Int32Array, block: number): Setting {
  return settings[words[block + FLAGS]! & SETTING_MASK]!
}

/** Of the block's texts: 0 institution, 1 settlement, 2 visit, 3 main diagnosis. */
function textAt(words: Int32Array, block: number, which: number): number {
  let at = block + HEAD_WORDS
  for (let index = 0; index < which; index++) at += 1 + textWords(words[at]!)
  return at
}

function textOf(words: Int32Array, block: number, which: number): string {
  const at = textAt(words, block, which)
  return takeText(words, at + 1, words[at]!)
}

function isText(words: Int32Array, block: number, which: number, text: string): boolean {
  const at = textAt(words, block, which)
  return words[at] === text.length && compareText(words, at + 1, text.length, text) === 0
}

export function isSettlement(words: Int32Array, block: number, institution: string, id: string): boolean {
  return isText(words, block, 1, id) && isText(words, block, 0, institution)
}

export function isVisit(words: Int32Array, block: number, institution: string, visit: string): boolean {
  return isText(words, block, 2, visit) && isText(words, block, 0, institution)
}

/** Canonical order: settled day, stays after settlements, institution, settlement, visit. */
export function compareBlocks(a: Int32Array, atA: number, b: Int32Array, atB: number): number {
  const byDay = settledDayOf(a, atA) - settledDayOf(b, atB)
  if (byDay !== 0) return byDay
  for (let which = 0; which < 3; which++) {
    const at = textAt(b, atB, which)
    const textB = takeText(b, at + 1, b[at]!)
    const textA = textAt(a, atA, which)
    const order = compareText(a, textA + 1, a[textA]!, textB)
    if (order !== 0) return order
  }
  return 0
}

export function pastSettlement(words: Int32Array, block: number): PastSettlement {
  return {
    institution: textOf(words, block, 0),
    settlement: textOf(words, block, 1),
    visit: textOf(words, block, 2),
    setting: settingOf(words, block),
    startDay: startDayOf(words, block),
    endDay: endDayOf(words, block),
    settledDay: settledDayOf(words, block),
    mainDiagnosis: textOf(words, block, 3),
    totalFen: totalFenOf(words, block),
    isExpectedAdmission: (words[block + FLAGS]! & IS_EXPECTED) !== 0,
  }
}

export function stayOf(words: Int32Array, block: number): StayBlock {
  return {
    institution: textOf(words, block, 0),
    visit: textOf(words, block, 2),
    admissionDay: (words[block + FLAGS]! & HAS_START) === 0 ? undefined : startDayOf(words, block),
    dischargeDay: endDayOf(words, block),
  }
}
