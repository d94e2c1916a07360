// Keys and contents of the store's records, in plain form: for tests, `npm run store` and hashing.
import { endDayOf, isStay, lengthOf, LINE_WORDS, lineCountOf, linesOf, pastSettlement, stayOf } from './block.js'
import { unpackRecord } from './settlement-record.js'
import { droppedOf, firstBlock, yearsOf } from './timeline.js'
import { unpackTrace } from './trace-record.js'

export const patientKeyOf = (patientKey: string) => `p:${patientKey}`
export const settlementKeyOf = (institution: string, settlement: string) => `s:${institution}:${settlement}`
export const traceKeyOf = (traceCode: string) => `t:${traceCode}`

/** Copies a record's bytes into aligned words. */
export function wordsOf(bytes: Uint8Array): Int32Array {
  const words = new Int32Array(bytes.length >> 2)
  new Uint8Array(words.buffer).set(bytes)
  return words
}

export function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}

/** The full content of a record as a plain object. */
export function decodeRecord(key: string, bytes: Uint8Array): object {
  const words = wordsOf(bytes)
  if (key.startsWith('p:')) return decodeTimeline(words)
  if (key.startsWith('s:')) return unpackRecord(words)
  return unpackTrace(words)
}

function decodeTimeline(words: Int32Array): object {
  const settlements: object[] = []
  const stays: object[] = []
  for (let at = firstBlock(words); at < words.length; at += lengthOf(words, at)) {
    if (isStay(words, at)) {
      stays.push(stayOf(words, at))
      continue
    }
    const lines: object[] = []
    const end = linesOf(words, at) + lineCountOf(words, at) * LINE_WORDS
    for (let line = linesOf(words, at); line < end; line += LINE_WORDS) {
      lines.push([...words.subarray(line, line + LINE_WORDS)])
    }
    settlements.push({ ...pastSettlement(words, at), endDay: endDayOf(words, at) ?? null, lines })
  }
  return { dropped: droppedOf(words), years: yearsOf(words), settlements, stays }
}
