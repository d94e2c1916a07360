// Pages of kept messages, for those who ask over HTTP or on the command line. Reads and never
// deletes.
import { ServiceError } from '../errors.js'
import type { Connection } from './connect.js'
import { PullReader } from './pull.js'
import { streamNames } from './streams.js'

export interface PageOptions {
  /** The first message of the page is the first one after this. */
  readonly afterSequence: number
  readonly limit: number
  /** How long to wait for a server that is silent. */
  readonly waitMs?: number | undefined
}

interface Source {
  readonly stream: string
  readonly filterSubject?: string
}

interface Stored {
  readonly sequence: number
  readonly receivedAt: number
  readonly content: unknown
}

const pageBytesMax = 8_388_608 // a page of the largest warnings; what is left follows on the next
const waitMsDefault = 5_000
const idleMs = 1_000

/**
 * Warnings of one institution in the order of the stream, and the sequence to ask for next. Rejects with
 * REQUEST_POSITION_GONE where the stream ends before `afterSequence`.
 */
export async function warningsAfter(
  connection: Connection,
  { institution, ...page }: PageOptions & { readonly institution: string },
): Promise<{ items: { sequence: number, warning: unknown }[], next: number, more: boolean }> {
  if (!/^[^\s.*>]{1,64}$/.test(institution)) {
    throw new ServiceError('REQUEST_MALFORMED', { path: '/institution', detail: 'no such code' })
  }
  const filterSubject = `claims.warning.${institution}`
  const { stored, more } = await readPage(connection, { stream: streamNames.warning, filterSubject, ...page })
  if (stored.length === 0) requireWithin(page.afterSequence, await lastWarning(connection))
  return {
    items: stored.map(({ sequence, content }) => ({ sequence, warning: content })),
    next: stored.at(-1)?.sequence ?? page.afterSequence,
    more,
  }
}

/** Sequence of the newest warning of all institutions. Rejects with NATS_UNAVAILABLE. */
export async function lastWarning({ manager }: Connection): Promise<number> {
  try {
    return (await manager.streams.info(streamNames.warning)).state.last_seq
  } catch (cause) {
    throw new ServiceError('NATS_UNAVAILABLE', { detail: String(cause), cause })
  }
}

/**
 * Throws REQUEST_POSITION_GONE: who waits there for what comes next would miss all that a new stream holds
 * until it is as long as the old one was.
 */
export function requireWithin(afterSequence: number, last: number): void {
  if (afterSequence <= last) return
  const detail = `the stream of warnings ends at ${last}: it was made anew; begin with after=0`
  throw new ServiceError('REQUEST_POSITION_GONE', { path: '/after', detail })
}

/** Dead letters in the order of the stream, and the sequence to ask for next. */
export async function fetchDead(
  connection: Connection,
  page: PageOptions,
): Promise<{ items: { sequence: number, receivedAt: number, letter: unknown }[], next: number }> {
  const { stored } = await readPage(connection, { stream: streamNames.dead, ...page })
  return {
    items: stored.map(({ content, ...rest }) => ({ ...rest, letter: content })),
    next: stored.at(-1)?.sequence ?? page.afterSequence,
  }
}

function readPage(
  connection: Connection,
  { limit, waitMs = waitMsDefault, ...where }: PageOptions & Source,
): Promise<{ stored: Stored[], more: boolean }> {
  if (!connection.isConnected) {
    return Promise.reject(new ServiceError('NATS_UNAVAILABLE', { detail: 'not connected' }))
  }
  return new Promise((resolve, reject) => {
    const stored: Stored[] = []
    let bytes = 0
    let more = false
    const end = (finish: () => void) => {
      clearTimeout(timer)
      reader.end()
      finish()
    }
    const whole = () => end(() => resolve({ stored, more }))
    const timer = setTimeout(() => {
      end(() => reject(new ServiceError('NATS_UNAVAILABLE', { detail: reader.reason })))
    }, waitMs)
    const reader = new PullReader(connection, {
      ...where,
      pendingMax: limit,
      bytesMax: pageBytesMax,
      onStart: (pending) => { if (pending === 0) whole() },
      onMessage: (message, { sequence, receivedAt, pending }) => {
        stored.push({ sequence, receivedAt, content: read(message.string()) })
        bytes += message.data.length
        more = pending > 0
        if (stored.length >= limit || pending === 0 || bytes * 2 >= pageBytesMax) whole()
      },
      heartbeatMs: idleMs,
      onIdle: whole, // what was counted at the start was deleted meanwhile
      onFailure: (error) => end(() => reject(error)),
    })
  })
}

/** Anybody who may publish can put anything there: what is not JSON is given as text. */
function read(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
