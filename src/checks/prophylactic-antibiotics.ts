// Antibiotics given to prevent infection around a clean operation (incision class I): where none is
// needed, too long before, or too long after. A claim with an infection, or with an operation of
// another incision class, treats and does not prevent: not judged.
import { Type } from '@sinclair/typebox'
import type { Claim, Item, Procedure } from '../claim/claim.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit, Matches, Outcome } from './check.js'
import { startsWithAny } from './code-lists.js'
import { westernDiagnosis } from './diagnosis.js'
import { chargesOf, outcomeOf } from './lines.js'
import { undated } from './window-judge.js'

const hoursPerDay = 24
const NOT_NEEDED = 1 // place in `indicated`
const starts = (description: string) => Type.Array(
  Type.String({ pattern: '^[A-Z][0-9A-Z.x]{0,19}$' }), { minItems: 1, maxItems: 200, description },
)

/** At risk are the lines. Unknown without an operation's incision class or date, or a drug line's date. */
export const prophylacticAntibiotics = defineCheck({
  kind: 'prophylactic-antibiotics',
  meta: {
    summary: 'Ⅰ类切口手术预防用抗菌药物：是否需要、开始与停止的日子。',
    facts: ['procedure', 'problem', 'limit', 'from', 'to'],
    wakes: 'procedure',
    owner: 'patient',
    remedies: [{ kind: 'drop-lines' }],
  },
  params: Type.Object({
    antibiotics: starts('抗菌药物的国家编码开头，如 XJ01 全身用抗菌药'),
    infections: starts('诊断编码以这些开头的是治疗用药，不判断'),
    days_before: Type.Integer({
      minimum: 0, maximum: 30, description: '手术日之前最多几天可以开始（跨零点的手术在前一日给药）',
    }),
  }, { additionalProperties: false }),
  columns: {
    indicated: { type: 'one-of', values: ['可预防', '一般不预防'], description: '指导原则的意见' },
    hours_max: { type: 'integer', minimum: 1, maximum: 240, description: '预防用药最长小时数' },
  },

  prepare(params, table) {
    const indicated = table!.numbers('indicated')
    const hours = table!.numbers('hours_max')
    const knowledge: Knowledge = {
      antibiotics: params.antibiotics,
      daysBefore: params.days_before,
      isNeeded: (row) => indicated[row] !== NOT_NEEDED,
      hoursOf: (row) => hours[row]!,
      nameOf: (row) => table!.text('name', row),
    }
    return (claim, matches) => {
      if (!hasAntibiotic(claim, params.antibiotics) || isTreated(claim, params.infections)) {
        return CLEAR
      }
      return judge(claim, matches, knowledge)
    }
  },
})

interface Knowledge {
  readonly antibiotics: readonly string[]
  readonly daysBefore: number
  isNeeded(row: number): boolean
  hoursOf(row: number): number
  nameOf(row: number): string
}

function isAntibiotic({ category, code, quantity }: Item, antibiotics: readonly string[]): boolean {
  return category === 'drug' && quantity > 0 && startsWithAny(code, antibiotics)
}

function hasAntibiotic({ items }: Claim, antibiotics: readonly string[]): boolean {
  for (let index = 0; index < items.length; index++) {
    if (isAntibiotic(items[index]!, antibiotics)) return true
  }
  return false
}

function isTreated(claim: Claim, infections: readonly string[]): boolean {
  for (let index = 0; index < claim.visit.diagnoses.length; index++) {
    const diagnosis = westernDiagnosis(claim, index)
    if (diagnosis !== undefined && startsWithAny(diagnosis.code, infections)) return true
  }
  return false
}

const isClean = ({ incisionClass }: Procedure): boolean =>
  incisionClass === 'I' || incisionClass === 'Ⅰ' || incisionClass === '1'
/** Not an operation: an intervention without an incision. */
const isNone = ({ incisionClass }: Procedure): boolean => incisionClass === '0'

function judge(claim: Claim, matches: Matches, knowledge: Knowledge): Outcome {
  const { procedures } = claim.visit
  if (procedures.some((one) => one.incisionClass !== '' && !isClean(one) && !isNone(one))) return CLEAR
  let missing: string | undefined
  for (let match = 0; match < matches.count; match++) {
    const procedure = procedures[matches.subjects[match]!]!
    if (procedure.incisionClass === '') missing ??= 'visit.procedures.incision_class'
    else if (isClean(procedure) && procedure.day === undefined) missing ??= 'visit.procedures.date'
  }
  const cleanDays = procedures.filter((one) => isClean(one) && one.day !== undefined)
    .map(({ day }) => day!)
  const hits: Hit[] = []
  for (let match = 0; match < matches.count; match++) {
    const procedure = procedures[matches.subjects[match]!]!
    if (!isClean(procedure) || procedure.day === undefined) continue
    // Of several operations the first bounds what comes too early, the last what goes on too long.
    const days = { first: Math.min(...cleanDays), last: Math.max(...cleanDays) }
    const found = judgeOne({ claim, procedure, row: matches.rows[match]!, days }, knowledge)
    if (typeof found === 'string') missing ??= found
    else if (found !== undefined) hits.push(found)
    if (hits.length > 0) break // one operation tells it; the others had the same drugs
  }
  return outcomeOf(hits, missing)
}

interface OperationAt {
  readonly claim: Claim
  readonly procedure: Procedure
  readonly row: number
  readonly days: { readonly first: number, readonly last: number }
}

function judgeOne(
  { claim, procedure, row, days }: OperationAt, knowledge: Knowledge,
): Hit | string | undefined {
  const isCharged = chargesOf(claim)
  const limit = knowledge.hoursOf(row)
  const earliest = days.first - knowledge.daysBefore
  const latest = days.last + Math.ceil(limit / hoursPerDay)
  const violating: { item: number, riskFen: number }[] = []
  let missing: string | undefined
  let problem = ''
  let from = Infinity
  let to = -Infinity
  for (let index = 0; index < claim.items.length; index++) {
    const item = claim.items[index]!
    if (!isAntibiotic(item, knowledge.antibiotics) || !isCharged(item)) continue
    if (!item.isDated) missing = undated
    const end = item.serviceDay + Math.max(1, item.daysOfSupply ?? 1) - 1
    const wrong = !knowledge.isNeeded(row) ? '该手术一般不需预防用抗菌药物'
      : !item.isDated ? '' : item.serviceDay < earliest ? '术前用药过早'
      : end > latest ? `术后用药超过${limit}小时` : ''
    if (wrong === '') continue
    problem ||= wrong
    from = Math.min(from, item.serviceDay - days.first)
    to = Math.max(to, end - days.last)
    violating.push({ item: index, riskFen: Math.max(0, item.amountFen) })
  }
  if (violating.length === 0) return missing
  const name = procedure.name === '' ? knowledge.nameOf(row) : procedure.name
  return { violating, row, facts: { procedure: name, problem, limit, from, to } }
}
