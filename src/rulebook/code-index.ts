// The index from a code's key to the (part, row) pairs it can touch. Built once in the pack step, opened
// without copying; the engine reads the arrays directly.
import type { CodeIndex } from './rulebook.js'
import { DAY_MAX } from './dates.js'
import { KeyMap } from './key-map.js'
import type { PackedKeyMap } from './key-map.js'
import type { TableSource } from './table-pack.js'

export type PackedIndex = Omit<CodeIndex, 'slotOf'> & { readonly slots: PackedKeyMap }

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

/** Entries of one slot stand in the order of parts, then rows. */
export function buildIndex(parts: readonly IndexedPart[]): PackedIndex {
  const slots = new KeyMap()
  const regions: string[] = ['']
  const prefixLengths = new Set<number>()
  const slotOfEntry: number[] = []
  const entries: number[][] = []
  const shadows = new ShadowLists()
  let slotCount = 0
  for (const { part, fromDay, untilDay, source } of parts) {
    const { packed, codeColumns, rows } = source
    for (const [row, { region, ...days }] of rows.entries()) {
      const from = Math.max(fromDay, days.fromDay)
      const until = Math.min(untilDay, days.untilDay, DAY_MAX)
      if (from >= until) continue
      let regionId = regions.indexOf(region)
      if (regionId < 0) regionId = regions.push(region) - 1
      const shadow = shadows.add(source.shadows.get(row))
      const seen = new Set<string>()
      for (const column of codeColumns) {
        const code = source.text(column, row)
        if (code === '' || seen.has(code)) continue // a pair of one code wakes once
        seen.add(code)
        prefixLengths.add(code.length)
        const { low, high } = packed.codes[column]!
        const slot = slots.add(low[row]!, high[row]!, slotCount)
        if (slot === slotCount) slotCount++
        slotOfEntry.push(slot)
        entries.push([part, row, from, until, regionId, shadow])
      }
    }
  }
  const { starts, order } = groupBySlot(slotOfEntry, slotCount)
  const column = (place: number) => Int32Array.from(order, (entry) => entries[entry]![place]!)
  return {
    slots: slots.packed(),
    starts,
    parts: column(0),
    rows: column(1),
    fromDays: column(2),
    untilDays: column(3),
    regionIds: column(4),
    shadowIds: column(5),
    shadowStarts: Int32Array.from(shadows.starts),
    shadowRows: Int32Array.from(shadows.rows),
    regions,
    prefixLengths: [...prefixLengths].toSorted((a, b) => a - b),
  }
}

/** A counting sort that keeps the entries' order within their slot. */
function groupBySlot(slotOfEntry: readonly number[], slotCount: number) {
  const starts = new Int32Array(slotCount + 1)
  for (const slot of slotOfEntry) starts[slot + 1]!++
  for (let slot = 0; slot < slotCount; slot++) starts[slot + 1]! += starts[slot]!
  const next = starts.slice(0, slotCount)
  const order = new Int32Array(slotOfEntry.length)
  for (const [entry, slot] of slotOfEntry.entries()) order[next[slot]!++] = entry
  return { starts, order }
}

export function openIndex({ slots, ...rest }: PackedIndex): CodeIndex {
  const map = new KeyMap(slots)
  return { ...rest, slotOf: (low, high) => map.get(low, high) }
}
