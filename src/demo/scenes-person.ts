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

/** A men's drug for a woman or the reverse, by turns; the twin's patient has the right sex. */
export function drugForOtherSex(stage: Stage): Raised {
  const { subject, person } = bySex(stage, limits.menDrug, limits.womenDrug)
  const bill = stage.visit({ person })
  return { bill, items: [bill.add(subject)] }
}

/** A men's service for a woman or the reverse, by turns; the twin's patient has the right sex. */
export function serviceForOtherSex(stage: Stage): Raised {
  const { subject, person } = bySex(stage, limits.menService, limits.womenService)
  const bill = stage.visit({ person })
  return { bill, items: [bill.add(subject)] }
}

/** A second diagnosis of the other sex; the twin's is of the patient's own. No line is at fault. */
export function diagnosisOfOtherSex(stage: Stage): Raised {
  const { subject, person } = bySex(stage, limits.menDiagnosis, limits.womenDiagnosis)
  const main: DiagnosisRow = ['J06.900', '急性上呼吸道感染']
  return { bill: stage.visit({ person, diagnoses: [main, subject] }), items: [] }
}

/** A procedure of the other sex; the twin's is of the patient's own. No line is at fault. */
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

/** A drug made for children only, from the patient's coming of age on. */
export const childrensDrugForAdult = (stage: Stage): Raised => tooOld(stage, limits.childrensDrug)
/** A drug that is paid for children only, from the patient's coming of age on. */
export const drugPaidForChildrenOnly = (stage: Stage): Raised =>
  tooOld(stage, limits.childrensPaidDrug)
/** A service made for children only, from the patient's coming of age on. */
export const childrensServiceForAdult = (stage: Stage): Raised =>
  tooOld(stage, limits.childrensService)

/** Newborn for four weeks: the day after is too late. */
function tooLate(stage: Stage, article: Article): Raised {
  const birthDay = stage.day - limits.newbornDays - (stage.isHit ? 1 : 0)
  const bill = stage.visit({ person: stage.person({ birthDay, insurance: '390' }) })
  return { bill, items: [bill.add(article)] }
}

/** A newborn's service on the first day that is too late. */
export const newbornServiceTooLate = (stage: Stage): Raised =>
  tooLate(stage, limits.newbornService)
/** A newborn's drug on the first day that is too late. */
export const newbornDrugTooLate = (stage: Stage): Raised => tooLate(stage, limits.newbornDrug)

/** A service for those of working age, a year past it; the twin is in its last year. */
export function serviceOutsideWorkingAge(stage: Stage): Raised {
  const years = limits.workYearsMax + (stage.isHit ? 1 : 0)
  const birthDay = birthDayFor(stage.day, years, stage.variant % 50)
  const diagnoses: DiagnosisRow[] = [['I63.900', '脑梗死']]
  const bill = stage.visit({ person: stage.person({ birthDay }), diagnoses })
  return { bill, items: [bill.add(limits.workService)] }
}

/** A newborn's diagnosis one day too late; the twin's is on the last day. No line is at fault. */
export function diagnosisOfOtherAge(stage: Stage): Raised {
  const birthDay = stage.day - limits.newbornDiagnosisDays - (stage.isHit ? 1 : 0)
  const person = stage.person({ birthDay, insurance: '390' })
  return { bill: stage.visit({ person, diagnoses: [limits.newbornDiagnosis] }), items: [] }
}

/** On the day before the birthday from which it may be given; the twin's is on the birthday. */
export function drugForbiddenToChildren(stage: Stage): Raised {
  const { article, fromYears } = limits.adultsDrug
  const birthDay = stage.isHit
    ? birthDayFor(stage.day + 1, fromYears, 0)
    : birthDayFor(stage.day, fromYears, 0)
  const bill = stage.visit({ person: stage.person({ birthDay, insurance: '390' }) })
  return { bill, items: [bill.add(article)] }
}

/** A drug of the work-injury insurance under 310; the twin's patient has 210. */
export function workInjuryDrug(stage: Stage): Raised {
  const person = stage.person({ insurance: stage.isHit ? '310' : '210' })
  const bill = stage.visit({ person })
  return { bill, items: [bill.add(limits.workInjuryDrug)] }
}

/** A drug of the maternity insurance under 310; the twin's patient has 510. */
export function maternityDrug(stage: Stage): Raised {
  const person = stage.person({ sex: 'female', insurance: stage.isHit ? '310' : '510' })
  const bill = stage.stay({ person, diagnoses: [['O80.000', '头位顺产']], nights: 3 })
  return { bill, items: [bill.add(limits.maternityDrug)] }
}

/** A drug for emergencies or stays only at an ordinary visit, by turns; the twin's where it belongs. */
export function inpatientDrugOutside(stage: Stage): Raised {
  if (stage.variant % 2 === 0) {
    const bill = stage.visit({ medType: stage.isHit ? '11' : '13' })
    return { bill, items: [bill.add(limits.emergencyDrug)] }
  }
  const bill = stage.isHit ? stage.visit() : stage.stay()
  return { bill, items: [bill.add(limits.inpatientDrug, { quantity: 2 })] }
}

/** A ward's service at a visit; the twin's in a stay. */
export function inpatientServiceOutside(stage: Stage): Raised {
  const bill = stage.isHit ? stage.visit() : stage.stay({ isBare: true })
  return { bill, items: [bill.add(limits.wardService)] }
}

/** A narcotic given over the internet; the twin's at the hospital. */
export function narcoticOverInternet(stage: Stage): Raised {
  const bill = stage.visit({ isInternet: stage.isHit })
  return { bill, items: [bill.add(limits.narcotic, { quantity: 2 })] }
}

/** A drug of level 2 in a hospital of level 1; the twin's is of level 2. */
export function drugAboveInstitutionLevel(stage: Stage): Raised {
  const bill = stage.visit({ place: stage.hospital(stage.isHit ? 1 : 2) })
  return { bill, items: [bill.add(limits.levelTwoDrug, { quantity: 2 })] }
}
