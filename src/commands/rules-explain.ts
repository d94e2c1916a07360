// One rule told in Chinese prose from its file: what it is, what is judged, its parameters by date, its
// law, what is said, when it is wrong. Pure: values in, text out.
import type { CaseSuite } from '../engine/cases.js'
import type { OwnerKind } from '../history/view.js'
import type { RuleText } from '../rulebook/mistake.js'
import { readRuleFile } from '../rulebook/rule-file.js'
import type { RuleFile } from '../rulebook/rule-file.js'
import type { Part, RuleBook } from '../rulebook/rulebook.js'
import {
  intervalNames, say, severityNames, stageNames, statusNames, supervisedNames, wakeNames,
} from './rules-words.js'

export interface Explained {
  readonly texts: readonly RuleText[]
  readonly book: RuleBook
  readonly suite: CaseSuite
}

/** Undefined: there is no such rule. */
export function explain({ texts, book, suite }: Explained, id: string): string | undefined {
  const rule = book.rules.find((one) => one.id === id)
  if (rule === undefined) return undefined
  const file = readRuleFile(texts.find(({ path }) => path === rule.file)!).value! // it was loaded
  const parts = book.parts.filter((part) => part.rule === rule)
  return [
    `${file.id} ${file.title}`,
    '',
    identity(file),
    `判断什么：${rule.check.meta.summary}由${wakeNames[rule.check.meta.wakes]}触发；`
      + `要看历史时，看${ownerNames[rule.check.meta.owner]}的。`,
    `适用范围：${scope(file)}。`,
    ...sheet(file),
    '参数（按费用发生日）：',
    ...file.in_force.map((entry, index) => `  ${span(entry, rule.check.params.properties, parts[index]!)}`),
    '依据：',
    ...file.basis.map(basisText),
    `说给开单的医生：${rule.brief.trim()}`,
    `说给收费员和审核人员：${file.warning.trim()}`,
    `怎样改正：${file.advice.trim()}`,
    '已知的误报：',
    ...file.known_false_alarms.map((alarm) => `  ${alarm}`),
    casesOf(suite, id),
    `文件：${rule.file}`,
    '',
  ].join('\n')
}

function basisText({ document, article, url, ...dates }: RuleFile['basis'][number]): string {
  const { valid_from: from, valid_to: until } = dates
  const days = [from === undefined ? '' : `${from} 起`, until === undefined ? '' : `至 ${until}（不含）`].join('')
  return `  ${document}，${article}${url === undefined ? '' : `，${url}`}${days === '' ? '' : `（${days}）`}`
}

const ownerNames: Readonly<Record<OwnerKind, string>> = {
  patient: '参保人', 'trace-code': '药品追溯码', registry: '医师权限或待遇备案', stock: '药品耗材进销存',
  institution: '机构、科室、医师的当月指标',
}

function identity(file: RuleFile): string {
  const { national, class: name, subclass, status, evidence, severity, stages } = file
  const called = national === undefined ? '本地规则' : [
    `国家规则“${national.name ?? file.title}”`,
    national.code === undefined ? '' : `，编码 ${national.code}`,
    national.number_2025 === undefined ? '' : `，2025 年版第 ${national.number_2025} 条`,
  ].join('')
  return `${called}；${name}／${subclass}。状态：${statusNames[status]}${because(evidence)}。`
    + `疑点定为${severityNames[severity]}，用于${stages.map((stage) => stageNames[stage]).join('、')}。`
}

function because(evidence: RuleFile['evidence']): string {
  if (evidence === undefined) return ''
  if (evidence === 'official') return '（逐字来自国家公布的清单）'
  const { from, until, claims, hits, confirmed_share: share, by } = evidence
  return `（${from} 至 ${until}（不含）重判 ${claims} 张结算单，${hits} 张有疑点，`
    + `${by}核对属实 ${Math.round(share * 100)}%）`
}

function sheet({ supervised, time_interval: interval }: RuleFile): string[] {
  return [
    ...supervised === undefined ? [] : [`监管对象：${supervised.map((one) => supervisedNames[one]).join('、')}。`],
    ...interval === undefined ? [] : [`时间区间：${intervalNames[interval]}。`],
  ]
}

function scope({ applies_to: scope }: RuleFile): string {
  if (scope === undefined) return '处处适用'
  const { settings, insurance_types: types, institution_levels: levels, internet } = scope
  const lists = [
    ['就诊场景', settings], ['险种', types], ['机构等级', levels?.map((level) => `${level}级`)],
    ['机构类型', scope.institution_types], ['明细类别', scope.categories], ['地区', scope.regions],
  ] as const
  const said = lists.filter(([, list]) => list !== undefined)
    .map(([name, list]) => `${name}为${say(list)}`)
  if (internet !== undefined) said.push(internet ? '仅互联网就诊' : '仅线下就诊')
  return said.join('，')
}

function span(
  { from, until, ...rest }: RuleFile['in_force'][number],
  described: Readonly<Record<string, { readonly description?: string }>>,
  part: Part,
): string {
  const when = until === undefined ? `${from} 起` : `${from} 至 ${until}（不含）`
  const { table, map } = part
  const rows = [
    ...(table === undefined ? [] : [`知识表 ${table.name}（${table.rowCount} 行）`]),
    ...(map === undefined ? [] : [`对应表 ${map.name}（${map.rowCount} 行）`]),
  ]
  const params = Object.entries(rest).filter(([name]) => name !== 'table' && name !== 'map')
  const said = params.map(([name, value]) =>
    `${described[name]?.description ?? name}（${name}）${say(value)}`)
  const all = [...rows, ...said].join('；')
  return all === '' ? when : `${when}：${all}`
}

const kindNames = {
  hit: '命中', clear: '不命中', border: '边界', unknown: '缺数据', 'not-in-force': '不在有效期',
} as const

function casesOf({ files }: CaseSuite, id: string): string {
  const cases = files.filter(({ rule }) => rule === id).flatMap((file) => file.cases)
  const counts = Object.entries(kindNames)
    .map(([kind, name]) => [name, cases.filter((one) => one.kind === kind).length] as const)
    .filter(([, count]) => count > 0)
  const said = counts.map(([name, count]) => `${name} ${count}`).join('，')
  return `案例 ${cases.length} 个${said === '' ? '' : `：${said}`}`
}
