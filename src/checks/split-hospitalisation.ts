// Two stays of one patient in one institution with a short gap and no reason that the law knows.
// Whichever settlement comes last raises it, so the claim may be the earlier stay or the later one.
import { Type } from '@sinclair/typebox'
import type { Claim } from '../claim/claim.js'
import { dayText } from '../claim/day.js'
import type { PatientView, PastSettlement } from '../history/view.js'
import { CLEAR, defineCheck } from './check.js'
import type { Facts, PastLine } from './check.js'
import { startsWithAny } from './code-lists.js'
import { outcomeOf } from './lines.js'
import { missingFrom } from './past-lines.js'
import { isStay, mainDiagnosisOf, pastWhole } from './stay.js'

interface Pair {
  readonly gap: number
  readonly isOwnLater: boolean
  readonly other: PastSettlement
}

/**
 * At risk is the claim's total. Unknown where the past is not whole, or a diagnosis decides that was
 * not told.
 */
export const splitHospitalisation = defineCheck({
  kind: 'split-hospitalisation',
  meta: {
    summary: '同一参保人在同一机构出院后短期内再次入院，且无计划再入院、转院、放化疗、透析等理由。',
    facts: ['gap', 'limit', 'discharge', 'admission', 'earlierDiagnosis', 'laterDiagnosis'],
    wakes: 'claim',
    owner: 'patient',
  },
  params: Type.Object({
    gap_days_max: Type.Integer({ minimum: 0, maximum: 90, description: '出院日到再入院日相隔天数，含' }),
    exempt_diagnoses: Type.Array(Type.String({ minLength: 1, maxLength: 20 }), {
      maxItems: 200, description: '再入院主要诊断以这些编码开头的不算，如放化疗、透析',
    }),
  }, { additionalProperties: false }),
  columns: {},
  prepare({ gap_days_max: gapMax, exempt_diagnoses: exempt }) {
    return (claim, _matches, { patient: view }) => {
      if (!isStay(claim)) return CLEAR
      let missing = missingFrom(view, claim.visit.startDay - gapMax)
      let pairs: Pair[] | undefined
      for (let past = view.first(); past >= 0; past = view.next(past)) {
        const pair = pairOf(claim, view, past, gapMax)
        if (pair === undefined) continue
        const diagnosis = unexpectedOf(claim, pair)
        if (diagnosis === undefined || startsWithAny(diagnosis, exempt)) continue
        if (diagnosis === '') missing ??= 'visit.diagnoses'
        else (pairs ??= []).push(pair)
      }
      if (pairs === undefined) return outcomeOf(undefined, missing)
      const nearest = pairs.reduce((near, pair) => (pair.gap < near.gap ? pair : near))
      return outcomeOf([{
        violating: [],
        riskFen: Math.max(0, claim.payment.totalFen),
        past: pairs.map(({ other }): PastLine => pastWhole(other)),
        facts: factsOf(claim, nearest, gapMax),
      }], missing)
    }
  },
})

function pairOf(
  { visit }: Claim, view: PatientView, past: number, gapMax: number,
): Pair | undefined {
  if (view.setting(past) !== 'inpatient') return undefined
  const pastEnd = view.endDay(past)
  const gapBefore = pastEnd === undefined ? -1 : visit.startDay - pastEnd
  const gapAfter = visit.endDay === undefined ? -1 : view.startDay(past) - visit.endDay
  const isOwnLater = gapBefore >= 0
  const gap = isOwnLater ? gapBefore : gapAfter
  if (gap < 0 || gap > gapMax) return undefined
  const { institution: { id }, id: visitId } = visit
  if (view.isVisit(past, id, visitId)) return undefined
  const other = view.settlement(past)
  return other.institution === id ? { gap, isOwnLater, other } : undefined
}

/**
 * The main diagnosis of the stay that came second, whichever of the two is the claim: its reasons count.
 * Undefined: it was planned, or a transfer.
 */
function unexpectedOf(claim: Claim, { isOwnLater, other }: Pair): string | undefined {
  if (!isOwnLater) return other.isExpectedAdmission === true ? undefined : other.mainDiagnosis
  const { isPlannedReadmission, isTransfer } = claim.visit
  return isPlannedReadmission === true || isTransfer === true ? undefined : mainDiagnosisOf(claim)
}

function factsOf(claim: Claim, { gap, isOwnLater, other }: Pair, limit: number): Facts {
  const { visit } = claim
  const own = mainDiagnosisOf(claim)
  return {
    gap,
    limit,
    discharge: dayText(isOwnLater ? other.endDay! : visit.endDay!),
    admission: dayText(isOwnLater ? visit.startDay : other.startDay),
    earlierDiagnosis: isOwnLater ? other.mainDiagnosis : own,
    laterDiagnosis: isOwnLater ? own : other.mainDiagnosis,
  }
}
