// What claims.dead holds: the reason in words a person can act on, and the bytes as they came of an event, or
// of a warning that no webhook took; where those do not fit into one message, their place in their stream.
import { ServiceError } from '../errors.js'
import type { OutMessage } from './wire.js'

/** The event or warning that a letter is about. */
export interface LetterEvent {
  readonly bytes: Uint8Array
  readonly sequence: number
  /** The stream's own timestamp, milliseconds. */
  readonly receivedAt: number
}

interface Letter {
  readonly id: string
  readonly error: Pick<ServiceError, 'code' | 'path' | 'message'>
  /** Creation time of its stream: its sequences mean nothing in another one. */
  readonly streamCreated: string
  /** Largest body that the server takes. */
  readonly bytesMax: number
}

/**
 * A message to claims.dead under `id`. `bytes_base64` is null where the body would pass `bytesMax`: its
 * sequence says where its bytes lie.
 */
export function deadLetter(event: LetterEvent, { id, error, streamCreated, bytesMax }: Letter): OutMessage {
  const reason = {
    code: error.code,
    path: error.path,
    message: error.message,
    stream_created: streamCreated,
    stream_sequence: event.sequence,
    received_at: new Date(event.receivedAt).toISOString(),
  }
  const whole = JSON.stringify({ ...reason, bytes_base64: base64(event.bytes) })
  const body = isLonger(whole, bytesMax) ? JSON.stringify({ ...reason, bytes_base64: null }) : whole
  return { stream: 'dead', subject: 'claims.dead', id, body }
}

/** Why a message that no cutting has made small enough cannot be sent; undefined: it can. */
export function tooLarge(message: OutMessage, bytesMax: number): ServiceError | undefined {
  if (message.stream === 'dead' || !isLonger(message.body, bytesMax)) return undefined
  const detail = `${message.id} has more than ${bytesMax} bytes; raise max_payload of the NATS server`
  return new ServiceError('WARNING_TOO_LARGE', { path: message.subject, detail })
}

/** True when the text takes more bytes than that as UTF-8. */
export function isLonger(text: string, bytesMax: number): boolean {
  const unitBytesMax = 3 // of UTF-8: spares the exact count where it cannot matter
  return text.length * unitBytesMax > bytesMax && new TextEncoder().encode(text).length > bytesMax
}

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}
