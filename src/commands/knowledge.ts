// npm run knowledge -- import | list | diff | export | remove | publish | fetch: the knowledge library
// by the batch, in KNOWLEDGE_DIR. An import is all or nothing: what the loader would refuse is not written.
import { mkdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { checks } from '../checks/registry.js'
import { dayOf } from '../claim/day.js'
import { ServiceError } from '../errors.js'
import {
  isBatchName, listBatches, readBatch, removeBatch, writeBatch,
} from '../files/knowledge-folder.js'
import { readRulesFolders } from '../files/rules-folder.js'
import type { FolderText } from '../files/rules-folder.js'
import { csvOf } from '../knowledge/batch.js'
import { differenceOf } from '../knowledge/difference.js'
import { inForceOn, layTables } from '../knowledge/in-force.js'
import type { LaidRow } from '../knowledge/in-force.js'
import { compile } from '../rulebook/compile.js'
import { parseDay } from '../rulebook/dates.js'
import { readManifest } from '../rulebook/layers.js'
import { commonColumns } from '../rulebook/table-file.js'
import { importFrom } from './knowledge-import.js'
import type { ImportedBatch } from './knowledge-import.js'
import { differenceReport, importReport, listReport } from './knowledge-report.js'
import { fetchShared, publish } from './knowledge-share.js'
import { trialText } from './knowledge-trial.js'

export interface KnowledgeCommand {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly write: (text: string) => void
  readonly now: Date
  readonly pid: number
  /** Nanoseconds of a clock that only goes forward. */
  readonly elapsed: () => number
}

const usage = `用法（知识库在 KNOWLEDGE_DIR）：
  npm run knowledge -- import <文件或文件夹> [--dry-run] [--by 导入人] [--date 生效日期]
      [--batch 批次名] [--region 行政区划] [--whole]   导入官方附件（xlsx）或 CSV；--whole 修订全表
  npm run knowledge -- list [日期]                    有哪些批次，各表有多少行有效
  npm run knowledge -- diff <A> <B>                   两个批次、两个日期或两个文件夹的差别
  npm run knowledge -- export <文件夹>                合并后的各表，带有效期
  npm run knowledge -- remove <批次名>                撤回一个批次
  npm run knowledge -- publish | fetch                发布到共同的 NATS，或从那里取来
`

interface Folders {
  readonly rulesDir: string
  readonly knowledgeDir: string
}

/** The exit code: 0 done, 1 refused, 2 asked wrongly. */
export async function knowledgeCommand(command: KnowledgeCommand): Promise<number> {
  const { args, env, write } = command
  const asked = readArgs(args)
  const knowledgeDir = env['KNOWLEDGE_DIR']
  if (asked === undefined || knowledgeDir === undefined) {
    write(knowledgeDir === undefined ? `没有设置 KNOWLEDGE_DIR\n${usage}` : usage)
    return 2
  }
  const folders = { rulesDir: resolve(env['RULES_DIR'] ?? 'rules'), knowledgeDir: resolve(knowledgeDir) }
  const { action, first, second } = asked
  if (action === 'import' && first !== undefined) return importBatches(first, asked, { ...command, folders })
  if (action === 'list') return list(first, { ...command, folders })
  if (action === 'diff' && second !== undefined) {
    const sides = [await rowsOf(first!, folders), await rowsOf(second, folders)] as const
    write(differenceReport(differenceOf(...sides)))
    return 0
  }
  if (action === 'export' && first !== undefined) return exportTables(first, { folders, write })
  if (action === 'remove' && first !== undefined) {
    const isGone = isBatchName(first) && await removeBatch(folders.knowledgeDir, first)
    write(isGone ? `已撤回 ${first}\n` : `没有批次 ${first}\n`)
    return isGone ? 0 : 1
  }
  if (action === 'publish' || action === 'fetch') {
    const sharing = { folders, env, write, now: command.now, by: asked.values.by ?? userInfo().username }
    return action === 'publish' ? publish(sharing) : fetchShared(sharing)
  }
  write(usage)
  return 2
}

interface Asked {
  readonly action: string | undefined
  readonly first: string | undefined
  readonly second: string | undefined
  readonly values: {
    readonly 'dry-run'?: boolean
    readonly whole?: boolean
    readonly by?: string
    readonly date?: string
    readonly batch?: string
    readonly region?: string
  }
}

/** Undefined: an option that there is not, or a value that cannot be. */
function readArgs(args: readonly string[]): Asked | undefined {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    const { positionals, values } = parseArgs({
      args: [...args], allowPositionals: true,
      options: { 'dry-run': flag, whole: flag, by: text, date: text, batch: text, region: text },
    })
    const [action, first, second] = positionals
    const isRight = (values.date === undefined || parseDay(values.date) !== undefined)
      && (values.batch === undefined || isBatchName(values.batch))
      && /^(\d{2,6})?$/.test(values.region ?? '')
    return isRight ? { action, first, second, values } : undefined
  } catch {
    return undefined
  }
}

interface Context extends KnowledgeCommand {
  readonly folders: Folders
}

async function importBatches(path: string, { values }: Asked, context: Context): Promise<number> {
  const { folders, write, now } = context
  const { batches, leftOut } = await importFrom(path, {
    knowledgeDir: folders.knowledgeDir, batch: values.batch, date: values.date, now,
    region: values.region ?? '', by: values.by ?? userInfo().username, isWholeList: values.whole === true,
  })
  write(importReport(batches, leftOut))
  if (batches.length === 0) return 1
  const before = await readRulesFolders(folders)
  const after = withBatches(before, batches)
  const compiled = compile(after, checks)
  const mistakes = compiled.ok ? [] : compiled.mistakes.filter(({ path: at }) => at.startsWith('knowledge/'))
  if (mistakes.length > 0) {
    write(`\n没有导入，这些行不能载入：\n${mistakes.map((one) => `  ${one.path} ${one.message}\n`).join('')}`)
    return 1
  }
  if (values['dry-run'] === true) {
    const day = Math.max(...batches.map(({ manifest }) => dayOf(manifest.day)))
    const [was, is] = [before, after].map((texts) => inForceOn(layTables(texts).rows, day))
    write(`\n试算（${batches.length} 个批次，未写入）：\n${differenceReport(differenceOf(was!, is!))}`)
    const files = after.filter(({ path: at }) => at.startsWith('knowledge/'))
      .map(({ path: at, text }) => ({ name: at.slice('knowledge/'.length), text }))
    write(await trialText({ ...context, files, rulesDir: folders.rulesDir }))
    return 0
  }
  for (const { id, files } of batches) await writeBatch(folders.knowledgeDir, id, files)
  write(`\n已写入 ${folders.knowledgeDir}\n`)
  return 0
}

function withBatches(
  texts: readonly FolderText[], batches: readonly ImportedBatch[],
): FolderText[] {
  const replaced = new Set(batches.map(({ id }) => id))
  const isKept = ({ path }: FolderText) =>
    !path.startsWith('knowledge/') || !replaced.has(path.split('/')[1]!)
  return [
    ...texts.filter(isKept),
    ...batches.flatMap(({ id, files }) =>
      files.map(({ name, text }) => ({ path: `knowledge/${id}/${name}`, text }))),
  ]
}

async function list(date: string | undefined, { folders, write, now }: Context): Promise<number> {
  const names = await listBatches(folders.knowledgeDir)
  const batches = await Promise.all(names.map(async (id) => {
    const files = await readBatch(folders.knowledgeDir, id)
    return { id, manifest: readManifest(files.find(({ name }) => name === 'manifest.json')!.text) }
  }))
  const texts = await readRulesFolders(folders)
  const compiled = compile(texts, checks)
  const used = compiled.ok ? compiled.book.parts.flatMap(({ table }) => table?.name ?? []) : []
  write(listReport({
    batches: batches.flatMap(({ id, manifest }) => (manifest === undefined ? [] : [{ id, manifest }])),
    rows: layTables(texts).rows,
    day: dayOf(date ?? now.toISOString()),
    used: new Set(used),
  }))
  return 0
}

/** A batch: its own rows. A day: what holds then. A folder: what holds when its last batch does. */
async function rowsOf(side: string, folders: Folders): Promise<LaidRow[]> {
  const day = parseDay(side)
  if (day !== undefined) return inForceOn(layTables(await readRulesFolders(folders)).rows, day)
  const files = isBatchName(side) ? await readBatch(folders.knowledgeDir, side) : []
  if (files.length > 0) {
    return [...layTables(files.map(({ name, text }) =>
      ({ path: `knowledge/${side}/${name}`, text }))).rows]
  }
  const texts = await readRulesFolders({ ...folders, knowledgeDir: resolve(side) })
  const known = texts.filter(({ path }) => path.startsWith('knowledge/'))
  if (known.length === 0) {
    throw new ServiceError('TABLE_INVALID', { path: side, detail: '没有这个批次、日期或文件夹' })
  }
  const { rows } = layTables(texts)
  const last = rows.reduce((latest, { path, fromDay }) =>
    (path.startsWith('knowledge/') ? Math.max(latest, fromDay) : latest), 0)
  return inForceOn(rows, last)
}

async function exportTables(
  out: string, { folders, write }: { folders: Folders, write: (text: string) => void },
): Promise<number> {
  const { rows } = layTables(await readRulesFolders(folders))
  const byTable = new Map<string, LaidRow[]>()
  for (const row of rows) {
    const known = byTable.get(row.table)
    if (known === undefined) byTable.set(row.table, [row])
    else known.push(row)
  }
  await mkdir(out, { recursive: true })
  for (const [table, own] of byTable) {
    const columns = new Set(own.flatMap(({ cells }) => Object.keys(cells)))
    const limits = [...columns].filter((column) => !commonColumns.includes(column))
    const header = ['code', 'name', ...limits, ...commonColumns.slice(2)]
    await writeFile(join(out, `${table}.csv`), csvOf(header, own.map(({ cells }) => cells)))
  }
  write(`${byTable.size} 张表 ${rows.length} 行，写入 ${out}\n`)
  return 0
}

/* c8 ignore start -- the process itself: what it runs is tested above it */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = await knowledgeCommand({
      args: process.argv.slice(2), env: process.env, now: new Date(), pid: process.pid,
      elapsed: () => Number(process.hrtime.bigint()),
      write: (text) => process.stdout.write(text),
    })
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    process.stderr.write(`${error.code} ${error.path} ${error.message}\n`)
    process.exitCode = 1
  }
}
/* c8 ignore stop */
