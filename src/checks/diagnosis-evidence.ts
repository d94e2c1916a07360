// A coded disease of which the bill shows nothing: none of the tests, drugs or treatments that it
// cannot do without. A sign of up-coding, no proof: the work may have been done elsewhere.
import { Type } from '@sinclair/typebox'
import type { Claim } from '../claim/claim.js'
import type { PatientView } from '../history/view.js'
import { defineCheck } from './check.js'
import type { Hit } from './check.js'
import { listsOf, startsWithAny } from './code-lists.js'
import { westernDiagnosis } from './diagnosis.js'
import { outcomeOf } from './lines.js'
import { missingParts } from './visit-parts.js'

/** Unknown while the visit goes on, where a line has no code, where parts of it were settled before. */
export const diagnosisEvidence = defineCheck({
  kind: 'diagnosis-evidence',
  meta: {
    summary: '已编码的诊断，在费用明细中找不到任何一项与之对应的检查、药品或治疗。',
    facts: ['code', 'name', 'evidence'],
    wakes: 'diagnosis',
    owner: 'patient',
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    evidence: { type: 'text', description: '对应的项目、药品或耗材编码，以 | 分隔，按开头匹配' },
    evidence_name: { type: 'text', description: '它们的名称' },
  },

  prepare(_params, table) {
    const evidence = listsOf(table!, 'evidence')
    return (claim, matches, { patient: view }) => {
      let hits: Hit[] | undefined
      for (let match = 0; match < matches.count; match++) {
        const row = matches.rows[match]!
        const diagnosis = westernDiagnosis(claim, matches.subjects[match]!)
        if (diagnosis === undefined || isShown(claim, evidence[row]!)) continue
        const missing = missingOf(claim, view)
        if (missing !== undefined) return { result: 'unknown', missing }
        hits ??= []
        hits.push({
          violating: [],
          row,
          facts: {
            code: diagnosis.code,
            name: diagnosis.name || table!.text('name', row),
            evidence: table!.text('evidence_name', row),
          },
        })
      }
      return outcomeOf(hits, undefined)
    }
  },
})

function isShown({ items }: Claim, starts: readonly string[]): boolean {
  for (let index = 0; index < items.length; index++) {
    if (items[index]!.quantity > 0 && startsWithAny(items[index]!.code, starts)) return true
  }
  return false
}

/** Where the evidence may still be: days to come, lines that nobody mapped, earlier settlements. */
function missingOf(claim: Claim, view: PatientView): string | undefined {
  if (claim.visit.endDay === undefined) return 'visit.end'
  if (claim.items.some(({ code }) => code === '')) return 'items.code'
  return missingParts(claim, view)
}
