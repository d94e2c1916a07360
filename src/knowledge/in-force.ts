// What a set of tables says on a day, after all layers: the same layering as the loader's, so that what
// is listed, compared and exported is what is judged by.
import { dayText } from '../claim/day.js'
import { DAY_MAX, DAY_MIN } from '../rulebook/dates.js'
import { readLayers } from '../rulebook/layers.js'
import type { Mistake, RuleText } from '../rulebook/mistake.js'
import { layRows } from '../rulebook/row-layers.js'
import { readRows, readTableFile } from '../rulebook/table-file.js'
import type { TableRow } from '../rulebook/table-file.js'

export interface LaidRow {
  readonly table: string
  /** Codes and region: what tells rows of one day apart. */
  readonly key: string
  readonly cells: Readonly<Record<string, string>>
  readonly fromDay: number
  /** Exclusive. */
  readonly untilDay: number
  /** File of the row. */
  readonly path: string
}

export interface Laid {
  readonly rows: readonly LaidRow[]
  readonly mistakes: readonly Mistake[]
}

/** Every row of every table with the days that other layers leave it. */
export function layTables(texts: readonly RuleText[]): Laid {
  const mistakes: Mistake[] = []
  const layers = readLayers(texts, mistakes)
  const byTable = new Map<string, TableRow[]>()
  for (const text of texts) {
    if (!text.path.endsWith('.csv')) continue
    const file = readTableFile(text, mistakes, layers.of(text.path))
    if (file === undefined) continue
    byTable.set(file.name, [...byTable.get(file.name) ?? [], ...readRows(file, mistakes)])
  }
  const rows = [...byTable].flatMap(([table, all]) => {
    const codes = codeColumnsOf(all)
    const { rows: laid } = layRows(layers.cut(table, all), codes, mistakes)
    return laid.map((row) => laidRow(table, row, codes))
  })
  return { rows, mistakes }
}

/** The loader knows from the check; here by name: code, and code_b of a pair. */
function codeColumnsOf(rows: readonly TableRow[]): string[] {
  const isPair = rows.some(({ file }) => file.header.includes('code_b'))
  return isPair ? ['code', 'code_b'] : ['code']
}

function laidRow(table: string, row: TableRow, codes: readonly string[]): LaidRow {
  const { file: { header, path }, region, fromDay, untilDay } = row
  const cells: Record<string, string> = {}
  for (const [place, column] of header.entries()) cells[column] = row.cells[place]!
  cells['region'] = region
  cells['valid_from'] = fromDay === DAY_MIN ? '' : dayText(fromDay)
  cells['valid_to'] = untilDay === DAY_MAX ? '' : dayText(untilDay)
  const key = [...codes.map((column) => cells[column]), region].join(' ')
  return { table, key, cells, fromDay, untilDay, path }
}

/** Rows that hold on a day number; a row's until day is the first on which it does not. */
export function inForceOn(rows: readonly LaidRow[], day: number): LaidRow[] {
  return rows.filter(({ fromDay, untilDay }) => day >= fromDay && day < untilDay)
}
