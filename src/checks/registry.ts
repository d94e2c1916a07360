// Every kind of check, listed by hand and sorted by kind. A kind that is not here does not exist.
import { ageLimit } from './age-limit.js'
import { amountCap } from './amount-cap.js'
import { amountMismatch } from './amount-mismatch.js'
import { antibioticRight } from './antibiotic-right.js'
import { bundleSplit } from './bundle-split.js'
import { chargeDateOutsideStay } from './charge-date-outside-stay.js'
import type { Check } from './check.js'
import { contraindication } from './contraindication.js'
import { dailyAmount } from './daily-amount.js'
import { dailyQuantity } from './daily-quantity.js'
import { departmentLimit } from './department-limit.js'
import { diagnosisAge } from './diagnosis-age.js'
import { diagnosisEvidence } from './diagnosis-evidence.js'
import { diagnosisSex } from './diagnosis-sex.js'
import { diseaseCatalogue } from './disease-catalogue.js'
import { drugInteraction } from './drug-interaction.js'
import { drugKindsLimit } from './drug-kinds-limit.js'
import { duplicateItemId } from './duplicate-item-id.js'
import { duplicateTherapy } from './duplicate-therapy.js'
import { exclusiveItems } from './exclusive-items.js'
import { forbiddenItem } from './forbidden-item.js'
import { frequentVisits } from './frequent-visits.js'
import { herbIncompatible } from './herb-incompatible.js'
import { herbNotPayableAlone } from './herb-not-payable-alone.js'
import { hourlyQuantity } from './hourly-quantity.js'
import { indicationLimit } from './indication-limit.js'
import { indicatorBand } from './indicator-band.js'
import { institutionLevel } from './institution-level.js'
import { insuranceTypeLimit } from './insurance-type-limit.js'
import { lowStandardAdmission } from './low-standard-admission.js'
import { outpatientDuringStay } from './outpatient-during-stay.js'
import { overlappingStays } from './overlapping-stays.js'
import { payableCourse } from './payable-course.js'
import { periodicFrequency } from './periodic-frequency.js'
import { pregnancyLimit } from './pregnancy-limit.js'
import { procedureCharge } from './procedure-charge.js'
import { procedureDiagnosis } from './procedure-diagnosis.js'
import { procedureSex } from './procedure-sex.js'
import { prophylacticAntibiotics } from './prophylactic-antibiotics.js'
import { quantityPer } from './quantity-per.js'
import { requiresItem } from './requires-item.js'
import { sameIncisionDiscount } from './same-incision-discount.js'
import { settlementList } from './settlement-list.js'
import { sexLimit } from './sex-limit.js'
import { splitHospitalisation } from './split-hospitalisation.js'
import { stepTherapy } from './step-therapy.js'
import { stockBalance } from './stock-balance.js'
import { supplyDaysLimit } from './supply-days-limit.js'
import { traceCodeReused } from './trace-code-reused.js'
import { unitPriceCeiling } from './unit-price-ceiling.js'
import { uploadLag } from './upload-lag.js'
import { visitTypeLimit } from './visit-type-limit.js'

export const checks: readonly Check[] = [
  ageLimit,
  amountCap,
  amountMismatch,
  antibioticRight,
  bundleSplit,
  chargeDateOutsideStay,
  contraindication,
  dailyAmount,
  dailyQuantity,
  departmentLimit,
  diagnosisAge,
  diagnosisEvidence,
  diagnosisSex,
  diseaseCatalogue,
  drugInteraction,
  drugKindsLimit,
  duplicateItemId,
  duplicateTherapy,
  exclusiveItems,
  forbiddenItem,
  frequentVisits,
  herbIncompatible,
  herbNotPayableAlone,
  hourlyQuantity,
  indicationLimit,
  indicatorBand,
  institutionLevel,
  insuranceTypeLimit,
  lowStandardAdmission,
  outpatientDuringStay,
  overlappingStays,
  payableCourse,
  periodicFrequency,
  pregnancyLimit,
  procedureCharge,
  procedureDiagnosis,
  procedureSex,
  prophylacticAntibiotics,
  quantityPer,
  requiresItem,
  sameIncisionDiscount,
  settlementList,
  sexLimit,
  splitHospitalisation,
  stepTherapy,
  stockBalance,
  supplyDaysLimit,
  traceCodeReused,
  unitPriceCeiling,
  uploadLag,
  visitTypeLimit,
]
