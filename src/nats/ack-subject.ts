// The reply subject of a JetStream message says where it stands in the stream and in its consumer.
// Reads it; touches neither network nor message.

/** Where a message stands. */
export interface Place {
  /** In the stream. */
  readonly sequence: number
  /** In this consumer: grows by one, so a jump is a message that was lost on the way. */
  readonly consumerSequence: number
  /** The stream's own timestamp, milliseconds. */
  readonly receivedAt: number
  /** How many messages of the stream follow for this consumer. */
  readonly pending: number
}

const nanosInMillis = 6 // digits

/**
 * `$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<consumer sequence>.<ns>.<pending>`;
 * servers from 2.10 on may put a domain and an account hash after `ACK`, and a token at the end.
 */
export function parseAckSubject(subject: string): Place | undefined {
  const tokens = subject.split('.')
  const first = tokens.length === 9 ? 5 : tokens.length >= 11 ? 7 : 0
  if (first === 0 || tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined
  const place = {
    sequence: Number(tokens[first]),
    consumerSequence: Number(tokens[first + 1]),
    // Nineteen digits do not fit a number: cut them as text.
    receivedAt: Number(tokens[first + 2]!.slice(0, -nanosInMillis)),
    pending: Number(tokens[first + 3]),
  }
  const { sequence, consumerSequence, receivedAt, pending } = place
  return Number.isSafeInteger(sequence + consumerSequence + receivedAt + pending)
    ? place : undefined
}
