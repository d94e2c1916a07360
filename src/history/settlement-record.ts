// What is remembered of a settlement apart from its patient's timeline: that it was, its content's hash,
// what each line still counts, its trace codes, and reversals that came before it. Never pruned.
import { codeLow } from '../claim/code-key.js'
import type { Claim, RefundLine } from '../claim/claim.js'
import { putText, takeText, textWords } from './bytes.js'

export const SETTLEMENT_VERSION = 1

const statuses = ['settled', 'reversed', 'waiting', 'reversal'] as const
export type SettlementStatus = typeof statuses[number]

export interface SettledLine {
  /** Hash of the item's id. */
  readonly item: number
  /** What is left of the quantity after refunds, in ten-thousandths. */
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
  /** Its block did not fit into the timeline. */
  readonly isDropped: boolean
  readonly lines: readonly SettledLine[]
  readonly traceCodes: readonly { readonly line: number, readonly code: string }[]
  readonly waiting: readonly WaitingReversal[]
}

/** 31 bits of an item id's hash; the lowest bit of the packed word says whether the line is coded. */
export const itemHash = (item: string) => codeLow(item) & ~1

export function recordOf(claim: Claim, isDropped: boolean): SettlementRecord {
  const traceCodes: { line: number, code: string }[] = []
  claim.items.forEach((item, line) => {
    if (item.isSplitPack || item.quantity <= 0) return
    for (const code of item.traceCodes) traceCodes.push({ line, code })
  })
  return {
    status: 'settled',
    contentHash: claim.contentHash,
    patientKey: claim.patient.key,
    settledDay: claim.settledDay,
    isDropped,
    lines: claim.items.map(({ id, quantity, code }) =>
      ({ item: itemHash(id), quantity, isCoded: code !== '' })),
    traceCodes,
    waiting: [],
  }
}

const HEAD_WORDS = 6
const STATUS_MASK = 3
const IS_DROPPED = 4

export function packRecord(record: SettlementRecord): Int32Array {
  const texts = [record.contentHash, record.patientKey]
  const waitingTexts = record.waiting.flatMap(({ settlement, patientKey, lines }) =>
    [settlement, patientKey, ...lines.map(({ item }) => item)])
  let size = HEAD_WORDS + record.lines.length * 2 + record.traceCodes.length
  for (const text of [...texts, ...waitingTexts]) size += 1 + textWords(text.length)
  for (const { code } of record.traceCodes) size += 1 + textWords(code.length)
  for (const { lines } of record.waiting) size += 1 + lines.length
  const words = new Int32Array(size)
  words[0] = SETTLEMENT_VERSION
  words[1] = statuses.indexOf(record.status) | (record.isDropped ? IS_DROPPED : 0)
  words[2] = record.settledDay
  words[3] = record.lines.length
  words[4] = record.traceCodes.length
  words[5] = record.waiting.length
  const writer = new Writer(words, HEAD_WORDS)
  for (const text of texts) writer.text(text)
  for (const { item, quantity, isCoded } of record.lines) {
    writer.word(isCoded ? item | 1 : item)
    writer.word(quantity)
  }
  for (const { line, code } of record.traceCodes) {
    writer.word(line)
    writer.text(code)
  }
  for (const { settlement, patientKey, lines } of record.waiting) {
    writer.text(settlement)
    writer.text(patientKey)
    writer.word(lines.length)
    for (const { item, quantity } of lines) {
      writer.text(item)
      writer.word(quantity)
    }
  }
  return words
}

export function unpackRecord(words: Int32Array): SettlementRecord {
  const reader = new Reader(words, HEAD_WORDS)
  const list = <T>(count: number, read: () => T): T[] => Array.from({ length: count }, read)
  const contentHash = reader.text()
  const patientKey = reader.text()
  return {
    status: statuses[words[1]! & STATUS_MASK]!,
    isDropped: (words[1]! & IS_DROPPED) !== 0,
    settledDay: words[2]!,
    contentHash,
    patientKey,
    lines: list(words[3]!, () => {
      const word = reader.word()
      return { item: word & ~1, quantity: reader.word(), isCoded: (word & 1) === 1 }
    }),
    traceCodes: list(words[4]!, () => ({ line: reader.word(), code: reader.text() })),
    waiting: list(words[5]!, () => ({
      settlement: reader.text(),
      patientKey: reader.text(),
      lines: list(reader.word(), () => ({ item: reader.text(), quantity: reader.word() })),
    })),
  }
}

/** Line numbers and what is taken from each; undefined when a line or its quantity is not there. */
export function matchRefund(
  lines: readonly SettledLine[], refund: readonly RefundLine[],
): SettledLine[] | undefined {
  const left = lines.map((line) => ({ ...line }))
  for (const { item, quantity } of refund) {
    const hash = itemHash(item)
    const line = left.find((one) => one.item === hash && one.quantity >= quantity)
    if (line === undefined || quantity <= 0) return undefined
    line.quantity -= quantity
  }
  return left
}

/** A cursor that writes words and texts one after the other. */
export class Writer {
  readonly #words: Int32Array
  #at: number

  constructor(words: Int32Array, at: number) {
    this.#words = words
    this.#at = at
  }

  word(value: number): void {
    this.#words[this.#at++] = value
  }

  text(value: string): void {
    this.word(value.length)
    putText(this.#words, this.#at, value)
    this.#at += textWords(value.length)
  }
}

export class Reader {
  readonly #words: Int32Array
  #at: number

  constructor(words: Int32Array, at: number) {
    this.#words = words
    this.#at = at
  }

  word(): number {
    return this.#words[this.#at++]!
  }

  text(): string {
    const length = this.word()
    const value = takeText(this.#words, this.#at, length)
    this.#at += textWords(length)
    return value
  }
}
