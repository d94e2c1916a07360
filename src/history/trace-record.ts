// Who has settled a drug's trace code: a short list in canonical order. Freed by reversals. Never
// pruned: a pack may be sold once, whenever.
import { textWords } from './bytes.js'
import { Reader, Writer } from './settlement-record.js'
import type { TraceHolder } from './view.js'

export const TRACE_VERSION = 1
/** A pack sold sixteen times is proved; further holders are only counted. */
export const holdersMax = 16
const HEAD_WORDS = 3

export interface TraceRecord {
  readonly holders: readonly TraceHolder[]
  /** Holders beyond the bound. A reversal of one of them lowers the count. */
  readonly dropped: number
}

export const noHolders: TraceRecord = { holders: [], dropped: 0 }

export function withHolder({ holders, dropped }: TraceRecord, holder: TraceHolder): TraceRecord {
  if (holders.length >= holdersMax) return { holders, dropped: dropped + 1 }
  return { holders: [...holders, holder].sort(compare), dropped }
}

/** Without one holding of this settlement's item. */
export function withoutHolder({ holders, dropped }: TraceRecord, holder: TraceHolder): TraceRecord {
  const at = holders.findIndex((one) => compare(one, holder) === 0)
  if (at < 0) return { holders, dropped: Math.max(0, dropped - 1) }
  return { holders: holders.filter((_, index) => index !== at), dropped }
}

function compare(a: TraceHolder, b: TraceHolder): number {
  return a.day - b.day || order(a.institution, b.institution) || order(a.settlement, b.settlement)
    || order(a.item, b.item)
}

const order = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0

export function packTrace({ holders, dropped }: TraceRecord): Int32Array {
  let size = HEAD_WORDS
  for (const { institution, settlement, item } of holders) {
    size += 4 + textWords(institution.length) + textWords(settlement.length) + textWords(item.length)
  }
  const words = new Int32Array(size)
  words[0] = TRACE_VERSION
  words[1] = dropped
  words[2] = holders.length
  const writer = new Writer(words, HEAD_WORDS)
  for (const { day, institution, settlement, item } of holders) {
    writer.word(day)
    writer.text(institution)
    writer.text(settlement)
    writer.text(item)
  }
  return words
}

export function unpackTrace(words: Int32Array): TraceRecord {
  const reader = new Reader(words, HEAD_WORDS)
  const holders = Array.from({ length: words[2]! }, () => {
    const day = reader.word()
    return { institution: reader.text(), settlement: reader.text(), item: reader.text(), day }
  })
  return { holders, dropped: words[1]! }
}
