// What refunds leave of a settlement's lines. Pure values.
import { codeKey } from '../claim/code-key.js'
import type { RefundLine } from '../claim/claim.js'
import type { SettledLine } from './settlement-record.js'

/**
 * What is left of each line; a refund of no lines takes everything. An item that stands on several
 * lines is taken from the first that have some, whatever the order of refunds. Undefined: an item
 * or so much of it is not there.
 */
export function leftOf(
  lines: readonly SettledLine[], refund: readonly RefundLine[],
): readonly SettledLine[] | undefined {
  if (refund.length === 0) return []
  const left = lines.map((line) => ({ ...line }))
  for (const { item, quantity } of refund) {
    const key = codeKey(item)
    let wanted = quantity
    for (const line of left) {
      if (line.item !== key) continue
      const taken = Math.max(0, Math.min(line.quantity, wanted))
      line.quantity -= taken
      wanted -= taken
    }
    if (wanted > 0) return undefined
  }
  return left
}
