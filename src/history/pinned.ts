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
  readonly key: string
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

/**
 * Every read sees what was put last, committed or not. What has not committed is held in memory,
 * outside the cache's bound.
 */
export class Records {
  readonly #load: (key: string) => Uint8Array | undefined
  readonly #cache: LRUCache<string, Int32Array>
  readonly #pins = new Map<string, Pin>()
  readonly #byGroup = new Map<number, readonly Pin[]>()
  #dirty: Pin[] = []
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

  /** Of any record but a timeline. Never changed in place: whoever changes one puts a new array. */
  get(key: string): Int32Array | undefined {
    const pin = this.#pins.get(key)
    return pin === undefined ? this.#read(key) : pin.words
  }

  /** As get; hot ones come from the cache. */
  timeline(key: string): Int32Array | undefined {
    if (key === this.#lastKey) {
      this.#hits++
      return this.#lastWords
    }
    const pin = this.#pins.get(key)
    const hot = pin === undefined ? this.#cache.get(key) : pin.words
    if (pin !== undefined || hot !== undefined) {
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
      const made = { key, words, group: this.#open }
      this.#pins.set(key, made) // read before what the cache may still have
      this.#dirty.push(made)
      return
    }
    if (pin.group !== this.#open) this.#dirty.push(pin)
    pin.group = this.#open
    pin.words = words
  }

  /** Closes the group: its records as they stand now. */
  take(): { readonly group: number, readonly changes: readonly Change[] } {
    const group = this.#open++
    const pins = this.#dirty
    this.#dirty = []
    this.#byGroup.set(group, pins)
    const changes = pins.map(({ key, words }) => ({ key, value: words && bytesOf(words) }))
    return { group, changes }
  }

  /** Its transaction has committed: what has not changed since is clean. Timelines stay hot. */
  committed(group: number): void {
    for (const pin of this.#byGroup.get(group) ?? []) {
      if (pin.group !== group) continue // changed again since: still pinned
      this.#pins.delete(pin.key)
      if (!isTimeline(pin.key)) continue
      if (pin.words === undefined) this.#cache.delete(pin.key)
      else this.#cache.set(pin.key, pin.words)
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
