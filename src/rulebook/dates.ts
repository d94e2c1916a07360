// Dates as policy staff write them, YYYY-MM-DD, to day numbers. Strict: rule files and tables are
// ours, so a date that does not exist is a mistake to be told, never guessed.

/** Before and after every day that a claim can have; they fit an Int32Array. */
export const DAY_MIN = -1_000_000
export const DAY_MAX = 10_000_000

const MS_PER_DAY = 86_400_000
const pattern = /^\d{4}-\d{2}-\d{2}$/

/** Undefined when the text is not a date of the calendar. */
export function parseDay(text: string): number | undefined {
  if (!pattern.test(text)) return undefined
  const at = Date.parse(`${text}T00:00:00Z`)
  if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(text)) return undefined
  return at / MS_PER_DAY
}

/** YYYY-MM-DD of a day number. */
export function formatDay(day: number): string {
  return new Date(day * MS_PER_DAY).toISOString().slice(0, 10)
}
