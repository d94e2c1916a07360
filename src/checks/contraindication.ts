// An item given to a patient with a condition that forbids it, as far as the claim's diagnoses tell.
// Severity that no ICD-10 code tells (how severe, how long ago) is a matter of the table's rows.
import { Type } from '@sinclair/typebox'
import type { Claim, Diagnosis } from '../claim/claim.js'
import { defineCheck } from './check.js'
import { listsOf, startsWithAny } from './code-lists.js'
import { westernDiagnosis } from './diagnosis.js'
import { judgeLines } from './lines.js'

/** At risk are the lines. Unknown for a claim without diagnoses. */
export const contraindication = defineCheck({
  kind: 'contraindication',
  meta: {
    summary: '表中的药品或项目不得用于有禁忌诊断的患者。',
    facts: ['condition', 'code', 'diagnosis'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'drop-lines' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    diagnoses: { type: 'text', description: '禁忌诊断的ICD-10编码开头，多个用 | 隔开' },
    condition: { type: 'text', description: '说明书或规范写明的禁忌' },
  },

  prepare(_params, table) {
    const forbidden = listsOf(table!, 'diagnoses')
    return judgeLines({
      breaks(claim, _item, row) {
        if (claim.visit.diagnoses.length === 0) return 'visit.diagnoses'
        return firstOf(claim, forbidden[row]!) !== undefined
      },
      facts(claim, _item, row) {
        const { code, name } = firstOf(claim, forbidden[row]!)!
        return { condition: table!.text('condition', row), code, diagnosis: name }
      },
    })
  },
})

function firstOf(claim: Claim, starts: readonly string[]): Diagnosis | undefined {
  for (let index = 0; index < claim.visit.diagnoses.length; index++) {
    const diagnosis = westernDiagnosis(claim, index)
    if (diagnosis !== undefined && startsWithAny(diagnosis.code, starts)) return diagnosis
  }
  return undefined
}
