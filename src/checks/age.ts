// Ages by the calendar, and the ranges of ages that tables hold. 周岁: a year is completed on the
// birthday; who was born on 29 February completes it on 1 March of a common year.
import type { ColumnSpec, Table } from './check.js'

const units = ['天', '月', '岁'] as const
const [DAYS, MONTHS] = [0, 1]
const msPerDay = 86_400_000
const agesMax = 55_000 // days of a life of 150 years

const end = (description: string) =>
  ({ type: 'integer', minimum: 0, maximum: agesMax, optional: true, description }) as const

/** Ends are completed days, months or years, inclusive; an absent end is open. */
export const ageColumns = {
  min: end('最小年龄（含）'),
  max: end('最大年龄（含）'),
  unit: { type: 'one-of', values: units, description: '年龄单位' },
} as const satisfies Record<string, ColumnSpec>

/** Completed units of age on a day; negative before birth. */
export function ageOn(unit: number, birthDay: number, day: number): number {
  if (unit === DAYS) return day - birthDay
  const birth = new Date(birthDay * msPerDay)
  const then = new Date(day * msPerDay)
  const months = (then.getUTCFullYear() - birth.getUTCFullYear()) * 12
    + then.getUTCMonth() - birth.getUTCMonth()
    - (then.getUTCDate() < birth.getUTCDate() ? 1 : 0)
  return unit === MONTHS ? months : Math.floor(months / 12)
}

/** The ranges of a table's rows. */
export class AgeRanges {
  private readonly mins: Float64Array
  private readonly maxs: Float64Array
  private readonly units: Float64Array

  constructor(table: Table) {
    this.mins = table.numbers('min')
    this.maxs = table.numbers('max')
    this.units = table.numbers('unit')
  }

  age(row: number, birthDay: number, day: number): number {
    return ageOn(this.units[row]!, birthDay, day)
  }

  /** Absent ends are NaN, and nothing is less or greater than that. */
  isBelow(row: number, age: number): boolean {
    return age < this.mins[row]!
  }

  isAbove(row: number, age: number): boolean {
    return age > this.maxs[row]!
  }

  facts(row: number, age: number): { age: number, unit: string, limit: string } {
    const unit = units[this.units[row]!]!
    const min = this.mins[row]!
    const max = this.maxs[row]!
    const limit = Number.isNaN(max) ? `${min}${unit}及以上`
      : Number.isNaN(min) ? `${max}${unit}及以下` : `${min}至${max}${unit}`
    return { age, unit, limit }
  }
}

export const ageFacts: readonly string[] = ['age', 'unit', 'limit']
