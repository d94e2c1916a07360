// Every kind of check, listed by hand and sorted by kind. A kind that is not here does not exist.
import { ageLimit } from './age-limit.js'
import { amountMismatch } from './amount-mismatch.js'
import { chargeDateOutsideStay } from './charge-date-outside-stay.js'
import type { Check } from './check.js'
import { diagnosisAge } from './diagnosis-age.js'
import { diagnosisSex } from './diagnosis-sex.js'
import { drugKindsLimit } from './drug-kinds-limit.js'
import { duplicateItemId } from './duplicate-item-id.js'
import { forbiddenItem } from './forbidden-item.js'
import { herbNotPayableAlone } from './herb-not-payable-alone.js'
import { institutionLevel } from './institution-level.js'
import { insuranceTypeLimit } from './insurance-type-limit.js'
import { procedureSex } from './procedure-sex.js'
import { sameIncisionDiscount } from './same-incision-discount.js'
import { sexLimit } from './sex-limit.js'
import { unitPriceCeiling } from './unit-price-ceiling.js'
import { visitTypeLimit } from './visit-type-limit.js'

export const checks: readonly Check[] = [
  ageLimit,
  amountMismatch,
  chargeDateOutsideStay,
  diagnosisAge,
  diagnosisSex,
  drugKindsLimit,
  duplicateItemId,
  forbiddenItem,
  herbNotPayableAlone,
  institutionLevel,
  insuranceTypeLimit,
  procedureSex,
  sameIncisionDiscount,
  sexLimit,
  unitPriceCeiling,
  visitTypeLimit,
]
