// A diagnosis that one sex alone can have, in a claim of the other. Codes are prefixes of ICD-10.
import { Type } from '@sinclair/typebox'
import { defineCheck } from './check.js'
import { westernDiagnosis } from './diagnosis.js'
import { codeFacts, judgeCodes, sexColumn } from './sex.js'

/** No money at risk. Unknown without patient.sex. */
export const diagnosisSex = defineCheck({
  kind: 'diagnosis-sex',
  meta: {
    summary: '诊断编码应与参保人的性别相符。',
    facts: codeFacts,
    wakes: 'diagnosis',
    owner: 'patient',
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: { sex: sexColumn },

  prepare(_params, table) {
    return judgeCodes(table!, westernDiagnosis)
  },
})
