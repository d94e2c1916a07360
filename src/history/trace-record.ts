// Who has settled a drug's trace code: a short list in canonical order. Freed by reversals. Never
// pruned: a pack may be sold once, whenever.
import { codeKey } from '../claim/code-key.js'
import { compareTexts, Reader, textSize, Writer } from './bytes.js'
import { shortLived } from './short-lived.js'
import type { TraceHolder } from './view.js'

export const TRACE_VERSION = 1
/** A pack sold sixteen times is proved; further holders are only counted. */
export const holdersMax = 16
const HEAD_WORDS = 3

export interface TraceRecord {
  readonly holders: readonly TraceHolder[]
  /** Holders beyond the bound. One that leaves the list does not bring one of them back. */
  readonly dropped: number
}

export const noHolders: TraceRecord = { holders: [], dropped: 0 }

/** A new record, holders in their order; beyond the bound the holder is only counted. */
export function withHolder({ holders, dropped }: TraceRecord, holder: TraceHolder): TraceRecord {
  if (holders.length >= holdersMax) return { holders, dropped: dropped + 1 }
  const next = holders.length === 0 ? [holder] : [...holders, holder].sort(compareHolders)
  return { holders: next, dropped }
}

/** Without one holding of a settlement's item (by the key of its id), listed or only counted. */
export function withoutHolder(
  { holders, dropped }: TraceRecord,
  { institution, settlement, item }: { institution: string, settlement: string, item: number },
): TraceRecord {
  const at = holders.findIndex((one) => one.institution === institution
    && one.settlement === settlement && codeKey(one.item) === item)
  return at < 0
    ? { holders, dropped: dropped - 1 }
    : { holders: holders.filter((_, index) => index !== at), dropped }
}

function compareHolders(a: TraceHolder, b: TraceHolder): number {
  return a.day - b.day || compareTexts(a.institution, b.institution)
    || compareTexts(a.settlement, b.settlement) || compareTexts(a.item, b.item)
}

/** Undefined when nobody holds the code. */
export function packTrace({ holders, dropped }: TraceRecord): Int32Array | undefined {
  if (holders.length === 0 && dropped === 0) return undefined
  let size = HEAD_WORDS
  for (const { institution, settlement, item } of holders) {
    size += 1 + textSize(institution) + textSize(settlement) + textSize(item)
  }
  const words = shortLived(size)
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

/** Copies what packTrace wrote. */
export function unpackTrace(words: Int32Array): TraceRecord {
  const reader = new Reader(words, HEAD_WORDS)
  const holders = reader.list(words[2]!, () => {
    const day = reader.word()
    return { institution: reader.text(), settlement: reader.text(), item: reader.text(), day }
  })
  return { holders, dropped: words[1]! }
}
