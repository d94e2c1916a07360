// A 48-bit key for a code (drug, service, consumable, diagnosis, procedure), held as two integers
// so that histories and indexes are packed integer arrays and nobody compares strings on the hot
// path. The rule book refuses to load if two of its own codes share a key; for a code outside it
// the chance to meet one of 250,000 keys is one in a thousand million.

/** The low 32 bits of the key, as a signed integer. */
export function codeLow(code: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < code.length; index++) {
    hash = Math.imul(hash ^ code.charCodeAt(index), 0x01000193)
  }
  return finish(hash)
}

/** The high 16 bits of the key, 0 to 65,535. */
export function codeHigh(code: string): number {
  let hash = 0x9e3779b9
  for (let index = code.length - 1; index >= 0; index--) {
    hash = Math.imul(hash ^ code.charCodeAt(index), 0x85ebca6b)
    hash ^= hash >>> 15
  }
  return finish(hash) & 0xffff
}

/**
 * The whole key as one safe integer, high × 2^32 + low: both halves in one pass, for the hot path.
 * keyLow and keyHigh take it apart into what codeLow and codeHigh give.
 */
export function codeKey(code: string): number {
  const { length } = code
  let low = 0x811c9dc5
  let high = 0x9e3779b9
  for (let index = 0; index < length; index++) {
    low = Math.imul(low ^ code.charCodeAt(index), 0x01000193)
    high = Math.imul(high ^ code.charCodeAt(length - 1 - index), 0x85ebca6b)
    high ^= high >>> 15
  }
  return (finish(high) & 0xffff) * 0x1_0000_0000 + (finish(low) >>> 0)
}

/** The low half of a codeKey, a signed integer as codeLow gives it. */
export function keyLow(key: number): number {
  return key | 0
}

/** The high half of a codeKey, 0 to 65,535 as codeHigh gives it. */
export function keyHigh(key: number): number {
  return Math.floor(key / 0x1_0000_0000)
}

function finish(hash: number): number {
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x7feb352d)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x846ca68b)
  return hash ^ (hash >>> 16)
}
