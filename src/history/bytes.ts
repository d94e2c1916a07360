// Text and large numbers inside packed records: ASCII in words, whole numbers up to 2^53 in two words.
// Knows nothing of what they mean.

const halfWord = 2 ** 32

/** Words that a text of so many characters takes. */
export function textWords(length: number): number {
  return (length + 3) >>> 2
}

/** Writes Latin-1 text at a word; identifiers are ASCII by the wire's shape. */
export function putText(words: Int32Array, at: number, text: string): void {
  const bytes = new Uint8Array(words.buffer, words.byteOffset + at * 4, textWords(text.length) * 4)
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index)
}

export function takeText(words: Int32Array, at: number, length: number): string {
  const bytes = new Uint8Array(words.buffer, words.byteOffset + at * 4, length)
  return String.fromCharCode(...bytes)
}

/** Below, equal or above zero as the text at a word stands before, with or after `text`. */
export function compareText(words: Int32Array, at: number, length: number, text: string): number {
  const shared = Math.min(length, text.length)
  for (let index = 0; index < shared; index++) {
    const difference = charAt(words, at, index) - text.charCodeAt(index)
    if (difference !== 0) return difference
  }
  return length - text.length
}

function charAt(words: Int32Array, at: number, index: number): number {
  return (words[at + (index >>> 2)]! >>> ((index & 3) * 8)) & 0xff
}

export function putNumber(words: Int32Array, at: number, value: number): void {
  words[at] = value | 0
  words[at + 1] = Math.floor(value / halfWord)
}

export function takeNumber(words: Int32Array, at: number): number {
  return words[at + 1]! * halfWord + (words[at]! >>> 0)
}
