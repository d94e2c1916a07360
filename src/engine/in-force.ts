// Whether a rule has anything to say on a claim's days. The engine itself never asks (what is not in
// force is not woken); people and cases do: "clear" and "not in force" are different answers.
import type { Claim } from '../claim/claim.js'
import type { CodeIndex, RuleBook } from '../rulebook/rulebook.js'
import { claimDayOf } from './gather.js'

/**
 * An item that a table of the rule names is asked with its row's own dates; a claim without such an
 * item with the rule's dates, on the days of its items or, where the claim wakes the rule, on its own.
 */
export function isInForce(book: RuleBook, rule: string, claim: Claim): boolean {
  const parts = new Set(book.parts.flatMap((part, index) => (part.rule.id === rule ? [index] : [])))
  const covers = (day: number) => [...parts].some((part) =>
    day >= book.parts[part]!.fromDay && day < book.parts[part]!.untilDay)
  const wakes = book.rules.find(({ id }) => id === rule)?.check.meta.wakes
  if (wakes !== 'item') return covers(claimDayOf(claim))
  const named = claim.items.flatMap(({ low, high, serviceDay }) =>
    entriesOf(book.items, book.items.slotOf(low, high))
      .filter((entry) => parts.has(book.items.parts[entry]!))
      .map((entry) => ({ entry, day: serviceDay })))
  if (named.length === 0) return claim.items.some(({ serviceDay }) => covers(serviceDay))
  return named.some(({ entry, day }) =>
    day >= book.items.fromDays[entry]! && day < book.items.untilDays[entry]!)
}

function entriesOf({ starts }: CodeIndex, slot: number): number[] {
  if (slot < 0) return []
  const [from, until] = [starts[slot]!, starts[slot + 1]!]
  return Array.from({ length: until - from }, (_, index) => from + index)
}
