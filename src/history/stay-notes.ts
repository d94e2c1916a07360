// What admission and discharge events tell of a stay before it is settled, inside a patient's record.
import type { StayNotice } from '../claim/claim.js'
import { stayOf } from './block.js'
import { findStay, withoutBlock } from './timeline.js'
import type { PastStay } from './view.js'

/** The record without what was told before, and all that is told now. Undefined: nothing new. */
export function noted(
  words: Int32Array, type: 'admission' | 'discharge', { institution, visit, day }: StayNotice,
): { readonly rest: Int32Array, readonly stay: PastStay } | undefined {
  const at = findStay(words, institution, visit)
  const known = at < 0
    ? { institution, visit, admissionDay: undefined, dischargeDay: undefined }
    : stayOf(words, at)
  const field = type === 'admission' ? 'admissionDay' : 'dischargeDay'
  if (known[field] === day) return undefined
  return { rest: at < 0 ? words : withoutBlock(words, at), stay: { ...known, [field]: day } }
}
