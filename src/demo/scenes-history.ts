// Scenes that only the past can tell: tests too soon, courses too long, stays split or overlapping,
// visits too many, packs sold twice. Each has a twin one day, one visit or one field away.
import { newTraceCode } from './bill.js'
import type { Bill } from './bill.js'
import { diabetes, stroke } from './catalogue-clinical.js'
import * as limits from './catalogue-limits.js'
import type { Article } from './catalogue.js'
import { acuteDrugs, drugsFor } from './catalogue.js'
import type { Raised, Stage } from './stage.js'

/** A test one to three days before it may be done again; the twin's on the first day it may. */
export function tooSoonAgain(stage: Stage): Raised {
  const diagnoses = [diabetes]
  stage.visit({ diagnoses }).add(limits.slowTest)
  const on = limits.slowTestDays - (stage.isHit ? 1 + stage.variant % 3 : 0)
  const bill = stage.visit({ on, diagnoses })
  return { bill, items: [bill.add(limits.slowTest)] }
}

/** One line a day for so many days; returns the last day's line. */
function daily(bill: Bill, article: Article, days: readonly number[]): string {
  let last = ''
  for (const day of days) last = bill.add(article, { day, minute: 520 })
  return last
}

function range(first: number, count: number, step = 1): number[] {
  return Array.from({ length: count }, (_, index) => first + index * step)
}

/** A drug given on one day more than its course has; the twin has just the course. */
export function drugCourseTooLong(stage: Stage): Raised {
  const days = limits.courseDrugDays + (stage.isHit ? 1 : 0)
  const bill = stage.stay({ nights: 17 })
  return { bill, items: [daily(bill, limits.courseDrug, range(stage.day, days))] }
}

/** Four doses, the last a day past the span that begins with the first; the twin's within it. */
export function drugCourseSpanTooLong(stage: Stage): Raised {
  // Few days of use: only the span from the first to the last is long.
  const last = limits.spanDrugDays - (stage.isHit ? 0 : 1)
  const diagnoses = [stroke]
  for (const on of [0, 6, 12]) stage.visit({ on, diagnoses }).add(limits.spanDrug)
  const bill = stage.visit({ on: last, diagnoses })
  return { bill, items: [bill.add(limits.spanDrug)] }
}

/** A course over two stays with one day too many; the twin has just the course. */
export function serviceCourseTooLong(stage: Stage): Raised {
  const days = limits.courseServiceDays + (stage.isHit ? 1 : 0)
  const first = stage.stay({ nights: 18, diagnoses: [stroke] })
  daily(first, limits.courseService, range(stage.day, 18))
  const bill = stage.stay({ on: 40, nights: 15, diagnoses: [stroke] })
  return { bill, items: [daily(bill, limits.courseService, range(stage.day + 40, days - 18))] }
}

/**
 * Admitted again to the same hospital within the days that make it one stay; the twin a day later,
 * elsewhere or as planned, by turns.
 */
export function splitStay(stage: Stage): Raised {
  const [place, elsewhere] = stage.random.some(stage.region.level3, 2)
  const nights = 4
  stage.stay({ place: place!, nights })
  const gap = limits.splitStayDays - stage.variant % 3
  if (stage.isHit) return { bill: stage.stay({ place: place!, on: nights + gap }), items: [] }
  // A day later, in another hospital, or as it was planned.
  const twins = [
    { place: place!, on: nights + limits.splitStayDays + 1 },
    { place: elsewhere!, on: nights + gap },
    { place: place!, on: nights + gap, more: { is_planned_readmission: true } },
  ]
  return { bill: stage.stay(twins[stage.variant % twins.length]), items: [] }
}

/**
 * Admitted elsewhere two days before the discharge; the twin is transferred on its day. No line is at
 * fault.
 */
export function overlappingStays(stage: Stage): Raised {
  const [place, elsewhere] = stage.random.some(stage.region.level3, 2)
  stage.stay({ place: place!, nights: 6 })
  // Leaving one hospital for another on one day is a transfer, not an overlap.
  const on = stage.isHit ? 4 : 6
  const more = { is_transfer: !stage.isHit }
  // No bed and no care: two beds on one day would be a violation of their own.
  const bill = stage.stay({ place: elsewhere!, on, startMinute: 900, more, isBare: true })
  for (const article of drugsFor('ward').slice(0, 3)) bill.add(article, { day: stage.day + 7 })
  return { bill, items: [] }
}

/** A visit elsewhere in the middle of a stay, told or not by turns; the twin's on its first or last day. */
export function outpatientDuringStay(stage: Stage): Raised {
  const [place, elsewhere] = stage.random.some(stage.region.level3, 2)
  // Half of the stays are told when they begin; of the others nothing is known until they are settled.
  const isTold = stage.variant % 2 === 0
  const stay = stage.stay({ place: place!, nights: 6, isTold })
  const borders = [0, 6]
  const on = stage.isHit ? 3 : borders[stage.variant % 2]!
  const visit = stage.visit({ place: elsewhere!, on, isBare: true })
  const id = visit.add(acuteDrugs[stage.variant % acuteDrugs.length]!)
  // A stay that was told makes the visit wrong at once, and its own settlement says so again.
  return isTold ? { bill: visit, items: [id], again: [stay] } : { bill: stay, items: [] }
}

/** One outpatient visit too many in the window; the twin's last is the day after it. */
export function frequentVisits(stage: Stage): Raised {
  const { most, days } = limits.visits
  return frequently(stage, { most, days, medType: '11' })
}

/** One purchase too many in the window; the twin's last is the day after it. */
export function frequentPurchases(stage: Stage): Raised {
  const { most, days } = limits.purchases
  return frequently(stage, { most, days, medType: '41' })
}

interface Often {
  readonly most: number
  readonly days: number
  readonly medType: string
}

/** One more than allowed inside the window; or the last one on the day after it. */
function frequently(stage: Stage, { most, days, medType }: Often): Raised {
  let last: Bill | undefined
  for (let index = 0; index <= most; index++) {
    const isLate = index === most && !stage.isHit
    const on = isLate ? days : Math.floor(index * (days - 1) / most)
    const place = medType === '41'
      ? stage.random.pick(stage.region.pharmacies)
      : stage.hospital(2)
    last = stage.visit({ on, place, medType, startMinute: 500 + index * 7, isBare: true })
    last.add(acuteDrugs[index % acuteDrugs.length]!)
  }
  return { bill: last!, items: [] }
}

/** One admission too many in the window; the twin has one fewer. */
export function frequentAdmissions(stage: Stage): Raised {
  const { most, days } = limits.admissions
  const count = most + (stage.isHit ? 1 : 0)
  const step = Math.floor((days - 1) / most)
  let last: Bill | undefined
  for (let index = 0; index < count; index++) {
    const place = stage.region.level2[index % stage.region.level2.length]!
    last = stage.stay({ on: index * step, nights: 3, place })
  }
  return { bill: last!, items: [] }
}

/** The same pack sold to two people; the twin was opened and sold by the piece, or given back first. */
export function traceCodeTwice(stage: Stage): Raised {
  const traceCodes = [newTraceCode(stage.random)]
  const article = acuteDrugs[stage.variant % acuteDrugs.length]!
  const isSplit = !stage.isHit && stage.variant % 2 === 0
  const more = isSplit ? { is_split_pack: true } : {}
  const first = stage.visit()
  first.add(article, { traceCodes, more })
  if (!stage.isHit && !isSplit) stage.refund(first, 300)
  const bill = stage.visit({ on: 2, person: stage.stranger(), place: stage.hospital(2) })
  return { bill, items: [bill.add(article, { traceCodes, more })] }
}
