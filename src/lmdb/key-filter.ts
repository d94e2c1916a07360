// Which keys a store surely does not hold: a split-block Bloom filter (Putze, Sanders, Singler, "Cache-,
// hash- and space-efficient Bloom filters", 2007). Nearly every settlement and trace code is new, and
// to learn that from the store costs 4 µs a key, here a tenth. Knows keys only; forgets none.

/** One bit in each of a block's eight words: a look touches one line of the processor's cache. */
const blockWords = 8
const salts = Int32Array.of(
  0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31)
/** Beyond ten bits a key more than one look in a hundred is for nothing. */
const bitsPerKey = 10

/**
 * Of a fixed size: past its capacity it says "probably" more often, and never "surely not" of a key it
 * was given.
 */
export class KeyFilter {
  readonly #words: Int32Array
  readonly #mask: number
  #low = 0
  #high = 0

  /** `bytes`: a power of two, 32 or more; ten bits of it serve one key. */
  constructor(bytes: number) {
    this.#words = new Int32Array(bytes / 4)
    this.#mask = bytes / 4 / blockWords - 1
  }

  /** Keys up to which it saves what it promises. */
  get capacity(): number {
    return Math.floor(this.#words.length * 32 / bitsPerKey)
  }

  add(key: string): void {
    let word = this.#blockOf(key)
    for (let at = 0; at < blockWords; at++) this.#words[word++]! |= this.#bit(at)
  }

  /** False: the key was never added. True: it probably was. */
  mayHold(key: string): boolean {
    let word = this.#blockOf(key)
    for (let at = 0; at < blockWords; at++) {
      if ((this.#words[word++]! & this.#bit(at)) === 0) return false
    }
    return true
  }

  clear(): void {
    this.#words.fill(0)
  }

  /** Two hashes of the key: the block, and what its bits are drawn from. */
  #blockOf(key: string): number {
    let low = 0x811c9dc5 | 0
    let high = 0x9e3779b9 | 0
    for (let at = 0; at < key.length; at++) {
      const code = key.charCodeAt(at)
      low = Math.imul(low ^ code, 0x01000193)
      high = Math.imul(high ^ code, 0x85ebca6b)
      high ^= high >>> 15
    }
    this.#low = low ^ (low >>> 15)
    this.#high = Math.imul(high ^ (low >>> 13), 0x846ca68b)
    return ((this.#high ^ (this.#high >>> 16)) & this.#mask) * blockWords
  }

  #bit(at: number): number {
    return 1 << (Math.imul(this.#low, salts[at]!) >>> 27)
  }
}
