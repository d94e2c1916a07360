// The insured person: wire -> Patient, and the patient key that every patient's event must have.
import type { Patient } from './claim.js'
import type { ContentHash } from './content-hash.js'
import { momentDay, readMoment } from './day.js'
import { dictionaryCode, sexOf, yesOrNo } from './dictionary.js'
import type { Place } from './place.js'
import type { PatientWire } from './wire.js'

const keyMin = 8
const keyMax = 64

/**
 * The key of the patient; throws CLAIM_NO_PATIENT. Looked at before the shape is: a claim of nobody
 * has a code of its own, whatever else is wrong with it.
 */
export function requirePatientKey(patient: unknown, place: Place): string {
  if (typeof patient !== 'object' || patient === null) {
    throw place.refusal('CLAIM_NO_PATIENT', 'patient', 'missing')
  }
  const key = 'key' in patient ? patient.key : undefined
  if (typeof key === 'string' && isPatientKey(key)) return key
  throw place.refusal('CLAIM_NO_PATIENT', 'patient/key', 'expected [A-Za-z0-9_-]{8,64}')
}

/** [A-Za-z0-9_-]{8,64}: safe in a subject, in a key of the store and in a path. */
export function isPatientKey(key: string): boolean {
  if (key.length < keyMin || key.length > keyMax) return false
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at)
    const isDigit = code >= 0x30 && code <= 0x39
    const isLetter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a
    if (!isDigit && !isLetter && code !== 0x5f && code !== 0x2d) return false
  }
  return true
}

/**
 * The patient under a key that has been read already. An unknown sex or code stays unknown; throws
 * CLAIM_DATE_INVALID for a birth date that is none.
 */
export function decodePatient(key: string, wire: PatientWire, place: Place): Patient {
  const birth = readMoment(wire.birth_date, place, 'patient/birth_date')
  return {
    key,
    sex: sexOf(wire.sex),
    birthDay: birth === undefined ? undefined : momentDay(birth),
    insuranceType: dictionaryCode(wire.insurance_type),
    region: dictionaryCode(wire.region),
    isPregnant: yesOrNo(wire.is_pregnant),
    isLactating: yesOrNo(wire.is_lactating),
  }
}

/** Adds all that decodePatient reads; fields it does not know change no hash. */
export function hashPatient(patient: Patient, hash: ContentHash): void {
  hash.text(patient.key)
  hash.text(patient.sex)
  hash.whole(patient.birthDay)
  hash.text(patient.insuranceType)
  hash.text(patient.region)
  hash.flag(patient.isPregnant)
  hash.flag(patient.isLactating)
}
