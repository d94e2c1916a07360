// More of a drug or a herbal piece a day than the label or the pharmacopoeia allows: the quantity
// charged over the days it was supplied for. Lines of one prescription are taken together; without
// the days nobody can tell.
import { Type } from '@sinclair/typebox'
import { QUANTITY_SCALE } from '../claim/claim.js'
import type { Claim, Item } from '../claim/claim.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit, Matches } from './check.js'
import { moneyOfUnits } from './excess-money.js'
import { chargesOf, outcomeOf } from './lines.js'

const whole = 100 // per cent
const tiny = 1e-6 // of a ten-thousandth: what adding up fractions may lose

/** At risk is what lies beyond the limit. Unknown without items.days_of_supply. */
export const dailyAmount = defineCheck({
  kind: 'daily-amount',
  meta: {
    summary: '数量除以用药天数，不得超过每日最大量乘以系数。',
    facts: ['daily', 'limit', 'unit', 'days'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'reduce-quantity' }],
  },
  params: Type.Object({
    factor_percent: Type.Integer({
      minimum: 1, maximum: 10_000, description: '允许到每日最大量的百分之多少',
    }),
  }, { additionalProperties: false }),
  columns: {
    daily_max: { type: 'quantity', description: '每日最大量，按计价单位' },
    unit: { type: 'text', description: '计价单位' },
  },

  prepare({ factor_percent: factorPercent }, table) {
    const limits = table!.numbers('daily_max').map((most) => most * factorPercent / whole)
    return (claim, matches) => {
      let missing: string | undefined
      let hits: Hit[] | undefined
      for (let match = 0; match < matches.count; match++) {
        const item = claim.items[matches.subjects[match]!]!
        if (item.quantity <= 0) continue
        if (!hasDays(item)) {
          missing ??= 'items.days_of_supply'
          continue
        }
        if (!isFirst(claim, matches, match)) continue
        const row = matches.rows[match]!
        const daily = dailyOf(claim, matches, match)
        if (daily <= limits[row]! + tiny) continue
        const violating = linesOf({ claim, matches, match }, 1 - limits[row]! / daily)
        if (violating.length === 0) continue
        hits ??= []
        const facts = {
          daily: rounded(daily), limit: rounded(limits[row]!),
          unit: table!.text('unit', row), days: item.daysOfSupply!,
        }
        hits.push({ violating, row, facts })
      }
      return hits === undefined && missing === undefined ? CLEAR : outcomeOf(hits, missing)
    }
  },
})

const hasDays = ({ daysOfSupply }: Item): boolean => daysOfSupply !== undefined && daysOfSupply > 0

const rounded = (quantity: number): number =>
  Math.round(quantity * whole / QUANTITY_SCALE) / whole

/** Whether two matches are of one row and one prescription. A line that tells none stands alone. */
function isTogether(claim: Claim, { subjects, rows }: Matches, a: number, b: number): boolean {
  if (a === b) return true
  if (rows[a] !== rows[b]) return false
  const item = claim.items[subjects[a]!]!
  const other = claim.items[subjects[b]!]!
  return item.prescription !== '' && item.prescription === other.prescription
    && other.quantity > 0 && hasDays(other)
}

/** A prescription is judged once, at its first line. */
function isFirst(claim: Claim, matches: Matches, match: number): boolean {
  for (let earlier = 0; earlier < match; earlier++) {
    if (isTogether(claim, matches, match, earlier)) return false
  }
  return true
}

/** Ten-thousandths of a unit a day. */
function dailyOf(claim: Claim, matches: Matches, match: number): number {
  let daily = 0
  for (let other = match; other < matches.count; other++) {
    if (!isTogether(claim, matches, match, other)) continue
    const { quantity, daysOfSupply } = claim.items[matches.subjects[other]!]!
    daily += quantity / daysOfSupply!
  }
  return daily
}

interface MatchAt {
  readonly claim: Claim
  readonly matches: Matches
  readonly match: number
}

/** The lines taken together, each with the money of its share beyond the limit. */
function linesOf({ claim, matches, match }: MatchAt, beyond: number): Hit['violating'] {
  const isCharged = chargesOf(claim)
  const lines: { item: number, riskFen: number }[] = []
  for (let other = match; other < matches.count; other++) {
    const index = matches.subjects[other]!
    const item = claim.items[index]!
    if (!isTogether(claim, matches, match, other) || !isCharged(item)) continue
    lines.push({ item: index, riskFen: moneyOfUnits(item, Math.floor(item.quantity * beyond)) })
  }
  return lines.toSorted((a, b) => a.item - b.item)
}
