// Rules that went back to trial by an event of the stream, and on which day: whoever reads the stream again
// sees it too. Whether a person has confirmed the rule since is the rule book's business.
import type { Records } from './pinned.js'
import type { RuleNumbers } from './rule-numbers.js'

export const DEMOTED_VERSION = 1
const key = 'n:demoted'

/** Rules that hospitals overrode too often, each with the last day on which it was demoted. */
export class DemotedRules {
  readonly #records: Records
  readonly #rules: RuleNumbers
  #days: Map<number, number> | undefined

  constructor(records: Records, rules: RuleNumbers) {
    this.#records = records
    this.#rules = rules
  }

  /** The last day counts. False: it is known already. */
  demote(rule: string, day: number): boolean {
    const number = this.#rules.numberOf(rule)
    const days = this.#known()
    if (number === 0 || (days.get(number) ?? -1) >= day) return false
    days.set(number, day)
    const words = [...days].sort(([a], [b]) => a - b).flat()
    this.#records.put(key, Int32Array.of(DEMOTED_VERSION, ...words))
    return true
  }

  /** Undefined: it never was. */
  dayOf(rule: string): number | undefined {
    const days = this.#known()
    if (days.size === 0) return undefined // nearly always
    const number = this.#rules.find(rule)
    return number === undefined ? undefined : days.get(number)
  }

  /** Forgets what is not in the store. */
  reset(): void {
    this.#days = undefined
  }

  #known(): Map<number, number> {
    return this.#days ??= unpackDemoted(this.#records.get(key))
  }
}

/** Days by rule number. */
export function unpackDemoted(words: Int32Array | undefined): Map<number, number> {
  const days = new Map<number, number>()
  for (let at = 1; words !== undefined && at < words.length; at += 2) days.set(words[at]!, words[at + 1]!)
  return days
}
