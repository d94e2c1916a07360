// One institution's warnings from a durable consumer, one at a time: what is not finished comes again, also
// after a restart, before anything that follows it. Knows nothing of what becomes of them.
import { AckPolicy, DeliverPolicy, nanos, ReplayPolicy } from 'nats'
import type { Msg } from 'nats'
import { ServiceError } from '../errors.js'
import { parseAckSubject } from './ack-subject.js'
import type { Connection } from './connect.js'
import { streamNames } from './streams.js'

export interface QueuedWarning {
  readonly streamCreated: string
  readonly sequence: number
  readonly receivedAt: number
  readonly pending: number
  readonly bytes: Uint8Array
  done(): Promise<void>
  working(): void
  release(): void
}

export interface WarningQueue {
  /** When the stream was made: the sequences of another one begin anew. */
  readonly streamCreated: string
  /** The next one, or undefined after a while without one; rejects when the consumer is lost. */
  next(): Promise<QueuedWarning | undefined>
}

const ackWaitMs = 30_000 // after a kill the one in hand comes again within this
const waitMsDefault = 20_000
const ackMs = 5_000
const graceMs = 2_000

interface QueueOptions {
  readonly institution: string
  /** When the stream was made that was read before; a queue of another one begins with its first warning. */
  readonly streamBefore?: string | undefined
  readonly waitMs?: number
}

/** Makes the consumer if it is missing: it begins with the warnings that come from then on. */
export async function openWarningQueue(
  connection: Connection, { institution, streamBefore, waitMs = waitMsDefault }: QueueOptions,
): Promise<WarningQueue> {
  const { client } = connection
  const stream = streamNames.warning
  const durable = `webhook-${institution}`
  const streamCreated = await makeConsumer(connection, { institution, durable, streamBefore })
    .catch((cause: unknown) => { throw lost(String(cause), cause) })
  const ask = JSON.stringify({ batch: 1, expires: nanos(waitMs) })
  // With an inbox of its own: what JetStream delivers bears its own subject, not the inbox's.
  const requestOptions = { timeout: waitMs + graceMs, noMux: true }
  const answer = (message: Msg, text: string) => { client.publish(message.reply!, text) }
  return {
    streamCreated,
    async next() {
      const message = await client
        .request(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`, ask, requestOptions)
        .catch((cause: unknown) => { throw lost(String(cause), cause) })
      const place = parseAckSubject(message.reply!) // '' where there is none
      if (place === undefined) return nothing(message)
      const { sequence, receivedAt, pending } = place
      return {
        streamCreated,
        sequence,
        receivedAt,
        pending,
        bytes: message.data,
        async done() {
          await client.request(message.reply!, '+ACK', { timeout: ackMs })
            .catch((cause: unknown) => { throw lost(String(cause), cause) })
        },
        working: () => answer(message, '+WPI'),
        release: () => answer(message, '-NAK'),
      }
    },
  }
}

/** Resolves with the stream's creation time. A consumer that is there begins where it began. */
async function makeConsumer(
  { manager }: Connection,
  { institution, durable, streamBefore }: QueueOptions & { readonly durable: string },
): Promise<string> {
  const { created } = await manager.streams.info(streamNames.warning)
  const isAnother = streamBefore !== undefined && streamBefore !== created
  const known = await manager.consumers.info(streamNames.warning, durable).catch(() => undefined)
  await manager.consumers.add(streamNames.warning, {
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    deliver_policy: known?.config.deliver_policy ?? (isAnother ? DeliverPolicy.All : DeliverPolicy.New),
    filter_subject: `claims.warning.${institution}`,
    max_ack_pending: 1, // the order: nothing overtakes what is not finished
    max_deliver: -1,
    replay_policy: ReplayPolicy.Instant,
  })
  return created
}

/** A status: the time is over, or the consumer is no more. */
function nothing({ headers }: Msg): undefined {
  const { code, description } = headers! // a status is told in them
  if (code === 404 || code === 408) return undefined
  throw lost(`${code} ${description}`.trim())
}

function lost(detail: string, cause?: unknown): ServiceError {
  return new ServiceError('NATS_UNAVAILABLE', { detail, cause })
}
