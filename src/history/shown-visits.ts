// Visits in which rules were shown before the bill was settled: how often each was, and whether it still
// stood when the settlement came. Visits are known by hashes, for as long as there is room; a claim of a
// visit of which nothing is remembered costs one look at a word in memory.
import { DayCounts } from './day-counts.js'
import type { Rows } from './day-counts.js'
import type { Records } from './pinned.js'
import type { RuleNumbers } from './rule-numbers.js'
import { highOf, lowOf, TagTable } from './tag-table.js'

/** Of the outcomes: visits in which what was shown was gone from the settlement, and in which it stood. */
export const OUTCOME = { CHANGED: 0, KEPT: 1, FIELDS: 2 } as const
/** An entry: its tag, the day, and a slot for each rule: its number, whether it waits, and how often. */
const DAY = 2
const SLOTS = 3
const slots = 13
const ruleShift = 8
const waits = 0x80
const timesMax = 0x7f
const buckets = 65_536

/** What the settlement's judgement says; and which rules it asked at all. */
export interface Judgement {
  readonly verdict: {
    readonly findings: readonly { readonly rule: string }[]
    readonly unknowns: readonly { readonly rule: string }[]
    readonly failed: readonly string[]
  }
  readonly rules: readonly {
    readonly id: string, readonly status: string, readonly stages: readonly string[],
  }[]
}

interface ClaimVisit {
  readonly settledDay: number
  readonly batch?: { readonly isProvisional: boolean } | undefined
  readonly visit: { readonly id: string, readonly institution: { readonly id: string } }
}

interface VisitsOptions {
  readonly hotOwner: string
  readonly daysMax: number
}

/** By institution and visit. Outcomes reach their records with `pack`; a visit that left early has none. */
export class ShownVisits {
  readonly #options: VisitsOptions
  readonly #rules: RuleNumbers
  readonly #table: TagTable
  readonly #outcomes: DayCounts
  /** A bit for each visit that waits, by bucket; which buckets have been looked at. */
  #waiting: Uint32Array | undefined
  readonly #isRead = new Uint8Array(buckets)
  #overflows = 0

  constructor(records: Records, rules: RuleNumbers, options: VisitsOptions) {
    this.#rules = rules
    this.#options = options
    // A million visits: weeks of a province; what leaves early is counted.
    this.#table = new TagTable(records, { letter: 'v', buckets, entriesMax: 16, words: SLOTS + slots })
    this.#outcomes = new DayCounts(records, {
      letter: 'o', fields: OUTCOME.FIELDS, hotOwner: options.hotOwner,
    })
  }

  get overflows(): number {
    return this.#overflows + this.#table.overflows
  }

  /** One question showed a rule in a visit. `full`: it had shown too many. */
  show(institution: string, visit: string, day: number, rule: number): 'first' | 'again' | 'full' {
    const tag = { low: lowOf(institution, visit), high: highOf(institution, visit) }
    const entry = this.#table.find(tag) ?? this.#table.empty(tag)
    const slot = slotOf(entry, rule)
    if (slot === undefined) {
      this.#overflows++
      return 'full'
    }
    const times = entry[slot]! & timesMax
    entry[DAY] = day
    entry[slot] = rule << ruleShift | waits | Math.min(times + 1, timesMax)
    this.#put(entry)
    return times === 0 ? 'first' : 'again'
  }

  /** A settlement came. Without a judgement nobody can tell what became of what was shown. */
  settled(claim: ClaimVisit, judgement: Judgement | undefined): void {
    if (this.#waiting === undefined && !this.#begin()) return
    const { visit: { id, institution }, batch } = claim
    const low = lowOf(institution.id, id)
    const bits = this.#bitsOf(low & (buckets - 1))
    if (bits === 0) return
    const high = highOf(institution.id, id)
    // What stands in for a settlement is what was asked: it tells of no change.
    if ((bits & 1 << (high & 31)) === 0 || batch?.isProvisional === true) return
    const entry = this.#table.find({ low, high })
    if (entry === undefined) return
    for (let slot = SLOTS; slot < entry.length; slot++) {
      if ((entry[slot]! & waits) === 0) continue
      const rule = entry[slot]! >> ruleShift
      entry[slot]! &= ~waits
      const field = judgement && outcomeOf(this.#rules.nameOf(rule), judgement)
      if (field === undefined) continue
      const day = claim.settledDay
      const latest = Math.max(this.#outcomes.latestDay(this.#options.hotOwner), day)
      const fromDay = latest - this.#options.daysMax
      for (const owner of [this.#options.hotOwner, institution.id]) {
        this.#outcomes.add({ owner, day, fromDay }, rule, field)
      }
    }
    this.#put(entry)
  }

  outcomes(owner: string, fromDay: number, untilDay: number): Rows {
    return this.#outcomes.sums(owner, fromDay, untilDay)
  }

  pack(): void {
    this.#outcomes.pack()
  }

  /** Forgets what is not in the store. */
  reset(): void {
    this.#outcomes.reset()
    this.#waiting = undefined
    this.#isRead.fill(0)
  }

  /** False: no rule was ever shown here, and nothing waits. */
  #begin(): boolean {
    if (this.#rules.size === 0) return false
    this.#waiting = new Uint32Array(buckets)
    return true
  }

  #put(entry: Int32Array): void {
    this.#table.put(entry)
    this.#isRead[entry[0]! & (buckets - 1)] = 0
  }

  #bitsOf(bucket: number): number {
    const waiting = this.#waiting!
    if (this.#isRead[bucket] === 0) {
      this.#isRead[bucket] = 1
      waiting[bucket] = waitingBits(this.#table.bucket(bucket))
    }
    return waiting[bucket]!
  }
}

function waitingBits(words: Int32Array | undefined): number {
  let bits = 0
  for (let at = 1; words !== undefined && at < words.length; at += SLOTS + slots) {
    const isWaiting = words.subarray(at + SLOTS, at + SLOTS + slots).some((word) => (word & waits) !== 0)
    if (isWaiting) bits |= 1 << (words[at + 1]! & 31)
  }
  return bits
}

/** Undefined: the settlement's judgement did not ask the rule, or could not answer. */
function outcomeOf(rule: string, { verdict, rules }: Judgement): number | undefined {
  const isIts = (one: { readonly rule: string }) => one.rule === rule
  if (verdict.findings.some(isIts)) return OUTCOME.KEPT
  if (verdict.unknowns.some(isIts) || verdict.failed.includes(rule)) return undefined
  const asked = rules.find(({ id }) => id === rule)
  const isAsked = asked?.stages.includes('audit') === true
    && (asked.status === 'active' || asked.status === 'trial')
  return isAsked ? OUTCOME.CHANGED : undefined
}

/** Where a rule is, or finds room. */
function slotOf(entry: Int32Array, rule: number): number | undefined {
  for (let slot = SLOTS; slot < entry.length; slot++) {
    const word = entry[slot]!
    if (word === 0 || word >> ruleShift === rule) return slot
  }
  return undefined
}
