// Scenes about the lines of one bill: herbs, quantities, pairs, operations, prices, ids. Each has a
// twin that lies just on the right side of the limit.
import type { Bill } from './bill.js'
import * as limits from './catalogue-limits.js'
import { acuteDrugs, herbs, service, servicesFor } from './catalogue.js'
import type { Article } from './catalogue.js'
import type { DiagnosisRow } from './catalogue-others.js'
import { dateText } from './clock.js'
import type { Raised, Stage } from './stage.js'

/** Herb lines share a prescription. */
function herbLine(bill: Bill, article: Article): string {
  return bill.add(article, {
    quantity: 35, more: { prescription: `${bill.facts.visit}-H`, herb_use: '1', days_of_supply: 7 },
  })
}

/** A herbal piece that is never paid, beside five others; the twin's patient pays for it alone. */
export function herbNeverPayable(stage: Stage): Raised {
  const bill = stage.visit()
  for (const article of herbs.slice(0, 5)) herbLine(bill, article)
  // The twin is paid by the patient alone, as the list asks.
  const id = bill.add(limits.neverPaidHerb, {
    quantity: 63,
    isOwnPay: !stage.isHit,
    more: { prescription: `${bill.facts.visit}-H`, herb_use: '1', days_of_supply: 7 },
  })
  return { bill, items: [id] }
}

/** Pieces that are paid in a compound only; the twin has one that is paid by itself. */
export function herbsNotPayableAlone(stage: Stage): Raised {
  const bill = stage.visit({ isBare: true })
  const items = limits.compoundOnlyHerbs.map((article) => herbLine(bill, article))
  if (!stage.isHit) herbLine(bill, herbs[0]!)
  return { bill, items }
}

/** A day's care charged twice on one day; the twin's second is of the next day. */
export function quantityADay(stage: Stage): Raised {
  const bill = stage.stay()
  bill.add(limits.dailyCare, { day: stage.day + 1, minute: 480 })
  const second = bill.add(limits.dailyCare, { day: stage.day + (stage.isHit ? 1 : 2), minute: 900 })
  return { bill, items: [second] }
}

/** One hour more than a day has; the twin has just as many. */
export function quantityByTheHour(stage: Stage): Raised {
  const bill = stage.stay()
  const quantity = limits.hoursADay + (stage.isHit ? 1 : 0)
  return { bill, items: [bill.add(limits.hourlyMonitoring, { day: stage.day + 1, quantity })] }
}

/** Two lines in one hour, or in two. */
export function quantityInOneHour(stage: Stage): Raised {
  const bill = stage.stay()
  bill.add(limits.hourlyMonitoring, { day: stage.day + 1, minute: 610 })
  const minute = stage.isHit ? 640 : 660
  return { bill, items: [bill.add(limits.hourlyMonitoring, { day: stage.day + 1, minute })] }
}

/** A service and what it includes on one day; the twin's are a day apart. */
export function exclusiveSameDay(stage: Stage): Raised {
  const [including, included] = limits.dayPair
  const first = stage.visit({ medType: '13' })
  first.add(including)
  if (stage.isHit) return { bill: first, items: [first.add(included)] }
  const next = stage.visit({ on: 1, medType: '13' })
  return { bill: next, items: [next.add(included)] }
}

/** Who charges an operation has coded one, for a disease that asks for it. */
function stomachOperation(day: number) {
  const main: DiagnosisRow = ['C16.900', '胃恶性肿瘤']
  const date = dateText(day)
  const procedures = [{ code: '43.9900', name: '其他胃全部切除术', is_main: true, date, incision: '1' }]
  return { diagnoses: [main], procedures }
}

/** An operation and what it includes, three days apart in one stay; the twin's are in two stays. */
export function exclusiveSameVisit(stage: Stage): Raised {
  const [including, included] = limits.visitPair
  const bill = stage.stay({ nights: 8, ...stomachOperation(stage.day + 1) })
  bill.add(including, { day: stage.day + 1, minute: 600 })
  if (stage.isHit) return { bill, items: [bill.add(included, { day: stage.day + 4, minute: 600 })] }
  const next = stage.stay({ on: 60, ...stomachOperation(stage.day + 61) })
  return { bill: next, items: [next.add(included, { day: stage.day + 61, minute: 600 })] }
}

/** The included service four hours before the including one; the twin's seven hours. */
export function exclusiveSixHours(stage: Stage): Raised {
  const [including, included] = limits.sixHoursPair
  const person = stage.person({ sex: 'female' })
  const bill = stage.stay({ person, diagnoses: [['O80.000', '头位顺产']], nights: 3 })
  bill.add(including, { day: stage.day + 1, minute: 960 })
  const minute = 960 - (stage.isHit ? 240 : 420)
  return { bill, items: [bill.add(included, { day: stage.day + 1, minute })] }
}

/** Half an hour apart within one hour of the clock; the twin's are two hours apart. */
export function exclusiveSameHour(stage: Stage): Raised {
  const [including, included] = limits.hourPair
  const bill = stage.stay()
  bill.add(including, { day: stage.day + 1, minute: 610 })
  const minute = stage.isHit ? 640 : 730
  return { bill, items: [bill.add(included, { day: stage.day + 1, minute })] }
}

/** A second operation through one incision at the full price; the twin's at half the price or half a unit. */
export function sameIncisionFullPrice(stage: Stage): Raised {
  const [first, second] = limits.sameIncision
  const bill = stage.stay({ nights: 9, ...stomachOperation(stage.day + 1) })
  const at = { day: stage.day + 1, minute: 600 }
  bill.add(first, at)
  // Half is right for the second operation through one incision: half a price, or half a unit.
  const half = stage.variant % 2 === 0 ? { quantity: 0.5 } : { price: second.price / 2 }
  const id = bill.add(second, stage.isHit ? at : { ...at, ...half })
  return { bill, items: [id] }
}

/** A test on the day after the discharge; the twin's on the day itself. */
export function chargeOutsideStay(stage: Stage): Raised {
  const bill = stage.stay()
  const day = bill.facts.endDay + (stage.isHit ? 1 : 0)
  return { bill, items: [bill.add(servicesFor('lab')[0]!, { day, minute: 500 })] }
}

/** An amount two fen or more beside price × quantity; the twin's is one fen beside it. */
export function amountMismatch(stage: Stage): Raised {
  const bill = stage.visit()
  const article = acuteDrugs[stage.variant % acuteDrugs.length]!
  const quantity = 100 // whole fen, whatever the price
  const right = article.price * quantity / 100
  // One fen is what rounding may do.
  const amountFen = right + (stage.isHit ? 2 + stage.variant % 500 : 1)
  return { bill, items: [bill.add(article, { quantity, amountFen })] }
}

/** Two lines under one id; the twin's have two. */
export function lineIdTwice(stage: Stage): Raised {
  const bill = stage.visit()
  bill.add(servicesFor('lab')[2]!, { id: '901' })
  return { bill, items: [bill.add(servicesFor('lab')[3]!, { id: stage.isHit ? '901' : '902' })] }
}

/** A fen above the ceiling of the hospital's level; the twin's price is the ceiling. */
export function priceAboveCeiling(stage: Stage): Raised {
  const { code, name, ceiling, level } = limits.ceilingService
  const bill = stage.visit({ place: stage.hospital(level), isBare: true })
  const article = service(code, name, ceiling, '02')
  return { bill, items: [bill.add(article, { price: ceiling + (stage.isHit ? 100 : 0) })] }
}

/** All drugs of one prescription. */
export function tooManyDrugs(stage: Stage): Raised {
  const bill = stage.visit({ isBare: true })
  const count = limits.drugKindsMax + (stage.isHit ? 1 : 0)
  const more = { prescription: `${bill.facts.visit}-1`, days_of_supply: 3 }
  const first = stage.variant % 10
  const ids = acuteDrugs.slice(first, first + count).map((article) => bill.add(article, { more }))
  return { bill, items: ids.slice(limits.drugKindsMax) }
}

/**
 * A day's supply more than ordinary, emergency or lasting care may give, by turns; the twin's is the
 * most.
 */
export function supplyTooLong(stage: Stage): Raised {
  const { ordinary, emergency, lasting } = limits.supplyDaysMax
  const kinds = [['11', ordinary], ['13', emergency], ['14', lasting]] as const
  const [medType, most] = kinds[stage.variant % kinds.length]!
  const bill = stage.visit({ isBare: true, medType })
  const days = most + (stage.isHit ? 1 : 0)
  const id = bill.add(acuteDrugs[stage.variant % acuteDrugs.length]!, {
    more: { prescription: `${bill.facts.visit}-1`, days_of_supply: days },
  })
  return { bill, items: [id] }
}
