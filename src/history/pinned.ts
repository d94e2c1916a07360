// Records between memory and the store: hot ones in a cache bounded by bytes, changed ones pinned
// outside it until their transaction has committed (a store does not read its own pending writes).
import { LRUCache } from 'lru-cache'
import { bytesOf, isTimeline, wordsOf } from './records.js'

/** A record as it stands, or that it is gone. */
export interface Change {
  readonly key: string
  readonly value: Uint8Array | undefined
}

interface Pin {
  /** Undefined: deleted. */
  words: Int32Array | undefined
  /** Group of the last change; the open one's number until it is taken. */
  group: number
}

export interface RecordStats {
  hits: number
  misses: number
  evictions: number
  readonly bytes: number
  readonly pinned: number
}

/** What an entry of the cache costs besides its words. */
const entryBytes = 160

export class Records {
  readonly #load: (key: string) => Uint8Array | undefined
  readonly #cache: LRUCache<string, Int32Array>
  readonly #pins = new Map<string, Pin>()
  readonly #byGroup = new Map<number, string[]>()
  #dirty: string[] = []
  #open = 1
  #hits = 0
  #misses = 0
  #evictions = 0
  /** The timeline read last: the claim that asked for it puts it back changed, and only then is it hot. */
  #lastKey = ''
  #lastWords: Int32Array | undefined

  constructor(load: (key: string) => Uint8Array | undefined, cacheBytes: number) {
    this.#load = load
    this.#cache = new LRUCache({
      maxSize: cacheBytes,
      sizeCalculation: (words) => words.byteLength + entryBytes,
      dispose: (_words, _key, reason) => { if (reason === 'evict') this.#evictions++ },
    })
  }

  /** Never changed in place: whoever changes a record puts a new array. */
  get(key: string): Int32Array | undefined {
    const pin = this.#pins.get(key)
    const isCached = isTimeline(key)
    if (pin !== undefined) {
      if (isCached) this.#hits++
      return pin.words
    }
    if (!isCached) return this.#read(key)
    const hot = key === this.#lastKey ? this.#lastWords : this.#cache.get(key)
    if (hot !== undefined) {
      this.#hits++
      return hot
    }
    this.#misses++
    this.#lastKey = key
    this.#lastWords = this.#read(key)
    return this.#lastWords
  }

  #read(key: string): Int32Array | undefined {
    const bytes = this.#load(key)
    return bytes && wordsOf(bytes)
  }

  put(key: string, words: Int32Array | undefined): void {
    if (key === this.#lastKey) this.#lastKey = ''
    const pin = this.#pins.get(key)
    if (pin === undefined) {
      this.#pins.set(key, { words, group: this.#open }) // read before what the cache may still have
      this.#dirty.push(key)
      return
    }
    if (pin.group !== this.#open) this.#dirty.push(key)
    pin.group = this.#open
    pin.words = words
  }

  /** Closes the group: its records as they stand now. */
  take(): { readonly group: number, readonly changes: readonly Change[] } {
    const group = this.#open++
    const keys = this.#dirty
    this.#dirty = []
    this.#byGroup.set(group, keys)
    const changes = keys.map((key) => {
      const { words } = this.#pins.get(key)!
      return { key, value: words === undefined ? undefined : bytesOf(words) }
    })
    return { group, changes }
  }

  /** Its transaction has committed: what has not changed since is clean. Timelines stay hot. */
  committed(group: number): void {
    for (const key of this.#byGroup.get(group) ?? []) {
      const pin = this.#pins.get(key)
      if (pin === undefined || pin.group !== group) continue // changed again since: still pinned
      this.#pins.delete(key)
      if (!isTimeline(key)) continue
      if (pin.words === undefined) this.#cache.delete(key)
      else this.#cache.set(key, pin.words)
    }
    this.#byGroup.delete(group)
  }

  reset(): void {
    this.#lastKey = ''
    this.#pins.clear()
    this.#byGroup.clear()
    this.#dirty = []
    this.#cache.clear()
  }

  get stats(): RecordStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
      bytes: this.#cache.calculatedSize,
      pinned: this.#pins.size,
    }
  }
}
