// Two drugs in use at one time that harm each other: in one claim, or one of them from a settlement
// a few days before. The table names groups of drugs and what each group conflicts with.
import { Type } from '@sinclair/typebox'
import { dayText } from '../claim/day.js'
import { ActiveLines } from './active-lines.js'
import { defineCheck } from './check.js'
import { conflictGroups } from './conflict-groups.js'
import { settlementCount } from './past-lines.js'

export const drugInteraction = defineCheck({
  kind: 'drug-interaction',
  meta: {
    summary: '有有害相互作用的两种药品，使用的日子不得重叠（含近几日其他结算）。',
    facts: ['first', 'second', 'effect', 'date', 'settlements'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'keep-one-of' }],
  },
  params: Type.Object({
    past_days: Type.Integer({
      minimum: 1, maximum: 90, description: '以前结算的药品按发药日起用几天计',
    }),
  }, { additionalProperties: false }),
  columns: {
    group: { type: 'text', description: '药品所属的组（成分或类别）' },
    against: { type: 'text', optional: true, description: '不得同用的组，多个用 | 隔开；写一边即可' },
    effect: { type: 'text', optional: true, description: '同用的后果' },
  },

  prepare({ past_days: pastDays }, table) {
    const { groupOf, isConflict } = conflictGroups(table!)
    const effectOf = (row: number) => table!.text('effect', row)
    const lines = new ActiveLines({
      table: table!,
      kindOf: groupOf,
      isConflict,
      pastDays,
      facts: (early, late, { past }) => ({
        first: table!.text('name', early.row),
        second: table!.text('name', late.row),
        effect: effectOf(early.row) || effectOf(late.row),
        date: dayText(Math.max(early.from, late.from)),
        settlements: settlementCount(past!),
      }),
    })
    return (claim, matches, { patient }) => lines.judge(claim, matches, patient)
  },
})
