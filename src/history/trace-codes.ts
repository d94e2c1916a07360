// Who holds which trace code: changes and views of their records. Knows the store's records and
// claims, and nothing of a patient's timeline.
import type { Claim } from '../claim/claim.js'
import type { Completeness } from './cursor.js'
import type { Records } from './pinned.js'
import { traceKeyOf } from './records.js'
import { isHolding } from './settlement-record.js'
import {
  holdersMax, noHolders, packTrace, unpackTrace, withHolder, withoutHolder,
} from './trace-record.js'
import type { TraceRecord } from './trace-record.js'
import type { TraceCodeView } from './view.js'

/** A claim asks for each of its codes three times: what was read last is not read again. Few, so that
 * the map stays in the processor's cache. */
const recentMax = 256

export class TraceCodes {
  readonly #records: Records
  readonly #recent = new Map<string, TraceRecord>()
  /** The one asked for last: a check asks two things of each code. */
  #lastCode = ''
  #last: TraceRecord = noHolders
  #overflows = 0

  constructor(records: Records) {
    this.#records = records
  }

  /** Holders that were only counted. */
  get overflows(): number {
    return this.#overflows
  }

  /** A settlement holds the codes of its lines. */
  hold({ visit, settlement, items, settledDay: day }: Claim): void {
    const institution = visit.institution.id
    for (const item of items) {
      if (!isHolding(item)) continue
      for (const code of item.traceCodes) {
        const trace = this.#get(code)
        if (trace.holders.length >= holdersMax) this.#overflows++
        this.#put(code, withHolder(trace, { institution, settlement, item: item.id, day }))
      }
    }
  }

  /** Its line is taken back; `item` is the key of the line's id. */
  free(code: string, holding: { institution: string, settlement: string, item: number }): void {
    this.#put(code, withoutHolder(this.#get(code), holding))
  }

  /** Never pruned: only a gap makes it incomplete. */
  view(gap: Completeness, hidden: Claim | undefined): TraceCodeView {
    return { // no spread: one of these is made for every claim
      completeFromDay: gap.completeFromDay,
      incompleteReason: gap.incompleteReason,
      holders: (traceCode) => {
        const { holders } = this.#get(traceCode)
        if (hidden === undefined) return holders
        const { settlement: own, visit } = hidden
        return holders.filter(({ institution, settlement }) =>
          institution !== visit.institution.id || settlement !== own)
      },
      isOverflowed: (traceCode) => this.#get(traceCode).dropped > 0,
    }
  }

  /** Forgets what is not in the store. */
  reset(): void {
    this.#recent.clear()
    this.#lastCode = ''
  }

  #get(traceCode: string): TraceRecord {
    if (traceCode === this.#lastCode) return this.#last
    const recent = this.#recent.get(traceCode)
    if (recent !== undefined) {
      this.#lastCode = traceCode
      this.#last = recent
      return recent
    }
    const words = this.#records.get(traceKeyOf(traceCode))
    const trace = words === undefined ? noHolders : unpackTrace(words)
    this.#keep(traceCode, trace)
    return trace
  }

  #put(traceCode: string, trace: TraceRecord): void {
    this.#keep(traceCode, trace)
    this.#records.put(traceKeyOf(traceCode), packTrace(trace))
  }

  #keep(traceCode: string, trace: TraceRecord): void {
    if (this.#recent.size >= recentMax) this.#recent.clear()
    this.#recent.set(traceCode, trace)
    this.#lastCode = traceCode
    this.#last = trace
  }
}
