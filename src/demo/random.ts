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

export function createRandom(seed: number): Random {
  let a = splitmix(seed)
  let b = splitmix(a)
  let c = splitmix(b)
  let counter = 1
  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 0x100000000
  }
  for (let round = 0; round < 8; round++) next()

  function int(low: number, high: number): number {
    return low + Math.floor(next() * (high - low + 1))
  }
  function pick<T>(list: readonly T[]): T {
    return list[int(0, list.length - 1)]!
  }
  function some<T>(list: readonly T[], count: number): T[] {
    let wanted = Math.min(count, list.length)
    return list.filter((_, index) => {
      const isTaken = next() * (list.length - index) < wanted
      if (isTaken) wanted--
      return isTaken
    })
  }
  return { int, chance: (share) => next() < share, pick, some }
}
