// More kinds of drug, or of herbal piece, in one prescription than allowed. The two are prescribed and
// counted apart; packages and makers of one drug are one kind.
import { Type } from '@sinclair/typebox'
import type { Claim, Item } from '../claim/claim.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit, Outcome } from './check.js'
import { chargesOf, outcomeOf } from './lines.js'

/** At risk are the lines beyond the limit. Unknown where lines name no prescription. */
export const drugKindsLimit = defineCheck({
  kind: 'drug-kinds-limit',
  meta: {
    summary: '一张处方的药品（或中药饮片）种数不得超过上限。',
    facts: ['kinds', 'limit', 'prescription'],
    wakes: 'claim',
    owner: 'patient',
    remedies: [{ kind: 'drop-lines' }],
  },
  params: Type.Object({
    kinds_max: Type.Integer({ minimum: 1, maximum: 100, description: '每张处方最多几种' }),
    counts: Type.Optional(Type.Union([Type.Literal('drugs'), Type.Literal('herbs')], {
      description: 'drugs 数西药和中成药（默认）；herbs 数中药饮片和颗粒的味数',
    })),
  }, { additionalProperties: false }),
  columns: {},

  prepare({ kinds_max: kindsMax, counts = 'drugs' }) {
    const limit: Limit = { kindsMax, isCounted: counts === 'drugs' ? isDrug : isHerb }
    const linesOf = new Map<string, number>() // reused: empty between claims
    return (claim) => {
      return mostLines(claim, linesOf, limit) <= kindsMax ? CLEAR : judge(claim, limit)
    }
  },
})

interface Limit {
  readonly kindsMax: number
  isCounted(item: Item): boolean
}

const isDrug = ({ category }: Item): boolean => category === 'drug'
const isHerb = ({ category }: Item): boolean =>
  category === 'herbal-piece' || category === 'herbal-granule'

/** Lines of the prescription with the most; lines without one may belong to any. */
function mostLines(
  { items }: Claim, linesOf: Map<string, number>, { isCounted }: Limit,
): number {
  let most = 0
  linesOf.clear()
  for (const item of items) {
    const { quantity, prescription } = item
    if (!isCounted(item) || quantity <= 0) continue
    const lines = (linesOf.get(prescription) ?? 0) + 1
    linesOf.set(prescription, lines)
    if (lines > most) most = lines
  }
  return most + (linesOf.get('') ?? 0)
}

function judge(claim: Claim, { kindsMax, isCounted }: Limit): Outcome {
  const isCharged = chargesOf(claim)
  const byPrescription = new Map<string, Map<string, number[]>>()
  const all = new Set<string>()
  for (const [index, item] of claim.items.entries()) {
    if (!isCounted(item) || !isCharged(item)) continue
    const kind = kindOf(item)
    const kinds = byPrescription.get(item.prescription) ?? new Map<string, number[]>()
    byPrescription.set(item.prescription, kinds)
    const lines = kinds.get(kind)
    if (lines === undefined) kinds.set(kind, [index])
    else lines.push(index)
    all.add(kind)
  }
  const loose = byPrescription.get('') // lines that do not say their prescription
  byPrescription.delete('')
  const hits = [...byPrescription].flatMap(([prescription, kinds]) =>
    (kinds.size > kindsMax ? [hitOf(claim, prescription, { kinds, kindsMax })] : []))
  const isOpen = loose !== undefined && all.size > kindsMax
  return outcomeOf(hits, isOpen ? 'items.prescription' : undefined)
}

/** The kinds beyond the limit are at fault, in the order of the bill; the others are evidence. */
function hitOf(
  { items }: Claim, prescription: string,
  { kinds, kindsMax }: { kinds: ReadonlyMap<string, readonly number[]>, kindsMax: number },
): Hit {
  const lines = [...kinds.values()]
  return {
    violating: lines.slice(kindsMax).flat()
      .map((index) => ({ item: index, riskFen: items[index]!.amountFen })),
    involved: lines.slice(0, kindsMax).flat(),
    facts: { kinds: kinds.size, limit: kindsMax, prescription },
  }
}

/**
 * The national code begins with what the drug is: X, class and substance (10 characters) and dosage
 * form (4); Z, class and number (11). Package and maker follow.
 */
function kindOf({ code, name, id }: Item): string {
  if (code.length >= 20 && code.startsWith('X')) return code.slice(0, 14)
  if (code.length >= 20 && code.startsWith('Z')) return code.slice(0, 11)
  return code || name || id
}
