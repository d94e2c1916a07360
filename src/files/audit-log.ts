// The audit log: one line for each reading of personal data, appended to files in a folder, each with the
// hash of the line before it. Lines come in the order of append(); nothing is ever changed. Knows nothing
// of who may read what, and writes no name, no identity number and no patient key.
import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { ServiceError } from '../errors.js'

/** What was read, by whom. */
export interface AuditedRead {
  /** The id of the API key; '' where none is asked for. Of a command: the user of this machine. */
  readonly who: string
  readonly institution: string
  readonly route: string
  /** Which part: sequences and counts, never a value. */
  readonly range: string
  /** The id of the request: the answer and the log have the same. */
  readonly request: string
}

export interface AuditLog {
  /** Resolves when the line is with the operating system; rejects with AUDIT_UNAVAILABLE. */
  append(read: AuditedRead): Promise<void>
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
const tailBytes = 65_536 // lines are some hundred bytes
const textMax = 256
/** Before the first line of a chain. */
export const noLine = '0'.repeat(64)

/** What stands in a line: `before` is the hash of the line before; `cut` that of a piece of a line. */
export interface AuditLine extends AuditedRead {
  readonly at: string
  readonly cut?: string
  readonly before: string
}

export function hashOfLine(line: string | Uint8Array): string {
  return createHash('sha256').update(line).digest('hex')
}

export const fileOf = (chain: string, number: number) => `${chain}-${String(number).padStart(6, '0')}.jsonl`

/** The numbers of a chain's files, in order. */
export function filesOf(folder: string, chain: string): number[] {
  const pattern = new RegExp(`^${chain}-(\\d{6,15})\\.jsonl$`)
  return readdirSync(folder).flatMap((name) => {
    const number = pattern.exec(name)?.[1]
    return number === undefined ? [] : [Number(number)]
  }).sort((a, b) => a - b)
}

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

/** Where a chain ends. */
interface End {
  readonly number: number
  readonly bytes: number
  readonly hash: string
  /** What a crash left of a line: it gets an end and stays. */
  readonly piece: Buffer
  readonly hasNewline: boolean
}

class ChainedLog implements AuditLog {
  readonly #options: AuditOptions
  #end: End
  #handle: FileHandle | undefined
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #isDirty = false
  #isLost = false // a write failed: where the chain ends is read again before the next one
  readonly #stopSync: () => void

  constructor(options: AuditOptions) {
    this.#options = options
    this.#end = endOf(options)
    this.#stopSync = options.every(syncMs, () => { void this.#sync().catch(() => {}) })
  }

  append(read: AuditedRead): Promise<void> {
    if (this.#waiting.length >= waitingMax) {
      this.#options.onLost?.(1)
      return Promise.reject(unavailable(this.#options.folder, `${waitingMax} lines wait already`))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ read, resolve, reject })
      this.#writing ??= this.#write()
    })
  }

  async close(): Promise<void> {
    await this.#writing
    this.#stopSync()
    await this.#sync().catch(() => {})
    await this.#handle?.close()
    this.#handle = undefined
  }

  /** Lines that came while others were written go together in the next write. */
  async #write(): Promise<void> {
    await Promise.resolve() // what comes in one turn goes in one write
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        await this.#writeBatch(batch)
        for (const { resolve } of batch) resolve()
      } catch (cause) {
        this.#isLost = true
        this.#options.onLost?.(batch.length)
        for (const { reject } of batch) reject(unavailable(this.#options.folder, cause))
      }
    }
    this.#writing = undefined // at once: who has just been answered may come again
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
    let { hash } = this.#end
    let text = hasNewline ? '' : '\n'
    for (const read of [...notes, ...batch.map((waiting) => waiting.read)]) {
      const line = this.#lineOf(read, hash)
      hash = hashOfLine(line)
      text += `${line}\n`
    }
    const bytes = Buffer.from(text)
    await this.#handle.appendFile(bytes)
    this.#isDirty = true
    this.#end = { ...this.#end, bytes: this.#end.bytes + bytes.length, hash, piece: none, hasNewline: true }
  }

  #lineOf({ cut, ...read }: Waiting['read'], before: string): string {
    const line: AuditLine = {
      at: new Date(this.#options.now()).toISOString(),
      who: short(read.who),
      institution: short(read.institution),
      route: short(read.route),
      range: short(read.range),
      request: short(read.request),
      ...(cut === undefined ? {} : { cut }),
      before,
    }
    return JSON.stringify(line)
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

const none = Buffer.alloc(0)

function note(range: string, cut?: string): Waiting['read'] {
  const read = { who: '', institution: '', route: 'audit', range, request: '' }
  return cut === undefined ? read : { ...read, cut }
}

function pieceNote(piece: Buffer): Waiting['read'][] {
  if (piece.length === 0) return []
  return [note(`the line before was cut short: ${piece.length} bytes`, hashOfLine(piece))]
}

const short = (text: string) => text.slice(0, textMax)

/** The last line may stand in an earlier file: the newest may hold nothing but a piece. */
function endOf({ folder, chain }: Pick<AuditOptions, 'folder' | 'chain'>): End {
  const tails = filesOf(folder, chain).reverse().map((number) =>
    ({ number, ...tailOf(join(folder, fileOf(chain, number))) }))
  const { number, bytes, piece } = tails[0] ?? { number: 1, bytes: 0, piece: none }
  const line = tails.find((tail) => tail.line !== undefined)?.line
  const hash = line === undefined ? noLine : hashOfLine(line)
  const hasNewline = piece.length === 0
  // Of a line that lacks nothing but its end, nothing is lost.
  const isWhole = beforeOf(piece) === hash
  return isWhole
    ? { number, bytes, hash: hashOfLine(piece), piece: none, hasNewline }
    : { number, bytes, hash, piece, hasNewline }
}

function beforeOf(line: Buffer): string | undefined {
  try {
    return (JSON.parse(line.toString()) as Partial<AuditLine>).before
  } catch {
    return undefined
  }
}

/** The last whole line of a file and what stands behind it. */
function tailOf(path: string): { bytes: number, line: Buffer | undefined, piece: Buffer } {
  const { size } = statSync(path)
  const tail = Buffer.alloc(Math.min(size, tailBytes))
  const handle = openSync(path, 'r')
  readSync(handle, tail, 0, tail.length, size - tail.length)
  closeSync(handle)
  const end = tail.lastIndexOf('\n')
  const piece = Buffer.from(tail.subarray(end + 1))
  if (end < 0) return { bytes: size, line: undefined, piece }
  const start = tail.subarray(0, end).lastIndexOf('\n') + 1
  return { bytes: size, line: tail.subarray(start, end), piece }
}

function unavailable(path: string, cause: unknown): ServiceError {
  return new ServiceError('AUDIT_UNAVAILABLE', { path, detail: String(cause), cause })
}
