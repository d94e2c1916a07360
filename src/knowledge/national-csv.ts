// The public lists as CSV: knowledge_points.csv with its codes, and the tidy/ folder, whose columns tell
// limits that the points' own words leave out. Either alone is read too. Texts in, attachments out.
import { parse } from 'csv-parse/sync'
import { listOf } from './lists.js'
import type { Attachment, Given, LeftOut, Point } from './point.js'
import { tidyFiles, tidyLists } from './tidy.js'
import type { TidyList } from './tidy.js'

export interface TextFile {
  /** Without its folder. */
  readonly name: string
  readonly text: string
}

export interface ReadLists {
  readonly attachments: readonly Attachment[]
  readonly leftOut: readonly LeftOut[]
}

type Row = Readonly<Record<string, string>>

const pointsFile = 'knowledge_points.csv'
const codesFile = 'knowledge_point_codes.csv'
/** Beside the lists in their folder; not lists. */
const otherFiles = ['rule_catalog_2025.csv', 'rule_framework_v1.csv', 'typical_violation_list.csv']

/** By its name alone. */
export function isNationalCsv(name: string): boolean {
  return name === pointsFile || name === codesFile || tidyFiles.has(name)
}

/** Whether a CSV file may be passed over without a word. */
export function isBesideLists(name: string): boolean {
  return otherFiles.includes(name)
}

/** Attachments of every list found; what cannot be read is left out with the reason, never guessed. */
export function readNationalCsv(files: readonly TextFile[]): ReadLists {
  const rows = new Map(files.map(({ name, text }) => [name, parseRows(text)]))
  const leftOut: LeftOut[] = []
  const tidy = tidyLists(rows, leftOut)
  const points = rows.get(pointsFile)
  const codes = rows.get(codesFile)
  if (points === undefined) return { attachments: tidy.map(attachmentOf), leftOut }
  if (codes === undefined) {
    leftOut.push({ path: pointsFile, reason: `没有 ${codesFile}，知识点没有编码` })
    return { attachments: [], leftOut }
  }
  return { attachments: attachmentsOf({ points, codes, tidy, leftOut }), leftOut }
}

function parseRows(text: string): Row[] {
  return parse(text, { bom: true, columns: true, skip_empty_lines: true, trim: true })
}

function attachmentOf({ file, rule, batch, points }: TidyList): Attachment {
  return { file, readFrom: file, rule, batch, points }
}

interface Raw {
  readonly points: readonly Row[]
  readonly codes: readonly Row[]
  readonly tidy: readonly TidyList[]
  readonly leftOut: LeftOut[]
}

function attachmentsOf({ points, codes, tidy, leftOut }: Raw): Attachment[] {
  const codesOf = new Map<string, string[]>()
  for (const { kp_no: point = '', nhsa_code: code = '' } of codes) {
    const list = codesOf.get(point)
    if (list === undefined) codesOf.set(point, [code])
    else list.push(code)
  }
  const limits = limitsBy(tidy)
  const attachments = new Map<string, { attachment: Attachment, points: Point[] }>()
  const strangers = new Map<string, number>()
  for (const row of points) {
    const { kp_no: id = '', rule_class: rule = '', batch_tag: batch = '', attachment_file: file = '' } = row
    if (listOf(rule) === undefined) {
      strangers.set(rule, (strangers.get(rule) ?? 0) + 1)
      continue
    }
    const key = `${batch} ${rule} ${file}`
    let known = attachments.get(key)
    if (known === undefined) {
      const points: Point[] = []
      const day = row['published_at'] === '' ? undefined : row['published_at']
      known = {
        attachment: { file, readFrom: pointsFile, rule, batch, points, ...(day && { day }) }, points,
      }
      attachments.set(key, known)
    }
    known.points.push(pointOf(row, codesOf.get(id) ?? [], limits))
  }
  for (const [rule, count] of strangers) {
    leftOut.push({ path: pointsFile, reason: `不认识规则“${rule}”：${count} 个知识点未导入` })
  }
  return [...attachments.values()].map(({ attachment }) => attachment)
}

type Limits = (rule: string, batch: string, point: { name: string, codes: readonly string[] }) => Given

/** What tidy/ tells of the same point of the same batch; of a later batch's point only the sex. */
function limitsBy(tidy: readonly TidyList[]): Limits {
  const byPoint = new Map<string, { batch: string, given: Given }>()
  for (const { rule, batch, points } of tidy) {
    for (const { name, codes, given } of points) {
      const key = `${rule} ${listOf(rule)!.isPair === true ? codes.join(' ') : name}`
      const isOne = JSON.stringify(byPoint.get(key)?.given ?? given) === JSON.stringify(given)
      byPoint.set(key, { batch, given: isOne ? given : {} }) // of several, nobody knows which
    }
  }
  return (rule, batch, { name, codes }) => {
    const key = listOf(rule)!.isPair === true ? codes.join(' ') : name
    const known = byPoint.get(`${rule} ${key}`)
    if (known === undefined) return {}
    if (known.batch === batch) return known.given
    return known.given.sex === undefined ? {} : { sex: known.given.sex }
  }
}

function pointOf(row: Row, codes: readonly string[], limits: Limits): Point {
  const { rule_class: rule = '', batch_tag: batch = '', item_name: name = '' } = row
  const given = {
    ...limits(rule, batch, { name, codes }),
    ...named('text', row['constraint_text']), ...named('logic', row['detect_logic']),
  }
  const { attachment_row: number = '' } = row
  return { number, name, codes, given }
}

function named(column: keyof Given, value = ''): Given {
  return value === '' ? {} : { [column]: value.replace(/\s*\n\s*/g, '') }
}
