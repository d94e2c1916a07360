// Keys and contents of the store's records, in plain form: for tests, `npm run store` and hashing.
import {
  endLineOf, isStay, lengthOf, lineClassOf, lineDayOf, lineHighOf, lineMinuteOf, LINE_WORDS, linesOf,
  pastSettlement, stayOf,
} from './block.js'
import { unpackRows } from './day-counts.js'
import { unpackDemoted } from './demoted-rules.js'
import { unpackTally } from './indicator-day.js'
import { unpackStates } from './registry-record.js'
import { unpackNames } from './rule-numbers.js'
import { unpackRecord } from './settlement-record.js'
import { readStanding } from './standing.js'
import { unpackLedger } from './stock-ledger.js'
import { droppedOf, droppedUntilDayOf, firstBlock, yearsOf } from './timeline.js'
import { unpackTrace } from './trace-record.js'

/** `p:<patient key>` holds the patient's timeline. */
export const patientKeyOf = (patientKey: string) => `p:${patientKey}`
/** Whether a record's key is a patient's: those are kept hot. */
export const isTimeline = (key: string) => key.startsWith('p:')
/** An institution's id has no colon, so no two identities share a key. */
export const settlementKeyOf = (institution: string, settlement: string) =>
  `s:${institution}:${settlement}`
/** `g:<subject>:<key>` holds the states that one registry entry has had. */
export const registryKeyOf = (subject: string, key: string) => `g:${subject}:${key}`
/** `k:<institution>` counts its ledgers; one of them has the key of its item's code besides. */
export const stockKeyOf = (institution: string) => `k:${institution}`
/** `k:<institution>:<code>` holds one item's ledger; `code` is its codeKey. */
export const ledgerKeyOf = (institution: string, code: number) => `k:${institution}:${code}`
/** `b:` and the charge batch; the visit's length stands before it, for an id may hold a colon. */
export const batchKeyOf = (institution: string, visit: string, number: string) =>
  `b:${institution}:${visit.length}:${visit}:${number}`
const isLedger = (key: string) => key.indexOf(':', 2) > 0
/** `d:<institution>` lists the parts of days that have sums of indicators; each has both besides. */
export const indicatorKeyOf = (institution: string) => `d:${institution}`
/** `d:<institution>:<day>:<part>` holds the sums of one part of a day; `day` is a day number. */
export const indicatorPartKeyOf = (institution: string, day: number, part: number) =>
  `d:${institution}:${day}:${part}`
/** `t:<trace code>` holds the settlements that hold the code. */
export const traceKeyOf = (traceCode: string) => `t:${traceCode}`

/** Copies a record's bytes into aligned words. */
export function wordsOf(bytes: Uint8Array): Int32Array {
  const words = new Int32Array(bytes.length >> 2)
  new Uint8Array(words.buffer).set(bytes)
  return words
}

/** The same memory as bytes: a record's words are never changed in place. */
export function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}

/** The full content of a record as a plain object. */
export function decodeRecord(key: string, bytes: Uint8Array): object {
  const words = wordsOf(bytes)
  if (isTimeline(key)) return decodeTimeline(words)
  if (key.startsWith('s:')) return unpackRecord(words)
  if (key.startsWith('b:')) return readStanding(words)
  if (key.startsWith('g:')) return { states: unpackStates(words) }
  if (key.startsWith('k:')) return isLedger(key) ? unpackLedger(words) : { ledgers: words[1]! }
  if (key.startsWith('d:')) return isLedger(key) ? unpackTally(words) : { parts: [...words.subarray(1)] }
  if (key.startsWith('q:') || key.startsWith('o:')) {
    return isLedger(key) ? Object.fromEntries(unpackRows(words)) : { days: [...words.subarray(1)] }
  }
  if (key === 'n:demoted') return { days: Object.fromEntries(unpackDemoted(words)) }
  if (key.startsWith('n:')) return { rules: unpackNames(words) }
  if (key.startsWith('f:') || key.startsWith('v:')) return { entries: [...words.subarray(1)] }
  return unpackTrace(words)
}

function decodeTimeline(words: Int32Array): object {
  const settlements: object[] = []
  const stays: object[] = []
  for (let at = firstBlock(words); at < words.length; at += lengthOf(words, at)) {
    if (isStay(words, at)) stays.push(stayOf(words, at))
    else settlements.push({ ...pastSettlement(words, at), lines: decodeLines(words, at) })
  }
  return {
    dropped: droppedOf(words),
    droppedUntilDay: droppedUntilDayOf(words),
    years: yearsOf(words),
    settlements,
    stays,
  }
}

function decodeLines(words: Int32Array, block: number): object[] {
  const lines: object[] = []
  for (let line = linesOf(words, block); line < endLineOf(words, block); line += LINE_WORDS) {
    lines.push({
      low: words[line]!,
      high: lineHighOf(words, line),
      class: lineClassOf(words, line),
      day: lineDayOf(words, line),
      minute: lineMinuteOf(words, line),
      quantity: words[line + 3]!,
    })
  }
  return lines
}
