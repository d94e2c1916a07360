// The Chinese words for what rule files say in codes. Words only.
import type { WakeKind } from '../checks/check.js'
import type { Severity, Stage, Status } from '../rulebook/rulebook.js'

export const severityNames: Readonly<Record<Severity, string>> = {
  violation: '明确违规', suspect: '高度可疑', notice: '轻度可疑', indicator: '监测指标',
}
export const statusNames: Readonly<Record<Status, string>> = {
  active: '正式', trial: '试运行', draft: '草稿', retired: '停用',
}
export const stageNames: Readonly<Record<Stage, string>> = {
  'pre-alert': '事前提醒', audit: '事中审核', 'look-back': '事后监管',
}
export const wakeNames: Readonly<Record<WakeKind, string>> = {
  item: '知识表列出的明细', diagnosis: '知识表列出的诊断', procedure: '知识表列出的手术操作',
  claim: '每张结算单',
}

const valueNames: Readonly<Record<string, string>> = {
  outpatient: '门诊', emergency: '急诊', inpatient: '住院', pharmacy: '药店', other: '其他',
  drug: '药品', 'herbal-piece': '中药饮片', 'herbal-granule': '中药配方颗粒', service: '医疗服务项目',
  consumable: '医用耗材', male: '男', female: '女', true: '是', false: '否',
}

/** A parameter or a list of them as a person says it; codes that have no word stay codes. */
export function say(value: unknown): string {
  if (Array.isArray(value)) return value.map(say).join('、')
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).map(([name, one]) => `${name} ${say(one)}`).join('，')
  }
  const text = String(value)
  return valueNames[text] ?? text
}
