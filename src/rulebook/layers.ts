// Which file's rows win over which: the rules' own tables, then batches of knowledge in the order of
// their days, then loose files of the knowledge folder, then the local overlay. Knows paths and
// manifests; rows are row-layers.ts's work.
import { Value } from '@sinclair/typebox/value'
import { manifestSchema } from './batch-manifest.js'
import type { Manifest } from './batch-manifest.js'
import { parseDay } from './dates.js'
import type { Mistake, RuleText } from './mistake.js'
import type { TableRow } from './table-file.js'
import { versionOf } from './version.js'

export interface Layer {
  /** A row takes the days it covers from rows of its key and region with a lower rank. */
  readonly rank: number
  /** Where rows hold that do not say: a region, an institution, or '' for everywhere. */
  readonly region: string
}

export const rulesLayer: Layer = { rank: 0, region: '' }

/** From `fromDay` a table's list is the batch's: earlier batches' rows of its region end there. */
interface Replacement extends Layer {
  readonly fromDay: number
}

export interface Layers {
  of(path: string): Layer
  /** The rows of a table that newer lists leave, with the days they leave them. */
  cut(table: string, rows: readonly TableRow[]): TableRow[]
}

/** A region, or an institution's code. */
export const placePattern = /^(\d{2,6}|[A-Za-z][A-Za-z0-9]{5,29})?$/

/** The manifest of a knowledge batch; the local overlay has none. */
export function isManifestPath(path: string): boolean {
  return /^knowledge\/[^/]+\/manifest\.json$/.test(path) && !path.startsWith('knowledge/local/')
}

/** What of a manifest can change a verdict; who imported it and when cannot. */
export function manifestForVersion({ path, text }: RuleText): RuleText {
  const manifest = readManifest(text)
  if (manifest === undefined) return { path, text }
  return { path, text: JSON.stringify([manifest.day, manifest.region, listsOf(manifest)]) }
}

/** Of the knowledge alone: the same on every instance that has these files, whatever its engine. */
export function knowledgeVersionOf(texts: readonly RuleText[]): string {
  const known = texts.filter(({ path }) => path.startsWith('knowledge/'))
  const hashed = known.map((text) => (isManifestPath(text.path) ? manifestForVersion(text) : text))
  return hashed.length === 0 ? '' : versionOf(hashed, '')
}

/**
 * A manifest that cannot be read is a mistake (TABLE_INVALID), and its batch's files count as loose. So
 * is a folder of the overlay that names no place: `of` adds it when it meets one of its files.
 */
export function readLayers(texts: readonly RuleText[], mistakes: Mistake[]): Layers {
  const batches = readBatches(texts, mistakes)
  const byFolder = new Map<string, Layer>()
  const replacements = new Map<string, Replacement[]>()
  for (const [index, { folder, day, manifest }] of batches.entries()) {
    const layer: Layer = { rank: index + 1, region: manifest.region }
    byFolder.set(folder, layer)
    for (const table of listsOf(manifest)) {
      const known = replacements.get(table) ?? []
      replacements.set(table, [...known, { ...layer, fromDay: day }])
    }
  }
  const loose: Layer = { rank: batches.length + 1, region: '' }
  return {
    of(path) {
      const [first, folder = '', place = ''] = path.split('/')
      if (first !== 'knowledge') return rulesLayer
      if (folder !== 'local') return byFolder.get(folder) ?? loose
      const region = place.endsWith('.csv') ? '' : place
      if (!placePattern.test(region)) {
        const message = `文件夹 local/${region} 不是行政区划代码或机构编码`
        mistakes.push({ code: 'TABLE_INVALID', path: `${path}:1`, message })
      }
      return { rank: loose.rank + 1, region }
    },
    cut: (table, rows) => cutRows(rows, replacements.get(table) ?? [], loose.rank),
  }
}

interface Batch {
  readonly folder: string
  readonly day: number
  readonly manifest: Manifest
}

/** The later day wins; of one day, the later name. */
function readBatches(texts: readonly RuleText[], mistakes: Mistake[]): Batch[] {
  const batches: Batch[] = []
  for (const { path, text } of texts) {
    if (!isManifestPath(path)) continue
    const manifest = readManifest(text)
    const day = manifest === undefined ? undefined : parseDay(manifest.day)
    if (manifest === undefined || day === undefined) {
      mistakes.push({ code: 'TABLE_INVALID', path: `${path}:1`, message: '批次清单读不懂' })
      continue
    }
    batches.push({ folder: path.split('/')[1]!, day, manifest })
  }
  return batches.toSorted((a, b) => a.day - b.day || (a.folder < b.folder ? -1 : 1))
}

/** Undefined: not a manifest. */
export function readManifest(text: string): Manifest | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Value.Check(manifestSchema, value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Tables that a batch lists anew from first to last. */
function listsOf({ sources }: Manifest): string[] {
  const lists = sources.filter(({ replaces }) => replaces === 'list')
  return [...new Set(lists.flatMap(({ tables }) => Object.keys(tables)))].toSorted()
}

function cutRows(
  rows: readonly TableRow[], replacements: readonly Replacement[], looseRank: number,
): TableRow[] {
  if (replacements.length === 0) return [...rows]
  return rows.flatMap((row) => {
    const { rank } = row.file
    if (rank === 0 || rank >= looseRank) return [row]
    const ends = replacements
      .filter((newer) => newer.rank > rank && newer.region === row.region)
      .map(({ fromDay }) => fromDay)
    const untilDay = Math.min(row.untilDay, ...ends)
    return row.fromDay < untilDay ? [{ ...row, untilDay }] : []
  })
}
