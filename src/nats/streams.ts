// The four streams: made if they are missing, checked if they are there. A server may drop a
// setting without a word and an operator may have made the stream another way, so what came back is
// compared.
import { DiscardPolicy, nanos, RetentionPolicy, StorageType } from 'nats'
import type { NatsError, StreamConfig, StreamInfo } from 'nats'
import { ServiceError } from '../errors.js'
import type { Connection } from './connect.js'

export const streamNames = {
  event: 'CLAIMS_EVENT',
  warning: 'CLAIMS_WARNING',
  trial: 'CLAIMS_TRIAL',
  dead: 'CLAIMS_DEAD',
} as const

type Kind = keyof typeof streamNames

/** -1 is unbounded. An existing stream may have more room than is asked for here, never less. */
export interface StreamLimits {
  readonly eventStreamBytesMax: number
  readonly warningStreamBytesMax: number
  readonly trialStreamBytesMax: number
  readonly deadStreamBytesMax: number
  /** Days that messages are kept, no longer; 0 or none: for ever. */
  readonly warningDays?: number
  readonly deadDays?: number
  /** At least 100; a sender's repetition within it is not stored a second time. */
  readonly duplicateWindowMs: number
}

export interface Streams {
  readonly events: { created: string, firstSequence: number, lastSequence: number }
  readonly lastSequences: { warning: number, trial: number, dead: number }
}

type Settings = Pick<StreamConfig, 'name' | 'subjects' | 'retention' | 'storage' | 'discard'
  | 'max_bytes' | 'max_age' | 'max_msgs' | 'max_msgs_per_subject' | 'duplicate_window'>

const trialDays = 30
const dayMs = 86_400_000
const streamNotFound = 10059 // the server's err_code

/** Makes and checks all four; says where each stands. */
export async function ensureStreams(
  connection: Connection,
  limits: StreamLimits,
): Promise<Streams> {
  const [event, warning, trial, dead] = await Promise.all([
    ensure(connection, settings('event', limits)),
    ensure(connection, settings('warning', limits)),
    ensure(connection, settings('trial', limits)),
    ensure(connection, settings('dead', limits)),
  ])
  return {
    events: {
      created: event.created,
      firstSequence: event.state.first_seq,
      lastSequence: event.state.last_seq,
    },
    lastSequences: {
      warning: warning.state.last_seq,
      trial: trial.state.last_seq,
      dead: dead.state.last_seq,
    },
  }
}

function settings(kind: Kind, limits: StreamLimits): Settings {
  return {
    name: streamNames[kind],
    subjects: [kind === 'dead' ? 'claims.dead' : `claims.${kind}.>`],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    // Full: the sender is refused and knows it. Only trial findings may make room for newer ones.
    discard: kind === 'trial' ? DiscardPolicy.Old : DiscardPolicy.New,
    max_bytes: limits[`${kind}StreamBytesMax`],
    max_age: nanos(daysOf(kind, limits) * dayMs),
    max_msgs: -1,
    max_msgs_per_subject: -1,
    duplicate_window: nanos(limits.duplicateWindowMs),
  }
}

function daysOf(kind: Kind, { warningDays = 0, deadDays = 0 }: StreamLimits): number {
  return { event: 0, warning: warningDays, trial: trialDays, dead: deadDays }[kind]
}

/** An age that is asked for is a duty to forget: a stream that keeps longer is told to keep no longer. */
async function withAge({ manager }: Connection, asked: Settings, info: StreamInfo): Promise<StreamInfo> {
  const { name, max_age: age } = asked
  if (name === streamNames.trial || age === 0 || age === info.config.max_age) return info
  const updated = await answered(name, manager.streams.update(name, { max_age: age }))
  // What came back is compared: a server may drop a setting without a word.
  const { max_age: had } = updated.config
  /* c8 ignore next -- servers that drop a setting are older than those the tests run */
  if (had !== age) throw misconfigured(name, [`max_age is ${had}, not ${age}`])
  return updated
}

async function ensure(connection: Connection, asked: Settings): Promise<StreamInfo> {
  const { manager } = connection
  const found = await manager.streams.info(asked.name)
    .catch((error: unknown) => {
      const { api_error: answer } = error as Partial<NatsError>
      if (answer?.err_code === streamNotFound) return undefined
      throw unanswered(asked.name, error)
    })
    ?? await answered(asked.name, manager.streams.add(asked))
  const info = await withAge(connection, asked, found)
  const differences = compare(asked, info.config)
  if (differences.length > 0) throw misconfigured(asked.name, differences)
  return info
}

/** What is wrong with a stream, one sentence each. More room than asked for is not wrong. */
function compare(asked: Settings, found: StreamConfig): string[] {
  const wrong: string[] = []
  const same = (setting: string, want: unknown, have: unknown) => {
    if (String(want) !== String(have)) wrong.push(`${setting} is ${have}, not ${want}`)
  }
  const enough = (setting: string, want: number, have: number) => {
    const isUnbounded = have <= 0 // -1, and 0 for an age
    const isEnough = isUnbounded || (want > 0 && have >= want)
    const least = want > 0 ? `${want} or more` : 'unbounded'
    if (!isEnough) wrong.push(`${setting} is ${have}, not ${least}`)
  }
  same('subjects', asked.subjects, found.subjects)
  same('retention', asked.retention, found.retention)
  same('storage', asked.storage, found.storage)
  same('discard', asked.discard, found.discard)
  same('no_ack', false, found.no_ack ?? false)
  same('sealed', false, found.sealed)
  enough('max_bytes', asked.max_bytes, found.max_bytes)
  enough('max_age', asked.max_age, found.max_age)
  enough('max_msgs', asked.max_msgs, found.max_msgs)
  enough('max_msgs_per_subject', asked.max_msgs_per_subject, found.max_msgs_per_subject)
  if (found.duplicate_window < asked.duplicate_window) {
    wrong.push(`duplicate_window is ${found.duplicate_window} ns, `
      + `not ${asked.duplicate_window} or more`)
  }
  return wrong
}

function misconfigured(name: string, differences: readonly string[]): ServiceError {
  const remedy = `Mend it with "nats stream edit ${name}"; what cannot be edited needs the stream `
    + 'copied to another name and made anew'
  const detail = `${name}: ${differences.join('; ')}. ${remedy}`
  return new ServiceError('STREAM_MISCONFIGURED', { path: name, detail })
}

/** The server's own refusal will be the same tomorrow; no answer at all may pass. */
function answered<Answer>(name: string, answer: Promise<Answer>): Promise<Answer> {
  return answer.catch((error: unknown) => { throw unanswered(name, error) })
}

function unanswered(name: string, cause: unknown): ServiceError {
  const reason = String(cause)
  const { code: known, api_error: answer } = cause as Partial<NatsError>
  if (known === '503' && answer === undefined) {
    const detail = 'JetStream is not enabled on this server: start it with -js, or set jetstream '
      + 'in its configuration'
    return new ServiceError('STREAM_MISCONFIGURED', { path: name, detail, cause })
  }
  const isRefused = answer !== undefined && answer.code < 500
  const code = isRefused ? 'STREAM_MISCONFIGURED' : 'NATS_UNAVAILABLE'
  return new ServiceError(code, { path: name, detail: `${name}: ${reason}`, cause })
}
