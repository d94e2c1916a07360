// All tables of a rule book: reads the CSV files, joins those of one name, and packs each once per
// set of columns that some check asks of it. Finds code texts that share a key.
import type { Check } from '../checks/check.js'
import { codeHigh, codeLow } from '../claim/code-key.js'
import type { CheckedRule } from './check-rule.js'
import { isExemptionPath } from './exemption-file.js'
import { readLayers } from './layers.js'
import type { Mistake, RuleText } from './mistake.js'
import { commonColumns, readRows, readTableFile } from './table-file.js'
import type { TableFile, TableRow } from './table-file.js'
import { packTable } from './table-pack.js'
import type { TableSource } from './table-pack.js'

export interface Tables {
  readonly sources: readonly TableSource[]
  /** Rows of all files, whether a rule uses them or not. */
  readonly rowCount: number
  /** Place in `sources`, or -1 for a part without a table. */
  indexOf(table: string | undefined, check: Check): number
  /** Likewise, of the table that says more of its points. */
  mapIndexOf(map: string | undefined, check: Check): number
}

interface NamedTable {
  readonly files: TableFile[]
  rows: TableRow[]
}

type Columns = Check['columns']

/** What one check asks of a table. */
interface Use {
  readonly kind: string
  readonly columns: Columns
}

/**
 * Only tables that a rule uses are packed. What is wrong, in any file or between two, is added to
 * `mistakes`; then the result must not be used.
 */
export function packTables(
  texts: readonly RuleText[], rules: readonly CheckedRule[], mistakes: Mistake[],
): Tables {
  const byName = readAll(texts, mistakes)
  const users = findUsers(rules, byName, mistakes)
  const sources: TableSource[] = []
  const places = new Map<string, number>()
  for (const [name, checks] of users) {
    const { files, rows } = byName.get(name)!
    const known = new Set(commonColumns)
    for (const { columns } of checks) for (const column of Object.keys(columns)) known.add(column)
    for (const file of files) findUnknownColumns(file, known, mistakes)
    for (const { columns, kind } of checks) {
      const key = keyOf(name, columns)
      const isWhole = files.map((file) => hasColumns(file, { columns, kind }, mistakes))
      if (places.has(key) || isWhole.includes(false)) continue
      places.set(key, sources.push(packTable(name, rows, columns, mistakes)) - 1)
    }
  }
  findSharedKeys(sources, mistakes)
  const placeOf = (table: string | undefined, columns: Columns | undefined) =>
    (table === undefined || columns === undefined ? -1 : places.get(keyOf(table, columns))!)
  let rowCount = 0
  for (const { rows } of byName.values()) rowCount += rows.length
  return {
    sources,
    rowCount,
    indexOf: (table, { columns }) => placeOf(table, columns),
    mapIndexOf: (map, { mapColumns }) => placeOf(map, mapColumns),
  }
}

function readAll(texts: readonly RuleText[], mistakes: Mistake[]): Map<string, NamedTable> {
  const byName = new Map<string, NamedTable>()
  const layers = readLayers(texts, mistakes)
  for (const text of texts) {
    if (!text.path.endsWith('.csv') || isExemptionPath(text.path)) continue
    const file = readTableFile(text, mistakes, layers.of(text.path))
    if (file === undefined) continue
    const table = byName.get(file.name) ?? { files: [], rows: [] }
    byName.set(file.name, table)
    table.files.push(file)
    for (const row of readRows(file, mistakes)) table.rows.push(row)
  }
  for (const [name, table] of byName) table.rows = layers.cut(name, table.rows)
  return byName
}

/** Which checks use which table; a rule may name a table that is not there. */
function findUsers(
  rules: readonly CheckedRule[], byName: ReadonlyMap<string, NamedTable>, mistakes: Mistake[],
): Map<string, Use[]> {
  const users = new Map<string, Use[]>()
  const use = (field: string, table: string | undefined, wanted: Use & { at: string }) => {
    if (table === undefined) return
    const known = users.get(table) ?? []
    if (byName.has(table)) {
      if (!known.some(({ columns }) => columns === wanted.columns)) users.set(table, [...known, wanted])
    } else {
      const message = `${field}：没有知识表 ${table}（或它有错误）`
      mistakes.push({ code: 'RULE_INVALID', path: wanted.at, message })
    }
  }
  for (const { check, spans } of rules) {
    if (check === undefined) continue
    const { kind, columns, mapColumns } = check
    for (const { table, map, at } of spans) {
      use('table', table, { kind, columns, at })
      const isTold = map !== undefined && map === table && !byName.has(map)
      if (mapColumns !== undefined && !isTold) use('map', map, { kind, columns: mapColumns, at })
    }
  }
  return users
}

function findUnknownColumns(
  file: TableFile, known: ReadonlySet<string>, mistakes: Mistake[],
): void {
  for (const column of file.header) {
    if (known.has(column)) continue
    mistakes.push({ code: 'TABLE_INVALID', path: file.at(-1), message: `没有列 ${column} 的用处` })
  }
}

function hasColumns(
  file: TableFile, { columns, kind }: Use, mistakes: Mistake[],
): boolean {
  const missing = Object.entries(columns).filter(([name, spec]) =>
    !file.header.includes(name) && (spec.type === 'code' || spec.optional !== true))
  for (const [name] of missing) {
    const message = `缺少检查 ${kind} 需要的列 ${name}`
    mistakes.push({ code: 'TABLE_INVALID', path: file.at(-1), message })
  }
  return missing.length === 0
}

function keyOf(table: string, columns: Columns): string {
  return `${table} ${JSON.stringify(columns)}`
}

/** Two texts with one key would be judged as one code: refused, with both places. */
function findSharedKeys(sources: readonly TableSource[], mistakes: Mistake[]): void {
  const codeByKey = new Map<number, string>()
  for (const source of sources) {
    for (const column of source.codeColumns) {
      const { low, high } = source.packed.codes[column]!
      for (let row = 0; row < low.length; row++) {
        const code = source.text(column, row)
        const key = high[row]! * 0x1_0000_0000 + (low[row]! >>> 0)
        const known = codeByKey.get(key)
        if (known === undefined) codeByKey.set(key, code)
        else if (known !== code) {
          const { file, index } = source.rows[row]!
          mistakes.push({
            code: 'TABLE_INVALID', path: file.at(index),
            message: `${code} 与 ${known} 的编码键相同，无法区分（${hexKey(code)}）`,
          })
        }
      }
    }
  }
}

function hexKey(code: string): string {
  return codeHigh(code).toString(16) + (codeLow(code) >>> 0).toString(16)
}
