// The embedded store: records by key, and the position that is committed with them in one
// transaction. Knows bytes and keys, not what they mean. Reads are synchronous and do not see writes
// that have not committed yet (histories keep those pinned).
import { mkdirSync, rmSync, statSync, statfsSync } from 'node:fs'
import { open } from 'lmdb'
import type { Database, RootDatabase } from 'lmdb'
import { ServiceError } from '../errors.js'
import type { Position } from '../position.js'
import { KeyFilter } from './key-filter.js'
import { hasStore, isStore, storeFile } from './swap.js'

/** The format of keys and position. Records carry their own versions (history/). */
export const STORE_FORMAT = 4

const positionKey = 'm:position'

/**
 * Free bytes below which nothing is written. LMDB does not come through a full disk unharmed (its
 * environment must be reopened), so we stop before: a group of 512 events changes below 20 MB of pages.
 */
export const reserveBytesDefault = 67_108_864

/** Serves 50 million records; with more it saves less and stays right. */
const filterBytesDefault = 67_108_864
/** Keys read at a time to fill the filter: an event that arrives meanwhile waits 2 ms. */
const filledAtOnce = 2_000

export interface Change {
  readonly key: string
  /** Undefined removes the record. */
  readonly value: Uint8Array | undefined
}

export interface StoreStatus {
  readonly position: Position | undefined
  readonly records: number
  readonly bytes: number
}

interface StoreOptions {
  /** Of the filter of keys (key-filter.ts); a power of two. */
  readonly filterBytes?: number
  readonly reserveBytes?: number
  /** Free bytes of the disk that holds `path`; handed in so that a test can fill the disk. */
  readonly freeBytes?: (path: string) => number
  /** Nothing is created or written: for a look at a store that another process may be using. */
  readonly isReadOnly?: boolean
}

/** One partition's store, in a directory of its own. */
export class Store {
  readonly #root: RootDatabase<Buffer, string>
  readonly #records: Database<Uint8Array, string>
  readonly #published: Database<Buffer, string>
  readonly #path: string
  readonly #reserveBytes: number
  readonly #freeBytes: (path: string) => number
  readonly #filter: KeyFilter
  /** Holds every key of the store: until then the store itself is asked. */
  isFilterWhole = false // changed here only
  #isClosed = false

  private constructor(path: string, options: StoreOptions) {
    this.#path = path
    this.#reserveBytes = options.reserveBytes ?? reserveBytesDefault
    this.#freeBytes = options.freeBytes ?? freeBytesOf
    const { isReadOnly: readOnly = false } = options
    if (!readOnly) mkdirSync(path, { recursive: true })
    this.#root = open<Buffer, string>({ path: storeFile(path), encoding: 'binary', maxDbs: 4, readOnly })
    this.#records = this.#root.openDB<Uint8Array, string>({ name: 'records', encoding: 'binary' })
    this.#published = this.#root.openDB<Buffer, string>({ name: 'published', encoding: 'binary' })
    this.#filter = new KeyFilter(readOnly ? 32 : options.filterBytes ?? filterBytesDefault)
    if (!readOnly) this.#fillFilter('') // another process may write what is only read here
  }

  /** A part now, the rest when the loop has time: 100 million keys take minutes. */
  #fillFilter(start: string): void {
    if (this.#isClosed) return
    let last = start
    let count = 0
    for (const key of this.#records.getKeys({ start, limit: filledAtOnce })) {
      this.#filter.add(key)
      last = key
      count++
    }
    if (count < filledAtOnce) this.isFilterWhole = true
    else setImmediate(() => this.#fillFilter(last)).unref()
  }

  /**
   * Opens or creates the store in `path`. An older format is refused here for the caller to rebuild
   * (the stream is the truth); a newer one throws STORE_NEWER, a file that is none STORE_UNAVAILABLE.
   */
  static open(path: string, options: StoreOptions = {}): Store {
    if (hasStore(path) && !isStore(path)) {
      throw new ServiceError('STORE_UNAVAILABLE', { path, detail: 'its file is not a store, or is damaged' })
    }
    const store = new Store(path, options)
    const format = store.position()?.format ?? STORE_FORMAT
    if (format > STORE_FORMAT) {
      void store.close()
      const detail = `format ${format}, this claimsentry writes ${STORE_FORMAT}; use the newer one`
      throw new ServiceError('STORE_NEWER', { path, detail })
    }
    return store
  }

  /** Bytes of a record, valid until the next load, or undefined. */
  load(key: string): Uint8Array | undefined {
    if (this.isFilterWhole && !this.#filter.mayHold(key)) return undefined
    // lmdb hands out its whole read buffer with `length` overwritten: show only what is the record's.
    const bytes = this.#records.getBinaryFast(key)
    return bytes === undefined ? undefined : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** Sees what another process has committed meanwhile. */
  refresh(): void {
    this.#records.resetReadTxn()
  }

  /** The committed position; undefined in a new store. */
  position(): Position | undefined {
    const bytes = this.#records.get(positionKey)
    return bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString('utf8')) as Position
  }

  /**
   * Writes a group: its records and the position, in one transaction. Transactions commit in the
   * order of the calls. Rejects with STORE_FULL or STORE_UNAVAILABLE; then nothing of it is written.
   */
  async commit(changes: readonly Change[], position: Position): Promise<void> {
    const free = this.#freeBytes(this.#path)
    if (free < this.#reserveBytes) {
      const detail = `${free} bytes are left, ${this.#reserveBytes} are needed`
      throw new ServiceError('STORE_FULL', { path: this.#path, detail })
    }
    for (const { key, value } of changes) if (value !== undefined) this.#filter.add(key)
    try {
      await this.#records.batch(() => {
        for (const { key, value } of changes) {
          if (value === undefined) void this.#records.remove(key)
          else void this.#records.put(key, value) // as it is: a Buffer of each costs 4 µs
        }
        void this.#records.put(positionKey, Buffer.from(JSON.stringify(position)))
      })
    /* c8 ignore start -- the reserve above stops us before LMDB meets a full or broken disk */
    } catch (cause) {
      throw new ServiceError('STORE_UNAVAILABLE', { path: this.#path, cause })
    }
    /* c8 ignore stop */
  }

  /** Remembers ids of messages that a stream already holds (start only; see read-back). */
  async addPublished(ids: readonly string[]): Promise<void> {
    const seen = Buffer.from([1])
    await this.#published.batch(() => {
      for (const id of ids) void this.#published.put(id, seen)
    })
  }

  isPublished(id: string): boolean {
    return this.#published.doesExist(id)
  }

  async clearPublished(): Promise<void> {
    await this.#published.clearAsync()
  }

  /** Forgets everything: the next start rebuilds from the stream. */
  async clear(): Promise<void> {
    this.#filter.clear() // at once: what is written from now on is added to it
    await this.#published.clearAsync()
    await this.#records.clearAsync()
  }

  /** Every record whose key begins so, in key order. Values are copies. */
  * entries(prefix = ''): IterableIterator<{ key: string, value: Uint8Array }> {
    const range = prefix === '' ? {} : { start: prefix, end: `${prefix}\uffff` }
    for (const { key, value } of this.#records.getRange({ snapshot: true, ...range })) {
      if (!key.startsWith('m:')) yield { key, value: Uint8Array.from(value) }
    }
  }

  /** Records whose keys begin so; counted where they lie, without reading them. */
  count(prefix: string): number {
    return this.#records.getKeysCount({ start: prefix, end: `${prefix}\uffff` })
  }

  status(): StoreStatus {
    const stats = this.#records.getStats() as { entryCount?: number }
    const bytes = statSync(storeFile(this.#path)).size
    return { position: this.position(), records: stats.entryCount ?? 0, bytes }
  }

  /** A consistent, compacted copy, with its position, while the store is in use. */
  async backup(toPath: string): Promise<void> {
    mkdirSync(toPath, { recursive: true })
    const file = storeFile(toPath)
    rmSync(file, { force: true })
    await this.#root.backup(file, true)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#root.close()
  }
}

function freeBytesOf(path: string): number {
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize
}
