// A rule that users suddenly go on with all the same far more often than before: something about it, its
// table or the way it is told is wrong. Says so from what the histories counted; a person's word ends it.
import type { FeedbackBooks } from '../history/feedback-books.js'
import type { Rule } from '../rulebook/rulebook.js'

/** The last week against the four before. */
export const recentDays = 7
export const earlierDays = 28
/** Fewer answers say nothing about a rate. */
export const recentMin = 30
export const earlierMin = 100
/** Twice as often, and by a fifth of the answers: a rare override that becomes a little less rare is none. */
export const jumpFactor = 2
export const jumpMin = 0.2

export interface Answers {
  readonly answered: number
  readonly overridden: number
}

type Watched = Pick<Rule, 'id' | 'status' | 'confirmedDay'>

export interface Jump {
  readonly rule: string
  /** The latest day of the stream's answers when it was seen. */
  readonly day: number
  readonly recent: Answers
  readonly earlier: Answers
}

/** Undefined: no jump, or a person has confirmed the rule within these days. */
export function jumpOf(
  feedback: Pick<FeedbackBooks, 'latestDay' | 'answersOf'>, rule: Watched,
): Jump | undefined {
  const { latestDay: day } = feedback
  const from = day + 1 - recentDays
  if (rule.status !== 'active' || (rule.confirmedDay ?? -1) >= from) return undefined
  const recent = feedback.answersOf(rule.id, from, day + 1)
  if (recent.answered < recentMin) return undefined
  const earlier = feedback.answersOf(rule.id, from - earlierDays, from)
  if (earlier.answered < earlierMin) return undefined
  const [now, before] = [recent, earlier].map(({ answered, overridden }) => overridden / answered)
  const isJump = now! >= jumpFactor * before! && now! - before! >= jumpMin
  return isJump ? { rule: rule.id, day, recent, earlier } : undefined
}

/** It went back to trial on this day, and nobody has confirmed it since; undefined: it did not. */
export function demotedDayOf(
  feedback: Pick<FeedbackBooks, 'demoted'>, { id, status, confirmedDay = -1 }: Watched,
): number | undefined {
  const day = feedback.demoted.dayOf(id)
  return day === undefined || status !== 'active' || confirmedDay >= day ? undefined : day
}

/** In a sentence for operators. */
export function jumpText({ rule, recent, earlier }: Jump): string {
  const percent = ({ answered, overridden }: Answers) =>
    `${Math.round(overridden * 100 / answered)} % of ${answered}`
  return `rule ${rule}: users go on all the same with ${percent(recent)} findings of the last `
    + `${recentDays} days, ${percent(earlier)} of the ${earlierDays} days before`
}
