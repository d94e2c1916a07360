// A key's registered states as a packed record. Layout only.
import { Reader, textSize, Writer } from './bytes.js'
import type { RegisteredState } from './view.js'

export const REGISTRY_VERSION = 1
const HEAD_WORDS = 2

/** In day order; one a day. */
export type States = readonly RegisteredState[]

/** A new record, in the order given. */
export function packStates(states: States): Int32Array {
  let size = HEAD_WORDS
  for (const { words } of states) {
    size += 2
    for (const word of words) size += textSize(word)
  }
  const packed = new Int32Array(size)
  packed[0] = REGISTRY_VERSION
  packed[1] = states.length
  const writer = new Writer(packed, HEAD_WORDS)
  for (const { fromDay, words } of states) {
    writer.word(fromDay)
    writer.word(words.length)
    for (const word of words) writer.text(word)
  }
  return packed
}

/** Copies what packStates wrote. */
export function unpackStates(packed: Int32Array): States {
  const reader = new Reader(packed, HEAD_WORDS)
  return reader.list(packed[1]!, () => {
    const fromDay = reader.word()
    return { fromDay, words: reader.list(reader.word(), () => reader.text()) }
  })
}
