// A 3102 while the bill is settled, as the data of a settlement, for hospitals whose settlements reach us in
// no other way. Provisional: what is told later of the same charge batch takes its place.
import { createHash } from 'node:crypto'
import type { AuditRequest } from './audit-request.js'

/** 门诊结算, 住院结算, 购药划卡. */
const settlingScenes: ReadonlySet<number> = new Set([6, 8, 10])

/** Whether the call is made while the bill is settled: 门诊结算, 住院结算 or 购药划卡. */
export function isSettling({ scenes }: AuditRequest): boolean {
  return scenes.some((scene) => settlingScenes.has(scene))
}

export interface ToldSettlement {
  readonly institution: string
  /** Data of a settlement event (SettlementWire). */
  readonly data: { readonly settlement_id: string }
}

/** The lines that are asked about; what stands beside them as context was settled before. */
export function settlementTold(request: AuditRequest, msgid: string): ToldSettlement {
  const { settlement, lines, institution, visit, chargeBatch } = request
  const { items } = settlement as { readonly items: readonly object[] }
  const told = {
    ...settlement,
    items: items.filter((_, place) => lines[place]!.isCurrent),
    charge_batch: chargeBatch,
    is_provisional: true,
  }
  // Of the message, not of the content: a bill that is changed and changed back is told three times.
  const name = [institution, visit, chargeBatch, msgid === '' ? JSON.stringify(told) : msgid].join('\n')
  const id = createHash('sha256').update(name).digest('hex').slice(0, 32)
  return { institution, data: { ...told, settlement_id: `3102-${id}` } }
}
