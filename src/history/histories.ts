// All that is remembered, and every way it changes: settlements, reversals, stays. Pure, given `load`.
// Holds facts of the stream, never what a rule book decided. Works in stream order, one owner's events
// one after the other; the caller writes what takeChanges gives and says when it is committed.
import type { Claim, Reversal, StayNotice } from '../claim/claim.js'
import { ServiceError } from '../errors.js'
import { isStay, lastDayOf, linesOf, LINE_WORDS, packSettlement, packStay, stayOf } from './block.js'
import { PatientCursor } from './cursor.js'
import type { Hidden } from './cursor.js'
import { Records } from './pinned.js'
import { patientKeyOf, settlementKeyOf, traceKeyOf } from './records.js'
import { itemHash, matchRefund, packRecord, recordOf, unpackRecord } from './settlement-record.js'
import type { SettlementRecord, SettledLine, WaitingReversal } from './settlement-record.js'
import {
  emptyTimeline, findSettlement, findStay, isEmpty, pruned, timelineBytesMax, withBlock, withDropped,
  withoutBlock,
} from './timeline.js'
import { noHolders, packTrace, unpackTrace, withHolder, withoutHolder } from './trace-record.js'
import type { TraceRecord } from './trace-record.js'
import type { HistoryView, TraceCodeView, TraceHolder } from './view.js'

/** The longest window is a year; a month's margin is for events that come late. */
export const retentionDays = 366 + 35
/** More reversals of one settlement that has not come yet are a sender's fault. */
export const waitingMax = 32

export interface HistoriesOptions {
  /** Bytes of a committed record, valid until the next call. */
  readonly load: (key: string) => Uint8Array | undefined
  readonly cacheBytes: number
}

export interface HistoryStats {
  readonly hits: number
  readonly misses: number
  readonly evictions: number
  readonly bytes: number
  readonly pinned: number
  /** Blocks that did not fit, and refunds of a settlement that did not have what they took. */
  readonly overflows: number
  readonly unmatched: number
}

export class Histories {
  readonly #records: Records
  #overflows = 0
  #unmatched = 0
  /** Latest settlement day seen; windows are pruned by it. */
  watermarkDay = 0
  /** Events before this day are missing from the stream; 0 when none is. */
  gapUntilDay = 0

  constructor({ load, cacheBytes }: HistoriesOptions) {
    this.#records = new Records(load, cacheBytes)
  }

  get stats(): HistoryStats {
    return { ...this.#records.stats, overflows: this.#overflows, unmatched: this.#unmatched }
  }

  /** Throws SETTLEMENT_CONFLICT when another content is known under this identity. */
  identify(institution: string, settlement: string, contentHash: string): 'new' | 'repeated' {
    const known = this.settlement(institution, settlement)
    if (known === undefined || known.status === 'waiting') return 'new'
    if (known.contentHash === contentHash) return 'repeated'
    throw new ServiceError('SETTLEMENT_CONFLICT', { path: '/data/settlement_id' })
  }

  settlement(institution: string, settlement: string): SettlementRecord | undefined {
    const words = this.#records.get(settlementKeyOf(institution, settlement), false)
    return words === undefined ? undefined : unpackRecord(words)
  }

  /** What a check may see of the past. `hideOwn`: without the claim's own settlement and visit. */
  view(claim: Claim, { hideOwn = false }: { hideOwn?: boolean } = {}): HistoryView {
    const hidden: Hidden | undefined = hideOwn
      ? { institution: claim.visit.institution.id, settlement: claim.settlement, visit: claim.visit.id }
      : undefined
    const horizon = this.watermarkDay - retentionDays
    const isGap = this.gapUntilDay > horizon
    const completeness = {
      completeFromDay: isGap ? this.gapUntilDay : horizon,
      incompleteReason: isGap ? 'history-gap' : 'history-pruned',
    }
    return {
      patient: new PatientCursor(this.#timeline(claim.patient.key), completeness, hidden),
      traceCodes: this.#traceView(hidden),
    }
  }

  #traceView(hidden: Hidden | undefined): TraceCodeView {
    return {
      completeFromDay: this.gapUntilDay,
      holders: (traceCode) => {
        const { holders } = this.#trace(traceCode)
        if (hidden === undefined) return holders
        return holders.filter(({ institution, settlement }) =>
          institution !== hidden.institution || settlement !== hidden.settlement)
      },
      isOverflowed: (traceCode) => this.#trace(traceCode).dropped > 0,
    }
  }

  /** Remembers a settlement that identify() called new. Cancelled: a whole reversal was waiting. */
  record(claim: Claim): 'added' | 'cancelled' {
    const institution = claim.visit.institution.id
    const key = settlementKeyOf(institution, claim.settlement)
    const waiting = this.settlement(institution, claim.settlement)?.waiting ?? []
    this.watermarkDay = Math.max(this.watermarkDay, claim.settledDay)
    const mine = waiting.filter(({ patientKey }) => patientKey === claim.patient.key)
    this.#unmatched += waiting.length - mine.length
    const added = recordOf(claim, false)
    if (mine.some(({ lines }) => lines.length === 0)) {
      this.#records.put(key, packRecord({ ...added, status: 'reversed', lines: [], traceCodes: [] }))
      return 'cancelled'
    }
    const isDropped = this.#addBlock(claim.patient.key, packSettlement(claim))
    for (const { line, code } of added.traceCodes) {
      this.#changeTrace(code, (trace) => withHolder(trace, holderOf(claim, line)))
    }
    let record: SettlementRecord = { ...added, isDropped }
    for (const reversal of mine) record = this.#reduceWaiting(institution, claim.settlement, record, reversal)
    this.#records.put(key, packRecord(record))
    return 'added'
  }

  #reduceWaiting(
    institution: string, settlement: string, record: SettlementRecord, { lines }: WaitingReversal,
  ): SettlementRecord {
    const left = matchRefund(record.lines, lines)
    if (left === undefined) {
      this.#unmatched++
      return record
    }
    return this.#takeBack({ institution, settlement }, record, left)
  }

  /** Takes back what the settlement added, or waits for it. Throws REVERSAL_UNMATCHED. */
  reverse(reversal: Reversal): 'applied' | 'waiting' {
    const { institution, reverses, patientKey, lines } = reversal
    const key = settlementKeyOf(institution, reverses)
    const target = this.settlement(institution, reverses)
    if (target === undefined || target.status === 'waiting') {
      const waiting = [...target?.waiting ?? [], { settlement: reversal.settlement, patientKey, lines }]
      if (waiting.length > waitingMax) throw unmatched('too many wait for one settlement')
      this.#records.put(key, packRecord({ ...waitingRecord(reversal), waiting }))
      this.#recordReversal(reversal)
      return 'waiting'
    }
    if (target.status === 'reversal') throw unmatched('a reversal cannot be reversed')
    if (target.status === 'reversed') throw unmatched('the settlement has been taken back already')
    if (target.patientKey !== patientKey) throw unmatched('it is another patient’s settlement')
    const left = lines.length === 0 ? [] : matchRefund(target.lines, lines)
    if (left === undefined) throw unmatched('a line does not have so much left')
    this.#records.put(key, packRecord(this.#takeBack({ institution, settlement: reverses }, target, left)))
    this.#recordReversal(reversal)
    return 'applied'
  }

  /** `left` is what remains of each line; nothing left means the settlement never was. */
  #takeBack(
    { institution, settlement }: { institution: string, settlement: string },
    record: SettlementRecord, left: readonly SettledLine[],
  ): SettlementRecord {
    const isWhole = left.every(({ quantity }) => quantity <= 0)
    const key = patientKeyOf(record.patientKey)
    const words = this.#timeline(record.patientKey)
    const block = findSettlement(words, institution, settlement)
    if (block >= 0) this.#putTimeline(key, isWhole ? withoutBlock(words, block) : reduced(words, block, left))
    else if (isWhole && record.isDropped) this.#putTimeline(key, withDropped(words, -1))
    const isFreed = (line: number) => isWhole || left[line]!.quantity <= 0
    for (const { line, code } of record.traceCodes.filter((one) => isFreed(one.line))) {
      this.#freeTrace(code, { institution, settlement, item: record.lines[line]!.item })
    }
    if (isWhole) return { ...record, status: 'reversed', lines: [], traceCodes: [], waiting: [] }
    const traceCodes = record.traceCodes.filter(({ line }) => !isFreed(line))
    return { ...record, lines: left, traceCodes, waiting: [] }
  }

  #recordReversal(reversal: Reversal): void {
    const key = settlementKeyOf(reversal.institution, reversal.settlement)
    this.#records.put(key, packRecord({ ...waitingRecord(reversal), status: 'reversal' }))
  }

  /** Remembers an admission or a discharge. False: it was known. */
  noteStay(type: 'admission' | 'discharge', { patientKey, institution, visit, day }: StayNotice): boolean {
    const words = this.#timeline(patientKey)
    const at = findStay(words, institution, visit)
    const known = at < 0 ? { institution, visit, admissionDay: undefined, dischargeDay: undefined } : stayOf(words, at)
    const field = type === 'admission' ? 'admissionDay' : 'dischargeDay'
    if (known[field] === day) return false
    const rest = at < 0 ? words : withoutBlock(words, at)
    this.#addTo(patientKey, rest, packStay({ ...known, [field]: day }))
    return true
  }

  #addBlock(patientKey: string, block: Int32Array): boolean {
    return this.#addTo(patientKey, this.#timeline(patientKey), block)
  }

  /** True when the block did not fit. */
  #addTo(patientKey: string, words: Int32Array, block: Int32Array): boolean {
    const horizon = this.watermarkDay - retentionDays
    const kept = pruned(words, horizon)
    const isTooOld = !isStay(block, 0) && lastDayOf(block, 0) < horizon
    const isDropped = !isTooOld && (kept.length + block.length) * 4 > timelineBytesMax
    if (isDropped) this.#overflows++
    this.#putTimeline(patientKeyOf(patientKey), isTooOld ? kept : withBlock(kept, block))
    return isDropped
  }

  #timeline(patientKey: string): Int32Array {
    return this.#records.get(patientKeyOf(patientKey), true) ?? emptyTimeline
  }

  #putTimeline(key: string, words: Int32Array): void {
    this.#records.put(key, isEmpty(words) ? undefined : words)
  }

  #trace(traceCode: string): TraceRecord {
    const words = this.#records.get(traceKeyOf(traceCode), false)
    return words === undefined ? noHolders : unpackTrace(words)
  }

  #changeTrace(traceCode: string, change: (trace: TraceRecord) => TraceRecord): void {
    const trace = change(this.#trace(traceCode))
    const isFree = trace.holders.length === 0 && trace.dropped === 0
    this.#records.put(traceKeyOf(traceCode), isFree ? undefined : packTrace(trace))
  }

  #freeTrace(traceCode: string, of: { institution: string, settlement: string, item: number }): void {
    this.#changeTrace(traceCode, (trace) => {
      const holder = trace.holders.find((one) => one.institution === of.institution
        && one.settlement === of.settlement && itemHash(one.item) === of.item)
      return holder === undefined
        ? { ...trace, dropped: Math.max(0, trace.dropped - 1) }
        : withoutHolder(trace, holder)
    })
  }

  /** Closes the group: every record changed since the last call, as it stands now. */
  takeChanges(): { group: number, changes: { key: string, value: Uint8Array | undefined }[] } {
    return this.#records.take()
  }

  /** The group's transaction has committed. */
  committed(group: number): void {
    this.#records.committed(group, (key) => key.startsWith('p:'))
  }

  /** Forgets everything that is not in the store, and the cache. */
  reset(): void {
    this.#records.reset()
  }
}

function holderOf(claim: Claim, line: number): TraceHolder {
  return {
    institution: claim.visit.institution.id,
    settlement: claim.settlement,
    item: claim.items[line]!.id,
    day: claim.settledDay,
  }
}

function waitingRecord(reversal: Reversal): SettlementRecord {
  return {
    status: 'waiting',
    contentHash: reversal.contentHash,
    patientKey: reversal.patientKey,
    settledDay: reversal.settledDay,
    isDropped: false,
    lines: [],
    traceCodes: [],
    waiting: [],
  }
}

const unmatched = (detail: string) => new ServiceError('REVERSAL_UNMATCHED', { detail })

/** The block with each coded line's quantity as it is left. */
function reduced(words: Int32Array, block: number, left: readonly SettledLine[]): Int32Array {
  const next = words.slice()
  let line = linesOf(next, block)
  for (const { quantity, isCoded } of left) {
    if (!isCoded) continue
    next[line + 3] = quantity
    line += LINE_WORDS
  }
  return next
}
