// Ordinary care: what one patient does in one block of four weeks. A pure function of the region's
// seed, the patient's number and the block, so that the stream can begin anywhere. Nothing here may
// break a rule: visits are days apart, stays months apart, monthly tests exactly four weeks apart.
import { Bill } from './bill.js'
import type { VisitFacts } from './bill.js'
import { acuteDiagnoses, chronicDiagnoses } from './catalogue-others.js'
import type { DiagnosisRow } from './catalogue-others.js'
import { chronicVisit, outpatientVisit, prenatalVisit, purchase } from './care.js'
import { lifeOf } from './patient.js'
import type { Life } from './patient.js'
import { createRandom, mix } from './random.js'
import type { Random } from './random.js'
import type { Place, Region } from './region.js'
import { later, reversalData } from './slot.js'
import type { Push } from './slot.js'
import { pushStay } from './stay.js'

export const BLOCK_DAYS = 28
const STAY_EVERY_BLOCKS = 6
const PRENATAL_BLOCKS = 9

interface Block {
  readonly region: Region
  readonly number: number
  readonly block: number
  readonly life: Life
  readonly random: Random
  readonly push: Push
}

/** Seeds of a block's bills: one for each kind of event, so that none shifts another. */
type Part = 'chronic' | 'acute' | 'purchase' | 'stay'
const partNumber: Record<Part, number> = { chronic: 1, acute: 2, purchase: 3, stay: 4 }

/** First day of a patient's block. Patients are spread over the four weeks. */
export function blockStart(region: Region, number: number, block: number): number {
  return region.startDay - number % BLOCK_DAYS + block * BLOCK_DAYS
}

/** Gives one patient's bills of four weeks to `push`: the same ones whenever it is asked. */
export function pushBlock(region: Region, number: number, block: number, push: Push): void {
  const life = lifeOf(region, number)
  const random = createRandom(mix(region.seed, 3, number, block))
  const scene: Block = { region, number, block, life, random, push }
  const untilDelivery = (life.deliveryBlock ?? -1) - block
  if (untilDelivery === 0) return stay(scene, true)
  const isStayDue = (block + number) % STAY_EVERY_BLOCKS === 0
  if (isStayDue && random.chance(0.2)) return stay(scene, false)
  const fixedDay = 3 + number % 20
  const isExpecting = untilDelivery > 0 && untilDelivery <= PRENATAL_BLOCKS
  if (isExpecting) prenatal(scene, fixedDay)
  else if (life.chronic.length > 0 && random.chance(0.8)) chronic(scene, fixedDay)
  const acuteDay = random.int(0, BLOCK_DAYS - 1)
  const purchaseDay = random.int(0, BLOCK_DAYS - 1)
  if (acuteDay !== fixedDay && random.chance(0.3)) acute(scene, acuteDay)
  const isFreeDay = purchaseDay !== fixedDay && purchaseDay !== acuteDay
  if (isFreeDay && random.chance(0.2)) buy(scene, purchaseDay)
}

function chronic(scene: Block, offset: number): void {
  const { life, region, random } = scene
  const diagnoses = life.chronic.map((disease) => chronicDiagnoses[disease])
  const isInternet = random.chance(0.06)
  const place = isInternet
    ? random.pick(region.level3)
    : random.pick(random.chance(0.6) ? region.level1 : region.level2)
  const facts = visitFacts(scene, 'chronic', { offset, place, diagnoses })
  settle(scene, { ...facts, medType: '14', isInternet }, (bill, line) => chronicVisit(bill, line, life))
}

function prenatal(scene: Block, offset: number): void {
  const { region, random, life } = scene
  const place = random.pick(region.level2)
  const diagnoses: DiagnosisRow[] = [['Z34.900', '正常妊娠监督']]
  const facts = visitFacts(scene, 'chronic', { offset, place, diagnoses })
  settle(scene, { ...facts, person: { ...life, isPregnant: true } }, prenatalVisit)
}

function acute(scene: Block, offset: number): void {
  const { region, random } = scene
  const place = random.pick(random.pick(
    [region.level3, region.level2, region.level1, region.level1, region.clinics],
  ))
  const diagnoses = [random.pick(acuteDiagnoses)]
  const facts = visitFacts(scene, 'acute', { offset, place, diagnoses })
  const isEmergency = place.level >= 2 && random.chance(0.12)
  settle(scene, isEmergency ? { ...facts, medType: '13' } : facts, outpatientVisit)
}

function buy(scene: Block, offset: number): void {
  const { region, random } = scene
  const facts = visitFacts(scene, 'purchase', {
    offset, place: random.pick(region.pharmacies), diagnoses: [],
  })
  settle(scene, { ...facts, medType: '41' }, purchase)
}

function stay(scene: Block, isDelivery: boolean): void {
  const { region, random, life } = scene
  const offset = random.int(2, 8)
  const place = random.pick(random.chance(0.4) ? region.level3 : region.level2)
  const facts = visitFacts(scene, 'stay', { offset, place, diagnoses: [] })
  if (facts.startDay < region.startDay) return
  pushStay({
    facts: isDelivery ? { ...facts, person: { ...life, isPregnant: true } } : facts,
    seed: seedOf(scene, 'stay'),
    isDelivery,
    push: scene.push,
  })
}

interface VisitSketch {
  readonly offset: number
  readonly place: Place
  readonly diagnoses: readonly DiagnosisRow[]
}

function visitFacts(scene: Block, part: Part, sketch: VisitSketch): VisitFacts {
  const { region, number, block, life, random } = scene
  const startDay = blockStart(region, number, block) + sketch.offset
  const startMinute = random.int(8 * 60, 18 * 60)
  const name = `${number.toString(36)}-${block.toString(36)}-${partNumber[part]}`
  return {
    person: life,
    place: sketch.place,
    visit: `V${name}`,
    settlement: `S${name}`,
    medType: '11',
    startDay,
    startMinute,
    endDay: startDay,
    endMinute: startMinute,
    diagnoses: sketch.diagnoses,
  }
}

function seedOf(scene: Block, part: Part): number {
  return mix(scene.region.seed, 4, scene.number, scene.block, partNumber[part])
}

type FillBill = (bill: Bill, random: Random) => void

/** Pushes one bill, and now and then a second sending of it or a refund. */
function settle(scene: Block, facts: VisitFacts, fill: FillBill): void {
  const { random, push } = scene
  if (facts.startDay < scene.region.startDay) return
  const seed = mix(facts.startDay, facts.startMinute, seedOf(scene, partOf(facts)))
  const [day, minute] = later(facts.startDay, facts.startMinute, random.int(10, 90))
  function bill(): Bill {
    const content = createRandom(seed)
    const made = new Bill(facts, content)
    fill(made, content)
    return made
  }
  const slot = {
    day, minute, type: 'settlement', person: facts.person,
    make: () => bill().settlement(day, minute),
  } as const
  push(slot)
  if (random.chance(0.006)) {
    const [againDay, againMinute] = later(day, minute, random.int(1, 900))
    push({ ...slot, day: againDay, minute: againMinute })
  }
  if (random.chance(0.015)) refund(scene, bill, later(day, minute, random.int(-3, 2_000)))
}

/** Whole or in part. A few come before the bill they take back, as they do on a real bus. */
function refund(scene: Block, bill: () => Bill, [day, minute]: [number, number]): void {
  const isWhole = scene.random.chance(0.6)
  scene.push({
    day,
    minute,
    type: 'reversal',
    person: scene.life,
    make: () => {
      const made = bill()
      const last = made.items.at(-1)!
      const lines = [{ item: last.id!, quantity: 1 }]
      return reversalData(made, { day, minute }, isWhole ? [] : lines)
    },
  })
}

function partOf(facts: VisitFacts): Part {
  if (facts.medType === '41') return 'purchase'
  return facts.medType === '14' ? 'chronic' : 'acute'
}
