// Days with a drug or a service against the course that is paid. Two ways to count (distinct days of
// use; the span from the first to the last use) and two scopes (one stay; an episode).
import { Type } from '@sinclair/typebox'
import { dayText } from '../claim/day.js'
import { defineCheck } from './check.js'
import type { Hit } from './check.js'
import { evidenceOf } from './group-hit.js'
import { LineGroups } from './line-groups.js'
import type { Reach } from './line-groups.js'
import { outcomeOf } from './lines.js'
import { missingFrom, settlementCount } from './past-lines.js'
import { PlaceGrid } from './place-grid.js'
import { undated } from './window-judge.js'

const DISTINCT = 0 // place in `mode`
const STAY = 0 // place in `scope`
const daysMax = 366 // the longest window that histories keep
const wholeHistory = 10_000 // days: more than any history holds

/** Params in days. Unknown for a line without a day, or where the past does not reach back so far. */
export const payableCourse = defineCheck({
  kind: 'payable-course',
  meta: {
    summary: '药品或项目的使用天数（或首末次跨度）不得超过可支付疗程，按一次住院或一个疾病过程计。',
    facts: ['name', 'total', 'limit', 'mode', 'from', 'to', 'settlements'],
    wakes: 'item',
    owner: 'patient',
    remedies: [{ kind: 'drop-fewest' }],
  },
  params: Type.Object({
    window_days: Type.Optional(Type.Integer({
      minimum: 1, maximum: daysMax,
      description: `疾病过程按任意连续多少天计（按使用天数累计的行）；不写为 ${daysMax}`,
    })),
    break_days: Type.Optional(Type.Integer({
      minimum: 1, maximum: daysMax,
      description: `两次使用相隔超过多少天算新的疗程（按跨度计的行）；不写为 ${daysMax}`,
    })),
  }, { additionalProperties: false }),
  columns: {
    days_max: { type: 'integer', minimum: 1, maximum: daysMax, description: '可支付疗程天数' },
    mode: {
      type: 'one-of', values: ['distinct-days', 'span'],
      description: 'distinct-days 累计使用天数；span 自首次使用起的连续时间跨度',
    },
    scope: { type: 'one-of', values: ['stay', 'episode'], description: 'stay 单次住院；episode 疾病过程' },
  },
  prepare({ window_days: windowDays = daysMax, break_days: breakDays = daysMax }, table) {
    const limits = table!.numbers('days_max')
    const modes = table!.numbers('mode')
    const scopes = table!.numbers('scope')
    const groups = new LineGroups(table!)
    const grid = new PlaceGrid()
    const isDistinct = (row: number) => modes[row] === DISTINCT
    const isStay = (row: number) => scopes[row] === STAY
    const reach: Reach = {
      /** A span may reach back as far as its breaks allow. */
      daysOf: (row) => (isDistinct(row) ? windowDays - 1 : wholeHistory),
      isOfVisit: isStay,
    }
    /** The day from which the past must be whole for this group. */
    const neededFrom = (row: number, startDay: number, firstOwnDay: number) => {
      if (isStay(row)) return Math.min(startDay, firstOwnDay)
      return isDistinct(row)
        ? firstOwnDay - windowDays + 1
        : grid.firstOfCourses(breakDays) - breakDays
    }

    return (claim, matches, { patient: view }) => {
      const { startDay } = claim.visit
      groups.takeOwn(claim, matches)
      if (groups.groupCount > 0) groups.takePast(claim, view, reach)
      let missing = groups.hasUndated ? undated : undefined
      let hits: Hit[] | undefined
      for (let group = 0; group < groups.groupCount; group++) {
        if (groups.units[group] === 0) continue
        const row = groups.rows[group]!
        const limit = limits[row]!
        const isShort = isDistinct(row) && groups.charges[group]! <= limit
        if (!isShort) {
          grid.fill(groups, group)
          grid.countDays()
        }
        const length = isStay(row) ? grid.size : windowDays
        const gap = isStay(row) ? grid.size : breakDays
        missing ??= missingFrom(view, neededFrom(row, startDay, groups.firstDays[group]!))
        if (isShort) continue
        const worst = isDistinct(row) ? grid.flagWindows(length, limit) : grid.flagCourses(gap, limit)
        if (worst === undefined) continue
        const excess = isDistinct(row) ? grid.excess(length, limit) : grid.excessOfCourses(gap, limit)
        const evidence = evidenceOf({ claim, view, groups, group, grid }, excess, true)
        hits ??= []
        hits.push({
          ...evidence,
          facts: {
            name: table!.text('name', row),
            total: worst.total,
            limit,
            mode: isDistinct(row) ? '累计使用天数' : '首末次使用跨度',
            from: dayText(worst.first),
            to: dayText(worst.last),
            settlements: settlementCount(evidence.past),
          },
        })
      }
      return outcomeOf(hits, missing)
    }
  },
})
