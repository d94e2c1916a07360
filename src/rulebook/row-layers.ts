// Which rows of a table hold: within one layer a key may stand once at a time; a row takes the days
// it covers from its key's rows in lower layers, which end where it begins; and a row for a region or
// an institution wins there over the same key's wider rows.
import type { Mistake } from './mistake.js'
import type { TableRow } from './table-file.js'

/** Regions and periods of one key; a national code has had fewer than ten. */
export const rowsPerKeyMax = 1_000

export interface Layers {
  readonly rows: readonly TableRow[]
  /** For a row: the rows of the same codes whose region lies within its own. */
  readonly shadows: ReadonlyMap<number, readonly number[]>
}

/**
 * Rows with the days that are left to them, split where needed. Repeats, and a key with too many rows,
 * become mistakes (TABLE_INVALID) in `mistakes`.
 */
export function layRows(
  rows: readonly TableRow[], codeColumns: readonly string[], mistakes: Mistake[],
): Layers {
  const byCodes = new Map<string, TableRow[]>()
  for (const row of rows) {
    const key = codesOf(row, codeColumns)
    const same = byCodes.get(key)
    if (same === undefined) byCodes.set(key, [row])
    else same.push(row)
  }
  const laid: TableRow[] = []
  const shadows = new Map<number, readonly number[]>()
  for (const same of byCodes.values()) {
    if (same.length === 1) {
      laid.push(same[0]!)
      continue
    }
    if (same.length > rowsPerKeyMax) {
      const { file, index, code } = same[rowsPerKeyMax]!
      const message = `${code} 超过 ${rowsPerKeyMax} 行`
      mistakes.push({ code: 'TABLE_INVALID', path: file.at(index), message })
      continue
    }
    findRepeats(same, mistakes)
    const first = laid.length
    laid.push(...same.flatMap((row) => piecesLeft(row, same)))
    for (let wide = first; wide < laid.length; wide++) {
      const local = withinOf(laid, first, wide)
      if (local.length > 0) shadows.set(wide, local)
    }
  }
  return { rows: laid, shadows }
}

function codesOf(row: TableRow, codeColumns: readonly string[]): string {
  if (codeColumns.length === 1) return row.code
  return codeColumns.map((name) => row.cells[row.file.header.indexOf(name)]).join(' ')
}

function overlap(a: TableRow, b: TableRow): boolean {
  return a.fromDay < b.untilDay && b.fromDay < a.untilDay
}

function findRepeats(same: readonly TableRow[], mistakes: Mistake[]): void {
  for (const [index, row] of same.entries()) {
    const earlier = same.slice(0, index).find((other) =>
      other.file.rank === row.file.rank && other.region === row.region
      && overlap(other, row))
    if (earlier === undefined) continue
    mistakes.push({
      code: 'TABLE_INVALID',
      path: row.file.at(row.index),
      message: `${row.code} 与 ${earlier.file.at(earlier.index)} 重复，有效期重叠`,
    })
  }
}

/**
 * What higher layers leave of a row: the days before and after, so the past stays judged.
 */
function piecesLeft(row: TableRow, same: readonly TableRow[]): TableRow[] {
  let pieces = [row]
  for (const over of same) {
    if (over.file.rank <= row.file.rank || over.region !== row.region) continue
    pieces = pieces.flatMap((piece) => (!overlap(piece, over)
      ? [piece]
      : [
          { ...piece, untilDay: Math.min(piece.untilDay, over.fromDay) },
          { ...piece, fromDay: Math.max(piece.fromDay, over.untilDay) },
        ].filter(({ fromDay, untilDay }) => fromDay < untilDay)))
  }
  return pieces
}

function withinOf(laid: readonly TableRow[], first: number, wide: number): number[] {
  const { region } = laid[wide]!
  const local: number[] = []
  for (let row = first; row < laid.length; row++) {
    const other = laid[row]!
    if (liesWithin(other.region, region) && overlap(other, laid[wide]!)) local.push(row)
  }
  return local
}

/** An institution's own row is nearer than any region's; where it lies is known when it is judged. */
function liesWithin(near: string, wide: string): boolean {
  if (isInstitution(near)) return !isInstitution(wide)
  return near.length > wide.length && near.startsWith(wide)
}

function isInstitution(place: string): boolean {
  return /^[A-Za-z]/.test(place)
}
