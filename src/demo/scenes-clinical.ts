// Scenes about clinical sense: what goes with a disease, a person, another drug, another herb, an
// operation or a doctor's rights. Each has a twin in which only that one thing is different.
import type { Article } from './catalogue.js'
import { drugsFor } from './catalogue.js'
import * as limits from './catalogue-clinical.js'
import type { DiagnosisRow } from './catalogue-others.js'
import { dateText } from './clock.js'
import { birthDayFor } from './scenes-person.js'
import type { Raised, Stage } from './stage.js'

const cold: DiagnosisRow = ['J06.900', '急性上呼吸道感染']

/** An article at a visit for the wrong reason, or for the right one. */
function forReason(article: Article, right: DiagnosisRow, wrong = cold): (stage: Stage) => Raised {
  return (stage) => {
    const bill = stage.visit({ diagnoses: [stage.isHit ? wrong : right] })
    return { bill, items: [bill.add(article)] }
  }
}

export const drugForOtherDisease = forReason(limits.refluxDrug, ['K21.000', '胃-食管反流性疾病伴有食管炎'])
export const rehabilitationForOther = forReason(limits.wheelchair, limits.stroke)
export const serviceOffLabel = forReason(
  limits.clavicle, ['S42.000', '锁骨骨折'], ['S52.500', '桡骨下端骨折'])
export const testWithoutReason = forReason(limits.glycated, limits.diabetes)
export const treatmentWithoutReason = forReason(
  limits.vitiligoGraft, ['L80.x00', '白癜风'], ['L30.900', '皮炎'])
export const drugAgainstDisease = forReason(
  limits.anticoagulant, ['I48.900', '心房颤动和心房扑动，未特指'], ['K92.200', '胃肠出血'])
export const serviceAgainstDisease = forReason(
  limits.lungFunction, ['J45.900', '哮喘'], ['J93.900', '气胸'])
export const consumableForOtherDisease = forReason(
  limits.stoneBasket, ['N20.000', '肾结石'], limits.gallstones)

/** A drug for a disease that it is not for; the twin has the disease on the label. */
export function drugOffLabel(stage: Stage): Raised {
  const right: DiagnosisRow = ['N80.900', '子宫内膜异位症']
  const wrong: DiagnosisRow = ['N76.000', '急性阴道炎']
  const bill = stage.visit({
    person: stage.person({ sex: 'female' }), diagnoses: [stage.isHit ? wrong : right],
  })
  return { bill, items: [bill.add(limits.endometriosisDrug)] }
}

/** A second line beside the first, or alone. */
export function secondLineFirst(stage: Stage): Raised {
  const diagnoses = [limits.diabetes]
  const bill = stage.visit({ diagnoses })
  if (!stage.isHit) bill.add(drugsFor('diabetes')[0]!)
  return { bill, items: [bill.add(limits.secondLineDrug)] }
}

/** One unit more than may be given in a day; the twin's is the most. */
export function drugOverDay(stage: Stage): Raised {
  const bill = stage.stay()
  const quantity = limits.puerarinADay + (stage.isHit ? 1 : 0)
  const more = { days_of_supply: 1 }
  const at = { day: stage.day + 1, minute: 520 }
  return { bill, items: [bill.add(limits.puerarin, { quantity, more, ...at })] }
}

/** On the birthday from which the patient is too old for it; the twin's visit is the day before. */
export function drugForElderly(stage: Stage): Raised {
  const birthDay = birthDayFor(stage.day + (stage.isHit ? 0 : 1), limits.elderlyYears, 0)
  const bill = stage.visit({ person: stage.person({ birthDay }) })
  return { bill, items: [bill.add(limits.guanfacine)] }
}

/** A drug that harms the unborn, and a patient who says she is pregnant; the twin says she is not. */
export function drugInPregnancy(stage: Stage): Raised {
  const person = { ...stage.person({ sex: 'female' }), isPregnant: stage.isHit }
  const bill = stage.visit({ person })
  return { bill, items: [bill.add(limits.fetusDrug)] }
}

/** Two drugs of one group in one bill; the twin's are forty days apart. */
export function twoOfOneGroup(stage: Stage): Raised {
  const [first, second] = limits.sameGroupDrugs
  const diagnoses: DiagnosisRow[] = [['K21.000', '胃-食管反流性疾病伴有食管炎']]
  const more = { days_of_supply: 3 }
  const before = stage.visit({ diagnoses })
  before.add(first, { more })
  const bill = stage.isHit ? before : stage.visit({ diagnoses, on: 40 })
  return { bill, items: [bill.add(second, { more })] }
}

/** Two drugs that may not be given together in one bill; the twin's are forty days apart. */
export function opposedDrugs(stage: Stage): Raised {
  const [first, second] = limits.opposedDrugs
  const person = stage.person({ sex: 'male' })
  const diagnoses: DiagnosisRow[] = [['I27.000', '原发性肺动脉高压']]
  const more = { days_of_supply: 3 }
  const before = stage.visit({ person, diagnoses })
  before.add(first, { more })
  const bill = stage.isHit ? before : stage.visit({ person, diagnoses, on: 40 })
  return { bill, items: [bill.add(second, { more })] }
}

const DECOCTION_DAYS = 7

/** Grams for seven days, under one number of prescription. */
function grams(prescription: string, aDay: number) {
  return {
    quantity: aDay * DECOCTION_DAYS,
    more: { prescription, herb_use: '1', days_of_supply: DECOCTION_DAYS },
  }
}

/** A gram a day more than a piece may have; the twin has the most. */
export function herbOverDay(stage: Stage): Raised {
  const bill = stage.visit({ isBare: true })
  bill.add(limits.pieces[0]!, grams('H1', 10))
  const aDay = limits.notoginsengADay + (stage.isHit ? 1 : 0)
  return { bill, items: [bill.add(limits.notoginseng, grams('H1', aDay))] }
}

/** Two opposed pieces in one prescription; the twin's are in two. */
export function herbsOpposed(stage: Stage): Raised {
  const bill = stage.visit({ isBare: true })
  bill.add(limits.aconite, grams('H1', 6))
  return { bill, items: [bill.add(limits.pinellia, grams(stage.isHit ? 'H1' : 'H2', 6))] }
}

/** One piece more in a prescription than there may be; the twin has the most. */
export function tooManyHerbs(stage: Stage): Raised {
  const bill = stage.visit({ isBare: true })
  const count = limits.herbKindsMax + (stage.isHit ? 1 : 0)
  const ids = limits.pieces.slice(0, count).map((piece) => bill.add(piece, grams('H1', 10)))
  return { bill, items: ids.slice(limits.herbKindsMax) }
}

/** A contraceptive ring for a man; the twin is a woman. */
export function consumableForOtherSex(stage: Stage): Raised {
  const bill = stage.visit({ person: stage.person({ sex: stage.isHit ? 'male' : 'female' }) })
  return { bill, items: [bill.add(limits.contraceptiveRing)] }
}

/** A new knee: antibiotics until the day after, or a day longer. */
export function antibioticsTooLong(stage: Stage): Raised {
  const operated = stage.day + 1
  const bill = stage.stay({
    diagnoses: [['M17.900', '膝关节病']],
    procedures: [{
      code: '81.5400', name: '全部膝关节置换', is_main: true, date: dateText(operated),
      incision: '1', incision_class: 'I',
    }],
    more: { doctor: { id: 'D-SURGEON', title: '232', rights: ['antibiotic-restricted'] } },
  })
  bill.add(limits.cephalosporin, { day: operated, minute: 540 })
  const day = operated + (stage.isHit ? 2 : 1)
  return { bill, items: [bill.add(limits.cephalosporin, { day, minute: 540 })] }
}

/** An appendix taken out for gallstones; the twin has appendicitis. No line is at fault. */
export function operationForOtherDisease(stage: Stage): Raised {
  const date = dateText(stage.day + 1)
  const procedures = [{ code: '47.0900', name: '其他阑尾切除术', is_main: true, date }]
  const diagnoses = [stage.isHit ? limits.gallstones : limits.appendicitis]
  return { bill: stage.stay({ diagnoses, procedures }), items: [] }
}

/** A restricted antibiotic from a doctor with the lowest right; the twin's doctor has the next. */
export function antibioticWithoutRight(stage: Stage): Raised {
  const right = stage.isHit ? 'antibiotic-unrestricted' : 'antibiotic-restricted'
  const doctor = { id: 'D-RIGHTS', title: '233', rights: [right] }
  const bill = stage.visit({ diagnoses: [['J20.900', '急性支气管炎']], more: { doctor } })
  return { bill, items: [bill.add(limits.restrictedAntibiotic)] }
}
