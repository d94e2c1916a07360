// One item's stock in one institution: the last count, and by day what came in and what claims sold.
// Days that are long past are folded into the opening, so the record stays short. Pure values.
import { putNumber, takeNumber } from './bytes.js'
import type { StockMovement } from '../claim/claim.js'

export const LEDGER_VERSION = 1
/** Days before the watermark that a count, a purchase or a sale may still come late and be placed. */
export const ledgerDays = 62
/** Movements remembered by their hash: the same sent again is known again. */
export const hashesMax = 32

export interface LedgerDay {
  readonly day: number
  /** Net of returns to suppliers and losses, in ten-thousandths. */
  readonly arrived: number
  readonly sold: number
}

export interface Ledger {
  /** Undefined: never counted; what was there before is not known. */
  readonly countDay: number | undefined
  /** Counted, and what has moved in the days folded into it. */
  readonly opening: number
  /** What claims sold in the days folded: part of `opening` too. */
  readonly soldBefore: number
  /** Days before this one are folded. */
  readonly foldedUntilDay: number
  /** Ascending; one a day. */
  readonly days: readonly LedgerDay[]
  /** Oldest first. */
  readonly hashes: readonly string[]
}

export const emptyLedger: Ledger = {
  countDay: undefined, opening: 0, soldBefore: 0, foldedUntilDay: -100_000, days: [], hashes: [],
}

/** Whether a movement or a sale of that day is after what was counted. */
export const isAfterCount = ({ countDay }: Ledger, day: number) =>
  countDay === undefined || day > countDay

/** A count stands for all that happened until the end of its day. Undefined: known, or too old. */
export function withMovement(ledger: Ledger, told: StockMovement): Ledger | undefined {
  const { movement, quantity, day, contentHash } = told
  if (ledger.hashes.includes(contentHash) || !isAfterCount(ledger, day)) return undefined
  const hashes = [...ledger.hashes, contentHash].slice(-hashesMax)
  switch (movement) {
    case 'count': {
      if (day < ledger.foldedUntilDay - 1) return undefined
      const days = ledger.days.filter((one) => one.day > day)
      return { ...ledger, countDay: day, opening: quantity, soldBefore: 0, days, hashes }
    }
    case 'purchase':
      return { ...withAdded(ledger, day, { arrived: quantity, sold: 0 }), hashes }
    case 'return':
    case 'loss':
      return { ...withAdded(ledger, day, { arrived: -quantity, sold: 0 }), hashes }
    case 'sale': // what claims sold is known from the claims; others' purchases are not ours to judge
      return { ...ledger, hashes }
  }
}

/** What a claim sold, or (below zero) took back. The same ledger where the count covers that day. */
export function withSold(ledger: Ledger, day: number, quantity: number): Ledger {
  return isAfterCount(ledger, day) ? withAdded(ledger, day, { arrived: 0, sold: quantity }) : ledger
}

function withAdded(
  ledger: Ledger, day: number, { arrived, sold }: { arrived: number, sold: number },
): Ledger {
  if (day < ledger.foldedUntilDay) {
    return {
      ...ledger, opening: ledger.opening + arrived - sold, soldBefore: ledger.soldBefore + sold,
    }
  }
  const known = ledger.days.find((one) => one.day === day)
  const next = { day, arrived: (known?.arrived ?? 0) + arrived, sold: (known?.sold ?? 0) + sold }
  const days = ledger.days.filter((one) => one !== known)
  if (next.arrived !== 0 || next.sold !== 0) days.push(next)
  return { ...ledger, days: days.sort((a, b) => a.day - b.day) }
}

/** With the days folded that lie before `untilDay`; the same ledger when none does. */
export function folded(ledger: Ledger, untilDay: number): Ledger {
  if (untilDay <= ledger.foldedUntilDay) return ledger
  let { opening, soldBefore } = ledger
  for (const { day, arrived, sold } of ledger.days) {
    if (day >= untilDay) continue
    opening += arrived - sold
    soldBefore += sold
  }
  const days = ledger.days.filter(({ day }) => day >= untilDay)
  return { ...ledger, opening, soldBefore, foldedUntilDay: untilDay, days }
}

const HEAD_WORDS = 10
const DAY_WORDS = 5
const HASH_WORDS = 2

/** A new record; days and hashes in the ledger's own order. */
export function packLedger(ledger: Ledger): Int32Array {
  const { countDay, opening, soldBefore, foldedUntilDay, days, hashes } = ledger
  const words = new Int32Array(HEAD_WORDS + days.length * DAY_WORDS + hashes.length * HASH_WORDS)
  words[0] = LEDGER_VERSION
  words[1] = countDay === undefined ? 0 : 1
  words[2] = countDay ?? 0
  putNumber(words, 3, opening)
  putNumber(words, 5, soldBefore)
  words[7] = foldedUntilDay
  words[8] = days.length
  words[9] = hashes.length
  let at = HEAD_WORDS
  for (const { day, arrived, sold } of days) {
    words[at] = day
    putNumber(words, at + 1, arrived)
    putNumber(words, at + 3, sold)
    at += DAY_WORDS
  }
  for (const hash of hashes) {
    words[at] = Number.parseInt(hash.slice(0, 8), 16)
    words[at + 1] = Number.parseInt(hash.slice(8), 16)
    at += HASH_WORDS
  }
  return words
}

/** Copies what packLedger wrote; quantities in ten-thousandths. */
export function unpackLedger(words: Int32Array): Ledger {
  const hashesAt = HEAD_WORDS + words[8]! * DAY_WORDS
  return {
    countDay: words[1] === 0 ? undefined : words[2]!,
    opening: takeNumber(words, 3),
    soldBefore: takeNumber(words, 5),
    foldedUntilDay: words[7]!,
    days: Array.from({ length: words[8]! }, (_, index) => {
      const at = HEAD_WORDS + index * DAY_WORDS
      return { day: words[at]!, arrived: takeNumber(words, at + 1), sold: takeNumber(words, at + 3) }
    }),
    hashes: Array.from({ length: words[9]! }, (_, index) => {
      const at = hashesAt + index * HASH_WORDS
      return hex(words[at]!) + hex(words[at + 1]!)
    }),
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
