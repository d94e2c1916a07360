// The indication map: of each knowledge point its clauses, any of which suffices; of each clause its
// conditions, all of which must hold. What no claim carries is unknown, never false.
import type { Claim, Item, Setting } from '../claim/claim.js'
import { ageColumns, ageOn } from './age.js'
import type { ColumnSpec, Table } from './check.js'
import { listsOf, startsWithAny } from './code-lists.js'
import { hasWesternDiagnosis, icdSetsOf, meetsAll } from './icd-prefixes.js'
import type { IcdSets } from './icd-prefixes.js'
import { isHere, nearnessOf } from './rows-here.js'
import { placeOf, sexColumn } from './sex.js'

const settings: readonly Setting[] = ['outpatient', 'emergency', 'inpatient', 'pharmacy']
const YEARS = 2

const text = (description: string): ColumnSpec => ({ type: 'text', optional: true, description })

export const clauseColumns = {
  diagnoses: text('须有其一的诊断，ICD-10 开头，以 | 分隔；几组都须有的，组间写 &'),
  min: ageColumns.min,
  max: ageColumns.max,
  unit: { ...ageColumns.unit, optional: true },
  sex: { ...sexColumn, optional: true },
  setting: {
    type: 'one-of', values: ['门诊', '急诊', '住院', '药店'], optional: true, description: '就诊场景',
  },
  insurance: text('险种代码开头，以 | 分隔'),
  min_level: {
    type: 'integer', minimum: 1, maximum: 3, optional: true, description: '最低机构等级',
  },
  days_max: {
    type: 'integer', minimum: 1, maximum: 366, optional: true, description: '一次就诊最多用几天',
  },
  prior: text('须先用或同用的药品，编码开头，以 | 分隔'),
  needs: text('结算单没有的条件：检验、基因、严重程度等，写字段名'),
} as const satisfies Record<string, ColumnSpec>

export interface Clause {
  readonly row: number
  /** Where it holds, and how near that is. */
  readonly region: string
  readonly near: number
  readonly diagnoses: IcdSets
  readonly insurance: readonly string[]
  readonly prior: readonly string[]
  readonly needs: string
  /** NaN where the clause does not ask. */
  readonly min: number
  readonly max: number
  readonly unit: number
  readonly sex: number
  readonly setting: number
  readonly minLevel: number
  readonly daysMax: number
}

/** The condition holds, or fails for certain; or the field without which nobody can tell. */
type Answer = boolean | string
type Condition = (clause: Clause, claim: Claim, item: Item) => Answer

const conditions: readonly Condition[] = [
  function diagnosis({ diagnoses }, claim) {
    if (diagnoses.length === 0) return true
    return hasWesternDiagnosis(claim) ? meetsAll(claim, diagnoses) : 'visit.diagnoses'
  },
  function age({ min, max, unit }, { patient: { birthDay } }, { serviceDay }) {
    if (Number.isNaN(min) && Number.isNaN(max)) return true
    if (birthDay === undefined) return 'patient.birth_date'
    const age = ageOn(Number.isNaN(unit) ? YEARS : unit, birthDay, serviceDay)
    return !(age < min) && !(age > max)
  },
  function sex({ sex }, { patient }) {
    if (Number.isNaN(sex)) return true
    const place = placeOf(patient.sex)
    return place < 0 ? 'patient.sex' : place === sex
  },
  function setting({ setting }, { visit }) {
    if (Number.isNaN(setting)) return true
    return visit.setting === 'other' ? 'visit.setting' : visit.setting === settings[setting]
  },
  function insurance({ insurance }, { patient: { insuranceType } }) {
    if (insurance.length === 0) return true
    return insuranceType === '' ? 'patient.insurance_type' : startsWithAny(insuranceType, insurance)
  },
  function level({ minLevel }, { visit: { institution } }) {
    if (Number.isNaN(minLevel)) return true
    return institution.level === undefined ? 'visit.institution.level' : institution.level >= minLevel
  },
  function prior({ prior }, { items }) { // remembered lines have keys, which have no beginnings
    if (prior.length === 0) return true
    for (let index = 0; index < items.length; index++) {
      if (items[index]!.quantity > 0 && startsWithAny(items[index]!.code, prior)) return true
    }
    return 'history.prior-therapy'
  },
  function carried({ needs }) {
    return needs === '' ? true : needs
  },
]

/** Made once at load; `allows` answers a boolean, or the name of the field that is missing. */
export class IndicationMap {
  private readonly map: Table
  private readonly byPoint = new Map<string, Clause[]>()
  private readonly days = new UsedDays()

  constructor(map: Table) {
    this.map = map
    for (const clause of clausesOf(map)) {
      const point = map.text('point', clause.row)
      const known = this.byPoint.get(point)
      if (known === undefined) this.byPoint.set(point, [clause])
      else known.push(clause)
    }
  }

  clausesOf(point: string): readonly Clause[] {
    return this.byPoint.get(point) ?? []
  }

  /** Whether some clause that is in force on the line's day allows it. */
  allows(clauses: readonly Clause[], claim: Claim, item: Item): Answer {
    let missing: string | undefined
    const near = this.nearest(clauses, claim, item.serviceDay)
    for (let index = 0; index < clauses.length; index++) {
      const clause = clauses[index]!
      if (clause.near !== near || !this.isInForce(clause, claim, item.serviceDay)) continue
      const answer = this.holds(clause, claim, item)
      if (answer === true) return true
      if (answer !== false) missing ??= answer
    }
    return near < 0 ? 'indication' : missing ?? false
  }

  private isInForce({ row, region }: Clause, { visit }: Claim, day: number): boolean {
    return this.map.holdsOn(row, day) && isHere(region, visit.institution)
  }

  /** A point that its region or institution has mapped anew is judged by those clauses only; -1: by none. */
  private nearest(clauses: readonly Clause[], claim: Claim, day: number): number {
    let near = -1
    for (let index = 0; index < clauses.length; index++) {
      const clause = clauses[index]!
      if (clause.near > near && this.isInForce(clause, claim, day)) near = clause.near
    }
    return near
  }

  /** A condition that fails for certain fails the clause, whatever else is not known. */
  private holds(clause: Clause, claim: Claim, item: Item): Answer {
    let missing: string | undefined
    for (let place = 0; place < conditions.length; place++) {
      const answer = conditions[place]!(clause, claim, item)
      if (answer === false) return false
      if (answer !== true) missing ??= answer
    }
    if (!Number.isNaN(clause.daysMax)) {
      if (!item.isDated) missing ??= 'items.service_time'
      else if (this.days.until(claim, item) > clause.daysMax) return false
    }
    return missing ?? true
  }
}

function clausesOf(map: Table): Clause[] {
  const [prior, insurance] = [listsOf(map, 'prior'), listsOf(map, 'insurance')]
  const numbers = (column: keyof typeof clauseColumns) => map.numbers(column)
  const [mins, maxs, units] = [numbers('min'), numbers('max'), numbers('unit')]
  const [sexes, places] = [numbers('sex'), numbers('setting')]
  const [levels, days] = [numbers('min_level'), numbers('days_max')]
  return Array.from({ length: map.rowCount }, (_, row): Clause => {
    const region = map.text('region', row)
    return {
      row,
      region,
      near: nearnessOf(region),
      diagnoses: icdSetsOf(map.text('diagnoses', row)),
      insurance: insurance[row]!,
      prior: prior[row]!,
      needs: map.text('needs', row),
      min: mins[row]!,
      max: maxs[row]!,
      unit: units[row]!,
      sex: sexes[row]!,
      setting: places[row]!,
      minLevel: levels[row]!,
      daysMax: days[row]!,
    }
  })
}

const spanMax = 400 // days of the longest window, and its margin

/** On how many days of a claim a code was used, up to a line's own. Counted once a claim and code. */
class UsedDays {
  private claim: Claim | undefined
  private code = ''
  private first = 0
  private readonly used = new Uint8Array(spanMax)

  /** A day beyond the span is not counted: too few days are no proof of too many. */
  until(claim: Claim, { code, serviceDay }: Item): number {
    if (claim !== this.claim || code !== this.code) this.fill(claim, code)
    let count = 0
    for (let day = Math.min(serviceDay - this.first, spanMax - 1); day >= 0; day--) {
      count += this.used[day]!
    }
    return count
  }

  private fill(claim: Claim, code: string): void {
    this.claim = claim
    this.code = code
    this.used.fill(0)
    this.first = Infinity
    for (const item of claim.items) {
      if (isUse(item, code)) this.first = Math.min(this.first, item.serviceDay)
    }
    for (const item of claim.items) {
      const day = item.serviceDay - this.first
      if (isUse(item, code) && day < spanMax) this.used[day] = 1
    }
  }
}

function isUse({ code, quantity, isDated }: Item, wanted: string): boolean {
  return code === wanted && quantity > 0 && isDated
}
