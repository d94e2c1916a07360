// The index from a code's key to the (part, row) pairs it can touch. Built once in the pack step,
// opened without copying; the engine reads the arrays directly.
import { KeyMap } from './key-map.js'
import type { PackedKeyMap } from './key-map.js'
import { ENTRY, ENTRY_SIZE } from './rulebook.js'
import type { CodeIndex } from './rulebook.js'
import type { TableSource } from './table-pack.js'

export type PackedIndex = Omit<CodeIndex, 'firstOf'> & { readonly keys: PackedKeyMap }

/** A part as the index needs it. */
export interface IndexedPart {
  readonly part: number
  readonly fromDay: number
  readonly untilDay: number
  readonly source: TableSource
}

/** Lists of row numbers that win over an entry; list 0 is the empty one. */
class ShadowLists {
  private readonly numbers: number[] = []
  readonly starts: number[] = [0, 0]

  add(rows: readonly number[] | undefined): number {
    if (rows === undefined) return 0
    this.numbers.push(...rows)
    return this.starts.push(this.numbers.length) - 2
  }

  get rows(): readonly number[] {
    return this.numbers
  }
}

/** Entries of one code stand in the order of parts, then rows. */
export function buildIndex(parts: readonly IndexedPart[]): PackedIndex {
  const keys = new KeyMap()
  const regions: string[] = ['']
  const prefixLengths = new Set<number>()
  const shadows = new ShadowLists()
  /** Of each entry, in the order they are met: its code's number, then the entry's own fields. */
  const met: number[] = []
  let codeCount = 0
  for (const { part, fromDay, untilDay, source } of parts) {
    const { packed, codeColumns, rows } = source
    for (const [row, { region, ...days }] of rows.entries()) {
      const from = Math.max(fromDay, days.fromDay)
      const until = Math.min(untilDay, days.untilDay)
      if (from >= until) continue
      const shadow = shadows.add(source.shadows.get(row))
      for (const [place, column] of codeColumns.entries()) {
        const code = source.text(column, row)
        const isSeen = codeColumns.slice(0, place).some((other) => source.text(other, row) === code)
        if (code === '' || isSeen) continue // a pair of one code wakes once
        prefixLengths.add(code.length)
        const { low, high } = packed.codes[column]!
        const number = keys.add(low[row]!, high[row]!, codeCount)
        if (number === codeCount) codeCount++
        met.push(number, part, row, from, until, numberOf(regions, region), shadow)
      }
    }
  }
  const { entries, starts } = groupByCode(met, codeCount)
  keys.remap((code) => starts[code]! * ENTRY_SIZE)
  return {
    keys: keys.packed(),
    entries,
    regions,
    prefixLengths: [...prefixLengths].toSorted((a, b) => a - b),
    shadowStarts: Int32Array.from(shadows.starts),
    shadowRows: Int32Array.from(shadows.rows),
  }
}

function numberOf(regions: string[], region: string): number {
  const known = regions.indexOf(region)
  return known >= 0 ? known : regions.push(region) - 1
}

const metSize = 7

/** A counting sort that keeps the entries' order within their code. */
function groupByCode(met: readonly number[], codeCount: number) {
  const starts = new Int32Array(codeCount + 1)
  for (let at = 0; at < met.length; at += metSize) starts[met[at]! + 1]!++
  for (let code = 0; code < codeCount; code++) starts[code + 1]! += starts[code]!
  const next = starts.slice()
  const entries = new Int32Array(met.length / metSize * ENTRY_SIZE)
  for (let at = 0; at < met.length; at += metSize) {
    const code = met[at]!
    const entry = next[code]!++
    for (let field = 1; field < metSize; field++) {
      entries[entry * ENTRY_SIZE + field - 1] = met[at + field]!
    }
    entries[entry * ENTRY_SIZE + ENTRY.LAST] = next[code] === starts[code + 1] ? 1 : 0
  }
  return { entries, starts }
}

/** Shares the packed arrays and copies none: what a worker packed is opened here. */
export function openIndex({ keys, ...rest }: PackedIndex): CodeIndex {
  const map = new KeyMap(keys)
  return { ...rest, firstOf: (low, high) => map.get(low, high) }
}
