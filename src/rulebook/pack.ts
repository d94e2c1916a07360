// The heavy half of compiling: texts -> parsed, checked, hashed and packed, as plain values and
// typed arrays that a worker can hand over. Pure; runs no `prepare`. assemble.ts does the light
// half.
import type { Check } from '../checks/check.js'
import { buildIndex } from './code-index.js'
import type { IndexedPart, PackedIndex } from './code-index.js'
import { checkRule } from './check-rule.js'
import type { CheckedRule, Params, Span } from './check-rule.js'
import { isExemptionPath, readExemptions } from './exemption-file.js'
import type { Exemption } from './exemption-file.js'
import { isManifestPath, knowledgeVersionOf, manifestForVersion } from './layers.js'
import { sortMistakes } from './mistake.js'
import type { Mistake, RuleText } from './mistake.js'
import { readRuleFile } from './rule-file.js'
import type { RuleFile } from './rule-file.js'
import { packTables } from './tables.js'
import type { Tables } from './tables.js'
import type { PackedTable } from './table-pack.js'
import { versionOf } from './version.js'

/** Sixty times the national framework. */
export const rulesMax = 5_000

export interface PackedRule {
  readonly file: RuleFile
  readonly path: string
}

export interface PackedPart {
  readonly ruleIndex: number
  readonly fromDay: number
  readonly untilDay: number
  /** Index into tables, or -1. */
  readonly table: number
  /** Likewise, the table that says more of its points. */
  readonly map: number
  readonly params: Params
  /** file:line of the entry under in_force. */
  readonly at: string
}

export interface PackedBook {
  readonly version: string
  readonly knowledge: string
  readonly rules: readonly PackedRule[]
  readonly parts: readonly PackedPart[]
  readonly tables: readonly PackedTable[]
  readonly items: PackedIndex
  readonly diagnoses: PackedIndex
  readonly procedures: PackedIndex
  readonly always: Int32Array
  readonly exemptions: readonly Exemption[]
  readonly tableRowCount: number
}

export type Packed =
  | { readonly ok: true, readonly book: PackedBook }
  | { readonly ok: false, readonly mistakes: readonly Mistake[] }

export interface PackOptions {
  /** For the case runner: drafts are woken too. */
  readonly runDrafts?: boolean
}

interface ReadRule extends PackedRule, CheckedRule {}

/** Every `*.yaml` that is a rule, every `*.csv` and the batches' manifests; no other text is read. */
export function pack(
  texts: readonly RuleText[], checks: readonly Check[], options: PackOptions = {},
): Packed {
  const mistakes: Mistake[] = []
  const used = texts.filter(({ path }) =>
    isRulePath(path) || path.endsWith('.csv') || isManifestPath(path))
  const rules = readRules(used, checks, mistakes)
  const tables = packTables(used, rules, mistakes)
  const exemptions = allExemptions(used, rules, mistakes)
  if (mistakes.length > 0) return { ok: false, mistakes: sortMistakes(mistakes) }
  const hashed = used.map((text) => (isManifestPath(text.path) ? manifestForVersion(text) : text))
  const versions = { version: versionOf(hashed), knowledge: knowledgeVersionOf(used) }
  return { ok: true, book: { ...packBook(rules, tables, options), exemptions, ...versions } }
}

/** Rules are all `*.yaml` but cases and the claims that cases build on. */
export function isRulePath(path: string): boolean {
  return path.endsWith('.yaml') && !path.endsWith('.cases.yaml')
    && !path.endsWith('base-claims.yaml')
}

function readRules(
  texts: readonly RuleText[], checks: readonly Check[], mistakes: Mistake[],
): ReadRule[] {
  const rules: ReadRule[] = []
  const pathsById = new Map<string, string>()
  const files = texts.filter(({ path }) => isRulePath(path))
  if (files.length > rulesMax) {
    const message = `规则超过 ${rulesMax} 条`
    mistakes.push({ code: 'RULE_INVALID', path: `${files[rulesMax]!.path}:1`, message })
    return rules
  }
  for (const text of files) {
    const { value, mistakes: wrong, at } = readRuleFile(text)
    mistakes.push(...wrong)
    if (value === undefined) continue
    const checked = checkRule(value, at, checks)
    mistakes.push(...checked.mistakes)
    const other = pathsById.get(value.id)
    if (other !== undefined) {
      const message = `id：${value.id} 已用于 ${other}`
      mistakes.push({ code: 'RULE_INVALID', path: at('/id'), message })
    }
    pathsById.set(value.id, at('/id'))
    rules.push({ file: value, path: text.path, ...checked })
  }
  return rules.toSorted((a, b) => (a.file.id < b.file.id ? -1 : 1))
}

function allExemptions(
  texts: readonly RuleText[], rules: readonly ReadRule[], mistakes: Mistake[],
): Exemption[] {
  const ids = new Set(rules.map(({ file }) => file.id))
  return texts.filter(({ path }) => isExemptionPath(path))
    .flatMap((text) => readExemptions(text, ids, mistakes))
}

function packBook(
  rules: readonly ReadRule[], tables: Tables, options: PackOptions,
): Omit<PackedBook, 'version' | 'knowledge' | 'exemptions'> {
  const parts: PackedPart[] = []
  const woken = { item: [], diagnosis: [], procedure: [] } as Record<string, IndexedPart[]>
  const always: number[] = []
  for (const [ruleIndex, { file, check, spans }] of rules.entries()) {
    for (const span of spans) {
      const table = tables.indexOf(span.table, check!)
      const map = tables.mapIndexOf(span.map, check!)
      const part = parts.push(packPart(span, ruleIndex, { table, map })) - 1
      if (file.status === 'draft' && options.runDrafts !== true) continue
      if (check!.meta.wakes === 'claim') always.push(part)
      else {
        const { fromDay, untilDay } = span
        woken[check!.meta.wakes]!.push({ part, fromDay, untilDay, source: tables.sources[table]! })
      }
    }
  }
  return {
    rules: rules.map(({ file, path }) => ({ file, path })),
    parts,
    tables: tables.sources.map(({ packed }) => packed),
    items: buildIndex(woken['item']!),
    diagnoses: buildIndex(woken['diagnosis']!),
    procedures: buildIndex(woken['procedure']!),
    always: Int32Array.from(always),
    tableRowCount: tables.rowCount,
  }
}

function packPart(
  { fromDay, untilDay, params, at }: Span, ruleIndex: number,
  places: Pick<PackedPart, 'table' | 'map'>,
): PackedPart {
  return { ruleIndex, fromDay, untilDay, ...places, params, at }
}

/** Every buffer of a packed book, to be transferred instead of copied. */
export function buffersOf(value: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer)
  } else if (Array.isArray(value)) {
    for (const one of value) buffersOf(one, found)
  } else if (typeof value === 'object' && value !== null) {
    for (const one of Object.values(value)) buffersOf(one, found)
  }
  return found
}
