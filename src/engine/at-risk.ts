// How much money a judgement puts at risk: never the same money twice, never more than the claim,
// split into fund and patient. Whole fen; a product goes through BigInt, so nothing is rounded but
// the result.
import type { Claim } from '../claim/claim.js'
import type { Hit } from '../checks/check.js'
import type { AtRisk } from './verdict.js'

/** Money of some hits: the most that any of them puts at risk of each item, or of the whole. */
export function atRiskOf(
  claim: Claim, hits: readonly Pick<Hit, 'violating' | 'riskFen'>[],
): AtRisk {
  const { payment } = claim
  const bound = Math.max(0, payment.totalFen)
  const byItem = new Map<number, number>()
  let wholeFen = 0
  for (const { violating, riskFen = 0 } of hits) {
    wholeFen = Math.max(wholeFen, Math.min(riskFen, bound))
    for (const { item, riskFen: itemFen } of violating) {
      const most = Math.max(0, Math.min(itemFen, claim.items[item]!.amountFen))
      byItem.set(item, Math.max(most, byItem.get(item) ?? 0))
    }
  }
  let itemsFen = 0
  for (const fen of byItem.values()) itemsFen += fen
  const totalFen = Math.min(bound, Math.max(itemsFen, wholeFen))
  const fundFen = fundShare(claim, byItem, totalFen - itemsFen)
  if (fundFen === undefined) return { totalFen, fundFen, patientFen: undefined }
  const boundedFen = Math.min(fundFen, totalFen, Math.max(0, payment.fundFen!))
  return { totalFen, fundFen: boundedFen, patientFen: totalFen - boundedFen }
}

/** An item's part in scope bears the fund's share; what is of no item bears the claim's average. */
function fundShare(
  { items, payment }: Claim, byItem: ReadonlyMap<number, number>, restFen: number,
): number | undefined {
  const { fundFen, totalFen } = payment
  if (fundFen === undefined) return undefined
  const inScopeFen = payment.inScopeFen ?? items.reduce((sum, item) => sum + inScope(item), 0)
  let share = 0
  for (const [item, riskFen] of byItem) {
    const line = items[item]!
    if (riskFen === 0) continue
    share += part(riskFen, [inScope(line), fundFen], [line.amountFen, inScopeFen])
  }
  return restFen > 0 ? share + part(restFen, [fundFen], [totalFen]) : share
}

function inScope({ amountFen, ownPayFen, selfPayFen }: Claim['items'][number]): number {
  return Math.max(0, Math.min(amountFen, amountFen - ownPayFen - selfPayFen))
}

/** `whole` × numerators / denominators, downwards, from 0 to `whole`. */
function part(whole: number, over: readonly number[], under: readonly number[]): number {
  const divisor = product(under)
  if (divisor <= 0n) return 0
  const share = Number(BigInt(whole) * product(over) / divisor)
  return Math.max(0, Math.min(whole, share))
}

function product(numbers: readonly number[]): bigint {
  return numbers.reduce((result, number) => result * BigInt(number), 1n)
}

/** Nothing found, nothing at risk; unknown for the split when the claim does not tell it. */
export const NOTHING_AT_RISK: AtRisk = Object.freeze({ totalFen: 0, fundFen: 0, patientFen: 0 })
