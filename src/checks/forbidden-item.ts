// A listed item charged where its rule applies: herbal pieces that the fund never pays, narcotics
// in an internet visit. Where that is, is the rule's applies_to.
import { Type } from '@sinclair/typebox'
import { defineCheck } from './check.js'
import { isPaidByFund, judgeLines } from './lines.js'

/** At risk are the lines. Never unknown. */
export const forbiddenItem = defineCheck({
  kind: 'forbidden-item',
  meta: {
    summary: '知识表中的项目在适用范围内不得收费。',
    facts: [],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'self-pay' }, { kind: 'drop-lines' }],
  },
  params: Type.Object({
    only_fund_paid: Type.Boolean({ description: 'true：全自费的明细不算违规（支付限定）' }),
  }, { additionalProperties: false }),
  columns: {},

  prepare({ only_fund_paid: isFundOnly }) {
    return judgeLines({
      breaks: (_claim, item) => !isFundOnly || isPaidByFund(item),
      facts: () => ({}),
    })
  },
})
