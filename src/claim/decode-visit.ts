// The visit: wire -> Visit, with its institution, diagnoses and procedures. What a sender left out
// is filled from the rest of the claim where that can only be right, and else stays undefined.
import type { Diagnosis, Institution, Procedure, Setting, Visit } from './claim.js'
import type { ContentHash } from './content-hash.js'
import { momentDay, momentMinute, readMoment, readPastMoment } from './day.js'
import type { Moment } from './day.js'
import {
  catalogueCode, diagnosisKind, dictionaryCode, levelOf, plainText, settingOf, yesOrNo,
} from './dictionary.js'
import { readDays, readDecimal } from './number.js'
import type { Place } from './place.js'
import type { DiagnosisWire, ProcedureWire, VisitWire } from './wire.js'

const leaveDaysRange = { field: 'visit/leave_days', min: 0, max: 36_500 }

/** When the visit was, as far as the sender said. */
export interface VisitTimes {
  readonly start: Moment | undefined
  readonly end: Moment | undefined
}

/**
 * Throws CLAIM_DATE_INVALID for a time that is none, lies after the minute `latest`, or ends a visit
 * before it began.
 */
export function readVisitTimes(wire: VisitWire, place: Place, latest: number): VisitTimes {
  const start = readPastMoment(wire.start, place, { field: 'visit/start', latest })
  const end = readPastMoment(wire.end, place, { field: 'visit/end', latest })
  if (start !== undefined && end !== undefined && isBefore(end, start)) {
    throw place.refusal('CLAIM_DATE_INVALID', 'visit/end', 'before the visit began')
  }
  return { start, end }
}

/** By the minute where both have one, else by the day: a date alone may be any time of it. */
function isBefore(end: Moment, start: Moment): boolean {
  if (momentDay(end) !== momentDay(start)) return end < start
  const endMinute = momentMinute(end)
  const startMinute = momentMinute(start)
  return endMinute !== undefined && startMinute !== undefined && endMinute < startMinute
}

interface VisitContext {
  readonly place: Place
  readonly times: VisitTimes
  /** First day of the visit where the sender did not say. */
  readonly startDay: number
}

/** The visit with every code normalised. Throws CLAIM_NUMBER_INVALID or CLAIM_DATE_INVALID with the field. */
export function decodeVisit(wire: VisitWire, { place, times, startDay }: VisitContext): Visit {
  const medType = dictionaryCode(wire.type)
  const setting = settingOf(wire.setting, medType)
  const { start, end } = times
  const firstDay = start === undefined ? startDay : momentDay(start)
  const doctor = wire.doctor
  const rights = isObject(doctor) && isObject(doctor.rights) ? doctor.rights : undefined
  const visit = {
    id: wire.id,
    medType,
    setting,
    isInternet: yesOrNo(wire.is_internet) ?? internetUnsaid(setting),
    institution: decodeInstitution(wire.institution),
    department: plainText(wire.department),
    doctor: isObject(doctor) ? plainText(doctor.id) : '',
    startDay: firstDay,
    endDay: end === undefined ? endDayUnsaid(setting, firstDay) : momentDay(end),
    startMinute: start === undefined ? undefined : momentMinute(start),
    endMinute: end === undefined ? undefined : momentMinute(end),
    leaveDays: readDays(wire.leave_days, place, leaveDaysRange) ?? 0,
    isPlannedReadmission: yesOrNo(wire.is_planned_readmission),
    isTransfer: yesOrNo(wire.is_transfer),
    diagnoses: decodeDiagnoses(wire.diagnoses),
    procedures: decodeProcedures(wire.procedures, place),
  }
  return rights === undefined ? visit : { ...visit, doctorRights: rights.map(plainText) }
}

/** Nobody lies in an internet hospital or is rushed to one; any other visit may have been to one. */
function internetUnsaid(setting: Setting): false | undefined {
  return setting === 'inpatient' || setting === 'emergency' ? false : undefined
}

/** A stay without a discharge goes on; every other visit ends on the day it begins. */
function endDayUnsaid(setting: Setting, startDay: number): number | undefined {
  return setting === 'inpatient' ? undefined : startDay
}

function decodeInstitution(wire: VisitWire['institution']): Institution {
  return {
    id: wire.id,
    level: levelOf(wire.level),
    type: dictionaryCode(wire.type),
    region: dictionaryCode(wire.region),
  }
}

const noRights: readonly string[] = Object.freeze([])
const noDiagnoses: readonly Diagnosis[] = Object.freeze([])
const noProcedures: readonly Procedure[] = Object.freeze([])

/** Entries with neither code nor name are rows that a sender left empty. */
function decodeDiagnoses(list: VisitWire['diagnoses']): readonly Diagnosis[] {
  if (!Array.isArray(list) || list.length === 0) return noDiagnoses
  const main = mainDiagnosis(list)
  const diagnoses: Diagnosis[] = []
  for (const wire of list) {
    const code = catalogueCode(wire.code)
    const name = plainText(wire.name)
    if (code === '' && name === '') continue
    const isMain = main === undefined ? yesOrNo(wire.is_main) ?? false : wire === main
    const diagnosis = { code, name, isMain, kind: diagnosisKind(wire.kind) }
    const isAcquired = hospitalAcquired(wire)
    diagnoses.push(isAcquired === undefined ? diagnosis : { ...diagnosis, isHospitalAcquired: isAcquired })
  }
  return diagnoses
}

/** What was there on admission, or may have been, was not acquired in the stay. */
function hospitalAcquired(wire: DiagnosisWire): boolean | undefined {
  const told = yesOrNo(wire.is_hospital_acquired)
  if (told !== undefined) return told
  const condition = dictionaryCode(wire.admission_condition)
  return condition === '' ? undefined : condition === '4'
}

/** Undefined when the flags tell; where none is set, the first in order, or the only one. */
function mainDiagnosis(list: readonly DiagnosisWire[]): DiagnosisWire | undefined {
  for (const wire of list) if (yesOrNo(wire.is_main) === true) return undefined
  if (list.length === 1) return list[0]
  return list.find((wire) => readDecimal(wire.order, 0) === 1)
}

function decodeProcedures(list: VisitWire['procedures'], place: Place): readonly Procedure[] {
  if (!Array.isArray(list) || list.length === 0) return noProcedures
  const procedures: Procedure[] = []
  for (let index = 0; index < list.length; index++) {
    const wire: ProcedureWire = list[index]!
    const code = catalogueCode(wire.code)
    const name = plainText(wire.name)
    if (code === '' && name === '') continue
    place.enter('visit/procedures', index)
    const moment = readMoment(wire.date, place, 'date')
    procedures.push({
      code,
      name,
      isMain: yesOrNo(wire.is_main) ?? false,
      day: moment === undefined ? undefined : momentDay(moment),
      incision: plainText(wire.incision),
      incisionClass: plainText(wire.incision_class),
    })
  }
  place.leave()
  return procedures
}

/** Lists and objects may come as "", which stands for an empty one. */
export function isObject<T extends object>(node: T | string | null | undefined): node is T {
  return typeof node === 'object' && node !== null
}

/** Everything that decodeVisit keeps, as the sender gave it: a day taken from elsewhere is not. */
export function hashVisit(visit: Visit, times: VisitTimes, hash: ContentHash): void {
  const { institution } = visit
  hash.text(visit.id)
  hash.text(visit.medType)
  hash.text(visit.setting)
  hash.flag(visit.isInternet ?? false) // as no sender says it of a visit in person
  hash.text(institution.id)
  hash.whole(institution.level)
  hash.text(institution.type)
  hash.text(institution.region)
  hash.text(visit.department)
  hash.text(visit.doctor)
  for (const right of visit.doctorRights ?? noRights) hash.text(right)
  hash.whole(times.start)
  hash.whole(times.end)
  hash.whole(visit.leaveDays)
  hash.flag(visit.isPlannedReadmission)
  hash.flag(visit.isTransfer)
  hash.whole(visit.diagnoses.length)
  for (const diagnosis of visit.diagnoses) {
    hash.text(diagnosis.code)
    hash.text(diagnosis.name)
    hash.flag(diagnosis.isMain)
    hash.text(diagnosis.kind)
    if (diagnosis.isHospitalAcquired !== undefined) hash.flag(diagnosis.isHospitalAcquired)
  }
  hash.whole(visit.procedures.length)
  for (const procedure of visit.procedures) {
    hash.text(procedure.code)
    hash.text(procedure.name)
    hash.flag(procedure.isMain)
    hash.whole(procedure.day)
    hash.text(procedure.incision)
    hash.text(procedure.incisionClass)
  }
}
