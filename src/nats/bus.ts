// One session's connection with everything the path needs of it: streams, reading, publishing, reading
// back. A lost connection ends the session; the next one starts from the committed position.
import type { Bus } from '../bus.js'
import { connectNats } from './connect.js'
import type { Connection, ConnectOptions } from './connect.js'
import { startReader } from './consume.js'
import type { EventReader } from './consume.js'
import { createPublisher } from './publish.js'
import type { PublishMessage } from './publish.js'
import { readBack } from './read-back.js'
import { ensureStreams, streamNames } from './streams.js'
import type { StreamLimits } from './streams.js'

/** Room that headers and the server's own framing need beside an event of the largest size. */
const payloadMargin = 65_536
/** Warnings, trial findings, a dead letter: hardly an event has more. */
const messagesPerEvent = 8

export interface BusOptions extends ConnectOptions {
  readonly limits: StreamLimits
  readonly eventBytesMax: number
  readonly pendingMax: number
  readonly pendingBytesMax: number
}

/** The bus, and what else the doors of this service use of the connection. */
export interface NatsBus extends Bus {
  readonly connection: Connection
  /** Any message, an event of our own too. */
  publish(message: PublishMessage): Promise<{ sequence: number }>
  lag(): { messages: number, reason: string }
}

/** Connects, or rejects with NATS_UNAVAILABLE. `onLost` is called at most once. */
export async function connectBus(
  options: BusOptions,
  onLost: (error: unknown) => void,
): Promise<NatsBus> {
  const connection = await connectNats(options)
  const publisher = createPublisher(connection, { outstandingMax: options.pendingMax * messagesPerEvent })
  let reader: EventReader | undefined
  let created: string | undefined
  const unwatch = connection.watch((state, detail) => {
    if (state === 'closed') onLost(detail)
  })
  const messageBytesMax = connection.maxPayload - payloadMargin
  return {
    connection,
    eventBytesMax: Math.min(options.eventBytesMax, messageBytesMax),
    messageBytesMax,
    async streams() {
      const streams = await ensureStreams(connection, options.limits)
      created = streams.events.created
      return streams
    },
    async read({ afterSequence, onEvent, onIdle, onFailure }) {
      reader = startReader(connection, {
        stream: streamNames.event,
        afterSequence,
        pendingMax: options.pendingMax,
        bytesMax: options.pendingBytesMax,
        streamCreated: created,
        onEvent,
        onIdle,
        onFailure,
      })
      return reader
    },
    publish: (message) => publisher.publish(message),
    async readBack(stream, afterSequence, onId) {
      await readBack(connection, streamNames[stream], afterSequence, onId)
    },
    lag: () => reader?.lag() ?? { messages: 0, reason: 'not reading' },
    async close() {
      unwatch()
      publisher.close()
      await connection.close()
    },
  }
}
