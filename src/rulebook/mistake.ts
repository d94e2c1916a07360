// What is wrong with a rule book, said to the person who wrote it: which file, which line, what.
// Loading collects all mistakes of all files; nothing here throws.
import type { ErrorCode } from '../errors.js'

export interface Mistake {
  readonly code: Extract<ErrorCode, 'RULE_INVALID' | 'TABLE_INVALID'>
  /** file:line */
  readonly path: string
  readonly message: string
}

/** One file of the rules folder or the knowledge folder. */
export interface RuleText {
  /** Relative to its folder, with forward slashes; `knowledge/` first for the knowledge folder. */
  readonly path: string
  readonly text: string
}

/** More would not be read by anybody; the rest is counted in a last line. */
const mistakesMax = 500

/** In the order a person walks through the files. */
export function sortMistakes(mistakes: readonly Mistake[]): Mistake[] {
  const sorted = mistakes.toSorted((a, b) => {
    const [aFile, aLine] = split(a.path)
    const [bFile, bLine] = split(b.path)
    return aFile < bFile ? -1 : aFile > bFile ? 1 : aLine - bLine
  })
  if (sorted.length <= mistakesMax) return sorted
  const last = sorted[mistakesMax]!
  const message = `还有 ${sorted.length - mistakesMax} 处错误未列出`
  return [...sorted.slice(0, mistakesMax), { ...last, message }]
}

function split(path: string): [string, number] {
  const colon = path.lastIndexOf(':')
  return [path.slice(0, colon), Number(path.slice(colon + 1))]
}
