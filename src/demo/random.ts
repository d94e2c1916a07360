// Seeded random numbers (sfc32, seeded by splitmix32) and the mixing of seeds, so that any patient,
// day or scene of the region can be made alone, in any order, and always come out the same.

export interface Random {
  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number
  /** True in `share` of all calls. */
  chance(share: number): boolean
  pick<T>(list: readonly T[]): T
  /** `count` different members, in the list's order. */
  some<T>(list: readonly T[], count: number): T[]
}

/** One 32-bit seed out of several numbers. */
export function mix(...parts: readonly number[]): number {
  let state = 0x9e3779b9
  for (const part of parts) {
    state = splitmix(state ^ (part | 0))
    // Numbers above 32 bits (a scene's running number may pass them) count with all their bits.
    state = splitmix(state ^ Math.floor(part / 0x100000000))
  }
  return state >>> 0
}

function splitmix(seed: number): number {
  let value = (seed + 0x9e3779b9) | 0
  value = Math.imul(value ^ (value >>> 16), 0x21f0aaad)
  value = Math.imul(value ^ (value >>> 15), 0x735a2d97)
  return value ^ (value >>> 15)
}

/** The same numbers for the same seed, on every machine; only 32 bits of the seed count. */
export function createRandom(seed: number): Random {
  return new SmallFastCounter(seed)
}

/** A class and not closures: walking to the 200,000th event makes a million of these. */
class SmallFastCounter implements Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number) {
    this.#a = splitmix(seed)
    this.#b = splitmix(this.#a)
    this.#c = splitmix(this.#b)
    for (let round = 0; round < 4; round++) this.#next()
  }

  int(low: number, high: number): number {
    return low + Math.floor(this.#next() * (high - low + 1))
  }

  chance(share: number): boolean {
    return this.#next() < share
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)]!
  }

  some<T>(list: readonly T[], count: number): T[] {
    let wanted = Math.min(count, list.length)
    return list.filter((_, index) => {
      const isTaken = this.#next() * (list.length - index) < wanted
      if (isTaken) wanted--
      return isTaken
    })
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return (sum >>> 0) / 0x100000000
  }
}
