// The lines of the audit log, and where a chain of them ends: what they hold, which files they stand in,
// how each carries the hash of the one before. Reads and writes no more than the last lines of a file.
import { createHash } from 'node:crypto'
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What was read, by whom. */
export interface AuditedRead {
  /** The id of the API key, or `tenant <id>` of who signs; '' where neither is. Of a command: the user. */
  readonly who: string
  readonly institution: string
  readonly route: string
  /** Which part: sequences and counts, never a value. */
  readonly range: string
  /** The id of the request: the answer and the log have the same. */
  readonly request: string
}

const tailBytes = 65_536 // lines are some hundred bytes
const textMax = 256
export const none = Buffer.alloc(0)
/** Before the first line of a chain. */
export const noLine = '0'.repeat(64)

/** What stands in a line: `before` is the hash of the line before; `cut` that of a piece of a line. */
export interface AuditLine extends AuditedRead {
  readonly at: string
  readonly cut?: string
  readonly before: string
}

/** SHA-256 in hexadecimal of a line's bytes, without its line feed. */
export function hashOfLine(line: string | Uint8Array): string {
  return createHash('sha256').update(line).digest('hex')
}

/** The name of a file of a chain; its number is written with six digits at least. */
export const fileOf = (chain: string, number: number) => `${chain}-${String(number).padStart(6, '0')}.jsonl`

/** The numbers of a chain's files, in order. */
export function filesOf(folder: string, chain: string): number[] {
  const pattern = new RegExp(`^${chain}-(\\d{6,15})\\.jsonl$`)
  return readdirSync(folder).flatMap((name) => {
    const number = pattern.exec(name)?.[1]
    return number === undefined ? [] : [Number(number)]
  }).sort((a, b) => a - b)
}

/** As it is written; the end of line comes behind it. */
export function lineOf(
  { who, institution, route, range, request, cut }: AuditedRead & Pick<AuditLine, 'cut'>,
  { at, before }: Pick<AuditLine, 'at' | 'before'>,
): string {
  const line: AuditLine = {
    at,
    who: short(who),
    institution: short(institution),
    route: short(route),
    range: short(range),
    request: short(request),
    ...(cut === undefined ? {} : { cut }),
    before,
  }
  return JSON.stringify(line)
}

const short = (text: string) => text.slice(0, textMax)

/** Where a chain ends. */
export interface End {
  readonly number: number
  readonly bytes: number
  readonly hash: string
  /** What a crash left of a line: it gets an end and stays. */
  readonly piece: Buffer
  readonly hasNewline: boolean
}

/** The last line may stand in an earlier file: the newest may hold nothing but a piece. */
export function endOf({ folder, chain }: { readonly folder: string, readonly chain: string }): End {
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
