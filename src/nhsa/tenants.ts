// Who asks through the national interface: hospitals and hubs with their secrets, keys and readings of
// the standard, from a file of the operator's. Read once, at start.
import { readFileSync } from 'node:fs'
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { ServiceError } from '../errors.js'
import { openCainfo } from './cainfo.js'
import type { Cainfo } from './cainfo.js'
import { Dialect, nationalDialect } from './dialect.js'

const tenantsMax = 10_000
/** What a cashier waits for before the bill is settled without us. */
const deadlineMsDefault = 300
/** A doctor writes a prescription in less; a bill is settled after it. */
const repeatMinutesDefault = 30

const secret = (description: string) => Type.String({ minLength: 8, maxLength: 256, description })

const TenantFile = Type.Array(Type.Object({
  id: Type.String({ pattern: '^[\\w.-]{1,64}$', description: 'Names the tenant in logs' }),
  institutions: Type.Array(Type.String({ pattern: '^(\\*|[A-Za-z0-9_-]{1,64})$' }), {
    minItems: 1, maxItems: tenantsMax, description: 'Whom it may speak for; * for everybody',
  }),
  paasid: Type.String({ minLength: 1, maxLength: 64, description: 'x-tif-paasid' }),
  secrets: Type.Array(secret('Secret of the signature'), {
    minItems: 1, maxItems: 2, description: 'One, or two while it is being changed',
  }),
  sm4_key: Type.Optional(Type.String({
    pattern: '^([0-9a-fA-F]{32}|.{16})$', description: '16 bytes; input and output are then encrypted',
  })),
  cainfo: Type.Optional(Type.Union((['none', 'fields', 'input'] as const).map((one) => Type.Literal(one)), {
    description: 'SM2 signature in the envelope: over the other fields, or over input; none: not looked at',
  })),
  cainfo_public_key: Type.Optional(Type.String({
    maxLength: 2_048, description: 'PEM: verifies its messages',
  })),
  cainfo_private_key: Type.Optional(Type.String({ maxLength: 2_048, description: 'PEM: signs our answers' })),
  charset: Type.Optional(Type.Union([Type.Literal('utf-8'), Type.Literal('gbk')], {
    description: 'Of bodies whose content type does not say',
  })),
  deadline_ms: Type.Optional(Type.Integer({ minimum: 1, maximum: 60_000 })),
  repeat_minutes: Type.Optional(Type.Integer({
    minimum: 0, maximum: 1_440,
    description: 'The same finding of a visit is shown again after so long; 0: every time',
  })),
  settlement_from: Type.Optional(Type.Union([Type.Literal('3102'), Type.Literal(3102)], {
    description: 'Its settlements come in no other way: 3102 with scene 6, 8 or 10 is remembered as one',
  })),
  dialect: Type.Optional(Type.Partial(Dialect)),
}, { additionalProperties: false }), { maxItems: tenantsMax })

export interface Tenant {
  readonly id: string
  readonly institutions: ReadonlySet<string>
  /** Empty: the door asks for an API key instead of a signature. */
  readonly secrets: readonly string[]
  readonly sm4Key: string | undefined
  readonly cainfo: Cainfo | undefined
  readonly charset: string | undefined
  readonly deadlineMs: number
  readonly repeatMinutes: number
  /** A 3102 while the bill is settled is all that is told of the settlement. */
  readonly isSettlingByCall: boolean
  readonly dialect: Dialect
}

/** Whoever may use the other routes, where there is no file of tenants. */
export const anyTenant: Tenant = {
  id: '', institutions: new Set(['*']), secrets: [], sm4Key: undefined, cainfo: undefined,
  charset: undefined,
  deadlineMs: deadlineMsDefault, repeatMinutes: 0, isSettlingByCall: false,
  dialect: nationalDialect,
}

export interface Tenants {
  /** By x-tif-paasid; undefined for one that nobody has. */
  find(paasid: string): Tenant | undefined
}

/** Without a file there is one tenant: everybody who may ask at all. Throws CONFIG_INVALID. */
export function openTenants(file: string | undefined): Tenants {
  if (file === undefined) return { find: () => anyTenant }
  const list = listIn(file)
  const byPaasid = new Map(list.map((one) => [one.paasid, tenantOf(one, file)]))
  if (byPaasid.size < list.length) throw invalid(file, 'two tenants have the same paasid')
  return { find: (paasid) => byPaasid.get(paasid) }
}

function listIn(file: string): Static<typeof TenantFile> {
  let list: unknown
  try {
    list = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) { // a parser's message would quote the file
    const isAbsent = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw invalid(file, isAbsent ? 'there is no such file' : 'it is not JSON')
  }
  if (Value.Check(TenantFile, list)) return list
  const { path, message } = Value.Errors(TenantFile, list).First()! // the check failed: there is one
  throw invalid(file, `${path} ${message.toLowerCase()}`)
}

function cainfoOf(one: Static<typeof TenantFile>[number], file: string): Cainfo | undefined {
  const { cainfo = 'none', cainfo_public_key: publicKey, cainfo_private_key: privateKey } = one
  if (cainfo === 'none') return undefined
  if (publicKey === undefined) throw invalid(file, 'a tenant has cainfo and no cainfo_public_key')
  return openCainfo(cainfo, { publicKey, privateKey }, file)
}

function tenantOf(one: Static<typeof TenantFile>[number], file: string): Tenant {
  return {
    id: one.id,
    institutions: new Set(one.institutions),
    secrets: one.secrets,
    sm4Key: one.sm4_key,
    cainfo: cainfoOf(one, file),
    charset: one.charset,
    deadlineMs: one.deadline_ms ?? deadlineMsDefault,
    repeatMinutes: one.repeat_minutes ?? repeatMinutesDefault,
    isSettlingByCall: one.settlement_from !== undefined,
    dialect: { ...nationalDialect, ...one.dialect },
  }
}

/** Whether the tenant may speak for an institution: it is named, or `*` stands for all. */
export function mayActFor({ institutions }: Tenant, institution: string): boolean {
  return institutions.has('*') || institutions.has(institution)
}

/** As the call asks for it in x-deadline-ms, else the tenant's. */
export function budgetMsOf(header: string, { deadlineMs }: Tenant): number {
  return /^\d{1,9}$/.test(header) && Number(header) > 0 ? Number(header) : deadlineMs
}

function invalid(file: string, detail: string): ServiceError {
  return new ServiceError('CONFIG_INVALID', { path: file, detail: `${file}: ${detail}` })
}
