// GET /v1/indicators: the eight statistical indicators of one institution's month, with its departments
// and doctors. Figures only: bands and findings are the rules' work.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { readOf } from './audit-hook.js'
import { ProblemWire } from './error-reply.js'
import type { App, HttpDeps } from './server.js'
import { askedInstitution, InstitutionWire } from './warnings-route.js'

const Figure = Type.Object({
  indicator: Type.String({ description: 'drug-share, test-share, … readmission-rate' }),
  percent: Type.Optional(Type.Number({ description: 'Two decimals; absent while there is no whole' })),
  part: Type.Number({ description: 'Fen for shares, discharges for rates' }),
  whole: Type.Number(),
  untold: Type.Number({ description: 'Of the whole, what may belong to the part: nobody told' }),
  cases: Type.Integer({ description: 'Settlements for shares, discharges for rates' }),
})
const Part = Type.Object({
  name: Type.String({ description: 'Its code, as the claims name it' }), figures: Type.Array(Figure),
})

export const IndicatorsAnswer = Type.Object({
  institution: Type.String(),
  month: Type.String({ description: 'YYYY-MM, by the day of settlement' }),
  complete: Type.Boolean({ description: 'False: events of the month are missing, or not read yet' }),
  figures: Type.Array(Figure),
  departments: Type.Array(Part),
  doctors: Type.Array(Part),
  overflowed: Type.Integer({ description: 'Settlements whose department or doctor was one too many' }),
})
export type IndicatorsAnswer = Static<typeof IndicatorsAnswer>

/** GET /v1/indicators: the scope `warnings`. Every read is in the audit log before its answer goes out. */
export function indicatorsRoute(app: App, { indicators, audit }: HttpDeps): void {
  app.get('/v1/indicators', {
    config: { scope: 'warnings' },
    schema: {
      summary: 'Read the statistical indicators of a month',
      description: '药费、检验检查、耗材、治疗、CT、核磁占比，院内感染发生率，非计划再入院率。Half a year is kept.',
      querystring: Type.Object({
        institution: InstitutionWire,
        month: Type.Optional(Type.String({
          pattern: '^\\d{4}-(0[1-9]|1[0-2])$', description: 'YYYY-MM; this month when absent',
        })),
      }),
      response: { 200: IndicatorsAnswer, '4xx': ProblemWire, '5xx': ProblemWire },
    },
  }, async (request) => {
    const institution = askedInstitution(request, request.query.institution)
    const answer = indicators(institution, request.query.month)
    await audit.append(readOf(request, { institution, range: `indicators of ${answer.month}` }))
    return answer
  })
}
