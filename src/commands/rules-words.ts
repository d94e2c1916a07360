// The Chinese words for what rule files say in codes. Words only.
import type { WakeKind } from '../checks/check.js'
import type { SupervisedKind, TimeInterval } from '../rulebook/rule-file.js'
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
export const supervisedNames: Readonly<Record<SupervisedKind, string>> = {
  institution: '医疗机构', pharmacy: '药店', department: '科室', doctor: '医师', coder: '编码人员', patient: '参保人',
}
export const intervalNames: Readonly<Record<TimeInterval, string>> = {
  visit: '本次就诊', stay: '本次住院', prescription: '本张处方', hour: '一小时', day: '单日',
  'running-days': '连续若干天', 'calendar-month': '自然月', 'since-count': '自最近一次盘点起',
  'by-row': '依知识表逐行规定', 'any-time': '不限时间',
}

const valueNames: Readonly<Record<string, string>> = {
  outpatient: '门诊', emergency: '急诊', inpatient: '住院', pharmacy: '药店', other: '其他',
  drug: '药品', 'herbal-piece': '中药饮片', 'herbal-granule': '中药配方颗粒', service: '医疗服务项目',
  consumable: '医用耗材', allow: '只准', forbid: '禁用', herbs: '中药饮片', drugs: '药品',
  'drug-share': '药费占比', 'test-share': '检验检查占比', 'consumable-share': '耗材占比',
  'treatment-share': '治疗占比', 'ct-share': 'CT检查占比', 'mri-share': '核磁检查占比',
  'infection-rate': '院内感染发生率', 'readmission-rate': '非计划再入院率', male: '男', female: '女', true: '是', false: '否',
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
