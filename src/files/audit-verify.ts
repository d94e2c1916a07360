// Reads a chain of the audit log from its first line to its last and says whether each follows the one
// before. Changes nothing; may run beside the service.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileOf, filesOf, hashOfLine, noLine } from './audit-lines.js'
import type { AuditLine } from './audit-lines.js'

export interface Verified {
  readonly lines: number
  readonly files: number
  /** Pieces of lines that a crash cut short; each is named by the line after it, or is the last. */
  readonly cut: number
  /** The last line's hash: kept elsewhere, it shows later that no line was taken from the end. */
  readonly hash: string
  /** The first line that does not follow the one before it. */
  readonly broken: { readonly file: string, readonly line: number, readonly why: string } | undefined
}

type Broken = NonNullable<Verified['broken']>

/** Stops at the first broken line. */
export async function verifyAudit(folder: string, chain: string): Promise<Verified> {
  const files = existsSync(folder) ? filesOf(folder, chain) : []
  const walk = new Walk(files[0] === undefined || files[0] === 1 ? noLine : undefined)
  for (const [place, number] of files.entries()) {
    const name = fileOf(chain, number)
    if (place > 0 && number !== files[place - 1]! + 1) walk.broken ??= missing(chain, number)
    const text = await readFile(join(folder, name), 'utf8') // some 64 MiB
    const lines = text.split('\n')
    if (lines.at(-1) === '') lines.pop()
    lines.every((line, index) => walk.take(line, { file: name, line: index + 1 }))
    if (walk.broken !== undefined) break
  }
  const first = files[0]
  if (first !== undefined && first > 1 && !walk.removed.has(fileOf(chain, first - 1))) {
    walk.broken ??= missing(chain, first)
  }
  walk.end()
  const { lines, cut, hash = noLine, broken } = walk
  return { lines, files: files.length, cut, hash, broken }
}

function missing(chain: string, number: number): Broken {
  return { file: fileOf(chain, number), line: 1, why: 'the file before it is missing' }
}

interface Place {
  readonly file: string
  readonly line: number
}

class Walk {
  lines = 0
  cut = 0
  broken: Broken | undefined
  /** Undefined at the first line of files whose forerunners were removed: anything may stand there. */
  hash: string | undefined
  readonly removed = new Set<string>()
  #odd: { readonly hash: string, readonly broken: Broken } | undefined

  constructor(hash: string | undefined) {
    this.hash = hash
  }

  /** False when the chain is broken. */
  take(text: string, place: Place): boolean {
    const line = parse(text)
    const follows = line !== undefined && (this.hash === undefined || line.before === this.hash)
    if (this.#odd !== undefined) {
      if (!follows || line.cut !== this.#odd.hash) {
        this.broken = this.#odd.broken
        return false
      }
      this.#odd = undefined
      this.cut++
    } else if (!follows) {
      const why = line === undefined ? 'it is no line of ours' : 'it does not follow the line before it'
      this.#odd = { hash: hashOfLine(text), broken: { ...place, why } }
      return true
    }
    this.lines++
    this.hash = hashOfLine(text)
    const name = line.route === 'audit' ? /^removed (\S+)$/.exec(line.range)?.[1] : undefined
    if (name !== undefined) this.removed.add(name)
    return true
  }

  /** A piece at the very end is a crash that no start has met yet; a whole line there is not. */
  end(): void {
    if (this.#odd === undefined || this.broken !== undefined) return
    if (this.#odd.broken.why === 'it is no line of ours') this.cut++
    else this.broken = this.#odd.broken
  }
}

function parse(text: string): AuditLine | undefined {
  try {
    const line = JSON.parse(text) as AuditLine
    return typeof line.before === 'string' && typeof line.range === 'string' ? line : undefined
  } catch {
    return undefined
  }
}
