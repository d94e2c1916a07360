// Who may ask: API keys, kept as hashes in a file, each with its institution and scopes. Read
// once, at start. Knows nothing of routes.
import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { ServiceError } from '../errors.js'

export const scopes = ['check', 'events', 'warnings', 'rules', 'metrics'] as const
export type Scope = (typeof scopes)[number]

/** The institution of a key that stands for all of them: the agency's own. */
export const everyInstitution = '*'
const keysMax = 10_000 // a province has some thousands of designated institutions that ask by HTTP
const keyLengthMax = 256

const ApiKeys = Type.Array(Type.Object({
  id: Type.String({ pattern: '^[\\w.-]{1,64}$', description: 'Names the key in logs and limits' }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Of the key, in lower-case hex' }),
  institution: Type.String({
    pattern: '^(\\*|[A-Za-z0-9_-]{1,64})$', description: 'The only one it may speak for, or *',
  }),
  scopes: Type.Array(Type.Union(scopes.map((scope) => Type.Literal(scope))), { uniqueItems: true }),
}, { additionalProperties: false }), { maxItems: keysMax })

type ApiKey = Static<typeof ApiKeys>[number]

/** Who asks; `id` is '' for anybody, where no key is asked for. */
export type Caller = Readonly<Pick<ApiKey, 'id' | 'institution'> & { scopes: readonly Scope[] }>

export interface Keys {
  /** The owner of a key; undefined for none and for one that nobody has. */
  callerOf(key: string | undefined): Caller | undefined
}

interface KeyFile {
  readonly file: string
  /** What the door listens on. */
  readonly host: string
  readonly log: { warn(fields: object, message: string): void }
}

/** Reads the key file. Without one everybody may do all, which only a loopback door allows. */
export function openKeys({ file, host, log }: KeyFile): Keys {
  const text = readKeyFile(file)
  if (text !== undefined) return keysFrom(text, file)
  if (!isLoopback(host)) {
    const detail = `there is no ${file}, and HOST is ${host}: `
      + 'make a key ("npm run keys -- add <id> <institution> <scopes>"), or set HOST to 127.0.0.1'
    throw new ServiceError('CONFIG_INVALID', { path: 'API_KEYS_FILE', detail })
  }
  log.warn({ file, host }, 'there is no file of API keys: everybody on this machine may ask')
  const anybody: Caller = { id: '', institution: everyInstitution, scopes }
  return { callerOf: () => anybody }
}

/** How a key is written in the file. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** The file's text; undefined when there is none. */
export function readKeyFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw invalid(file, 'it cannot be read', cause)
  }
}

/** The keys of a file. Throws CONFIG_INVALID for one that no service would start with. */
export function parseKeys(text: string, file: string): ApiKey[] {
  const list = parse(text, file)
  if (!Value.Check(ApiKeys, list)) {
    const { path, message } = Value.Errors(ApiKeys, list).First()! // the check failed: there is one
    throw invalid(file, `${path} ${message.toLowerCase()}`)
  }
  const ids = list.map(({ id }) => id)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) throw invalid(file, `there are two keys ${twice}`)
  return list
}

function keysFrom(text: string, file: string): Keys {
  const list = parseKeys(text, file)
  // Looked up by the beginning of the hash, which says nothing about a key; the rest is compared in
  // constant time.
  const byBeginning = new Map<number, { key: ApiKey, hash: Buffer }[]>()
  for (const key of list) {
    const hash = Buffer.from(key.sha256, 'hex')
    const beginning = hash.readUInt32BE()
    byBeginning.set(beginning, [...byBeginning.get(beginning) ?? [], { key, hash }])
  }
  return {
    callerOf(presented) {
      if (presented === undefined || presented.length > keyLengthMax) return undefined
      const hash = createHash('sha256').update(presented).digest()
      const candidates = byBeginning.get(hash.readUInt32BE()) ?? []
      return candidates.find((candidate) => timingSafeEqual(candidate.hash, hash))?.key
    },
  }
}

/** The parser's message is not passed on: it quotes the file. */
function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid(file, 'it is not JSON')
  }
}

function invalid(file: string, detail: string, cause?: unknown): ServiceError {
  return new ServiceError('CONFIG_INVALID', { path: file, detail: `${file}: ${detail}`, cause })
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
