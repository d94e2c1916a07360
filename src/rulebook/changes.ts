// What changed between two sets of rule texts, as a person tells it: rules added, retired, limits
// moved (which, from, to, since when), tables grown, wording only. Pure; files that cannot be read
// are left out.
import { isExemptionPath } from './exemption-file.js'
import type { RuleText } from './mistake.js'
import { isRulePath } from './pack.js'
import { readRuleFile } from './rule-file.js'
import type { RuleFile } from './rule-file.js'
import { readTableFile, tableName } from './table-file.js'

export type ChangeKind = 'added' | 'removed' | 'status' | 'limit' | 'scope' | 'wording' | 'table'

export interface Change {
  readonly kind: ChangeKind
  /** Rule id or table name. */
  readonly name: string
  /** In Chinese, one line. */
  readonly text: string
}

/** In the order of rule ids, then of tables. */
export function changesBetween(before: readonly RuleText[], after: readonly RuleText[]): Change[] {
  const old = rulesOf(before)
  const now = rulesOf(after)
  const ids = [...new Set([...old.keys(), ...now.keys()])].toSorted()
  return [
    ...ids.flatMap((id) => ruleChanges(old.get(id), now.get(id))),
    ...tableChanges(before, after),
  ]
}

function rulesOf(texts: readonly RuleText[]): Map<string, RuleFile> {
  const files = texts.filter(({ path }) => isRulePath(path)).map((text) => readRuleFile(text).value)
  return new Map(files.filter((file) => file !== undefined).map((file) => [file.id, file]))
}

function ruleChanges(old: RuleFile | undefined, now: RuleFile | undefined): Change[] {
  if (now === undefined) return [{ kind: 'removed', name: old!.id, text: `删除：${old!.title}` }]
  const name = now.id
  if (old === undefined) {
    return [{ kind: 'added', name, text: `新增：${now.title}（${now.status}）` }]
  }
  const changes: Change[] = []
  if (old.status !== now.status) {
    const text = `状态：${old.status} → ${now.status}`
    changes.push({ kind: 'status', name, text })
  }
  changes.push(...limitChanges(old, now))
  const scope = ['check', 'severity', 'stages', 'applies_to', 'burst', 'confirmed', 'auto_demote'] as const
  for (const field of scope.filter((each) => differs(old[each], now[each]))) {
    const text = `${field}：${show(old[field])} → ${show(now[field])}`
    changes.push({ kind: 'scope', name, text })
  }
  const wording = [
    'title', 'national', 'class', 'subclass', 'supervised', 'time_interval', 'owner', 'evidence',
    'basis', 'warning', 'brief', 'advice', 'known_false_alarms',
  ] as const
  const said = wording.filter((each) => differs(old[each], now[each]))
  if (said.length > 0) changes.push({ kind: 'wording', name, text: `文字：${said.join('、')}` })
  return changes
}

type Entry = Readonly<Record<string, unknown>> & { readonly from: string, readonly until?: string }

function limitChanges(old: RuleFile, now: RuleFile): Change[] {
  const changes: Change[] = []
  const add = (text: string) => changes.push({ kind: 'limit', name: now.id, text })
  const entries = (file: RuleFile): Entry[] =>
    file.in_force.toSorted((a, b) => (a.from < b.from ? -1 : 1))
  const oldEntries = entries(old)
  for (const [index, entry] of entries(now).entries()) {
    const same = oldEntries.find(({ from }) => from === entry.from)
    const earlier = same ?? entries(now)[index - 1]
    const moved = earlier === undefined ? [] : movedParams(earlier, entry)
    for (const text of moved) {
      add(`${text}，自 ${entry.from}${same === undefined ? '' : '（改动已有条目，会改变过去的结论）'}`)
    }
    if (same === undefined && moved.length === 0) add(`新增条目，自 ${entry.from}`)
    if (same !== undefined && same.until !== entry.until) add(untilMoved(same, entry))
  }
  for (const { from } of oldEntries) {
    if (!now.in_force.some((entry) => entry.from === from)) {
      add(`删除条目，原自 ${from}（会改变过去的结论）`)
    }
  }
  return changes
}

/** The way to change a limit: what was judged before the earlier of the two days stays as it was. */
function untilMoved({ from, until: old }: Entry, { until }: Entry): string {
  const [first] = [old, until].filter((day) => day !== undefined).toSorted()
  return `until：${show(old)} → ${show(until)}，自 ${from}（${first} 以前的结论不变）`
}

function movedParams(from: Entry, to: Entry): string[] {
  const names = new Set([...Object.keys(from), ...Object.keys(to)])
  names.delete('from')
  names.delete('until')
  return [...names]
    .filter((name) => differs(from[name], to[name]))
    .map((name) => `${name}：${show(from[name])} → ${show(to[name])}`)
}

const noRows: ReadonlySet<string> = new Set()

function tableChanges(before: readonly RuleText[], after: readonly RuleText[]): Change[] {
  const old = rowsByTable(before)
  const now = rowsByTable(after)
  const names = [...new Set([...old.keys(), ...now.keys()])].toSorted()
  return names.flatMap((name): Change[] => {
    const [was, is] = [old.get(name) ?? noRows, now.get(name) ?? noRows]
    const added = [...is].filter((row) => !was.has(row)).length
    const removed = [...was].filter((row) => !is.has(row)).length
    if (added + removed === 0) return []
    const what = name === 'exemptions' ? '豁免' : '知识表'
    return [{ kind: 'table', name, text: `${what}：新增 ${added} 行，去掉 ${removed} 行` }]
  })
}

function rowsByTable(texts: readonly RuleText[]): Map<string, Set<string>> {
  const rows = new Map<string, Set<string>>()
  for (const text of texts.filter(({ path }) => path.endsWith('.csv'))) {
    const name = tableName(text.path)
    const known = rows.get(name) ?? new Set()
    for (const row of rowsOf(text)) known.add(row)
    rows.set(name, known)
  }
  return rows
}

/** Exemptions have no code and no source: their lines stand for themselves. */
function rowsOf(text: RuleText): readonly string[] {
  if (isExemptionPath(text.path)) return text.text.split(/\r?\n/).slice(1).filter((line) => line !== '')
  return (readTableFile(text, [])?.rows ?? []).map((cells) => cells.join(','))
}

function differs(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) !== JSON.stringify(b)
}

function show(value: unknown): string {
  if (value === undefined) return '无'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
