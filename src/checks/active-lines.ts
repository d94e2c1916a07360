// Drugs in use at one time: lines of the claim and of the patient's recent past with the days that
// each is taken to last, by kind. What two kinds in use together mean is the check's to say.
import { Type } from '@sinclair/typebox'
import type { Claim } from '../claim/claim.js'
import { dayText } from '../claim/day.js'
import type { PatientView } from '../history/view.js'
import type { Hit, Matches, Outcome, Table } from './check.js'
import { CLEAR } from './check.js'
import type { ConflictGroups } from './conflict-groups.js'
import { chargesOf, outcomeOf } from './lines.js'
import { missingFrom, pastLineOf, settlementCount } from './past-lines.js'
import { undated } from './window-judge.js'

/** One line in use from its first to its last day, both inclusive. */
export interface ActiveLine {
  kind: number
  row: number
  from: number
  until: number
  /** A line of a stay without a date: in use on some of these days. */
  isOpen: boolean
  /** The claim's item, or -1 and the past's line. */
  item: number
  past: number
  line: number
}

export interface ActiveKinds {
  readonly table: Table
  /** What may not be in use together. */
  readonly conflicts: ConflictGroups
  /** Days that a line of the past is taken to be in use: histories do not remember its supply. */
  readonly pastDays: number
  /** What the two rows tell besides `pairFacts`. */
  facts(early: number, late: number): Hit['facts']
}

/** What every hit of two active lines tells. */
export const pairFacts = ['first', 'second', 'date', 'settlements'] as const

export const pastDaysParam = Type.Integer({
  minimum: 1, maximum: 90, description: '以前结算的药品按发药日起用几天计',
})

const none = -1

/**
 * One for a part of a rule, reused from claim to claim. `judge` finds conflicting kinds in use on a
 * common day, at least one line of them the claim's own.
 */
export class ActiveLines {
  private readonly pool: ActiveLine[] = []
  private count = 0
  private readonly seen: number[] = []
  private readonly rowOfPoint: Int32Array

  constructor(private readonly kinds: ActiveKinds) {
    const { table } = kinds
    this.rowOfPoint = new Int32Array(table.rowCount).fill(none)
    for (let row = table.rowCount - 1; row >= 0; row--) this.rowOfPoint[table.pointOf(row)] = row
  }

  judge(claim: Claim, matches: Matches, view: PatientView): Outcome {
    this.takeOwn(claim, matches)
    if (this.count === 0) return CLEAR
    const ownCount = this.count
    const { pastDays } = this.kinds
    let first = Infinity
    let last = -Infinity
    for (let index = 0; index < ownCount; index++) {
      first = Math.min(first, this.pool[index]!.from)
      last = Math.max(last, reachOf(this.pool[index]!, pastDays))
    }
    const needed = first - pastDays + 1
    this.takePast(view, needed, last)
    return this.judgePairs(claim, view, { ownCount, missing: missingFrom(view, needed) })
  }

  private takeOwn({ items, visit, settledDay }: Claim, { count, subjects, rows }: Matches): void {
    this.count = 0
    for (let match = 0; match < count; match++) {
      const item = items[subjects[match]!]!
      if (item.quantity <= 0) continue
      const added = this.add(rows[match]!)
      added.item = subjects[match]!
      added.isOpen = !item.isDated && visit.setting === 'inpatient'
      added.from = added.isOpen ? visit.startDay : item.serviceDay
      added.until = added.isOpen
        ? visit.endDay ?? settledDay
        : item.serviceDay + Math.max(1, item.daysOfSupply ?? 1) - 1
    }
  }

  private takePast(view: PatientView, from: number, until: number): void {
    const { table, pastDays } = this.kinds
    for (let past = view.first(); past >= 0; past = view.next(past)) {
      if (view.lastDay(past) < from || view.firstDay(past) > until) continue
      const end = view.endLine(past)
      for (let line = view.firstLine(past); line < end; line += view.lineSize) {
        const point = table.pointOfKey(view.lineLow(line), view.lineHigh(line))
        if (point < 0 || view.lineQuantity(line) <= 0 || isTakenBack(view, past, line)) continue
        const added = this.add(this.rowOfPoint[point]!)
        added.item = none
        added.past = past
        added.line = line
        added.isOpen = false
        added.from = view.lineDay(line)
        added.until = added.from + pastDays - 1
      }
    }
  }

  private add(row: number): ActiveLine {
    const line = this.pool[this.count] ??= {
      kind: 0, row: 0, from: 0, until: 0, isOpen: false, item: none, past: none, line: none,
    }
    this.count++
    line.row = row
    line.kind = this.kinds.conflicts.groupOf[row]!
    return line
  }

  /** Each pair of kinds is told once, with all lines of both that overlap. */
  private judgePairs(
    claim: Claim, view: PatientView,
    { ownCount, missing: given }: { ownCount: number, missing: string | undefined },
  ): Outcome {
    let missing = given
    if (!this.hasConflict()) return outcomeOf(undefined, missing)
    let hits: Map<string, Pair[]> | undefined
    let isCharged: ReturnType<typeof chargesOf> | undefined
    for (let own = 0; own < ownCount; own++) {
      const a = this.pool[own]!
      for (let other = own + 1; other < this.count; other++) {
        const b = this.pool[other]!
        if (!this.kinds.conflicts.isConflict(a.kind, b.kind)) continue
        const until = b.item >= 0 ? a.until : reachOf(a, this.kinds.pastDays)
        if (a.from > b.until || b.from > until) continue
        isCharged ??= chargesOf(claim)
        if (!isCharged(claim.items[a.item]!)) continue
        if (b.item >= 0 && !isCharged(claim.items[b.item]!)) continue
        if (a.isOpen || b.isOpen) {
          missing ??= undated
          continue
        }
        hits ??= new Map()
        const key = a.kind < b.kind ? `${a.kind} ${b.kind}` : `${b.kind} ${a.kind}`
        const pairs = hits.get(key)
        if (pairs === undefined) hits.set(key, [[a, b]])
        else pairs.push([a, b])
      }
    }
    if (hits === undefined) return outcomeOf(undefined, missing)
    return outcomeOf([...hits.values()].map((pairs) => this.hitOf(claim, view, pairs)), missing)
  }

  /** Few kinds stand in many lines: most claims end here, without a look at every pair. */
  private hasConflict(): boolean {
    const { seen, pool } = this
    seen.length = 0
    for (let line = 0; line < this.count; line++) {
      const { kind } = pool[line]!
      if (seen.includes(kind)) continue
      for (let other = 0; other < seen.length; other++) {
        if (this.kinds.conflicts.isConflict(seen[other]!, kind)) return true
      }
      seen.push(kind)
    }
    return false
  }

  /** At fault is what was given later; of one day, what stands later in the bill. */
  private hitOf({ items }: Claim, view: PatientView, pairs: readonly Pair[]): Hit {
    const [early, late] = pairs.map(inOrder).toSorted((a, b) =>
      a[1].from - b[1].from || a[0].from - b[0].from)[0]!
    const lines = [...new Set(pairs.flat())]
    const own = lines.filter(({ item }) => item >= 0).toSorted((a, b) => a.item - b.item)
    const past = lines.filter(({ item }) => item < 0).map(({ past, line, row }) =>
      pastLineOf(view, past, line, this.kinds.table.text('name', row)))
    const atFault = own.filter(({ kind }) => kind === late.kind)
    const others = own.filter(({ kind }) => kind !== late.kind).map(({ item }) => item)
    return {
      violating: atFault.length > 0
        ? atFault.map(({ item }) => ({ item, riskFen: Math.max(0, items[item]!.amountFen) }))
        : others.map((item) => ({ item, riskFen: 0 })), // the money is on the other settlement
      involved: atFault.length > 0 ? others : [],
      past,
      row: late.row,
      facts: {
        first: this.kinds.table.text('name', early.row),
        second: this.kinds.table.text('name', late.row),
        ...this.kinds.facts(early.row, late.row),
        date: dayText(Math.max(early.from, late.from)),
        settlements: settlementCount(past),
      },
    }
  }
}

type Pair = readonly [ActiveLine, ActiveLine]

/** The earlier line first. Of one day and two settlements, by kind: whichever was settled first. */
function inOrder([a, b]: Pair): Pair {
  const later = a.from - b.from || (b.item < 0 ? a.kind - b.kind : 0)
  return later > 0 ? [b, a] : [a, b]
}

/**
 * The last day that a line of the claim is held against another settlement's. Its days of supply do
 * not count there: histories forget them, and who is settled first must not matter.
 */
function reachOf({ isOpen, from, until }: ActiveLine, pastDays: number): number {
  return (isOpen ? until : from) + pastDays - 1
}

/** Whether the settlement's own refund lines left nothing of a line's drug. */
function isTakenBack(view: PatientView, past: number, line: number): boolean {
  const low = view.lineLow(line)
  const high = view.lineHigh(line)
  let units = 0
  const end = view.endLine(past)
  for (let other = view.firstLine(past); other < end; other += view.lineSize) {
    if (view.lineLow(other) === low && view.lineHigh(other) === high) units += view.lineQuantity(other)
  }
  return units <= 0
}
