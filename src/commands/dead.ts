// Dead letters: list them, look at one, and send it again, mended, under the same identity. Prints the
// reasons and never the content, which may name a patient: that goes to a file.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { decodeEvent } from '../claim/decode.js'
import { ServiceError } from '../errors.js'
import { subjectOf } from '../http/events-route.js'
import type { Connection } from '../nats/connect.js'
import { createPublisher } from '../nats/publish.js'
import { streamNames } from '../nats/streams.js'
import { fetchDead } from '../nats/warnings.js'

const pageSize = 100

interface Letter {
  readonly code: string
  readonly path: string
  readonly message: string
  readonly stream_sequence: number
  /** Null: too large for a letter; they are still in their stream. */
  readonly bytes_base64: string | null
  readonly stream_created?: string
}

type Write = (text: string) => void

/** Prints one line for each dead letter. */
export async function listDead(connection: Connection, write: Write): Promise<void> {
  let count = 0
  for (let afterSequence = 0; ;) {
    // A page of large letters is a short one: only an empty page is the end.
    const { items, next } = await fetchDead(connection, { afterSequence, limit: pageSize })
    for (const { sequence, receivedAt, letter } of items) {
      const at = new Date(receivedAt).toISOString()
      write(`${sequence}  ${at}  ${isLetter(letter) ? reasonOf(letter) : 'not a letter of ours'}\n`)
    }
    count += items.length
    if (items.length === 0) break
    afterSequence = next
  }
  write(count === 0 ? 'no dead letters\n' : `dead letters: ${count}\n`)
}

/** Why it is dead; with a file, also its original bytes, to be mended in an editor. */
export async function showDead(
  connection: Connection, { sequence, file }: { sequence: number, file: string | undefined }, write: Write,
): Promise<void> {
  const letter = await letterAt(connection, sequence)
  const bytes = await bytesOf(connection, letter)
  write(`${reasonOf(letter)}\n`)
  if (file === undefined) {
    write(`${bytes.length} bytes; "dead show ${sequence} <file>" writes them to a file\n`)
    return
  }
  try {
    writeFileSync(file, bytes, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    throw new ServiceError('REQUEST_MALFORMED', { path: file, detail: 'name a new file', cause })
  }
  const next = kindOf(letter) === 'warning' ? '' : `: mend them, then "dead resend ${sequence} ${file}"`
  write(`${bytes.length} bytes are in ${file}${next}\n`)
}

interface Mended {
  readonly sequence: number
  readonly file: string
  readonly receivedAt: number
  readonly eventBytesMax: number
}

/**
 * Sends the mended event, if it is one now. What it is about must be what the letter was about, so
 * that the letter and the event that replaces it are never both counted. Sent twice, it adds nothing.
 */
export async function resendDead(
  connection: Connection, { sequence, file, receivedAt, eventBytesMax }: Mended,
): Promise<number> {
  const letter = await letterAt(connection, sequence)
  if (kindOf(letter) === 'warning') {
    const { stream_sequence: warning, path: institution } = letter
    const detail = `it is warning ${warning} of ${institution}, not an event: GET /v1/warnings has it`
    throw new ServiceError('REQUEST_MALFORMED', { path: String(sequence), detail })
  }
  const bytes = readMended(file)
  const decoded = decodeEvent(bytes, { receivedAt, bytesMax: eventBytesMax })
  const event = parsed(bytes) as { data?: unknown }
  requireSame(identityOf(parsed(await bytesOf(connection, letter))), identityOf(event))
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  const message = { subject: subjectOf(decoded, event.data), id: `mended:${sequence}:${hash}`, body: bytes }
  const publisher = createPublisher(connection, { outstandingMax: 1 })
  const sent = await publisher.publish(message)
    .catch((cause: unknown) => { throw new ServiceError('EVENT_UNSENT', { cause }) })
    .finally(() => publisher.close())
  return sent.sequence
}

function readMended(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new ServiceError('REQUEST_MALFORMED', { path: file, detail: 'the file cannot be read', cause })
  }
}

interface Raw {
  readonly id?: unknown
  readonly data?: {
    readonly settlement_id?: unknown
    readonly institution?: unknown
    readonly visit?: { readonly institution?: { readonly id?: unknown } }
  }
}

type Identity = Record<'/id' | '/data/settlement_id' | '/data/…/institution', unknown>

/** What can be read of it, however broken it is. */
function identityOf(event: unknown): Identity {
  const { id, data } = (event ?? {}) as Raw
  return {
    '/id': id,
    '/data/settlement_id': data?.settlement_id,
    '/data/…/institution': data?.visit?.institution?.id ?? data?.institution,
  }
}

/** A settlement is known by its institution and its id, what has none by the id of the event. */
function requireSame(was: Identity, is: Identity): void {
  const isSettlement = isText(was['/data/settlement_id'])
  const names = isSettlement ? ['/data/settlement_id', '/data/…/institution'] as const : ['/id'] as const
  for (const path of names) {
    if (!isText(was[path]) || was[path] === is[path]) continue
    const detail = 'it is not the one of the dead letter; another event is for its sender to send'
    throw new ServiceError('REQUEST_MALFORMED', { path, detail })
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** Undefined when it is no JSON. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

async function letterAt(connection: Connection, sequence: number): Promise<Letter> {
  const page = await fetchDead(connection, { afterSequence: sequence - 1, limit: 1 })
  const found = page.items.find((item) => item.sequence === sequence)
  if (found === undefined || !isLetter(found.letter)) {
    const detail = `no dead letter has the number ${sequence}; "dead list" shows the numbers`
    throw new ServiceError('REQUEST_NOT_FOUND', { detail })
  }
  return found.letter
}

/** Anybody who may publish can put anything there. */
function isLetter(content: unknown): content is Letter {
  if (typeof content !== 'object' || content === null) return false
  const { bytes_base64: bytes } = content as Partial<Letter>
  return bytes === null || typeof bytes === 'string'
}

/** What it is about: a letter of a webhook is about a warning. */
const kindOf = ({ code }: Letter) => code === 'WEBHOOK_UNDELIVERED' ? 'warning' : 'event'

function reasonOf(letter: Letter): string {
  const { stream_sequence: of, code, path, message } = letter
  return `${kindOf(letter)} ${of}  ${code}${path === '' ? '' : ` ${path}`}  ${message}`
}

/** As they came; from their stream where the letter could not hold them. */
async function bytesOf({ manager }: Connection, letter: Letter): Promise<Buffer> {
  const { bytes_base64: bytes, stream_sequence: seq, stream_created: was } = letter
  if (bytes !== null) return Buffer.from(bytes, 'base64')
  const kind = kindOf(letter)
  const stream = streamNames[kind]
  const { created } = await manager.streams.info(stream)
  const message = created === was
    ? await manager.streams.getMessage(stream, { seq }).catch(() => undefined)
    : undefined
  if (message === undefined) {
    throw new ServiceError('REQUEST_NOT_FOUND', { detail: `${kind} ${seq} is no longer in ${stream}` })
  }
  return Buffer.from(message.data)
}
