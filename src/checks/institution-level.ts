// An item that institutions of a level and above may charge to the fund, charged by a lower one.
// Level 0 is a clinic or a pharmacy; a level that nobody told is unknown.
import { Type } from '@sinclair/typebox'
import { defineCheck } from './check.js'
import { isPaidByFund, judgeLines } from './lines.js'

const levels = ['一级以下', '一级', '二级', '三级'] as const

/** At risk are the lines. Unknown without visit.institution.level. */
export const institutionLevel = defineCheck({
  kind: 'institution-level',
  meta: {
    summary: '知识表中的项目只有达到规定等级的机构才能由基金支付。',
    facts: ['level', 'limit'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'self-pay' }, { kind: 'drop-lines' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    min_level: { type: 'integer', minimum: 1, maximum: 3, description: '最低机构等级' },
  },

  prepare(_params, table) {
    const mins = table!.numbers('min_level')
    return judgeLines({
      breaks({ visit: { institution: { level } } }, item, row) {
        if (!isPaidByFund(item)) return false
        return level === undefined ? 'visit.institution.level' : level < mins[row]!
      },
      facts: ({ visit }, _item, row) =>
        ({ level: levels[visit.institution.level!]!, limit: levels[mins[row]!]! }),
    })
  },
})
