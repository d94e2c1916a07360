// Two different lines under one line id: whoever refers to the line (a refund, an audit) cannot say
// which. Lines alike in every field are one line sent again, which some senders do, and no fault of
// the bill.
import { Type } from '@sinclair/typebox'
import type { Item } from '../claim/claim.js'
import { CLEAR, defineCheck } from './check.js'

/** Needs the claim alone and is never unknown. */
export const duplicateItemId = defineCheck({
  kind: 'duplicate-item-id',
  meta: {
    summary: '同一张结算单里，内容不同的两条明细不得用同一个明细号。',
    facts: ['id', 'lines'],
    wakes: 'claim',
    owner: 'patient',
    remedies: [{ kind: 'renumber' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {},

  prepare() {
    const firsts = new Map<string, number>() // reused: empty between claims
    return ({ items }) => {
      if (isAscending(items)) return CLEAR
      let doubles: number[] | undefined
      for (let index = 0; index < items.length; index++) {
        const item = items[index]!
        if (item.quantity <= 0) continue // a refund line names the line it takes back
        const first = firsts.get(item.id)
        if (first === undefined) firsts.set(item.id, index)
        else if (!isSame(items[first]!, item)) (doubles ??= []).push(index)
      }
      if (doubles === undefined) {
        firsts.clear()
        return CLEAR
      }
      const ids = [...new Set(doubles.map((index) => items[index]!.id))]
      const hits = ids.map((id) => {
        const violating = doubles.filter((index) => items[index]!.id === id)
          .map((index) => ({ item: index, riskFen: items[index]!.amountFen }))
        const facts = { id, lines: violating.length + 1 }
        return { violating, involved: [firsts.get(id)!], facts }
      })
      firsts.clear()
      return { result: 'hit', hits }
    }
  },
})

/** Senders number their lines: ids that grow from line to line are all different. */
function isAscending(items: readonly Item[]): boolean {
  for (let index = 1; index < items.length; index++) {
    const { id } = items[index]!
    const { id: before } = items[index - 1]!
    if (id.length < before.length || (id.length === before.length && id <= before)) return false
  }
  return true
}

function isSame(one: Item, other: Item): boolean {
  return (Object.keys(one) as (keyof Item)[]).every((field) =>
    one[field] === other[field] || (field === 'traceCodes' && alike(one, other)))
}

function alike({ traceCodes: one }: Item, { traceCodes: other }: Item): boolean {
  return one.length === other.length && one.every((code, index) => code === other[index])
}
