// Sex as tables and warnings write it, and the judgement that diagnoses and procedures share: a
// code that belongs to one sex stands in a claim of the other. No money is tied to a code, so none
// is at risk.
import type { Claim, Sex } from '../claim/claim.js'
import { CLEAR } from './check.js'
import type { ColumnSpec, Evaluate, Hit, Matches, Outcome, Table } from './check.js'

export const sexColumn = {
  type: 'one-of', values: ['男', '女'], description: '只能用于哪一性别',
} as const satisfies ColumnSpec
const places: Readonly<Record<Sex, number>> = { male: 0, female: 1, unknown: -1 }
const words = ['男', '女'] as const

/** Place of the patient's sex in the column's values, or -1. */
export function placeOf(sex: Sex): number {
  return places[sex]
}

/** The patient's sex in Chinese, and the other one, to which the code is limited. */
export function sexFacts(place: number): { sex: string, limit: string } {
  return { sex: words[place]!, limit: words[1 - place]! }
}

export const codeFacts: readonly string[] = ['sex', 'limit', 'code', 'name']

interface Coded {
  readonly code: string
  readonly name: string
}

/** `codeOf`: the diagnosis or procedure at an index; undefined for one that is not judged. */
export function judgeCodes(
  table: Table, codeOf: (claim: Claim, index: number) => Coded | undefined,
): Evaluate {
  const limits = table.numbers('sex')
  return (claim, matches): Outcome => {
    const place = placeOf(claim.patient.sex)
    const hits: Hit[] = []
    for (let match = 0; match < matches.count; match++) {
      const row = matches.rows[match]!
      const coded = codeOf(claim, matches.subjects[match]!)
      if (coded === undefined || limits[row] === place) continue
      if (place < 0) return { result: 'unknown', missing: 'patient.sex' }
      if (isSeen(matches, match)) continue // two prefixes of one code: told once
      const name = coded.name === '' ? table.text('name', row) : coded.name
      hits.push({ violating: [], row, facts: { ...sexFacts(place), code: coded.code, name } })
    }
    return hits.length === 0 ? CLEAR : { result: 'hit', hits }
  }
}

function isSeen({ subjects }: Matches, match: number): boolean {
  for (let earlier = 0; earlier < match; earlier++) {
    if (subjects[earlier] === subjects[match]) return true
  }
  return false
}
