// Two different drugs of one pharmacological group in use at one time: in one claim, or one of them
// from a settlement a few days before. Packages and makers of one drug are one drug.
import { Type } from '@sinclair/typebox'
import { dayText } from '../claim/day.js'
import { ActiveLines } from './active-lines.js'
import { defineCheck } from './check.js'
import type { Table } from './check.js'
import { settlementCount } from './past-lines.js'

export const duplicateTherapy = defineCheck({
  kind: 'duplicate-therapy',
  meta: {
    summary: '同一药理组的两种不同药品，使用的日子不得重叠（含近几日其他结算）。',
    facts: ['first', 'second', 'group', 'date', 'settlements'],
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
    group: { type: 'text', description: '药理组' },
    substance: { type: 'text', description: '成分：同一成分的不同包装、剂型、厂家算一种' },
  },

  prepare({ past_days: pastDays }, table) {
    const groups = numbered(table!, ['group'])
    const kinds = numbered(table!, ['group', 'substance'])
    const groupOfKind = new Int32Array(table!.rowCount)
    for (const [row, kind] of kinds.entries()) groupOfKind[kind] = groups[row]!
    const lines = new ActiveLines({
      table: table!,
      kindOf: kinds,
      isConflict: (a, b) => a !== b && groupOfKind[a] === groupOfKind[b],
      pastDays,
      facts: (early, late, { past }) => ({
        first: table!.text('name', early.row),
        second: table!.text('name', late.row),
        group: table!.text('group', late.row),
        date: dayText(Math.max(early.from, late.from)),
        settlements: settlementCount(past!),
      }),
    })
    return (claim, matches, { patient }) => lines.judge(claim, matches, patient)
  },
})

/** Rows with the same texts in these columns get the same number. */
function numbered(table: Table, columns: readonly string[]): Int32Array {
  const numbers = new Map<string, number>()
  return Int32Array.from({ length: table.rowCount }, (_, row) => {
    const text = columns.map((column) => table.text(column, row)).join('\n')
    const number = numbers.get(text) ?? numbers.size
    numbers.set(text, number)
    return number
  })
}
