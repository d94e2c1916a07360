// A drug paid under a registered special disease that the disease's catalogue does not have, or a
// benefit used for a disease that the patient is not registered for.
import { Type } from '@sinclair/typebox'
import type { Claim } from '../claim/claim.js'
import { codeHigh, codeLow } from '../claim/code-key.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit, Outcome } from './check.js'
import { listsOf, startsWithAny } from './code-lists.js'
import { chargesOf, isPaidByFund, outcomeOf } from './lines.js'
import { registeredOn } from './registered-state.js'
import { RowsHere } from './rows-here.js'
import { lastDayOf } from './stay.js'

/**
 * At risk are the drugs, or for an unregistered disease what the fund paid. Unknown without
 * payment.special_disease, the registration, or a catalogue of the disease.
 */
export const diseaseCatalogue = defineCheck({
  kind: 'disease-catalogue',
  meta: {
    summary: '门诊慢特病待遇结算了病种目录以外的药品，或参保人没有登记这一病种。',
    facts: ['disease', 'reason'],
    wakes: 'claim',
    owner: 'registry',
    remedies: [{ kind: 'self-pay' }, { kind: 'drop-lines' }],
  },
  params: Type.Object({
    med_types: Type.Array(Type.String({ minLength: 1, maxLength: 6 }), {
      minItems: 1, maxItems: 20, description: '按病种目录支付的医疗类别，按开头匹配',
    }),
    judged_starts: Type.Array(Type.String({ minLength: 1, maxLength: 20 }), {
      minItems: 1, maxItems: 20, description: '只判断编码这样开头的药品',
    }),
  }, { additionalProperties: false }),
  columns: {
    starts: { type: 'text', description: '目录内药品编码的开头，以 | 分隔' },
  },

  prepare({ med_types: medTypes, judged_starts: judged }, table) {
    const lists = listsOf(table!, 'starts')
    const rows = new RowsHere(table!)
    return (claim, _matches, { registry }) => {
      const { payment: { specialDisease: disease }, visit, patient } = claim
      if (!startsWithAny(visit.medType, medTypes)) return CLEAR
      if (disease === '') return noDisease
      const day = lastDayOf(claim)
      const registered = registeredOn(registry, 'benefit', { key: patient.key, day })
      const isOther = typeof registered !== 'string' && !registered.includes(disease)
      const missing = typeof registered === 'string' ? registered : undefined
      const row = rows.rowOf(codeLow(disease), codeHigh(disease), visit.institution, day)
      const outside = row < 0 ? undefined : outsideOf(claim, { judged, list: lists[row]! })
      const hits: Hit[] = []
      const name = row < 0 ? disease : table!.text('name', row)
      if (isOther) {
        const riskFen = claim.payment.fundFen ?? claim.payment.totalFen
        const facts = { disease: name, reason: '未登记该病种' }
        hits.push({ violating: [], riskFen: Math.max(0, riskFen), facts })
      }
      if (outside !== undefined && outside.length > 0) {
        hits.push({ violating: outside, row, facts: { disease: name, reason: '药品不在该病种目录内' } })
      }
      return outcomeOf(hits, missing ?? (row < 0 ? 'table.disease' : undefined))
    }
  },
})

const noDisease: Outcome = Object.freeze({ result: 'unknown', missing: 'payment.special_disease' })

/** Drugs that the fund has paid and the catalogue does not have. */
function outsideOf(
  claim: Claim, { judged, list }: { judged: readonly string[], list: readonly string[] },
) {
  const isCharged = chargesOf(claim)
  return claim.items.flatMap((item, index) => {
    const { category, code, amountFen } = item
    const isJudged = category === 'drug' && startsWithAny(code, judged) && !startsWithAny(code, list)
    return isJudged && isPaidByFund(item) && isCharged(item) ? [{ item: index, riskFen: amountFen }] : []
  })
}
