// Two stays of one patient that cannot both be true: their days overlap. Leaving one institution and
// entering another on the same day is a transfer.
import { Type } from '@sinclair/typebox'
import { dayText } from '../claim/day.js'
import { CLEAR, defineCheck } from './check.js'
import type { PastLine } from './check.js'
import { outcomeOf } from './lines.js'
import { missingFrom } from './past-lines.js'
import { isStay, lastDayOf, pastLastDay, pastWhole } from './stay.js'

interface Other {
  readonly institution: string
  readonly start: number
  readonly end: number
  readonly past: PastLine
}

/** At risk is the claim's total. Unknown where the past is not whole from the admission on. */
export const overlappingStays = defineCheck({
  kind: 'overlapping-stays',
  meta: {
    summary: '同一参保人的两次住院时间重叠（当日转院除外）。',
    facts: ['admission', 'discharge', 'from', 'to', 'institution', 'stays'],
    wakes: 'claim',
    owner: 'patient',
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {},
  prepare() {
    return (claim, _matches, { patient: view }) => {
      if (!isStay(claim)) return CLEAR
      const { startDay, institution, id } = claim.visit
      const endDay = lastDayOf(claim)
      const missing = missingFrom(view, startDay)
      let others: Other[] | undefined
      for (let past = view.first(); past >= 0; past = view.next(past)) {
        if (view.setting(past) !== 'inpatient') continue
        const start = view.startDay(past)
        if (start >= endDay || view.isVisit(past, institution.id, id)) continue
        const end = pastLastDay(view, past)
        if (end <= startDay) continue
        const other = view.settlement(past)
        others ??= []
        others.push({ institution: other.institution, start, end, past: pastWhole(other) })
      }
      if (others === undefined) return outcomeOf(undefined, missing)
      const first = others[0]!
      return outcomeOf([{
        violating: [],
        riskFen: Math.max(0, claim.payment.totalFen),
        past: others.map(({ past }) => past),
        facts: {
          admission: dayText(first.start),
          discharge: dayText(first.end),
          from: dayText(Math.max(startDay, first.start)),
          to: dayText(Math.min(endDay, first.end)),
          institution: first.institution,
          stays: others.length,
        },
      }], missing)
    }
  },
})
