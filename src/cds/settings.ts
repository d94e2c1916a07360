// How FHIR resources name what the national interface knows: the systems of codes and identifiers, the
// extensions, and which web pages may ask. A file of the operator's over our defaults; read once, at start.
import { readFileSync } from 'node:fs'
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { ServiceError } from '../errors.js'

const uri = (description: string) => Type.String({ minLength: 1, maxLength: 200, description })
const uris = (description: string) => Type.Array(uri('URI'), { minItems: 1, maxItems: 20, description })
const closed = { additionalProperties: false } as const

const Systems = Type.Object({
  items: uris('National codes of drugs, services and consumables (med_list_codg)'),
  diagnoses: uris('ICD-10 and TCM codes in the insurance edition (diag_code)'),
  procedures: uris('ICD-9-CM-3 in the insurance edition (oprn_oprt_code)'),
  insurance: uris('Kind of insurance (insutype)'),
  visits: uris('Kind of visit (med_type)'),
  persons: uris('Identifiers of the insured (psn_no); the key of a history is made of it'),
}, closed)

const CdsSettings = Type.Object({
  systems: Systems,
  extension: uri('What extensions for national fields begin with; the field’s name follows'),
  origins: Type.Array(uri('Origin'), {
    maxItems: 100,
    description: 'Web pages that may ask (CORS), e.g. https://emr.example.org; none by default',
  }),
}, closed)

const CdsFile = Type.Object({
  systems: Type.Optional(Type.Partial(Systems, closed)),
  extension: Type.Optional(CdsSettings.properties.extension),
  origins: Type.Optional(CdsSettings.properties.origins),
}, closed)

export type CdsSettings = Static<typeof CdsSettings>

export const cdsDefaults: CdsSettings = {
  systems: {
    items: ['urn:nhsa:med_list_codg', 'https://code.nhsa.gov.cn'],
    diagnoses: ['urn:nhsa:diag_code', 'http://hl7.org/fhir/sid/icd-10'],
    procedures: ['urn:nhsa:oprn_oprt_code', 'http://hl7.org/fhir/sid/icd-9-cm'],
    insurance: ['urn:nhsa:insutype'],
    visits: ['urn:nhsa:med_type'],
    persons: ['urn:nhsa:psn_no'],
  },
  extension: 'urn:nhsa:',
  origins: [],
}

/** The defaults with what the file says instead; throws CONFIG_INVALID. */
export function openCdsSettings(file: string | undefined): CdsSettings {
  if (file === undefined) return cdsDefaults
  const given = read(file)
  if (!Value.Check(CdsFile, given)) {
    const { path, message } = Value.Errors(CdsFile, given).First()! // the check failed: there is one
    throw invalid(file, `${path} ${message.toLowerCase()}`)
  }
  return { ...cdsDefaults, ...given, systems: { ...cdsDefaults.systems, ...given.systems } }
}

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw invalid(file, 'it cannot be read as JSON', cause)
  }
}

function invalid(file: string, detail: string, cause?: unknown): ServiceError {
  return new ServiceError('CONFIG_INVALID', { path: file, detail: `${file}: ${detail}`, cause })
}
