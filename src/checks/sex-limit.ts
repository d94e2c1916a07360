// An item for one sex charged to a patient of the other. Who is exempt (an expert panel's list) is
// a matter of the table; an unknown sex is no proof.
import { Type } from '@sinclair/typebox'
import { defineCheck } from './check.js'
import { judgeLines } from './lines.js'
import { placeOf, sexColumn, sexFacts } from './sex.js'

/** At risk are the lines. Unknown without patient.sex. */
export const sexLimit = defineCheck({
  kind: 'sex-limit',
  meta: {
    summary: '知识表中的项目只能用于一种性别的参保人。',
    facts: ['sex', 'limit'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'drop-lines' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: { sex: sexColumn },

  prepare(_params, table) {
    const limits = table!.numbers('sex')
    return judgeLines({
      breaks({ patient }, _item, row) {
        const place = placeOf(patient.sex)
        return place < 0 ? 'patient.sex' : limits[row] !== place
      },
      facts: ({ patient }) => sexFacts(placeOf(patient.sex)),
    })
  },
})
