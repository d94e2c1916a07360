// What is remembered of a settlement apart from its patient's timeline: that it was, its content's
// hash, what it added, what is left of each line, reversals that came before it. Never pruned.
import { codeKey, keyHigh, keyLow } from '../claim/code-key.js'
import type { Claim, RefundLine } from '../claim/claim.js'
import { Reader, textSize, Writer } from './bytes.js'
import { yearOf } from './timeline.js'
import type { YearEntry } from './timeline.js'

export const SETTLEMENT_VERSION = 1

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
  waiting: [],
}

/** What every kind of record begins from: all that is not said is nothing. */
export function aRecord(known: Partial<SettlementRecord>): SettlementRecord {
  return { ...nothing, ...known }
}

/** What a settlement adds, as its reversal will need it. */
export function recordOf(claim: Claim): SettlementRecord {
  const traceCodes: { line: number, code: string }[] = []
  claim.items.forEach((item, line) => {
    if (item.isSplitPack || item.quantity <= 0) return
    for (const code of item.traceCodes) traceCodes.push({ line, code })
  })
  const { visit, payment } = claim
  return aRecord({
    status: 'settled',
    contentHash: claim.contentHash,
    patientKey: claim.patient.key,
    settledDay: claim.settledDay,
    counted: {
      year: yearOf(claim.settledDay),
      // Interim settlements of one stay have no discharge: a stay is one admission.
      isAdmission: visit.setting === 'inpatient' && visit.endDay !== undefined,
      totalFen: payment.totalFen,
      fundFen: payment.fundFen ?? 0,
    },
    lines: claim.items.map(({ id, quantity, code }) =>
      ({ item: codeKey(id), quantity, isCoded: code !== '' })),
    traceCodes,
  })
}

/** All that a settlement leaves when nothing of it is left: that it was. */
export function reversed(record: SettlementRecord): SettlementRecord {
  const { contentHash, patientKey, settledDay } = record
  return aRecord({ status: 'reversed', contentHash, patientKey, settledDay })
}

/**
 * What is left of each line; a refund of no lines takes everything. An item that stands on several
 * lines is taken from the first that have some, whatever the order of refunds. Undefined: an item
 * or so much of it is not there.
 */
export function leftOf(
  lines: readonly SettledLine[], refund: readonly RefundLine[],
): readonly SettledLine[] | undefined {
  if (refund.length === 0) return []
  const left = lines.map((line) => ({ ...line }))
  for (const { item, quantity } of refund) {
    const key = codeKey(item)
    let wanted = quantity
    for (const line of left) {
      if (line.item !== key) continue
      const taken = Math.max(0, Math.min(line.quantity, wanted))
      line.quantity -= taken
      wanted -= taken
    }
    if (wanted > 0) return undefined
  }
  return left
}

const HEAD_WORDS = 7
const STATUS_MASK = 3
const IS_DROPPED = 4
const IS_COUNTED = 8
const IS_ADMISSION = 16
const COUNTED_WORDS = 5
const LINE_WORDS = 3

export function packRecord(record: SettlementRecord): Int32Array {
  const { counted, lines, traceCodes, waiting } = record
  const words = new Int32Array(sizeOf(record))
  words[0] = SETTLEMENT_VERSION
  words[1] = statuses.indexOf(record.status) | (record.isDropped ? IS_DROPPED : 0)
    | (counted === undefined ? 0 : IS_COUNTED) | (counted?.isAdmission === true ? IS_ADMISSION : 0)
  words[2] = record.settledDay
  words[3] = record.untilDay
  words[4] = lines.length
  words[5] = traceCodes.length
  words[6] = waiting.length
  const writer = new Writer(words, HEAD_WORDS)
  writer.text(record.contentHash)
  writer.text(record.patientKey)
  if (counted !== undefined) {
    writer.word(counted.year)
    writer.number(counted.totalFen)
    writer.number(counted.fundFen)
  }
  for (const { item, quantity, isCoded } of lines) {
    writer.word(keyLow(item))
    writer.word(keyHigh(item) << 1 | (isCoded ? 1 : 0))
    writer.word(quantity)
  }
  for (const { line, code } of traceCodes) {
    writer.word(line)
    writer.text(code)
  }
  for (const reversal of waiting) writeWaiting(writer, reversal)
  return words
}

function sizeOf({ contentHash, patientKey, counted, ...record }: SettlementRecord): number {
  let size = HEAD_WORDS + textSize(contentHash) + textSize(patientKey)
    + (counted === undefined ? 0 : COUNTED_WORDS) + record.lines.length * LINE_WORDS
  for (const { code } of record.traceCodes) size += 1 + textSize(code)
  for (const { settlement, patientKey: key, lines } of record.waiting) {
    size += textSize(settlement) + textSize(key) + 1
    for (const { item } of lines) size += textSize(item) + 1
  }
  return size
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
    waiting: reader.list(words[6]!, () => ({
      settlement: reader.text(),
      patientKey: reader.text(),
      lines: reader.list(reader.word(), () => ({ item: reader.text(), quantity: reader.word() })),
    })),
  }
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
