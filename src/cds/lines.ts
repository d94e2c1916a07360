// Orders and charges as items of a settlement: what is about to be signed or was charged, and what of it
// nobody could judge. Pure; the decoder reads what it makes.
import {
  codeIn, codingsOf, dayAt, extensionsOf, nodesAt, numberAt, referredTo, textAt, valueAt, wordsOf,
} from './fhir.js'
import type { Node } from './fhir.js'
import type { CdsSettings } from './settings.js'

export const orderTypes = ['MedicationRequest', 'ServiceRequest', 'DeviceRequest'] as const
export const chargeTypes = ['ChargeItem'] as const
/** Resources with these states are nothing that anybody pays for. */
const voided = ['cancelled', 'entered-in-error', 'stopped', 'revoked', 'aborted', 'not-billable']
/** list_type where neither a code nor an extension tells. */
const categories: Readonly<Record<string, string>> = {
  MedicationRequest: '101', ServiceRequest: '201', DeviceRequest: '301', ChargeItem: '',
}

export interface CdsLine {
  /** Type and id, as an action names it. */
  readonly reference: string
  readonly name: string
  /** Part of what is asked about; else charged before. */
  readonly isCurrent: boolean
  /** It has a national code. */
  readonly isMapped: boolean
}

export interface CdsLines {
  /** Of SettlementWire, in the order of `lines`. */
  readonly items: readonly object[]
  readonly lines: readonly CdsLine[]
  /** Names of what has no quantity: no rule could count it. */
  readonly uncounted: readonly string[]
}

interface Source {
  readonly resources: readonly Node[]
  readonly isCurrent: boolean
}

/** `medications`: what medicationReference may point to. */
export function linesOf(
  sources: readonly Source[], settings: CdsSettings, medications: readonly Node[],
): CdsLines {
  const items: object[] = []
  const lines: CdsLine[] = []
  const uncounted: string[] = []
  for (const { resources, isCurrent } of sources) {
    for (const resource of resources) {
      if (voided.includes(textAt(resource, 'status'))) continue
      const concept = conceptOf(resource, medications)
      const code = codeIn(concept, settings.systems.items)
      const reference = `${textAt(resource, 'resourceType')}/${textAt(resource, 'id')}`
      const name = (wordsOf(concept) || reference).slice(0, 300)
      const quantity = quantityOf(resource)
      if (quantity === undefined) {
        uncounted.push(name)
        continue
      }
      lines.push({ reference, name, isCurrent, isMapped: code !== '' })
      items.push({
        id: String(lines.length), code, name, quantity,
        local_code: code === '' ? (codingsOf(concept)[0]?.code ?? '').slice(0, 150) : '',
        ...detailsOf(resource, code, settings.extension),
      })
    }
  }
  return { items, lines, uncounted }
}

function conceptOf(resource: Node, medications: readonly Node[]): unknown {
  const reference = textAt(resource, 'medicationReference', 'reference')
  if (reference !== '') {
    const contained = nodesAt(resource, 'contained').find(({ id }) => reference === `#${String(id)}`)
    const beside = medications.find(({ id }) => reference.endsWith(`Medication/${String(id)}`))
    return (contained ?? beside)?.['code']
  }
  return resource['medicationCodeableConcept'] ?? resource['codeCodeableConcept'] ?? resource['code']
}

/** A service or a device is asked for once where nobody says how often; a drug is not. */
function quantityOf(resource: Node): number | undefined {
  switch (resource['resourceType']) {
    case 'MedicationRequest': return numberAt(resource, 'dispenseRequest', 'quantity', 'value')
    case 'ServiceRequest': return numberAt(resource, 'quantityQuantity', 'value') ?? 1
    case 'DeviceRequest': return numberAt(resource, 'parameter', 'valueQuantity', 'value') ?? 1
    default: return numberAt(resource, 'quantity', 'value')
  }
}

function detailsOf(resource: Node, code: string, extension: string): object {
  const national = (field: string) => extensionsOf(resource, extension + field)[0]
  const traceCodes = extensionsOf(resource, `${extension}drug_trac_codg`).map(String)
  return {
    category: national('list_type') ?? (code === '' ? categories[textAt(resource, 'resourceType')] : ''),
    fee_class: national('med_chrgitm_type'),
    unit_price: national('pric'),
    amount: national('det_item_fee_sumamt') ?? numberAt(resource, 'priceOverride', 'value'),
    own_pay: national('fulamt_ownpay_amt'),
    self_pay: national('preselfpay_amt'),
    service_time: timeOf(resource),
    prescription: textAt(resource, 'groupIdentifier', 'value').slice(0, 64),
    dose: textAt(resource, 'dosageInstruction', 'text').slice(0, 200),
    days_of_supply: national('prd_days') ?? supplyOf(resource),
    doctor: referredTo(resource['requester'] ?? valueAt(resource, 'performer', 'actor')).slice(0, 50),
    department: referredTo(valueAt(resource, 'requestingOrganization')).slice(0, 50),
    is_take_home: national('dscg_tkdrug_flag'),
    ...(traceCodes.length === 0 ? {} : { trace_codes: traceCodes }),
  }
}

function supplyOf(resource: Node): number | undefined {
  const duration = valueAt(resource, 'dispenseRequest', 'expectedSupplyDuration')
  const unit = textAt(duration, 'code') || textAt(duration, 'unit')
  return ['d', 'day', 'days', '天'].includes(unit) ? numberAt(duration, 'value') : undefined
}

/** When it was written, or charged; when it is to be done may lie ahead. */
function timeOf(resource: Node): string {
  return dayAt(resource, 'authoredOn') || dayAt(resource, 'occurrenceDateTime')
    || dayAt(resource, 'occurrencePeriod', 'start') || dayAt(resource, 'enteredDate')
}
