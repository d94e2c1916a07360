// Who holds which trace code: changes and views of their records. Knows the store's records and
// claims, and nothing of a patient's timeline.
import type { Claim } from '../claim/claim.js'
import type { Completeness } from './cursor.js'
import type { Records } from './pinned.js'
import { RecentTraces } from './recent-traces.js'
import type { RecentTrace } from './recent-traces.js'
import { traceKeyOf } from './records.js'
import { isHolding } from './settlement-record.js'
import {
  holdersMax, noHolders, packTrace, unpackTrace, withHolder, withoutHolder,
} from './trace-record.js'
import type { TraceRecord } from './trace-record.js'
import type { TraceCodeView } from './view.js'

/** Holders of each code, a bounded number each; one too many is only counted, and the code then says so. */
export class TraceCodes {
  readonly #records: Records
  readonly #recent = new RecentTraces()
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
        const recent = this.#find(code)
        if (recent.trace.holders.length >= holdersMax) this.#overflows++
        this.#put(recent, withHolder(recent.trace, { institution, settlement, item: item.id, day }))
      }
    }
    this.#recent.clear() // the claim is done with
  }

  /** Its line is taken back; `item` is the key of the line's id. */
  free(code: string, holding: { institution: string, settlement: string, item: number }): void {
    const recent = this.#find(code)
    this.#put(recent, withoutHolder(recent.trace, holding))
  }

  /** Never pruned: only a gap makes it incomplete. */
  view(gap: Completeness, hidden: Claim | undefined): TraceCodeView {
    this.#recent.clear()
    return { // no spread: one of these is made for every claim
      completeFromDay: gap.completeFromDay,
      incompleteReason: gap.incompleteReason,
      holders: (traceCode) => {
        const { holders } = this.#find(traceCode).trace
        if (hidden === undefined) return holders
        const { settlement: own, visit } = hidden
        return holders.filter(({ institution, settlement }) =>
          institution !== visit.institution.id || settlement !== own)
      },
      isOverflowed: (traceCode) => this.#find(traceCode).trace.dropped > 0,
    }
  }

  /** Forgets what is not in the store. */
  reset(): void {
    this.#recent.clear()
  }

  #find(code: string): RecentTrace {
    const known = this.#recent.find(code)
    if (known !== undefined) return known
    const key = traceKeyOf(code)
    const words = this.#records.get(key)
    return this.#recent.add({ code, key, trace: words === undefined ? noHolders : unpackTrace(words) })
  }

  #put(recent: RecentTrace, trace: TraceRecord): void {
    recent.trace = trace
    this.#records.put(recent.key, packTrace(trace))
  }
}
