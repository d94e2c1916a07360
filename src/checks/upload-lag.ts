// A settlement that reached us later after it was made than its setting allows. When it reached us is
// the stream's own time, so a replay judges the same. A settlement with a date alone may be of any
// hour of that day, and has until its end.
import { Type } from '@sinclair/typebox'
import { MINUTES_PER_DAY } from '../claim/claim.js'
import { minuteText } from '../claim/day.js'
import { CLEAR, defineCheck } from './check.js'
import type { Outcome } from './check.js'

const hours = (description: string) => Type.Integer({ minimum: 1, maximum: 8_784, description })

/** Params in hours. At risk is the claim's total. Unknown where it is late and visit.setting was not told. */
export const uploadLag = defineCheck({
  kind: 'upload-lag',
  meta: {
    summary: '结算之后超过规定时限才上传；收到的时间是事件流自己的时间。',
    facts: ['hours', 'limit', 'settled'],
    wakes: 'claim',
    owner: 'patient',
  },
  params: Type.Object({
    outpatient_hours: hours('门诊、急诊和购药结算后几小时内上传'),
    inpatient_hours: hours('出院结算后几小时内上传'),
  }, { additionalProperties: false }),
  columns: {},

  prepare({ outpatient_hours: outpatient, inpatient_hours: inpatient }) {
    return ({ visit: { setting }, settledMinute, receivedMinute, payment }) => {
      const isDateAlone = settledMinute % MINUTES_PER_DAY === 0
      const late = receivedMinute - settledMinute - (isDateAlone ? MINUTES_PER_DAY : 0)
      const limit = setting === 'inpatient' ? inpatient : outpatient
      if (late <= limit * 60) return CLEAR
      if (setting === 'other') return noSetting
      return {
        result: 'hit',
        hits: [{
          violating: [],
          riskFen: Math.max(0, payment.totalFen),
          facts: { hours: Math.floor(late / 60), limit, settled: minuteText(settledMinute) },
        }],
      }
    }
  },
})

const noSetting: Outcome = Object.freeze({ result: 'unknown', missing: 'visit.setting' })
