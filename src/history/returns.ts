// Which stays are returns: admitted within 31 days of another discharge from the same institution.
// Read from the patient's own record, so that it depends on what is known and not on what came first.
import type { Visit } from '../claim/claim.js'
import {
  endDayOf, isInInstitution, isStay, isVisit, lengthOf, pastSettlement, settingOf, startDayOf,
} from './block.js'
import { firstBlock } from './timeline.js'

/** 非计划再入院率: within 31 days, as the national framework has it. */
const returnDays = 31

export interface WholeStay {
  readonly institution: string
  readonly visit: string
  readonly startDay: number
}

/** An inpatient visit as isReturn asks about it, by the day number of its start. */
export const stayIn = ({ institution, id, startDay }: Visit): WholeStay =>
  ({ institution: institution.id, visit: id, startDay })

/** Offset of a settled stay of the institution, from `at` on; -1: none. */
function nextStay(words: Int32Array, from: number, institution: string): number {
  for (let at = from; at < words.length; at += lengthOf(words, at)) {
    if (isStay(words, at) || settingOf(words, at) !== 'inpatient') continue
    if (endDayOf(words, at) !== undefined && isInInstitution(words, at, institution)) return at
  }
  return -1
}

/** Whether an earlier stay there ended at most 31 days before this one began. */
export function isReturn(words: Int32Array, { institution, visit, startDay }: WholeStay): boolean {
  for (let at = nextStay(words, firstBlock(words), institution); at >= 0;) {
    const endDay = endDayOf(words, at)!
    const isBefore = startDayOf(words, at) < startDay && endDay <= startDay
    if (isBefore && startDay - endDay <= returnDays && !isVisit(words, at, institution, visit)) return true
    at = nextStay(words, at + lengthOf(words, at), institution)
  }
  return false
}

export type EndedStay = Pick<WholeStay, 'institution' | 'visit'> & { readonly endDay: number }

/** An inpatient visit as followingStays asks about it, by the day number of its end. */
export const endedIn = ({ institution, id }: Visit, endDay: number): EndedStay =>
  ({ institution: institution.id, visit: id, endDay })

export interface FollowingStay extends WholeStay {
  readonly settlement: string
}

const noStays: readonly FollowingStay[] = []

/** Stays that another one, with this end, may make returns of; none of its own visit. */
export function followingStays(
  words: Int32Array, { institution, visit, endDay }: EndedStay,
): readonly FollowingStay[] {
  let stays: FollowingStay[] | undefined
  for (let at = nextStay(words, firstBlock(words), institution); at >= 0;) {
    const startDay = startDayOf(words, at)
    const isSoon = startDay >= endDay && startDay - endDay <= returnDays
    if (isSoon && !isVisit(words, at, institution, visit)) (stays ??= []).push(pastSettlement(words, at))
    at = nextStay(words, at + lengthOf(words, at), institution)
  }
  return stays ?? noStays
}
