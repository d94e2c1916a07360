// Day numbers and minutes written as the national interface writes them, and as CloudEvents does.
// Days are days since 1970-01-01 in Asia/Shanghai; nothing here reads a clock.

const MS_PER_DAY = 86_400_000

/** 'YYYY-MM-DD'. Counted by hand: this runs for every line, and a Date costs ten times as much. */
export function dateText(day: number): string {
  // Days since 0000-03-01, so that the leap day is the last of its year.
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const leaps = Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524)
    + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365)
  const yearStart = 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100)
  const dayOfYear = dayOfEra - yearStart
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const dayOfMonth = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${year}-${pad(month)}-${pad(dayOfMonth)}`
}

function timeText(minute: number): string {
  const hours = Math.floor(minute / 60)
  return `${pad(hours)}:${pad(minute % 60)}:00`
}

/** 'YYYY-MM-DD HH:mm:ss', as fee_ocur_time and setl_time are written. */
export function momentText(day: number, minute: number): string {
  return `${dateText(day)} ${timeText(minute)}`
}

/** RFC 3339 with the region's offset, for the envelope. */
export function instantText(day: number, minute: number): string {
  return `${dateText(day)}T${timeText(minute)}+08:00`
}

/** Milliseconds of a local day and minute. */
export function instantOf(day: number, minute: number): number {
  return day * MS_PER_DAY + (minute - 480) * 60_000
}

function pad(value: number): string {
  return value < 10 ? `0${value}` : `${value}`
}
