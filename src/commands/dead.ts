// Dead letters: list them, and send one again, mended, under the same identity.
import { readFileSync } from 'node:fs'
import { ServiceError } from '../errors.js'
import type { Connection } from '../nats/connect.js'
import { createPublisher } from '../nats/publish.js'
import { fetchDead } from '../nats/warnings.js'

const pageSize = 100

interface Letter {
  readonly code: string
  readonly path: string
  readonly message: string
  readonly stream_sequence: number
  readonly bytes_base64: string
}

/** Prints one line for each dead letter after a sequence; never the content, which may name a patient. */
export async function listDead(
  connection: Connection, after: number, write: (text: string) => void,
): Promise<void> {
  let count = 0
  for (let from = after; ;) {
    const { items, next } = await fetchDead(connection, { afterSequence: from, limit: pageSize })
    for (const { sequence, receivedAt, letter } of items) {
      const { code, path, message, stream_sequence: of } = letter as Letter
      const at = new Date(receivedAt).toISOString()
      write(`${sequence}  ${at}  event ${of}  ${code} ${path}  ${message}\n`)
      count++
    }
    if (items.length < pageSize) break
    from = next
  }
  write(count === 0 ? 'no dead letters\n' : `${count} dead letters\n`)
}

/** The original bytes of one dead letter, to be mended in an editor. */
export async function showDead(connection: Connection, sequence: number): Promise<Buffer> {
  return Buffer.from((await letterAt(connection, sequence)).bytes_base64, 'base64')
}

/**
 * Publishes the mended event. Its subject is made of what it says: the patient and the type. The
 * settlement's identity is the content's own, so that sending it twice adds nothing.
 */
export async function sendDead(
  connection: Connection, { sequence, file }: { sequence: number, file?: string | undefined },
): Promise<number> {
  const bytes = file === undefined ? await showDead(connection, sequence) : readFileSync(file)
  const event = parse(bytes)
  const key = event.data?.patient?.key ?? 'unknown'
  const type = event.type.slice(event.type.lastIndexOf('.') + 1)
  const publisher = createPublisher(connection, { outstandingMax: 1 })
  try {
    const { sequence: sent } = await publisher.publish({
      subject: `claims.event.patient.${key}.${type}`,
      id: `mended:${sequence}:${event.id}`,
      body: bytes,
    })
    return sent
  } finally {
    publisher.close()
  }
}

interface MendedEvent { id: string, type: string, data?: { patient?: { key?: string } } }

function parse(bytes: Buffer): MendedEvent {
  try {
    const event = JSON.parse(bytes.toString('utf8')) as Partial<MendedEvent>
    if (typeof event.id === 'string' && typeof event.type === 'string') return event as MendedEvent
  } catch (cause) {
    throw new ServiceError('EVENT_NOT_JSON', { detail: 'mend it in a file and name the file', cause })
  }
  throw new ServiceError('EVENT_MALFORMED', { detail: 'it has no id or no type' })
}

async function letterAt(connection: Connection, sequence: number): Promise<Letter> {
  const page = await fetchDead(connection, { afterSequence: sequence - 1, limit: 1 })
  const found = page.items.find((item) => item.sequence === sequence)
  if (found === undefined) {
    throw new ServiceError('REQUEST_NOT_FOUND', { detail: `there is no dead letter ${sequence}` })
  }
  return found.letter as Letter
}
