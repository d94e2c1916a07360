// Events that the door of the national interface puts into the stream. Each is read as the consumer will
// read it before it is sent, so that what this process makes is never a dead letter.
import { createHash } from 'node:crypto'
import { decodeEvent } from './claim/decode.js'
import type { EventType } from './claim/wire.js'
import { publishAll, subjectOf } from './http/events-route.js'
import type { EventMessage, HttpDeps } from './http/server.js'
import { messageId } from './warning/wire.js'

type EventDeps = Pick<HttpDeps, 'publishEvent' | 'eventBytesMax' | 'now'>

export interface OwnEvent {
  readonly type: EventType
  readonly source: string
  /** What makes it this event: sent again with the same parts it is the same one. */
  readonly parts: readonly string[]
  readonly data: object
}

/** Resolves when the stream has it; rejects with ServiceError. */
export async function publishOwn(deps: EventDeps, event: OwnEvent): Promise<void> {
  await publishAll([messageOf(deps, event)], deps)
}

function messageOf({ eventBytesMax, now }: EventDeps, { type, source, parts, data }: OwnEvent): EventMessage {
  const receivedAt = now()
  const hash = createHash('sha256').update(messageId(...parts)).digest('hex').slice(0, 32)
  const id = messageId('nhsa', type, hash)
  const time = new Date(receivedAt).toISOString()
  const body = JSON.stringify({ specversion: '1.0', id, source, type, time, data })
  const event = decodeEvent(new TextEncoder().encode(body), { receivedAt, bytesMax: eventBytesMax() })
  return { subject: subjectOf(event, data), id, body }
}
