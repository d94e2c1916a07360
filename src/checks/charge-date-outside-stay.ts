// Lines of a stay that are dated before the admission or after the discharge. Tests made ahead of a
// planned admission and medicine to take home have tolerances of their own.
import { Type } from '@sinclair/typebox'
import type { Claim, Item } from '../claim/claim.js'
import { dayText } from '../claim/day.js'
import { defineCheck } from './check.js'
import type { Hit } from './check.js'
import { chargesOf, outcomeOf } from './lines.js'

/** med_chrgitm_type: 03 examinations, 04 laboratory. */
const testClasses: readonly string[] = ['03', '04']
const days = (description: string) => Type.Integer({ minimum: 0, maximum: 90, description })

/** Params in days. At risk are the lines; unknown without items.service_time. */
export const chargeDateOutsideStay = defineCheck({
  kind: 'charge-date-outside-stay',
  meta: {
    summary: '住院明细的收费日期应在入院与出院之间，允许前后若干天。',
    facts: ['date', 'start', 'end'],
    wakes: 'claim',
    owner: 'patient',
    remedies: [{ kind: 'drop-lines' }],
  },
  params: Type.Object({
    before_days: days('入院前几天内的费用可以计入'),
    after_days: days('出院后几天内的费用可以计入'),
    tests_before_days: days('入院前几天内的检查、检验可以计入'),
    take_home_after_days: days('出院后几天内的出院带药可以计入'),
  }, { additionalProperties: false }),
  columns: {},

  prepare(params) {
    const { before_days: before, after_days: after } = params
    const { tests_before_days: testsBefore, take_home_after_days: takeHomeAfter } = params

    function isOutside({ visit, settledDay }: Claim, item: Item): boolean {
      const early = visit.startDay - item.serviceDay
      const late = item.serviceDay - (visit.endDay ?? settledDay)
      if (early <= before && late <= after) return false // nearly every line: tolerances only widen
      const isTest = testClasses.includes(item.feeClass)
      return early > (isTest ? Math.max(before, testsBefore) : before)
        || late > (item.isTakeHome ? Math.max(after, takeHomeAfter) : after)
    }

    return (claim) => {
      let outside: number[] | undefined
      let isCharged: ((item: Item) => boolean) | undefined
      let missing: string | undefined
      for (let index = 0; index < claim.items.length; index++) {
        const item = claim.items[index]!
        if (item.isDated && !isOutside(claim, item)) continue
        isCharged ??= chargesOf(claim)
        if (!isCharged(item)) continue
        if (item.isDated) (outside ??= []).push(index)
        else missing = 'items.service_time'
      }
      return outcomeOf(outside === undefined ? [] : [hitOf(claim, outside)], missing)
    }
  },
})

function hitOf({ visit, items, settledDay }: Claim, outside: readonly number[]): Hit {
  return {
    violating: outside.map((index) => ({ item: index, riskFen: items[index]!.amountFen })),
    facts: {
      date: dayText(items[outside[0]!]!.serviceDay),
      start: dayText(visit.startDay),
      end: dayText(visit.endDay ?? settledDay),
    },
  }
}
