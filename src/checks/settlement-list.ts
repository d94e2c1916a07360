// Field rules of the settlement list: what must be there, and between which bounds, by setting. The
// rules are rows of the table; one finding tells all that are broken.
import { Type } from '@sinclair/typebox'
import type { Setting } from '../claim/claim.js'
import { CLEAR, defineCheck } from './check.js'
import type { Table } from './check.js'
import { listsOf } from './code-lists.js'
import { readFields, settlementFields } from './settlement-fields.js'

const demands = ['必填', '如填'] as const
const REQUIRED = 0
const namesMax = 10

interface FieldRule {
  readonly row: number
  /** Its place among the fields. */
  readonly field: number
  readonly isRequired: boolean
  readonly min: number
  readonly max: number
}

/** Unknown without visit.setting. */
export const settlementList = defineCheck({
  kind: 'settlement-list',
  meta: {
    summary: '医保结算清单的必填项、取值范围和项目之间的关系，按就诊场景逐项核对。',
    facts: ['problems', 'total'],
    wakes: 'claim',
    owner: 'patient',
  },
  params: Type.Object({}, { additionalProperties: false }),
  columns: {
    field: { type: 'one-of', values: settlementFields, description: '核对的项目' },
    demand: { type: 'one-of', values: demands, description: '必填，或填了才核对范围' },
    settings: { type: 'text', description: '就诊场景，以 | 分隔' },
    min: { type: 'integer', minimum: -1e12, maximum: 1e12, optional: true, description: '最小值（含）' },
    max: { type: 'integer', minimum: -1e12, maximum: 1e12, optional: true, description: '最大值（含）' },
  },

  prepare(_params, table) {
    const bySetting = rulesOf(table!)
    const values = new Float64Array(settlementFields.length) // reused: read anew for every claim
    return (claim) => {
      const { setting } = claim.visit
      if (setting === 'other') return { result: 'unknown', missing: 'visit.setting' }
      const rules = bySetting[setting]
      readFields(claim, values)
      let broken: FieldRule[] | undefined
      for (let index = 0; index < rules.length; index++) {
        const rule = rules[index]!
        if (isBroken(rule, values[rule.field]!)) (broken ??= []).push(rule)
      }
      if (broken === undefined) return CLEAR
      const names = broken.slice(0, namesMax).map(({ row }) => table!.text('name', row))
      const facts = { problems: names.join('；'), total: broken.length }
      return { result: 'hit', hits: [{ violating: [], row: broken[0]!.row, facts }] }
    }
  },
})

/** Absent bounds are NaN, and nothing is less or greater than that. */
function isBroken({ isRequired, min, max }: FieldRule, value: number): boolean {
  return Number.isNaN(value) ? isRequired : value < min || value > max
}

function rulesOf(table: Table): Record<Exclude<Setting, 'other'>, readonly FieldRule[]> {
  const settings = listsOf(table, 'settings')
  const numbers = {
    field: table.numbers('field'), demand: table.numbers('demand'),
    min: table.numbers('min'), max: table.numbers('max'),
  }
  const of = (setting: Setting) => settings.flatMap((list, row): FieldRule[] =>
    (list.includes(setting)
      ? [{
          row,
          field: numbers.field[row]!,
          isRequired: numbers.demand[row] === REQUIRED,
          min: numbers.min[row]!,
          max: numbers.max[row]!,
        }]
      : []))
  return {
    outpatient: of('outpatient'), emergency: of('emergency'), inpatient: of('inpatient'),
    pharmacy: of('pharmacy'),
  }
}
