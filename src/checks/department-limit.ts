// An item of some departments, ordered by another. Departments are told by the national dictionary
// (A15 psychiatry, A15.01 below it); a hospital's own numbers prove nothing.
import { Type } from '@sinclair/typebox'
import type { Claim, Item } from '../claim/claim.js'
import { defineCheck } from './check.js'
import { listsOf, startsWithAny } from './code-lists.js'
import { isPaidByFund, judgeLines } from './lines.js'

const national = /^[A-Z]\d{2}(\.\d{2}){0,2}$/

/**
 * At risk are the lines. Unknown (items.department) for a hospital's own numbers, or one told too
 * coarsely.
 */
export const departmentLimit = defineCheck({
  kind: 'department-limit',
  meta: {
    summary: '知识表中的项目只能由列出的科室（国家科室字典）开立。',
    facts: ['department', 'limit'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'self-pay' }, { kind: 'drop-lines' }],
  },
  params: Type.Object({
    only_fund_paid: Type.Boolean({ description: 'true：全自费的明细不算违规（支付限定）' }),
  }, { additionalProperties: false }),
  columns: {
    departments: { type: 'text', description: '科室代码（国家科室字典），以 | 分隔，按开头匹配' },
    departments_name: { type: 'text', description: '这些科室的名称' },
  },

  prepare({ only_fund_paid: isFundOnly }, table) {
    const allowed = listsOf(table!, 'departments')
    return judgeLines({
      breaks(claim, item, row) {
        if (isFundOnly && !isPaidByFund(item)) return false
        const department = departmentOf(claim, item)
        if (!national.test(department)) return 'items.department'
        if (startsWithAny(department, allowed[row]!)) return false
        // A department told too coarsely (A03 where A03.06 is wanted) may be the right one.
        return allowed[row]!.some((code) => code.startsWith(department)) ? 'items.department' : true
      },
      facts: (claim, item, row) => ({
        department: departmentOf(claim, item), limit: table!.text('departments_name', row),
      }),
    })
  },
})

/** Who ordered the line; a line that does not say was ordered where the patient is. */
function departmentOf({ visit }: Claim, { department }: Item): string {
  return department === '' ? visit.department : department
}
