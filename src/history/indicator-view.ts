// What one claim may see of its institution's month: its own sums, and those of the month, each looked up
// once however many rules ask. Changes nothing.
import type { Claim } from '../claim/claim.js'
import type { Completeness } from './cursor.js'
import type { Tally } from './indicator-day.js'
import { marksOf } from './indicator-sums.js'
import type { Sums } from './indicator-sums.js'
import type { OwnSums } from './own-sums.js'
import { isReturn, stayIn } from './returns.js'
import type { IndicatorLevel, IndicatorView } from './view.js'

interface Source {
  readonly claim: Claim
  /** The patient's: says whether a stay is a return. */
  readonly timeline: Int32Array
  readonly ownSums: OwnSums
  /** The institution's month without the claim. */
  readonly tally: () => Tally
}

/**
 * Made for one claim. What `own` gives is valid until the next claim's is asked for; `month` does not
 * hold the claim itself.
 */
export class MonthView implements IndicatorView {
  readonly completeFromDay: number
  readonly incompleteReason: string
  readonly monthDay: number
  readonly #source: Source
  #month: Tally | undefined
  #department: Sums | undefined
  #doctor: Sums | undefined

  constructor(source: Source, monthDay: number, { completeFromDay, incompleteReason }: Completeness) {
    this.completeFromDay = completeFromDay
    this.incompleteReason = incompleteReason
    this.monthDay = monthDay
    this.#source = source
  }

  own(): Sums {
    const { claim, timeline, ownSums } = this.#source
    if (ownSums.holder === this) return ownSums.sums
    const sums = ownSums.sum(claim, marksOf(claim, isReturnOf(claim, timeline)))
    ownSums.holder = this
    return sums
  }

  month(): Tally {
    return this.#month ?? this.#look()
  }

  monthOf(level: IndicatorLevel): Sums | undefined {
    const { whole } = this.month()
    return level === 0 ? whole : level === 1 ? this.#department : this.#doctor
  }

  isOverflowed(level: IndicatorLevel): boolean {
    const { noDepartment, noDoctor } = this.month()
    return level === 1 ? noDepartment > 0 : level === 2 && noDoctor > 0
  }

  #look(): Tally {
    const { claim: { visit }, tally } = this.#source
    const month = tally()
    this.#department = month.departments.get(visit.department)
    this.#doctor = month.doctors.get(visit.doctor)
    this.#month = month
    return month
  }
}

function isReturnOf({ visit }: Claim, timeline: Int32Array): boolean {
  return visit.setting === 'inpatient' && visit.endDay !== undefined && isReturn(timeline, stayIn(visit))
}
