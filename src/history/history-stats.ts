// What histories are given and what they tell of themselves. Types only.

export interface HistoriesOptions {
  /** Bytes of a committed record, valid until the next call. */
  readonly load: (key: string) => Uint8Array | undefined
  readonly cacheBytes: number
}

export interface HistoryStats {
  /** Timelines found in memory, and read from the store. */
  readonly hits: number
  readonly misses: number
  readonly evictions: number
  readonly bytes: number
  readonly pinned: number
  /** Blocks, trace-code holders, waiting reversals and others that met a bound. */
  readonly overflows: number
  /** Reversals that came first and did not fit the settlement when it came. */
  readonly unmatched: number
}

export interface ViewOptions {
  /** Without what is known under the claim's own settlement or visit id. */
  readonly hideOwn?: boolean
  /** The stream is being read from its beginning: any of the past may still be missing. */
  readonly isRebuilding?: boolean
}
