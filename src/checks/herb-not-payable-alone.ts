// Herbal pieces that the fund pays in a compound prescription only. The unit of judgement is the
// prescription: a piece used alone, or pieces of the list and nothing else, are not paid.
import { Type } from '@sinclair/typebox'
import type { Claim, Item } from '../claim/claim.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit, Outcome } from './check.js'
import { chargesOf, isPaidByFund, outcomeOf, yuanText } from './lines.js'

/** At risk are the pieces. Unknown where lines name no prescription and other pieces are paid. */
export const herbNotPayableAlone = defineCheck({
  kind: 'herb-not-payable-alone',
  meta: {
    summary: '处方里只有知识表所列的中药饮片（一味或几味）的，不予支付。',
    facts: ['pieces', 'amount'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'self-pay' }, { kind: 'drop-lines' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {},

  prepare() {
    return (claim, matches) => {
      const isCharged = chargesOf(claim)
      const listed = new Map<number, number>() // item -> row
      for (let match = 0; match < matches.count; match++) {
        const index = matches.subjects[match]!
        if (isCharged(claim.items[index]!)) listed.set(index, matches.rows[match]!)
      }
      return listed.size === 0 ? CLEAR : judgePrescriptions(claim, listed, isCharged)
    }
  },
})

type IsCharged = (item: Item) => boolean

function judgePrescriptions(
  claim: Claim, listed: ReadonlyMap<number, number>, isCharged: IsCharged,
): Outcome {
  const hits: Hit[] = []
  let missing: string | undefined
  for (const [prescription, pieces] of piecesByPrescription(claim, isCharged)) {
    const ours = pieces.filter((index) => listed.has(index))
    const isWhole = ours.length === pieces.length
    const paid = ours.filter((index) => isPaidByFund(claim.items[index]!))
    const broken = paid.filter((index) => isWhole || claim.items[index]!.isHerbSingle === true)
    if (broken.length > 0) hits.push(hitOf(claim, broken, listed))
    // Without a prescription number nobody knows which pieces were prescribed together.
    if (prescription === '' && broken.length < paid.length) missing = 'items.prescription'
  }
  return outcomeOf(hits, missing)
}

/** Charged pieces of each prescription, as indexes. */
function piecesByPrescription({ items }: Claim, isCharged: IsCharged): Map<string, number[]> {
  const pieces = new Map<string, number[]>()
  for (const [index, item] of items.entries()) {
    if (!isPiece(item) || !isCharged(item)) continue
    const known = pieces.get(item.prescription)
    if (known === undefined) pieces.set(item.prescription, [index])
    else known.push(index)
  }
  return pieces
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
