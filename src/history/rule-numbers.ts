// Rules that hospitals were shown, by number: in the order in which they were first told of, so that the same
// stream gives the same numbers. Bounded; what is one too many, and what nobody named, is number 0.
import { Reader, textSize, Writer } from './bytes.js'
import type { Records } from './pinned.js'

export const RULES_VERSION = 1
/** Rule books over the years, retired rules and all. */
export const rulesMax = 4_096
const key = 'n:rules'

/** Numbers from 1 on for rules that were shown, answered or demoted; never given twice, never taken back. */
export class RuleNumbers {
  readonly #records: Records
  readonly #max: number
  #numbers: Map<string, number> | undefined
  #names: string[] = []

  constructor(records: Records, max = rulesMax) {
    this.#records = records
    this.#max = max
  }

  get size(): number {
    return this.#known().size
  }

  /** Gives it the next number if it has none. */
  numberOf(rule: string): number {
    const numbers = this.#known()
    const known = rule === '' ? 0 : numbers.get(rule)
    if (known !== undefined || numbers.size >= this.#max) return known ?? 0
    this.#names.push(rule)
    numbers.set(rule, numbers.size + 1)
    this.#records.put(key, packNames(this.#names))
    return numbers.size
  }

  /** Undefined: it was never shown, answered or demoted. */
  find(rule: string): number | undefined {
    return this.#known().get(rule)
  }

  /** '' for number 0. */
  nameOf(rule: number): string {
    this.#known()
    return this.#names[rule - 1] ?? ''
  }

  /** Forgets what is not in the store. */
  reset(): void {
    this.#numbers = undefined
  }

  #known(): Map<string, number> {
    if (this.#numbers === undefined) {
      const words = this.#records.get(key)
      this.#names = words === undefined ? [] : unpackNames(words)
      this.#numbers = new Map(this.#names.map((name, place) => [name, place + 1]))
    }
    return this.#numbers
  }
}

function packNames(names: readonly string[]): Int32Array {
  const words = new Int32Array(names.reduce((size, name) => size + textSize(name), 2))
  const writer = new Writer(words, 0)
  writer.word(RULES_VERSION)
  writer.word(names.length)
  for (const name of names) writer.text(name)
  return words
}

/** Ids of the rules, number 1 first. */
export function unpackNames(words: Int32Array): string[] {
  const reader = new Reader(words, 2)
  return reader.list(words[1]!, () => reader.text())
}
