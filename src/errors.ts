// Every error the service can raise: its code, what it says to people, and whether trying again can
// help. Other files only throw; the edges translate (never -> dead letter or 4xx, later -> retry or 503).

export type Retry = 'never' | 'later'

interface ErrorKind {
  readonly message: string
  readonly retry: Retry
}

/** Codes begin with their station. A retired code is kept here, marked, and never used again. */
export const errorKinds = {
  CONFIG_INVALID: { message: 'a setting is wrong', retry: 'never' },

  EVENT_TOO_LARGE: { message: 'the event is larger than the bound', retry: 'never' },
  EVENT_NOT_JSON: { message: 'the bytes are not UTF-8 JSON', retry: 'never' },
  EVENT_TOO_DEEP: { message: 'the event is nested more deeply than any event is', retry: 'never' },
  EVENT_MALFORMED: { message: 'the event does not have the required shape', retry: 'never' },
  EVENT_UNKNOWN_TYPE: { message: 'no such event type', retry: 'never' },
  EVENT_FROM_FUTURE: { message: 'the event is dated over a day after its receipt', retry: 'never' },
  EVENT_FATAL: { message: 'the event has ended the process three times', retry: 'never' },

  CLAIM_NO_PATIENT: { message: 'there is no usable patient key', retry: 'never' },
  CLAIM_NO_VISIT: { message: 'there is no visit', retry: 'never' },
  CLAIM_NUMBER_INVALID: { message: 'a number cannot be read', retry: 'never' },
  CLAIM_DATE_INVALID: { message: 'a date cannot be read or cannot be true', retry: 'never' },
  CLAIM_MONEY_TOO_LARGE: { message: 'an amount is beyond 10^13 fen', retry: 'never' },
  CLAIM_QUANTITY_TOO_LARGE: { message: 'a quantity is beyond 200,000 units', retry: 'never' },
  CLAIM_TOO_MANY_ITEMS: { message: 'the claim has more than 5,000 items', retry: 'never' },
  CLAIM_TOO_MANY_DIAGNOSES: { message: 'the claim has more than 100 diagnoses', retry: 'never' },
  CLAIM_TOO_MANY_PROCEDURES: { message: 'the claim has more than 100 procedures', retry: 'never' },
  CLAIM_TOO_MANY_TRACE_CODES: { message: 'an item has more than 500 trace codes', retry: 'never' },

  SETTLEMENT_CONFLICT: {
    message: 'another content is known under this institution and settlement id', retry: 'never',
  },
  REVERSAL_UNMATCHED: {
    message: 'the reversal names a line or a quantity that its settlement does not have',
    retry: 'never',
  },

  RULE_INVALID: { message: 'a rule cannot be loaded', retry: 'never' },
  TABLE_INVALID: { message: 'a table cannot be loaded', retry: 'never' },
  RULEBOOK_INVALID: { message: 'the rule book was not changed', retry: 'never' },

  STORE_UNAVAILABLE: { message: 'the store cannot be written', retry: 'later' },
  STORE_FULL: { message: 'the disk is full: free some space; nothing is lost', retry: 'later' },
  STORE_MISSING: { message: 'there is no store', retry: 'never' },
  STORE_NEWER: { message: 'the store was written by a newer claimsentry', retry: 'never' },
  STORE_LOCKED: { message: 'another claimsentry uses this data folder', retry: 'never' },
  NATS_UNAVAILABLE: { message: 'the NATS server does not answer', retry: 'later' },
  NATS_SERVER_MISSING: { message: 'no nats-server was found', retry: 'never' },
  STREAM_CHANGED: { message: 'the stream is gone or was made anew', retry: 'later' },
  STREAM_MISCONFIGURED: { message: 'a stream does not have the required settings', retry: 'never' },
  EVENT_UNSENT: { message: 'the stream did not take the event; send it again', retry: 'later' },
  WARNING_TOO_LARGE: { message: 'a warning is larger than the server takes', retry: 'never' },
  MESSAGE_UNSENT: { message: 'a message was not accepted by the server', retry: 'later' },

  WEBHOOK_UNDELIVERED: { message: 'a warning was not taken by its webhook', retry: 'never' },
  AUDIT_UNAVAILABLE: { message: 'the audit log cannot be written', retry: 'later' },
  AUDIT_BROKEN: { message: 'a line of the audit log does not follow the one before it', retry: 'never' },

  REQUEST_MALFORMED: { message: 'the request does not have the required shape', retry: 'never' },
  REQUEST_TOO_LARGE: { message: 'the body is larger than the bound', retry: 'never' },
  REQUEST_INCOMPLETE: { message: 'a prefetch that is needed is missing', retry: 'never' },
  REQUEST_UNAUTHORIZED: { message: 'a valid API key is required', retry: 'never' },
  REQUEST_FORBIDDEN: { message: 'the API key does not allow this', retry: 'never' },
  REQUEST_TOO_MANY: { message: 'too many requests', retry: 'later' },
  REQUEST_POSITION_GONE: { message: 'the stream was made anew: begin with after=0', retry: 'never' },
  REQUEST_NOT_FOUND: { message: 'there is nothing at this address', retry: 'never' },
  SERVICE_OVERLOADED: { message: 'the service is overloaded; try again', retry: 'later' },
  SERVICE_STOPPING: { message: 'the service is stopping', retry: 'later' },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof errorKinds

interface ErrorDetail {
  /** Where in the input: a JSON pointer, or file:line. */
  readonly path?: string
  /** What is wrong here, in a sentence; never a patient's name or number. */
  readonly detail?: string
  readonly cause?: unknown
}

/** The only class of error we throw on purpose. Anything else that is thrown is a bug. */
export class ServiceError extends Error {
  readonly code: ErrorCode
  readonly path: string
  /** The part of the message that is of this one error; '' when the kind says it all. */
  readonly detail: string
  readonly retry: Retry

  constructor(code: ErrorCode, { path = '', detail = '', cause }: ErrorDetail = {}) {
    const kind = errorKinds[code]
    super(detail === '' ? kind.message : `${kind.message}: ${detail}`, { cause })
    this.name = 'ServiceError'
    this.code = code
    this.path = path
    this.detail = detail
    this.retry = kind.retry
  }
}
