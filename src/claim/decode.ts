// Bytes of the stream -> ClaimEvent, or a ServiceError. The only place that trusts nobody: whatever
// the bytes are, it throws nothing else. May not keep or repeat what it refuses.
import { ServiceError } from '../errors.js'
import type { ClaimEvent, RefundLine, Reversal, StayNotice } from './claim.js'
import { ContentHash } from './content-hash.js'
import { latestMinute, momentDay, readPastMoment } from './day.js'
import type { Moment } from './day.js'
import { decodeNotice } from './decode-notice.js'
import { decodeSettlement, eventMoment } from './decode-settlement.js'
import { requirePatientKey } from './decode-person.js'
import { requireShallow } from './depth.js'
import { readQuantity } from './number.js'
import type { NumberWire } from './number.js'
import { Place } from './place.js'
import { dataShapes, envelopeShape, shaped } from './shape.js'
import { eventBytesMax, itemsMax } from './wire.js'
import type { EnvelopeWire, EventType, ReversalWire } from './wire.js'


interface EventContext {
  /** Milliseconds: when the stream received it, so that a replay decides the same. */
  readonly receivedAt: number
  readonly bytesMax?: number
}

/** Refuses what is no UTF-8, and drops a byte order mark. */
const utf8 = new TextDecoder('utf-8', { fatal: true })
const base = '/data'

/** One event of the stream; throws ServiceError and nothing else. */
export function decodeEvent(bytes: Uint8Array, context: EventContext): ClaimEvent {
  const { receivedAt, bytesMax = eventBytesMax } = context
  if (bytes.byteLength > bytesMax) throw new ServiceError('EVENT_TOO_LARGE')
  const event = parse(bytes)
  requireShallow(event)
  const envelope = shaped(envelopeShape, event, '')
  const type = typeOf(envelope.type)
  const { time, data } = envelope
  if (type === 'settlement') {
    return { type, claim: decodeSettlement(data, { time, receivedAt, base }) }
  }
  return decodeOther(type, envelope, receivedAt)
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    // The parser's own message quotes the event: neither it nor the cause may travel.
    throw new ServiceError('EVENT_NOT_JSON')
  }
}

const isEventType = (type: string): type is EventType => Object.hasOwn(dataShapes, type)

function typeOf(type: string): EventType {
  const name = type.slice(type.lastIndexOf('.') + 1)
  if (isEventType(name)) return name
  throw new ServiceError('EVENT_UNKNOWN_TYPE', { path: '/type' })
}

function decodeOther(
  type: Exclude<EventType, 'settlement'>, { time, data }: EnvelopeWire, receivedAt: number,
): ClaimEvent {
  const moment = eventMoment({ time, receivedAt })
  const place = new Place(base)
  const latest = latestMinute(receivedAt)
  if (type === 'reversal') {
    return { type, reversal: decodeReversal(data, { place, latest, time: moment }) }
  }
  if (type === 'admission' || type === 'discharge') {
    return { type, stay: decodeStay(type, data, { place, latest }) }
  }
  return decodeNotice(type, data, { place, latest })
}

interface OtherContext {
  readonly place: Place
  readonly latest: number
}

/** The patient key of an event that is about a patient. */
function requirePerson(data: unknown, place: Place): string {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return '' // no shape has it
  return requirePatientKey('patient' in data ? data.patient : undefined, place)
}

function decodeReversal(
  data: unknown, { place, latest, time }: OtherContext & { time: Moment },
): Reversal {
  const patientKey = requirePerson(data, place)
  const wire = shaped(dataShapes.reversal, data, base)
  const given = readPastMoment(wire.settled_at, place, { field: 'settled_at', latest })
  const lines = decodeLines(wire.lines, place)
  const hash = new ContentHash()
  hash.text(wire.institution)
  hash.text(wire.settlement_id)
  hash.text(wire.reverses)
  hash.text(patientKey)
  hash.whole(given)
  for (const line of lines) {
    hash.text(line.item)
    hash.whole(line.quantity)
  }
  return {
    institution: wire.institution,
    settlement: wire.settlement_id,
    reverses: wire.reverses,
    patientKey,
    contentHash: hash.digest(),
    lines,
    settledDay: momentDay(given ?? time),
  }
}

/** Some senders give what a refund takes back as a negative number: it is the same quantity. */
function decodeLines(list: ReversalWire['lines'], place: Place): readonly RefundLine[] {
  if (!Array.isArray(list)) return []
  if (list.length > itemsMax) {
    throw place.refusal('CLAIM_TOO_MANY_ITEMS', 'lines', 'more than a settlement has')
  }
  const lines: RefundLine[] = []
  for (let index = 0; index < list.length; index++) {
    place.enter('lines', index)
    const { item, quantity: wire }: { item: string, quantity?: NumberWire } = list[index]!
    const quantity = Math.abs(readQuantity(wire, place, 'quantity') ?? 0)
    if (quantity === 0) {
      throw place.refusal('CLAIM_NUMBER_INVALID', 'quantity', 'a refund takes something back')
    }
    lines.push({ item, quantity })
  }
  place.leave()
  return lines
}

function decodeStay(
  type: 'admission' | 'discharge', data: unknown, { place, latest }: OtherContext,
): StayNotice {
  const patientKey = requirePerson(data, place)
  const wire = shaped(dataShapes[type], data, base)
  const moment = readPastMoment(wire.at, place, { field: 'at', latest })
  if (moment === undefined) throw place.refusal('CLAIM_DATE_INVALID', 'at', 'missing')
  return {
    patientKey,
    institution: wire.institution,
    visit: wire.visit_id,
    day: momentDay(moment),
  }
}
