// Where warnings are posted: one target for each institution, from a settings file that is read once, at
// start. Never repeats a secret, not even in an error.
import { readFileSync } from 'node:fs'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { parse } from 'yaml'
import { ServiceError } from '../errors.js'

const targetsMax = 1_000 // each may hold one warning of 1 MiB in memory
const secret = (description: string) => Type.String({ minLength: 16, maxLength: 256, description })

const TargetsWire = Type.Array(Type.Object({
  institution: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Whose warnings' }),
  url: Type.String({ minLength: 1, maxLength: 2_048, description: 'Where they are posted' }),
  secret: secret('Signs every request'),
  previous_secret: Type.Optional(secret('Signs too, while the receiver changes to the new one')),
  allow_private: Type.Optional(Type.Boolean({
    description: 'The address may be private, loopback or link-local, and the URL http',
  })),
  ca_file: Type.Optional(Type.String({
    minLength: 1, maxLength: 1_024,
    description: 'Certificate authority of the receiver, where it is not a public one',
  })),
}, { additionalProperties: false }), { maxItems: targetsMax })

export interface Target {
  readonly institution: string
  readonly url: URL
  /** The newest first. */
  readonly secrets: readonly string[]
  readonly allowPrivate: boolean
  readonly ca: string | undefined
}

/** The targets of the file, JSON or YAML; none without a file. Throws CONFIG_INVALID. */
export function readTargets(file: string | undefined): readonly Target[] {
  if (file === undefined) return []
  const content = parsed(file)
  if (!Value.Check(TargetsWire, content)) {
    const { path, message } = Value.Errors(TargetsWire, content).First()! // the check failed: there is one
    throw invalid(file, `${path} ${message.toLowerCase()}`)
  }
  const names = content.map(({ institution }) => institution)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw invalid(file, `there are two targets of ${twice}`)
  return content.map(({ institution, url, secret: newest, previous_secret: previous, ...rest }) => {
    const { allow_private: allowPrivate = false, ca_file: caFile } = rest
    const ca = caFile === undefined ? undefined : textOf(caFile)
    const secrets = previous === undefined ? [newest] : [newest, previous]
    return { institution, url: urlOf(url, { file, institution, allowPrivate }), secrets, allowPrivate, ca }
  })
}

interface Where {
  readonly file: string
  readonly institution: string
  readonly allowPrivate: boolean
}

/** Warnings are about patients: they go encrypted, unless the network is the receiver's own. */
function urlOf(text: string, { file, institution, allowPrivate }: Where): URL {
  const wrong = (what: string) => invalid(file, `the url of ${institution} ${what}`)
  if (!URL.canParse(text)) throw wrong('cannot be read')
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') throw wrong('may not hold a password')
  if (url.protocol === 'https:' || (url.protocol === 'http:' && allowPrivate)) return url
  throw wrong('must begin with https (http only with allow_private)')
}

/** The parser's message is not passed on: it quotes the file. */
function parsed(file: string): unknown {
  const text = textOf(file)
  try {
    return parse(text, { logLevel: 'error' })
  } catch {
    throw invalid(file, 'it is neither JSON nor YAML')
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw invalid(file, 'it cannot be read', cause)
  }
}

function invalid(file: string, detail: string, cause?: unknown): ServiceError {
  return new ServiceError('CONFIG_INVALID', { path: file, detail: `${file}: ${detail}`, cause })
}
