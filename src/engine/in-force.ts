// Whether a rule has anything to say on a claim's days. The engine itself never asks (what is not
// in force is not woken); people and cases do: "clear" and "not in force" are different answers.
import type { Claim } from '../claim/claim.js'
import { ENTRY, ENTRY_SIZE } from '../rulebook/rulebook.js'
import type { CodeIndex, RuleBook } from '../rulebook/rulebook.js'
import { claimDayOf } from './gather.js'

/**
 * An item that a table of the rule names is asked with its row's own dates; a claim without such an
 * item with the rule's dates, on the days of its items or, where the claim wakes the rule, on its
 * own.
 */
export function isInForce(book: RuleBook, rule: string, claim: Claim): boolean {
  const parts = new Set(book.parts.flatMap((part, index) => (part.rule.id === rule ? [index] : [])))
  const covers = (day: number) => [...parts].some((part) =>
    day >= book.parts[part]!.fromDay && day < book.parts[part]!.untilDay)
  const wakes = book.rules.find(({ id }) => id === rule)?.check.meta.wakes
  if (wakes !== 'item') return covers(claimDayOf(claim))
  const { entries } = book.items
  const named = claim.items.flatMap(({ low, high, serviceDay }) =>
    entriesOf(book.items, book.items.firstOf(low, high))
      .filter((entry) => parts.has(entries[entry + ENTRY.PART]!))
      .map((entry) => ({ entry, day: serviceDay })))
  if (named.length === 0) return claim.items.some(({ serviceDay }) => covers(serviceDay))
  return named.some(({ entry, day }) =>
    day >= entries[entry + ENTRY.FROM]! && day < entries[entry + ENTRY.UNTIL]!)
}

function entriesOf({ entries }: CodeIndex, first: number): number[] {
  const found: number[] = []
  for (let entry = first; entry >= 0; entry += ENTRY_SIZE) {
    found.push(entry)
    if (entries[entry + ENTRY.LAST] === 1) break
  }
  return found
}
