// A rule book whose checks are timed, rule by rule, for claims that are judged once more on the side.
// Given a clock; judges what the book judges.
import type { RuleBook } from '../rulebook/rulebook.js'

export interface Cost {
  /** Nanoseconds in all, and how often the rule was woken. */
  nanoseconds: number
  calls: number
}

export interface TimedBook {
  readonly book: RuleBook
  /** By rule id. */
  readonly costs: ReadonlyMap<string, Cost>
}

/** `now` is in nanoseconds. What reading the clock costs is taken off. */
export function timedBook(book: RuleBook, now: () => number): TimedBook {
  const costs = new Map(book.rules.map(({ id }) => [id, { nanoseconds: 0, calls: 0 }]))
  const overhead = clockCost(now)
  const parts = book.parts.map((part): RuleBook['parts'][number] => {
    const cost = costs.get(part.rule.id)!
    return {
      ...part,
      evaluate(claim, matches, view) {
        const from = now()
        try {
          return part.evaluate(claim, matches, view)
        } finally {
          cost.nanoseconds += Math.max(0, now() - from - overhead)
          cost.calls++
        }
      },
    }
  })
  return { book: { ...book, parts }, costs }
}

const readings = 1_001

/** The median of two readings in a row: a pause of the machine does not count. */
function clockCost(now: () => number): number {
  const costs = Array.from({ length: readings }, () => {
    const from = now()
    return now() - from
  })
  return costs.toSorted((a, b) => a - b)[readings >> 1]!
}
