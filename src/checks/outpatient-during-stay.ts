// Outpatient or pharmacy charges on days strictly inside a stay. The stay is known from its settlement
// or, before that, from its admission; when it is settled last, the stay's own settlement raises it.
import { Type } from '@sinclair/typebox'
import type { Claim, Setting } from '../claim/claim.js'
import { dayText } from '../claim/day.js'
import type { PatientView } from '../history/view.js'
import { CLEAR, defineCheck } from './check.js'
import type { Hit, PastLine } from './check.js'
import { outcomeOf } from './lines.js'
import { missingFrom, pastLineOf } from './past-lines.js'
import { isStay, lastDayOf, pastLastDay, pastWhole } from './stay.js'

interface Stay {
  readonly start: number
  /** Exclusive, like the start: both border days are legitimate. Undefined: the patient is in. */
  readonly end: number | undefined
  readonly past: PastLine | undefined
}

/** Unknown where the past is not whole from the claim's first day on. */
export const outpatientDuringStay = defineCheck({
  kind: 'outpatient-during-stay',
  meta: {
    summary: '住院期间（不含入院、出院当日）另有门诊或定点药店收费。',
    facts: ['admission', 'discharge', 'date', 'charges'],
    wakes: 'claim',
    owner: 'patient',
    remedies: [{ kind: 'drop-lines' }],
  },
  params: Type.Object({
    settings: Type.Array(
      Type.Union([Type.Literal('outpatient'), Type.Literal('emergency'), Type.Literal('pharmacy')]),
      { minItems: 1, description: '哪些就诊场景的收费不应发生在住院期间' },
    ),
  }, { additionalProperties: false }),
  columns: {},
  prepare({ settings }) {
    const isOutside = (setting: Setting) => settings.some((one) => one === setting)
    return (claim, _matches, { patient: view }) => {
      const isOwnStay = isStay(claim)
      if (!isOwnStay && !isOutside(claim.visit.setting)) return CLEAR
      const missing = missingFrom(view, firstDayOf(claim))
      const hit = isOwnStay ? judgeStay(claim, view, isOutside) : judgeVisit(claim, view)
      return outcomeOf(hit && [hit], missing)
    }
  },
})

function firstDayOf({ visit, items }: Claim): number {
  let first = visit.startDay
  for (const { serviceDay } of items) first = Math.min(first, serviceDay)
  return first
}

function isInside(day: number, start: number, end: number | undefined): boolean {
  return day > start && (end === undefined || day < end)
}

/** The claim is the outpatient one. */
function judgeVisit(claim: Claim, view: PatientView): Hit | undefined {
  const { items } = claim
  const stays = staysAround(claim, view)
  if (stays.length === 0) return undefined
  const violating: { item: number, riskFen: number }[] = []
  const met = new Set<Stay>()
  let date = Infinity
  for (const [item, { serviceDay, quantity, amountFen }] of items.entries()) {
    const inside = stays.filter(({ start, end }) => isInside(serviceDay, start, end))
    if (quantity <= 0 || inside.length === 0) continue
    for (const stay of inside) met.add(stay)
    violating.push({ item, riskFen: Math.max(0, amountFen) })
    date = Math.min(date, serviceDay)
  }
  const [first] = met
  if (first === undefined) return undefined
  return {
    violating,
    past: [...met].flatMap(({ past }) => (past === undefined ? [] : [past])),
    facts: factsOf({ ...first, date, charges: violating.length }),
  }
}

/** Settled stays, and stays told by an admission, that reach over one of the claim's days. */
function staysAround(claim: Claim, view: PatientView): Stay[] {
  const stays: Stay[] = []
  const isMet = (start: number, end: number | undefined) =>
    claim.items.some(({ serviceDay }) => isInside(serviceDay, start, end))
  for (let past = view.first(); past >= 0; past = view.next(past)) {
    if (view.setting(past) !== 'inpatient') continue
    const start = view.startDay(past)
    const end = pastLastDay(view, past)
    if (isMet(start, end)) stays.push({ start, end, past: pastWhole(view.settlement(past)) })
  }
  for (const { admissionDay, dischargeDay } of view.openStays()) {
    if (admissionDay === undefined || !isMet(admissionDay, dischargeDay)) continue
    stays.push({ start: admissionDay, end: dischargeDay, past: undefined })
  }
  return stays
}

/** The claim is the stay: the charges, and the money, are on earlier settlements. */
function judgeStay(
  claim: Claim, view: PatientView, isOutside: (setting: Setting) => boolean,
): Hit | undefined {
  const start = claim.visit.startDay
  const end = lastDayOf(claim)
  const lines: PastLine[] = []
  for (let past = view.first(); past >= 0; past = view.next(past)) {
    if (!isOutside(view.setting(past))) continue
    if (view.lastDay(past) <= start || view.firstDay(past) >= end) continue
    const from = view.firstLine(past)
    const to = view.endLine(past)
    if (from === to) lines.push(pastWhole(view.settlement(past))) // nothing of it is coded
    for (let line = from; line < to; line += view.lineSize) {
      if (view.lineQuantity(line) <= 0 || !isInside(view.lineDay(line), start, end)) continue
      lines.push(pastLineOf(view, past, line, ''))
    }
  }
  if (lines.length === 0) return undefined
  const date = Math.min(...lines.map(({ day }) => day))
  return {
    violating: [], past: lines, facts: factsOf({ start, end, date, charges: lines.length }),
  }
}

function factsOf(
  { start, end, date, charges }: Omit<Stay, 'past'> & { date: number, charges: number },
) {
  return {
    admission: dayText(start),
    discharge: end === undefined ? '在院' : dayText(end),
    date: dayText(date),
    charges,
  }
}
