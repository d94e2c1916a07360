// Where a scene plays: a patient of its own, visits, and the plan. A scene says who did what on which
// day; the stage gives ids, fillers of ordinary care and the order of events.
import { Bill } from './bill.js'
import type { VisitFacts } from './bill.js'
import { outpatientVisit } from './care.js'
import { patientKey } from './patient.js'
import type { Person, Sex } from './patient.js'
import type { Plan, PlantKind } from './plan.js'
import { createRandom, mix } from './random.js'
import type { Random } from './random.js'
import type { Place, Region } from './region.js'
import { later, pushStayNotice, reversalData } from './slot.js'
import type { Push, Slot } from './slot.js'
import { wardDays } from './stay.js'

export interface PersonOptions {
  readonly sex?: Sex
  readonly birthDay?: number
  readonly insurance?: string
}

/** Days are counted from the scene's first day; fields of the visit's facts may be set directly. */
export interface VisitOptions extends Partial<VisitFacts> {
  readonly on?: number
  readonly nights?: number
  /** Nothing but what the scene adds. */
  readonly isBare?: boolean
  /** Whether admission and discharge are told when they happen. */
  readonly isTold?: boolean
  /** Minutes between a visit's settlement and its event. */
  readonly toldAfter?: number
}

/** What a scene returns: the bill that must raise the finding, and its violating lines. */
export interface Raised {
  readonly bill: Bill
  readonly items: readonly string[]
  /** Bills that tell the same violation once more. */
  readonly again?: readonly Bill[]
}

export interface SceneOptions {
  readonly region: Region
  readonly scene: number
  readonly day: number
  readonly kind: PlantKind
  readonly isHit: boolean
  /** Counts the scenes of one kind, for scenes with several shapes. */
  readonly variant: number
}

type Moments = Pick<VisitFacts, 'startDay' | 'startMinute' | 'endDay' | 'endMinute'>

/** One for a scene: its first person is in all its visits, whose days count from the scene's own. */
export class Stage {
  readonly region: Region
  readonly random: Random
  readonly day: number
  readonly scene: number
  readonly isHit: boolean
  readonly variant: number
  readonly #options: SceneOptions
  readonly #slots: { slot: Slot, settlement: string }[] = []
  readonly #person: Person
  #visits = 0

  constructor(options: SceneOptions) {
    this.#options = options
    this.region = options.region
    this.day = options.day
    this.scene = options.scene
    this.isHit = options.isHit
    this.variant = options.variant
    this.random = createRandom(mix(options.region.seed, 5, options.scene))
    this.#person = this.person()
  }

  /** A grown-up who comes in no other scene. Of one scene, all calls give the same key. */
  person(options: PersonOptions = {}): Person {
    const { region, scene } = this.#options
    return {
      key: patientKey(region.seed, 6, scene),
      sex: mix(scene, 7) % 2 === 0 ? 'male' : 'female',
      birthDay: this.day - 14_000 - mix(scene, 8) % 6_000,
      insurance: '310',
      region: region.pool,
      ...options,
    }
  }

  /** Somebody else. */
  stranger(): Person {
    const { region, scene } = this.#options
    return { ...this.person(), key: patientKey(region.seed, 9, scene) }
  }

  hospital(level: 1 | 2 | 3 = 3): Place {
    const { level1, level2, level3 } = this.region
    return this.random.pick(level === 3 ? level3 : level === 2 ? level2 : level1)
  }

  /** An outpatient visit (or a purchase), settled half an hour later. */
  visit(options: VisitOptions = {}): Bill {
    const { on = 0, isBare = false, toldAfter = 0, ...facts } = options
    const startDay = this.day + on
    const startMinute = facts.startMinute ?? 9 * 60 + this.random.int(0, 360)
    const bill = this.#open({
      startDay, startMinute, endDay: startDay, endMinute: startMinute, ...facts,
    })
    if (!isBare) this.#fillLater(bill, outpatientVisit)
    this.#settle(bill, later(startDay, startMinute, 30), toldAfter)
    return bill
  }

  /** A stay with its ordinary daily lines, from admission to settlement. */
  stay(options: VisitOptions = {}): Bill {
    const { on = 0, nights = 5, isBare = false, isTold = true, ...facts } = options
    const startDay = this.day + on
    const bill = this.#open({
      medType: '21', startDay, startMinute: 540, endDay: startDay + nights, endMinute: 600,
      diagnoses: [['J18.900', '肺炎']], ...facts,
    })
    if (!isBare) this.#fillLater(bill, wardDays)
    const push: Push = (slot) => this.#slots.push({ slot, settlement: '' })
    if (isTold) {
      pushStayNotice(push, 'admission', bill)
      pushStayNotice(push, 'discharge', bill)
    }
    this.#settle(bill, later(bill.facts.endDay, bill.facts.endMinute, 40))
    return bill
  }

  /** What somebody else tells: a stock that moved, a benefit that was registered. */
  notice(
    type: 'stock' | 'registry',
    { on = 0, minute, owner, data }:
      { on?: number, minute: number, owner: readonly [kind: string, key: string], data: object },
  ): void {
    const slot: Slot = {
      day: this.day + on, minute, type, person: this.#person, owner, make: () => data,
    }
    this.#slots.push({ slot, settlement: '' })
  }

  /** Takes a bill back, wholly, some minutes after its visit. */
  refund(bill: Bill, minutes: number): void {
    const [day, minute] = later(bill.facts.endDay, bill.facts.endMinute, minutes)
    const { person } = bill.facts
    const make = () => reversalData(bill, { day, minute })
    this.#slots.push({ slot: { day, minute, type: 'reversal', person, make }, settlement: '' })
  }

  /** Pushes what happened, each event with the plan. */
  finish({ bill, items, again = [] }: Raised, push: Push): void {
    this.#slots.sort((a, b) => a.slot.day - b.slot.day || a.slot.minute - b.slot.minute)
    const plan: Plan = {
      scene: this.#options.scene,
      kind: this.#options.kind,
      expect: this.isHit ? 'hit' : 'miss',
      patientKey: bill.facts.person.key,
      institution: bill.facts.place.id,
      settlements: this.#slots.map(({ settlement }) => settlement).filter((id) => id !== ''),
      raisedBy: bill.facts.settlement,
      items: this.isHit ? items : [],
      again: this.isHit ? again.map(({ facts }) => facts.settlement) : [],
    }
    for (const { slot } of this.#slots) push({ ...slot, plan })
  }

  /** Ordinary lines follow the scene's own, from numbers of their own: a start may skip this bill. */
  #fillLater(bill: Bill, fill: (bill: Bill, random: Random) => void): void {
    const seed = mix(this.region.seed, 10, this.#options.scene, this.#visits)
    bill.fillLater(() => fill(bill, createRandom(seed)))
  }

  #open(facts: Partial<VisitFacts> & Moments): Bill {
    const name = `X${this.#options.scene.toString(36)}-${++this.#visits}`
    const seed = mix(this.region.seed, 11, this.#options.scene, this.#visits)
    return new Bill({
      person: this.#person,
      place: this.hospital(),
      visit: `V${name}`,
      settlement: `S${name}`,
      medType: '11',
      diagnoses: [['J06.900', '急性上呼吸道感染']],
      ...facts,
    }, createRandom(seed))
  }

  #settle(bill: Bill, [day, minute]: [number, number], toldAfter = 0): void {
    const [toldDay, toldMinute] = later(day, minute, toldAfter)
    const slot: Slot = {
      day: toldDay, minute: toldMinute, type: 'settlement', person: bill.facts.person,
      make: () => bill.settlement(day, minute),
    }
    this.#slots.push({ slot, settlement: bill.facts.settlement })
  }
}
