// Units of one knowledge point in one clock hour. A line of more units than an hour can hold sums up
// many hours under one time of day: it says nothing about that hour and is left to the daily limit.
import { Type } from '@sinclair/typebox'
import { minuteText } from '../claim/day.js'
import { QUANTITY_SCALE } from '../claim/claim.js'
import { defineCheck } from './check.js'
import type { Scale } from './line-groups.js'
import { judgeWindows } from './window-judge.js'

const MINUTES = 60

function hourOf(minute: number | undefined): number | undefined {
  return minute === undefined ? undefined : Math.floor(minute / MINUTES)
}

/** Windows of one hour; a line without a time of day makes it unknown. */
export const hourlyQuantity = defineCheck({
  kind: 'hourly-quantity',
  meta: {
    summary: '按小时计价的项目，逐小时记账时同一钟点内的数量合计不得超过知识表的上限。',
    facts: ['name', 'total', 'limit', 'hour', 'hours', 'settlements'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'reduce-quantity' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    units_max: { type: 'quantity', description: '每小时上限数量' },
  },
  prepare(_params, table) {
    const limits = table!.numbers('units_max')
    const byHour: Scale = {
      ofItem: ({ serviceMinute }) => hourOf(serviceMinute),
      ofLine: (view, line) => hourOf(view.lineMinute(line)),
      counts: (row, quantity) => quantity <= limits[row]!,
    }
    return judgeWindows(table!, {
      scale: byHour,
      lengthOf: () => 1,
      limitOf: (row) => limits[row]!,
      factsOf: ({ row, worst, charged, settlements }) => ({
        name: table!.text('name', row),
        total: worst.total / QUANTITY_SCALE,
        limit: limits[row]! / QUANTITY_SCALE,
        hour: minuteText(worst.first * MINUTES),
        hours: charged,
        settlements,
      }),
    })
  },
})
