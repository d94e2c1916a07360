// The region: its settings and its institutions, of every level. Small and made at once; patients are
// made one by one when they are needed (patient.ts), so a region of a million costs nothing.
import { createRandom, mix } from './random.js'

export interface RegionOptions {
  readonly seed: number
  readonly patients: number
  /** Hospitals, clinics and pharmacies together, at least 10. */
  readonly institutions: number
  /** Day number of the first event. */
  readonly startDay: number
  /** Violations planted for each ordinary settlement, e.g. 0.02; two near misses beside each. */
  readonly plantRate: number
}

export interface Place {
  readonly id: string
  /** 3, 2, 1; 0 for a clinic or a pharmacy. */
  readonly level: number
  readonly type: string
  readonly region: string
}

export interface Region extends RegionOptions {
  readonly pool: string
  /** Places by level; level 0 holds the clinics. */
  readonly level3: readonly Place[]
  readonly level2: readonly Place[]
  readonly level1: readonly Place[]
  readonly clinics: readonly Place[]
  readonly pharmacies: readonly Place[]
}

/** Pooling area of the made-up region: a real code, so that regional rules can be tried. */
export const POOL = '330100'

/** At least ten institutions, whatever is asked; ids follow from the seed. */
export function createRegion(options: RegionOptions): Region {
  const random = createRandom(mix(options.seed, 1))
  const count = Math.max(10, options.institutions)
  // One in ten of level 3, two of level 2, three of level 1 or a clinic, the rest pharmacies.
  const level3 = Math.max(2, Math.floor(count / 10))
  const level2 = Math.max(2, Math.floor(count / 5))
  const level1 = Math.max(2, Math.floor(count / 5))
  const clinics = Math.max(1, Math.floor(count / 10))
  const pharmacies = Math.max(2, count - level3 - level2 - level1 - clinics)
  let serial = random.int(1, 400)
  function places(prefix: string, level: number, type: string, many: number): Place[] {
    return Array.from({ length: many }, () => ({
      id: `${prefix}${POOL}${String(serial++).padStart(5, '0')}`, level, type, region: POOL,
    }))
  }
  return {
    ...options,
    pool: POOL,
    level3: places('H', 3, 'A100', level3),
    level2: places('H', 2, 'A100', level2),
    level1: places('H', 1, 'B100', level1),
    clinics: places('H', 0, 'D100', clinics),
    pharmacies: places('P', 0, 'pharmacy', pharmacies),
  }
}
