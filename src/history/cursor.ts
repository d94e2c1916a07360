// The view of one patient's record: walks the packed words by offsets. Can leave out what is already
// known under one settlement or visit, for a claim that is asked about before it is settled.
import { MINUTES_PER_DAY } from '../claim/claim.js'
import type { Setting } from '../claim/claim.js'
import {
  endDayOf, firstDayOf, isSettlement, isStay, isVisit, lastDayOf, lengthOf, LINE_WORDS, lineCountOf,
  linesOf, pastSettlement, settingOf, startDayOf, stayOf,
} from './block.js'
import { droppedOf, firstBlock } from './timeline.js'
import type { PastSettlement, PastStay, PatientView } from './view.js'

export interface Hidden {
  readonly institution: string
  readonly settlement: string
  readonly visit: string
}

interface Completeness {
  readonly completeFromDay: number
  readonly incompleteReason: string
}

export class PatientCursor implements PatientView {
  readonly completeFromDay: number
  readonly incompleteReason: string
  readonly isOverflowed: boolean
  readonly lineSize = LINE_WORDS
  readonly #words: Int32Array
  readonly #hidden: Hidden | undefined

  constructor(words: Int32Array, completeness: Completeness, hidden: Hidden | undefined) {
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
    return hidden !== undefined && (isVisit(this.#words, at, hidden.institution, hidden.visit)
      || isSettlement(this.#words, at, hidden.institution, hidden.settlement))
  }

  firstDay(past: number): number { return firstDayOf(this.#words, past) }
  lastDay(past: number): number { return lastDayOf(this.#words, past) }
  firstLine(past: number): number { return linesOf(this.#words, past) }

  endLine(past: number): number {
    return linesOf(this.#words, past) + lineCountOf(this.#words, past) * LINE_WORDS
  }

  lineLow(line: number): number { return this.#words[line]! }
  lineHigh(line: number): number { return this.#words[line + 1]! }
  lineDay(line: number): number { return Math.floor((this.#words[line + 2]! >> 1) / MINUTES_PER_DAY) }

  lineMinute(line: number): number | undefined {
    const word = this.#words[line + 2]!
    return (word & 1) === 0 ? undefined : word >> 1
  }

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
