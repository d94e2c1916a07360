// Why a user goes on all the same: coded, so that they can be counted, and told in words in the feedback.
import { reasonWords } from '../claim/reason-codes.js'
import type { Coding } from './fhir.js'

const system = 'urn:claimsentry:override-reason'

export const overrideReasons: readonly Coding[] =
  Object.entries(reasonWords).map(([code, display]) => ({ code, system, display }))

/** Nobody has to give a reason by the standard; a feedback that goes on needs one. */
export const unsaid = '未说明原因'
