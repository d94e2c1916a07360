// The published national lists, as the tidy/ folder has them, turned into knowledge tables of ours. One
// conversion for each of our tables; what cannot be turned into a row is told with its file, line and
// reason. Pure: texts in, texts out.
import { parse } from 'csv-parse/sync'
import { conversions } from './conversions.js'
import type { Cells, Conversion } from './conversions.js'

export interface TidyText {
  /** File name without its folder, e.g. drug_sex.csv. */
  readonly name: string
  readonly text: string
}

export interface KnowledgeTable {
  readonly name: string
  readonly rowCount: number
  readonly csv: string
}

export interface LeftOut {
  /** file, or file:line */
  readonly path: string
  readonly reason: string
}

export interface Converted {
  readonly tables: readonly KnowledgeTable[]
  readonly leftOut: readonly LeftOut[]
}

/** The national revision of eight lists of drugs: what it dropped holds no longer. */
const revisionDay = '2026-01-28'
const revisionTag = 'updates_2026-01'
const pointsFile = 'knowledge_points.csv'
const pointCodesFile = 'knowledge_point_codes.csv'

/** Codes of the revision by rule class and drug name. */
type Revision = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>

interface Source {
  readonly rows: readonly Cells[]
  isUsed: boolean
}

export function convertTidy(texts: readonly TidyText[]): Converted {
  const sources = new Map<string, Source>(texts.map(({ name, text }) => {
    const rows: Cells[] = parse(text, { bom: true, columns: true, skip_empty_lines: true })
    return [name, { rows, isUsed: false }]
  }))
  const leftOut: LeftOut[] = []
  const tables: KnowledgeTable[] = []
  const revision = readRevision(sources, leftOut)
  for (const conversion of conversions) {
    const table = convertOne(conversion, { sources, revision, leftOut })
    if (table !== undefined) tables.push(table)
  }
  for (const [name, { isUsed }] of sources) {
    if (!isUsed) leftOut.push({ path: name, reason: '没有对应的知识表' })
  }
  return { tables, leftOut }
}

interface Context {
  readonly sources: ReadonlyMap<string, Source>
  readonly revision: Revision
  readonly leftOut: LeftOut[]
}

/** Undefined when a file of this list was not given. */
function convertOne(conversion: Conversion, context: Context): KnowledgeTable | undefined {
  const { file, codesFile, table } = conversion
  const { sources, leftOut } = context
  const main = sources.get(file)
  const codes = sources.get(codesFile ?? file)
  if (main === undefined || codes === undefined) {
    leftOut.push({ path: codesFile ?? file, reason: `没有这个文件，未生成 ${table}` })
    return undefined
  }
  main.isUsed = true
  codes.isUsed = true
  const codesOf = codesFile === undefined ? undefined : groupCodes(codes.rows)
  const revised = context.revision.get(conversion.revisedClass ?? '')
  const unseen = new Set(revised?.keys())
  const rows = new Map<string, Cells>()
  for (const [index, cells] of main.rows.entries()) {
    const path = `${file}:${index + 2}`
    const columns = conversion.columns(cells)
    if (columns === undefined) continue
    if (typeof columns === 'string') {
      leftOut.push({ path, reason: columns })
      continue
    }
    const name = cells.drug_name ?? cells.item_name ?? cells.main_item_name ?? ''
    const listed = codesOf === undefined ? [cells.nhsa_code ?? ''] : codesOf(name)
    if (listed.length === 0) leftOut.push({ path, reason: '没有国家编码' })
    unseen.delete(name)
    for (const [code, span] of spansOf(conversion, listed, revised?.get(name))) {
      const row = { code, name, source: conversion.source, ...span, ...columns }
      const key = conversion.keys.map((column) => row[column as keyof typeof row]).join(' ')
      if (rows.has(key)) leftOut.push({ path, reason: `${key} 重复，以先出现的一行为准` })
      else rows.set(key, row)
    }
  }
  for (const name of unseen) {
    leftOut.push({ path: pointsFile, reason: `${table}：修订新增 ${name}，没有它的分列限定` })
  }
  const lines = [...rows.values()].map((row) =>
    csvLine(conversion.header.map((column) => row[column] ?? '')))
  const csv = [csvLine(conversion.header), ...lines, ''].join('\n')
  return { name: table, rowCount: rows.size, csv }
}

/** When each code holds: until the revision, across it, or only since. */
function spansOf(
  { revisedClass }: Conversion, listed: readonly string[], revised: readonly string[] | undefined,
): Map<string, Cells> {
  if (revisedClass === undefined) return new Map(listed.map((code) => [code, {}]))
  const kept = new Set(revised)
  const spans = new Map<string, Cells>()
  for (const code of listed) spans.set(code, kept.has(code) ? {} : { valid_to: revisionDay })
  for (const code of kept) if (!spans.has(code)) spans.set(code, { valid_from: revisionDay })
  return spans
}

function readRevision(sources: ReadonlyMap<string, Source>, leftOut: LeftOut[]): Revision {
  const points = sources.get(pointsFile)
  const codes = sources.get(pointCodesFile)
  const revision = new Map<string, Map<string, string[]>>()
  if (points === undefined || codes === undefined) {
    const reason = `没有修订（${pointsFile}、${pointCodesFile}）：被修订的药品只到 ${revisionDay}`
    leftOut.push({ path: pointsFile, reason })
    return revision
  }
  points.isUsed = true
  codes.isUsed = true
  const codesByPoint = new Map<string, string[]>()
  for (const { kp_no: point = '', nhsa_code: code = '' } of codes.rows) {
    const list = codesByPoint.get(point) ?? []
    codesByPoint.set(point, list)
    list.push(code)
  }
  for (const cells of points.rows) {
    if (cells.batch_tag !== revisionTag) continue
    const { rule_class: ruleClass = '', item_name: name = '', kp_no: point = '' } = cells
    const byName = revision.get(ruleClass) ?? new Map<string, string[]>()
    revision.set(ruleClass, byName)
    byName.set(name, [...byName.get(name) ?? [], ...codesByPoint.get(point) ?? []])
  }
  return revision
}

function groupCodes(rows: readonly Cells[]): (name: string) => readonly string[] {
  const groups = new Map<string, string[]>()
  for (const { drug_name: name = '', nhsa_code: code = '' } of rows) {
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [code])
    else group.push(code)
  }
  return (name) => groups.get(name) ?? []
}

function csvLine(cells: readonly string[]): string {
  return cells.map((cell) => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')
}
