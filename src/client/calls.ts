// One call over HTTP: an attempt, its failure by kind, and one more attempt where a failure passes by
// itself. Knows nothing of what is asked.

/** How a call is made; the part of the client's options that is about the way, not the question. */
export interface CallOptions {
  readonly url: string
  readonly apiKey?: string
  readonly retryWithinMs: number
  readonly fetch?: typeof fetch
  readonly wait?: (milliseconds: number) => Promise<void>
}

/** timeout: gave up waiting; unreachable: no connection; busy: asked to come later; refused: the request
 *  is wrong; broken: the service failed, or what answers is not it. */
export type FailureKind = 'timeout' | 'unreachable' | 'busy' | 'refused' | 'broken'

/** Why a call failed: `kind` says what can be done about it. */
export class ClientError extends Error {
  readonly kind: FailureKind
  /** Of HTTP; 0 where there was no answer. */
  readonly status: number
  /** The service's error code; '' where it gave none. */
  readonly code: string
  /** Where in the request, as a JSON pointer; '' where nobody said. */
  readonly path: string
  /** When the service asked to be asked again. */
  readonly retryAfterMs: number | undefined

  constructor(kind: FailureKind, message: string, { status = 0, code = '', path = '', retryAfterMs, cause }: {
    status?: number, code?: string, path?: string, retryAfterMs?: number | undefined, cause?: unknown,
  } = {}) {
    super(message, { cause })
    this.name = 'ClientError'
    this.kind = kind
    this.status = status
    this.code = code
    this.path = path
    this.retryAfterMs = retryAfterMs
  }
}

/** A service that restarts is back by then. */
const restartShare = 0.8

export interface Call {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: unknown
  readonly timeoutMs: number
  /** Asked for every attempt: a nonce is good for one. */
  readonly headers?: () => Promise<Record<string, string>> | Record<string, string>
}

/** `answerTo` gives the parsed body of a 2xx answer, or throws ClientError. */
export class Calls {
  readonly #options: CallOptions

  constructor(options: CallOptions) {
    this.#options = options
  }

  /** One attempt, and one more where a failure passes by itself. */
  async answerTo(call: Call): Promise<unknown> {
    try {
      return await this.#attempt(call)
    } catch (error) {
      const waitMs = this.#pauseAfter(failureOf(error))
      if (waitMs === undefined) throw error
      await (this.#options.wait ?? sleep)(waitMs)
      return this.#attempt(call)
    }
  }

  /** Undefined where another attempt would only take longer. */
  #pauseAfter({ kind, retryAfterMs }: ClientError): number | undefined {
    const { retryWithinMs } = this.#options
    if (retryWithinMs === 0) return undefined
    if (kind === 'unreachable') return retryWithinMs * restartShare
    return kind === 'busy' && retryAfterMs !== undefined ? Math.min(retryAfterMs, retryWithinMs) : undefined
  }

  async #attempt({ method, path, body, timeoutMs, headers }: Call): Promise<unknown> {
    const { url, apiKey, fetch: send = fetch } = this.#options
    const own = await headers?.()
    const sent = body === undefined ? undefined : JSON.stringify(body)
    const signal = AbortSignal.timeout(timeoutMs)
    let response: Response
    let text: string
    try {
      response = await send(new URL(path, url), {
        method, signal, redirect: 'error',
        headers: {
          ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }), ...own,
        },
        ...(sent === undefined ? {} : { body: sent }),
      })
      text = await response.text()
    } catch (cause) {
      if (signal.aborted) throw new ClientError('timeout', `no answer within ${timeoutMs} ms`, { cause })
      throw new ClientError('unreachable', 'the service cannot be reached', { cause })
    }
    const answer = parsed(text)
    if (response.ok) return answer
    throw refusal(response, isObject(answer) ? answer : {})
  }
}

function refusal(
  { status, headers }: Response, { code, detail, path }: Record<string, unknown>,
): ClientError {
  const isBusy = status === 503 || status === 429
  const after = headers.get('retry-after')
  return new ClientError(isBusy ? 'busy' : status < 500 ? 'refused' : 'broken',
    typeof detail === 'string' ? detail : `the service answered ${status}`, {
      status, code: typeof code === 'string' ? code : '', path: typeof path === 'string' ? path : '',
      retryAfterMs: after === null ? undefined : (Number(after) || 0) * 1_000,
    })
}

/** Whatever was thrown, as one of ours. */
export function failureOf(error: unknown): ClientError {
  if (error instanceof ClientError) return error
  return new ClientError('broken', 'the client failed', { cause: error })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** An object of JSON: neither a list nor null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const sleep = (milliseconds: number) =>
  new Promise<void>((resolve) => { setTimeout(resolve, milliseconds) })
