// Publishes messages under stable ids and tells when the server has them. One reply inbox for all
// and one timer for all: js.publish() reaches an eighth of this (measured). Sends nothing again by
// itself.
import { createInbox, headers as newHeaders } from 'nats'
import type { Msg } from 'nats'
import { ServiceError } from '../errors.js'
import type { Connection } from './connect.js'

export interface PublishMessage {
  readonly subject: string
  /** The server takes a message once under an id within its duplicate window. */
  readonly id: string
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export interface Accepted {
  readonly stream: string
  readonly sequence: number
  /** The server had it already, under this sequence. */
  readonly isRepeated: boolean
}

export interface PublisherOptions {
  /** Most messages sent and not yet answered; beyond it publish rejects. */
  readonly outstandingMax: number
  readonly timeoutMs?: number | undefined
}

export interface Publisher {
  /** Resolves when the server has the message; rejects with MESSAGE_UNSENT when it is not sure. */
  publish(message: PublishMessage): Promise<Accepted>
  hasRoom(): boolean
  readonly outstanding: number
  /** Rejects what is outstanding; nothing can be published any more. The connection's end does it too. */
  close(): void
}

interface Waiting {
  readonly tick: number
  resolve(accepted: Accepted): void
  reject(error: ServiceError): void
}

const timeoutMsDefault = 10_000
const ticksMax = 4 // the sweep runs four times in a timeout

/** Starts a publisher on the connection. */
export function createPublisher(connection: Connection, options: PublisherOptions): Publisher {
  return new AckedPublisher(connection, options)
}

class AckedPublisher implements Publisher {
  readonly #connection: Connection
  readonly #outstandingMax: number
  readonly #inbox = `${createInbox()}.`
  readonly #waiting = new Map<number, Waiting>() // in the order of sending
  readonly #end: () => void
  #sent = 0
  #tick = 0
  #isClosed = false

  constructor(connection: Connection, { outstandingMax, timeoutMs }: PublisherOptions) {
    this.#connection = connection
    this.#outstandingMax = outstandingMax
    const subscription = connection.client.subscribe(`${this.#inbox}*`, {
      callback: (error, message) => {
        if (error === null) this.#answer(message)
        else this.#rejectAll(error.message)
      },
    })
    const timer = setInterval(() => this.#sweep(), (timeoutMs ?? timeoutMsDefault) / ticksMax)
    const unwatch = connection.watch((state, detail) => {
      if (state === 'disconnected' || state === 'closed') this.#rejectAll(detail)
      if (state === 'closed') this.close() // it does not come back
    })
    this.#end = () => {
      clearInterval(timer)
      unwatch()
      subscription.unsubscribe()
    }
  }

  get outstanding(): number {
    return this.#waiting.size
  }

  hasRoom(): boolean {
    return this.#waiting.size < this.#outstandingMax
  }

  publish(message: PublishMessage): Promise<Accepted> {
    if (this.#isClosed) return Promise.reject(unsent('the publisher is closed'))
    if (!this.#connection.isConnected) return Promise.reject(unsent('there is no connection'))
    if (!this.hasRoom()) return Promise.reject(unsent(`${this.#outstandingMax} are outstanding`))
    return new Promise((resolve, reject) => {
      const number = ++this.#sent
      const headers = newHeaders()
      try {
        headers.set('Nats-Msg-Id', message.id)
        for (const [name, value] of Object.entries(message.headers ?? {})) headers.set(name, value)
        const reply = `${this.#inbox}${number}`
        this.#connection.client.publish(message.subject, message.body, { headers, reply })
      } catch (cause) {
        reject(unsent(String(cause), cause))
        return
      }
      this.#waiting.set(number, { tick: this.#tick, resolve, reject })
    })
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#end()
    this.#rejectAll('the publisher was closed')
  }

  #answer(message: Msg): void {
    const number = Number(message.subject.slice(this.#inbox.length))
    const waiting = this.#waiting.get(number)
    if (waiting === undefined) return // answered after its time was up
    this.#waiting.delete(number)
    if (message.data.length === 0) {
      waiting.reject(unsent('no stream takes this subject'))
      return
    }
    const answer = message.json<PubAck>()
    if (answer.error === undefined && answer.stream !== undefined && answer.seq !== undefined) {
      const { stream, seq: sequence, duplicate = false } = answer
      waiting.resolve({ stream, sequence, isRepeated: duplicate })
    } else {
      waiting.reject(unsent(answer.error?.description ?? 'the answer cannot be read'))
    }
  }

  #sweep(): void {
    this.#tick++
    for (const [number, waiting] of this.#waiting) {
      if (this.#tick - waiting.tick <= ticksMax) break
      this.#waiting.delete(number)
      waiting.reject(unsent('the server did not answer in time'))
    }
  }

  #rejectAll(why: string): void {
    const all = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of all) reject(unsent(why))
  }
}

interface PubAck {
  readonly stream?: string
  readonly seq?: number
  readonly duplicate?: boolean
  readonly error?: { readonly description?: string }
}

function unsent(detail: string, cause?: unknown): ServiceError {
  return new ServiceError('MESSAGE_UNSENT', { detail, cause })
}
