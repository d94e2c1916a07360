// A message of 3101 or 3102 handed to the engine: the visit that is asked about is judged or refused; an
// earlier visit beside it that nobody can read is left out and told. Decides nothing about a bill.
import type { Claim } from '../claim/claim.js'
import type { Verdict } from '../engine/verdict.js'
import { ServiceError } from '../errors.js'
import type { Stage } from '../rulebook/rulebook.js'
import type { Remedies } from './audit-answer.js'
import type { AuditRequest, EarlierVisit } from './audit-request.js'
import { mistakeTold } from './mistake.js'
import { NhsaRefusal } from './refusal.js'

/** What is told of visits that were left out: the first ones show what is wrong with all. */
const mistakesMax = 10
const mistakeMax = 200

export interface JudgeOptions {
  readonly stop: () => boolean
  readonly stage: Stage
  /** Other visits of the patient that the message carries, as data of settlements. */
  readonly earlier: readonly object[]
}

/** An earlier visit that could not be read. */
export interface Unread {
  /** In `earlier`. */
  readonly place: number
  readonly mistake: ServiceError
}

export interface Judged {
  readonly claim: Claim
  readonly verdict: Verdict
  /** What would put each finding right. */
  readonly remedies?: Remedies
  /** False while the histories are behind the stream. */
  readonly isCurrent: boolean
  /** How old what was judged by is, in milliseconds, where it is not current and that is known. */
  readonly historyAgeMs?: number | undefined
  /** Of the earlier visits; rules that need the past are then not reached. */
  readonly unread: readonly Unread[]
}

export type Judge = (settlement: object, options: JudgeOptions) => Judged

/** Beside the standard's answer: what the past that was judged by lacks; nothing where it is whole. */
export interface PastLacks {
  /** Events since then are not known: the stream is away, or still being read. */
  readonly history_age_ms?: number
  /** Earlier visits of the message, and what is wrong with them. */
  readonly earlier_left_out?: number
  readonly earlier_mistakes?: readonly string[]
}

/** What cannot be judged is told with the client's own names. */
export function judgedBy(
  judge: Judge, { settlement, earlier, lines }: AuditRequest, options: Omit<JudgeOptions, 'earlier'>,
): Judged {
  try {
    return judge(settlement, { ...options, earlier: earlier.map((visit) => visit.settlement) })
  } catch (error) {
    if (error instanceof ServiceError) throw new NhsaRefusal(mistakeTold(error, lines), { cause: error })
    throw error
  }
}

export function pastLacks(
  { unread, isCurrent, historyAgeMs }: Pick<Judged, 'unread' | 'isCurrent' | 'historyAgeMs'>,
  { earlier }: Pick<AuditRequest, 'earlier'>,
): PastLacks {
  const age = isCurrent || historyAgeMs === undefined ? {} : { history_age_ms: historyAgeMs }
  if (unread.length === 0) return age
  const told = unread.slice(0, mistakesMax).map(({ place, mistake }) => mistakeOf(earlier[place]!, mistake))
  return { ...age, earlier_left_out: unread.length, earlier_mistakes: told }
}

function mistakeOf({ visit, lines }: EarlierVisit, mistake: ServiceError): string {
  const named = visit === '' ? '' : `（mdtrt_id ${visit}）`
  return `其他就诊${named}未计入：${mistakeTold(mistake, lines)}`.slice(0, mistakeMax)
}
