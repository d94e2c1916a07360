// More visits of the given settings than a limit in any window of days that holds the claim's visit.
// Several settlements of one visit are one visit.
import { Type } from '@sinclair/typebox'
import type { Claim, Setting } from '../claim/claim.js'
import { dayText } from '../claim/day.js'
import type { PatientView, PastSettlement } from '../history/view.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit } from './check.js'
import { outcomeOf } from './lines.js'
import { missingFrom } from './past-lines.js'
import { pastWhole } from './stay.js'

interface VisitSeen {
  readonly day: number
  readonly settlements: PastSettlement[]
}

/** At risk is the claim's total. Unknown where the past is not whole for a window before the visit. */
export const frequentVisits = defineCheck({
  kind: 'frequent-visits',
  meta: {
    summary: '任意连续若干天内的就诊（或购药、住院）次数超过上限，跨机构合计。',
    facts: ['total', 'limit', 'days', 'from', 'to'],
    wakes: 'claim',
    owner: 'patient',
  },
  params: Type.Object({
    settings: Type.Array(Type.Union([
      Type.Literal('outpatient'), Type.Literal('emergency'), Type.Literal('inpatient'),
      Type.Literal('pharmacy'),
    ]), { minItems: 1, description: '计入的就诊场景' }),
    window_days: Type.Integer({ minimum: 1, maximum: 366, description: '连续多少天' }),
    visits_max: Type.Integer({ minimum: 1, maximum: 1_000, description: '次数上限' }),
  }, { additionalProperties: false }),
  columns: {},
  prepare({ settings, window_days: windowDays, visits_max: visitsMax }) {
    const counts = (setting: Setting) => settings.some((one) => one === setting)
    return (claim, _matches, { patient: view }) => {
      const { visit, payment } = claim
      if (!counts(visit.setting) || payment.totalFen < 0) return CLEAR
      const from = visit.startDay - windowDays + 1
      const to = visit.startDay + windowDays - 1
      const missing = missingFrom(view, from)
      let settlements = 1
      for (let past = view.first(); past >= 0; past = view.next(past)) {
        const day = view.startDay(past)
        if (day >= from && day <= to && counts(view.setting(past))) settlements++
      }
      const hit = settlements <= visitsMax
        ? undefined
        : judge(claim, visitsBetween(claim, view, { from, to, counts }), { windowDays, visitsMax })
      return outcomeOf(hit && [hit], missing)
    }
  },
})

/** Visits by day, the claim's own among them. A settlement that only pays back is no visit. */
function visitsBetween(
  { visit }: Claim, view: PatientView,
  { from, to, counts }: { from: number, to: number, counts: (setting: Setting) => boolean },
): VisitSeen[] {
  const own: VisitSeen = { day: visit.startDay, settlements: [] }
  const seen = new Map<string, VisitSeen>([[`${visit.institution.id} ${visit.id}`, own]])
  for (let past = view.first(); past >= 0; past = view.next(past)) {
    const day = view.startDay(past)
    if (day < from || day > to || !counts(view.setting(past))) continue
    const settlement = view.settlement(past)
    if (settlement.totalFen < 0) continue
    const key = `${settlement.institution} ${settlement.visit}`
    const known = seen.get(key)
    if (known === undefined) seen.set(key, { day, settlements: [settlement] })
    else known.settlements.push(settlement)
  }
  return [...seen.values()].toSorted((a, b) => a.day - b.day)
}

function judge(
  { visit, payment }: Claim, visits: readonly VisitSeen[],
  { windowDays, visitsMax }: { windowDays: number, visitsMax: number },
): Hit | undefined {
  const own = visit.startDay
  const over = new Set<VisitSeen>()
  let most: VisitSeen[] = []
  for (const { day: first } of visits) {
    const last = first + windowDays - 1
    if (first > own || last < own) continue
    const inside = visits.filter(({ day }) => day >= first && day <= last)
    if (inside.length <= visitsMax) continue
    for (const one of inside) over.add(one)
    if (inside.length > most.length) most = inside
  }
  if (over.size === 0) return undefined
  return {
    violating: [],
    riskFen: payment.totalFen,
    past: [...over].flatMap(({ settlements }) => settlements.map(pastWhole)),
    facts: {
      total: most.length,
      limit: visitsMax,
      days: windowDays,
      from: dayText(most[0]!.day),
      to: dayText(most.at(-1)!.day),
    },
  }
}
