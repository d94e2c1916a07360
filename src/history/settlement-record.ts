// What is remembered of a settlement apart from its patient's timeline: that it was, its content's
// hash, what it added, what is left of each line, reversals that came before it. Never pruned.
import { codeKey, keyHigh, keyLow } from '../claim/code-key.js'
import type { Claim, Item, RefundLine } from '../claim/claim.js'
import { Reader, textSize, Writer } from './bytes.js'
import type { Share } from './indicator-sums.js'
import { readShare, shareSize, wholeShare, writeShare } from './share-words.js'
import { shortLived } from './short-lived.js'
import { yearOf } from './timeline.js'
import type { YearEntry } from './timeline.js'

export const SETTLEMENT_VERSION = 3

/** waiting: only reversals of it have come. reversal: it is one itself. */
const statuses = ['settled', 'reversed', 'waiting', 'reversal'] as const
export type SettlementStatus = typeof statuses[number]

export interface SettledLine {
  /** 48-bit key of the item's id. */
  readonly item: number
  /** What is left after refunds, in ten-thousandths. */
  readonly quantity: number
  readonly isCoded: boolean
}

export interface WaitingReversal {
  readonly settlement: string
  readonly patientKey: string
  readonly lines: readonly RefundLine[]
}

/** A line that went out of a stock that is kept. */
export interface StockedLine {
  readonly line: number
  /** 48-bit key of the item's code. */
  readonly code: number
  readonly day: number
}

export interface SettlementRecord {
  readonly status: SettlementStatus
  readonly contentHash: string
  readonly patientKey: string
  readonly settledDay: number
  /** The last day that its block in the timeline could matter. */
  readonly untilDay: number
  /** Its block did not fit into the timeline. */
  readonly isDropped: boolean
  /** What it added to its year; nothing when the year was past. */
  readonly counted: YearEntry | undefined
  readonly lines: readonly SettledLine[]
  readonly traceCodes: readonly { readonly line: number, readonly code: string }[]
  readonly stocked: readonly StockedLine[]
  /** What it added to its institution's indicators; absent where it is no settlement. */
  readonly share: Share | undefined
  readonly waiting: readonly WaitingReversal[]
}

const nothing: SettlementRecord = {
  status: 'waiting',
  contentHash: '',
  patientKey: '',
  settledDay: 0,
  untilDay: 0,
  isDropped: false,
  counted: undefined,
  lines: [],
  traceCodes: [],
  stocked: [],
  share: undefined,
  waiting: [],
}

/** What every kind of record begins from: all that is not said is nothing. */
export function aRecord(known: Partial<SettlementRecord>): SettlementRecord {
  return { ...nothing, ...known }
}

/** What a settlement has added to its patient's timeline and to its institution's stock. */
export type Added = Pick<SettlementRecord, 'untilDay' | 'isDropped' | 'counted' | 'stocked' | 'share'>

/** What a settlement counts in its year. */
export function yearEntryOf({ visit, payment, settledDay }: Claim): YearEntry {
  return {
    year: yearOf(settledDay),
    // Interim settlements of one stay have no discharge: a stay is one admission.
    isAdmission: visit.setting === 'inpatient' && visit.endDay !== undefined,
    totalFen: payment.totalFen,
    fundFen: payment.fundFen ?? 0,
  }
}

/** A line whose trace codes are sold as whole packs. */
export const isHolding = ({ isSplitPack, quantity, traceCodes }: Item) =>
  traceCodes.length > 0 && !isSplitPack && quantity > 0

/** What a settlement adds, as its reversal will need it. */
export function recordOf(claim: Claim, added: Added): SettlementRecord {
  const { contentHash, patient, settledDay, items } = claim
  return aRecord({
    ...added,
    share: added.share && wholeShare(claim, added.share),
    status: 'settled',
    contentHash,
    patientKey: patient.key,
    settledDay,
    lines: items.map(({ id, quantity, code }) =>
      ({ item: codeKey(id), quantity, isCoded: code !== '' })),
    traceCodes: items.flatMap((item, line) =>
      isHolding(item) ? item.traceCodes.map((code) => ({ line, code })) : []),
  })
}

/** All that a settlement leaves when nothing of it is left: that it was. */
export function reversed(record: SettlementRecord): SettlementRecord {
  const { contentHash, patientKey, settledDay } = record
  return aRecord({ status: 'reversed', contentHash, patientKey, settledDay })
}

const HEAD_WORDS = 8
const STATUS_MASK = 3
const IS_DROPPED = 4
const IS_COUNTED = 8
const IS_ADMISSION = 16
const HAS_SHARE = 32
const COUNTED_WORDS = 5
const LINE_WORDS = 3
const STOCKED_WORDS = 4

/** The same words as packRecord(recordOf(claim, added)), made without the record between. */
export function packSettled(claim: Claim, added: Added): Int32Array {
  const { untilDay, isDropped, counted, stocked, share } = added
  const { contentHash, patient, settledDay, items } = claim
  let traceCount = 0
  let size = HEAD_WORDS + textSize(contentHash) + textSize(patient.key)
    + (counted === undefined ? 0 : COUNTED_WORDS) + items.length * LINE_WORDS
    + stocked.length * STOCKED_WORDS + (share === undefined ? 0 : shareSize(share, items.length))
  for (const item of items) {
    if (!isHolding(item)) continue
    traceCount += item.traceCodes.length
    for (const code of item.traceCodes) size += 1 + textSize(code)
  }
  const words = shortLived(size)
  putHead(words, { status: 'settled', settledDay, untilDay, isDropped, counted, stocked, share })
  words[4] = items.length
  words[5] = traceCount
  const writer = new Writer(words, HEAD_WORDS)
  writer.text(contentHash)
  writer.text(patient.key)
  if (counted !== undefined) putCounted(writer, counted)
  for (const { id, quantity, code } of items) {
    const item = codeKey(id)
    writer.word(keyLow(item))
    writer.word(keyHigh(item) << 1 | (code === '' ? 0 : 1))
    writer.word(quantity)
  }
  for (let line = 0; line < items.length; line++) {
    const item = items[line]!
    if (!isHolding(item)) continue
    for (const code of item.traceCodes) {
      writer.word(line)
      writer.text(code)
    }
  }
  for (const line of stocked) writeStocked(writer, line)
  if (share !== undefined) writeShare(writer, share, claim)
  return words
}

/** Cut from a block that many records share: to be dropped once committed, never kept in a cache. */
export function packRecord(record: SettlementRecord): Int32Array {
  const { counted, lines, traceCodes, stocked, share, waiting } = record
  const words = shortLived(sizeOf(record))
  putHead(words, record)
  words[4] = lines.length
  words[5] = traceCodes.length
  words[6] = waiting.length
  const writer = new Writer(words, HEAD_WORDS)
  writer.text(record.contentHash)
  writer.text(record.patientKey)
  if (counted !== undefined) putCounted(writer, counted)
  for (const { item, quantity, isCoded } of lines) {
    writer.word(keyLow(item))
    writer.word(keyHigh(item) << 1 | (isCoded ? 1 : 0))
    writer.word(quantity)
  }
  for (const { line, code } of traceCodes) {
    writer.word(line)
    writer.text(code)
  }
  for (const line of stocked) writeStocked(writer, line)
  if (share !== undefined) writeShare(writer, share)
  for (const reversal of waiting) writeWaiting(writer, reversal)
  return words
}

function putHead(
  words: Int32Array, { status, settledDay, untilDay, isDropped, counted, stocked, share }:
    Pick<SettlementRecord, 'status' | 'settledDay' | keyof Added>,
): void {
  words[0] = SETTLEMENT_VERSION
  words[1] = statuses.indexOf(status) | (isDropped ? IS_DROPPED : 0)
    | (counted === undefined ? 0 : IS_COUNTED) | (counted?.isAdmission === true ? IS_ADMISSION : 0)
    | (share === undefined ? 0 : HAS_SHARE)
  words[2] = settledDay
  words[3] = untilDay
  words[7] = stocked.length
}

function putCounted(writer: Writer, { year, totalFen, fundFen }: YearEntry): void {
  writer.word(year)
  writer.number(totalFen)
  writer.number(fundFen)
}

function sizeOf({ contentHash, patientKey, counted, ...record }: SettlementRecord): number {
  let size = HEAD_WORDS + textSize(contentHash) + textSize(patientKey)
    + (counted === undefined ? 0 : COUNTED_WORDS) + record.lines.length * LINE_WORDS
    + record.stocked.length * STOCKED_WORDS
    + (record.share === undefined ? 0 : shareSize(record.share, record.lines.length))
  for (const { code } of record.traceCodes) size += 1 + textSize(code)
  for (const { settlement, patientKey: key, lines } of record.waiting) {
    size += textSize(settlement) + textSize(key) + 1
    for (const { item } of lines) size += textSize(item) + 1
  }
  return size
}

function writeStocked(writer: Writer, { line, code, day }: StockedLine): void {
  writer.word(line)
  writer.word(keyLow(code))
  writer.word(keyHigh(code))
  writer.word(day)
}

function writeWaiting(writer: Writer, { settlement, patientKey, lines }: WaitingReversal): void {
  writer.text(settlement)
  writer.text(patientKey)
  writer.word(lines.length)
  for (const { item, quantity } of lines) {
    writer.text(item)
    writer.word(quantity)
  }
}

/** Copies all of a record; quantities and amounts are whole numbers as the claim has them. */
export function unpackRecord(words: Int32Array): SettlementRecord {
  const flags = words[1]!
  const reader = new Reader(words, HEAD_WORDS)
  return {
    status: statuses[flags & STATUS_MASK]!,
    contentHash: reader.text(),
    patientKey: reader.text(),
    settledDay: words[2]!,
    untilDay: words[3]!,
    isDropped: (flags & IS_DROPPED) !== 0,
    counted: (flags & IS_COUNTED) === 0 ? undefined : {
      year: reader.word(),
      isAdmission: (flags & IS_ADMISSION) !== 0,
      totalFen: reader.number(),
      fundFen: reader.number(),
    },
    lines: reader.list(words[4]!, () => readLine(reader)),
    traceCodes: reader.list(words[5]!, () => ({ line: reader.word(), code: reader.text() })),
    stocked: reader.list(words[7]!, () =>
      ({ line: reader.word(), code: readKey(reader), day: reader.word() })),
    share: (flags & HAS_SHARE) === 0 ? undefined : readShare(reader, words[4]!),
    waiting: reader.list(words[6]!, () => ({
      settlement: reader.text(),
      patientKey: reader.text(),
      lines: reader.list(reader.word(), () => ({ item: reader.text(), quantity: reader.word() })),
    })),
  }
}

function readKey(reader: Reader): number {
  const low = reader.word()
  return reader.word() * 0x1_0000_0000 + (low >>> 0)
}

function readLine(reader: Reader): SettledLine {
  const low = reader.word()
  const high = reader.word()
  return {
    item: (high >>> 1) * 0x1_0000_0000 + (low >>> 0),
    quantity: reader.word(),
    isCoded: (high & 1) === 1,
  }
}
