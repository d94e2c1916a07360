// Dates as senders write them, read to day numbers and minutes in the region's time zone
// (Asia/Shanghai, a fixed +8: it has had no summer time since 1991). May not look at a clock.
import { ServiceError } from '../errors.js'
import { MINUTES_PER_DAY } from './claim.js'
import type { Place } from './place.js'

const MINUTE_MS = 60_000
const REGION_MINUTES = 8 * 60
/** Outside these years a date is a slip of a key or a database's word for nothing. */
const yearMin = 1900
const yearMax = 2199
/** A sender's clock may be wrong, or in another zone, by this much (design: what arrives). */
const aheadMinutesMax = MINUTES_PER_DAY

const ZERO = 0x30
const NINE = 0x39
const SPACE = 0x20
const COLON = 0x3a
const HYPHEN = 0x2d
const LETTER_T = 0x54

/**
 * A moment in the region's time: minutes since 1970, doubled, plus one when the time of day is
 * known. One number, because a claim has a moment on every line and objects would be its largest
 * cost.
 */
export type Moment = number

/** Day number of a moment: days since 1970 in the region's time. */
export function momentDay(moment: Moment): number {
  return Math.floor(moment / (2 * MINUTES_PER_DAY))
}

/** Undefined when only the date was given. */
export function momentMinute(moment: Moment): number | undefined {
  return (moment & 1) === 1 ? Math.floor(moment / 2) : undefined
}

/** The region's minute at an instant in milliseconds. */
export function minuteAt(instant: number): number {
  return Math.floor(instant / MINUTE_MS) + REGION_MINUTES
}

/** The last minute that an event received at this instant may name. */
export function latestMinute(receivedAt: number): number {
  return minuteAt(receivedAt) + aheadMinutesMax
}

/** Whether a moment lies past a minute since 1970; of a date alone its midnight is compared. */
export function isAfter(moment: Moment, minute: number): boolean {
  return Math.floor(moment / 2) > minute
}

/** Days since 1970-01-01 of a date of the Gregorian calendar (month 1 to 12). */
export function dayNumber(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year // years begin in March: the leap day is the last
  const leapDays = ((shifted / 4) | 0) - ((shifted / 100) | 0) + ((shifted / 400) | 0)
  const dayOfYear = (((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) | 0) + day - 1
  return shifted * 365 + leapDays + dayOfYear - 719_468
}

/** The day of a text that begins with a date; throws CLAIM_DATE_INVALID. */
export function dayOf(text: string): number {
  const moment = parseMoment(text)
  if (moment === undefined) {
    throw new ServiceError('CLAIM_DATE_INVALID', { detail: 'this is no date' })
  }
  return momentDay(moment)
}

/** YYYY-MM-DD of a day number. */
export function dayText(day: number): string {
  return new Date(day * MINUTES_PER_DAY * MINUTE_MS).toISOString().slice(0, 10)
}

/** YYYY-MM-DD HH:mm of a region's minute. */
export function minuteText(minute: number): string {
  return new Date(minute * MINUTE_MS).toISOString().slice(0, 16).replace('T', ' ')
}

/** A date that may be missing (absent, null, "", "-"); unreadable is CLAIM_DATE_INVALID. */
export function readMoment(
  text: string | null | undefined, place: Place, field: string,
): Moment | undefined {
  if (text === undefined || text === null || text === '' || text === '-') return undefined
  const moment = parseMoment(text)
  if (moment !== undefined) return moment
  if (text.trim() === '') return undefined
  throw place.refusal('CLAIM_DATE_INVALID', field, 'this is no date and time that exists')
}

/** As readMoment, and refuses what lies more than a day after the receipt. */
export function readPastMoment(
  text: string | null | undefined, place: Place, options: { field: string, latest: number },
): Moment | undefined {
  const moment = readMoment(text, place, options.field)
  if (moment !== undefined && isAfter(moment, options.latest)) {
    throw place.refusal('CLAIM_DATE_INVALID', options.field, 'over a day after the receipt')
  }
  return moment
}

/**
 * Reads 2026-03-02, 2026/3/2, 20260302, each with or without a time (9:05, 09:05:00, 09:05:00.123),
 * a zone (Z, +08:00, +0800) and surrounding blanks, and yyyyMMddHHmm(ss). Without a zone it is the
 * region's time. Undefined when it is none of these, or no such day exists.
 */
export function parseMoment(text: string): Moment | undefined {
  return parseUsual(text) ?? parseAny(text)
}

/** 2026-03-02T09:05:00+08:00 and what it begins with: on every line of most senders. */
function parseUsual(text: string): Moment | undefined {
  const { length } = text
  if (length !== 25 && length !== 19 && length !== 10 && length !== 16) return undefined
  if (text.charCodeAt(4) !== HYPHEN || text.charCodeAt(7) !== HYPHEN) return undefined
  const day = dayIfReal(pairAt(text, 0) * 100 + pairAt(text, 2), pairAt(text, 5), pairAt(text, 8))
  if (day === undefined || length === 10) {
    return day === undefined ? undefined : day * 2 * MINUTES_PER_DAY
  }
  const between = text.charCodeAt(10)
  if ((between !== LETTER_T && between !== SPACE) || text.charCodeAt(13) !== COLON) return undefined
  if (length > 16 && (text.charCodeAt(16) !== COLON || !(pairAt(text, 17) <= 60))) return undefined
  if (length === 25 && !text.endsWith('+08:00')) return undefined
  return withTime(day, pairAt(text, 11), pairAt(text, 14))
}

/** Two digits; NaN, which no comparison lets pass, when they are none. */
function pairAt(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO
  const ones = text.charCodeAt(at + 1) - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

function parseAny(text: string): Moment | undefined {
  const end = blanksFrom(text)
  let at = 0
  while (at < end && text.charCodeAt(at) <= SPACE) at++
  const digits = digitsFrom(text, at, end)
  if (digits === 4) return parseSeparated(text, at, end)
  if (digits !== 8 && digits !== 12 && digits !== 14) return undefined
  const day = dayIfReal(
    numberAt(text, at, 4), numberAt(text, at + 4, 2), numberAt(text, at + 6, 2))
  if (day === undefined) return undefined
  if (digits === 8) return parseTime(text, at + 8, { end, day })
  if (at + digits !== end) return undefined
  if (digits === 14 && numberAt(text, at + 12, 2) > 60) return undefined
  return withTime(day, numberAt(text, at + 8, 2), numberAt(text, at + 10, 2))
}

function parseSeparated(text: string, start: number, end: number): Moment | undefined {
  const separator = text.charCodeAt(start + 4)
  if (separator !== HYPHEN && separator !== 0x2f) return undefined
  const monthDigits = digitsFrom(text, start + 5, end)
  const dayAt = start + 6 + monthDigits
  if (text.charCodeAt(dayAt - 1) !== separator) return undefined
  const dayDigits = digitsFrom(text, dayAt, end)
  if (monthDigits < 1 || monthDigits > 2 || dayDigits < 1 || dayDigits > 2) return undefined
  const day = dayIfReal(
    numberAt(text, start, 4), numberAt(text, start + 5, monthDigits),
    numberAt(text, dayAt, dayDigits))
  if (day === undefined) return undefined
  return parseTime(text, dayAt + dayDigits, { end, day })
}

/** What follows a date: nothing, or a time of day and perhaps a zone. */
function parseTime(
  text: string, start: number, { end, day }: { end: number, day: number },
): Moment | undefined {
  if (start === end) return day * 2 * MINUTES_PER_DAY
  let at = start
  if (text.charCodeAt(at) === LETTER_T) at++
  else while (text.charCodeAt(at) === SPACE) at++
  const hourDigits = digitsFrom(text, at, end)
  if (at === start || hourDigits < 1 || hourDigits > 2) return undefined
  const hour = numberAt(text, at, hourDigits)
  at += hourDigits
  if (text.charCodeAt(at) !== COLON || digitsFrom(text, at + 1, end) !== 2) return undefined
  const moment = withTime(day, hour, numberAt(text, at + 1, 2))
  at = afterSeconds(text, at + 3, end)
  if (moment === undefined || at < 0) return undefined
  return at === end ? moment : zoned(text, at, { end, moment })
}

/** The end of ":ss" and of a fraction, where there are any; -1 when they cannot be read. */
function afterSeconds(text: string, start: number, end: number): number {
  if (text.charCodeAt(start) !== COLON) return start
  if (digitsFrom(text, start + 1, end) !== 2 || numberAt(text, start + 1, 2) > 60) return -1
  const mark = text.charCodeAt(start + 3)
  if (mark !== 0x2e && mark !== 0x2c) return start + 3
  const digits = digitsFrom(text, start + 4, end)
  return digits === 0 ? -1 : start + 4 + digits
}

function zoned(
  text: string, start: number, { end, moment }: { end: number, moment: Moment },
): Moment | undefined {
  let at = start
  while (text.charCodeAt(at) === SPACE) at++
  const sign = text.charCodeAt(at)
  if (sign === 0x5a || sign === 0x7a) {
    return at + 1 === end ? moment + 2 * REGION_MINUTES : undefined
  }
  if (sign !== 0x2b && sign !== 0x2d) return undefined
  const restAt = text.charCodeAt(at + 3) === COLON ? at + 4 : at + 3
  const hours = pairAt(text, at + 1)
  const minutes = restAt === end ? 0 : pairAt(text, restAt)
  if ((restAt !== end && restAt + 2 !== end) || !(hours <= 14 && minutes <= 59)) return undefined
  const offset = (sign === 0x2b ? 1 : -1) * (hours * 60 + minutes)
  return moment + 2 * (REGION_MINUTES - offset)
}

function withTime(day: number, hour: number, minute: number): Moment | undefined {
  if (!(hour <= 23 && minute <= 59)) return undefined
  return (day * MINUTES_PER_DAY + hour * 60 + minute) * 2 + 1
}

function dayIfReal(year: number, month: number, day: number): number | undefined {
  if (!(year >= yearMin && year <= yearMax && month >= 1 && month <= 12)) return undefined
  return day >= 1 && day <= monthLength(year, month) ? dayNumber(year, month, day) : undefined
}

function monthLength(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Where the text ends when blanks behind it are left out. */
function blanksFrom(text: string): number {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) <= SPACE) end--
  return end
}

function digitsFrom(text: string, start: number, end: number): number {
  let at = start
  while (at < end) {
    const code = text.charCodeAt(at)
    if (code < ZERO || code > NINE) break
    at++
  }
  return at - start
}

function numberAt(text: string, start: number, digits: number): number {
  let value = 0
  for (let at = start; at < start + digits; at++) value = value * 10 + text.charCodeAt(at) - ZERO
  return value
}
