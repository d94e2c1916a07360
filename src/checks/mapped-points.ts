// How much of a list of indication limits the map can judge: points with a clause of ICD-10 codes, by
// the source that brought them. For reports; judges nothing.
import type { Table } from './check.js'

export interface MappedShare {
  /** As the rows name it. */
  readonly source: string
  readonly points: number
  /** Of them, with at least one clause of diagnosis codes. */
  readonly mapped: number
}

/** One line a source, sorted by it. A point that two sources name counts in each. */
export function mappedShares(table: Table, map: Table): MappedShare[] {
  const mapped = new Set<string>()
  for (let row = 0; row < map.rowCount; row++) {
    if (map.text('diagnoses', row) !== '') mapped.add(map.text('point', row))
  }
  const bySource = new Map<string, Set<string>>()
  for (let row = 0; row < table.rowCount; row++) {
    const source = table.text('source', row)
    const points = bySource.get(source)
    if (points === undefined) bySource.set(source, new Set([table.text('point', row)]))
    else points.add(table.text('point', row))
  }
  return [...bySource].map(([source, points]) => ({
    source, points: points.size, mapped: [...points].filter((point) => mapped.has(point)).length,
  })).toSorted((a, b) => (a.source < b.source ? -1 : 1))
}
