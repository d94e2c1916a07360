// A patient's life, made from the region's seed and the patient's number alone: birth, sex, insurance,
// diseases that last, a pregnancy. The same number always gives the same person.
import type { ChronicDisease } from './catalogue-others.js'
import { createRandom, mix } from './random.js'
import type { Random } from './random.js'
import type { Region } from './region.js'

export type Sex = 'male' | 'female'

export interface Person {
  readonly key: string
  readonly sex: Sex
  readonly birthDay: number
  readonly insurance: string
  readonly region: string
  readonly isPregnant?: boolean
}

export interface Life extends Person {
  readonly chronic: readonly ChronicDisease[]
  /** Block of four weeks in which a child is born; undefined for most. */
  readonly deliveryBlock: number | undefined
}

const DAYS_PER_YEAR = 365.25

/** A key like those that a keyed hash gives: opaque, 16 hex digits. */
export function patientKey(seed: number, kind: number, number: number): string {
  return hex(mix(seed, kind, number, 1)) + hex(mix(seed, kind, number, 2))
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}

/** The same person for the same number, whoever asks and in whatever order. */
export function lifeOf(region: Region, number: number): Life {
  const random = createRandom(mix(region.seed, 2, number))
  const sex = random.chance(0.5) ? 'male' : 'female'
  const age = ageOf(random)
  const birthDay = region.startDay - Math.floor(age * DAYS_PER_YEAR) - random.int(0, 364)
  const isMother = sex === 'female' && age >= 22 && age <= 38 && random.chance(0.08)
  return {
    // Asked for only when an event is written: most walks over a life never need it.
    get key() {
      return patientKey(region.seed, 2, number)
    },
    sex,
    birthDay,
    insurance: age >= 23 && random.chance(0.6) ? '310' : '390',
    region: region.pool,
    chronic: isMother ? [] : chronicOf(random, age),
    deliveryBlock: isMother ? random.int(1, 26) : undefined,
  }
}

function ageOf(random: Random): number {
  if (random.chance(0.14)) return random.int(0, 17)
  return random.chance(0.6) ? random.int(18, 54) : random.int(55, 92)
}

function chronicOf(random: Random, age: number): ChronicDisease[] {
  const found: ChronicDisease[] = []
  if (age < 35) return random.chance(0.03) ? ['respiratory'] : found
  const weight = age < 55 ? 0.4 : 1
  if (random.chance(0.5 * weight)) found.push('hypertension')
  if (random.chance(0.25 * weight)) found.push('diabetes')
  if (random.chance(0.2 * weight)) found.push('lipid')
  if (random.chance(0.1 * weight)) found.push('heart')
  if (random.chance(0.04 * weight)) found.push('renal')
  if (random.chance(0.03 * weight)) found.push('neuro')
  return found.slice(0, 3)
}
