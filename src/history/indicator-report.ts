// The indicators of an institution's month in figures, for those who read them: the whole, its
// departments, its doctors; and of all institutions of one level together. Judges nothing.
import { compareTexts } from './bytes.js'
import type { Tally } from './indicator-day.js'
import { indicators, measure, places } from './indicator-measures.js'
import type { Indicator, Measured } from './indicator-measures.js'
import type { Sums } from './indicator-sums.js'

export interface Figure {
  readonly indicator: Indicator
  /** Of the whole, in percent with two decimals; undefined while there is no whole. */
  readonly percent: number | undefined
  /** In fen for shares, in discharges for rates. */
  readonly part: number
  readonly whole: number
  /** Of the whole, what may belong to the part: nobody told. */
  readonly untold: number
  readonly cases: number
}

export interface PartFigures {
  readonly name: string
  readonly figures: readonly Figure[]
}

export interface MonthFigures {
  readonly figures: readonly Figure[]
  readonly departments: readonly PartFigures[]
  readonly doctors: readonly PartFigures[]
  /** Settlements whose department or doctor was one too many: theirs are not whole. */
  readonly overflowed: number
}

/** Every indicator, in the order of the list, also those that have no whole yet. */
export function figuresOf(sums: Sums): readonly Figure[] {
  const to: Measured = { part: 0, whole: 0, untold: 0, cases: 0 }
  return indicators.map((indicator) => {
    measure(to, places[indicator], sums)
    const percent = to.whole > 0 ? Math.round(to.part * 10_000 / to.whole) / 100 : undefined
    return { indicator, percent, part: to.part, whole: to.whole, untold: to.untold, cases: to.cases }
  })
}

/** Departments and doctors in the order of their names. */
export function monthFigures({ whole, departments, doctors, ...rest }: Tally): MonthFigures {
  return {
    figures: figuresOf(whole),
    departments: partsOf(departments),
    doctors: partsOf(doctors),
    overflowed: rest.noDepartment + rest.noDoctor,
  }
}

function partsOf(parts: ReadonlyMap<string, Sums>): readonly PartFigures[] {
  return [...parts]
    .sort(([a], [b]) => compareTexts(a, b))
    .map(([name, sums]) => ({ name, figures: figuresOf(sums) }))
}
