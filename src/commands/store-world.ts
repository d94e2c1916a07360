// What the store's commands share: the settings, where the stores lie, the lock of the data folder, a
// way to the NATS server that never ends a server which the running service uses.
import { join } from 'node:path'
import { pino } from 'pino'
import type { Config } from '../config.js'
import { ServiceError } from '../errors.js'
import { Store } from '../lmdb/store.js'
import { hasStore } from '../lmdb/swap.js'
import type { ConnectOptions } from '../nats/connect.js'
import { embeddedUrl } from '../nats/embedded.js'
import { lockDataDir, lockHolder } from '../nats/lock.js'
import { natsOptions } from '../nats-options.js'

export interface World {
  readonly config: Config
  readonly pid: number
  /** Who runs the command, for the audit log. */
  readonly user?: string
  /** Milliseconds, UTC. */
  readonly now: () => number
  readonly write: (text: string) => void
  /** A line may be written over. */
  readonly isTerminal: boolean
  /** Ctrl-C. */
  readonly signal: AbortSignal
}

/** The folder of the store in use, whether there is one or not. */
export const storePath = ({ config }: World) => join(config.dataDir, 'store')
/** Where another store is made before it takes the place of the one in use. */
export const newStorePath = ({ config }: World) => join(config.dataDir, 'store.new')

const log = pino({ level: 'silent' })

/** Runs it with a store that is only read. Throws STORE_MISSING, STORE_UNAVAILABLE, STORE_NEWER. */
export async function withStore<T>(path: string, use: (store: Store) => Promise<T> | T): Promise<T> {
  if (!hasStore(path)) throw new ServiceError('STORE_MISSING', { path })
  const store = openToRead(path)
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

function openToRead(path: string): Store {
  try {
    return Store.open(path, { isReadOnly: true })
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause
    throw new ServiceError('STORE_UNAVAILABLE', { path, detail: 'it cannot be read', cause })
  }
}

/** Runs it while no service can; throws STORE_LOCKED, with the process id, while one does. */
export async function withLock<T>({ config, pid }: World, use: () => Promise<T>): Promise<T> {
  const unlock = lockDataDir(config.dataDir, pid)
  try {
    return await use()
  } finally {
    unlock()
  }
}

/** Runs it with the server of NATS_URL, or with one of our own; the data folder is locked already. */
export async function withNats<T>(
  { config }: World, use: (nats: ConnectOptions) => Promise<T>,
): Promise<T> {
  const nats = await natsOptions(config, log)
  try {
    return await use(nats.options)
  } finally {
    await nats.stop?.()
  }
}

/** The server that is up already; undefined when there is none that we know of. */
export async function livingNats({ config }: World): Promise<ConnectOptions | undefined> {
  if (config.natsUrl !== undefined) return (await natsOptions(config, log)).options
  const url = embeddedUrl(config.dataDir)
  return url === undefined ? undefined : { url, name: 'claimsentry' }
}

/** Runs it with the server of the service that runs, or else as withNats does. */
export async function withAnyNats<T>(
  world: World, use: (nats: ConnectOptions) => Promise<T>,
): Promise<T> {
  const { natsUrl, dataDir } = world.config
  const isUp = natsUrl !== undefined || lockHolder(dataDir) !== undefined
  const nats = isUp ? await livingNats(world) : undefined
  return nats === undefined ? withLock(world, () => withNats(world, use)) : use(nats)
}
