// What `knowledge -- import` reads and makes of it: workbooks and CSV lists -> batches, each laid over
// what its folder already has of other rules. Writes nothing: that is the command's last step.
import { basename, dirname } from 'node:path'
import { filesBelow, hashOf, readBatch, readSource } from '../files/knowledge-folder.js'
import type { BatchFile } from '../files/knowledge-folder.js'
import { readWorkbook } from '../files/workbook.js'
import { buildBatch } from '../knowledge/batch.js'
import type { BuiltBatch } from '../knowledge/batch.js'
import { listOf } from '../knowledge/lists.js'
import { isBesideLists, isNationalCsv, readNationalCsv } from '../knowledge/national-csv.js'
import type { TextFile } from '../knowledge/national-csv.js'
import { batchIn, batchNamed, isRevision, officialDay } from '../knowledge/official.js'
import type { Attachment, LeftOut } from '../knowledge/point.js'
import { readSheets } from '../knowledge/sheet.js'
import type { Manifest, ManifestSource } from '../rulebook/batch-manifest.js'
import { readManifest } from '../rulebook/layers.js'

export interface ImportOptions {
  readonly knowledgeDir: string
  /** Batch of files whose names do not tell. */
  readonly batch?: string | undefined
  /** Day in force; otherwise as published. */
  readonly date?: string | undefined
  readonly region: string
  readonly by: string
  /** The list is a revision: what it no longer names ends. */
  readonly isWholeList: boolean
  readonly now: Date
}

export interface ImportedBatch {
  readonly id: string
  readonly manifest: Manifest
  /** What this import brought; the folder may hold other rules' lists besides. */
  readonly sources: readonly ManifestSource[]
  readonly files: readonly BatchFile[]
}

export interface Imported {
  readonly batches: readonly ImportedBatch[]
  readonly leftOut: readonly LeftOut[]
}

/**
 * Reads a file or a folder into whole batches and writes nothing: the caller does, where it wants them.
 * What cannot be read is in `leftOut`, with the reason in Chinese. Throws TABLE_INVALID for no such path.
 */
export async function importFrom(path: string, options: ImportOptions): Promise<Imported> {
  const read = await readAll(path, options)
  const leftOut = [...read.leftOut]
  const byBatch = new Map<string, Attachment[]>()
  for (const attachment of read.attachments) {
    byBatch.set(attachment.batch, [...byBatch.get(attachment.batch) ?? [], attachment])
  }
  const batches: ImportedBatch[] = []
  for (const [id, attachments] of [...byBatch].toSorted()) {
    const day = options.date ?? attachments.find((one) => one.day !== undefined)?.day ?? officialDay(id)
    if (day === undefined) {
      leftOut.push({ path: id, reason: '不知道从哪天起生效，请写明 --date 年-月-日' })
      continue
    }
    const built = buildBatch(attachments, {
      name: batchNamed(id), day,
      isWholeList: options.isWholeList || isRevision(id),
      hashOf: (file) => read.hashes.get(file)!,
    })
    batches.push(await laidOver(built, options))
  }
  return { batches, leftOut }
}

interface ReadFiles {
  readonly attachments: Attachment[]
  readonly leftOut: LeftOut[]
  /** SHA-256 by file name. */
  readonly hashes: Map<string, string>
}

async function readAll(path: string, options: ImportOptions): Promise<ReadFiles> {
  const read: ReadFiles = { attachments: [], leftOut: [], hashes: new Map() }
  const texts: TextFile[] = []
  for (const file of await filesBelow(path)) {
    const name = basename(file).replace(/\.gz$/, '')
    if (/\.xlsx$/i.test(file)) await addWorkbook(read, file, options)
    else if (isNationalCsv(name)) {
      const { text, sha256 } = await readSource(file)
      read.hashes.set(name, sha256)
      texts.push({ name, text })
    } else if (/\.(csv|xls|pdf|docx?|zip|rar)$/i.test(name) && !isBesideLists(name)) {
      const reason = /\.xls$/i.test(name) ? '旧版 xls，请另存为 xlsx 再导入' : '不是认识的格式，跳过'
      read.leftOut.push({ path: name, reason })
    }
  }
  if (texts.length > 0) {
    const { attachments, leftOut } = readNationalCsv(texts)
    read.attachments.push(...attachments)
    read.leftOut.push(...leftOut)
  }
  return read
}

/** The batch is told by the file's name, by the sheet's title, by the folder, or by the caller. */
async function addWorkbook(
  { attachments, leftOut, hashes }: ReadFiles, path: string, { batch }: ImportOptions,
): Promise<void> {
  const file = basename(path)
  const sheets = await readWorkbook(path).catch(() => undefined)
  if (sheets === undefined) {
    leftOut.push({ path: file, reason: '不是可以读的 xlsx，跳过' })
    return
  }
  hashes.set(file, await hashOf(path))
  const folder = basename(dirname(path))
  for (const { rule, title, points } of readSheets(file, sheets, leftOut)) {
    const named = batch ?? [file, title, folder].map(batchIn).find((found) => found !== undefined)?.id
    const id = named ?? (officialDay(folder) === undefined ? undefined : folder)
    if (id === undefined) leftOut.push({ path: file, reason: '不知道是第几批，请写明 --batch 批次名' })
    else attachments.push({ file, readFrom: file, rule, batch: id, points })
  }
}

/** A batch brought file by file keeps the lists of its other rules. */
async function laidOver(
  { name, day, sources, tables }: BuiltBatch, options: ImportOptions,
): Promise<ImportedBatch> {
  const { knowledgeDir, region, by, now } = options
  const before = await readBatch(knowledgeDir, name.id)
  const text = before.find((file) => file.name === 'manifest.json')?.text
  const manifest = text === undefined ? undefined : readManifest(text)
  const rules = new Set(sources.map(({ rule }) => rule))
  const isOther = ({ rule }: ManifestSource) => !rules.has(rule)
  const kept = manifest?.day === day && manifest.region === region
    ? manifest.sources.filter(isOther)
    : []
  const replaced = new Set([...rules].flatMap((rule) => listOf(rule)!.tables.map(({ table }) => table)))
  const keptTables = new Set(kept.flatMap((source) => Object.keys(source.tables)))
  const files = before.filter((file) => {
    const table = file.name.replace(/\.csv$/, '')
    return keptTables.has(table) && !replaced.has(table)
  })
  const whole: Manifest = {
    format: 1, title: name.title, day, region, imported_by: by, imported_at: now.toISOString(),
    sources: [...kept, ...sources].toSorted((a, b) => Number(a.rule > b.rule) - Number(a.rule < b.rule)),
  }
  return {
    id: name.id, manifest: whole, sources,
    files: [
      { name: 'manifest.json', text: `${JSON.stringify(whole, null, 2)}\n` },
      ...files,
      ...tables.map((table) => ({ name: `${table.name}.csv`, text: table.csv })),
    ],
  }
}
