// Which of the 88 national rules are judged, by what, and how well they are held: one line a national
// rule, for `npm run rules -- coverage` and for the README. Pure: values in, rows out.
import { mappedShares } from '../checks/mapped-points.js'
import type { CaseSuite } from '../engine/cases.js'
import { nationalRules } from '../rulebook/national-rules.js'
import type { NationalRule } from '../rulebook/national-rules.js'
import type { Rule, RuleBook } from '../rulebook/rulebook.js'
import { statusNames } from './rules-words.js'
import { aligned, markdown } from './text-table.js'

const kinds = ['hit', 'clear', 'border', 'unknown'] as const
const none = '—'

interface Line {
  readonly national: NationalRule
  readonly rules: readonly Rule[]
  readonly rows: number
  /** Of the points of its tables, those that a map can judge; '' where no map is needed. */
  readonly mapped: string
  /** By kind, in the order of `kinds`. */
  readonly cases: readonly number[]
}

/** For a terminal, in Chinese. */
export function coverage(book: RuleBook, suite: CaseSuite): string {
  const lines = linesOf(book, suite)
  const head = ['序号', '国家规则', '编码', '我方规则', '状态', '检查', '知识表行', '已对应', '案例 中/清/界/缺']
  const rows = lines.map((line) => cellsOf(line, (rule) => statusNames[rule.status]))
  const others = book.rules.filter(({ number2025 }) => number2025 === undefined)
  return [
    ...aligned([head, ...rows]),
    '',
    `国家规则 ${lines.length} 条：已有判断 ${judged(lines)} 条，尚无 ${lines.length - judged(lines)} 条`,
    ...(others.length === 0 ? [] : [`国家规则以外：${others.map(({ id }) => id).join('、')}`]),
    '',
  ].join('\n')
}

/** For the README. */
export function coverageTable(book: RuleBook, suite: CaseSuite): string {
  const lines = linesOf(book, suite)
  const head = [
    '#', 'national rule', 'code', 'ours', 'status', 'check', 'rows', 'mapped', 'hit/clear/border/unknown',
  ]
  return [
    `${judged(lines)} of ${lines.length} are judged.`,
    '',
    ...markdown([head, ...lines.map((line) => cellsOf(line, (rule) => rule.status))]),
  ].join('\n')
}

function judged(lines: readonly Line[]): number {
  return lines.filter(({ rules }) => rules.some(({ status }) => isJudged[status])).length
}

const isJudged = { active: true, trial: true, draft: false, retired: false } as const

function linesOf(book: RuleBook, { files }: CaseSuite): Line[] {
  return nationalRules.map((national): Line => {
    const rules = book.rules.filter(({ number2025 }) => number2025 === national.number)
    const ids = new Set(rules.map(({ id }) => id))
    const cases = files.filter(({ rule }) => ids.has(rule)).flatMap((file) => file.cases)
    const tables = new Set(book.parts
      .filter(({ rule }) => ids.has(rule.id)).flatMap(({ table }) => table ?? []))
    return {
      national,
      rules,
      mapped: mappedOf(book, ids),
      rows: [...tables].reduce((sum, { rowCount }) => sum + rowCount, 0),
      cases: kinds.map((kind) => cases.filter((one) => one.kind === kind).length),
    }
  })
}

/** Indications are free text: a point without a clause of codes is unknown, never a hit. */
function mappedOf({ parts }: RuleBook, ids: ReadonlySet<string>): string {
  const shares = parts.flatMap(({ rule, table, map }) => {
    const isMapped = ids.has(rule.id) && rule.check.mapColumns?.['diagnoses'] !== undefined
    return isMapped && table !== undefined && map !== undefined ? mappedShares(table, map) : []
  })
  const points = shares.reduce((sum, one) => sum + one.points, 0)
  const mapped = shares.reduce((sum, one) => sum + one.mapped, 0)
  return points === 0 ? '' : `${Math.floor(100 * mapped / points)}%`
}

function cellsOf({ national, rules, rows, mapped, cases }: Line, statusOf: (rule: Rule) => string): string[] {
  const distinct = (texts: readonly string[]) => [...new Set(texts)].join(', ') || none
  return [
    String(national.number),
    national.name,
    national.code || none,
    distinct(rules.map(({ id }) => id)),
    distinct(rules.map(statusOf)),
    distinct(rules.map(({ check }) => check.kind)),
    rows === 0 ? none : String(rows),
    mapped || none,
    rules.length === 0 ? none : cases.join('/'),
  ]
}
