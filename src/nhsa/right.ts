// Whether who sent a message may speak for the institution that it names, and what a caller without that
// right is told: never the key that it sent.
import { NhsaRefusal } from './refusal.js'
import { anyTenant, mayActFor } from './tenants.js'
import type { Tenant } from './tenants.js'

/** Of the API key that came with a request. */
export type KeyState = 'known' | 'unknown' | 'absent'

/** A caller without a signature. */
export interface KeyHolder {
  readonly key: KeyState
  mayAsk(institution: string): boolean
}

const whereKeys = '请求头 x-api-key 或 Authorization: Bearer '
const keyMistakes: Readonly<Record<Exclude<KeyState, 'known'>, string>> = {
  unknown: `API key 无效：本系统没有这个密钥。请核对${whereKeys}的内容，或向本系统的管理员申请新的密钥`,
  absent: `缺少 API key：请在${whereKeys}中写明，密钥向本系统管理员申请`,
}

/** Throws NhsaRefusal. */
export function requireRight(institution: string, tenant: Tenant, { key, mayAsk }: KeyHolder): void {
  if (tenant !== anyTenant) {
    if (!mayActFor(tenant, institution)) throw refused(institution)
    return
  }
  if (mayAsk(institution)) return
  throw key === 'known' ? refused(institution) : new NhsaRefusal(keyMistakes[key])
}

function refused(institution: string): NhsaRefusal {
  return new NhsaRefusal(`无权代表医疗机构 ${institution}`)
}
