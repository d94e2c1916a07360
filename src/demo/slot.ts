// One event still to come: when it is sent and how its data is written. Scripts make slots; the stream
// sorts and numbers them. The data is made only when the slot is reached, so skipping ahead is cheap.
import type { EventType } from '../claim/wire.js'
import type { Bill } from './bill.js'
import { patientWire } from './bill.js'
import { momentText } from './clock.js'
import type { Person } from './patient.js'
import type { Plan } from './plan.js'

export interface Slot {
  readonly day: number
  /** Minute of the day at which it is sent. */
  readonly minute: number
  readonly type: EventType
  readonly person: Person
  /** Whose event it is, when it is not the person's. */
  readonly owner?: readonly [kind: string, key: string]
  readonly make: () => object
  readonly plan?: Plan
}

export type Push = (slot: Slot) => void

const MINUTES_PER_DAY = 1_440

/** A day and a minute, moved by some minutes. */
export function later(day: number, minute: number, minutes: number): [day: number, minute: number] {
  const sum = minute + minutes
  const days = Math.floor(sum / MINUTES_PER_DAY)
  return [day + days, sum - days * MINUTES_PER_DAY]
}

export interface RefundLine {
  readonly item: string
  readonly quantity: number
}

interface Moment {
  readonly day: number
  readonly minute: number
}

/** What takes a bill back: wholly when `lines` is empty. */
export function reversalData(bill: Bill, at: Moment, lines: readonly RefundLine[] = []): object {
  const { facts } = bill
  return {
    settlement_id: `R${facts.settlement}`,
    reverses: facts.settlement,
    institution: facts.place.id,
    patient: patientWire(facts.person),
    settled_at: momentText(at.day, at.minute),
    ...lines.length > 0 && { lines: [...lines] },
  }
}

/** Pushes the notice that a stay has begun or ended. */
export function pushStayNotice(push: Push, type: 'admission' | 'discharge', bill: Bill): void {
  const { facts } = bill
  const [day, minute] = type === 'admission'
    ? [facts.startDay, facts.startMinute]
    : [facts.endDay, facts.endMinute]
  push({
    day,
    minute,
    type,
    person: facts.person,
    make: () => ({
      patient: patientWire(facts.person),
      visit_id: facts.visit,
      institution: facts.place.id,
      at: momentText(day, minute),
    }),
  })
}
