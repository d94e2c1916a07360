// The knowledge folder on disk: one directory a batch, with its manifest and tables, replaced or removed
// as a whole. A reader never meets half a batch: what is being written is hidden until it is whole.
import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { ServiceError } from '../errors.js'

export interface BatchFile {
  /** manifest.json, or a table as CSV. */
  readonly name: string
  readonly text: string
}

/** Folder names of batches; `local` is the overlay. */
const batchName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/
/** The largest published list as CSV is below 40 MB. */
const fileBytesMax = 268_435_456

/** Whether a folder may hold a batch: a plain name that is not the overlay's and cannot leave its parent. */
export function isBatchName(name: string): boolean {
  return batchName.test(name) && name !== 'local'
}

/** Names of the directories that have a manifest, sorted. */
export async function listBatches(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => [])
  const names: string[] = []
  for (const entry of entries) {
    if (!entry.isDirectory() || !isBatchName(entry.name)) continue
    if (await isFile(join(dir, entry.name, 'manifest.json'))) names.push(entry.name)
  }
  return names.toSorted()
}

/** Files of one batch; none: there is no such batch. */
export async function readBatch(dir: string, name: string): Promise<BatchFile[]> {
  const folder = join(dir, name)
  const names = await readdir(folder).catch(() => [])
  const own = names.filter((file) => file === 'manifest.json' || file.endsWith('.csv')).toSorted()
  return Promise.all(own.map(async (file) =>
    ({ name: file, text: await readFile(join(folder, file), 'utf8') })))
}

/** The batch as given, in the place of one of its name. */
export async function writeBatch(
  dir: string, name: string, files: readonly BatchFile[],
): Promise<void> {
  const part = join(dir, `.part-${name}`)
  await rm(part, { recursive: true, force: true })
  for (const file of files) {
    const path = join(part, file.name) // of a loose table the part is the file itself
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, file.text)
  }
  await removeBatch(dir, name)
  await rename(part, join(dir, name))
}

/** False: there was none. */
export async function removeBatch(dir: string, name: string): Promise<boolean> {
  const gone = join(dir, `.gone-${name}`)
  await rm(gone, { recursive: true, force: true })
  const isThere = await rename(join(dir, name), gone).then(() => true, () => false)
  await rm(gone, { recursive: true, force: true })
  return isThere
}

/**
 * These files, by path below the folder, in the place of all knowledge there: one batch or other entry
 * after the other, each as a whole. What is no knowledge is left alone.
 */
export async function replaceKnowledge(dir: string, files: readonly BatchFile[]): Promise<void> {
  const entries = new Map<string, BatchFile[]>()
  for (const { name, text } of files) {
    const [top = '', ...rest] = name.split('/')
    entries.set(top, [...entries.get(top) ?? [], { name: rest.join('/'), text }])
  }
  for (const [top, own] of entries) await writeBatch(dir, top, own)
  for (const top of await knowledgeEntries(dir)) {
    if (!entries.has(top)) await removeBatch(dir, top)
  }
}

/** Entries of the folder that are, or hold, tables. */
async function knowledgeEntries(dir: string): Promise<string[]> {
  const below = await filesBelow(dir)
  const tables = below.map((path) => relative(dir, path)).filter((path) => path.endsWith('.csv'))
  return [...new Set(tables.map((path) => path.split('/')[0]!))]
}

export interface SourceText {
  readonly text: string
  readonly sha256: string
}

/** A CSV file to import, unpacked where it ends in .gz; the hash is of the file as it lies there. */
export async function readSource(path: string): Promise<SourceText> {
  const bytes = await readBytes(path)
  const text = (path.endsWith('.gz')
    ? gunzipSync(bytes, { maxOutputLength: fileBytesMax })
    : bytes).toString('utf8')
  return { text, sha256: sha256(bytes) }
}

/** SHA-256 of a file as it lies there, hexadecimal. Throws TABLE_INVALID over 256 MB. */
export async function hashOf(path: string): Promise<string> {
  return sha256(await readBytes(path))
}

async function readBytes(path: string): Promise<Buffer> {
  const { size } = await stat(path)
  if (size <= fileBytesMax) return readFile(path)
  throw new ServiceError('TABLE_INVALID', { path, detail: `over ${fileBytesMax} bytes` })
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** A file itself, or every file below a folder but hidden ones; sorted. */
export async function filesBelow(path: string): Promise<string[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new ServiceError('TABLE_INVALID', { path, detail: 'no such file or folder', cause })
  })
  if (found.isFile()) return [path]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && !/(^|\/)[.~]/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isFile(), () => false)
}
