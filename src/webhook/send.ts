// One attempt to post one warning: signed, to an address that was judged, within a time, following no
// redirect. Says what became of it and never throws; reads no more of the answer than its status.
import { createHmac } from 'node:crypto'
import { request as requestPlain } from 'node:http'
import type { ClientRequest } from 'node:http'
import { request as requestEncrypted } from 'node:https'
import { addressOf, pinned } from './address.js'
import type { Address, Resolve } from './address.js'
import type { Target } from './targets.js'

export interface Outgoing {
  /** In the stream of warnings: the same warning has the same, so a receiver knows it again. */
  readonly sequence: number
  readonly bytes: Uint8Array
}

export type Sent = { readonly ok: true } | { readonly ok: false, readonly reason: string }

export interface SendDeps {
  readonly resolve: Resolve
  readonly timeoutMs: number
  /** Milliseconds, UTC: what is signed with the body. */
  readonly now: () => number
  /** Runs it later, unless the returned function is called. */
  after(milliseconds: number, run: () => void): () => void
}

/** Of `<timestamp>.<body>`, by every secret in force. */
export function signatureOf(secrets: readonly string[], timestamp: number, body: Uint8Array): string {
  return secrets.map((secret) =>
    `v1=${createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')}`).join(',')
}

/** Posts it once. Ok is any 2xx. */
export async function send(target: Target, outgoing: Outgoing, deps: SendDeps): Promise<Sent> {
  let giveUp!: (sent: Sent) => void
  const late = new Promise<Sent>((resolve) => { giveUp = resolve })
  const stopTimer = deps.after(deps.timeoutMs, () => {
    giveUp({ ok: false, reason: `no answer within ${deps.timeoutMs} ms` })
  })
  let request: ClientRequest | undefined
  let isOver = false
  try {
    return await Promise.race([late, post()])
  } finally {
    isOver = true
    stopTimer()
    request?.destroy()
  }

  async function post(): Promise<Sent> {
    let address: Address
    try {
      address = await addressOf(target.url, { resolve: deps.resolve, allowPrivate: target.allowPrivate })
    } catch (error) {
      return { ok: false, reason: reasonOf(error) }
    }
    if (isOver) return { ok: false, reason: 'the name was not resolved in time' }
    return new Promise((resolve) => {
      request = requestOf(target, { outgoing, address, now: deps.now })
      request.on('response', ({ statusCode = 0 }) => {
        if (statusCode >= 200 && statusCode < 300) resolve({ ok: true })
        else resolve({ ok: false, reason: `status ${statusCode}` })
      })
      request.on('error', (error) => resolve({ ok: false, reason: reasonOf(error) }))
      request.end(outgoing.bytes)
    })
  }
}

interface Parts {
  readonly outgoing: Outgoing
  readonly address: Address
  readonly now: () => number
}

function requestOf(
  { url, secrets, ca }: Target, { outgoing: { sequence, bytes }, address, now }: Parts,
): ClientRequest {
  const timestamp = Math.floor(now() / 1_000)
  const options = {
    method: 'POST',
    agent: false as const, // one connection a warning: none is kept to an address that was judged long ago
    lookup: pinned(address),
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-length': bytes.length,
      'user-agent': 'claimsentry',
      'x-claimsentry-sequence': sequence,
      'x-claimsentry-timestamp': timestamp,
      'x-claimsentry-signature': signatureOf(secrets, timestamp, bytes),
    },
  }
  if (url.protocol === 'http:') return requestPlain(url, options)
  return requestEncrypted(url, ca === undefined ? options : { ...options, ca })
}

/** A code where there is one: the text of an error may quote what was sent. */
function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  return code === '' || code === 'WEBHOOK_UNDELIVERED' ? message : code
}
