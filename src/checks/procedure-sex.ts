// A procedure that can be done on one sex alone, in a claim of the other. Codes are prefixes of
// ICD-9-CM-3.
import { Type } from '@sinclair/typebox'
import { defineCheck } from './check.js'
import { codeFacts, judgeCodes, sexColumn } from './sex.js'

export const procedureSex = defineCheck({
  kind: 'procedure-sex',
  meta: {
    summary: 'A procedure of one sex may not stand in a claim of the other.',
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
