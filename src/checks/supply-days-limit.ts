// Days of supply on one outpatient or emergency prescription line against what one prescription may
// give. Needs the claim alone. Which limit holds depends on the visit: emergency, long-term, ordinary.
import { Type } from '@sinclair/typebox'
import type { Claim } from '../claim/claim.js'
import { defineCheck } from './check.js'
import { outcomeOf } from './lines.js'

const days = (description: string) => Type.Integer({ minimum: 1, maximum: 366, description })
const codes = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 20 }), { maxItems: 200, description })

/** Params in days. At risk is the share of the days beyond; unknown without items.days_of_supply. */
export const supplyDaysLimit = defineCheck({
  kind: 'supply-days-limit',
  meta: {
    summary: '一张处方的用药天数不得超过普通、急诊或长期处方各自的上限。',
    facts: ['days', 'limit', 'kind'],
    wakes: 'claim',
    owner: 'patient',
    remedies: [{ kind: 'reduce-days' }],
  },
  params: Type.Object({
    days_max: days('普通处方最多几日用量'),
    emergency_days_max: days('急诊处方最多几日用量'),
    long_days_max: days('慢性病长期处方最多几日用量'),
    long_med_types: codes('这些医疗类别按长期处方，如 14 门诊慢特病'),
    long_diagnoses: codes('诊断以这些编码开头的按长期处方'),
  }, { additionalProperties: false }),
  columns: {},
  prepare(params) {
    const limitOf = (claim: Claim): [limit: number, kind: string] => {
      const { visit, payment } = claim
      if (visit.setting === 'emergency') return [params.emergency_days_max, '急诊处方']
      const isLong = payment.specialDisease !== '' || params.long_med_types.includes(visit.medType)
        || visit.diagnoses.some(({ code }) =>
          params.long_diagnoses.some((start) => code.startsWith(start)))
      return isLong ? [params.long_days_max, '长期处方'] : [params.days_max, '普通处方']
    }
    return (claim) => {
      let limit = 0
      let kind = ''
      let most = 0
      let missing: string | undefined
      let violating: { item: number, riskFen: number }[] | undefined
      for (let index = 0; index < claim.items.length; index++) {
        const { category, quantity, daysOfSupply, amountFen } = claim.items[index]!
        if (category !== 'drug' || quantity <= 0) continue
        if (daysOfSupply === undefined) {
          missing = 'items.days_of_supply'
          continue
        }
        if (limit === 0) [limit, kind] = limitOf(claim)
        if (daysOfSupply <= limit) continue
        most = Math.max(most, daysOfSupply)
        violating ??= []
        violating.push({ item: index, riskFen: beyond(amountFen, daysOfSupply, limit) })
      }
      const facts = { days: most, limit, kind }
      return outcomeOf(violating === undefined ? undefined : [{ violating, facts }], missing)
    }
  },
})

/** The part of the money that pays for the days beyond the limit, downwards. */
function beyond(amountFen: number, supplied: number, limit: number): number {
  const part = BigInt(Math.max(0, amountFen)) * BigInt(Math.round(supplied - limit))
  return Number(part / BigInt(Math.max(1, Math.round(supplied))))
}
