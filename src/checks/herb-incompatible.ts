// Herbal pieces that may not stand in one prescription (the eighteen incompatibles, the nineteen
// fears). A piece is known by its national code or by its name: processed forms have codes of their
// own, and not all of them are public.
import { Type } from '@sinclair/typebox'
import type { Claim, Item } from '../claim/claim.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit, Outcome, Table } from './check.js'
import { listsOf } from './code-lists.js'
import { conflictGroups } from './conflict-groups.js'
import type { ConflictGroups } from './conflict-groups.js'
import { chargesOf, outcomeOf } from './lines.js'

/** At risk is the second piece. Unknown where one of the two names no prescription. */
export const herbIncompatible = defineCheck({
  kind: 'herb-incompatible',
  meta: {
    summary: '同一张处方的中药饮片不得有配伍禁忌（十八反、十九畏）。',
    facts: ['first', 'second', 'prescription'],
    wakes: 'claim',
    owner: 'patient',
    remedies: [{ kind: 'keep-one-of' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    group: { type: 'text', description: '饮片所属的组，如 乌头、半夏' },
    against: { type: 'text', optional: true, description: '相反、相畏的组，多个用 | 隔开；写一边即可' },
    names: { type: 'text', optional: true, description: '炮制品与别名，多个用 | 隔开' },
  },

  prepare(_params, table) {
    const rowOf = rowsByText(table!)
    const groups = conflictGroups(table!)
    const found: number[] = [] // item, row, item, row …: reused from claim to claim
    return (claim) => {
      found.length = 0
      for (let index = 0; index < claim.items.length; index++) {
        const item = claim.items[index]!
        if (!isPiece(item) || item.quantity <= 0) continue
        const row = rowOf.get(item.code) ?? rowOf.get(plainName(item.name))
        if (row !== undefined) found.push(index, row)
      }
      return found.length < 4 ? CLEAR : judge(claim, found, { table: table!, groups })
    }
  },
})

function isPiece({ category }: Item): boolean {
  return category === 'herbal-piece' || category === 'herbal-granule'
}

/** A hospital's name of a piece without what it adds in brackets. */
function plainName(name: string): string {
  const bracket = name.search(/[(（]/)
  return (bracket > 0 ? name.slice(0, bracket) : name).trim()
}

/** Codes, names and other names; the first row to claim one keeps it. */
function rowsByText(table: Table): ReadonlyMap<string, number> {
  const rows = new Map<string, number>()
  const others = listsOf(table, 'names')
  for (let row = 0; row < table.rowCount; row++) {
    for (const text of [table.text('code', row), table.text('name', row), ...others[row]!]) {
      if (!rows.has(text)) rows.set(text, row)
    }
  }
  return rows
}

interface Knowledge {
  readonly table: Table
  readonly groups: ConflictGroups
}

function judge(claim: Claim, found: readonly number[], { table, groups }: Knowledge): Outcome {
  const hits: Hit[] = []
  let missing: string | undefined
  let isCharged: ReturnType<typeof chargesOf> | undefined
  for (let a = 0; a < found.length; a += 2) {
    for (let b = a + 2; b < found.length; b += 2) {
      const rows = [found[a + 1]!, found[b + 1]!] as const
      if (!groups.isConflict(groups.groupOf[rows[0]]!, groups.groupOf[rows[1]]!)) continue
      const first = claim.items[found[a]!]!
      const second = claim.items[found[b]!]!
      isCharged ??= chargesOf(claim)
      if (!isCharged(first) || !isCharged(second)) continue
      const { prescription } = second
      if (first.prescription === '' || prescription === '') missing = 'items.prescription'
      else if (first.prescription === prescription) {
        hits.push({
          violating: [{ item: found[b]!, riskFen: second.amountFen }],
          involved: [found[a]!],
          row: rows[1],
          facts: { first: table.text('name', rows[0]), second: table.text('name', rows[1]), prescription },
        })
      }
    }
  }
  return outcomeOf(hits, missing)
}
