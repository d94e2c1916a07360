// An item that the fund of some insurances alone may pay (work injury, maternity), charged to
// another. What the patient pays wholly is nobody's fund.
import { Type } from '@sinclair/typebox'
import { defineCheck } from './check.js'
import { isPaidByFund, judgeLines } from './lines.js'

/** At risk are the lines. Unknown without patient.insurance_type, or visit.type where it could allow them. */
export const insuranceTypeLimit = defineCheck({
  kind: 'insurance-type-limit',
  meta: {
    summary: '知识表中的项目只能由规定的险种支付。',
    facts: ['insurance'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'self-pay' }, { kind: 'drop-lines' }],
  },
  params: Type.Object({
    insurance_types: Type.Array(Type.String({ minLength: 1, maxLength: 6 }), {
      minItems: 1, maxItems: 20, description: '可以支付的险种 insutype',
    }),
    visit_types: Type.Array(Type.String({ minLength: 2, maxLength: 6 }), {
      maxItems: 20, description: '不论险种都可以支付的医疗类别 med_type，按开头匹配',
    }),
  }, { additionalProperties: false }),
  columns: {},

  prepare({ insurance_types: allowed, visit_types: visitTypes }) {
    return judgeLines({
      breaks({ patient, visit }, item) {
        if (!isPaidByFund(item) || allowed.includes(patient.insuranceType)) return false
        if (visitTypes.some((start) => visit.medType.startsWith(start))) return false
        if (patient.insuranceType === '') return 'patient.insurance_type'
        return visitTypes.length === 0 || visit.medType !== '' ? true : 'visit.type'
      },
      facts: ({ patient: { insuranceType: type } }) => ({ insurance: names[type] ?? type }),
    })
  },
})

/** The national dictionary of insutype, as far as the fund's claims use it. */
const names: Readonly<Record<string, string>> = {
  210: '工伤保险', 310: '职工基本医疗保险', 320: '公务员医疗补助', 330: '大额医疗费用补助',
  340: '离休人员医疗保障', 350: '一至六级残疾军人医疗补助', 360: '老红军医疗保障',
  370: '企业补充医疗保险', 380: '新型农村合作医疗', 390: '城乡居民基本医疗保险',
  391: '城镇居民基本医疗保险', 392: '城乡居民大病医疗保险', 399: '其他特殊人员医疗保障',
  410: '长期照护保险', 510: '生育保险',
}
