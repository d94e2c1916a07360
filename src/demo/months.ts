// Months of a whole hospital, one kind after the other: in one hospital the last case of the month carries
// a share or a rate over what is usual, beside it another stays just within. Both have no other patients.
import { Bill } from './bill.js'
import type { VisitFacts } from './bill.js'
import {
  acuteDrugs, consultation, consumables, drugsFor, servicesFor,
} from './catalogue.js'
import type { Article } from './catalogue.js'
import { acuteDiagnoses, stayDiagnoses } from './catalogue-others.js'
import type { DiagnosisRow } from './catalogue-others.js'
import { patientKey } from './patient.js'
import type { Person } from './patient.js'
import { monthKinds } from './plan.js'
import type { MonthKind, Plan } from './plan.js'
import { createRandom, mix } from './random.js'
import type { Random } from './random.js'
import type { Place, Region } from './region.js'
import { later, pushStayNotice } from './slot.js'
import type { Push } from './slot.js'
import { wardDays } from './stay.js'

export interface Month {
  /** Counts the region's calendar months. */
  readonly number: number
  readonly firstDay: number
  readonly isHit: boolean
}

/** Lines of a bill in yuan. The usual ones keep a share at what is allowed; `over` carries it past that. */
interface Shape {
  readonly usual: readonly (readonly [article: Article, yuan: number])[]
  readonly over: readonly (readonly [article: Article, yuan: number])[]
}

const visitsAMonth = 210
const staysAMonth = 51
const nights = 3
/** Patients of the month's first days come back, later than a stay that was cut in two would. */
const returnsFrom = 45
const infectedEvery = 10

const visit = [consultation, 18] as const
const [muscle, vein, , dressing] = servicesFor('treatment')
const blood = servicesFor('lab')[0]!
const protein = servicesFor('lab').find(({ code }) => code === '002504010250000')!
const albumin = servicesFor('lab').find(({ code }) => code === '002503010020000')!
const [, scan, magnet] = servicesFor('imaging')
const stitches = consumables[5]!
const tablets = drugsFor('gastric')[0]!

const shapes: Partial<Record<MonthKind, Shape>> = {
  // 57 of 95 are drugs: three in five.
  'month-of-drugs': { usual: [visit, [blood, 20], [tablets, 57]], over: [[acuteDrugs.at(-1)!, 30]] },
  // 50 of 100.
  'month-of-tests': {
    usual: [visit, [tablets, 32], [blood, 20], [protein, 25], [albumin, 5]],
    over: [[servicesFor('imaging')[4]!, 98]],
  },
  // 90 of 150.
  'month-of-consumables': { usual: [visit, [tablets, 42], [stitches, 90]], over: [[consumables[6]!, 26]] },
  // 28 of 56.
  'month-of-treatments': { usual: [visit, [tablets, 10], [dressing!, 28]], over: [[muscle!, 4], [vein!, 6]] },
  // 220 of 734: a little less than three in ten, and of all bills together some forty yuan less.
  'month-of-ct': { usual: [visit, [tablets, 296], [stitches, 200], [scan!, 220]], over: [[scan!, 220]] },
  // 480 of 1,600.
  'month-of-mri': { usual: [visit, [tablets, 602], [stitches, 500], [magnet!, 480]], over: [[magnet!, 480]] },
}

/**
 * Gives every bill of one institution's month to `push`; which kind of month it is follows from its
 * number.
 */
export function pushMonth(region: Region, month: Month, push: Push): void {
  const kind = monthKinds[month.number % monthKinds.length]!
  const shape = shapes[kind]
  const scene: Scene = {
    region, month, kind, place: hospitalOf(region, month, kind),
    cases: shape === undefined ? staysAMonth : visitsAMonth,
  }
  const plan = planOf(scene)
  for (let index = 0; index < scene.cases; index++) {
    if (shape === undefined) pushStay(scene, index, plan, push)
    else pushVisit(scene, index, plan, { shape, push })
  }
}

interface Scene {
  readonly region: Region
  readonly month: Month
  readonly kind: MonthKind
  readonly place: Place
  readonly cases: number
}

/** The same two hospitals whenever a kind comes round again. */
function hospitalOf({ pool }: Region, { isHit }: Month, kind: MonthKind): Place {
  const serial = 90_000 + monthKinds.indexOf(kind) * 2 + (isHit ? 1 : 0)
  return { id: `H${pool}${serial}`, level: 3, type: 'A100', region: pool }
}

function planOf({ region, month, kind, place, cases }: Scene): Plan {
  const last = cases - 1
  return {
    scene: -(month.number * 2 + (month.isHit ? 2 : 1)), // scenes of the other plants count upwards
    kind,
    expect: month.isHit ? 'hit' : 'miss',
    patientKey: personOf({ region, month, kind }, last).key,
    institution: place.id,
    settlements: Array.from({ length: cases }, (_, index) => settlementOf(month, index)),
    raisedBy: settlementOf(month, last),
    items: [],
    again: [],
  }
}

const nameOf = ({ firstDay, isHit }: Month, index: number) =>
  `M${firstDay.toString(36)}${isHit ? 1 : 0}-${index}`
const settlementOf = (month: Month, index: number) => `S${nameOf(month, index)}`

/** Those who come back at the month's end are those who came first; in the quiet hospital one fewer. */
function personOf({ region, month, kind }: Pick<Scene, 'region' | 'month' | 'kind'>, index: number): Person {
  const isBack = isReturn({ kind, month }, index)
  const number = (month.firstDay * 2 + (month.isHit ? 1 : 0)) * 1_000 + (isBack ? index - returnsFrom : index)
  return {
    key: patientKey(region.seed, 12, number),
    sex: mix(number, 13) % 2 === 0 ? 'male' : 'female',
    birthDay: month.firstDay - 14_000 - mix(number, 14) % 6_000,
    insurance: '310',
    region: region.pool,
  }
}

function isReturn({ kind, month: { isHit } }: Pick<Scene, 'kind' | 'month'>, index: number): boolean {
  return kind === 'month-of-returns' && index >= returnsFrom && (isHit || index < staysAMonth - 1)
}

function isInfected({ kind, month: { isHit } }: Scene, index: number): boolean {
  if (kind !== 'month-of-infections') return false
  return index % infectedEvery === infectedEvery - 1 || (isHit && index === staysAMonth - 1)
}

const departments = [['A02', '全科医疗科'], ['A03', '内科'], ['A04', '外科']] as const

interface Moment {
  readonly day: number
  readonly minute: number
}

/** A case's day and minute: evenly over the month's weeks, in working hours, one after the other. */
function momentOf({ month, cases }: Scene, index: number, firstDay: number): Moment {
  const days = firstDay + index * (28 - firstDay) / cases
  const day = Math.floor(days)
  return { day: month.firstDay + day, minute: 480 + Math.floor((days - day) * 540) }
}

type CaseFacts = Pick<VisitFacts, 'person' | 'place' | 'visit' | 'settlement' | 'more'>

function factsOf(scene: Scene, index: number): CaseFacts {
  const { month, place } = scene
  const [department, name] = departments[index % departments.length]!
  const doctor = { id: `D${place.id.slice(-5)}${index % 12}`, title: '233' }
  return {
    person: personOf(scene, index),
    place,
    visit: `V${nameOf(month, index)}`,
    settlement: settlementOf(month, index),
    more: { department, department_name: name, doctor },
  }
}

/** `part`: the lines' own, so that a start may skip them. */
function randomOf({ region, month }: Scene, index: number, part: 'head' | 'lines'): Random {
  const which = part === 'head' ? 15 : 16
  return createRandom(mix(region.seed, which, month.firstDay, month.isHit ? 1 : 0, index))
}

function pushVisit(
  scene: Scene, index: number, plan: Plan, { shape, push }: { shape: Shape, push: Push },
): void {
  const at = momentOf(scene, index, 0)
  const [day, minute] = later(at.day, at.minute, 30)
  const isOver = scene.month.isHit && index === scene.cases - 1
  const facts = factsOf(scene, index)
  const make = () => {
    const random = randomOf(scene, index, 'lines')
    const bill = new Bill({
      ...facts, medType: '11', startDay: at.day, startMinute: at.minute, endDay: at.day, endMinute: at.minute,
      diagnoses: [random.pick(acuteDiagnoses)],
    }, random)
    for (const [article, yuan] of isOver ? [...shape.usual, ...shape.over] : shape.usual) {
      bill.add(article === tablets ? random.pick(acuteDrugs) : article, { price: yuan * 10_000 })
    }
    return bill.settlement(day, minute)
  }
  push({ day, minute, type: 'settlement', person: facts.person, make, plan })
}

function pushStay(scene: Scene, index: number, plan: Plan, push: Push): void {
  const end = momentOf(scene, index, nights + 1)
  const facts = factsOf(scene, index)
  const random = randomOf(scene, index, 'head')
  const diagnoses: DiagnosisRow[] = [random.pick(stayDiagnoses.slice(1))]
  if (isInfected(scene, index)) diagnoses.push(stayDiagnoses[0]!)
  const whole: VisitFacts = {
    ...facts, medType: '21', startDay: end.day - nights, startMinute: end.minute, endDay: end.day,
    endMinute: end.minute, diagnoses,
    more: {
      ...facts.more,
      is_planned_readmission: false,
      diagnoses: diagnoses.map(([code, name], at) => ({
        code, name, is_main: at === 0, order: at + 1, kind: '1', is_hospital_acquired: at > 0,
      })),
    },
  }
  const planned: Push = (slot) => push({ ...slot, plan })
  const head = new Bill(whole, random)
  pushStayNotice(planned, 'admission', head)
  pushStayNotice(planned, 'discharge', head)
  const [day, minute] = later(end.day, end.minute, 40)
  const make = () => {
    const content = randomOf(scene, index, 'lines')
    const bill = new Bill(whole, content)
    wardDays(bill, content)
    return bill.settlement(day, minute)
  }
  push({ day, minute, type: 'settlement', person: facts.person, make, plan })
}
