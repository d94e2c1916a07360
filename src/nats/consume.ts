// The event stream, in strict order and within a room that the caller gives back. Hands over bytes,
// sequence and the stream's timestamp; decides nothing about what they mean.
import type { ServiceError } from '../errors.js'
import type { Connection } from './connect.js'
import { PullReader } from './pull.js'

export interface ReaderOptions {
  readonly stream: string
  /** The first event delivered is the one after this. */
  readonly afterSequence: number
  /** Most events, and bytes of them, delivered and not yet released. */
  readonly pendingMax: number
  readonly bytesMax: number
  /** From ensureStreams: a stream made anew meanwhile ends the reading. */
  readonly streamCreated?: string | undefined
  readonly heartbeatMs?: number | undefined
  /** What it throws is a bug and ends the process. */
  onEvent(event: { bytes: Uint8Array, sequence: number, receivedAt: number }): void
  /** The stream holds nothing beyond what was delivered. */
  onIdle?(): void
  /** STREAM_CHANGED, or the connection was closed. Lost servers are waited for instead. */
  onFailure(error: ServiceError): void
}

export interface EventReader {
  /** Gives back the room of so many events that are finished with. */
  release(count: number, bytes: number): void
  /** What the stream holds beyond the newest event delivered; and why nothing comes, if so. */
  lag(): { messages: number, reason: string }
  /** Nothing is delivered after this; resolves when the subscription is gone. */
  stop(): Promise<void>
}

/** Starts reading; the consumer is made in the background and made anew whenever it is lost. */
export function startReader(connection: Connection, options: ReaderOptions): EventReader {
  const { onEvent, onIdle, ...rest } = options
  const reader = new PullReader(connection, {
    ...rest,
    onStart: (pending) => { if (pending === 0) onIdle?.() },
    onMessage: (message, { sequence, receivedAt, pending }) => {
      onEvent({ bytes: message.data, sequence, receivedAt })
      if (pending === 0) onIdle?.()
    },
    onFailure: (error) => options.onFailure(error),
  })
  return {
    release: (count, bytes) => reader.release(count, bytes),
    lag: () => ({ messages: reader.pending, reason: reader.reason }),
    stop: async () => reader.end(),
  }
}
