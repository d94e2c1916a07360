// Coded operations beside what a stay was charged: surgery charged and none coded, or a main
// operation of a much lower rank than another one. Ranks stand in the table, by beginning of code.
import { Type } from '@sinclair/typebox'
import type { Claim, Procedure } from '../claim/claim.js'
import { CLEAR, defineCheck } from './check.js'
import type { Outcome, Table } from './check.js'
import { startsWithAny } from './code-lists.js'
import { chargesOf, outcomeOf } from './lines.js'
import { missingParts } from './visit-parts.js'
import { isStay } from './stay.js'

const starts = (description: string) => Type.Array(
  Type.String({ minLength: 3, maxLength: 15 }), { maxItems: 100, description })

/**
 * Unknown while the stay goes on, where parts of it were settled before, or where no operation is told
 * to be the main one.
 */
export const procedureCharge = defineCheck({
  kind: 'procedure-charge',
  meta: {
    summary: '住院收了手术费而没有手术编码，或主要手术的级别明显低于其他手术。',
    facts: ['problem', 'main', 'other'],
    wakes: 'claim',
    owner: 'patient',
  },
  params: Type.Object({
    charge_codes: starts('手术收费项目，按编码开头'),
    exempt_codes: starts('其中不必编码手术的，按编码开头'),
    rank_gap_min: Type.Integer({ minimum: 1, maximum: 4, description: '主要手术低几级起算' }),
  }, { additionalProperties: false }),
  columns: {
    rank: { type: 'integer', minimum: 1, maximum: 4, description: '手术级别，4 最高' },
  },

  prepare({ charge_codes: charges, exempt_codes: exempt, rank_gap_min: gapMin }, table) {
    const ranks = ranksOf(table!)
    return (claim, _matches, { patient: view }) => {
      if (!isStay(claim)) return CLEAR
      const { procedures } = claim.visit
      if (procedures.length > 1) return judgeMain(procedures, ranks, gapMin)
      if (procedures.length === 1 || !hasSurgery(claim, charges, exempt)) return CLEAR
      const isCharged = chargesOf(claim)
      const violating = claim.items.flatMap((item, index) =>
        (isCharged(item) && isSurgery(item.code, charges, exempt) ? [{ item: index, riskFen: 0 }] : []))
      if (violating.length === 0) return CLEAR
      if (claim.visit.endDay === undefined) return { result: 'unknown', missing: 'visit.end' }
      const missing = missingParts(claim, view)
      if (missing !== undefined) return { result: 'unknown', missing }
      const { name, code } = claim.items[violating[0]!.item]!
      const facts = { problem: '收了手术费而没有手术编码', main: '无', other: name || code }
      return outcomeOf([{ violating, facts }], undefined)
    }
  },
})

function isSurgery(
  code: string, charges: readonly string[], exempt: readonly string[],
): boolean {
  return startsWithAny(code, charges) && !startsWithAny(code, exempt)
}

function hasSurgery(
  { items }: Claim, charges: readonly string[], exempt: readonly string[],
): boolean {
  for (let index = 0; index < items.length; index++) {
    if (isSurgery(items[index]!.code, charges, exempt)) return true
  }
  return false
}

type RankOf = (code: string) => number

/** The longest beginning that the table has; 0 when it has none. */
function ranksOf(table: Table): RankOf {
  const ranks = table.numbers('rank')
  const byStart = new Map(Array.from(ranks, (rank, row) => [table.text('code', row), rank]))
  const lengths = [...new Set([...byStart.keys()].map(({ length }) => length))]
    .toSorted((a, b) => b - a)
  return (code) => {
    for (const length of lengths) {
      const rank = byStart.get(code.slice(0, length))
      if (rank !== undefined) return rank
    }
    return 0
  }
}

function judgeMain(procedures: readonly Procedure[], rankOf: RankOf, gapMin: number): Outcome {
  let main: Procedure | undefined
  let mainRank = 0
  let highest = procedures[0]!
  let highestRank = 0
  for (const procedure of procedures) {
    const rank = rankOf(procedure.code)
    if (procedure.isMain && rank >= mainRank) [main, mainRank] = [procedure, rank]
    if (rank > highestRank) [highest, highestRank] = [procedure, rank]
  }
  if (main === undefined) {
    return highestRank === 0 ? CLEAR : { result: 'unknown', missing: 'visit.procedures.is_main' }
  }
  if (mainRank === 0 || highestRank - mainRank < gapMin) return CLEAR
  const facts = { problem: '主要手术选择错误', main: wordOf(main), other: wordOf(highest) }
  return outcomeOf([{ violating: [], facts }], undefined)
}

function wordOf({ name, code }: Procedure): string {
  return name === '' ? code : `${name}（${code}）`
}
