// A drug trace code (追溯码) names one pack: settled twice, by anyone, anywhere, or twice within one
// claim, it was not that pack. Opened packs sold in parts, and refund lines, do not count.
import { Type } from '@sinclair/typebox'
import type { Claim, Item } from '../claim/claim.js'
import { dayText } from '../claim/day.js'
import type { TraceHolder } from '../history/view.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit } from './check.js'
import { outcomeOf } from './lines.js'

/** No medicine may be sold much longer than this after it was made: an older gap hides nothing. */
const shelfLifeDays = 1_096

/**
 * At risk is the reused codes' share of a line. Unknown where anything is missing of a medicine's three
 * years.
 */
export const traceCodeReused = defineCheck({
  kind: 'trace-code-reused',
  meta: {
    summary: '同一药品追溯码被重复结算（任何参保人、任何机构；拆零销售除外）。',
    facts: ['code', 'codes', 'times', 'date', 'institution'],
    wakes: 'claim',
    owner: 'trace-code',
    remedies: [{ kind: 'drop-lines' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {},
  prepare() {
    const netOfCode = new Map<string, number>()
    const lastItem = new Map<string, number>()
    return (claim, _matches, { traceCodes: view }) => {
      if (!claim.items.some(isTraced)) return CLEAR
      let missing = claim.settledDay - shelfLifeDays < view.completeFromDay
        ? view.incompleteReason ?? 'history-gap'
        : undefined
      const isEachOnce = sellsEachOnce(claim)
      if (!isEachOnce) countCodes(claim, netOfCode)
      lastItem.clear()
      let hits: Hit[] | undefined
      for (let index = 0; index < claim.items.length; index++) {
        const item = claim.items[index]!
        if (!isTraced(item) || item.quantity <= 0) continue
        let reuse: Reuse | undefined
        for (const code of item.traceCodes) {
          const net = isEachOnce ? 1 : netOfCode.get(code)!
          if (net <= 0) continue
          if (view.isOverflowed(code)) missing ??= 'history-overflow'
          const holders = view.holders(code)
          const earlier = net > 1 ? lastItem.get(code) : undefined
          if (net > 1) lastItem.set(code, index)
          if (holders.length === 0 && earlier === undefined) continue
          reuse ??= { codes: [], holders: [], earlier: new Set(), times: holders.length + net }
          reuse.codes.push(code)
          reuse.holders.push(...holders)
          if (earlier !== undefined && earlier !== index) reuse.earlier.add(earlier)
        }
        if (reuse === undefined) continue
        hits ??= []
        hits.push(hitOf(claim, index, reuse))
      }
      return outcomeOf(hits, missing)
    }
  },
})

interface Reuse {
  readonly codes: string[]
  readonly holders: TraceHolder[]
  /** Items of the same claim with one of the codes. */
  readonly earlier: Set<number>
  /** How often the first of the codes was settled, this time included. */
  readonly times: number
}

function isTraced({ traceCodes, isSplitPack }: Item): boolean {
  return traceCodes.length > 0 && !isSplitPack
}

/** Codes that are compared with each other; with more, counting them in a map is quicker. */
const comparedMax = 12
const compared: string[] = [] // reused: empty between claims

/** The ordinary claim: a few codes, all different, nothing taken back. No map is needed for it. */
function sellsEachOnce({ items }: Claim): boolean {
  compared.length = 0
  for (const item of items) {
    if (!isTraced(item)) continue
    if (item.quantity <= 0) return false
    for (const code of item.traceCodes) {
      if (compared.length >= comparedMax || compared.includes(code)) return false
      compared.push(code)
    }
  }
  return true
}

/** How often the claim sells each code, less how often it takes it back. */
function countCodes({ items }: Claim, netOfCode: Map<string, number>): void {
  netOfCode.clear()
  for (const item of items) {
    if (!isTraced(item) || item.quantity === 0) continue
    for (const code of item.traceCodes) {
      netOfCode.set(code, (netOfCode.get(code) ?? 0) + Math.sign(item.quantity))
    }
  }
}

function hitOf(claim: Claim, index: number, { codes, holders, earlier, times }: Reuse): Hit {
  const { name, amountFen, traceCodes } = claim.items[index]!
  const first = holders[0]
  return {
    violating: [{
      item: index,
      riskFen: Math.floor(Math.max(0, amountFen) * codes.length / traceCodes.length),
    }],
    involved: [...earlier],
    past: holders.map(({ institution, settlement, day }) =>
      ({ institution, settlement, name, day, quantity: 0 })),
    facts: {
      code: codes[0]!,
      codes: codes.length,
      times,
      date: dayText(first?.day ?? claim.settledDay),
      institution: first?.institution ?? claim.visit.institution.id,
    },
  }
}
