// Two drugs in use at one time that harm each other: in one claim, or one of them from a settlement
// a few days before. The table names groups of drugs and what each group conflicts with.
import { Type } from '@sinclair/typebox'
import { ActiveLines, pairFacts, pastDaysParam } from './active-lines.js'
import { defineCheck } from './check.js'
import { conflictGroups } from './conflict-groups.js'

/**
 * At risk is what was given later, where it is the claim's own. Param in days; unknown as ActiveLines
 * has it.
 */
export const drugInteraction = defineCheck({
  kind: 'drug-interaction',
  meta: {
    summary: '有有害相互作用的两种药品，使用的日子不得重叠（含近几日其他结算）。',
    facts: [...pairFacts, 'effect'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'keep-one-of' }],
  },
  params: Type.Object({ past_days: pastDaysParam }, { additionalProperties: false }),
  columns: {
    group: { type: 'text', description: '药品所属的组（成分或类别）' },
    against: { type: 'text', optional: true, description: '不得同用的组，多个用 | 隔开；写一边即可' },
    effect: { type: 'text', optional: true, description: '同用的后果' },
  },

  prepare({ past_days: pastDays }, table) {
    const effectOf = (row: number) => table!.text('effect', row)
    const lines = new ActiveLines({
      table: table!,
      conflicts: conflictGroups(table!),
      pastDays,
      facts: (early, late) => ({ effect: effectOf(early) || effectOf(late) }),
    })
    return (claim, matches, { patient }) => lines.judge(claim, matches, patient)
  },
})
