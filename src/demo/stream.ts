// The region's events in stream order, numbered, without end. Every day is a function of the seed, so
// a second start walks the days again without writing any data and goes on from its number.
import type { EventType } from '../claim/wire.js'
import { dateText, instantOf, instantText } from './clock.js'
import { pushMonth } from './months.js'
import type { Month } from './months.js'
import { BLOCK_DAYS, pushBlock } from './ordinary.js'
import type { Plan } from './plan.js'
import type { Region } from './region.js'
import { SCENES_PER_PLANT, pushScene } from './scenes.js'
import type { Push, Slot } from './slot.js'

/** CloudEvents 1.0, structured mode. */
export interface CloudEvent {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: EventType
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly data: object
}

export interface StreamEvent {
  /** Place in the stream, from 0. The event's id ends with it. */
  readonly number: number
  /** Milliseconds at which it happens. */
  readonly at: number
  readonly subject: string
  readonly event: CloudEvent
  /** What this event is part of; undefined for ordinary care. */
  readonly plan: Plan | undefined
}

/** What makes slots: one block of a patient's life, one scene, or one hospital's month. */
type Script =
  | { readonly number: number, readonly block: number }
  | { readonly month: Month }
  | { readonly scene: number, readonly day: number }

function pushScript(region: Region, script: Script, push: Push): void {
  if ('scene' in script) pushScene(region, script.scene, script.day, push)
  else if ('month' in script) pushMonth(region, script.month, push)
  else pushBlock(region, script.number, script.block, push)
}

/** A slot still to come: only where to find it again, so that weeks of them weigh little. */
interface Due {
  readonly minute: number
  readonly isSettlement: boolean
  readonly script: Script
  readonly ordinal: number
}

class Agenda {
  readonly #region: Region
  readonly #days = new Map<number, Due[]>()

  constructor(region: Region) {
    this.#region = region
  }

  /** Notes all slots of a script. */
  add(script: Script): void {
    let ordinal = 0
    pushScript(this.#region, script, ({ day, minute, type }) => {
      const due = { minute, isSettlement: type === 'settlement', script, ordinal: ordinal++ }
      const dues = this.#days.get(day)
      if (dues === undefined) this.#days.set(day, [due])
      else dues.push(due)
    })
  }

  /** Settlements of ordinary care that are due that day. */
  ordinaryOn(day: number): number {
    const dues = this.#days.get(day) ?? []
    return dues.filter(({ isSettlement, script }) => isSettlement && 'block' in script).length
  }

  /** What is due that day by minute; in one minute, in the order of adding. */
  take(day: number): Due[] {
    const dues = this.#days.get(day) ?? []
    this.#days.delete(day)
    return dues.sort((a, b) => a.minute - b.minute)
  }
}

/** Plays the script again, up to the slot that is due. */
function slotOf(region: Region, { script, ordinal }: Due): Slot {
  const slots: Slot[] = []
  pushScript(region, script, (slot) => slots.push(slot))
  return slots[ordinal]!
}

/** Everything that happens, from event number `from` on. */
export function* events(region: Region, { from = 0 } = {}): Generator<StreamEvent, never> {
  const agenda = new Agenda(region)
  let number = 0
  let scenes = 0
  let scenesDue = 0
  let months = 0
  // Blocks that began in the weeks before are still running on the first day.
  for (let day = region.startDay - BLOCK_DAYS + 1; day < region.startDay; day++) {
    beginBlocks(region, day, agenda)
  }
  for (let day = region.startDay; ; day++) {
    beginBlocks(region, day, agenda)
    scenesDue += agenda.ordinaryOn(day) * region.plantRate * SCENES_PER_PLANT
    for (; scenes < Math.floor(scenesDue); scenes++) agenda.add({ scene: scenes, day })
    if (region.plantRate > 0 && isFirstOfMonth(day)) beginMonth(months++, day, agenda)
    for (const due of agenda.take(day)) {
      if (number >= from) yield eventOf(region, slotOf(region, due), number)
      number++
    }
  }
  /* c8 ignore next -- the days have no end */
}

/** Of every 28 patients one begins a block on a given day. */
function beginBlocks(region: Region, day: number, agenda: Agenda): void {
  const passed = day - region.startDay
  const first = ((-passed % BLOCK_DAYS) + BLOCK_DAYS) % BLOCK_DAYS
  const block = (passed + first) / BLOCK_DAYS
  for (let number = first; number < region.patients; number += BLOCK_DAYS) {
    agenda.add({ number, block })
  }
}

const isFirstOfMonth = (day: number) => dateText(day).endsWith('-01')

/** However many patients the region has: a month of indicators needs some hundred cases of one hospital. */
function beginMonth(number: number, firstDay: number, agenda: Agenda): void {
  for (const isHit of [false, true]) agenda.add({ month: { number, firstDay, isHit } })
}

function eventOf(region: Region, slot: Slot, number: number): StreamEvent {
  const [kind, key] = slot.owner ?? ['patient', slot.person.key]
  return {
    number,
    at: instantOf(slot.day, slot.minute),
    subject: `claims.event.${kind}.${key}.${slot.type}`,
    event: {
      specversion: '1.0',
      id: `demo-${region.seed}-${number}`,
      source: `/demo/${region.seed}?start=${region.startDay}`,
      type: slot.type,
      time: instantText(slot.day, slot.minute),
      datacontenttype: 'application/json',
      data: slot.make(),
    },
    plan: slot.plan,
  }
}

/** The number of the event after the one with this id; undefined when it is not of this stream. */
export function numberAfter(region: Region, id: string): number | undefined {
  const prefix = `demo-${region.seed}-`
  const number = Number(id.slice(prefix.length))
  return id.startsWith(prefix) && Number.isSafeInteger(number) ? number + 1 : undefined
}
