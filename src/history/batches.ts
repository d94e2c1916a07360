// Which settlement stands for a charge batch of a visit, where the sender names the batch: what was told
// before the bill was settled gives way to what is told later, and counts no more. Knows the store's records.
import type { Claim } from '../claim/claim.js'
import type { Records } from './pinned.js'
import { batchKeyOf, settlementKeyOf } from './records.js'
import { unpackRecord } from './settlement-record.js'
import type { SettlementRecord } from './settlement-record.js'
import { readStanding, standingWords } from './standing.js'

/** A settlement that is known, by its identity. */
export interface Known {
  readonly institution: string
  readonly settlement: string
  readonly record: SettlementRecord
}

/** What a claim took the place of: nothing, a settlement, or it is the one that came too late itself. */
export interface Superseded {
  readonly isLate: boolean
  readonly gone: Known | undefined
}

const nothing: Superseded = { isLate: false, gone: undefined }
const late: Superseded = { isLate: true, gone: undefined }

/**
 * For each charge batch the one settlement that counts; a provisional one never takes the place of a
 * certain one.
 */
export class Batches {
  readonly #records: Records

  constructor(records: Records) {
    this.#records = records
  }

  /** `takeBack` undoes all that the settlement added. */
  supersede({ batch, settlement, visit }: Claim, takeBack: (known: Known) => void): Superseded {
    const institution = visit.institution.id
    const key = batchKeyOf(institution, visit.id, batch!.number)
    const words = this.#records.get(key)
    const standing = words && readStanding(words)
    const record = standing && this.#settled(institution, standing.settlement)
    const isCertain = standing !== undefined && record !== undefined && !standing.isProvisional
    if (isCertain && batch!.isProvisional) return late
    this.#records.put(key, standingWords({ settlement, isProvisional: batch!.isProvisional }))
    if (standing === undefined || record === undefined || isCertain) return nothing
    const gone = { institution, settlement: standing.settlement, record }
    takeBack(gone)
    return { isLate: false, gone }
  }

  /** Undefined for what has been taken back since. */
  #settled(institution: string, settlement: string): SettlementRecord | undefined {
    const words = this.#records.get(settlementKeyOf(institution, settlement))
    const record = words && unpackRecord(words)
    return record?.status === 'settled' ? record : undefined
  }
}
