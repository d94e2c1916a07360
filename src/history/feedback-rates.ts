// Rates of what hospitals did with findings. The compliance rate is the official indicator of pre-alerts:
// of the findings that somebody said something about, how many were followed.
import type { FeedbackFigures } from './feedback-books.js'

export interface FeedbackRates {
  /** Undefined while nobody has answered. */
  readonly compliance: number | undefined
  readonly override: number | undefined
  /** Undefined while it was shown in no visit. */
  readonly repeatsPerVisit: number | undefined
}

type Counted = Pick<FeedbackFigures, 'followed' | 'overridden' | 'again' | 'visits'>

/** Shares of one as four decimals; `repeatsPerVisit` may pass one. */
export function ratesOf({ followed, overridden, again, visits }: Counted): FeedbackRates {
  const answered = followed + overridden
  return {
    compliance: ratio(followed, answered),
    override: ratio(overridden, answered),
    repeatsPerVisit: ratio(again, visits),
  }
}

/** Four decimals: a share of ten thousand is more than anybody counts. */
function ratio(part: number, whole: number): number | undefined {
  return whole <= 0 ? undefined : Math.round(part * 10_000 / whole) / 10_000
}
