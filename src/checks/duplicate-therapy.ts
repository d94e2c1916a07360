// Two different drugs of one pharmacological group in use at one time: in one claim, or one of them
// from a settlement a few days before. Packages and makers of one drug are one drug.
import { Type } from '@sinclair/typebox'
import { ActiveLines, pairFacts, pastDaysParam } from './active-lines.js'
import { defineCheck } from './check.js'
import { sameGroups } from './conflict-groups.js'

/**
 * At risk is what was given later, where it is the claim's own. Param in days; unknown as ActiveLines
 * has it.
 */
export const duplicateTherapy = defineCheck({
  kind: 'duplicate-therapy',
  meta: {
    summary: '同一药理组的两种不同药品，使用的日子不得重叠（含近几日其他结算）。',
    facts: [...pairFacts, 'group'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'keep-one-of' }],
  },
  params: Type.Object({ past_days: pastDaysParam }, { additionalProperties: false }),
  columns: {
    group: { type: 'text', description: '药理组' },
    substance: { type: 'text', description: '成分：同一成分的不同包装、剂型、厂家算一种' },
  },

  prepare({ past_days: pastDays }, table) {
    const lines = new ActiveLines({
      table: table!,
      conflicts: sameGroups(table!),
      pastDays,
      facts: (_early, late) => ({ group: table!.text('group', late) }),
    })
    return (claim, matches, { patient }) => lines.judge(claim, matches, patient)
  },
})
