// A share or a rate of the calendar month leaves its band. Told by the claim that carries it over the
// limit, once for each of the institution, its department and its doctor whose band it is; while it stays
// outside, later claims say nothing. One that returns into its band and leaves it again is told again.
import { Type } from '@sinclair/typebox'
import type { Visit } from '../claim/claim.js'
import { dayText } from '../claim/day.js'
import { indicators, measure, places, untoldFields } from '../history/indicator-measures.js'
import type { Measured } from '../history/indicator-measures.js'
import { SUMS } from '../history/indicator-sums.js'
import type { IndicatorLevel, IndicatorView } from '../history/view.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit } from './check.js'
import { outcomeOf } from './lines.js'

/**
 * Limits in percent, least numbers in cases; no money at risk. Unknown where the month is not known
 * whole.
 */
export const indicatorBand = defineCheck({
  kind: 'indicator-band',
  meta: {
    summary: '当月指标（占比、发生率）超出上限时，由使其超出的那张结算单提示一次。',
    facts: ['subject', 'percent', 'limit', 'cases', 'month'],
    wakes: 'claim',
    owner: 'institution',
  },
  params: Type.Object({
    indicator: Type.Union(indicators.map((one) => Type.Literal(one)), { description: '哪个指标' }),
    percent_max: Type.Integer({ minimum: 0, maximum: 100, description: '上限，百分之几；等于上限不提示' }),
    cases_min: Type.Integer({
      minimum: 1, maximum: 1_000_000, description: '机构当月至少多少例（结算或出院）才判断',
    }),
    part_cases_min: Type.Optional(Type.Integer({
      minimum: 1, maximum: 1_000_000, description: '科室、医师当月至少多少例才判断；不写则不判断科室、医师',
    })),
  }, { additionalProperties: false }),
  columns: {},

  prepare({ indicator, percent_max: limit, cases_min: casesMin, part_cases_min: partCasesMin }) {
    const before: Measured = { part: 0, whole: 0, untold: 0, cases: 0 } // reused: one claim at a time
    const added: Measured = { part: 0, whole: 0, untold: 0, cases: 0 }
    const after: Measured = { part: 0, whole: 0, untold: 0, cases: 0 }
    const where = places[indicator]
    let canRaise = false
    /** How the indicator of the claim's own subject stands with the claim; 'told' where it did before. */
    const standing = (level: IndicatorLevel, view: IndicatorView): Standing => {
      if (view.isOverflowed(level)) return 'overflow'
      const sums = view.monthOf(level) ?? nothing
      const least = level === 0 ? casesMin : partCasesMin!
      const cases = sums[where.cases]! + added.cases
      // A claim whose own share is within the band carries nothing out of it, but may complete the number.
      if (cases < least || (!canRaise && cases > least)) return 'inside'
      measure(before, where, sums)
      after.part = before.part + added.part
      after.whole = before.whole + added.whole
      after.untold = before.untold + added.untold
      after.cases = cases
      const now = standingOf(after, limit, least)
      return now === 'outside' && standingOf(before, limit, least) === 'outside' ? 'inside' : now
    }
    return ({ visit }, _matches, { institution: view }) => {
      if (view.completeFromDay > view.monthDay) return { result: 'unknown', missing: view.incompleteReason }
      measure(added, where, view.own())
      if (added.cases === 0) return CLEAR // no discharge: the rate is what it was
      canRaise = (added.part + added.untold) * 100 > added.whole * limit
      let hits: Hit[] | undefined
      let missing: string | undefined
      for (const level of partCasesMin === undefined ? onlyWhole : everyLevel) {
        if (level === 1 && visit.department === '' || level === 2 && visit.doctor === '') continue
        const stands = standing(level, view)
        const day = view.monthDay
        if (stands === 'outside') (hits ??= []).push(hitOf(after, { level, visit, limit, day }))
        else if (stands === 'overflow') missing ??= 'history-overflow'
        else if (stands === 'untold') missing ??= untoldFields[indicator]
      }
      return outcomeOf(hits, missing)
    }
  },
})

type Standing = 'inside' | 'outside' | 'untold' | 'overflow'

const everyLevel: readonly IndicatorLevel[] = [0, 1, 2]
const onlyWhole: readonly IndicatorLevel[] = [0]
const nothing = new Float64Array(SUMS)

/** Of few cases nothing is said. Untold: within only if what nobody told does not belong to the part. */
function standingOf({ part, whole, untold, cases }: Measured, limit: number, casesMin: number): Standing {
  if (cases < casesMin) return 'inside'
  if (part * 100 > whole * limit) return 'outside'
  return (part + untold) * 100 > whole * limit ? 'untold' : 'inside'
}

function hitOf(
  { part, whole, cases }: Measured,
  { level, visit, limit, day }: { level: IndicatorLevel, visit: Visit, limit: number, day: number },
): Hit {
  const subject = level === 0 ? '本机构' : level === 1 ? `科室${visit.department}` : `医师${visit.doctor}`
  const percent = (Math.floor(part * 1_000 / whole) / 10).toFixed(1)
  return {
    violating: [],
    riskFen: 0,
    facts: { subject, percent, limit, cases, month: dayText(day).slice(0, 7) },
  }
}
