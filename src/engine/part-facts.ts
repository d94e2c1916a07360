// What gathering asks of every part it meets, side by side in small arrays: to follow a pointer to each
// part and its rule costs more than all the rest of gathering. Made once for a rule book.
import type { Claim } from '../claim/claim.js'
import type { RuleBook, Stage } from '../rulebook/rulebook.js'
import { everywhere } from '../rulebook/scope.js'

const stageBits: Readonly<Record<Stage, number>> = { 'pre-alert': 1, audit: 2, 'look-back': 4 }
const everyStage = 7

/**
 * Parts go by their number in the rule book; a part is in force from its first day up to, not on, its
 * until day.
 */
export class PartFacts {
  readonly #book: RuleBook
  readonly #stages: Uint8Array
  readonly #isScoped: Uint8Array
  readonly #fromDays: Float64Array // a part without an end has none that an integer could hold
  readonly #untilDays: Float64Array
  /** Only items of some categories wake it. */
  readonly isPicky: Uint8Array
  /** Parts that every claim wakes, by the stage's bit. */
  readonly #always = new Map<number, Int32Array>()

  constructor(book: RuleBook) {
    const { parts, always } = book
    this.#book = book
    this.#stages = Uint8Array.from(parts, ({ rule }) =>
      rule.stages.reduce((bits, stage) => bits | stageBits[stage], 0))
    this.#isScoped = Uint8Array.from(parts, ({ applies }) => applies === everywhere ? 0 : 1)
    this.#fromDays = Float64Array.from(parts, ({ fromDay }) => fromDay)
    this.#untilDays = Float64Array.from(parts, ({ untilDay }) => untilDay)
    this.isPicky = Uint8Array.from(parts, ({ categories }) => categories === undefined ? 0 : 1)
    for (const bit of [...Object.values(stageBits), everyStage]) {
      this.#always.set(bit, always.filter((part) => (this.#stages[part]! & bit) !== 0))
    }
  }

  /** As a number, for the calls below. Undefined: every stage. */
  bitOf(stage: Stage | undefined): number {
    return stage === undefined ? everyStage : stageBits[stage]
  }

  always(bit: number): Int32Array {
    return this.#always.get(bit)!
  }

  isInForce(part: number, day: number): boolean {
    return day >= this.#fromDays[part]! && day < this.#untilDays[part]!
  }

  /** Whether a part is asked at this stage and for such a claim; a text: the field it would need. */
  applies(part: number, claim: Claim, bit: number): boolean | string {
    if ((this.#stages[part]! & bit) === 0) return false
    return this.#isScoped[part] === 0 || this.#book.parts[part]!.applies(claim)
  }
}
