// Two items that may not be charged together in a window: the one includes the other. The table is
// directed (the first code includes the second); whichever is charged last completes the violation.
import { Type } from '@sinclair/typebox'
import type { Claim } from '../claim/claim.js'
import { dayText } from '../claim/day.js'
import type { PatientView } from '../history/view.js'
import { defineCheck } from './check.js'
import type { Hit, PastLine, Table } from './check.js'
import { outcomeOf } from './lines.js'
import {
  INCLUDED, INCLUDING, PairLines, SAME_VISIT, SIX_HOURS, sixHours,
} from './pair-lines.js'
import type { PairLine } from './pair-lines.js'
import { missingFrom, pastLineOf, settlementCount } from './past-lines.js'
import { undated } from './window-judge.js'

const windowNames = ['同一日', '同一次就诊', '6小时内', '同一小时']
const BOTH = INCLUDING | INCLUDED

/** At risk are the claim's own lines at fault; none where those at fault were settled before. */
export const exclusiveItems = defineCheck({
  kind: 'exclusive-items',
  meta: {
    summary: '一个项目的内涵已包含另一个项目时，两者不得在限定的时间范围内同时收费。',
    facts: ['including', 'included', 'window', 'date', 'settlements'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'keep-one-of' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    code_b: { type: 'code', description: '被包含项目的编码（code 为包含它的项目）' },
    name_b: { type: 'text', description: '被包含项目的名称' },
    window: {
      type: 'one-of', values: ['same-day', 'same-visit', 'six-hours', 'same-hour'],
      description: '不得同时收费的时间范围：单日、单次就诊、6小时、同一小时',
    },
  },
  prepare(_params, table) {
    const pairs = new PairLines(table!)
    const windows = table!.numbers('window')
    return (claim, matches, { patient: view }) => {
      pairs.takeOwn(claim, matches)
      if (pairs.rowCount > 0) pairs.takePast(claim, view)
      let missing: string | undefined
      let hits: Hit[] | undefined
      for (let place = 0; place < pairs.rowCount; place++) {
        if (pairs.ownSides[place] === 0) continue
        const row = pairs.rows[place]!
        const window = windows[row]!
        missing ??= missingFrom(view, window === SAME_VISIT
          ? claim.visit.startDay
          : pairs.firstDay - (window === SIX_HOURS ? 1 : 0))
        if (pairs.sides[place] !== BOTH) continue
        const lines = pairs.linesOf(place)
        const together = chargedTogether(lines, window)
        if (mayHideAPair(lines)) missing ??= undated
        if (together.length === 0) continue
        hits ??= []
        hits.push(hitOf({ claim, view, table: table!, row }, together))
      }
      return outcomeOf(hits, missing)
    }
  },
})

/** Charges of both sides within one window of which at least one is the claim's own. */
function chargedTogether(lines: readonly PairLine[], window: number): PairLine[] {
  const standing = lines.filter((line) => line.quantity > 0 && line.place !== undefined
    && netOf(lines, line, window) > 0)
  const reach = window === SIX_HOURS ? sixHours : 0
  return standing.filter((line) => standing.some((other) =>
    other.side !== line.side && (line.item >= 0 || other.item >= 0)
    && Math.abs(other.place! - line.place!) <= reach))
}

/** Units that refunds of the same place (within six hours: of the same day) leave of this side. */
function netOf(lines: readonly PairLine[], charge: PairLine, window: number): number {
  let net = 0
  for (const { side, day, place, quantity } of lines) {
    const isThere = window === SIX_HOURS ? day === charge.day : place === charge.place
    if (side === charge.side && isThere) net += quantity
  }
  return net
}

/** Whether a charge without a usable time has a counterpart near enough to matter. */
function mayHideAPair(lines: readonly PairLine[]): boolean {
  return lines.some((line) => line.place === undefined && line.quantity > 0
    && lines.some((other) => other.side !== line.side && other.quantity > 0
      && (line.item >= 0 || other.item >= 0) && Math.abs(other.day - line.day) <= 1))
}

interface PairAt {
  readonly claim: Claim
  readonly view: PatientView
  readonly table: Table
  readonly row: number
}

/** At fault is the included item; the including one only when the other was settled before. */
function hitOf({ claim, view, table, row }: PairAt, lines: readonly PairLine[]): Hit {
  const including = table.text('name', row)
  const included = table.text('name_b', row)
  const own = lines.filter(({ item }) => item >= 0).toSorted((a, b) => a.item - b.item)
  const past: PastLine[] = lines.filter(({ item }) => item < 0).map((line) =>
    pastLineOf(view, line.past, line.line, line.side === INCLUDING ? including : included))
  const atFault = own.filter(({ side }) => side === INCLUDED)
  const others = own.filter(({ side }) => side === INCLUDING).map(({ item }) => item)
  return {
    violating: atFault.length > 0
      ? atFault.map(({ item }) => ({ item, riskFen: Math.max(0, claim.items[item]!.amountFen) }))
      : others.map((item) => ({ item, riskFen: 0 })), // the money is on the earlier settlement
    involved: atFault.length > 0 ? others : [],
    past,
    row,
    facts: {
      including,
      included,
      window: windowNames[table.numbers('window')[row]!]!,
      date: dayText(Math.min(...lines.map(({ day }) => day))),
      settlements: settlementCount(past),
    },
  }
}
