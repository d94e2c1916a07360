// All that is remembered, and every way it changes: settlements, reversals, stays. Pure, given
// `load`. Holds facts of the stream, never what a rule book decided. Works in stream order; the
// caller writes what takeChanges gives and says when it is committed.
import type { Claim, RegistryNotice, Reversal, StayNotice, StockMovement } from '../claim/claim.js'
import { ServiceError } from '../errors.js'
import { Batches, type Known, type Superseded } from './batches.js'
import { packSettlement, packStay, pastSettlement, untilDayOf } from './block.js'
import { FeedbackBooks } from './feedback-books.js'
import { followReturns } from './follow-returns.js'
import type { HistoriesOptions, HistoryStats, ViewOptions } from './history-stats.js'
import { IndicatorBooks } from './indicator-books.js'
import { shareLeft } from './indicator-sums.js'
import { type Change, Records } from './pinned.js'
import { bytesOf, settlementKeyOf } from './records.js'
import { leftOf } from './refund.js'
import { RegistryStates } from './registry-states.js'
import { type EndedStay, endedIn, followingStays, isReturn, stayIn } from './returns.js'
import {
  aRecord, packRecord, packSettled, recordOf, reversed, unpackRecord, yearEntryOf,
} from './settlement-record.js'
import type { Added, SettledLine, SettlementRecord } from './settlement-record.js'
import { noted } from './stay-notes.js'
import { StockBooks } from './stock-books.js'
import { takeBackGoods, withoutSettlement } from './taken-back.js'
import {
  findSettlement, isFull, pruned, withBlock, withDropped, withQuantities, withSettlement, withYears,
  type YearCounter, type YearEntry, yearOf, yearsOf, yearsWith,
} from './timeline.js'
import { Timelines } from './timelines.js'
import { TraceCodes } from './trace-codes.js'
import { viewOf } from './view-of.js'
import type { HistoryView } from './view.js'

/** The longest window is a year; a month's margin and more is for settlements that come late. */
export const retentionDays = 366 + 35
/** More reversals of one settlement that has not come yet are a sender's fault. */
export const waitingMax = 32

export class Histories {
  readonly #records: Records
  readonly #timelines: Timelines
  readonly #traces: TraceCodes
  readonly #registry: RegistryStates
  readonly #stock: StockBooks
  readonly #batches: Batches
  readonly indicators: IndicatorBooks
  readonly feedback: FeedbackBooks
  readonly #parts
  #overflows = 0
  #unmatched = 0
  /** What identify found nothing under: record need not look again. */
  #newKey = ''
  /** Latest settlement day seen; windows are pruned by it. */
  watermarkDay = 0
  /** Events before this day are missing from the stream; 0 when none is. */
  gapUntilDay = 0

  constructor({ load, cacheBytes }: HistoriesOptions) {
    this.#records = new Records(load, cacheBytes)
    this.#timelines = new Timelines(this.#records)
    this.#traces = new TraceCodes(this.#records)
    this.#registry = new RegistryStates(this.#records)
    this.#stock = new StockBooks(this.#records)
    this.#batches = new Batches(this.#records)
    this.indicators = new IndicatorBooks(this.#records)
    this.feedback = new FeedbackBooks(this.#records)
    this.#parts = {
      traces: this.#traces, registry: this.#registry, stock: this.#stock,
      indicators: this.indicators, settlement: this.settlement,
    }
  }

  get stats(): HistoryStats {
    const overflows = this.#overflows + this.#traces.overflows + this.#registry.overflows
      + this.#stock.overflows + this.indicators.overflows
    return { ...this.#records.stats, overflows, unmatched: this.#unmatched }
  }

  get #horizonDay(): number {
    return this.watermarkDay - retentionDays
  }

  /** Throws SETTLEMENT_CONFLICT when another content is known under this identity. */
  identify(institution: string, settlement: string, contentHash: string): 'new' | 'repeated' {
    const key = settlementKeyOf(institution, settlement)
    const known = this.#settled(key)
    this.#newKey = known === undefined ? key : ''
    if (known === undefined || known.status === 'waiting') return 'new'
    if (known.contentHash === contentHash) return 'repeated'
    throw new ServiceError('SETTLEMENT_CONFLICT', { path: '/data/settlement_id' })
  }

  /** What is known under an identity; `waiting`: only that it has been taken back. */
  settlement = (institution: string, settlement: string): SettlementRecord | undefined =>
    this.#settled(settlementKeyOf(institution, settlement))

  #settled(key: string): SettlementRecord | undefined {
    const words = this.#records.get(key)
    return words === undefined ? undefined : unpackRecord(words)
  }

  /** A record as it stands, uncommitted changes included. */
  bytes(key: string): Uint8Array | undefined {
    this.indicators.pack()
    const words = this.#records.get(key)
    return words && bytesOf(words)
  }

  /** What a check may see of the past. */
  view(claim: Claim, options: ViewOptions = {}): HistoryView {
    const { watermarkDay, gapUntilDay } = this
    const when = { watermarkDay, horizonDay: this.#horizonDay, gapUntilDay, options }
    return viewOf(claim, this.#timelines.of(claim.patient.key), this.#parts, when)
  }

  /** Before a new claim that names its charge batch is judged: takes back what it takes the place of. */
  supersede(claim: Claim): Superseded {
    return this.#batches.supersede(claim, (known) => {
      const left = known.record.lines.map((line) => ({ ...line, quantity: 0 }))
      const key = settlementKeyOf(known.institution, known.settlement)
      this.#records.put(key, packRecord(this.#takeBack(known, left)))
    })
  }

  /** Remembers a settlement that identify called new. Cancelled: what waited undid it all. */
  record(claim: Claim): 'added' | 'cancelled' {
    const institution = claim.visit.institution.id
    const { settlement, patient } = claim
    const made = settlementKeyOf(institution, settlement)
    const isNew = made === this.#newKey
    const key = isNew ? this.#newKey : made // the same text, whose hash is known
    const waiting = isNew ? none : this.#settled(key)?.waiting ?? none
    this.#newKey = ''
    this.watermarkDay = Math.max(this.watermarkDay, claim.settledDay)
    const added = this.#add(claim)
    if (waiting.length === 0) { // nearly always: no record is made only to be packed
      this.#records.put(key, packSettled(claim, added))
      return 'added'
    }
    let record = recordOf(claim, added)
    for (const { patientKey, lines } of waiting) {
      const isIts = patientKey === patient.key && record.status === 'settled'
      const left = isIts ? leftOf(record.lines, lines) : undefined
      if (left === undefined) this.#unmatched++
      else record = this.#takeBack({ institution, settlement, record }, left)
    }
    this.#records.put(key, packRecord(record))
    return record.status === 'reversed' ? 'cancelled' : 'added'
  }

  #add(claim: Claim): Added {
    const { visit } = claim
    const block = packSettlement(claim)
    const untilDay = untilDayOf(block, 0)
    const counted = yearEntryOf(claim)
    const isCounted = counted.year >= yearOf(this.#horizonDay)
    const isRemembered = untilDay >= this.#horizonDay
    const timeline = pruned(this.#timelines.of(claim.patient.key), this.#horizonDay)
    const isDropped = isRemembered && isFull(timeline, block)
    this.#timelines.put(claim.patient.key, isRemembered && isCounted && !isDropped
      ? withSettlement(timeline, block, counted)
      : this.#withRest(timeline, isRemembered ? block : undefined, isCounted ? counted : undefined))
    this.#traces.hold(claim)
    const stocked = this.#stock.sell(claim, this.watermarkDay)
    const isWholeStay = visit.setting === 'inpatient' && visit.endDay !== undefined
    const isAgain = isWholeStay && isReturn(timeline, stayIn(visit))
    const share = this.indicators.add(claim, isAgain, this.watermarkDay)
    if (isWholeStay) this.#followReturns(claim.patient.key, endedIn(visit, visit.endDay))
    return { untilDay, isDropped, counted: isCounted ? counted : undefined, stocked, share }
  }

  /** A settlement too old for a block or a counter, or whose block does not fit. */
  #withRest(
    timeline: Int32Array, block: Int32Array | undefined, counted: YearEntry | undefined,
  ): Int32Array {
    const years = counted === undefined ? yearsOf(timeline) : yearsWith(timeline, counted, 1)
    return block === undefined ? withYears(timeline, years) : this.#withBlock(timeline, block, years)
  }

  /** Takes back what the settlement added, or waits for it. Throws REVERSAL_UNMATCHED. */
  reverse(reversal: Reversal): 'applied' | 'waiting' {
    const { institution, reverses: settlement, lines } = reversal
    if (settlement === reversal.settlement) throw unmatched('it names itself')
    const record = this.settlement(institution, settlement)
    if (record === undefined || record.status === 'waiting') {
      this.#wait(reversal, record ?? aRecord({}))
      return 'waiting'
    }
    if (record.status === 'reversal') throw unmatched('a reversal cannot be taken back')
    if (record.status === 'reversed') throw unmatched('nothing of the settlement is left')
    if (record.patientKey !== reversal.patientKey) throw unmatched('it is another patient’s')
    const left = leftOf(record.lines, lines)
    if (left === undefined) throw unmatched('a line does not have so much left')
    const next = this.#takeBack({ institution, settlement, record }, left)
    this.#records.put(settlementKeyOf(institution, settlement), packRecord(next))
    this.#recordReversal(reversal)
    return 'applied'
  }

  #wait(reversal: Reversal, record: SettlementRecord): void {
    this.#newKey = ''
    const { institution, reverses, settlement, patientKey, lines } = reversal
    if (record.waiting.length >= waitingMax) {
      this.#overflows++
      throw unmatched('too many wait for one settlement')
    }
    const waiting = [...record.waiting, { settlement, patientKey, lines }]
    this.#records.put(settlementKeyOf(institution, reverses), packRecord({ ...record, waiting }))
    this.#recordReversal(reversal)
  }

  /** Its own identity. What waited to take it back cannot: it is no settlement. */
  #recordReversal(reversal: Reversal): void {
    const { institution, settlement, patientKey, contentHash, settledDay } = reversal
    this.#unmatched += this.settlement(institution, settlement)?.waiting.length ?? 0
    const record = aRecord({ status: 'reversal', contentHash, patientKey, settledDay })
    this.#records.put(settlementKeyOf(institution, settlement), packRecord(record))
  }

  /** `left` is what remains of each line; when nothing does, the settlement never was. */
  #takeBack(
    { institution, settlement, record }: Known, left: readonly SettledLine[],
  ): SettlementRecord {
    const { patientKey, lines } = record
    const isWhole = left.every(({ quantity }) => quantity <= 0)
    const timeline = pruned(this.#timelines.of(patientKey), this.#horizonDay)
    const block = findSettlement(timeline, institution, settlement)
    if (isWhole) {
      const gone = block < 0 ? undefined : pastSettlement(timeline, block)
      this.#timelines.put(patientKey, withoutSettlement(timeline, block, record, this.#horizonDay))
      if (gone?.endDay !== undefined) this.#followReturns(patientKey, { ...gone, endDay: gone.endDay })
    } else if (block >= 0) {
      const quantities = left.filter(({ isCoded }) => isCoded).map(({ quantity }) => quantity)
      this.#timelines.put(patientKey, withQuantities(timeline, block, quantities))
    }
    const known = { institution, settlement, record }
    takeBackGoods(this.#parts, known, isWhole ? undefined : left, this.watermarkDay)
    const share = isWhole ? undefined : record.share && shareLeft(record.share, lines, left)
    if (record.share !== undefined) {
      const place = { institution, day: record.settledDay, watermarkDay: this.watermarkDay }
      this.indicators.replace(place, record.share, share)
    }
    if (isWhole) return reversed(record)
    const traceCodes = record.traceCodes.filter(({ line }) => left[line]!.quantity > 0)
    return { ...record, lines: left, traceCodes, share }
  }

  /** A stay with this end has come or is gone: those that follow may be returns now, or no longer. */
  #followReturns(patientKey: string, stay: EndedStay): void {
    const stays = followingStays(this.#timelines.of(patientKey), stay)
    if (stays.length > 0) followReturns({
      ...this.#parts, timeline: this.#timelines.of(patientKey), watermarkDay: this.watermarkDay,
      put: (key, record) => this.#records.put(settlementKeyOf(stay.institution, key), packRecord(record)),
    }, stay.institution, stays)
  }

  /** The latest day told wins. False: nothing new. */
  noteStay(type: 'admission' | 'discharge', stay: StayNotice): boolean {
    const { patientKey, day } = stay
    if (day < this.#horizonDay) return false
    const timeline = pruned(this.#timelines.of(patientKey), this.#horizonDay)
    const told = noted(timeline, type, stay)
    if (told === undefined) return false
    this.#timelines.put(patientKey, this.#withBlock(told.rest, packStay(told.stay)))
    return true
  }

  noteRegistry = (notice: RegistryNotice): boolean => this.#registry.note(notice, this.#horizonDay)
  noteStock = (movement: StockMovement): boolean => this.#stock.move(movement, this.watermarkDay)

  /** A block that does not fit is counted: the rules that would need it answer unknown. */
  #withBlock(
    timeline: Int32Array, block: Int32Array, years?: readonly YearCounter[],
  ): Int32Array {
    if (!isFull(timeline, block)) return withBlock(timeline, block, years)
    this.#overflows++
    const counted = years === undefined ? timeline : withYears(timeline, years)
    return withDropped(counted, untilDayOf(block, 0))
  }

  /** Closes the group: every record changed since the last call, as it stands now. */
  takeChanges(): { readonly group: number, readonly changes: readonly Change[] } {
    this.indicators.pack()
    this.feedback.pack()
    return this.#records.take()
  }

  /** The group's transaction has committed; groups commit in order. */
  committed = (group: number): void => this.#records.committed(group)

  /** Forgets everything that is not in the store, and the cache. */
  reset(): void {
    const { traces, registry, stock, indicators } = this.#parts
    for (const part of [this.#records, traces, registry, stock, indicators, this.feedback]) part.reset()
    this.#newKey = ''
  }
}

const none: SettlementRecord['waiting'] = []
const unmatched = (detail: string) => new ServiceError('REVERSAL_UNMATCHED', { detail })
