// A short stay without an operation that was mostly tests and hardly treatment: it may have been no
// reason to admit. Shares are told by fee class; lines without one can leave it open.
import { Type } from '@sinclair/typebox'
import type { Claim } from '../claim/claim.js'
import { CLEAR, defineCheck } from './check.js'
import { startsWithAny } from './code-lists.js'
import { outcomeOf } from './lines.js'
import { isStay } from './stay.js'
import { missingParts } from './visit-parts.js'

/** med_chrgitm_type: 03 examinations, 04 laboratory; 05 treatment, 06 surgery, 09 to 11 drugs. */
const testClasses: readonly string[] = ['03', '04']
const treatmentClasses: readonly string[] = ['05', '06', '09', '10', '11']
const percent = (description: string) => Type.Integer({ minimum: 0, maximum: 100, description })

/**
 * At risk is the claim's total. Unknown without items.fee_class where it decides, or where parts of the
 * stay were settled before.
 */
export const lowStandardAdmission = defineCheck({
  kind: 'low-standard-admission',
  meta: {
    summary: '短期住院、没有手术，费用以检查检验为主而治疗很少。',
    facts: ['days', 'limit', 'tests', 'treatment', 'testsMin', 'treatmentMax'],
    wakes: 'claim',
    owner: 'patient',
  },
  params: Type.Object({
    stay_days_max: Type.Integer({ minimum: 0, maximum: 30, description: '住院天数不超过几天' }),
    tests_percent_min: percent('检查检验费占比不低于百分之几'),
    treatment_percent_max: percent('治疗、手术和药品费占比不超过百分之几'),
    exempt_diagnoses: Type.Array(Type.String({ minLength: 1, maxLength: 20 }), {
      maxItems: 200, description: '主要诊断以这些编码开头的不算',
    }),
  }, { additionalProperties: false }),
  columns: {},

  prepare(params) {
    const { stay_days_max: daysMax, exempt_diagnoses: exempt } = params
    const { tests_percent_min: testsMin, treatment_percent_max: treatmentMax } = params
    return (claim, _matches, { patient: view }) => {
      if (!isStay(claim) || claim.visit.endDay === undefined) return CLEAR
      const { visit } = claim
      const days = visit.endDay! - visit.startDay
      if (days > daysMax || visit.procedures.length > 0 || visit.isTransfer === true) return CLEAR
      if (visit.diagnoses.some(({ code, isMain }) => isMain && startsWithAny(code, exempt))) return CLEAR
      const { total, tests, treatment, untold } = sumsOf(claim)
      if (total <= 0) return CLEAR
      if ((tests + untold) * 100 < testsMin * total || treatment * 100 > treatmentMax * total) return CLEAR
      const isOpen = tests * 100 < testsMin * total || (treatment + untold) * 100 > treatmentMax * total
      const missing = isOpen ? 'items.fee_class' : missingParts(claim, view)
      if (missing !== undefined) return { result: 'unknown', missing }
      return outcomeOf([{
        violating: [],
        riskFen: Math.max(0, claim.payment.totalFen),
        facts: {
          days, limit: daysMax, testsMin, treatmentMax,
          tests: Math.round(tests * 100 / total), treatment: Math.round(treatment * 100 / total),
        },
      }], undefined)
    }
  },
})

/** In fen; refunds are taken off. */
function sumsOf({ items }: Claim) {
  let total = 0
  let tests = 0
  let treatment = 0
  let untold = 0
  for (const { amountFen, feeClass } of items) {
    total += amountFen
    if (testClasses.includes(feeClass)) tests += amountFen
    else if (treatmentClasses.includes(feeClass)) treatment += amountFen
    else if (feeClass === '') untold += amountFen
  }
  return { total, tests, treatment, untold }
}
