// What the checks of one claim share about its lines: which of them charge something, and how the
// lines that break rows of a table become hits. Judges nothing itself.
import type { Claim, Item } from '../claim/claim.js'
import { CLEAR } from './check.js'
import type { Evaluate, Facts, Hit, Matches, Outcome } from './check.js'

/**
 * Which lines bill something. Refund lines and empty lines do not, and what the same claim takes
 * back in full was never charged: the hospital has put it right itself.
 */
export function chargesOf({ items }: Claim): (item: Item) => boolean {
  if (!items.some(({ quantity }) => quantity < 0)) return isPositive
  const totals = new Map<string, number>()
  for (const { code, quantity } of items) totals.set(code, (totals.get(code) ?? 0) + quantity)
  return (item) => isPositive(item) && (item.code === '' || totals.get(item.code)! > 0)
}

const isPositive = ({ quantity }: Item): boolean => quantity > 0

/** What the patient pays wholly is no payment of the fund: payment limits do not touch it. */
export function isPaidByFund({ amountFen, ownPayFen }: Item): boolean {
  return amountFen > ownPayFen
}

/** How one kind of check judges a line that met a row of its table. */
export interface LineRule {
  /** True: the line breaks the row. A text: the field without which nobody can tell. */
  breaks(claim: Claim, item: Item, row: number): boolean | string
  facts(claim: Claim, item: Item, row: number): Facts
  /** Money at risk; the whole line when absent. */
  riskFen?(claim: Claim, item: Item, row: number): number
}

/** One hit for every row that is broken, with all lines that break it. */
export function judgeLines(rule: LineRule): Evaluate {
  return (claim, matches) => judge(claim, matches, rule)
}

function judge(claim: Claim, matches: Matches, rule: LineRule): Outcome {
  let hits: Map<number, Hit & { violating: { item: number, riskFen: number }[] }> | undefined
  let isCharged: ((item: Item) => boolean) | undefined
  let missing: string | undefined
  for (let match = 0; match < matches.count; match++) {
    const index = matches.subjects[match]!
    const row = matches.rows[match]!
    const item = claim.items[index]!
    const broken = rule.breaks(claim, item, row)
    if (broken === false) continue
    isCharged ??= chargesOf(claim)
    if (!isCharged(item)) continue
    if (broken !== true) {
      missing ??= broken
      continue
    }
    const riskFen = rule.riskFen === undefined ? item.amountFen : rule.riskFen(claim, item, row)
    hits ??= new Map()
    const hit = hits.get(row)
    if (hit === undefined) {
      const facts = rule.facts(claim, item, row)
      hits.set(row, { violating: [{ item: index, riskFen }], row, facts })
    } else hit.violating.push({ item: index, riskFen })
  }
  return outcomeOf(hits === undefined ? [] : [...hits.values()], missing)
}

/** A hit tells what is missing besides; without a hit, what is missing makes it unknown. */
export function outcomeOf(
  hits: readonly Hit[] | undefined, missing: string | undefined,
): Outcome {
  if (hits === undefined || hits.length === 0) {
    return missing === undefined ? CLEAR : { result: 'unknown', missing }
  }
  return missing === undefined ? { result: 'hit', hits } : { result: 'hit', hits, missing }
}

/** Yuan as people write them. */
export function yuanText(fen: number): string {
  const whole = Math.abs(fen)
  const cents = String(whole % 100).padStart(2, '0')
  return `${fen < 0 ? '-' : ''}${Math.floor(whole / 100)}.${cents}`
}
