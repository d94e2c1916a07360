// Which parts a claim's codes wake, and with which rows. Everything here is reused from claim to
// claim and grown when needed: gathering allocates nothing. One gathering at a time: evaluate never
// waits.
import type { Claim } from '../claim/claim.js'
import { codeHigh, codeLow } from '../claim/code-key.js'
import type { Matches } from '../checks/check.js'
import { ENTRY, ENTRY_SIZE } from '../rulebook/rulebook.js'
import type { CodeIndex, Part, RuleBook, Stage } from '../rulebook/rulebook.js'
import { PartFacts } from './part-facts.js'

/**
 * Day by which a claim as a whole is judged: its end, or its settlement while the patient is in.
 */
export function claimDayOf({ visit, settledDay }: Claim): number {
  return visit.endDay ?? settledDay
}

/** C and fourteen digits: what a consumable is, without who made it. */
const classLength = 15

/** What a claim meets in one rule book. */
export class Gathering {
  /** Parts woken, ascending: `woken[0]` up to `woken[wokenCount - 1]`. */
  woken: Int32Array
  wokenCount = 0

  private readonly parts: readonly Part[]
  private readonly book: RuleBook
  private claim: Claim | undefined
  private readonly facts: PartFacts
  private stageBit = 0
  /** Of each item the offset of its first entry, or -1. */
  private firsts = new Int32Array(256)
  /** Which gathering saw the part last, and whether it applies there. */
  private readonly ticks: Int32Array
  private readonly applied: (boolean | string)[]
  /** A bit for each part that is woken: read in order, nothing has to be sorted. */
  private readonly wokenBits: Int32Array
  private tick = 0
  /** Matches of a part as a chain through `nexts`, in the order they were found. */
  private readonly heads: Int32Array
  private readonly tails: Int32Array
  private nexts = new Int32Array(256)
  private subjects = new Int32Array(256)
  private rows = new Int32Array(256)
  private matchCount = 0
  private readonly handed = { count: 0, subjects: new Int32Array(64), rows: new Int32Array(64) }

  constructor(book: RuleBook) {
    this.book = book
    this.parts = book.parts
    this.facts = new PartFacts(book)
    const count = book.parts.length
    this.woken = new Int32Array(count)
    this.ticks = new Int32Array(count).fill(-1)
    this.applied = new Array<boolean | string>(count).fill(false)
    this.wokenBits = new Int32Array((count + 31) >>> 5)
    this.heads = new Int32Array(count)
    this.tails = new Int32Array(count)
  }

  /** Looks up every code of the claim. `stage` undefined: rules of every stage. */
  gather(claim: Claim, stage: Stage | undefined): void {
    const { items, diagnoses, procedures } = this.book
    this.claim = claim
    this.stageBit = this.facts.bitOf(stage)
    this.tick = (this.tick + 1) | 0
    this.wokenCount = 0
    this.matchCount = 0
    const day = claimDayOf(claim)
    this.findItems(claim)
    const { firsts } = this
    for (let subject = 0; subject < claim.items.length; subject++) {
      const first = firsts[subject]!
      const { code, serviceDay, category } = claim.items[subject]!
      if (first >= 0) this.meet(items, first, subject, serviceDay)
      if (category === 'consumable' && code.length > classLength) {
        this.meetClass(items, code, subject, serviceDay)
      }
    }
    const { visit } = claim
    for (let subject = 0; subject < visit.diagnoses.length; subject++) {
      this.meetPrefixes(diagnoses, visit.diagnoses[subject]!.code, subject, day)
    }
    for (let subject = 0; subject < visit.procedures.length; subject++) {
      const procedure = visit.procedures[subject]!
      this.meetPrefixes(procedures, procedure.code, subject, procedure.day ?? day)
    }
    const always = this.facts.always(this.stageBit)
    for (let index = 0; index < always.length; index++) {
      const part = always[index]!
      if (this.facts.isInForce(part, day)) this.see(part)
    }
    this.listWoken()
  }

  /** All look-ups in one short loop: the memory they miss is fetched side by side. */
  private findItems({ items }: Claim): void {
    if (items.length > this.firsts.length) this.firsts = new Int32Array(items.length * 2)
    const { firsts, book } = this
    for (let subject = 0; subject < items.length; subject++) {
      const { code, low, high } = items[subject]!
      firsts[subject] = code === '' ? -1 : book.items.firstOf(low, high)
    }
  }

  /** True: judge it. A text: the field that decides whether it applies, and is missing. */
  appliesTo(part: number): boolean | string {
    return this.applied[part]!
  }

  /** Valid until the next call. */
  matchesOf(part: number): Matches {
    const { handed, nexts } = this
    let count = 0
    for (let match = this.heads[part]!; match >= 0; match = nexts[match]!) {
      if (count === handed.subjects.length) {
        handed.subjects = widened(handed.subjects)
        handed.rows = widened(handed.rows)
      }
      handed.subjects[count] = this.subjects[match]!
      handed.rows[count++] = this.rows[match]!
    }
    handed.count = count
    return handed
  }

  /** A consumable's code begins with its class in the national catalogue, then comes the maker. */
  private meetClass(index: CodeIndex, code: string, subject: number, day: number): void {
    const kind = code.slice(0, classLength)
    const first = index.firstOf(codeLow(kind), codeHigh(kind))
    if (first >= 0) this.meet(index, first, subject, day)
  }

  private meetPrefixes(index: CodeIndex, code: string, subject: number, day: number): void {
    for (const length of index.prefixLengths) {
      if (length > code.length) break
      const prefix = length === code.length ? code : code.slice(0, length)
      const first = index.firstOf(codeLow(prefix), codeHigh(prefix))
      if (first >= 0) this.meet(index, first, subject, day)
    }
  }

  private meet(index: CodeIndex, first: number, subject: number, day: number): void {
    const { entries } = index
    let entry = first - ENTRY_SIZE
    do {
      entry += ENTRY_SIZE
      if (!this.holds(index, entry, day)) continue
      if (entries[entry + ENTRY.SHADOW] !== 0 && this.isShadowed(index, first, entry, day)) continue
      const part = entries[entry + ENTRY.PART]!
      if (this.facts.isPicky[part] === 1 && !this.isItsCategory(part, subject)) continue
      this.see(part)
      if (this.applied[part] === true) this.keep(part, subject, entries[entry + ENTRY.ROW]!)
    } while (entries[entry + ENTRY.LAST] === 0)
  }

  private isItsCategory(part: number, subject: number): boolean {
    return this.parts[part]!.categories!.has(this.claim!.items[subject]!.category)
  }

  private holds({ entries, regions }: CodeIndex, entry: number, day: number): boolean {
    if (day < entries[entry + ENTRY.FROM]! || day >= entries[entry + ENTRY.UNTIL]!) return false
    const region = entries[entry + ENTRY.REGION]!
    if (region === 0) return true
    const { institution } = this.claim!.visit
    return institution.region.startsWith(regions[region]!) || institution.id === regions[region]
  }

  /** A more local row of the same codes holds on this day, here. */
  private isShadowed(index: CodeIndex, first: number, entry: number, day: number): boolean {
    const { entries, shadowStarts, shadowRows } = index
    const list = entries[entry + ENTRY.SHADOW]!
    const rows = shadowRows.subarray(shadowStarts[list], shadowStarts[list + 1])
    let other = first - ENTRY_SIZE
    do {
      other += ENTRY_SIZE
      const isSamePart = entries[other + ENTRY.PART] === entries[entry + ENTRY.PART]
      const isThatRow = isSamePart && rows.includes(entries[other + ENTRY.ROW]!)
      if (isThatRow && this.holds(index, other, day)) return true
    } while (entries[other + ENTRY.LAST] === 0)
    return false
  }

  /** Wakes a part once a claim, and asks once whether it applies. */
  private see(part: number): void {
    if (this.ticks[part] === this.tick) return
    this.ticks[part] = this.tick
    this.heads[part] = -1
    const applied = this.facts.applies(part, this.claim!, this.stageBit)
    this.applied[part] = applied
    if (applied !== false) this.wokenBits[part >>> 5]! |= 1 << (part & 31)
  }

  private listWoken(): void {
    const { woken, wokenBits } = this
    let count = 0
    for (let word = 0; word < wokenBits.length; word++) {
      let bits = wokenBits[word]!
      if (bits === 0) continue
      wokenBits[word] = 0
      do {
        const lowest = bits & -bits
        woken[count++] = (word << 5) + 31 - Math.clz32(lowest)
        bits ^= lowest
      } while (bits !== 0)
    }
    this.wokenCount = count
  }

  private keep(part: number, subject: number, row: number): void {
    const match = this.matchCount++
    if (match === this.nexts.length) {
      this.nexts = widened(this.nexts)
      this.subjects = widened(this.subjects)
      this.rows = widened(this.rows)
    }
    this.subjects[match] = subject
    this.rows[match] = row
    this.nexts[match] = -1
    if (this.heads[part] === -1) this.heads[part] = match
    else this.nexts[this.tails[part]!] = match
    this.tails[part] = match
  }
}

function widened(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(array.length * 2)
  wider.set(array)
  return wider
}
