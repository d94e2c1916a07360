// A procedure that can be done on one sex alone, in a claim of the other. Codes are prefixes of
// ICD-9-CM-3.
import { Type } from '@sinclair/typebox'
import { defineCheck } from './check.js'
import { codeFacts, judgeCodes, sexColumn } from './sex.js'

/** No money at risk. Unknown without patient.sex. */
export const procedureSex = defineCheck({
  kind: 'procedure-sex',
  meta: {
    summary: '手术操作编码应与参保人的性别相符。',
    facts: codeFacts,
    wakes: 'procedure',
    owner: 'patient',
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: { sex: sexColumn },

  prepare(_params, table) {
    return judgeCodes(table!, ({ visit }, index) => visit.procedures[index])
  },
})
