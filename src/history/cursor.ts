// The view of one patient's record: walks the packed words by offsets and copies nothing. Can leave
// out what is known under one settlement or visit: the HTTP door asks before a claim is settled.
import type { Claim, Setting } from '../claim/claim.js'
import {
  endDayOf, endLineOf, firstDayOf, isSettlement, isStay, isVisit, lastDayOf, lengthOf, lineClassOf,
  lineDayOf, lineHighOf, lineMinuteOf, LINE_WORDS, linesOf, pastSettlement, settingOf, startDayOf, stayOf,
} from './block.js'
import { droppedOf, firstBlock } from './timeline.js'
import type { PastSettlement, PastStay, PatientView } from './view.js'

export interface Completeness {
  readonly completeFromDay: number
  readonly incompleteReason: string
}

/**
 * Made for one claim. Offsets are into one array that never changes, so they hold as long as the view
 * does; stays told but not settled are met in openStays only.
 */
export class PatientCursor implements PatientView {
  readonly completeFromDay: number
  readonly incompleteReason: string
  readonly isOverflowed: boolean
  readonly lineSize = LINE_WORDS
  readonly #words: Int32Array
  readonly #hidden: Claim | undefined

  constructor(words: Int32Array, completeness: Completeness, hidden: Claim | undefined) {
    this.#words = words
    this.#hidden = hidden
    this.completeFromDay = completeness.completeFromDay
    this.incompleteReason = completeness.incompleteReason
    this.isOverflowed = droppedOf(words) > 0
  }

  first(): number {
    return this.#from(firstBlock(this.#words))
  }

  next(past: number): number {
    return this.#from(past + lengthOf(this.#words, past))
  }

  #from(at: number): number {
    const words = this.#words
    while (at < words.length && (isStay(words, at) || this.#isHidden(at))) at += lengthOf(words, at)
    return at < words.length ? at : -1
  }

  #isHidden(at: number): boolean {
    const hidden = this.#hidden
    if (hidden === undefined) return false
    const { visit: { id, institution }, settlement } = hidden
    return isVisit(this.#words, at, institution.id, id)
      || isSettlement(this.#words, at, institution.id, settlement)
  }

  firstDay(past: number): number { return firstDayOf(this.#words, past) }
  lastDay(past: number): number { return lastDayOf(this.#words, past) }
  firstLine(past: number): number { return linesOf(this.#words, past) }
  endLine(past: number): number { return endLineOf(this.#words, past) }

  lineLow(line: number): number { return this.#words[line]! }
  lineHigh(line: number): number { return lineHighOf(this.#words, line) }
  lineClass(line: number): number { return lineClassOf(this.#words, line) }
  lineDay(line: number): number { return lineDayOf(this.#words, line) }
  lineMinute(line: number): number | undefined { return lineMinuteOf(this.#words, line) }
  lineQuantity(line: number): number { return this.#words[line + 3]! }

  setting(past: number): Setting { return settingOf(this.#words, past) }
  startDay(past: number): number { return startDayOf(this.#words, past) }
  endDay(past: number): number | undefined { return endDayOf(this.#words, past) }

  isVisit(past: number, institution: string, visit: string): boolean {
    return isVisit(this.#words, past, institution, visit)
  }

  settlement(past: number): PastSettlement { return pastSettlement(this.#words, past) }

  openStays(): readonly PastStay[] {
    const words = this.#words
    const stays: PastStay[] = []
    for (let at = firstBlock(words); at < words.length; at += lengthOf(words, at)) {
      if (!isStay(words, at) || this.#isHidden(at)) continue
      const stay = stayOf(words, at)
      if (!this.#isSettled(stay)) stays.push(stay)
    }
    return stays
  }

  /** A stay whose settlement with its discharge is here is told by that. */
  #isSettled({ institution, visit }: PastStay): boolean {
    for (let past = this.first(); past >= 0; past = this.next(past)) {
      if (this.endDay(past) !== undefined && this.isVisit(past, institution, visit)) return true
    }
    return false
  }
}
