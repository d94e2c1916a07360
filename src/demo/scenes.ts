// Every kind of plant and the scene that plays it, and which scene comes next: one violation between
// two near misses, kind after kind.
import * as bills from './scenes-bill.js'
import * as clinical from './scenes-clinical.js'
import * as coverage from './scenes-coverage.js'
import * as past from './scenes-history.js'
import * as persons from './scenes-person.js'
import * as registered from './scenes-registry.js'
import { plantKinds } from './plan.js'
import type { PlantKind } from './plan.js'
import type { Region } from './region.js'
import type { Push } from './slot.js'
import { Stage } from './stage.js'
import type { Raised } from './stage.js'

const scenes: Record<PlantKind, (stage: Stage) => Raised> = {
  'drug-for-other-sex': persons.drugForOtherSex,
  'service-for-other-sex': persons.serviceForOtherSex,
  'diagnosis-of-other-sex': persons.diagnosisOfOtherSex,
  'procedure-of-other-sex': persons.procedureOfOtherSex,
  'childrens-drug-for-adult': persons.childrensDrugForAdult,
  'drug-paid-for-children-only': persons.drugPaidForChildrenOnly,
  'childrens-service-for-adult': persons.childrensServiceForAdult,
  'newborn-service-too-late': persons.newbornServiceTooLate,
  'newborn-drug-too-late': persons.newbornDrugTooLate,
  'service-outside-working-age': persons.serviceOutsideWorkingAge,
  'diagnosis-of-other-age': persons.diagnosisOfOtherAge,
  'drug-forbidden-to-children': persons.drugForbiddenToChildren,
  'work-injury-drug': persons.workInjuryDrug,
  'maternity-drug': persons.maternityDrug,
  'inpatient-drug-outside': persons.inpatientDrugOutside,
  'inpatient-service-outside': persons.inpatientServiceOutside,
  'narcotic-over-internet': persons.narcoticOverInternet,
  'drug-above-institution-level': persons.drugAboveInstitutionLevel,
  'herb-never-payable': bills.herbNeverPayable,
  'herbs-not-payable-alone': bills.herbsNotPayableAlone,
  'quantity-a-day': bills.quantityADay,
  'quantity-by-the-hour': bills.quantityByTheHour,
  'quantity-in-one-hour': bills.quantityInOneHour,
  'too-soon-again': past.tooSoonAgain,
  'drug-course-too-long': past.drugCourseTooLong,
  'drug-course-span-too-long': past.drugCourseSpanTooLong,
  'service-course-too-long': past.serviceCourseTooLong,
  'exclusive-same-day': bills.exclusiveSameDay,
  'exclusive-same-visit': bills.exclusiveSameVisit,
  'exclusive-six-hours': bills.exclusiveSixHours,
  'exclusive-same-hour': bills.exclusiveSameHour,
  'same-incision-full-price': bills.sameIncisionFullPrice,
  'charge-outside-stay': bills.chargeOutsideStay,
  'amount-mismatch': bills.amountMismatch,
  'line-id-twice': bills.lineIdTwice,
  'price-above-ceiling': bills.priceAboveCeiling,
  'split-stay': past.splitStay,
  'overlapping-stays': past.overlappingStays,
  'outpatient-during-stay': past.outpatientDuringStay,
  'frequent-visits': past.frequentVisits,
  'frequent-purchases': past.frequentPurchases,
  'frequent-admissions': past.frequentAdmissions,
  'too-many-drugs': bills.tooManyDrugs,
  'supply-too-long': bills.supplyTooLong,
  'trace-code-twice': past.traceCodeTwice,
  'work-injury-service': coverage.workInjuryService,
  'maternity-service': coverage.maternityService,
  'service-paid-for-children-only': coverage.childPaidService,
  'childrens-consumable-for-adult': coverage.childrensConsumable,
  'newborn-consumable-too-late': coverage.newbornConsumable,
  'service-of-other-department': coverage.serviceOfOtherDepartment,
  'consumable-of-other-department': coverage.consumableOfOtherDepartment,
  'service-above-institution-level': coverage.serviceAboveInstitutionLevel,
  'panel-in-parts': coverage.panelInParts,
  'service-over-cap': coverage.serviceOverCap,
  'consumable-over-cap': coverage.consumableOverCap,
  'consumable-in-price': coverage.consumableInPrice,
  'drug-without-service': coverage.drugWithoutService,
  'consumable-without-service': coverage.consumableWithoutService,
  'consumable-too-many': coverage.consumableTooMany,
  'field-left-out': coverage.fieldLeftOut,
  'diagnosis-without-evidence': coverage.diagnosisWithoutEvidence,
  'operation-not-coded': coverage.operationNotCoded,
  'admitted-for-tests': coverage.admittedForTests,
  'told-too-late': coverage.toldTooLate,
  'drug-for-other-disease': clinical.drugForOtherDisease,
  'rehabilitation-for-other-disease': clinical.rehabilitationForOther,
  'service-off-label': clinical.serviceOffLabel,
  'test-without-reason': clinical.testWithoutReason,
  'treatment-without-reason': clinical.treatmentWithoutReason,
  'drug-against-disease': clinical.drugAgainstDisease,
  'service-against-disease': clinical.serviceAgainstDisease,
  'consumable-for-other-disease': clinical.consumableForOtherDisease,
  'drug-off-label': clinical.drugOffLabel,
  'second-line-first': clinical.secondLineFirst,
  'drug-over-a-day': clinical.drugOverDay,
  'drug-for-elderly': clinical.drugForElderly,
  'drug-in-pregnancy': clinical.drugInPregnancy,
  'two-drugs-of-one-group': clinical.twoOfOneGroup,
  'opposed-drugs': clinical.opposedDrugs,
  'herb-over-a-day': clinical.herbOverDay,
  'opposed-herbs': clinical.herbsOpposed,
  'too-many-herbs': clinical.tooManyHerbs,
  'consumable-for-other-sex': clinical.consumableForOtherSex,
  'antibiotics-too-long': clinical.antibioticsTooLong,
  'operation-for-other-disease': clinical.operationForOtherDisease,
  'antibiotic-without-right': clinical.antibioticWithoutRight,
  'drug-beyond-stock': registered.drugBeyondStock,
  'consumable-beyond-stock': registered.consumableBeyondStock,
  'outside-disease-catalogue': registered.outsideDiseaseCatalogue,
}

/** Scenes in a round of one kind: near miss, violation, near miss. */
export const SCENES_PER_PLANT = 3

/** Plays scene number `scene`, which begins on `day`. */
export function pushScene(region: Region, scene: number, day: number, push: Push): void {
  const round = Math.floor(scene / SCENES_PER_PLANT)
  const kind = plantKinds[round % plantKinds.length]!
  const isHit = scene % SCENES_PER_PLANT === 1
  const variant = Math.floor(round / plantKinds.length)
  const stage = new Stage({ region, scene, day, kind, isHit, variant })
  stage.finish(scenes[kind](stage), push)
}
