// Texts and large numbers inside packed records: a text is its length and then four characters a
// word (two where it is not Latin-1), a whole number up to 2^53 is two words. Knows nothing of what
// they mean.

const halfWord = 2 ** 32

/** Words that a text takes, its length included. */
export function textSize(text: string): number {
  return 1 + contentWords(text.length, isWide(text))
}

/** Writes a text, and returns where the next thing goes. */
export function putText(words: Int32Array, at: number, text: string): number {
  const { length } = text
  const wide = isWide(text)
  words[at] = wide ? ~length : length
  const start = at + 1
  if (!wide) return putNarrow(words, start, text)
  for (let index = 0; index < length; index += 2) {
    words[start + (index >>> 1)] = text.charCodeAt(index)
      | (index + 1 < length ? text.charCodeAt(index + 1) << 16 : 0)
  }
  return start + contentWords(length, wide)
}

/** Four characters at a time. */
function putNarrow(words: Int32Array, start: number, text: string): number {
  const { length } = text
  let at = start
  let index = 0
  for (; index + 3 < length; index += 4) {
    words[at++] = text.charCodeAt(index) | text.charCodeAt(index + 1) << 8
      | text.charCodeAt(index + 2) << 16 | text.charCodeAt(index + 3) << 24
  }
  if (index === length) return at
  let rest = 0
  for (let shift = 0; index < length; shift += 8) rest |= text.charCodeAt(index++) << shift
  words[at] = rest
  return at + 1
}

/** Makes the text that stands at a word: to compare one, isText and compareText make none. */
export function takeText(words: Int32Array, at: number): string {
  const codes: number[] = []
  for (let index = 0; index < lengthAt(words, at); index++) codes.push(charAt(words, at, index))
  return String.fromCharCode(...codes)
}

/** Where the thing after a text stands. */
export function afterText(words: Int32Array, at: number): number {
  return at + 1 + contentWords(lengthAt(words, at), words[at]! < 0)
}

/** Whether just this text stands there. Makes none. */
export function isText(words: Int32Array, at: number, text: string): boolean {
  return lengthAt(words, at) === text.length && compareText(words, at, text) === 0
}

/** Below, equal or above zero as the packed text stands before, with or after `text`. */
export function compareText(words: Int32Array, at: number, text: string): number {
  const length = lengthAt(words, at)
  const shared = Math.min(length, text.length)
  for (let index = 0; index < shared; index++) {
    const difference = charAt(words, at, index) - text.charCodeAt(index)
    if (difference !== 0) return difference
  }
  return length - text.length
}

/** In the order of character codes, as compareText has it, on every machine. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Writes a whole number within the safe integers into two words, the low one first. */
export function putNumber(words: Int32Array, at: number, value: number): void {
  words[at] = value | 0
  words[at + 1] = Math.floor(value / halfWord)
}

/** Reads what putNumber wrote. */
export function takeNumber(words: Int32Array, at: number): number {
  return words[at + 1]! * halfWord + (words[at]! >>> 0)
}

function isWide(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0xff) return true
  return false
}

function contentWords(length: number, wide: boolean): number {
  return wide ? (length + 1) >>> 1 : (length + 3) >>> 2
}

function lengthAt(words: Int32Array, at: number): number {
  const word = words[at]!
  return word < 0 ? ~word : word
}

function charAt(words: Int32Array, at: number, index: number): number {
  return words[at]! < 0
    ? (words[at + 1 + (index >>> 1)]! >>> ((index & 1) * 16)) & 0xffff
    : (words[at + 1 + (index >>> 2)]! >>> ((index & 3) * 8)) & 0xff
}

/** Writes words, numbers and texts one after the other. */
export class Writer {
  readonly #words: Int32Array
  #at: number

  constructor(words: Int32Array, at: number) {
    this.#words = words
    this.#at = at
  }

  word(value: number): void {
    this.#words[this.#at++] = value
  }

  number(value: number): void {
    putNumber(this.#words, this.#at, value)
    this.#at += 2
  }

  text(value: string): void {
    this.#at = putText(this.#words, this.#at, value)
  }
}

/** Reads back what a Writer wrote. */
export class Reader {
  readonly #words: Int32Array
  #at: number

  constructor(words: Int32Array, at: number) {
    this.#words = words
    this.#at = at
  }

  word(): number {
    return this.#words[this.#at++]!
  }

  number(): number {
    this.#at += 2
    return takeNumber(this.#words, this.#at - 2)
  }

  text(): string {
    const value = takeText(this.#words, this.#at)
    this.#at = afterText(this.#words, this.#at)
    return value
  }

  list<T>(count: number, read: () => T): T[] {
    return Array.from({ length: count }, read)
  }
}
