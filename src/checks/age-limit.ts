// An item for patients of some ages charged to another age, or one forbidden for some ages charged
// to these. The age is that on the day of service.
import { Type } from '@sinclair/typebox'
import type { Claim, Item } from '../claim/claim.js'
import { AgeRanges, ageColumns, ageFacts } from './age.js'
import { defineCheck } from './check.js'
import { isPaidByFund, judgeLines } from './lines.js'

/** At risk are the lines. Unknown without patient.birth_date, or items.service_time where the day decides. */
export const ageLimit = defineCheck({
  kind: 'age-limit',
  meta: {
    summary: '知识表中的项目只准（或不准）用于表中年龄的参保人。',
    facts: ageFacts,
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'self-pay' }, { kind: 'drop-lines' }],
  },
  params: Type.Object({
    mode: Type.Union([Type.Literal('allow'), Type.Literal('forbid')], {
      description: 'allow：只准表中年龄；forbid：表中年龄禁用',
    }),
    only_fund_paid: Type.Boolean({ description: 'true：全自费的明细不算违规（支付限定）' }),
  }, { additionalProperties: false }),
  columns: ageColumns,

  prepare({ mode, only_fund_paid: isFundOnly }, table) {
    const ranges = new AgeRanges(table!)
    const isForbidding = mode === 'forbid'

    function breaksOn(row: number, birthDay: number, day: number): boolean {
      const age = ranges.age(row, birthDay, day)
      const isOutside = ranges.isBelow(row, age) || ranges.isAbove(row, age)
      return isOutside !== isForbidding
    }

    return judgeLines({
      breaks(claim, item, row) {
        if (isFundOnly && !isPaidByFund(item)) return false
        const { birthDay } = claim.patient
        const { first, last } = daysOf(claim, item)
        if (birthDay === undefined || first < birthDay) return 'patient.birth_date'
        const isBroken = breaksOn(row, birthDay, first)
        if (first === last || isBroken === breaksOn(row, birthDay, last)) return isBroken
        return 'items.service_time'
      },
      facts: ({ patient }, { serviceDay }, row) =>
        ranges.facts(row, ranges.age(row, patient.birthDay!, serviceDay)),
    })
  },
})

/** A line without a date may be of any day of the visit. */
function daysOf(
  { visit, settledDay }: Claim, { isDated, serviceDay }: Item,
): { first: number, last: number } {
  return isDated
    ? { first: serviceDay, last: serviceDay }
    : { first: visit.startDay, last: visit.endDay ?? settledDay }
}
