// Scenes about who pays, where, how much and beside what: insurance, departments, levels, panels, caps,
// and items that need or include each other. Each has a twin in which only that one thing is different.
import * as limits from './catalogue-clinical.js'
import { adultYears, newbornDays } from './catalogue-limits.js'
import { operationServices, servicesFor } from './catalogue.js'
import { dateText } from './clock.js'
import { birthDayFor } from './scenes-person.js'
import type { Raised, Stage } from './stage.js'

/** A service of the work-injury insurance under 310; the twin's patient has 210. */
export function workInjuryService(stage: Stage): Raised {
  const bill = stage.visit({ person: stage.person({ insurance: stage.isHit ? '310' : '210' }) })
  return { bill, items: [bill.add(limits.injuryService)] }
}

/** A service of the maternity insurance under 310; the twin's patient has 510. */
export function maternityService(stage: Stage): Raised {
  const person = stage.person({ sex: 'female', insurance: stage.isHit ? '310' : '510' })
  const bill = stage.visit({ person, diagnoses: [['O04.900', '医疗性流产']] })
  return { bill, items: [bill.add(limits.abortion)] }
}

/** Too old from the birthday on. */
function agedOut(stage: Stage) {
  const birthDay = birthDayFor(stage.day + (stage.isHit ? 0 : 1), adultYears, 0)
  return stage.person({ birthDay, insurance: '390' })
}

/** A training paid for children, on the birthday that ends it; the twin's is the day before. */
export function childPaidService(stage: Stage): Raised {
  const bill = stage.visit({
    person: agedOut(stage), diagnoses: [['G80.900', '脑性瘫痪']],
    more: { department: limits.rehabilitation },
  })
  return { bill, items: [bill.add(limits.palsyTraining)] }
}

/** A children's article on the birthday that ends it; the twin's is the day before. */
export function childrensConsumable(stage: Stage): Raised {
  const bill = stage.visit({ person: agedOut(stage) })
  return { bill, items: [bill.add(limits.childrensForceps)] }
}

/** A newborn's article one day too late; the twin's is on the last day. */
export function newbornConsumable(stage: Stage): Raised {
  const birthDay = stage.day - newbornDays - (stage.isHit ? 1 : 0)
  const bill = stage.visit({ person: stage.person({ birthDay, insurance: '390' }) })
  return { bill, items: [bill.add(limits.heelLancet)] }
}

/** A therapy charged by internal medicine; the twin's by rehabilitation. */
export function serviceOfOtherDepartment(stage: Stage): Raised {
  const more = stage.isHit ? {} : { department: limits.rehabilitation }
  const bill = stage.visit({ diagnoses: [limits.stroke], more })
  return { bill, items: [bill.add(limits.occupationalTherapy)] }
}

/** A dental article charged by internal medicine; the twin's by dentistry. */
export function consumableOfOtherDepartment(stage: Stage): Raised {
  const bill = stage.visit({ more: stage.isHit ? {} : { department: limits.dental } })
  return { bill, items: [bill.add(limits.dentalAbutment)] }
}

/** Of level 3, charged by a hospital of level 2; the twin's is of level 3. */
export function serviceAboveInstitutionLevel(stage: Stage): Raised {
  const date = dateText(stage.day + 1)
  const procedures = [{ code: '39.6500', name: '体外膜氧合', is_main: true, date }]
  const bill = stage.stay({ place: stage.hospital(stage.isHit ? 2 : 3), procedures })
  return { bill, items: [bill.add(limits.heartLung, { day: stage.day + 1, minute: 600 })] }
}

/** Every part of a panel charged by itself; the twin lacks one part. */
export function panelInParts(stage: Stage): Raised {
  const bill = stage.visit({ isBare: true })
  const items = limits.panelParts.map((article) => bill.add(article))
  if (stage.isHit) items.push(bill.add(limits.glucoseTest))
  return { bill, items: items.slice(-1) }
}

/** A yuan above the cap; the twin's price is the cap. */
export function serviceOverCap(stage: Stage): Raised {
  const bill = stage.visit()
  const price = limits.remoteConsult.price + (stage.isHit ? 10_000 : 0)
  return { bill, items: [bill.add(limits.remoteConsult, { price })] }
}

/** A yuan above the cap; the twin's price is the cap. */
export function consumableOverCap(stage: Stage): Raised {
  const bill = stage.stay()
  const price = limits.pacemaker.price + (stage.isHit ? 10_000 : 0)
  return { bill, items: [bill.add(limits.pacemaker, { price, day: stage.day + 1 })] }
}

/** A syringe on the day of the injection that contains it; the twin's is a day later. */
export function consumableInPrice(stage: Stage): Raised {
  const bill = stage.stay()
  bill.add(limits.injection, { day: stage.day + 1, minute: 600 })
  const day = stage.day + (stage.isHit ? 1 : 2)
  return { bill, items: [bill.add(limits.syringe, { day, minute: 600 })] }
}

/** A filtration fluid without the filtration; the twin has both. */
export function drugWithoutService(stage: Stage): Raised {
  const bill = stage.stay({ diagnoses: [['N17.900', '急性肾衰竭']], isBare: true })
  const at = { day: stage.day + 1, minute: 600 }
  bill.add(limits.creatinine, at)
  if (!stage.isHit) bill.add(limits.filtration, at)
  return { bill, items: [bill.add(limits.filterFluid, at)] }
}

/** A stent without its placement; the twin has both. */
export function consumableWithoutService(stage: Stage): Raised {
  const bill = stage.stay({ diagnoses: [['I25.103', '冠状动脉粥样硬化性心脏病']] })
  const at = { day: stage.day + 1, minute: 600 }
  if (!stage.isHit) bill.add(limits.stenting, at)
  return { bill, items: [bill.add(limits.stent, at)] }
}

/** Two pacemakers where one can be placed; the twin has one. */
export function consumableTooMany(stage: Stage): Raised {
  const bill = stage.stay()
  const quantity = stage.isHit ? 2 : 1
  return { bill, items: [bill.add(limits.triplePacemaker, { quantity, day: stage.day + 1 })] }
}

/** No code of a department; the twin lacks its name only. No line is at fault. */
export function fieldLeftOut(stage: Stage): Raised {
  // The name of a department may be left out; its code may not.
  const more = stage.isHit ? { department: '' } : { department_name: '' }
  return { bill: stage.visit({ more }), items: [] }
}

/** Low potassium that no test shows; the twin has the test. No line is at fault. */
export function diagnosisWithoutEvidence(stage: Stage): Raised {
  const bill = stage.stay({
    isBare: true, diagnoses: [['J18.900', '肺炎'], ['E87.600', '低钾血症']],
  })
  for (const article of servicesFor('daily')) bill.add(article, { minute: 600 })
  bill.add(stage.isHit ? limits.creatinine : limits.potassiumTest, { minute: 600 })
  return { bill, items: [] }
}

/** An operation charged and not coded; the twin's is. */
export function operationNotCoded(stage: Stage): Raised {
  const date = dateText(stage.day + 1)
  const procedures = [{ code: '47.0900', name: '其他阑尾切除术', is_main: true, date }]
  const bill = stage.stay({
    diagnoses: [limits.appendicitis], procedures: stage.isHit ? [] : procedures,
  })
  const article = operationServices.get('003310030220000')!
  return { bill, items: [bill.add(article, { day: stage.day + 1, minute: 600 })] }
}

/** Tests and little else, over two nights; a third night is long enough to ask nothing. */
export function admittedForTests(stage: Stage): Raised {
  const bill = stage.stay({ isBare: true, nights: stage.isHit ? 2 : 3 })
  for (const article of [...servicesFor('imaging').slice(1, 4), ...servicesFor('lab').slice(0, 6)]) {
    bill.add(article, { minute: 660 })
  }
  return { bill, items: [] }
}

/** Told a day after it was settled, or an hour more. */
export function toldTooLate(stage: Stage): Raised {
  return { bill: stage.visit({ toldAfter: 1_440 + (stage.isHit ? 60 : 0) }), items: [] }
}
