// The answer to GET /v1/feedback/summary: what the histories counted, with titles, rates and whether the
// days asked for are all there.
import { dayOf, minuteAt, minuteText } from './claim/day.js'
import { reasonCodes } from './claim/reason-codes.js'
import type { ReasonCode } from './claim/reason-codes.js'
import type { DoorsDeps } from './doors.js'
import { ServiceError } from './errors.js'
import { feedbackDays } from './history/feedback-books.js'
import type { FeedbackFigures } from './history/feedback-books.js'
import { ratesOf } from './history/feedback-rates.js'
import type { FeedbackSummary } from './http/feedback-summary-route.js'
import { formatDay, parseDay } from './rulebook/dates.js'

export interface SummaryAsked {
  /** Undefined: all of them together. */
  readonly institution: string | undefined
  readonly from: string | undefined
  /** Included. */
  readonly to: string | undefined
}

/** A month, as operators ask. */
const daysDefault = 30

/** Throws REQUEST_MALFORMED for a day that is none. */
export function feedbackSummary(
  { partition, books, now }: Pick<DoorsDeps, 'partition' | 'books' | 'now'>,
  { institution, from, to }: SummaryAsked,
): FeedbackSummary {
  const { histories: { feedback, gapUntilDay }, state: { phase } } = partition
  const lastDay = to === undefined ? dayOf(minuteText(minuteAt(now())).slice(0, 10)) : dayAt('/to', to)
  const fromDay = from === undefined ? lastDay - daysDefault + 1 : dayAt('/from', from)
  const figures = feedback.figures({ institution, fromDay, untilDay: lastDay + 1 })
  const titles = new Map(books.current().rules.map(({ id, title }) => [id, title]))
  return {
    institution: institution ?? null,
    from: formatDay(fromDay),
    to: formatDay(lastDay),
    complete: phase === 'ready' && fromDay >= Math.max(gapUntilDay, feedback.latestDay - feedbackDays),
    total: told(figures.reduce(added, nothing)),
    rules: figures.map((one) => ({ rule: one.rule, title: titles.get(one.rule) ?? '', ...told(one) })),
  }
}

function dayAt(path: string, text: string): number {
  const day = parseDay(text)
  if (day === undefined) throw new ServiceError('REQUEST_MALFORMED', { path, detail: 'there is no such day' })
  return day
}

const nothing: FeedbackFigures = {
  rule: '', shown: 0, visits: 0, again: 0, followed: 0, overridden: 0, reasons: byReason(() => 0),
  changed: 0, kept: 0,
}

function byReason(pick: (code: ReasonCode) => number): FeedbackFigures['reasons'] {
  return Object.fromEntries(reasonCodes.map((code) => [code, pick(code)])) as Record<ReasonCode, number>
}

function added(a: FeedbackFigures, b: FeedbackFigures): FeedbackFigures {
  return {
    rule: '',
    shown: a.shown + b.shown,
    visits: a.visits + b.visits,
    again: a.again + b.again,
    followed: a.followed + b.followed,
    overridden: a.overridden + b.overridden,
    reasons: byReason((code) => a.reasons[code] + b.reasons[code]),
    changed: a.changed + b.changed,
    kept: a.kept + b.kept,
  }
}

function told(figures: FeedbackFigures): FeedbackSummary['total'] {
  const { shown, visits, again: repeats, followed, overridden, reasons, changed, kept } = figures
  const { compliance, override, repeatsPerVisit } = ratesOf(figures)
  return {
    shown, visits, repeats, followed, overridden, reasons, changed, kept,
    compliance_rate: compliance ?? null,
    override_rate: override ?? null,
    repeats_per_visit: repeatsPerVisit ?? null,
  }
}
