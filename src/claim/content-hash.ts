// A hash of what a settlement says, so that the same content sent again is known again. Two 32-bit
// lanes, cheap enough for every claim; guards against slips of senders, not against a forger.

/** Says that a whole number follows in two words. */
const marker = -0x8000_0000

/** 0 false, 1 true, 2 nothing. */
export function flagDigit(value: boolean | undefined): number {
  return value === undefined ? 2 : value ? 1 : 0
}

/**
 * One settlement's hash in the making: whoever writes the same values in the same order gets the same
 * digest. Allocates nothing until the digest.
 */
export class ContentHash {
  #a = 0x811c9dc5 | 0
  #b = 0x9e3779b9 | 0

  /** The length goes first, so that neighbouring texts cannot run into each other. */
  text(text: string): void {
    const { length } = text
    let a = stepA(this.#a, length)
    let b = stepB(this.#b, length)
    let at = 1
    for (; at < length; at += 2) {
      const pair = text.charCodeAt(at - 1) | (text.charCodeAt(at) << 16)
      a = stepA(a, pair)
      b = stepB(b, pair)
    }
    if (at === length) {
      const last = text.charCodeAt(at - 1)
      a = stepA(a, last)
      b = stepB(b, last)
    }
    this.#a = a
    this.#b = b
  }

  /** A whole number within the safe integers, or nothing: one word when it is small, else three. */
  whole(value: number | undefined): void {
    if (value !== undefined && (value | 0) === value && value !== marker) {
      this.word(value)
      return
    }
    this.word(marker)
    this.word(value === undefined ? 0 : value | 0)
    // No safe integer has this as its high word.
    this.word(value === undefined ? 0x7fffffff : Math.floor(value / 0x1_0000_0000))
  }

  /** True, false or nothing. */
  flag(value: boolean | undefined): void {
    this.word(flagDigit(value))
  }

  /** 32 bits as they are. */
  word(word: number): void {
    this.#a = stepA(this.#a, word)
    this.#b = stepB(this.#b, word)
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    const a = finish(this.#a ^ Math.imul(this.#b, 0x9e3779b1))
    const b = finish(this.#b ^ Math.imul(a, 0x85ebca77))
    return hex(a) + hex(b)
  }
}

// The shift after each product carries high bits down; without it two differences in the top bits
// of two words would cancel each other in both lanes.
function stepA(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

function stepB(hash: number, word: number): number {
  const mixed = Math.imul((hash + word) | 0, 0x85ebca6b)
  return (mixed << 13) | (mixed >>> 19)
}

function finish(hash: number): number {
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x7feb352d)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x846ca68b)
  return hash ^ (hash >>> 16)
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
