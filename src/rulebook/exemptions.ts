// Whether a finding is exempted: a lookup made once at load and asked only when something was found.
// May not know how a claim is judged.
import type { Claim } from '../claim/claim.js'
import type { Exemption } from './exemption-file.js'

/** What was found, as far as an exemption asks. */
interface Found {
  readonly rule: string
  readonly claim: Claim
  /** The claim's day. */
  readonly day: number
  readonly violating: readonly { readonly item: number }[]
}

/** An exemption lies under the most particular thing it names. */
const particular = ['settlement', 'visit', 'patient', 'doctor', 'institution'] as const
type Names = Readonly<Record<(typeof particular)[number], string>>

/** Looked up by rule and what it names most particularly; a day number decides whether one holds. */
export class Exemptions {
  readonly #byKey = new Map<string, Exemption[]>()

  constructor(list: readonly Exemption[]) {
    for (const exemption of list) {
      const name = particular.find((each) => exemption[each] !== '')!
      const key = keyOf(exemption.rule, name, exemption[name])
      const others = this.#byKey.get(key)
      if (others === undefined) this.#byKey.set(key, [exemption])
      else others.push(exemption)
    }
  }

  /** The most particular one that holds; of several the first in the file. */
  find(found: Found): Exemption | undefined {
    if (this.#byKey.size === 0) return undefined
    const names = namesOf(found)
    for (const name of particular) {
      const exemption = this.#byKey.get(keyOf(found.rule, name, names[name]))
        ?.find((one) => holds(one, names, found.day))
      if (exemption !== undefined) return exemption
    }
    return undefined
  }
}

function keyOf(rule: string, name: string, value: string): string {
  return `${rule}:${name}:${value}`
}

function holds(exemption: Exemption, names: Names, day: number): boolean {
  return day >= exemption.fromDay && day < exemption.untilDay
    && particular.every((name) => exemption[name] === '' || exemption[name] === names[name])
}

function namesOf({ claim: { settlement, patient, visit, items }, violating }: Found): Names {
  const doctors = new Set(violating.map(({ item }) => items[item]!.doctor || visit.doctor))
  const [doctor = visit.doctor] = doctors
  return {
    settlement, visit: visit.id, patient: patient.key, institution: visit.institution.id,
    doctor: doctors.size > 1 ? '' : doctor, // an exempted doctor does not exempt the others
  }
}
