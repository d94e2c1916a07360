// Units of one knowledge point in any window of so many days that holds a day of the claim's own.
import { Type } from '@sinclair/typebox'
import { dayText } from '../claim/day.js'
import { QUANTITY_SCALE } from '../claim/claim.js'
import { defineCheck } from './check.js'
import { judgeWindows } from './window-judge.js'

/** At risk and unknown as judgeWindows has it; the window is the row's. */
export const periodicFrequency = defineCheck({
  kind: 'periodic-frequency',
  meta: {
    summary: '同一项目在任意连续若干天内的数量合计（跨机构、跨结算）不得超过知识表的上限。',
    facts: ['name', 'total', 'limit', 'days', 'from', 'to', 'settlements'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'reduce-quantity' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    units_max: { type: 'quantity', description: '周期内上限数量' },
    window_days: {
      type: 'integer', minimum: 2, maximum: 366, description: '周期天数，首尾两日都算在内',
    },
  },
  prepare(_params, table) {
    const limits = table!.numbers('units_max')
    const lengths = table!.numbers('window_days')
    return judgeWindows(table!, {
      lengthOf: (row) => lengths[row]!,
      limitOf: (row) => limits[row]!,
      factsOf: ({ row, worst, settlements }) => ({
        name: table!.text('name', row),
        total: worst.total / QUANTITY_SCALE,
        limit: limits[row]! / QUANTITY_SCALE,
        days: lengths[row]!,
        from: dayText(worst.first),
        to: dayText(worst.last),
        settlements,
      }),
    })
  },
})
