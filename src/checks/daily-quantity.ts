// Units of one knowledge point on one calendar day, over all of the patient's settlements. Items priced
// by the hour have at most 24 a day.
import { Type } from '@sinclair/typebox'
import { dayText } from '../claim/day.js'
import { QUANTITY_SCALE } from '../claim/claim.js'
import { defineCheck } from './check.js'
import { judgeWindows } from './window-judge.js'

/** Windows of one day; at risk and unknown as judgeWindows has it. */
export const dailyQuantity = defineCheck({
  kind: 'daily-quantity',
  meta: {
    summary: '同一项目在一个自然日内的数量合计（跨机构、跨结算）不得超过知识表的单日上限。',
    facts: ['name', 'total', 'limit', 'unit', 'date', 'days', 'settlements'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'reduce-quantity' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    units_max: { type: 'quantity', description: '单日上限数量' },
    unit: { type: 'text', description: '计价单位，如 日、小时' },
  },
  prepare(_params, table) {
    const limits = table!.numbers('units_max')
    return judgeWindows(table!, {
      lengthOf: () => 1,
      limitOf: (row) => limits[row]!,
      factsOf: ({ row, worst, charged, settlements }) => ({
        name: table!.text('name', row),
        total: worst.total / QUANTITY_SCALE,
        limit: limits[row]! / QUANTITY_SCALE,
        unit: table!.text('unit', row),
        date: dayText(worst.first),
        days: charged,
        settlements,
      }),
    })
  },
})
