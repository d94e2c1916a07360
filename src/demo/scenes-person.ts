// Scenes about who the patient is and where care is given: sex, age, insurance, kind of visit, level
// of the institution. Each has a twin in which only that one thing is different.
import * as limits from './catalogue-limits.js'
import type { Article } from './catalogue.js'
import type { DiagnosisRow } from './catalogue-others.js'
import { dateText } from './clock.js'
import type { Person, Sex } from './patient.js'
import type { Raised, Stage } from './stage.js'

/** Birth day of somebody who became `years` old `daysAgo` days before `day`. */
export function birthDayFor(day: number, years: number, daysAgo: number): number {
  const parts = dateText(day - daysAgo).split('-').map(Number)
  const [year, month, dayOfMonth] = parts as [number, number, number]
  // The 29th of February has no twin in most years.
  const safe = month === 2 ? Math.min(dayOfMonth, 28) : dayOfMonth
  return Date.UTC(year - years, month - 1, safe) / 86_400_000
}

const other: Record<Sex, Sex> = { male: 'female', female: 'male' }

/** Alternates between what is for men and what is for women. */
function bySex<T>(stage: Stage, forMen: T, forWomen: T): { subject: T, person: Person } {
  const right: Sex = stage.variant % 2 === 0 ? 'male' : 'female'
  const subject = right === 'male' ? forMen : forWomen
  return { subject, person: stage.person({ sex: stage.isHit ? other[right] : right }) }
}

export function drugForOtherSex(stage: Stage): Raised {
  const { subject, person } = bySex(stage, limits.menDrug, limits.womenDrug)
  const bill = stage.visit({ person })
  return { bill, items: [bill.add(subject)] }
}

export function serviceForOtherSex(stage: Stage): Raised {
  const { subject, person } = bySex(stage, limits.menService, limits.womenService)
  const bill = stage.visit({ person })
  return { bill, items: [bill.add(subject)] }
}

export function diagnosisOfOtherSex(stage: Stage): Raised {
  const { subject, person } = bySex(stage, limits.menDiagnosis, limits.womenDiagnosis)
  const main: DiagnosisRow = ['J06.900', '急性上呼吸道感染']
  return { bill: stage.visit({ person, diagnoses: [main, subject] }), items: [] }
}

export function procedureOfOtherSex(stage: Stage): Raised {
  const { subject: [code, name], person } = bySex(stage, limits.menProcedure, limits.womenProcedure)
  const procedures = [{ code, name, is_main: true, date: dateText(stage.day + 1), incision: '1' }]
  return { bill: stage.stay({ person, procedures }), items: [] }
}

/** Too old from the birthday on; the day before is still right. */
function tooOld(stage: Stage, article: Article): Raised {
  const birthDay = stage.isHit
    ? birthDayFor(stage.day, limits.adultYears, stage.variant % 3 === 0 ? 0 : 4_000)
    : birthDayFor(stage.day + 1, limits.adultYears, 0)
  const bill = stage.visit({ person: stage.person({ birthDay, insurance: '390' }) })
  return { bill, items: [bill.add(article)] }
}

export const childrensDrugForAdult = (stage: Stage): Raised => tooOld(stage, limits.childrensDrug)
export const drugPaidForChildrenOnly = (stage: Stage): Raised =>
  tooOld(stage, limits.childrensPaidDrug)
export const childrensServiceForAdult = (stage: Stage): Raised =>
  tooOld(stage, limits.childrensService)

/** Newborn for four weeks: the day after is too late. */
function tooLate(stage: Stage, article: Article): Raised {
  const birthDay = stage.day - limits.newbornDays - (stage.isHit ? 1 : 0)
  const bill = stage.visit({ person: stage.person({ birthDay, insurance: '390' }) })
  return { bill, items: [bill.add(article)] }
}

export const newbornServiceTooLate = (stage: Stage): Raised =>
  tooLate(stage, limits.newbornService)
export const newbornDrugTooLate = (stage: Stage): Raised => tooLate(stage, limits.newbornDrug)

export function serviceOutsideWorkingAge(stage: Stage): Raised {
  const years = limits.workYearsMax + (stage.isHit ? 1 : 0)
  const birthDay = birthDayFor(stage.day, years, stage.variant % 50)
  const diagnoses: DiagnosisRow[] = [['I63.900', '脑梗死']]
  const bill = stage.visit({ person: stage.person({ birthDay }), diagnoses })
  return { bill, items: [bill.add(limits.workService)] }
}

export function diagnosisOfOtherAge(stage: Stage): Raised {
  const birthDay = stage.day - limits.newbornDiagnosisDays - (stage.isHit ? 1 : 0)
  const person = stage.person({ birthDay, insurance: '390' })
  return { bill: stage.visit({ person, diagnoses: [limits.newbornDiagnosis] }), items: [] }
}

export function drugForbiddenToChildren(stage: Stage): Raised {
  const { article, fromYears } = limits.adultsDrug
  const birthDay = stage.isHit
    ? birthDayFor(stage.day + 1, fromYears, 0)
    : birthDayFor(stage.day, fromYears, 0)
  const bill = stage.visit({ person: stage.person({ birthDay, insurance: '390' }) })
  return { bill, items: [bill.add(article)] }
}

export function workInjuryDrug(stage: Stage): Raised {
  const person = stage.person({ insurance: stage.isHit ? '310' : '210' })
  const bill = stage.visit({ person })
  return { bill, items: [bill.add(limits.workInjuryDrug)] }
}

export function maternityDrug(stage: Stage): Raised {
  const person = stage.person({ sex: 'female', insurance: stage.isHit ? '310' : '510' })
  const bill = stage.stay({ person, diagnoses: [['O80.000', '头位顺产']], nights: 3 })
  return { bill, items: [bill.add(limits.maternityDrug)] }
}

export function inpatientDrugOutside(stage: Stage): Raised {
  if (stage.variant % 2 === 0) {
    const bill = stage.visit({ medType: stage.isHit ? '11' : '13' })
    return { bill, items: [bill.add(limits.emergencyDrug)] }
  }
  const bill = stage.isHit ? stage.visit() : stage.stay()
  return { bill, items: [bill.add(limits.inpatientDrug, { quantity: 2 })] }
}

export function inpatientServiceOutside(stage: Stage): Raised {
  const bill = stage.isHit ? stage.visit() : stage.stay({ isBare: true })
  return { bill, items: [bill.add(limits.wardService)] }
}

export function narcoticOverInternet(stage: Stage): Raised {
  const bill = stage.visit({ isInternet: stage.isHit })
  return { bill, items: [bill.add(limits.narcotic, { quantity: 2 })] }
}

export function drugAboveInstitutionLevel(stage: Stage): Raised {
  const bill = stage.visit({ place: stage.hospital(stage.isHit ? 1 : 2) })
  return { bill, items: [bill.add(limits.levelTwoDrug, { quantity: 2 })] }
}
