// What is billed at an ordinary outpatient visit or over a pharmacy's counter. Adds lines to a bill and
// keeps every limit: one of each article, a month's supply at most, no more than four drugs.
import type { Bill } from './bill.js'
import {
  acuteDrugs, consultation, drugsFor, herbs, listedHerbs, servicesFor,
} from './catalogue.js'
import type { Article } from './catalogue.js'
import type { Life } from './patient.js'
import type { Random } from './random.js'

/** An acute illness: consultation, a few tests, medicines for some days, now and then herbs. */
export function outpatientVisit(bill: Bill, random: Random): void {
  bill.add(consultation)
  for (const article of random.some(servicesFor('lab'), random.int(0, 3))) bill.add(article)
  if (random.chance(0.15)) bill.add(random.pick(servicesFor('imaging')))
  if (random.chance(0.15)) bill.add(random.pick(servicesFor('treatment')))
  if (random.chance(0.1)) for (const article of random.some(servicesFor('tcm'), 2)) bill.add(article)
  if (random.chance(0.12)) return decoction(bill, random)
  // An emergency doctor gives three days at most, others a week.
  const days = bill.facts.medType === '13' ? random.int(1, 3) : random.int(3, 7)
  for (const article of random.some(acuteDrugs, random.int(1, 3))) {
    dispense(bill, random, article, days)
  }
}

/** The monthly visit of a lasting disease: four weeks' medicines and, often, the usual tests. */
export function chronicVisit(bill: Bill, random: Random, life: Life): void {
  bill.add(consultation)
  if (random.chance(0.4)) {
    for (const article of random.some(servicesFor('lab-chronic'), random.int(1, 4))) bill.add(article)
  }
  for (const disease of life.chronic) {
    const choices = drugsFor(disease)
    dispense(bill, random, random.pick(choices), 28)
  }
}

/** A consultation, one test, and half of the time an ultrasound. */
export function prenatalVisit(bill: Bill, random: Random): void {
  bill.add(consultation)
  bill.add(servicesFor('lab')[0]!)
  if (random.chance(0.5)) bill.add(servicesFor('imaging')[4]!)
}

/** Over the counter of a pharmacy: one to three drugs. */
export function purchase(bill: Bill, random: Random): void {
  for (const article of random.some(acuteDrugs, random.int(1, 3))) dispense(bill, random, article, 7)
}

/** A compound prescription: some pieces of the national list among others, by the gram. */
function decoction(bill: Bill, random: Random): void {
  const days = 7
  const pieces = [...random.some(herbs, random.int(4, 6)), ...random.some(listedHerbs, 2)]
  for (const article of pieces) {
    bill.add(article, {
      quantity: random.int(6, 15) * days,
      more: { prescription: `${bill.facts.visit}-H`, herb_use: '1', days_of_supply: days },
    })
  }
}

/** One drug line with its dose, enough for some days. */
export function dispense(bill: Bill, random: Random, article: Article, days: number): void {
  const isByTheUnit = article.price < 250_000
  bill.add(article, {
    quantity: isByTheUnit ? days * random.int(1, 2) : 1,
    more: {
      prescription: `${bill.facts.visit}-1`,
      dose: '1', frequency: '每日一次', days_of_supply: days,
    },
  })
}
