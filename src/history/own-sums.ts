// The sums of the claim at hand, in one array for all claims: eight rules ask for them, then the day's
// books add them. Lines are counted once a claim.
import type { Claim } from '../claim/claim.js'
import { addMarks, feeOf, SUM, SUMS } from './indicator-sums.js'
import type { Sums } from './indicator-sums.js'

/** One array for all claims: what it holds is valid until the next `sum`; `holder` says whose it is. */
export class OwnSums {
  readonly sums: Sums = new Float64Array(SUMS)
  /** For whom `sums` was filled last: to anybody else it says nothing. */
  holder: object | undefined
  #claim: Claim | undefined

  /** What a claim adds, in `sums`. */
  sum(claim: Claim, marks: number): Sums {
    const { sums } = this
    this.holder = undefined
    if (claim === this.#claim) sums.fill(0, 0, SUM.FEN)
    else this.#sumLines(claim)
    addMarks(sums, marks)
    return sums
  }

  #sumLines(claim: Claim): void {
    const { sums } = this
    const { items } = claim
    sums.fill(0)
    for (let n = 0; n < items.length; n++) {
      const item = items[n]!
      sums[SUM.FEN + feeOf(item)]! += item.amountFen
    }
    this.#claim = claim
  }
}
