// Components of a panel, each charged for itself on one day, although they are to be charged as the
// panel. Judged within one settlement; variants of a component (methods) share a knowledge point.
import { Type } from '@sinclair/typebox'
import type { Claim, Item } from '../claim/claim.js'
import { dayText } from '../claim/day.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit, Matches, Table } from './check.js'
import { chargesOf, outcomeOf } from './lines.js'
import { undated } from './window-judge.js'

/** At risk are the components. Unknown where the day of one is not told. */
export const bundleSplit = defineCheck({
  kind: 'bundle-split',
  meta: {
    summary: '应按组合项目收费的，同一天不得把其中若干分项分别收费。',
    facts: ['bundle', 'total', 'limit', 'date'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'drop-lines' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    bundle: { type: 'text', description: '组合项目名称' },
    components_min: {
      type: 'integer', minimum: 2, maximum: 100, description: '同一天收几种分项起算分解',
    },
  },

  prepare(_params, table) {
    const mins = table!.numbers('components_min')
    const bundles = bundlesOf(table!)
    return (claim, matches) => {
      if (matches.count < 2) return CLEAR
      const met: Met = { claim, matches, table: table!, bundles }
      let hits: Hit[] | undefined
      let missing: string | undefined
      let isCharged: ((item: Item) => boolean) | undefined
      for (let match = 0; match < matches.count; match++) {
        const row = matches.rows[match]!
        const item = claim.items[matches.subjects[match]!]!
        if (item.quantity <= 0 || !isFirst(met, match)) continue
        if (matches.count < mins[row]!) continue
        isCharged ??= chargesOf(claim)
        const lines = linesOf(met, match)
          .filter((at) => isCharged!(claim.items[matches.subjects[at]!]!))
        const total = new Set(lines.map((at) => table!.pointOf(matches.rows[at]!))).size
        if (total < mins[row]!) continue
        if (!isTold(claim, item)) missing ??= undated
        else (hits ??= []).push(hitOf(met, lines, total))
      }
      return outcomeOf(hits, missing)
    }
  },
})

interface Met {
  readonly claim: Claim
  readonly matches: Matches
  readonly table: Table
  readonly bundles: Int32Array
}

/** A number for each row's panel: comparing them decodes no text. */
function bundlesOf(table: Table): Int32Array {
  const numbers = new Map<string, number>()
  return Int32Array.from({ length: table.rowCount }, (_, row) => {
    const bundle = table.text('bundle', row)
    const number = numbers.get(bundle) ?? numbers.size
    numbers.set(bundle, number)
    return number
  })
}

/** A line of a stay without a date may be of any day of it. */
function isTold({ visit }: Claim, { isDated }: Item): boolean {
  return isDated || visit.setting !== 'inpatient'
}

function isSame({ claim, matches, bundles }: Met, one: number, other: number): boolean {
  const a = claim.items[matches.subjects[one]!]!
  const b = claim.items[matches.subjects[other]!]!
  return a.serviceDay === b.serviceDay && isTold(claim, a) === isTold(claim, b)
    && bundles[matches.rows[one]!] === bundles[matches.rows[other]!]
}

/** No charge of the same panel and day stands before it. */
function isFirst(met: Met, match: number): boolean {
  const { claim, matches } = met
  for (let other = 0; other < match; other++) {
    if (claim.items[matches.subjects[other]!]!.quantity > 0 && isSame(met, match, other)) return false
  }
  return true
}

function linesOf(met: Met, match: number): number[] {
  const found: number[] = []
  for (let other = match; other < met.matches.count; other++) {
    if (isSame(met, match, other)) found.push(other)
  }
  return found
}

function hitOf({ claim, matches, table }: Met, lines: readonly number[], total: number): Hit {
  const row = matches.rows[lines[0]!]!
  return {
    violating: lines.map((at) => {
      const item = matches.subjects[at]!
      return { item, riskFen: claim.items[item]!.amountFen }
    }),
    row,
    facts: {
      bundle: table.text('bundle', row),
      total,
      limit: table.numbers('components_min')[row]!,
      date: dayText(claim.items[matches.subjects[lines[0]!]!]!.serviceDay),
    },
  }
}
