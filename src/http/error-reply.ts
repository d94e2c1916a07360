// Any error to a status and a body: RFC 9457 problem details, in one table. Decides nothing
// else, and never passes on what a parser says, for parsers quote the body.
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { errorKinds, ServiceError } from '../errors.js'
import type { ErrorCode } from '../errors.js'

/** Where a code's own status is not that of its station. */
const statuses: Partial<Record<ErrorCode, number>> = {
  EVENT_TOO_LARGE: 413,
  REQUEST_TOO_LARGE: 413,
  REQUEST_INCOMPLETE: 412,
  REQUEST_UNAUTHORIZED: 401,
  REQUEST_FORBIDDEN: 403,
  REQUEST_NOT_FOUND: 404,
  REQUEST_POSITION_GONE: 410,
  REQUEST_TOO_MANY: 429,
  RULEBOOK_INVALID: 422,
  SETTLEMENT_CONFLICT: 409,
}
/** Codes of these stations are about what the caller sent; the rest is ours. */
const callerStations = /^(REQUEST|EVENT|CLAIM|REVERSAL)_/
const retrySeconds = 1 // all that passes by itself does so within seconds

export const ProblemWire = Type.Object({
  type: Type.String({ description: 'urn:claimsentry:error:<code>' }),
  title: Type.String({ description: 'What the code means' }),
  status: Type.Integer(),
  code: Type.String({ description: 'Error code; never changes its meaning' }),
  detail: Type.String({ description: 'What is wrong here' }),
  path: Type.String({ description: 'Where in the request: a JSON pointer, or empty' }),
  retry: Type.Union([Type.Literal('never'), Type.Literal('later')], {
    description: 'Whether sending the same again can help',
  }),
  request_id: Type.String(),
  mistakes: Type.Optional(Type.Array(Type.Object({
    code: Type.String(),
    path: Type.String({ description: 'file:line' }),
    message: Type.String(),
  }), { description: 'All of them, where there are several' })),
}, { description: 'Problem details (RFC 9457)' })

export type ProblemWire = Static<typeof ProblemWire>

export const problemType = 'application/problem+json'

/** The status of an error of ours. */
export function statusOf({ code, retry }: ServiceError): number {
  return statuses[code] ?? (retry === 'later' ? 503 : callerStations.test(code) ? 400 : 500)
}

interface Refusal {
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  readonly problem: ProblemWire
}

/** What is answered for an error. Undefined in `code`'s place is a bug: 500 and no detail. */
export function refusalOf(error: unknown, requestId: string): Refusal {
  const { known, status } = translate(error)
  const code = known?.code ?? 'INTERNAL'
  const title = known === undefined ? 'the service failed' : errorKinds[known.code].message
  const retry = known?.retry ?? 'never'
  return {
    status,
    code,
    headers: {
      'content-type': problemType,
      ...(retry === 'later' ? { 'retry-after': String(retrySeconds) } : {}),
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    },
    problem: {
      type: `urn:claimsentry:error:${code}`,
      title,
      status,
      code,
      detail: known?.message ?? title,
      path: known?.path ?? '',
      retry,
      request_id: requestId,
    },
  }
}

function translate(error: unknown): { known: ServiceError | undefined, status: number } {
  if (error instanceof ServiceError) return { known: error, status: statusOf(error) }
  const { statusCode = 500, code = '', validation, validationContext } = error as FrameworkError
  if (validation !== undefined) {
    const [{ instancePath: path, message } = { instancePath: '', message: '' }] = validation
    // The first letter only: a pattern in it has letters of its own.
    const detail = `${validationContext}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`
    return { known: new ServiceError('REQUEST_MALFORMED', { path, detail }), status: 400 }
  }
  if (statusCode === 413) {
    return { known: new ServiceError('REQUEST_TOO_LARGE'), status: 413 }
  }
  if (statusCode >= 400 && statusCode < 500) {
    const detail = details[code] ?? 'the body is not JSON'
    return { known: new ServiceError('REQUEST_MALFORMED', { detail }), status: statusCode }
  }
  return { known: undefined, status: 500 }
}

/** What the framework's errors have that matters here. */
interface FrameworkError {
  readonly statusCode?: number
  readonly code?: string
  readonly validation?: readonly { instancePath: string, message: string }[]
  readonly validationContext?: string
}

const details: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'send application/json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'the body is not as long as content-length says',
  FST_ERR_BAD_URL: 'the address cannot be read',
}

const parserStatuses: Readonly<Record<string, number | undefined>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
}

/** Answers what is no HTTP request, or took too long to be one, and hangs up. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) return // the other side has hung up
  const status = parserStatuses[String(error.code)] ?? 400
  const refused = new ServiceError('REQUEST_MALFORMED', { detail: 'this is not an HTTP request' })
  const body = JSON.stringify({ ...refusalOf(refused, '').problem, status })
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${problemType}\r\n`
    + `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`)
}
