// A drug that pregnant or breast-feeding women may not have. Who is either is told by the state that
// the hospital registered, or by an obstetric diagnosis; of a woman of childbearing age of whom
// neither is told, nobody knows.
import { Type } from '@sinclair/typebox'
import type { Claim } from '../claim/claim.js'
import { ageOn } from './age.js'
import { defineCheck } from './check.js'
import { startsWithAny } from './code-lists.js'
import { westernDiagnosis } from './diagnosis.js'
import { judgeLines } from './lines.js'

const states = ['妊娠期', '哺乳期', '妊娠期和哺乳期'] as const
const [PREGNANT, LACTATING] = [0, 1] // places in `states`; the third is both
const YEARS = 2 // place of 岁 among the units of age
const starts = (description: string) => Type.Array(
  Type.String({ pattern: '^[A-Z][0-9.x]{1,7}$' }), { minItems: 1, maxItems: 100, description },
)
const years = (description: string) => Type.Integer({ minimum: 0, maximum: 150, description })

/**
 * Ages in years. Unknown without patient.sex, patient.is_pregnant or patient.is_lactating, whichever
 * decides.
 */
export const pregnancyLimit = defineCheck({
  kind: 'pregnancy-limit',
  meta: {
    summary: '表中药品不得用于妊娠期或哺乳期患者；登记状态与产科诊断都没有的育龄女性不能判断。',
    facts: ['state', 'level'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'drop-lines' }],
  },
  params: Type.Object({
    age_min: years('育龄起（岁，含）：更小的女性没有登记也视为不在妊娠、哺乳期'),
    age_max: years('育龄止（岁，含）'),
    pregnancy_diagnoses: starts('说明正在妊娠的诊断编码开头'),
    lactation_diagnoses: starts('说明正在哺乳的诊断编码开头'),
  }, { additionalProperties: false }),
  columns: {
    state: { type: 'one-of', values: states, description: '何时不得使用' },
    level: { type: 'one-of', values: ['禁用', '慎用'], description: '说明书的程度' },
  },

  prepare(params, table) {
    const limits = table!.numbers('state')
    const levels = table!.numbers('level')
    const isPregnant = (claim: Claim) =>
      has(claim, params.pregnancy_diagnoses) || claim.patient.isPregnant
    const isLactating = (claim: Claim) =>
      has(claim, params.lactation_diagnoses) || claim.patient.isLactating

    function isOfAge({ patient: { birthDay }, visit }: Claim): boolean {
      if (birthDay === undefined) return true
      const age = ageOn(YEARS, birthDay, visit.startDay)
      return age >= params.age_min && age <= params.age_max
    }

    return judgeLines({
      breaks(claim, _item, row) {
        const { sex } = claim.patient
        if (sex === 'male') return false
        const limit = limits[row]!
        const pregnant = limit === LACTATING ? false : isPregnant(claim)
        const lactating = limit === PREGNANT ? false : isLactating(claim)
        if (pregnant === true || lactating === true) return true
        if ((pregnant === false && lactating === false) || !isOfAge(claim)) return false
        if (sex === 'unknown') return 'patient.sex'
        return pregnant === undefined ? 'patient.is_pregnant' : 'patient.is_lactating'
      },
      facts(claim, _item, row) {
        const isOfPregnancy = limits[row] !== LACTATING && isPregnant(claim) === true
        return {
          state: states[isOfPregnancy ? PREGNANT : LACTATING]!,
          level: levels[row] === 0 ? '禁用' : '慎用',
        }
      },
    })
  },
})

function has(claim: Claim, prefixes: readonly string[]): boolean {
  for (let index = 0; index < claim.visit.diagnoses.length; index++) {
    const diagnosis = westernDiagnosis(claim, index)
    if (diagnosis !== undefined && startsWithAny(diagnosis.code, prefixes)) return true
  }
  return false
}
