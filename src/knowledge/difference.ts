// What one set of rows has that another has not, by table: codes and the points they belong to. A row
// is the same when its limits are; names, dates and sources may differ.
import type { LaidRow } from './in-force.js'

export interface TableDifference {
  readonly table: string
  readonly added: readonly LaidRow[]
  readonly removed: readonly LaidRow[]
  readonly changed: readonly { readonly before: LaidRow, readonly after: LaidRow }[]
}

/** Not limits: a change of these alone changes no verdict. */
const besides = new Set(['name', 'name_b', 'point', 'source', 'valid_from', 'valid_to'])

/** Tables that differ, by name. */
export function differenceOf(
  before: readonly LaidRow[], after: readonly LaidRow[],
): TableDifference[] {
  const old = byTable(before)
  const now = byTable(after)
  const names = [...new Set([...old.keys(), ...now.keys()])].toSorted()
  return names.map((table) => {
    const was = old.get(table) ?? new Map<string, LaidRow>()
    const is = now.get(table) ?? new Map<string, LaidRow>()
    const both = [...is].flatMap(([key, row]) => {
      const earlier = was.get(key)
      return earlier === undefined ? [] : [{ before: earlier, after: row }]
    })
    return {
      table,
      added: [...is].filter(([key]) => !was.has(key)).map(([, row]) => row),
      removed: [...was].filter(([key]) => !is.has(key)).map(([, row]) => row),
      changed: both.filter((pair) => limitsOf(pair.before) !== limitsOf(pair.after)),
    }
  }).filter(({ added, removed, changed }) => added.length + removed.length + changed.length > 0)
}

/** Names of the points of some rows, each once. */
export function pointsOf(rows: readonly LaidRow[]): string[] {
  return [...new Set(rows.map(({ cells }) => cells['point'] || cells['name']!))]
}

function byTable(rows: readonly LaidRow[]): Map<string, Map<string, LaidRow>> {
  const tables = new Map<string, Map<string, LaidRow>>()
  for (const row of rows) {
    const table = tables.get(row.table) ?? new Map<string, LaidRow>()
    tables.set(row.table, table.set(row.key, row))
  }
  return tables
}

function limitsOf({ cells }: LaidRow): string {
  const limits = Object.entries(cells).filter(([column, cell]) => !besides.has(column) && cell !== '')
  return JSON.stringify(limits.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
