// Where the standard's public readings disagree, what one tenant means: a setting, with the reading
// that most senders share as its default (sources in the interface reference, 5.3, 5.6, 5.9, 6.3).
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

const Words = (description: string) => Type.Record(
  Type.String({ minLength: 1, maxLength: 8 }), Type.String({ minLength: 1, maxLength: 16 }), { description })

export const Dialect = Type.Object({
  levels: Type.Record(
    Type.String({ minLength: 1, maxLength: 8 }), Type.Integer({ minimum: 0, maximum: 3 }),
    { description: 'medins_lv: code of the grade to level 3, 2, 1 or 0' }),
  visit_kinds: Words('med_mdtrt_type: code to outpatient, inpatient, pharmacy or other'),
  pregnant: Type.Array(Type.String({ maxLength: 8 }), { description: 'matn_stas: pregnant' }),
  lactating: Type.Array(Type.String({ maxLength: 8 }), { description: 'matn_stas: lactating' }),
  severities: Type.Object({
    violation: Type.String({ maxLength: 3 }),
    suspect: Type.String({ maxLength: 3 }),
    notice: Type.String({ maxLength: 3 }),
    indicator: Type.String({ maxLength: 3 }),
  }, { additionalProperties: false, description: 'sev_deg: codes of our severities' }),
  behaviours: Type.Object({
    actor: Type.String({ maxLength: 3 }), item: Type.String({ maxLength: 3 }),
  }, {
    additionalProperties: false,
    description: 'vola_bhvr_type: codes of 行为类 and 项目类; some clients read a number',
  }),
  infcode: Type.Union([Type.Literal('number'), Type.Literal('text')], {
    description: 'infcode as 0 or as "0"',
  }),
  result: Type.Union([Type.Literal('array'), Type.Literal('object')], {
    description: 'output.result as an array, or as the first result alone (null when there is none)',
  }),
}, { additionalProperties: false, description: 'How one tenant reads the standard' })

export type Dialect = Static<typeof Dialect>

export const nationalDialect: Dialect = {
  // The ten grades; single digits mean different things to different senders and stay unknown.
  levels: {
    '01': 3, '02': 3, '03': 3, '04': 3, '05': 2, '06': 2, '07': 2, '08': 1, '09': 1, '10': 1, '11': 0,
  },
  visit_kinds: { 1: 'outpatient', 2: 'inpatient', 3: 'pharmacy', 4: 'other' },
  pregnant: ['3'],
  lactating: ['4'],
  severities: { violation: '1', suspect: '2', notice: '3', indicator: '3' },
  behaviours: { actor: '1', item: '2' },
  infcode: 'number',
  result: 'array',
}
