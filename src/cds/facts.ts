// What a CDS client tells of a patient, as the data of a settlement that the decoder reads. Refuses what
// lacks a resource that is needed (412); everything else that is missing is for the rules to say.
import { createHash } from 'node:crypto'
import { ServiceError } from '../errors.js'
import {
  codeIn, codingsOf, dayAt, extensionsOf, nodesAt, referredTo, resourcesOf, textAt, valueAt, wordsOf,
} from './fhir.js'
import type { Node } from './fhir.js'
import { chargeTypes, linesOf, orderTypes } from './lines.js'
import type { CdsLine } from './lines.js'
import type { CdsService } from './services.js'
import type { CdsSettings } from './settings.js'

export interface CdsFacts {
  readonly institution: string
  readonly patientKey: string
  readonly visit: string
  /** Data of the settlement about to be (SettlementWire), for the decoder. */
  readonly settlement: object
  readonly lines: readonly CdsLine[]
  /** Names of orders that no rule could count, or of kinds that are not read. */
  readonly unread: readonly string[]
  /** False: the patient has no insurance number, so nothing is known of the past. */
  readonly isKnownPerson: boolean
}

export interface FactsOptions {
  readonly settings: CdsSettings
  /** The opaque key of a person number. */
  keyOf(person: string): string
  /** Where the encounter names none: the one that the caller's key speaks for. */
  readonly ownInstitution: string | undefined
}

interface Told {
  readonly context: Node
  readonly prefetch: Node
}

/** Throws REQUEST_INCOMPLETE naming the prefetch that is missing. */
export function factsOf(service: CdsService, { context, prefetch }: Told, options: FactsOptions): CdsFacts {
  const { settings, keyOf, ownInstitution } = options
  for (const key of service.needs) needed(prefetch, key)
  const [patient] = resourcesOf(prefetch['patient'], ['Patient'])
  const [encounter] = resourcesOf(prefetch['encounter'], ['Encounter'])
  if (patient === undefined) throw incomplete('patient')
  if (encounter === undefined) throw incomplete('encounter')
  const institution = referredTo(encounter['serviceProvider']) || ownInstitution
  if (institution === undefined) {
    const detail = 'the encounter does not say whose it is'
    throw new ServiceError('REQUEST_MALFORMED', { path: '/prefetch/encounter/serviceProvider', detail })
  }
  const number = nodesAt(patient, 'identifier')
    .find((one) => settings.systems.persons.includes(textAt(one, 'system')))
  const person = textAt(number, 'value')
  const visit = identifierOf(textAt(encounter, 'id'))
  const drafts = resourcesOf(context['draftOrders'], orderTypes)
  const charges = resourcesOf(prefetch['chargeItems'], chargeTypes)
  const { items, lines, uncounted } = linesOf([
    { resources: drafts, isCurrent: true }, { resources: charges, isCurrent: drafts.length === 0 },
  ], settings, resourcesOf(context['draftOrders'], ['Medication']))
  const patientKey = keyOf(person === '' ? `${institution} ${textAt(patient, 'id')}` : person)
  return {
    institution,
    patientKey,
    visit,
    settlement: {
      settlement_id: `ask-${visit}`.slice(0, 64),
      patient: {
        key: patientKey,
        ...personOf(patient, encounter, settings),
        insurance_type: insuranceOf(prefetch, settings),
      },
      visit: { id: visit, institution: { id: institution, ...placeOf(encounter, settings) },
        ...visitOf(encounter, settings),
        diagnoses: diagnosesOf(encounter, prefetch, settings),
        procedures: proceduresOf(prefetch, settings) },
      items,
    },
    lines,
    unread: [...uncounted, ...otherOrders(context)],
    isKnownPerson: person !== '',
  }
}

/** Absent, or what a client sends when it could not fetch it. Null says that there is nothing. */
function needed(prefetch: Node, key: string): void {
  const value = prefetch[key]
  if (value === undefined || textAt(value, 'resourceType') === 'OperationOutcome') throw incomplete(key)
}

function incomplete(key: string): ServiceError {
  return new ServiceError('REQUEST_INCOMPLETE', { path: `/prefetch/${key}`, detail: key })
}

/** An identifier of the wire. */
function identifierOf(text: string): string {
  if (/^[\x21-\x7e]{1,60}$/.test(text)) return text
  return createHash('sha256').update(text).digest('hex').slice(0, 40)
}

/** Kinds of orders that we do not read, e.g. NutritionOrder. */
function otherOrders(context: Node): string[] {
  const read: readonly string[] = [...orderTypes, 'Medication']
  return nodesAt(context['draftOrders'], 'entry').map((entry) => textAt(entry, 'resource', 'resourceType'))
    .filter((type) => !read.includes(type))
}

function personOf(patient: Node, encounter: Node, { extension }: CdsSettings): object {
  const gender = textAt(patient, 'gender')
  const maternity = String(extensionsOf(encounter, `${extension}matn_stas`)[0] ?? '')
  return {
    sex: gender === 'male' || gender === 'female' ? gender : 'unknown',
    birth_date: dayAt(patient, 'birthDate'),
    region: extensionsOf(patient, `${extension}insuplc_admdvs`)[0],
    // 1 none, 2 preparing, 3 pregnant, 4 lactating; where nobody says (0), the rules say unknown.
    ...(maternity === '' || maternity === '0' ? {} : {
      is_pregnant: maternity === '3', is_lactating: maternity === '4',
    }),
  }
}

function insuranceOf(prefetch: Node, { systems }: CdsSettings): string {
  return resourcesOf(prefetch['coverage'], ['Coverage'])
    .map((coverage) => codeIn(coverage['type'], systems.insurance)).find((code) => code !== '') ?? ''
}

function placeOf(encounter: Node, { extension }: CdsSettings): object {
  const national = (field: string) => extensionsOf(encounter, extension + field)[0]
  return { level: national('hosp_lv'), type: national('medins_type'), region: national('medins_admdvs') }
}

/** HL7's ActCode of an encounter; what is not named here is left to med_type. */
const settingsOfClass: Readonly<Record<string, string>> = {
  AMB: 'outpatient', VR: 'outpatient', HH: 'outpatient', EMER: 'emergency',
  IMP: 'inpatient', ACUTE: 'inpatient', NONAC: 'inpatient',
}

function visitOf(encounter: Node, { systems, extension }: CdsSettings): object {
  const kind = textAt(encounter, 'class', 'code')
  const type = nodesAt(encounter, 'type').map((concept) => codeIn(concept, systems.visits))
    .find((code) => code !== '') ?? extensionsOf(encounter, `${extension}med_type`)[0]
  const end = dayAt(encounter, 'period', 'end')
  return {
    type: type ?? '',
    ...(type === undefined ? { setting: settingsOfClass[kind] ?? '' } : {}),
    is_internet: kind === 'VR',
    department: (codingsOf(valueAt(encounter, 'serviceType'))[0]?.code ?? '').slice(0, 50),
    department_name: wordsOf(valueAt(encounter, 'serviceType')).slice(0, 100),
    doctor: { id: referredTo(valueAt(encounter, 'participant', 'individual')).slice(0, 50) },
    start: dayAt(encounter, 'period', 'start'),
    ...(end === '' ? {} : { end }),
  }
}

const inOut: Readonly<Record<string, string>> = { AD: '1', DD: '2' }

/** What was ruled out is no diagnosis. The encounter says which is the main one. */
function diagnosesOf(encounter: Node, prefetch: Node, { systems }: CdsSettings): object[] {
  const roles = new Map(nodesAt(encounter, 'diagnosis').map((one) =>
    [referredTo(one['condition']), one] as const))
  return resourcesOf(prefetch['conditions'], ['Condition'])
    .filter((condition) => !codingsOf(condition['verificationStatus'])
      .some(({ code }) => code === 'refuted' || code === 'entered-in-error'))
    .map((condition) => {
      const role = roles.get(textAt(condition, 'id'))
      const rank = role?.['rank']
      return {
        code: codeIn(condition['code'], systems.diagnoses).slice(0, 30),
        name: wordsOf(condition['code']).slice(0, 200),
        is_main: rank === 1,
        ...(typeof rank === 'number' ? { order: rank } : {}),
        in_out: inOut[codingsOf(role?.['use'])[0]?.code ?? ''] ?? '',
      }
    })
}

function proceduresOf(prefetch: Node, { systems }: CdsSettings): object[] {
  return resourcesOf(prefetch['procedures'], ['Procedure'])
    .filter((one) => !['not-done', 'entered-in-error', 'preparation'].includes(textAt(one, 'status')))
    .map((procedure) => ({
      code: codeIn(procedure['code'], systems.procedures).slice(0, 30),
      name: wordsOf(procedure['code']).slice(0, 500),
      date: dayAt(procedure, 'performedDateTime') || dayAt(procedure, 'performedPeriod', 'start'),
      surgeon: referredTo(valueAt(procedure, 'performer', 'actor')).slice(0, 50),
    }))
}

