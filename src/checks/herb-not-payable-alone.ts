// Herbal pieces that the fund pays in a compound prescription only. The unit of judgement is the
// prescription: a piece used alone, or pieces of the list and nothing else, are not paid.
import { Type } from '@sinclair/typebox'
import type { Claim, Item } from '../claim/claim.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit } from './check.js'
import { isCharged, isPaidByFund, outcomeOf, yuanText } from './lines.js'

export const herbNotPayableAlone = defineCheck({
  kind: 'herb-not-payable-alone',
  meta: {
    summary: 'A prescription of listed herbal pieces only is not paid.',
    facts: ['pieces', 'amount'],
    wakes: 'item',
    owner: 'patient',
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {},

  prepare() {
    return (claim, matches) => {
      const listed = new Map<number, number>() // item -> row
      for (let match = 0; match < matches.count; match++) {
        const item = claim.items[matches.subjects[match]!]!
        if (!isPaidByFund(item) || !isCharged(claim, item)) continue
        listed.set(matches.subjects[match]!, matches.rows[match]!)
      }
      return listed.size === 0 ? CLEAR : judgePrescriptions(claim, listed)
    }
  },
})

function judgePrescriptions(claim: Claim, listed: ReadonlyMap<number, number>) {
  const hits: Hit[] = []
  let missing: string | undefined
  const prescriptions = new Set([...listed.keys()].map((index) => claim.items[index]!.prescription))
  for (const prescription of prescriptions) {
    const pieces = piecesOf(claim, prescription)
    const ours = pieces.filter((index) => listed.has(index))
    const isAllListed = ours.length === pieces.length
    const broken = isAllListed
      ? ours
      : ours.filter((index) => claim.items[index]!.isHerbSingle === true)
    if (broken.length > 0) hits.push(hitOf(claim, broken, listed))
    // Without a prescription number nobody knows which pieces were prescribed together.
    if (prescription === '' && broken.length < ours.length) missing = 'items.prescription'
  }
  return outcomeOf(hits, missing)
}

/** Charged pieces of one prescription, as indexes. */
function piecesOf(claim: Claim, prescription: string): number[] {
  return claim.items.flatMap((item, index) =>
    (isPiece(item) && item.prescription === prescription && isCharged(claim, item) ? [index] : []))
}

function isPiece({ category }: Item): boolean {
  return category === 'herbal-piece' || category === 'herbal-granule'
}

function hitOf(
  { items }: Claim, broken: readonly number[], listed: ReadonlyMap<number, number>,
): Hit {
  const amountFen = broken.reduce((sum, index) => sum + items[index]!.amountFen, 0)
  return {
    violating: broken.map((index) => ({ item: index, riskFen: items[index]!.amountFen })),
    row: listed.get(broken[0]!)!,
    facts: { pieces: broken.length, amount: yuanText(amountFen) },
  }
}
