// Reads one stream in strict order from a sequence on, with pull requests of our own on an
// ephemeral consumer without acks. Whatever goes wrong (a hole, a lost server, silence) the
// consumer is made anew after the last delivered message; nothing comes twice or out of order.
// Knows nothing of events.
import { AckPolicy, createInbox, DeliverPolicy, nanos, ReplayPolicy } from 'nats'
import type { ConsumerInfo, Msg, NatsError, Subscription } from 'nats'
import { ServiceError } from '../errors.js'
import { parseAckSubject } from './ack-subject.js'
import type { Place } from './ack-subject.js'
import type { Connection } from './connect.js'
import { Grant } from './grant.js'

export interface PullOptions {
  readonly stream: string
  readonly afterSequence: number
  /** Most messages, and bytes of them, delivered and not yet released. */
  readonly pendingMax: number
  readonly bytesMax: number
  readonly filterSubject?: string | undefined
  readonly headersOnly?: boolean | undefined
  readonly heartbeatMs?: number | undefined
  /** Creation time the stream must have; without it, that of the first look. */
  readonly streamCreated?: string | undefined
  onMessage(message: Msg, place: Place): void
  /** The consumer exists; so many messages follow. */
  onStart?(pending: number): void
  /** The server has nothing more for us at present. */
  onIdle?(): void
  /** The stream is gone or another one: reading has ended. */
  onFailure(error: ServiceError): void
}

const heartbeatMsDefault = 5_000
const heartbeatsMissedMax = 3
const expiresInHeartbeats = 6 // a request lives half a minute, then it is renewed
const inactiveMs = 300_000 // a full disk may stop us for a while; the server forgets us after this
const backOffMsMin = 50
const backOffMsMax = 2_000
const streamNotFound = 10059 // the server's err_code

/** One ordered reading. Starts by itself; ends with end() or onFailure. */
export class PullReader {
  readonly #connection: Connection
  readonly #options: PullOptions
  readonly #heartbeatMs: number
  readonly #grant: Grant
  readonly #timer: NodeJS.Timeout
  readonly #unwatch: () => void
  #slots: Slot[] = []
  #consumer = ''
  #consumerSequence = 0
  #sequence: number
  #pending = 0
  #created: string | undefined
  #life = 0 // one for each consumer: what a former one still says is not heard
  #attempts = 0
  #hasDelivered = false
  #retry: NodeJS.Timeout | undefined
  #isEnded = false
  #reason = 'not started'

  constructor(connection: Connection, options: PullOptions) {
    this.#connection = connection
    this.#options = options
    this.#sequence = options.afterSequence
    this.#created = options.streamCreated
    this.#heartbeatMs = options.heartbeatMs ?? heartbeatMsDefault
    this.#grant = new Grant(options.pendingMax, options.bytesMax)
    this.#timer = setInterval(() => this.#listen(), this.#heartbeatMs)
    this.#unwatch = connection.watch((state, detail) => {
      if (state === 'connected') this.#open()
      else if (state === 'disconnected') this.#leave(`disconnected: ${detail}`)
      else if (state === 'closed') this.#fail('NATS_UNAVAILABLE', 'the connection was closed')
    })
    if (connection.isConnected) this.#open() // otherwise 'connected' will
  }

  /** Messages of the stream that follow the newest one we were given. */
  get pending(): number {
    return this.#pending
  }

  /** Empty while messages can come; otherwise why they cannot. */
  get reason(): string {
    return this.#reason
  }

  /** Gives back room; more is asked for when there is enough of it. */
  release(count: number, bytes: number): void {
    this.#grant.release(count, bytes)
    this.#ask()
  }

  /** Nothing is delivered after this returns. */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#leave('stopped')
    clearInterval(this.#timer)
    this.#unwatch()
  }

  /** Makes a consumer after the last delivered message; tries again until there is one. */
  #open(): void {
    this.#leave(this.#reason)
    const life = ++this.#life
    this.#create(life).catch((error: unknown) => {
      if (life !== this.#life) return
      if (error instanceof ServiceError) return this.#end(error)
      const { api_error: answer } = error as Partial<NatsError>
      const isGone = answer?.err_code === streamNotFound
      if (isGone) return this.#fail('STREAM_CHANGED', `${this.#options.stream} is gone`)
      this.#openLater(String(error))
    })
  }

  async #create(life: number): Promise<void> {
    const { client, manager } = this.#connection
    const { stream } = this.#options
    const { created, state } = await manager.streams.info(stream)
    if (life !== this.#life) return
    this.#created ??= created
    const hasLostSome = this.#hasDelivered && state.last_seq < this.#sequence
    if (created !== this.#created || hasLostSome) {
      throw new ServiceError('STREAM_CHANGED', { detail: stream })
    }
    const consumer = await manager.consumers.add(stream, this.#consumerConfig())
    if (life !== this.#life) return this.#forget(consumer.name)
    this.#begin(client, consumer)
  }

  #begin(client: Connection['client'], { name, num_pending: pending }: ConsumerInfo): void {
    this.#consumer = name
    this.#consumerSequence = 0
    this.#pending = pending
    this.#reason = ''
    for (let index = 0; index < 2; index++) {
      const inbox = createInbox()
      const slot: Slot = { inbox, subscription: undefined, index, quiet: 0 }
      slot.subscription = client.subscribe(inbox, {
        callback: (error, message) => {
          if (error === null) this.#take(slot, message)
          else this.#openLater(error.message)
        },
      })
      this.#slots.push(slot)
    }
    this.#guard(() => this.#options.onStart?.(pending))
    this.#ask()
  }

  #consumerConfig() {
    const { filterSubject, headersOnly } = this.#options
    return {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: this.#sequence + 1,
      replay_policy: ReplayPolicy.Instant,
      inactive_threshold: nanos(inactiveMs),
      mem_storage: true,
      num_replicas: 1,
      ...(filterSubject === undefined ? {} : { filter_subject: filterSubject }),
      ...(headersOnly === true ? { headers_only: true } : {}),
    }
  }

  #take(slot: Slot, message: Msg): void {
    slot.quiet = 0
    const { reply } = message
    if (!reply) return this.#hear(slot, message)
    const place = parseAckSubject(reply)
    if (place === undefined) return this.#openLater(`a reply subject of another kind: ${reply}`)
    const isNext = place.consumerSequence === this.#consumerSequence + 1
    if (!isNext || place.sequence <= this.#sequence) return this.#openLater('a hole')
    this.#consumerSequence++
    this.#sequence = place.sequence
    this.#pending = place.pending
    this.#attempts = 0
    this.#hasDelivered = true
    this.#grant.take(slot.index, message.data.length)
    this.#guard(() => this.#options.onMessage(message, place))
    this.#ask()
  }

  /** A status of the server: a heartbeat, or the end of a pull request. */
  #hear(slot: Slot, { headers }: Msg): void {
    const code = headers?.code ?? 0
    const description = headers?.description ?? ''
    if (code === 100) {
      this.#attempts = 0
      this.#guard(() => this.#options.onIdle?.())
    } else if (code === 408) {
      this.#grant.close(slot.index)
      this.#ask()
    } else if (code === 409 && /exceeds maxbytes/i.test(description)) {
      this.#grant.refuse(slot.index)
      this.#ask()
    } else {
      this.#openLater(`${code} ${description}`.trim())
    }
  }

  #ask(): void {
    if (this.#consumer === '') return
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#options.stream}.${this.#consumer}`
    for (const slot of this.#slots) {
      const room = this.#grant.open(slot.index)
      if (room === undefined) continue
      slot.quiet = 0
      const request = {
        batch: room.messages,
        ...(room.bytes === 0 ? {} : { max_bytes: room.bytes }),
        expires: nanos(this.#heartbeatMs * expiresInHeartbeats),
        idle_heartbeat: nanos(this.#heartbeatMs),
      }
      this.#connection.client.publish(subject, JSON.stringify(request), { reply: slot.inbox })
    }
  }

  /** One tick of the heart: a request that is open and hears nothing has been lost. */
  #listen(): void {
    for (const slot of this.#slots) {
      if (!this.#grant.isOpen(slot.index)) continue
      if (++slot.quiet >= heartbeatsMissedMax) return this.#openLater('no heartbeat')
    }
  }

  #openLater(reason: string): void {
    this.#leave(reason)
    const delayMs = Math.min(backOffMsMin * 2 ** this.#attempts++, backOffMsMax)
    this.#retry = setTimeout(() => this.#open(), delayMs)
  }

  /** Leaves the consumer and hears nothing more of it. */
  #leave(reason: string): void {
    this.#life++
    this.#reason = reason
    clearTimeout(this.#retry)
    for (const { subscription } of this.#slots) subscription?.unsubscribe()
    this.#slots = []
    this.#grant.closeAll()
    if (this.#consumer !== '') this.#forget(this.#consumer)
    this.#consumer = ''
  }

  /** Nobody waits for the answer: without it the server forgets the consumer by itself, later. */
  #forget(consumer: string): void {
    if (!this.#connection.isConnected || this.#connection.client.isClosed()) return
    this.#connection.client.publish(
      `$JS.API.CONSUMER.DELETE.${this.#options.stream}.${consumer}`)
  }

  /** The client swallows what a callback throws and stops reading: a bug must end the process. */
  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.end()
      queueMicrotask(() => { throw error })
    }
  }

  #fail(code: 'NATS_UNAVAILABLE' | 'STREAM_CHANGED', detail: string): void {
    this.#end(new ServiceError(code, { detail }))
  }

  #end(error: ServiceError): void {
    if (this.#isEnded) return
    this.end()
    this.#options.onFailure(error)
  }
}

/** One of two places for a pull request: while one is consumed the next is under way. */
interface Slot {
  readonly inbox: string
  readonly index: number
  subscription: Subscription | undefined
  /** Heartbeats since it last heard anything. */
  quiet: number
}
