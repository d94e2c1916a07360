// An antibiotic of a grade above what its doctor may prescribe; one of the special grade in an
// outpatient clinic, whoever prescribes it. The doctor's rights stand in the claim or the registry.
import { Type } from '@sinclair/typebox'
import type { Claim, Item } from '../claim/claim.js'
import type { RegistryView } from '../history/view.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit } from './check.js'
import { CodeClasses } from './code-classes.js'
import { chargesOf, outcomeOf } from './lines.js'
import { registeredOn } from './registered-state.js'

const rights = ['antibiotic-unrestricted', 'antibiotic-restricted', 'antibiotic-special'] as const
const rightNames = ['无抗菌药物处方权', '非限制使用级', '限制使用级', '特殊使用级'] as const
const clinic = '门诊不得使用'

/**
 * At risk are the lines. Unknown without items.doctor or the doctor's rights; in an emergency without
 * items.days_of_supply.
 */
export const antibioticRight = defineCheck({
  kind: 'antibiotic-right',
  meta: {
    summary: '抗菌药物的级别高于开方医师的处方权，或门诊使用了特殊使用级；权限来自结算单或医师备案。',
    facts: ['grade', 'right', 'doctor'],
    wakes: 'claim',
    owner: 'registry',
    remedies: [{ kind: 'drop-lines' }],
  },
  params: Type.Object({
    outpatient_grade_max: Type.Integer({
      minimum: 1, maximum: 3, description: '门诊最高可用的级别：1非限制 2限制 3特殊',
    }),
    emergency_days_max: Type.Integer({
      minimum: 0, maximum: 30, description: '急诊越级使用不超过几天用量',
    }),
  }, { additionalProperties: false }),
  columns: {
    starts: { type: 'text', description: '药品编码的开头，以 | 分隔' },
    grade: { type: 'integer', minimum: 1, maximum: 3, description: '1非限制 2限制 3特殊使用级' },
  },

  prepare({ outpatient_grade_max: gradeMax, emergency_days_max: daysMax }, table) {
    const classes = new CodeClasses(table!, 'starts')
    const grades = table!.numbers('grade')
    return (claim, _matches, { registry }) => {
      let hits: (Hit & { violating: { item: number, riskFen: number }[] })[] | undefined
      let missing: string | undefined
      let isCharged: ((item: Item) => boolean) | undefined
      for (let index = 0; index < claim.items.length; index++) {
        const item = claim.items[index]!
        const row = classes.rowOf(item.code, claim.visit.institution, item.serviceDay)
        if (row < 0) continue
        const grade = grades[row]!
        const isOut = claim.visit.setting === 'outpatient' && grade > gradeMax
        const right = isOut ? 0 : rightOf(claim, item, registry)
        if (typeof right === 'number' && right >= grade) continue
        isCharged ??= chargesOf(claim)
        if (!isCharged(item)) continue
        const lack = isOut || claim.visit.setting !== 'emergency'
          ? right
          : emergencyOf(item, { right, daysMax })
        if (lack === undefined) continue
        if (typeof lack === 'string') {
          missing ??= lack
          continue
        }
        const doctor = doctorOf(claim, item)
        const told = isOut ? clinic : rightNames[lack]!
        hits ??= []
        let hit = hits.find(({ facts, row: of }) => of === row && facts['doctor'] === doctor)
        if (hit === undefined) {
          hit = { violating: [], row, facts: { grade: rightNames[grade]!, right: told, doctor } }
          hits.push(hit)
        }
        hit.violating.push({ item: index, riskFen: item.amountFen })
      }
      return hits === undefined && missing === undefined ? CLEAR : outcomeOf(hits, missing)
    }
  },
})

function doctorOf({ visit }: Claim, { doctor }: Item): string {
  return doctor === '' ? visit.doctor : doctor
}

/** The highest grade that the doctor may prescribe, 0 none; or what is missing. */
function rightOf(claim: Claim, item: Item, registry: RegistryView): number | string {
  const { visit } = claim
  const key = doctorOf(claim, item)
  if (key === '') return 'items.doctor'
  const words = key === visit.doctor && visit.doctorRights !== undefined
    ? visit.doctorRights
    : registeredOn(registry, 'doctor', { key, day: item.serviceDay })
  if (typeof words === 'string') return words
  return rights.findLastIndex((right) => words.includes(right)) + 1
}

/** In an emergency any doctor may go above it for a day. Undefined: that is all it was. */
function emergencyOf(
  { daysOfSupply }: Item, { right, daysMax }: { right: number | string, daysMax: number },
): number | string | undefined {
  if (daysOfSupply === undefined) return 'items.days_of_supply'
  return daysOfSupply <= daysMax ? undefined : right
}
