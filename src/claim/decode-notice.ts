// Events that are no claim and tell of no patient's care: stock that moved, a registry entry that
// changed, a check-in, a question, feedback. Wire -> what histories take, or a ServiceError.
import type { ClaimEvent, FeedbackNotice, RegistryNotice, StockMovement } from './claim.js'
import { ContentHash } from './content-hash.js'
import { momentDay, readMoment, readPastMoment } from './day.js'
import type { Moment } from './day.js'
import { requirePatientKey } from './decode-person.js'
import { itemCode, plainText } from './dictionary.js'
import { readQuantity } from './number.js'
import type { Place } from './place.js'
import { reasonCodeOf } from './reason-codes.js'
import { dataShapes, shaped } from './shape.js'

export type NoticeType = 'presence' | 'stock' | 'registry' | 'feedback' | 'asked' | 'demotion'

interface NoticeContext {
  readonly place: Place
  readonly latest: number
}

/** A doctor has a dozen rights, a patient a handful of registered diseases. */
export const registeredWordsMax = 64
const wordCharsMax = 64

/** The member of a registry entry's state that rules read, by subject; of others nothing is kept. */
const stateFields: Readonly<Record<string, string>> = {
  doctor: 'rights', benefit: 'special_diseases',
}

/**
 * What histories take of such an event, with the key that orders it. `context.latest` is the last minute
 * that it may name; a registry's state may begin later. Throws a ServiceError with the field's path.
 */
export function decodeNotice(
  type: NoticeType, data: unknown, context: NoticeContext,
): ClaimEvent {
  const { place, latest } = context
  switch (type) {
    case 'presence': {
      const patient = isRecord(data) ? requirePatientKey(data['patient'], place) : ''
      readPastMoment(shaped(dataShapes.presence, data, place.base).at, place, { field: 'at', latest })
      return { type, owner: patient }
    }
    case 'asked': {
      const patient = isRecord(data) ? requirePatientKey(data['patient'], place) : ''
      const { institution, visit_id: visit, at, findings } = shaped(dataShapes.asked, data, place.base)
      const day = momentDay(required(readPastMoment(at, place, { field: 'at', latest }), place))
      return { type, owner: patient, asked: { institution, visit, day, findings } }
    }
    case 'stock': {
      const movement = decodeStock(data, context)
      return { type, owner: movement.institution, movement }
    }
    case 'registry': {
      const notice = decodeRegistry(data, place)
      return { type, owner: notice.key, notice }
    }
    case 'demotion': {
      const { rule, at } = shaped(dataShapes.demotion, data, place.base)
      const moment = required(readPastMoment(at, place, { field: 'at', latest }), place)
      return { type, owner: rule, day: momentDay(moment) }
    }
    case 'feedback': {
      const feedback = decodeFeedback(data, context)
      return { type, owner: feedback.warning, feedback }
    }
  }
}

/** The institution of a warning: its id begins with it. */
function decodeFeedback(data: unknown, { place, latest }: NoticeContext): FeedbackNotice {
  const wire = shaped(dataShapes.feedback, data, place.base)
  const { warning_id: warning, decision, reason, reason_code: code, rule = '' } = wire
  const moment = required(readPastMoment(wire.at, place, { field: 'at', latest }), place)
  return {
    institution: warning.split(':', 1)[0]!,
    warning, rule,
    reason: decision === 'change' ? undefined : code ?? reasonCodeOf(reason ?? ''),
    day: momentDay(moment),
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A count may be of nothing left; what moves is more than nothing, whatever its sign. */
function decodeStock(data: unknown, { place, latest }: NoticeContext): StockMovement {
  const wire = shaped(dataShapes.stock, data, place.base)
  const moment = required(readPastMoment(wire.at, place, { field: 'at', latest }), place)
  const { institution, movement } = wire
  const code = itemCode(wire.code)
  const told = readQuantity(wire.quantity, place, 'quantity')
  if (told === undefined || (told === 0 && movement !== 'count')) {
    throw place.refusal('CLAIM_NUMBER_INVALID', 'quantity', 'a movement moves something')
  }
  const hash = new ContentHash()
  hash.text(movement)
  hash.whole(told)
  hash.whole(moment)
  hash.text(plainText(wire.id))
  return {
    institution, code, movement, quantity: Math.abs(told), day: momentDay(moment),
    contentHash: hash.digest(),
  }
}

function decodeRegistry(data: unknown, place: Place): RegistryNotice {
  const wire = shaped(dataShapes.registry, data, place.base)
  const moment = required(readMoment(wire.at, place, 'at'), place) // a state may begin later
  const { subject, key } = wire
  const field = stateFields[subject]
  const told = field === undefined ? undefined : wire.state[field]
  return {
    subject, key, day: momentDay(moment),
    words: told === undefined ? undefined : wordsOf(told, place, `state/${field}`),
  }
}

function required(moment: Moment | undefined, place: Place): Moment {
  if (moment === undefined) throw place.refusal('CLAIM_DATE_INVALID', 'at', 'missing')
  return moment
}

/** Sorted, each once: the order in which rights are listed says nothing. */
function wordsOf(told: unknown, place: Place, field: string): readonly string[] {
  const isList = Array.isArray(told) && told.length <= registeredWordsMax
    && told.every((word) => typeof word === 'string' && word.length <= wordCharsMax)
  if (!isList) {
    const detail = `a list of up to ${registeredWordsMax} codes`
    throw place.refusal('EVENT_MALFORMED', field, detail)
  }
  const words = told.map((word) => plainText(String(word))).filter((word) => word !== '')
  return [...new Set(words)].toSorted()
}
