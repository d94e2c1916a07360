// The audit log: one line for each reading of personal data, appended to files in a folder, each with the
// hash of the line before it. Lines come in the order of append(); nothing is ever changed. Knows nothing
// of who may read what, and writes no name, no identity number and no patient key.
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { ServiceError } from '../errors.js'
import { endOf, fileOf, filesOf, hashOfLine, lineOf, none } from './audit-lines.js'
import type { AuditedRead, End } from './audit-lines.js'

export interface AuditLog {
  /** Resolves when the line is with the operating system; rejects with AUDIT_UNAVAILABLE. */
  append(read: AuditedRead): Promise<void>
  /** Without waiting, together with what else comes within milliseconds; what is lost is counted. */
  note(read: AuditedRead): void
  /** Writes what waits, and has it on the disk. */
  close(): Promise<void>
}

export interface AuditOptions {
  readonly folder: string
  /** The chain's name: a service and the commands beside it each have their own. */
  readonly chain: 'service' | 'commands'
  readonly now: () => number
  /** Calls again and again until the returned function is called; with it lines reach the disk. */
  every(milliseconds: number, run: () => void): () => void
  /** Size of all files; beyond it the oldest is removed, which is a line of its own. */
  readonly bytesMax: number
  readonly fileBytesMax?: number
  /** Lines that could not be written. */
  onLost?(lines: number): void
}

const fileBytesMaxDefault = 67_108_864 // some 250,000 lines: an editor opens it
const waitingMax = 10_000 // a second of checks at full load; a disk that stands longer is broken
const syncMs = 1_000 // what a power cut may take
const gatherMs = 20 // what a kill may take of lines that nobody waits for; a write wakes another thread
/** Takes up the chain where it ends. A line that a crash cut short stays, and the next one says so. */
export function openAuditLog(options: AuditOptions): AuditLog {
  try {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 })
    return new ChainedLog(options)
  } catch (cause) {
    throw unavailable(options.folder, cause)
  }
}

interface Waiting {
  readonly read: AuditedRead & { readonly cut?: string }
  resolve(): void
  reject(error: ServiceError): void
}

class ChainedLog implements AuditLog {
  readonly #options: AuditOptions
  #end: End
  #handle: FileHandle | undefined
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #gathering: NodeJS.Timeout | undefined
  #isAwaited = false // somebody waits for a line of those that wait
  #isDirty = false
  #isLost = false // a write failed: where the chain ends is read again before the next one
  readonly #stopSync: () => void

  constructor(options: AuditOptions) {
    this.#options = options
    this.#end = endOf(options)
    this.#stopSync = options.every(syncMs, () => { void this.#sync().catch(() => {}) })
  }

  append(read: AuditedRead): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#take({ read, resolve, reject })) return
      this.#isAwaited = true
      this.#begin()
    })
  }

  note(read: AuditedRead): void {
    if (this.#take({ read, resolve: ignore, reject: ignore })) this.#beginSoon()
  }

  async close(): Promise<void> {
    while (this.#waiting.length > 0 || this.#writing !== undefined) {
      this.#begin()
      await this.#writing
    }
    this.#stopSync()
    await this.#sync().catch(() => {})
    await this.#handle?.close()
    this.#handle = undefined
  }

  #take(waiting: Waiting): boolean {
    const hasRoom = this.#waiting.length < waitingMax
    if (hasRoom) {
      this.#waiting.push(waiting)
    } else {
      this.#options.onLost?.(1)
      waiting.reject(unavailable(this.#options.folder, `${waitingMax} lines wait already`))
    }
    return hasRoom
  }

  #begin(): void {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    this.#writing ??= this.#write()
  }

  #beginSoon(): void {
    if (this.#writing === undefined) this.#gathering ??= setTimeout(() => this.#begin(), gatherMs)
  }

  /** Lines that came while others were written go together in the next write. */
  async #write(): Promise<void> {
    await Promise.resolve() // what comes in one turn goes in one write
    do {
      const batch = this.#waiting
      this.#waiting = []
      this.#isAwaited = false
      try {
        await this.#writeBatch(batch)
        for (const { resolve } of batch) resolve()
      } catch (cause) {
        this.#isLost = true
        this.#options.onLost?.(batch.length)
        for (const { reject } of batch) reject(unavailable(this.#options.folder, cause))
      }
    } while (this.#isAwaited)
    this.#writing = undefined // at once: who has just been answered may come again
    if (this.#waiting.length > 0) this.#beginSoon()
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    if (this.#isLost) {
      await this.#handle?.close()
      this.#handle = undefined
      this.#end = endOf(this.#options)
      this.#isLost = false
    }
    const { fileBytesMax = fileBytesMaxDefault } = this.#options
    const removed = this.#end.bytes >= fileBytesMax ? await this.#nextFile() : []
    this.#handle ??= await open(this.#path(this.#end.number), 'a', 0o600)
    const { piece, hasNewline } = this.#end
    const notes = [...pieceNote(piece), ...removed.map((name) => note(`removed ${name}`))]
    const at = new Date(this.#options.now()).toISOString()
    let { hash } = this.#end
    let text = hasNewline ? '' : '\n'
    for (const read of [...notes, ...batch.map((waiting) => waiting.read)]) {
      const line = lineOf(read, { at, before: hash })
      hash = hashOfLine(line)
      text += `${line}\n`
    }
    const bytes = Buffer.from(text)
    await this.#handle.appendFile(bytes)
    this.#isDirty = true
    this.#end = { ...this.#end, bytes: this.#end.bytes + bytes.length, hash, piece: none, hasNewline: true }
  }

  /** Begins the next file; gives the names of those that were removed to make room. */
  async #nextFile(): Promise<string[]> {
    await this.#sync()
    await this.#handle?.close()
    this.#handle = undefined
    this.#end = { ...this.#end, number: this.#end.number + 1, bytes: 0 }
    const { folder, chain, bytesMax } = this.#options
    const files = filesOf(folder, chain)
    const sizes = files.map((number) => statSync(this.#path(number)).size)
    let total = sizes.reduce((sum, size) => sum + size, 0)
    const removed: string[] = []
    for (let index = 0; index < files.length && total > bytesMax; index++) {
      rmSync(this.#path(files[index]!))
      removed.push(fileOf(chain, files[index]!))
      total -= sizes[index]!
    }
    return removed
  }

  async #sync(): Promise<void> {
    if (!this.#isDirty) return
    this.#isDirty = false
    await this.#handle?.datasync()
  }

  #path(number: number): string {
    return join(this.#options.folder, fileOf(this.#options.chain, number))
  }
}

const ignore = () => {}

function note(range: string, cut?: string): Waiting['read'] {
  const read = { who: '', institution: '', route: 'audit', range, request: '' }
  return cut === undefined ? read : { ...read, cut }
}

function pieceNote(piece: Buffer): Waiting['read'][] {
  if (piece.length === 0) return []
  return [note(`the line before was cut short: ${piece.length} bytes`, hashOfLine(piece))]
}

function unavailable(path: string, cause: unknown): ServiceError {
  return new ServiceError('AUDIT_UNAVAILABLE', { path, detail: String(cause), cause })
}
