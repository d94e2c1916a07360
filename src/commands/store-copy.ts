// `store backup` and `store restore`: the store and its position, copied out while it is in use, and
// back while it is not. Remembers where backups were put, so that a rebuild can start from one.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ServiceError } from '../errors.js'
import type { Position } from '../position.js'
import { hasStore, replaceStore } from '../lmdb/swap.js'
import { bytesText } from './store-status.js'
import { newStorePath, storePath, withLock, withStore } from './store-world.js'
import type { World } from './store-world.js'

const notedMax = 100 // backups are made daily or so; older ones are found by naming them

/** Copies the store with its position; the service may run. Takes the place of a backup there. */
export async function backup(world: World, folder: string): Promise<void> {
  const from = storePath(world)
  const to = resolve(folder)
  if (to === resolve(from)) throw ownFolder(folder)
  const making = join(to, '.new')
  await withStore(from, (store) => {
    requirePosition(store.position(), from)
    return copying(making, () => store.backup(making))
  })
  // What was copied is read before it takes the place of an older one.
  const { position, bytes } = await withStore(making, (copy) => copy.status())
  replaceStore(making, to)
  note(world, to)
  const { sequence } = requirePosition(position, to)
  world.write(`backed up to ${to}: it stands at event ${sequence}, ${bytesText(bytes)}\n`)
}

/** Puts a backup in the place of the store; the next start reads on from where the backup stands. */
export async function restore(world: World, folder: string): Promise<void> {
  const to = storePath(world)
  if (resolve(folder) === resolve(to)) throw ownFolder(folder)
  await withLock(world, async () => {
    const { sequence, streamCreated } = await copyBackup(world, folder)
    const present = await presentPosition(to)
    if (present !== undefined && present.streamCreated !== streamCreated) {
      rmSync(newStorePath(world), { recursive: true, force: true })
      const detail = `the backup is of the stream made ${streamCreated}, the store in use of the one made `
        + `${present.streamCreated}. If the backup is meant all the same, move ${to} away first`
      throw new ServiceError('STREAM_CHANGED', { path: folder, detail })
    }
    replaceStore(newStorePath(world), to)
    const before = present === undefined ? '' : ` (the store before it stood at event ${present.sequence})`
    world.write(`restored from ${folder}: it stands at event ${sequence}${before}; `
      + 'the next start reads on from there\n')
  })
}

/** Copies a backup to where a new store is made, and says where it stands. */
export async function copyBackup(world: World, folder: string): Promise<Position> {
  const to = newStorePath(world)
  rmSync(to, { recursive: true, force: true }) // left by a run that was killed
  return withStore(folder, async (store) => {
    const position = requirePosition(store.position(), folder)
    await copying(to, () => store.backup(to))
    return position
  })
}

/** The backup that stands furthest in the same stream and not beyond the store in use. */
export async function newestBackup(world: World, until: Position): Promise<string> {
  const usable: { path: string, sequence: number }[] = []
  for (const path of noted(world).filter(hasStore)) {
    const position = await presentPosition(path)
    if (position === undefined || !isNotBeyond(position, until)) continue
    usable.push({ path, sequence: position.sequence })
  }
  const [newest] = usable.sort((a, b) => b.sequence - a.sequence)
  if (newest !== undefined) return newest.path
  const detail = 'no backup of this stream is known here; name its folder after --from-backup, or rebuild '
    + 'from the whole stream without it'
  throw new ServiceError('STORE_MISSING', { detail })
}

/** Whether a position is of the same stream and format and not beyond `until`; the same event counts. */
export function isNotBeyond(position: Position, until: Position): boolean {
  return position.streamCreated === until.streamCreated && position.format === until.format
    && position.sequence <= until.sequence
}

/** Undefined when there is no store, or none that can be read. */
async function presentPosition(path: string): Promise<Position | undefined> {
  try {
    return await withStore(path, (store) => store.position())
  } catch (error) {
    if (error instanceof ServiceError && error.code !== 'STORE_NEWER') return undefined
    throw error
  }
}

function requirePosition(position: Position | undefined, path: string): Position {
  if (position !== undefined) return position
  throw new ServiceError('STORE_MISSING', { path, detail: 'nothing was ever committed to it' })
}

async function copying(to: string, copy: () => Promise<void>): Promise<void> {
  try {
    rmSync(to, { recursive: true, force: true })
    mkdirSync(to, { recursive: true, mode: 0o700 })
    await copy()
  } catch (cause) {
    /* c8 ignore next -- a disk that fills up during the copy */
    if (existsSync(to)) rmSync(to, { recursive: true })
    const detail = 'the copy cannot be written: look at the disk and at who may write there'
    throw new ServiceError('STORE_UNAVAILABLE', { path: to, detail, cause })
  }
}

function ownFolder(path: string): ServiceError {
  return new ServiceError('REQUEST_MALFORMED', { path, detail: 'that is the store in use; name another' })
}

// --- where backups were put ---

const noteFile = ({ config }: World) => join(config.dataDir, 'backups.json')

/** Absolute paths, the latest first. */
function noted(world: World): string[] {
  if (!existsSync(noteFile(world))) return []
  try {
    const paths: unknown = JSON.parse(readFileSync(noteFile(world), 'utf8'))
    return Array.isArray(paths) ? paths.filter((path) => typeof path === 'string') : []
  } catch {
    return [] // written by hand or cut short: the backups themselves are untouched
  }
}

function note(world: World, path: string): void {
  const paths = [path, ...noted(world).filter((other) => other !== path)]
  writeFileSync(noteFile(world), JSON.stringify(paths.slice(0, notedMax), undefined, 2))
}
