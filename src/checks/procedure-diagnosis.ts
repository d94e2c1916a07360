// A main procedure that does not belong to the main diagnosis. The table is an allow-list: only the
// procedures it names are judged, and a procedure that several rows name may follow any of them.
import { Type } from '@sinclair/typebox'
import type { Claim, Diagnosis, Procedure } from '../claim/claim.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit, Matches, Outcome } from './check.js'
import { listsOf, startsWithAny } from './code-lists.js'
import { westernDiagnosis } from './diagnosis.js'

/** Unknown without a diagnosis. */
export const procedureDiagnosis = defineCheck({
  kind: 'procedure-diagnosis',
  meta: {
    summary: '表中的主要手术操作，主要诊断应在它的允许范围内。',
    facts: ['procedure', 'procedure_name', 'diagnosis', 'diagnosis_name'],
    wakes: 'procedure',
    owner: 'patient',
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    diagnoses: { type: 'text', description: '允许的主要诊断，ICD-10编码开头，多个用 | 隔开' },
  },

  prepare(_params, table) {
    const allowed = listsOf(table!, 'diagnoses')
    return (claim, matches): Outcome => {
      const { procedures } = claim.visit
      const subject = mainProcedure(procedures)
      const first = matchOf(matches, subject, 0)
      if (first < 0) return CLEAR
      const diagnosis = mainDiagnosis(claim)
      if (diagnosis === undefined) return { result: 'unknown', missing: 'visit.diagnoses' }
      for (let match = first; match >= 0; match = matchOf(matches, subject, match + 1)) {
        if (startsWithAny(diagnosis.code, allowed[matches.rows[match]!]!)) return CLEAR
      }
      const { code, name } = procedures[subject]!
      const row = matches.rows[first]!
      const hit: Hit = {
        violating: [],
        row,
        facts: {
          procedure: code,
          procedure_name: name === '' ? table!.text('name', row) : name,
          diagnosis: diagnosis.code,
          diagnosis_name: diagnosis.name,
        },
      }
      return { result: 'hit', hits: [hit] }
    }
  },
})

/** The one marked as main; a single one needs no mark. -1: nobody can tell, nothing is judged. */
function mainProcedure(procedures: readonly Procedure[]): number {
  if (procedures.length === 1) return 0
  return procedures.findIndex(({ isMain }) => isMain)
}

function matchOf({ count, subjects }: Matches, subject: number, from: number): number {
  for (let match = from; match < count; match++) {
    if (subjects[match] === subject) return match
  }
  return -1
}

/** The one marked as main; a single one needs no mark. */
function mainDiagnosis(claim: Claim): Diagnosis | undefined {
  let only: Diagnosis | undefined
  let count = 0
  for (let index = 0; index < claim.visit.diagnoses.length; index++) {
    const diagnosis = westernDiagnosis(claim, index)
    if (diagnosis === undefined) continue
    if (diagnosis.isMain) return diagnosis
    only = diagnosis
    count++
  }
  return count === 1 ? only : undefined
}
