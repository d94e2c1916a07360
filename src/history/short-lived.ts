// Words for records that live until they are committed, cut from blocks of a fixed size: an array of its
// own costs the collector more than what these hold. Not for what stays in a cache: one small record
// would keep its whole block.

/** 256 KiB: a group's records fill a few; larger ones get an array of their own. */
const blockWords = 65_536
const largeWords = blockWords / 8

let block = new Int32Array(blockWords)
let used = 0

/** So many words, all zero, nobody else's. */
export function shortLived(count: number): Int32Array {
  if (count > largeWords) return new Int32Array(count)
  if (used + count > blockWords) {
    block = new Int32Array(blockWords)
    used = 0
  }
  used += count
  return block.subarray(used - count, used)
}
