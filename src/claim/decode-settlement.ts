// A settlement's data -> Claim, or a ServiceError with code, path and sentence. Trusts nobody.
// Refuses what no rule could judge; what a rule is about (a charge outside the stay) is left to the
// rule.
import { ServiceError } from '../errors.js'
import { MINUTES_PER_DAY } from './claim.js'
import type { ChargeBatch, Claim, Item, Payment } from './claim.js'
import { ContentHash } from './content-hash.js'
import {
  isAfter, latestMinute, minuteAt, momentDay, momentMinute, parseMoment, readPastMoment,
} from './day.js'
import type { Moment } from './day.js'
import { decodeItem, hashItem } from './decode-item.js'
import { decodePatient, hashPatient, requirePatientKey } from './decode-person.js'
import { decodeVisit, hashVisit, isObject, readVisitTimes } from './decode-visit.js'
import type { VisitTimes } from './decode-visit.js'
import { dictionaryCode, plainText, yesOrNo } from './dictionary.js'
import { moneyFenMax, readMoney } from './number.js'
import { Place } from './place.js'
import { dataShapes, shaped } from './shape.js'
import { diagnosesMax, itemsMax, proceduresMax, traceCodesMax } from './wire.js'
import type { PaymentWire, SettlementWire } from './wire.js'

export interface DataContext {
  /** The event's own time: the settlement's where it does not say. */
  readonly time: string
  /** Milliseconds; what lies more than a day after it is refused. */
  readonly receivedAt: number
  /** JSON pointer of `data` in what the sender sent, for error paths. */
  readonly base?: string
  /** A question that nobody remembers: it needs no hash of its content. */
  readonly isAsked?: boolean
}

/** When the event says it happened; throws EVENT_FROM_FUTURE over a day after its receipt. */
export function eventMoment({ time, receivedAt }: DataContext): Moment {
  const moment = parseMoment(time)
  if (moment === undefined) {
    throw new ServiceError('CLAIM_DATE_INVALID', { path: '/time', detail: 'no date and time' })
  }
  if (isAfter(moment, latestMinute(receivedAt))) {
    throw new ServiceError('EVENT_FROM_FUTURE', { path: '/time' })
  }
  return moment
}

/** Data of a settlement event, or the body of a check, to a Claim; throws ServiceError. */
export function decodeSettlement(data: unknown, context: DataContext): Claim {
  const place = new Place(context.base ?? '/data')
  const time = eventMoment(context)
  const patientKey = requireParts(data, place)
  const wire = shaped(dataShapes.settlement, data, place.base)
  const { receivedAt, isAsked = false } = context
  const [latest, receivedMinute] = [latestMinute(receivedAt), minuteAt(receivedAt)]
  return claimFrom(wire, { place, time, patientKey, latest, receivedMinute, isAsked })
}

/** What has a code of its own, before the shape as a whole is looked at. Gives the patient key. */
function requireParts(data: unknown, place: Place): string {
  if (!isRecord(data)) return '' // the shape refuses it
  const { patient, visit, items } = data
  const patientKey = requirePatientKey(patient, place)
  if (isMissing(visit)) throw place.refusal('CLAIM_NO_VISIT', 'visit', 'missing')
  if (isRecord(visit)) requireVisitParts(visit, place)
  if (lengthOf(items) > itemsMax) {
    throw place.refusal('CLAIM_TOO_MANY_ITEMS', 'items', 'split the settlement')
  }
  if (Array.isArray(items)) requireTraceCodesBound(items, place)
  return patientKey
}

function requireVisitParts({ id, diagnoses, procedures }: Record<string, unknown>, place: Place) {
  if (isMissing(id)) throw place.refusal('CLAIM_NO_VISIT', 'visit/id', 'missing')
  if (lengthOf(diagnoses) > diagnosesMax) {
    throw place.refusal('CLAIM_TOO_MANY_DIAGNOSES', 'visit/diagnoses', 'send the ones that count')
  }
  if (lengthOf(procedures) > proceduresMax) {
    throw place.refusal('CLAIM_TOO_MANY_PROCEDURES', 'visit/procedures', 'send the ones that count')
  }
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === '' || value === '-'
}

function requireTraceCodesBound(items: readonly unknown[], place: Place): void {
  for (let index = 0; index < items.length; index++) {
    const item = items[index]
    if (!isRecord(item) || lengthOf(item['trace_codes']) <= traceCodesMax) continue
    place.enter('items', index)
    throw place.refusal('CLAIM_TOO_MANY_TRACE_CODES', 'trace_codes', 'split the line')
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0
}

interface ClaimContext {
  readonly place: Place
  readonly time: Moment
  readonly patientKey: string
  readonly latest: number
  readonly receivedMinute: number
  readonly isAsked: boolean
}

function claimFrom(wire: SettlementWire, context: ClaimContext): Claim {
  const { place, time, patientKey, latest, receivedMinute, isAsked } = context
  const visitWire = wire.visit! // requireParts has seen both
  const given = readPastMoment(wire.settled_at, place, { field: 'settled_at', latest })
  const settled = given ?? time
  const times = readVisitTimes(visitWire, place, latest)
  const patient = decodePatient(patientKey, wire.patient!, place)

  const visitDay = momentDay(times.start ?? times.end ?? settled)
  const items = decodeItems(wire.items, { place, latest, visitDay })
  const startDay = times.start === undefined ? earliestDay(items, visitDay) : visitDay
  const visit = decodeVisit(visitWire, { place, times, startDay })
  if (patient.birthDay !== undefined
    && (patient.birthDay > visit.startDay || patient.birthDay > momentDay(settled))) {
    throw place.refusal('CLAIM_DATE_INVALID', 'patient/birth_date', 'after the visit began')
  }

  const payment = decodePayment(wire.payment, { place, items })
  const isCrossRegion = yesOrNo(wire.is_cross_region) ?? false
  const said = { settlement: wire.settlement_id, given, patient, visit, times, items, payment, isCrossRegion }
  return {
    settlement: wire.settlement_id,
    contentHash: isAsked ? '' : contentHashOf(said),
    patient,
    visit,
    items,
    payment,
    settledDay: momentDay(settled),
    settledMinute: momentMinute(settled) ?? momentDay(settled) * MINUTES_PER_DAY,
    receivedMinute,
    isCrossRegion,
    batch: batchOf(wire),
  }
}

type SaidParts = 'settlement' | 'patient' | 'visit' | 'items' | 'payment' | 'isCrossRegion'

interface Said extends Pick<Claim, SaidParts> {
  readonly given: Moment | undefined
  readonly times: VisitTimes
}

function contentHashOf(
  { settlement, given, patient, visit, times, items, payment, isCrossRegion }: Said,
): string {
  const hash = new ContentHash()
  hash.text(settlement)
  hash.whole(given)
  hash.flag(isCrossRegion)
  hashPatient(patient, hash)
  hashVisit(visit, times, hash)
  hashPayment(payment, hash)
  for (const item of items) hashItem(item, hash)
  return hash.digest()
}

function batchOf({ charge_batch: number, is_provisional: flag }: SettlementWire): ChargeBatch | undefined {
  if (number === undefined || number === null) return undefined
  return { number, isProvisional: yesOrNo(flag) ?? false }
}

const noItems: readonly Item[] = Object.freeze([])

function decodeItems(
  list: SettlementWire['items'],
  { place, latest, visitDay }: { place: Place, latest: number, visitDay: number },
): readonly Item[] {
  if (!Array.isArray(list) || list.length === 0) return noItems
  const items: Item[] = []
  const context = { place, latest, visitDay, index: 0 }
  let grossFen = 0
  for (let index = 0; index < list.length; index++) {
    place.enter('items', index)
    context.index = index
    const item = decodeItem(list[index]!, context)
    grossFen += Math.abs(item.amountFen)
    items.push(item)
  }
  place.leave()
  if (grossFen > moneyFenMax) {
    throw place.refusal('CLAIM_MONEY_TOO_LARGE', 'items', 'taken together')
  }
  return items
}

/** A visit without a start began with its first dated charge. */
function earliestDay(items: readonly Item[], fallback: number): number {
  let earliest = Infinity
  for (const item of items) {
    if (item.isDated && item.serviceDay < earliest) earliest = item.serviceDay
  }
  return earliest === Infinity ? fallback : earliest
}

/** The total is the sum of the lines where the sender does not give one. */
function decodePayment(
  node: PaymentWire | string | null | undefined,
  { place, items }: { place: Place, items: readonly Item[] },
): Payment {
  const wire: PaymentWire = isObject(node) ? node : {}
  return {
    totalFen: readMoney(wire.total, place, 'payment/total') ?? sumFen(items),
    inScopeFen: readMoney(wire.in_scope, place, 'payment/in_scope'),
    fundFen: readMoney(wire.fund, place, 'payment/fund'),
    benefitType: dictionaryCode(wire.benefit_type),
    specialDisease: plainText(wire.special_disease),
  }
}

function sumFen(items: readonly Item[]): number {
  let total = 0
  for (const item of items) total += item.amountFen
  return total
}

function hashPayment(payment: Payment, hash: ContentHash): void {
  hash.whole(payment.totalFen)
  hash.whole(payment.inScopeFen)
  hash.whole(payment.fundFen)
  hash.text(payment.benefitType)
  hash.text(payment.specialDisease)
}
