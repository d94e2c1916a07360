// Sets of ICD-10 prefixes, split once at load, and whether a claim's diagnoses meet them. Main and
// other diagnoses count alike; of a dagger and asterisk pair both halves. Judges nothing.
import type { Claim } from '../claim/claim.js'
import { startsWithAny } from './code-lists.js'

/** Every set must be met: by any diagnosis, by any of its prefixes. */
export type IcdSets = readonly (readonly string[])[]

/** `E11|O24.1&N18`: diabetes of these kinds, and kidney disease. */
export function icdSetsOf(cell: string): IcdSets {
  if (cell.trim() === '') return []
  return cell.split('&').map((set) => set.split('|').map((prefix) => prefix.trim()))
}

/** Codes of traditional medicine look alike and mean other things. */
export function hasWesternDiagnosis({ visit: { diagnoses } }: Claim): boolean {
  for (let index = 0; index < diagnoses.length; index++) {
    if (diagnoses[index]!.kind === 'western') return true
  }
  return false
}

/** True where there are no sets: nothing is asked. */
export function meetsAll(claim: Claim, sets: IcdSets): boolean {
  for (let set = 0; set < sets.length; set++) {
    if (!meetsAny(claim, sets[set]!)) return false
  }
  return true
}

function meetsAny({ visit: { diagnoses } }: Claim, prefixes: readonly string[]): boolean {
  for (let index = 0; index < diagnoses.length; index++) {
    const { code, kind } = diagnoses[index]!
    if (kind !== 'western') continue
    if (startsWithAny(code, prefixes)) return true
    const second = code.indexOf('+') + 1
    if (second === 0) continue
    for (let prefix = 0; prefix < prefixes.length; prefix++) {
      if (code.startsWith(prefixes[prefix]!, second)) return true
    }
  }
  return false
}
