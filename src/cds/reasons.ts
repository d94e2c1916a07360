// Why a user goes on all the same: coded, so that they can be counted, and told in words in the feedback.
import type { Coding } from './fhir.js'

const system = 'urn:claimsentry:override-reason'

export const overrideReasons: readonly Coding[] = [
  { code: 'clinical-need', system, display: '病情需要，已在病历中说明' },
  { code: 'emergency', system, display: '急诊抢救' },
  { code: 'self-paid', system, display: '已告知患者，由患者自费' },
  { code: 'data-wrong', system, display: '诊断、性别、年龄等信息有误，将更正' },
  { code: 'rule-unfit', system, display: '规则不适用于本例' },
  { code: 'other', system, display: '其他' },
]

/** Nobody has to give a reason by the standard; a feedback that goes on needs one. */
export const unsaid = '未说明原因'
