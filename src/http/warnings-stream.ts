// GET /v1/warnings/stream: the warnings of one institution as they come (Server-Sent Events). A client that
// was away goes on after the last id it saw; one that takes nothing is dropped, so that what waits for it
// stays bounded. Reads and never deletes.
import { Readable } from 'node:stream'
import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { ServiceError } from '../errors.js'
import { readOf } from './audit-hook.js'
import { ProblemWire } from './error-reply.js'
import type { App, HttpDeps } from './server.js'
import { AfterWire, askedInstitution, InstitutionWire } from './warnings-route.js'

/** What a client listens to; `release` gives back the room of what has left for it. */
export interface WarningsFollowed {
  readonly afterSequence: number
  release(count: number, bytes: number): void
  stop(): void
}

export interface WarningText {
  readonly sequence: number
  readonly text: string
  readonly bytes: number
}

export interface StreamDeps {
  followWarnings(options: {
    readonly institution: string
    /** Undefined: those that come from now on. */
    readonly afterSequence: number | undefined
    readonly bytesMax: number
    onWarning(warning: WarningText): void
    onLost(): void
  }): Promise<WarningsFollowed>
  readonly clientsMax: number
  /** Calls again and again until the returned function is called. */
  every(milliseconds: number, run: () => void): () => void
  onClient(what: 'opened' | 'closed' | 'dropped' | 'sent'): void
}

const perInstitutionMax = 8 // one that opens and never closes must not take every place
const beatMs = 15_000 // proxies hang up after half a minute of silence or more
const waitingBytesMax = 2_097_152 // two of the largest warnings
const writtenBytesMax = 65_536 // handed to the socket ahead of the client
const retryMs = 1_000

const eventStream = Type.Unsafe<Readable>(Type.String())

/**
 * GET /v1/warnings/stream: the scope `warnings`. Throws SERVICE_OVERLOADED when too many listen, of one
 * institution or of all; ends its listeners before the server closes.
 */
export function warningsStreamRoute(app: App, deps: HttpDeps): void {
  const clients = new Set<Client>()
  let opening = 0
  app.addHook('preClose', (done) => {
    for (const client of clients) client.end()
    done()
  })
  app.get('/v1/warnings/stream', {
    config: { scope: 'warnings' },
    exposeHeadRoute: false,
    schema: {
      summary: 'Warnings as they come (Server-Sent Events)',
      description: 'Each event has the warning’s sequence as its id and the warning as its data. Goes on '
        + 'after `Last-Event-ID`, or after `after`; with neither, sends those that come from now on. '
        + 'At least once: a client keeps the last id it has finished with.',
      querystring: Type.Object({ institution: InstitutionWire, after: AfterWire }),
      headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({
        pattern: '^\\d{1,15}$', description: 'The last id the client saw',
      })) }),
      response: {
        200: { description: 'Warnings', content: { 'text/event-stream': { schema: eventStream } } },
        '4xx': ProblemWire,
        '5xx': ProblemWire,
      },
    },
  }, async (request, reply) => {
    const institution = askedInstitution(request, request.query.institution)
    const lastId = request.headers['last-event-id']
    const own = [...clients].filter((client) => client.institution === institution).length
    if (clients.size + opening >= deps.stream.clientsMax || own >= perInstitutionMax) {
      throw new ServiceError('SERVICE_OVERLOADED', { detail: 'too many clients listen already' })
    }
    opening++
    const after = lastId === undefined ? request.query.after : Number(lastId)
    const client = await Client.open(deps, { request, institution, after }).finally(() => { opening-- })
    clients.add(client)
    client.body.once('close', () => { clients.delete(client) })
    return reply.type('text/event-stream').header('x-accel-buffering', 'no').send(client.body)
  })
}

interface Asked {
  readonly request: FastifyRequest
  readonly institution: string
  readonly after: number | undefined
}

/** One listener. */
class Client {
  readonly institution: string
  readonly body: Readable
  #following: WarningsFollowed | undefined
  #waiting = 0
  #waitingBytes = 0
  #hasMoved = false
  #last = 0
  #count = 0

  private constructor(deps: HttpDeps, { request, institution }: Asked) {
    this.institution = institution
    this.body = new Readable({ highWaterMark: writtenBytesMax, read: () => this.#moved() })
    const { stream, audit } = deps
    const stopBeats = stream.every(beatMs, () => {
      if (this.#waiting > 0 && !this.#hasMoved) {
        stream.onClient('dropped')
        this.body.destroy()
        return
      }
      this.#hasMoved = false
      if (this.#waiting === 0) this.#write(': beat\n\n')
    })
    this.body.once('close', () => {
      stopBeats()
      this.#following?.stop()
      stream.onClient('closed')
      const range = `${this.#count} sent, until ${this.#last}`
      audit.note(readOf(request, { institution, range })) // it counts what it loses
    })
    stream.onClient('opened')
  }

  /** In the audit log before the first byte leaves. */
  static async open(deps: HttpDeps, asked: Asked): Promise<Client> {
    const { request, institution, after } = asked
    const range = `after ${after ?? 'now'}`
    await deps.audit.append(readOf(request, { institution, range }))
    const client = new Client(deps, asked)
    try {
      client.#following = await deps.stream.followWarnings({
        institution,
        afterSequence: after,
        bytesMax: waitingBytesMax,
        onWarning: (warning) => client.#take(warning, deps.stream),
        onLost: () => client.end(),
      })
    } catch (error) {
      client.body.destroy()
      throw error
    }
    client.#last = client.#following.afterSequence
    // An id without data: who is cut off before the first warning goes on from here.
    client.#write(`retry: ${retryMs}\nid: ${client.#last}\n\n`)
    return client
  }

  /** The client comes again by itself, and goes on where it was. */
  end(): void {
    this.#following?.stop()
    if (!this.body.destroyed && !this.body.readableEnded) this.body.push(null)
  }

  #take({ sequence, text, bytes }: WarningText, stream: StreamDeps): void {
    this.#waiting++
    this.#waitingBytes += bytes
    this.#last = sequence
    this.#count++
    stream.onClient('sent')
    // Ours are one line; anybody who may publish can put anything there.
    this.#write(`id: ${sequence}\nevent: warning\ndata: ${text.replace(/\r\n|\r|\n/g, '\ndata: ')}\n\n`)
  }

  #write(text: string): void {
    if (!this.body.destroyed) this.body.push(text)
  }

  /** The socket has taken what was written: there is room again. */
  #moved(): void {
    this.#hasMoved = true
    if (this.#waiting === 0) return
    const [count, bytes] = [this.#waiting, this.#waitingBytes]
    this.#waiting = 0
    this.#waitingBytes = 0
    this.#following?.release(count, bytes)
  }
}
