// A bounded table in the store: entries of a fixed number of words under a tag of 64 bits, in buckets that
// are a record each. The one that was changed longest ago leaves a full bucket, and is counted. Tags are
// hashes: whose they are cannot be read from them.
import type { Records } from './pinned.js'

export const TAGS_VERSION = 1

export interface Tag {
  readonly low: number
  readonly high: number
}

interface TableOptions {
  /** First letter of its records' keys. */
  readonly letter: string
  /** A power of two. */
  readonly buckets: number
  readonly entriesMax: number
  /** Of an entry, its tag's two included. */
  readonly words: number
}

/** What `bucket` gives is the record itself and must not be changed; `find` and `empty` give copies. */
export class TagTable {
  readonly #records: Records
  readonly #options: TableOptions
  #overflows = 0

  constructor(records: Records, options: TableOptions) {
    this.#records = records
    this.#options = options
  }

  /** Entries that left because their bucket was full. */
  get overflows(): number {
    return this.#overflows
  }

  bucketOf({ low }: Tag): number {
    return low & (this.#options.buckets - 1)
  }

  /** All entries of a bucket, one after the other, from word 1 on; undefined: it has none. */
  bucket(number: number): Int32Array | undefined {
    return this.#records.get(this.#key(number))
  }

  /** The entry as a copy of its own; its first two words are its tag. */
  find(tag: Tag): Int32Array | undefined {
    const words = this.bucket(this.bucketOf(tag))
    const at = words === undefined ? 0 : this.#placeOf(words, tag)
    return at === 0 ? undefined : words!.slice(at, at + this.#options.words)
  }

  /** An entry of zeros under this tag, not yet in the table. */
  empty({ low, high }: Tag): Int32Array {
    const entry = new Int32Array(this.#options.words)
    entry[0] = low
    entry[1] = high
    return entry
  }

  /** Puts an entry in the place of the one with its tag, as the newest of its bucket. */
  put(entry: Int32Array): void {
    const { words: size, entriesMax } = this.#options
    const tag = { low: entry[0]!, high: entry[1]! }
    const key = this.#key(this.bucketOf(tag))
    const known = this.#records.get(key)
    const kept: number[] = []
    const own = known === undefined ? 0 : this.#placeOf(known, tag)
    for (let at = 1; known !== undefined && at < known.length; at += size) {
      if (at !== own) kept.push(...known.subarray(at, at + size))
    }
    if (kept.length >= entriesMax * size) {
      kept.splice(0, size)
      this.#overflows++
    }
    this.#records.put(key, Int32Array.of(TAGS_VERSION, ...kept, ...entry))
  }

  #key(bucket: number): string {
    return `${this.#options.letter}:${bucket}`
  }

  /** 0: it is not there. */
  #placeOf(words: Int32Array, { low, high }: Tag): number {
    for (let at = 1; at < words.length; at += this.#options.words) {
      if (words[at] === low && words[at + 1] === high) return at
    }
    return 0
  }
}

/** A tag of two texts; the first may not hold a line feed. */
export function tagOf(first: string, second: string): Tag {
  return { low: lowOf(first, second), high: highOf(first, second) }
}

/** The tag's first half, a signed integer: it chooses the bucket. */
export function lowOf(first: string, second: string): number {
  return hash(hash(0x811c9dc5, first) ^ 10, second)
}

/** The tag's second half, of another hash. */
export function highOf(first: string, second: string): number {
  return hash(hash(0x9e3779b9, first) ^ 13, second)
}

function hash(seed: number, text: string): number {
  let mixed = seed
  for (let at = 0; at < text.length; at++) {
    mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x01000193)
    mixed ^= mixed >>> 15
  }
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d)
  return mixed ^ (mixed >>> 15)
}
