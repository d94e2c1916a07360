// An item that the fund pays in some kinds of visit only (inpatient; emergency or inpatient),
// charged in another. `other` is a setting that nobody told us: no proof.
import { Type } from '@sinclair/typebox'
import type { Setting } from '../claim/claim.js'
import { defineCheck } from './check.js'
import { isPaidByFund, judgeLines } from './lines.js'

const limits: readonly { readonly word: string, readonly settings: readonly Setting[] }[] = [
  { word: '住院', settings: ['inpatient'] },
  { word: '急诊或住院', settings: ['emergency', 'inpatient'] },
  { word: '急诊', settings: ['emergency'] },
  { word: '门诊或急诊', settings: ['outpatient', 'emergency'] },
]
const words: Readonly<Record<Setting, string>> = {
  outpatient: '门诊', emergency: '急诊', inpatient: '住院', pharmacy: '药店购药', other: '其他',
}

/** At risk are the lines that the fund pays. Unknown without visit.setting. */
export const visitTypeLimit = defineCheck({
  kind: 'visit-type-limit',
  meta: {
    summary: '知识表中的项目只在规定的就医方式下由基金支付。',
    facts: ['setting', 'limit'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'self-pay' }, { kind: 'drop-lines' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    allowed: {
      type: 'one-of', values: limits.map(({ word }) => word), description: '可以支付的就医方式',
    },
  },

  prepare(_params, table) {
    const allowed = table!.numbers('allowed')
    return judgeLines({
      breaks({ visit: { setting } }, item, row) {
        if (!isPaidByFund(item)) return false
        if (setting === 'other') return 'visit.setting'
        return !limits[allowed[row]!]!.settings.includes(setting)
      },
      facts: ({ visit }, _item, row) =>
        ({ setting: words[visit.setting], limit: limits[allowed[row]!]!.word }),
    })
  },
})
