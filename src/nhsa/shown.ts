// What a visit has been shown already: the same finding is not shown again within a tenant's window. In
// memory, bounded, for as long as the process lives; never a patient's number, only hashes of visits.
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Claim } from '../claim/claim.js'
import type { Finding } from '../engine/verdict.js'

/** A region's findings of half an hour, some tens of MB; a finding forgotten early is shown again. */
const shownMax = 200_000
const msPerMinute = 60_000
/** Outpatient, inpatient and pharmacy bills that are being settled. */
const settlementScenes: readonly number[] = [6, 8, 10]

export interface ShowOptions {
  readonly claim: Claim
  /** Who asks: two tenants are shown what each of them finds. */
  readonly tenant: string
  /** Minutes within which the same finding is held back; 0: never. */
  readonly windowMinutes: number
  /** 触发场景 of the question; a bill being settled is told its violations every time. */
  readonly scenes: readonly number[]
  readonly now: number
}

/** One for a process; `now` is milliseconds. What leaves for want of room is shown again. */
export class Shown {
  readonly #until: LRUCache<string, number>

  constructor(max = shownMax) {
    this.#until = new LRUCache({ max })
  }

  /** The findings to show now, which are then noted, and how many are held back. */
  take(findings: readonly Finding[], options: ShowOptions): { fresh: readonly Finding[], heldBack: number } {
    const { windowMinutes, scenes, now } = options
    if (windowMinutes === 0 || findings.length === 0) return { fresh: findings, heldBack: 0 }
    const isSettling = scenes.some((scene) => settlementScenes.includes(scene))
    const fresh = findings.filter((finding) => {
      const key = keyOf(finding, options)
      const isKnown = (this.#until.get(key) ?? -Infinity) > now
      const isTold = !isKnown || (isSettling && finding.severity === 'violation')
      if (isTold) this.#until.set(key, now + windowMinutes * msPerMinute)
      return isTold
    })
    return { fresh, heldBack: findings.length - fresh.length }
  }
}

/** The same rule, visit, lines and facts: what was changed and is still wrong is another finding. */
function keyOf({ rule, violating, sentence }: Finding, { claim, tenant }: ShowOptions): string {
  const { patient, visit, items } = claim
  const lines = violating.map(({ item }) => items[item]!.id)
  return createHash('sha256')
    .update(JSON.stringify([tenant, visit.institution.id, patient.key, visit.id, rule, lines, sentence]))
    .digest('base64')
}
