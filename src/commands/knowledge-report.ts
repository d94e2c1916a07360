// What the knowledge commands print: batches, what an import brought, what differs. Texts only.
import { dayText } from '../claim/day.js'
import { pointsOf } from '../knowledge/difference.js'
import type { TableDifference } from '../knowledge/difference.js'
import { inForceOn } from '../knowledge/in-force.js'
import type { LaidRow } from '../knowledge/in-force.js'
import { lists } from '../knowledge/lists.js'
import type { LeftOut } from '../knowledge/point.js'
import type { Manifest, ManifestSource } from '../rulebook/batch-manifest.js'
import type { ImportedBatch } from './knowledge-import.js'

/** Names shown of a long list. */
const namesMax = 10
const linesMax = 200

/** The rule's Chinese name; the table's own where no published list goes into it. */
export function ruleOfTable(table: string): string {
  return lists.find(({ tables }) => tables.some((one) => one.table === table))?.rule ?? table
}

/** Chinese text for policy staff, lines ended: a line a batch, a line a rule, then what was left out. */
export function importReport(batches: readonly ImportedBatch[], leftOut: readonly LeftOut[]): string {
  const lines: string[] = []
  const byRule = new Map<string, { points: number, codes: number, rows: number }>()
  for (const { id, manifest, sources } of batches) {
    const codes = sources.reduce((sum, source) => sum + source.codes, 0)
    lines.push(`${id}  ${manifest.title}  自 ${manifest.day} 起  ${sources.length} 个附件 ${codes} 个编码`)
    for (const source of sources) count(byRule, source)
  }
  lines.push('', `${'知识点'.padStart(5)}${'编码'.padStart(6)}${'表行'.padStart(6)}  规则`)
  let all = 0
  for (const [rule, { points, codes, rows }] of [...byRule].toSorted()) {
    all += codes
    lines.push(`${pad(points)}${pad(codes)}${pad(rows)}  ${rule}`)
  }
  lines.push(`${pad('')}${pad(all)}${pad('')}  共 ${byRule.size} 条规则`)
  const rest = [...leftOut, ...batches.flatMap(({ sources }) => sources.flatMap(leftOutOf))]
  if (rest.length > 0) lines.push('', `未成为知识行的 ${rest.length} 处：`)
  for (const { path, reason } of rest.slice(0, linesMax)) lines.push(`  ${path}：${reason}`)
  if (rest.length > linesMax) lines.push(`  另有 ${rest.length - linesMax} 处，见各批次的 manifest.json`)
  return `${lines.join('\n')}\n`
}

function leftOutOf({ file, left_out: reasons }: ManifestSource): LeftOut[] {
  return reasons.map((reason) => ({ path: file, reason }))
}

function count(
  byRule: Map<string, { points: number, codes: number, rows: number }>, source: ManifestSource,
): void {
  const sum = byRule.get(source.rule) ?? { points: 0, codes: 0, rows: 0 }
  byRule.set(source.rule, sum)
  sum.points += source.points
  sum.codes += source.codes
  for (const rows of Object.values(source.tables)) sum.rows += rows
}

function pad(value: number | string): string {
  return String(value).padStart(8)
}

/** Chinese text, lines ended: how many rows each table gained, lost and changed, and which. */
export function differenceReport(differences: readonly TableDifference[]): string {
  if (differences.length === 0) return '没有差别\n'
  const lines = [`${'新增'.padStart(6)}${'删除'.padStart(6)}${'变更'.padStart(6)}  规则（知识表）`]
  for (const { table, added, removed, changed } of differences) {
    const rule = `${ruleOfTable(table)}（${table}）`
    lines.push(`${pad(added.length)}${pad(removed.length)}${pad(changed.length)}  ${rule}`)
    lines.push(...named('新增', added), ...named('删除', removed))
    lines.push(...named('变更', changed.map(({ after }) => after)))
  }
  return `${lines.join('\n')}\n`
}

function named(what: string, rows: readonly LaidRow[]): string[] {
  if (rows.length === 0) return []
  const names = pointsOf(rows)
  const shown = names.slice(0, namesMax).join('、')
  const more = names.length > namesMax ? ' …' : ''
  return [`          ${what} ${names.length} 个知识点：${shown}${more}`]
}

export interface Listed {
  readonly batches: readonly { readonly id: string, readonly manifest: Manifest }[]
  /** Every row of the knowledge and of the rules' own tables. */
  readonly rows: readonly LaidRow[]
  readonly day: number
  /** Tables that some rule uses. */
  readonly used: ReadonlySet<string>
}

/** Chinese text, lines ended: batches with their lists, then rows by table that hold on the day. */
export function listReport({ batches, rows, day, used }: Listed): string {
  const lines: string[] = []
  for (const { id, manifest } of batches) {
    const { title, region, sources, imported_by: by, imported_at: at } = manifest
    const codes = sources.reduce((sum, source) => sum + source.codes, 0)
    const place = region === '' ? '' : `  ${region}`
    lines.push(`${manifest.day}  ${id}  ${title}${place}  ${codes} 个编码  ${by} 于 ${at} 导入`)
    for (const { rule, file, replaces, codes: own, sha256 } of sources) {
      const how = replaces === 'list' ? '  修订全表' : ''
      lines.push(`            ${rule}  ${own} 个编码${how}  ${file}  ${sha256.slice(0, 12)}`)
    }
  }
  if (batches.length === 0) lines.push('还没有批次')
  lines.push('', `${'有效'.padStart(6)}${'其余'.padStart(6)}  知识表（${dayText(day)}）`)
  const known = rows.filter(({ path }) => path.startsWith('knowledge/'))
  const valid = countBy(inForceOn(known, day))
  for (const [table, total] of [...countBy(known)].toSorted()) {
    const now = valid.get(table) ?? 0
    const note = used.has(table) ? '' : '  没有规则使用'
    lines.push(`${pad(now)}${pad(total - now)}  ${table}  ${ruleOfTable(table)}${note}`)
  }
  const loose = [...new Set(known.map(({ path }) => path.split('/')[1]!))]
    .filter((folder) => !batches.some(({ id }) => id === folder))
  if (loose.length > 0) lines.push('', `批次以外，优先于批次：${loose.join('、')}`)
  return `${lines.join('\n')}\n`
}

function countBy(rows: readonly LaidRow[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { table } of rows) counts.set(table, (counts.get(table) ?? 0) + 1)
  return counts
}
