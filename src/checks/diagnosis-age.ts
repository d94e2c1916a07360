// A diagnosis that an age rules out. Codes are prefixes of ICD-10; a visit that touches the range
// with any of its days fits, for a diagnosis may have been made on that day.
import { Type } from '@sinclair/typebox'
import { AgeRanges, ageColumns, ageFacts } from './age.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit } from './check.js'
import { westernDiagnosis } from './diagnosis.js'

/** No money at risk. Unknown without patient.birth_date. */
export const diagnosisAge = defineCheck({
  kind: 'diagnosis-age',
  meta: {
    summary: '诊断编码应与参保人的年龄相符。',
    facts: [...ageFacts, 'code', 'name'],
    wakes: 'diagnosis',
    owner: 'patient',
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: ageColumns,

  prepare(_params, table) {
    const ranges = new AgeRanges(table!)
    return (claim, matches) => {
      const { birthDay } = claim.patient
      const { startDay, endDay = claim.settledDay } = claim.visit
      const hits: Hit[] = []
      for (let match = 0; match < matches.count; match++) {
        const row = matches.rows[match]!
        const diagnosis = westernDiagnosis(claim, matches.subjects[match]!)
        if (diagnosis === undefined) continue
        if (birthDay === undefined) return { result: 'unknown', missing: 'patient.birth_date' }
        const atStart = ranges.age(row, birthDay, startDay)
        const isTooYoung = ranges.isBelow(row, ranges.age(row, birthDay, endDay))
        if (!isTooYoung && !ranges.isAbove(row, atStart)) continue
        const name = diagnosis.name === '' ? table!.text('name', row) : diagnosis.name
        const facts = { ...ranges.facts(row, atStart), code: diagnosis.code, name }
        hits.push({ violating: [], row, facts })
      }
      return hits.length === 0 ? CLEAR : { result: 'hit', hits }
    }
  },
})
