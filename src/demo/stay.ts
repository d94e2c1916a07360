// An ordinary stay: told when it begins and ends, and settled when the patient leaves with its daily
// lines, its tests and, now and then, an operation.
import { Bill } from './bill.js'
import type { VisitFacts } from './bill.js'
import {
  anaesthesia, consumables, drugsFor, operationServices, service, servicesFor,
} from './catalogue.js'
import { operations, stayDiagnoses } from './catalogue-others.js'
import type { Operation } from './catalogue-others.js'
import { dateText } from './clock.js'
import { createRandom, mix } from './random.js'
import type { Random } from './random.js'
import { later, pushStayNotice } from './slot.js'
import type { Push } from './slot.js'

export interface StayScript {
  readonly facts: VisitFacts
  readonly seed: number
  readonly isDelivery: boolean
  readonly push: Push
}

const ADULT_DAYS = 6_575
const normalDelivery = service('003314000020000', '单胎顺产接生', 4_200_000, '06')

/** Pushes admission, discharge and settlement of one stay. */
export function pushStay({ facts, seed, isDelivery, push }: StayScript): void {
  const random = createRandom(seed)
  const nights = isDelivery ? 3 : random.int(3, 15)
  const isAdult = facts.startDay - facts.person.birthDay >= ADULT_DAYS
  const isOperated = !isDelivery && isAdult && random.chance(0.35)
  const operation = isOperated ? random.pick(operations) : undefined
  const whole = {
    ...facts,
    medType: '21',
    endDay: facts.startDay + nights,
    endMinute: random.int(9 * 60, 12 * 60),
    diagnoses: [diagnosisOf(random, { isDelivery, isAdult, operation })],
    procedures: operation === undefined ? [] : [procedureOf(operation, facts.startDay + 1)],
  }
  const head = new Bill(whole, random)
  pushStayNotice(push, 'admission', head)
  pushStayNotice(push, 'discharge', head)
  const [day, minute] = later(whole.endDay, whole.endMinute, 40)
  push({
    day,
    minute,
    type: 'settlement',
    person: facts.person,
    make: () => {
      const content = createRandom(mix(seed, 1))
      const bill = new Bill(whole, content)
      wardDays(bill, content)
      if (operation !== undefined) operate(bill, content, operation)
      if (isDelivery) bill.add(normalDelivery, { day: facts.startDay + 1 })
      return bill.settlement(day, minute)
    },
  })
}

interface Reason {
  readonly isDelivery: boolean
  readonly isAdult: boolean
  readonly operation: Operation | undefined
}

function diagnosisOf(random: Random, { isDelivery, isAdult, operation }: Reason) {
  if (isDelivery) return ['O80.000', '头位顺产'] as const
  if (operation !== undefined) return operation.diagnosis
  return isAdult ? random.pick(stayDiagnoses) : stayDiagnoses[0]!
}

function procedureOf({ procedure: [code, name] }: Operation, day: number) {
  return { code, name, is_main: true, date: dateText(day), incision: '1', incision_class: 'II' }
}

/** Bed, nursing and care for each night, medicines each day, tests on some. */
export function wardDays(bill: Bill, random: Random): void {
  const { startDay, endDay } = bill.facts
  const medicines = random.some(drugsFor('ward'), random.int(1, 3))
  for (let day = startDay; day < endDay; day++) {
    // The first day begins at admission, the others at eight.
    const minute = day === startDay ? bill.facts.startMinute + 15 : 480
    for (const article of servicesFor('daily')) bill.add(article, { day, minute })
    for (const article of medicines) {
      bill.add(article, { day, minute: minute + 20, quantity: random.int(1, 2) })
    }
    if (random.chance(0.7)) bill.add(servicesFor('stay')[0]!, { day, minute: minute + 20 })
    if (day === startDay || random.chance(0.25)) {
      const tests = random.some(servicesFor('lab'), random.int(3, 8))
      for (const article of tests) bill.add(article, { day, minute: minute + 5 })
    }
  }
  if (random.chance(0.5)) {
    bill.add(random.pick(servicesFor('imaging')), { minute: bill.facts.startMinute + 60 })
  }
}

function operate(bill: Bill, random: Random, operation: Operation): void {
  const at = { day: bill.facts.startDay + 1, minute: 600 }
  bill.add(operationServices.get(operation.service)!, at)
  bill.add(anaesthesia, at)
  for (const article of random.some(consumables, random.int(3, 8))) {
    bill.add(article, { ...at, quantity: random.int(1, 2) })
  }
}
