// Scenes about who pays, where, how much and beside what: insurance, departments, levels, panels, caps,
// and items that need or include each other. Each has a twin in which only that one thing is different.
import * as limits from './catalogue-clinical.js'
import { adultYears, newbornDays } from './catalogue-limits.js'
import { operationServices, servicesFor } from './catalogue.js'
import { dateText } from './clock.js'
import { birthDayFor } from './scenes-person.js'
import type { Raised, Stage } from './stage.js'

export function workInjuryService(stage: Stage): Raised {
  const bill = stage.visit({ person: stage.person({ insurance: stage.isHit ? '310' : '210' }) })
  return { bill, items: [bill.add(limits.injuryService)] }
}

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

export function childPaidService(stage: Stage): Raised {
  const bill = stage.visit({
    person: agedOut(stage), diagnoses: [['G80.900', '脑性瘫痪']],
    more: { department: limits.rehabilitation },
  })
  return { bill, items: [bill.add(limits.palsyTraining)] }
}

export function childrensConsumable(stage: Stage): Raised {
  const bill = stage.visit({ person: agedOut(stage) })
  return { bill, items: [bill.add(limits.childrensForceps)] }
}

export function newbornConsumable(stage: Stage): Raised {
  const birthDay = stage.day - newbornDays - (stage.isHit ? 1 : 0)
  const bill = stage.visit({ person: stage.person({ birthDay, insurance: '390' }) })
  return { bill, items: [bill.add(limits.heelLancet)] }
}

export function serviceOfOtherDepartment(stage: Stage): Raised {
  const more = stage.isHit ? {} : { department: limits.rehabilitation }
  const bill = stage.visit({ diagnoses: [limits.stroke], more })
  return { bill, items: [bill.add(limits.occupationalTherapy)] }
}

export function consumableOfOtherDepartment(stage: Stage): Raised {
  const bill = stage.visit({ more: stage.isHit ? {} : { department: limits.dental } })
  return { bill, items: [bill.add(limits.dentalAbutment)] }
}

export function serviceAboveInstitutionLevel(stage: Stage): Raised {
  const date = dateText(stage.day + 1)
  const procedures = [{ code: '39.6500', name: '体外膜氧合', is_main: true, date }]
  const bill = stage.stay({ place: stage.hospital(stage.isHit ? 2 : 3), procedures })
  return { bill, items: [bill.add(limits.heartLung, { day: stage.day + 1, minute: 600 })] }
}

export function panelInParts(stage: Stage): Raised {
  const bill = stage.visit({ isBare: true })
  const items = limits.panelParts.map((article) => bill.add(article))
  if (stage.isHit) items.push(bill.add(limits.glucoseTest))
  return { bill, items: items.slice(-1) }
}

export function serviceOverCap(stage: Stage): Raised {
  const bill = stage.visit()
  const price = limits.remoteConsult.price + (stage.isHit ? 10_000 : 0)
  return { bill, items: [bill.add(limits.remoteConsult, { price })] }
}

export function consumableOverCap(stage: Stage): Raised {
  const bill = stage.stay()
  const price = limits.pacemaker.price + (stage.isHit ? 10_000 : 0)
  return { bill, items: [bill.add(limits.pacemaker, { price, day: stage.day + 1 })] }
}

export function consumableInPrice(stage: Stage): Raised {
  const bill = stage.stay()
  bill.add(limits.injection, { day: stage.day + 1, minute: 600 })
  const day = stage.day + (stage.isHit ? 1 : 2)
  return { bill, items: [bill.add(limits.syringe, { day, minute: 600 })] }
}

export function drugWithoutService(stage: Stage): Raised {
  const bill = stage.stay({ diagnoses: [['N17.900', '急性肾衰竭']], isBare: true })
  const at = { day: stage.day + 1, minute: 600 }
  bill.add(limits.creatinine, at)
  if (!stage.isHit) bill.add(limits.filtration, at)
  return { bill, items: [bill.add(limits.filterFluid, at)] }
}

export function consumableWithoutService(stage: Stage): Raised {
  const bill = stage.stay({ diagnoses: [['I25.103', '冠状动脉粥样硬化性心脏病']] })
  const at = { day: stage.day + 1, minute: 600 }
  if (!stage.isHit) bill.add(limits.stenting, at)
  return { bill, items: [bill.add(limits.stent, at)] }
}

export function consumableTooMany(stage: Stage): Raised {
  const bill = stage.stay()
  const quantity = stage.isHit ? 2 : 1
  return { bill, items: [bill.add(limits.triplePacemaker, { quantity, day: stage.day + 1 })] }
}

export function fieldLeftOut(stage: Stage): Raised {
  // The name of a department may be left out; its code may not.
  const more = stage.isHit ? { department: '' } : { department_name: '' }
  return { bill: stage.visit({ more }), items: [] }
}

export function diagnosisWithoutEvidence(stage: Stage): Raised {
  const bill = stage.stay({
    isBare: true, diagnoses: [['J18.900', '肺炎'], ['E87.600', '低钾血症']],
  })
  for (const article of servicesFor('daily')) bill.add(article, { minute: 600 })
  bill.add(stage.isHit ? limits.creatinine : limits.potassiumTest, { minute: 600 })
  return { bill, items: [] }
}

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
