// The message bus as a partition needs it: where its streams stand, reading in order, publishing, reading
// back. An interface alone: src/nats/bus.ts is the real one, the tests have a plain object.
import type { OutMessage, OutStream } from './warning/wire.js'

export interface StreamEvent {
  readonly bytes: Uint8Array
  readonly sequence: number
  /** The stream's own timestamp, milliseconds. */
  readonly receivedAt: number
}

export interface StreamState {
  readonly events: {
    readonly created: string
    readonly firstSequence: number
    readonly lastSequence: number
  }
  readonly lastSequences: Record<OutStream, number>
}

/** One connection's worth of the message bus. A lost connection ends it. */
export interface Bus {
  readonly eventBytesMax: number
  /** Largest body of a message that goes out; no less than an event's. */
  readonly messageBytesMax: number
  streams(): Promise<StreamState>
  read(options: {
    afterSequence: number
    onEvent(event: StreamEvent): void
    /** The stream holds nothing more at present: what stood behind the last event may have been erased. */
    onIdle(): void
    onFailure(error: unknown): void
  }): Promise<Reader>
  publish(message: OutMessage): Promise<{ sequence: number }>
  /** Every message id of an output stream after a sequence; ends at the stream's end. */
  readBack(stream: OutStream, afterSequence: number, onId: (id: string) => void): Promise<void>
  close(): Promise<void>
}

export interface Reader {
  release(count: number, bytes: number): void
  stop(): Promise<void>
}
