// Where a rule applies (applies_to): from lists in YAML to one function over a claim, made at load
// and asked at most once per part and claim.
import type { Claim } from '../claim/claim.js'
import type { Scope } from './rule-file.js'

/** True: applies. False: does not. A text: cannot be told, the claim lacks this field. */
export type Applies = (claim: Claim) => boolean | string

/** What makeScope gives where nothing is limited. */
export const everywhere: Applies = () => true

/**
 * Lists are or within, and between; a field that the claim lacks never counts as outside the list.
 */
export function makeScope(scope: Scope | undefined): Applies {
  if (scope === undefined) return everywhere
  const {
    settings, insurance_types: insuranceTypes, institution_levels: levels,
    institution_types: types, regions, internet,
  } = scope
  return ({ patient, visit }) => {
    const { institution } = visit
    if (settings !== undefined && !settings.includes(visit.setting)) return false
    if (internet !== undefined && internet !== visit.isInternet) return false
    const lacks: string[] = []
    const region = { field: 'visit.institution.region', isPrefix: true }
    const isWithin = (
      list: readonly (string | number)[] | undefined, value: string | number | undefined,
      { field, isPrefix = false }: { field: string, isPrefix?: boolean },
    ) => {
      if (list === undefined) return true
      if (value === undefined || value === '') return lacks.push(field) > 0
      return isPrefix
        ? list.some((start) => String(value).startsWith(String(start)))
        : list.includes(value)
    }
    return isWithin(insuranceTypes, patient.insuranceType, { field: 'patient.insurance_type' })
      && isWithin(levels, institution.level, { field: 'visit.institution.level' })
      && isWithin(types, institution.type, { field: 'visit.institution.type', isPrefix: true })
      && isWithin(regions, institution.region, region)
      && (lacks[0] ?? true)
  }
}
