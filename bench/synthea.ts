// The Synthea claim sample as events of ours: patients under a hashed key, encounters as visits, claims
// as settlements, CHARGE rows of the ledger as lines. Its codes are American, so to us they are local
// codes that nobody has mapped; its cents count as fen. It tests mechanics, not Chinese knowledge.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import type { EventType, ItemWire, PatientWire, SettlementWire, VisitWire } from '../src/claim/wire.js'

export interface SyntheaEvent {
  readonly subject: string
  readonly event: {
    readonly specversion: '1.0'
    readonly id: string
    readonly source: string
    readonly type: EventType
    readonly time: string
    readonly data: object
  }
}

export interface Synthea {
  /** In order of time. */
  readonly events: readonly SyntheaEvent[]
  /** What the source holds, counted from its rows and not from the events. */
  readonly source: {
    readonly patients: number
    readonly claims: number
    readonly charges: number
    readonly stays: number
    readonly totalFen: number
  }
}

type Row = Readonly<Record<string, string>>

interface Tables {
  readonly patients: readonly Row[]
  readonly encounters: readonly Row[]
  readonly claims: readonly Row[]
  readonly transactions: readonly Row[]
}

/** Where the sample lies beside the project. */
export const syntheaFolder = '../shared/data/synthea-claims'

export function readSynthea(folder: string): Synthea {
  return convertSynthea({
    patients: read(folder, 'patients'),
    encounters: read(folder, 'encounters'),
    claims: read(folder, 'claims'),
    transactions: read(folder, 'claims_transactions'),
  })
}

function read(folder: string, name: string): Row[] {
  const bytes = gunzipSync(readFileSync(join(folder, `${name}.csv.gz`)))
  const rows: Row[] = parse(bytes, { columns: true, skip_empty_lines: true })
  return rows
}

function convertSynthea({ patients, encounters, claims, transactions }: Tables): Synthea {
  const charges = transactions.filter(({ TYPE }) => TYPE === 'CHARGE')
  const linesByClaim = new Map<string, Row[]>(claims.map((row) => [cell(row, 'Id'), []]))
  for (const row of charges) linesByClaim.get(cell(row, 'CLAIMID'))!.push(row)
  const patientById = new Map(patients.map((row) => [cell(row, 'Id'), patientOf(row)]))
  const encounterById = new Map(encounters.map((row) => [cell(row, 'Id'), row]))
  const stays = encounters.filter(({ ENCOUNTERCLASS }) => ENCOUNTERCLASS === 'inpatient')
  const events = [
    ...stays.flatMap((row) => stayEvents(row, patientById.get(cell(row, 'PATIENT'))!)),
    ...claims.map((row) => settlementEvent({
      claim: row,
      encounter: encounterById.get(cell(row, 'APPOINTMENTID'))!,
      patient: patientById.get(cell(row, 'PATIENTID'))!,
      lines: linesByClaim.get(cell(row, 'Id'))!,
    })),
  ]
  events.sort((a, b) => compare(a.event.time, b.event.time) || compare(a.event.id, b.event.id))
  return {
    events,
    source: {
      patients: patients.length,
      claims: claims.length,
      charges: charges.length,
      stays: stays.length,
      totalFen: sumFen(charges),
    },
  }
}

function patientOf(row: Row): PatientWire & { key: string } {
  return {
    key: hashedKey(cell(row, 'Id')),
    sex: row.GENDER === 'M' ? '1' : '2',
    birth_date: cell(row, 'BIRTHDATE'),
  }
}

/** As a sender makes keys: nobody can read the number back. */
function hashedKey(id: string): string {
  return createHash('sha256').update(`synthea ${id}`).digest('hex').slice(0, 32)
}

/** med_type by class of encounter; nursing homes and hospices are none of ours. */
const medTypes = new Map([
  ['ambulatory', '11'], ['outpatient', '11'], ['wellness', '11'],
  ['urgentcare', '13'], ['emergency', '13'], ['inpatient', '21'],
])

function visitOf(row: Row, claim: Row): VisitWire {
  const diagnoses = [1, 2, 3, 4, 5, 6, 7, 8]
    .map((place) => cell(claim, `DIAGNOSIS${place}`))
    .filter((code) => code !== '')
    .map((code, index) => ({
      code: '', name: `SNOMED CT ${code}`, is_main: index === 0, order: index + 1,
    }))
  return {
    id: cell(row, 'Id'),
    type: medTypes.get(cell(row, 'ENCOUNTERCLASS')) ?? '',
    institution: { id: cell(row, 'ORGANIZATION') },
    doctor: { id: cell(row, 'PROVIDER') },
    start: cell(row, 'START'),
    end: cell(row, 'STOP'),
    diagnoses,
  }
}

function itemOf(row: Row): ItemWire {
  return {
    id: cell(row, 'ID'),
    code: '',
    local_code: cell(row, 'PROCEDURECODE'),
    name: cell(row, 'NOTES'),
    quantity: cell(row, 'UNITS'),
    unit_price: cell(row, 'UNITAMOUNT'),
    amount: cell(row, 'AMOUNT'),
    service_time: cell(row, 'FROMDATE'),
  }
}

interface Case {
  readonly claim: Row
  readonly encounter: Row
  readonly patient: PatientWire & { key: string }
  readonly lines: readonly Row[]
}

function settlementEvent({ claim, encounter, patient, lines }: Case): SyntheaEvent {
  const settledAt = cell(claim, 'LASTBILLEDDATE1')
  const data: SettlementWire = {
    settlement_id: cell(claim, 'Id'),
    settled_at: settledAt,
    patient,
    visit: visitOf(encounter, claim),
    items: lines.map(itemOf),
    payment: { total: yuan(sumFen(lines)) },
  }
  return eventOf({ type: 'settlement', id: cell(claim, 'Id'), time: settledAt, key: patient.key }, data)
}

function stayEvents(row: Row, patient: PatientWire & { key: string }): SyntheaEvent[] {
  const moments = [['admission', cell(row, 'START')], ['discharge', cell(row, 'STOP')]] as const
  return moments.map(([type, time]) => {
    const id = `${cell(row, 'Id')}-${type}`
    const data = {
      patient, visit_id: cell(row, 'Id'), institution: cell(row, 'ORGANIZATION'), at: time,
    }
    return eventOf({ type, id, time, key: patient.key }, data)
  })
}

interface Head {
  readonly type: EventType
  readonly id: string
  readonly time: string
  readonly key: string
}

function eventOf({ type, id, time, key }: Head, data: object): SyntheaEvent {
  return {
    subject: `claims.event.patient.${key}.${type}`,
    event: { specversion: '1.0', id, source: '/synthea', type, time, data },
  }
}

function sumFen(lines: readonly Row[]): number {
  return lines.reduce((sum, row) => sum + Math.round(Number(cell(row, 'AMOUNT')) * 100), 0)
}

function yuan(fen: number): string {
  return (fen / 100).toFixed(2)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function cell(row: Row, name: string): string {
  return row[name]!
}
