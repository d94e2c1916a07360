// Calendar months of day numbers. Nothing else.
import { dayNumber } from '../claim/day.js'

let lastDay = -1
let lastStart = 0

/** First day of the calendar month of a day. */
export function monthStart(day: number): number {
  if (day === lastDay) return lastStart
  const date = new Date(day * 86_400_000)
  lastDay = day
  lastStart = dayNumber(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
  return lastStart
}
