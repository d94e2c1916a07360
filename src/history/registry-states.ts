// What the registries say of doctors' rights and patients' benefits, and from which day on: a short
// list of states per key, in day order, changed by registry events only. Knows the store's records,
// and no claim.
import type { RegistryNotice } from '../claim/claim.js'
import { compareTexts } from './bytes.js'
import type { Completeness } from './cursor.js'
import type { Records } from './pinned.js'
import { registryKeyOf } from './records.js'
import { packStates, unpackStates } from './registry-record.js'
import type { States } from './registry-record.js'
import type { RegistryView } from './view.js'

/** States of one key within a year: rights change once a year, benefits a few times. */
export const statesMax = 32
/** As trace codes: what was read last is not read again. */
const recentMax = 4_096

const noStates: States = []

/**
 * A state holds from its day until the next one's; a key keeps a bounded number, and the oldest goes
 * first.
 */
export class RegistryStates {
  readonly #records: Records
  readonly #recent = new Map<string, States>()
  #overflows = 0

  constructor(records: Records) {
    this.#records = records
  }

  /** States that were dropped because a key had too many. */
  get overflows(): number {
    return this.#overflows
  }

  /** Of one day the last told holds. False: nothing that is kept has changed. */
  note({ subject, key, day, words }: RegistryNotice, horizonDay: number): boolean {
    if (words === undefined) return false
    const name = registryKeyOf(subject, key)
    const states = this.#get(name)
    const known = states.find((one) => one.fromDay === day)
    if (known !== undefined && isSame(known.words, words)) return false
    const next = [...states.filter((one) => one !== known), { fromDay: day, words }]
      .sort((a, b) => a.fromDay - b.fromDay)
    const kept = next.filter((_, at) => at + 1 === next.length || next[at + 1]!.fromDay > horizonDay)
    if (kept.length > statesMax) {
      kept.shift()
      this.#overflows++
    }
    this.#keep(name, kept)
    this.#records.put(name, packStates(kept))
    return true
  }

  view({ completeFromDay, incompleteReason }: Completeness): RegistryView {
    return {
      completeFromDay,
      incompleteReason,
      stateOn: (subject, key, day) =>
        this.#get(registryKeyOf(subject, key)).findLast(({ fromDay }) => fromDay <= day),
    }
  }

  /** Forgets what is not in the store. */
  reset(): void {
    this.#recent.clear()
  }

  #get(name: string): States {
    const recent = this.#recent.get(name)
    if (recent !== undefined) return recent
    const words = this.#records.get(name)
    const states = words === undefined ? noStates : unpackStates(words)
    this.#keep(name, states)
    return states
  }

  #keep(name: string, states: States): void {
    if (this.#recent.size >= recentMax) this.#recent.clear()
    this.#recent.set(name, states)
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, at) => compareTexts(word, b[at]!) === 0)
}
