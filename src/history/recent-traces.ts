// Trace codes asked for a moment ago, in the order of asking: a claim's checks ask two things of each of
// its codes, then its settlement holds them in the same order. Found by the place, without a hash.
import type { TraceRecord } from './trace-record.js'

/** More are forgotten all at once. Few: a code that is new is compared with each. */
const recentMax = 64

export interface RecentTrace {
  readonly code: string
  /** Of its record; made once, so that the store's maps need its hash once. */
  readonly key: string
  trace: TraceRecord
}

/** Bounded: when it is full it begins anew. Whoever changes an entry writes its record too. */
export class RecentTraces {
  readonly #list: RecentTrace[] = []
  #at = 0

  /** A code stands here once at most. */
  find(code: string): RecentTrace | undefined {
    const list = this.#list
    if (list.length === 0) return undefined
    const last = list[this.#at]!
    if (last.code === code) return last
    const next = this.#at + 1 < list.length ? this.#at + 1 : 0
    if (list[next]!.code === code) {
      this.#at = next
      return list[next]
    }
    const at = list.findIndex((one) => one.code === code)
    if (at < 0) return undefined
    this.#at = at
    return list[at]
  }

  add(recent: RecentTrace): RecentTrace {
    if (this.#list.length >= recentMax) this.#list.length = 0
    this.#at = this.#list.push(recent) - 1
    return recent
  }

  clear(): void {
    this.#list.length = 0
    this.#at = 0
  }
}
