// What `npm run rules` prints, as text for a person. Pure: values in, text out.
import { mappedShares } from '../checks/mapped-points.js'
import type { CaseResult } from '../engine/cases.js'
import type { Change } from '../rulebook/changes.js'
import type { Mistake } from '../rulebook/mistake.js'
import type { Rule, RuleBook, Status } from '../rulebook/rulebook.js'
import { statusNames } from './rules-words.js'
import { aligned } from './text-table.js'

const statuses: readonly Status[] = ['active', 'trial', 'draft', 'retired']

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
    ...mapped(book),
    '',
    `案例 ${results.length} 个：通过 ${results.length - failed.length}，失败 ${failed.length}`,
    ...failed.map(({ rule, name, at, failures }) =>
      `  ✗ ${rule} ${name}\n    ${at}\n${failures.map((one) => `    ${one}`).join('\n')}`),
    ...(mistakes.length > 0 ? ['', reportMistakes(mistakes)] : []),
    ...(changes === undefined ? [] : ['', reportChanges(changes)]),
    '',
  ].join('\n')
}

/** Of rules with a map: how many points of each source have clauses of diagnosis codes. */
function mapped({ parts }: RuleBook): string[] {
  const lines = parts.flatMap(({ rule, table, map }) => {
    const isMapped = rule.check.mapColumns?.['diagnoses'] !== undefined
    if (!isMapped || table === undefined || map === undefined || map.name === table.name) return []
    return mappedShares(table, map).map(({ source, points, mapped: known }) =>
      [`  ${rule.id}`, `${known}/${points}`, `${Math.floor(100 * known / points)} %`, source])
  })
  return lines.length === 0 ? [] : ['', '已对应诊断编码的知识点：', ...aligned(lines)]
}

/** Chinese text, a line a mistake with its file and line; no line end after the last. */
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
