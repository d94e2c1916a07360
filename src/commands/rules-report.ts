// What `npm run rules` prints, as text for a person: aligned columns, Chinese counted two wide.
// Pure: values in, text out.
import type { CaseResult } from '../engine/cases.js'
import { formatDay, DAY_MAX } from '../rulebook/dates.js'
import type { Change } from '../rulebook/changes.js'
import type { Mistake } from '../rulebook/mistake.js'
import type { Rule, RuleBook, Severity, Status } from '../rulebook/rulebook.js'

const statuses: readonly Status[] = ['active', 'trial', 'draft', 'retired']
const severityNames: Readonly<Record<Severity, string>> = {
  violation: '明确违规', suspect: '高度可疑', notice: '轻度可疑', indicator: '监测指标',
}
const statusNames: Readonly<Record<Status, string>> = {
  active: '正式', trial: '试运行', draft: '草稿', retired: '停用',
}
const wakeNames = { item: '明细', diagnosis: '诊断', procedure: '手术', claim: '整单' } as const

/** Rules by class and status, tables, cases, mistakes and changes. */
export function report(book: RuleBook, results: readonly CaseResult[], options: {
  readonly mistakes: readonly Mistake[], readonly changes: readonly Change[] | undefined,
}): string {
  const failed = results.filter(({ failures }) => failures.length > 0)
  const { mistakes, changes } = options
  return [
    `规则库 ${book.version}：规则 ${book.rules.length} 条，知识表 ${book.tableRowCount} 行`,
    '',
    byClass(book.rules),
    '',
    `案例 ${results.length} 个：通过 ${results.length - failed.length}，失败 ${failed.length}`,
    ...failed.map(({ rule, name, at, failures }) =>
      `  ✗ ${rule} ${name}\n    ${at}\n${failures.map((one) => `    ${one}`).join('\n')}`),
    ...(mistakes.length > 0 ? ['', reportMistakes(mistakes)] : []),
    ...(changes === undefined ? [] : ['', reportChanges(changes)]),
    '',
  ].join('\n')
}

export function reportMistakes(mistakes: readonly Mistake[]): string {
  return [
    `错误 ${mistakes.length} 处：`,
    ...mistakes.map(({ path, message }) => `  ✗ ${path} ${message}`),
  ].join('\n')
}

function reportChanges(changes: readonly Change[]): string {
  if (changes.length === 0) return '与上次提交相比：没有变化'
  return [
    '与上次提交相比：',
    ...aligned(changes.map(({ name, text }) => [`  ${name}`, text])),
  ].join('\n')
}

function byClass(rules: readonly Rule[]): string {
  const classes = [...new Set(rules.map((rule) => rule.class))].toSorted()
  const count = (of: readonly Rule[], status: Status) =>
    String(of.filter((rule) => rule.status === status).length)
  const row = (name: string, of: readonly Rule[]) =>
    [name, ...statuses.map((status) => count(of, status)), String(of.length)]
  return aligned([
    ['大类', ...statuses.map((status) => statusNames[status]), '合计'],
    ...classes.map((name) => row(name, rules.filter((rule) => rule.class === name))),
    row('合计', rules),
  ]).join('\n')
}

/** One line a rule: what there is. */
export function coverage(book: RuleBook, results: readonly CaseResult[]): string {
  const rows = book.rules.map((rule) => {
    const cases = results.filter((one) => one.rule === rule.id)
    return [
      rule.id, rule.title, rule.nationalCode || '—', statusNames[rule.status],
      severityNames[rule.severity], rule.check.kind, wakeNames[rule.check.meta.wakes],
      String(cases.length),
    ]
  })
  const header = ['编号', '名称', '国家编码', '状态', '严重程度', '检查', '触发', '案例']
  return `${aligned([header, ...rows]).join('\n')}\n`
}

/** One rule in prose. */
export function explain(book: RuleBook, id: string): string | undefined {
  const rule = book.rules.find((one) => one.id === id)
  if (rule === undefined) return undefined
  const parts = book.parts.filter((part) => part.rule === rule)
  const spans = parts.map(({ fromDay, untilDay, table }) => {
    const until = untilDay === DAY_MAX ? '起' : ` 至 ${formatDay(untilDay)}（不含）`
    const rows = table === undefined ? '' : `，知识表 ${table.name}（${table.rowCount} 行）`
    return `  ${formatDay(fromDay)}${until}${rows}`
  })
  const national = rule.nationalCode === '' ? '' : `，国家规则 ${rule.nationalCode}`
  return [
    `${rule.id} ${rule.title}`,
    `${rule.class}／${rule.subclass}${national}。`,
    `状态：${statusNames[rule.status]}；严重程度：${severityNames[rule.severity]}。`,
    `怎样判断：${rule.check.meta.summary}`,
    '有效期（按费用发生日）：',
    ...spans,
    '依据：',
    ...rule.basis.map(({ document, article, url }) =>
      `  ${document}，${article}${url === undefined ? '' : `，${url}`}`),
    `怎样改正：${rule.advice}`,
    '已知的误报：',
    ...rule.falseAlarms.map((alarm) => `  ${alarm}`),
    `文件：${rule.file}`,
    '',
  ].join('\n')
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(cell))
    }
  }
  return rows.map((row) => row
    .map((cell, column) => cell + ' '.repeat(widths[column]! - widthOf(cell)))
    .join('  ').trimEnd())
}

/** Columns on a terminal: Chinese characters and full-width signs take two. */
function widthOf(text: string): number {
  return [...text].reduce((width, character) => width + (character > '\u2e7f' ? 2 : 1), 0)
}
