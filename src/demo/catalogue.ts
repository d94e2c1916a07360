// The articles of ordinary care in one shape, sorted by what they are for. Facts only: what is billed
// and when is the work of the scripts beside this file.
import { drugRows } from './catalogue-drugs.js'
import type { DrugUse } from './catalogue-drugs.js'
import { consumableRows, herbRows, listedHerbRows } from './catalogue-others.js'
import { serviceRows } from './catalogue-services.js'
import type { ServiceUse } from './catalogue-services.js'

/** list_type of the national interface. */
export type ListType = '101' | '102' | '201' | '301'

/** Anything that can be billed. */
export interface Article {
  readonly code: string
  readonly name: string
  /** Ten-thousandths of a yuan for one unit. */
  readonly price: number
  readonly listType: ListType
  readonly feeClass: string
  /** Percent that the patient pays before the fund does (乙类先行自付). */
  readonly selfPayPercent: number
}

/** Price in ten-thousandths of a yuan; codes that begin with Z are patent Chinese medicines. */
export function drug(code: string, name: string, price: number): Article {
  const feeClass = code.startsWith('Z') ? '11' : '09'
  return { code, name, price, listType: '101', feeClass, selfPayPercent: 10 }
}

/** One gram is a unit; price in ten-thousandths of a yuan. */
export function herb(code: string, name: string, price: number): Article {
  return { code, name, price, listType: '102', feeClass: '10', selfPayPercent: 0 }
}

/** Price in ten-thousandths of a yuan; paid by the fund in full. */
export function service(code: string, name: string, price: number, feeClass = '05'): Article {
  return { code, name, price, listType: '201', feeClass, selfPayPercent: 0 }
}

/** Price in ten-thousandths of a yuan; the patient pays a fifth of it first. */
export function consumable(code: string, name: string, price: number): Article {
  return { code, name, price, listType: '301', feeClass: '08', selfPayPercent: 20 }
}

function byUse<Use extends string>(
  rows: readonly { readonly use: Use, readonly article: Article }[],
): (use: Use) => readonly Article[] {
  const groups = new Map<Use, Article[]>()
  for (const { use, article } of rows) {
    const group = groups.get(use)
    if (group === undefined) groups.set(use, [article])
    else group.push(article)
  }
  return (use) => groups.get(use)!
}

export const drugsFor: (use: DrugUse) => readonly Article[] = byUse(
  drugRows.map(([code, name, price, use]) => ({ use, article: drug(code, name, price) })),
)

export const servicesFor: (use: ServiceUse) => readonly Article[] = byUse(
  serviceRows.map(([code, name, price, feeClass, use]) =>
    ({ use, article: service(code, name, price, feeClass) })),
)

export const consumables = consumableRows.map((row) => consumable(...row))
export const herbs = herbRows.map((row) => herb(...row))
export const listedHerbs = listedHerbRows.map((row) => herb(...row))

/** Drugs that anybody may be given at any visit. */
export const acuteDrugs = (['gastric', 'skin', 'sense', 'general'] as const).flatMap(drugsFor)

export const consultation = servicesFor('visit')[0]!
export const operationServices = new Map(
  servicesFor('surgery').map((article) => [article.code, article]),
)
export const anaesthesia = servicesFor('surgery')[0]!

/** How many different articles ordinary care bills. */
export const catalogueSize = drugRows.length + serviceRows.length + consumableRows.length
  + herbRows.length + listedHerbRows.length
