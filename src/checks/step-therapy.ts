// A second-line drug paid though no first-line drug is to be seen: neither in the claim nor in what is
// remembered of the months before. Where the past may hold one that nobody could recognise, it is unknown.
import { Type } from '@sinclair/typebox'
import { codeHigh, codeLow } from '../claim/code-key.js'
import { classesOf } from '../claim/drug-class.js'
import type { Claim } from '../claim/claim.js'
import type { PatientView } from '../history/view.js'
import { defineCheck } from './check.js'
import type { Table } from './check.js'
import { listsOf, startsWithAny } from './code-lists.js'
import { isPaidByFund, judgeLines } from './lines.js'
import { missingFrom } from './past-lines.js'

const wholeLength = 20 // a national drug code has 23 characters; what is shorter is a beginning of one

/** What comes before a knowledge point's drugs. */
interface FirstLine {
  readonly row: number
  readonly codes: readonly string[]
  readonly lows: readonly number[]
  readonly highs: readonly number[]
  /** Remembered lines have a key, which has no beginnings, and a class: groups are found by that. */
  readonly classes: readonly { readonly from: number, readonly until: number }[]
  /** Each beginning is a whole code or a group: nothing else is found among remembered lines. */
  readonly isFindable: boolean
}

/** Param in days. At risk are the lines; unknown where a line has no code or the past is not whole. */
export const stepTherapy = defineCheck({
  kind: 'step-therapy',
  meta: {
    summary: '限二线使用的药品，本次和此前若干天内都没有用过对应的一线药品。',
    facts: ['limit', 'first', 'days'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'self-pay' }, { kind: 'drop-lines' }],
  },
  params: Type.Object({
    days: Type.Integer({ minimum: 1, maximum: 366, description: '向前查找多少天' }),
  }, { additionalProperties: false }),
  columns: { limit: { type: 'text', optional: true, description: '限定内容原文' } },
  mapColumns: {
    first_line: { type: 'text', description: '一线药品的编码或编码开头，以 | 分隔' },
    first_line_name: { type: 'text', description: '一线药品的名称' },
  },

  prepare({ days }, table, map) {
    const byPoint = firstLinesOf(map!)
    let view: PatientView
    const firstLineAt = (row: number) => byPoint.get(table!.text('point', row))
    const judge = judgeLines({
      breaks(claim, item, row) {
        if (!isPaidByFund(item)) return false
        const first = firstLineAt(row)
        if (first === undefined || !map!.holdsOn(first.row, item.serviceDay)) return 'first-line-group'
        const own = { table: table!, point: table!.pointOf(row) }
        if (isInClaim(claim, first, own)) return false
        return lookBack(view, first, { from: item.serviceDay - days, until: item.serviceDay, ...own })
          ?? missingIn(claim) ?? missingFrom(view, item.serviceDay - days) ?? true
      },
      facts: (_claim, _item, row) => ({
        limit: table!.text('limit', row),
        first: map!.text('first_line_name', firstLineAt(row)!.row),
        days,
      }),
    })
    return (claim, matches, history) => {
      view = history.patient
      return judge(claim, matches, history)
    }
  },
})

function firstLinesOf(map: Table): ReadonlyMap<string, FirstLine> {
  return new Map(listsOf(map, 'first_line').map((codes, row) => [map.text('point', row), {
    row,
    codes,
    lows: codes.map(codeLow),
    highs: codes.map(codeHigh),
    classes: codes.map(classesOf).filter((range) => range !== undefined),
    isFindable: codes.every((code) => code.length >= wholeLength || classesOf(code) !== undefined),
  }]))
}

/** The drug itself begins like its group, and is none of it. */
function isInClaim(
  { items }: Claim, { codes }: FirstLine, { table, point }: { table: Table, point: number },
): boolean {
  for (let index = 0; index < items.length; index++) {
    const { code, quantity, low, high } = items[index]!
    if (quantity <= 0 || !startsWithAny(code, codes)) continue
    if (table.pointOfKey(low, high) !== point) return true
  }
  return false
}

interface LookBack {
  readonly from: number
  readonly until: number
  readonly table: Table
  /** The knowledge point of the drug itself: its own earlier lines are no first line. */
  readonly point: number
}

/** False: found. A text: there are lines that may be one. Undefined: nothing was charged that is. */
function lookBack(
  view: PatientView, first: FirstLine, { from, until, table, point }: LookBack,
): false | string | undefined {
  let unseen: string | undefined
  for (let past = view.first(); past >= 0; past = view.next(past)) {
    const end = view.endLine(past)
    for (let line = view.firstLine(past); line < end; line += view.lineSize) {
      const day = view.lineDay(line)
      if (day < from || day > until || view.lineQuantity(line) <= 0) continue
      const [low, high] = [view.lineLow(line), view.lineHigh(line)]
      if (table.pointOfKey(low, high) === point) continue
      const at = first.lows.indexOf(low)
      if (at >= 0 && first.highs[at] === high) return false
      if (isOfClass(first, view.lineClass(line))) return false
      if (!first.isFindable) unseen = 'history.first-line'
    }
  }
  return unseen
}

function isOfClass({ classes }: FirstLine, drugClass: number): boolean {
  for (const { from, until } of classes) if (drugClass >= from && drugClass < until) return true
  return false
}

/** A line that nobody mapped may be a first-line drug. */
function missingIn({ items }: Claim): string | undefined {
  for (let index = 0; index < items.length; index++) {
    if (items[index]!.code === '') return 'items.code'
  }
  return undefined
}
