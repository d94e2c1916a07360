// An item that goes with another one (a stent with its intervention, a filtration fluid with the
// filtration), charged without any of them in the whole visit or within so many days of it.
import { Type } from '@sinclair/typebox'
import { codeHigh, codeLow } from '../claim/code-key.js'
import type { Claim, Item } from '../claim/claim.js'
import type { PatientView } from '../history/view.js'
import { defineCheck } from './check.js'
import { listsOf } from './code-lists.js'
import { judgeLines } from './lines.js'
import { missingFrom } from './past-lines.js'

interface Needs {
  readonly codes: ReadonlySet<string>
  readonly lows: readonly number[]
  readonly highs: readonly number[]
  /** Days before and after; Infinity: anywhere in the visit. */
  readonly reach: number
}

/**
 * At risk are the lines. Unknown where a line has no code, while the visit goes on, or where the past
 * is not whole.
 */
export const requiresItem = defineCheck({
  kind: 'requires-item',
  meta: {
    summary: '知识表中的药品或耗材须与列出的项目之一同在一次就诊（或相隔若干天内）收费。',
    facts: ['needs'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'add-item', column: 'needs', nameColumn: 'needs_name' }, { kind: 'drop-lines' }],
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    needs: { type: 'text', description: '须同时有其中之一的项目编码，以 | 分隔' },
    needs_name: { type: 'text', description: '这些项目的名称' },
    reach_days: {
      type: 'integer', minimum: 0, maximum: 366, optional: true,
      description: '相隔不超过几天；空：同一次就诊内即可',
    },
  },

  prepare(_params, table) {
    const reaches = table!.numbers('reach_days')
    const needs = listsOf(table!, 'needs').map((codes, row): Needs => ({
      codes: new Set(codes),
      lows: codes.map(codeLow),
      highs: codes.map(codeHigh),
      reach: Number.isNaN(reaches[row]!) ? Infinity : reaches[row]!,
    }))
    let view: PatientView
    const judge = judgeLines({
      breaks(claim, item, row) {
        const wanted = needs[row]!
        if (isInClaim(claim, item, wanted) || isInPast(claim, item, { wanted, view })) return false
        return missingOf(claim, view) ?? true
      },
      facts: (_claim, _item, row) => ({ needs: table!.text('needs_name', row) }),
    })
    return (claim, matches, history) => {
      view = history.patient
      return judge(claim, matches, history)
    }
  },
})

/** A line without a date may be of the day that is wanted. */
function isInClaim({ items }: Claim, item: Item, { codes, reach }: Needs): boolean {
  for (let index = 0; index < items.length; index++) {
    const other = items[index]!
    if (other.quantity <= 0 || !codes.has(other.code)) continue
    const isNear = Math.abs(other.serviceDay - item.serviceDay) <= reach
    if (isNear || !other.isDated || !item.isDated) return true
  }
  return false
}

/** Lines of earlier settlements of the same visit. */
function isInPast(
  { visit }: Claim, { serviceDay }: Item, { wanted, view }: { wanted: Needs, view: PatientView },
): boolean {
  for (let past = view.first(); past >= 0; past = view.next(past)) {
    if (!view.isVisit(past, visit.institution.id, visit.id)) continue
    const end = view.endLine(past)
    for (let line = view.firstLine(past); line < end; line += view.lineSize) {
      const at = wanted.lows.indexOf(view.lineLow(line))
      if (at < 0 || wanted.highs[at] !== view.lineHigh(line)) continue
      const isNear = Math.abs(view.lineDay(line) - serviceDay) <= wanted.reach
      if (isNear && view.lineQuantity(line) > 0) return true
    }
  }
  return false
}

/** What may still hold the item: lines that nobody mapped, days to come, a past that is not known. */
function missingOf({ visit, items }: Claim, view: PatientView): string | undefined {
  for (let index = 0; index < items.length; index++) {
    if (items[index]!.code === '') return 'items.code'
  }
  return visit.endDay === undefined ? 'visit.end' : missingFrom(view, visit.startDay)
}
