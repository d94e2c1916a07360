// An item charged to the fund though no clause of its indications can hold: no listed diagnosis, the wrong
// age, sex, setting or level. A clause that may hold, or a point that nobody mapped, is no proof.
import { Type } from '@sinclair/typebox'
import type { Claim } from '../claim/claim.js'
import { defineCheck } from './check.js'
import { IndicationMap, clauseColumns } from './indication-clauses.js'
import type { Clause } from './indication-clauses.js'
import { isPaidByFund, judgeLines } from './lines.js'

const toldMax = 5

/**
 * At risk are the lines. What makes it unknown is named by the clause's condition, or `indication` for
 * a point that nobody mapped.
 */
export const indicationLimit = defineCheck({
  kind: 'indication-limit',
  meta: {
    summary: '知识表中的药品、项目或耗材，患者的诊断和就诊不符合对应表中任何一条适应症。',
    facts: ['limit', 'diagnoses'],
    wakes: 'item',
    owner: 'patient',
    remedies: [
      { kind: 'add-diagnosis', column: 'diagnoses', fact: 'limit' },
      { kind: 'self-pay' },
      { kind: 'drop-lines' },
    ],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: { limit: { type: 'text', optional: true, description: '限定内容原文' } },
  mapColumns: clauseColumns,

  prepare(_params, table, map) {
    const indications = new IndicationMap(map!)
    const byPoint: (readonly Clause[] | undefined)[] = [] // found when a claim first asks
    return judgeLines({
      breaks(claim, item, row) {
        if (!isPaidByFund(item)) return false
        const clauses = byPoint[table!.pointOf(row)] ??= indications.clausesOf(table!.text('point', row))
        const answer = indications.allows(clauses, claim, item)
        return typeof answer === 'string' ? answer : !answer
      },
      facts: (claim, _item, row) =>
        ({ limit: table!.text('limit', row), diagnoses: diagnosesOf(claim) }),
    })
  },
})

function diagnosesOf({ visit: { diagnoses } }: Claim): string {
  const told = diagnoses.slice(0, toldMax).map(({ code, name }) => `${name}${code}`)
  return told.join('、') + (diagnoses.length > toldMax ? '等' : '')
}
