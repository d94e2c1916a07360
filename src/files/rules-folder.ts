// The rules folder and the knowledge folder on disk: all texts, and a word when something changes.
// Knows nothing of what the texts mean.
import { watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { readFile, readdir, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { ServiceError } from '../errors.js'

export interface FolderText {
  /**
   * Relative to its folder, forward slashes; files of the knowledge folder begin with `knowledge/`.
   */
  readonly path: string
  readonly text: string
}

export interface RulesFolders {
  readonly rulesDir: string
  /** Undefined, or not there: no knowledge beside the rules. */
  readonly knowledgeDir?: string | undefined
}

/** The largest national list as CSV is below 40 MB. */
const fileBytesMax = 268_435_456

/**
 * Every `*.yaml` and `tables/*.csv` of the rules; of the knowledge every `*.csv` and the batches'
 * manifests. By path.
 */
export async function readRulesFolders({
  rulesDir, knowledgeDir,
}: RulesFolders): Promise<FolderText[]> {
  const rules = (await pathsOf(rulesDir)).filter((path) =>
    path.endsWith('.yaml') || /(^|\/)tables\/[^/]+\.csv$/.test(path))
  const knowledge = knowledgeDir === undefined || !(await isFolder(knowledgeDir))
    ? []
    : (await pathsOf(knowledgeDir)).filter((path) => /(\.csv|\/manifest\.json)$/.test(path))
  const texts: FolderText[] = []
  for (const path of rules) texts.push({ path, text: await read(join(rulesDir, path)) })
  for (const path of knowledge) {
    texts.push({ path: `knowledge/${path}`, text: await read(join(knowledgeDir!, path)) })
  }
  return texts
}

async function pathsOf(dir: string): Promise<string[]> {
  const entries = await orNamed(dir, 'the folder', () =>
    readdir(dir, { recursive: true, withFileTypes: true }))
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.split('/').some((step) => step.startsWith('.')))
    .toSorted()
}

/** What it reads; else the path that could not be read. */
async function orNamed<T>(path: string, what: string, reading: () => Promise<T>): Promise<T> {
  try {
    return await reading()
  } catch (cause) {
    throw new ServiceError('RULEBOOK_INVALID', { path, detail: `${what} cannot be read`, cause })
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isDirectory(), () => false)
}

async function read(path: string): Promise<string> {
  // It may be gone: an editor saves by renaming. The next change is a moment away.
  const text = await orNamed(path, 'the file', async () =>
    (await stat(path)).size > fileBytesMax ? undefined : readFile(path, 'utf8'))
  if (text !== undefined) return text
  throw new ServiceError('RULEBOOK_INVALID', { path, detail: `over ${fileBytesMax} bytes` })
}

export interface WatchOptions {
  /** Once, this long after the last change: an editor or an import writes many files. */
  readonly quietMs?: number
  readonly onChange: () => void
  /** A folder that can no longer be watched: reload by hand still works. */
  readonly onFailure: (cause: unknown) => void
}

/** Tells of changes until `stop`. Folders that are not there are not watched. */
export function watchRulesFolders(
  { rulesDir, knowledgeDir }: RulesFolders, { quietMs = 300, onChange, onFailure }: WatchOptions,
): { stop(): void } {
  let timer: NodeJS.Timeout | undefined
  const changed = () => {
    clearTimeout(timer)
    timer = setTimeout(onChange, quietMs)
  }
  const watchers: FSWatcher[] = []
  for (const dir of [rulesDir, knowledgeDir]) {
    if (dir === undefined) continue
    try {
      const watcher = watch(dir, { recursive: true }, changed)
      watchers.push(watcher.on('error', onFailure))
    } catch (cause) {
      onFailure(cause)
    }
  }
  return {
    stop() {
      clearTimeout(timer)
      for (const watcher of watchers) watcher.close()
    },
  }
}
