// What every line of the log has, and what none may have: patients, identity numbers and
// secrets are replaced at the root, wherever in a line they stand. Decides nothing about what
// is logged.
import { stdSerializers, stdTimeFunctions } from 'pino'
import type { LoggerOptions } from 'pino'

/** Deeper than this no line of ours is nested; errors with a cause are the deepest. */
const depthMax = 4

// A field is hidden by its name, for a value cannot be told from a harmless one. Names as we write
// them, as the wire does, and as the national interface does.
const patientFields = [
  'patient', 'patientKey', 'patient_key', 'patientName', 'patient_name', 'name', 'psn_no',
  'psn_name', 'certno', 'certNo', 'psn_certno', 'mdtrt_cert_no', 'birthDate', 'birth_date', 'brdy',
  'phone', 'tel', 'addr',
]
const secretFields = [
  'authorization', 'x-api-key', 'apiKey', 'api_key', 'cookie', 'password', 'token', 'secret',
  'creds', 'natsUrl', 'natsPassword', 'natsToken',
]

/** Field names that never show their value in the log. */
export const hiddenFields: readonly string[] = [...patientFields, ...secretFields]

interface LogSettings {
  readonly level: string
  /** On every line, for where several processes log to one place. */
  readonly base?: Readonly<Record<string, string | number>>
}

/** Options for pino(); the caller chooses where it writes. */
export function logOptions({ level, base = {} }: LogSettings): LoggerOptions {
  return {
    level,
    base: { service: 'claimsentry', ...base },
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: hiddenFields.flatMap(pathsOf), censor: '[hidden]' },
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describeError, error: describeError },
  }
}

/** The field at every depth: a wildcard of the library's stands for one level only. */
function pathsOf(field: string): string[] {
  const key = /^\w+$/.test(field) ? `.${field}` : `["${field}"]`
  return Array.from({ length: depthMax + 1 }, (_, depth) =>
    depth === 0 ? key.replace(/^\./, '') : `${Array(depth).fill('*').join('.')}${key}`)
}

/** With code, path, stack and causes; without `name`, which is hidden and which `type` repeats. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const described: Record<string, unknown> = { ...stdSerializers.err(error) }
  delete described['name']
  return described
}
