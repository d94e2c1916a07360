// Where a rule applies (applies_to): from lists in YAML to one function over a claim, made at load
// and asked at most once per part and claim.
import type { Claim } from '../claim/claim.js'
import { startsWithAny } from '../checks/code-lists.js'
import type { Scope } from './rule-file.js'

/** True: applies. False: does not. A text: cannot be told, the claim lacks this field. */
export type Applies = (claim: Claim) => boolean | string

/** What makeScope gives where nothing is limited. */
export const everywhere: Applies = () => true

/** Undefined: the claim lacks the field. */
interface Limit {
  readonly field: string
  isWithin(claim: Claim): boolean | undefined
}

/**
 * Lists are or within, and between; a field that the claim lacks never counts as outside the list.
 * Asked for every rule of every claim: what it makes, it makes here.
 */
export function makeScope(scope: Scope | undefined): Applies {
  if (scope === undefined) return everywhere
  const { settings } = scope
  const limits = limitsOf(scope)
  return (claim) => {
    const { visit } = claim
    if (settings !== undefined && !settings.includes(visit.setting)) return false
    let lacking: string | undefined
    for (let at = 0; at < limits.length; at++) {
      const isWithin = limits[at]!.isWithin(claim)
      if (isWithin === false) return false
      if (isWithin === undefined) lacking ??= limits[at]!.field
    }
    return lacking ?? true
  }
}

function limitsOf(
  {
    internet, insurance_types: insuranceTypes, institution_levels: levels, institution_types: types, regions,
  }: Scope,
): readonly Limit[] {
  const limits: Limit[] = []
  if (internet !== undefined) limits.push({
    field: 'visit.is_internet',
    isWithin: ({ visit: { isInternet } }) => isInternet === undefined ? undefined : isInternet === internet,
  })
  if (insuranceTypes !== undefined) limits.push({
    field: 'patient.insurance_type',
    isWithin: ({ patient: { insuranceType } }) => isListed(insuranceTypes, insuranceType),
  })
  if (levels !== undefined) limits.push({
    field: 'visit.institution.level',
    isWithin: ({ visit: { institution } }) => isListed(levels, institution.level),
  })
  if (types !== undefined) limits.push({
    field: 'visit.institution.type',
    isWithin: ({ visit: { institution } }) => isBegun(types, institution.type),
  })
  if (regions !== undefined) limits.push({
    field: 'visit.institution.region',
    isWithin: ({ visit: { institution } }) => isBegun(regions, institution.region),
  })
  return limits
}

function isListed<T extends string | number>(list: readonly T[], value: T | undefined): boolean | undefined {
  return value === undefined || value === '' ? undefined : list.includes(value)
}

function isBegun(starts: readonly string[], value: string): boolean | undefined {
  return value === '' ? undefined : startsWithAny(value, starts)
}
