// The record of the settlement that stands for a charge batch: its id, and whether it is certain.
import { Reader, textSize, Writer } from './bytes.js'

export interface Standing {
  readonly settlement: string
  readonly isProvisional: boolean
}

const STANDING_VERSION = 1
const HEAD_WORDS = 2

/** A new record. */
export function standingWords({ settlement, isProvisional }: Standing): Int32Array {
  const words = new Int32Array(HEAD_WORDS + textSize(settlement))
  words[0] = STANDING_VERSION
  words[1] = isProvisional ? 1 : 0
  new Writer(words, HEAD_WORDS).text(settlement)
  return words
}

/** Copies what standingWords wrote. */
export function readStanding(words: Int32Array): Standing {
  return { settlement: new Reader(words, HEAD_WORDS).text(), isProvisional: words[1] === 1 }
}
