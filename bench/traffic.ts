// The mix that the benchmarks send, stated and honest: half of the lines carry a code that some table
// row knows, 5 % of the claims warn, every third line is a drug and, with trace codes, every
// third drug line carries one; 200 institutions of 30 departments with ten doctors each. Seeded.
import { createRandom } from '../src/demo/random.js'

export interface TrafficOptions {
  readonly seed: number
  readonly patients: number
  readonly lines: number
  readonly hasTraceCodes: boolean
  /** When the hospital settles, milliseconds: shortly before the stream receives it, as hospitals do. */
  readonly settledAt?: number
}

/** When claims of the benchmarks without a stream are settled, and received. */
export const usualTime = Date.UTC(2026, 5, 1, 10)

/** Codes that official tables know, chosen so that an adult woman's day in a level 3 hospital is
 * clear. */
const listed = [
  'XG01ACL224A008010100011', 'XG01ACL224A008010102281', 'ZD03AAA0043010100166',
  '002101030300000', '003112010040000', '002505010390000',
  '001102000050000', '001109000010000', '001201000030000', '002502020030000',
]
/** Payable under work-injury insurance only. */
const workInjuryDrug = 'XL03AXX234B001010100568'
/** Of two kinds, as a rule that met one claim in twenty would be held as firing too often. */
const warnShare = 0.05
const regionMs = 8 * 3_600_000
const [institutions, departments, doctors] = [200, 30, 300]

export interface BenchEvent {
  readonly subject: string
  readonly id: string
  readonly body: string
}

/** The key of a patient; any whole number names one. */
export const patientOf = (number: number, patients: number) =>
  `bench-patient-${String(number % patients).padStart(8, '0')}`

/**
 * The n-th event. Each patient comes once before one comes again: the step of the numbers has no divisor
 * in common with theirs.
 */
export function trafficOf(
  { seed, patients, lines, hasTraceCodes, settledAt = usualTime }: TrafficOptions,
): (n: number) => BenchEvent {
  const random = createRandom(seed)
  const [day, time] = new Date(settledAt + regionMs).toISOString().slice(0, 19).split('T') as [string, string]
  let traced = 0
  return (n) => {
    const key = patientOf(n * 999_983 + seed, patients)
    const isWarned = random.chance(warnShare)
    const isMan = isWarned && random.chance(0.5)
    const turn = random.int(0, listed.length - 2)
    const doctor = random.int(0, doctors - 1)
    const department = `D${doctor % departments}`
    const items = Array.from({ length: lines }, (_, line) => {
      // The first line's code is for women only: a man's claim warns.
      const isListed = line % 2 === 0
      const isInjury = isWarned && !isMan && line === 0
      const code = isInjury ? workInjuryDrug : isListed ? listedCode(line / 2, turn) : unlistedCode(random)
      const price = random.int(100, 9_999) / 100
      return {
        id: `${n}-${line}`,
        code,
        name: 'bench item',
        category: line % 3 === 0 ? '101' : '201',
        fee_class: line % 3 === 0 ? '09' : '05',
        quantity: 1,
        unit_price: price,
        amount: price,
        self_pay: 0,
        service_time: `${day} 00:${String(line % 60).padStart(2, '0')}:00`,
        prescription: `${n}-rx-${line}`,
        days_of_supply: 3,
        department,
        ...(hasTraceCodes && line % 9 === 0
          ? { trace_codes: [`8${String(seed).padStart(6, '0')}${String(traced++).padStart(13, '0')}`] }
          : {}),
      }
    })
    const data = {
      settlement_id: `S${String(n).padStart(12, '0')}`,
      settled_at: `${day} ${time}`,
      patient: { key, sex: isMan ? '1' : '2', birth_date: '1980-05-01', insurance_type: '310', region: '330100' },
      visit: {
        id: `V${n}`, type: '21', start: `${day} 00:00:00`, end: `${day} 00:00:00`,
        institution: { id: `H3301${String(n % institutions).padStart(8, '0')}`, level: 3, type: 'A100', region: '330100' },
        department, doctor: { id: `DR${doctor}`, title: '233' },
        diagnoses: [{ code: 'I10.x00', name: 'hypertension', is_main: true, order: 1 }],
      },
      items,
      payment: payment(items),
    }
    const event = {
      specversion: '1.0', id: `bench-${seed}-${n}`, source: '/bench', type: 'settlement',
      time: `${day}T${time}+08:00`, data,
    }
    return { subject: `claims.event.patient.${key}.settlement`, id: event.id, body: JSON.stringify(event) }
  }
}

const settlementMark = '"settlement_id":"S'
const patientMark = '"key":"bench-patient-'
const tracesMark = '"trace_codes":["'
const traceHead = 8 // of a code's digits: what is the same in all of a run

/** A body that can be made that of another patient, with packs of its own, without writing it anew. */
export class Reusable {
  readonly bytes: Buffer
  readonly #settlement: number
  readonly #patient: number
  readonly #traces: readonly number[]

  constructor(body: string) {
    this.bytes = Buffer.from(body)
    this.#settlement = this.bytes.indexOf(settlementMark) + settlementMark.length
    this.#patient = this.bytes.indexOf(patientMark) + patientMark.length
    this.#traces = placesOf(this.bytes, tracesMark).map((at) => at + traceHead)
  }

  /** The bytes as the `number`-th settlement, of the patient of that number. */
  as(number: number, patients: number): Buffer {
    this.#write(this.#settlement, number, 12)
    this.#write(this.#patient, number % patients, 8)
    for (const [pack, at] of this.#traces.entries()) this.#write(at, number * this.#traces.length + pack, 12)
    return this.bytes
  }

  #write(at: number, number: number, digits: number): void {
    this.bytes.write(String(number).padStart(digits, '0'), at, 'latin1')
  }
}

/** Where what follows each mark begins. */
function placesOf(bytes: Buffer, mark: string): number[] {
  const places: number[] = []
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) places.push(at + mark.length)
  return places
}

/** Of whole fen: what stands beside each other adds up. */
function payment(items: readonly { amount: number }[]) {
  const fen = items.reduce((sum, { amount }) => sum + Math.round(amount * 100), 0)
  const fund = Math.floor(fen / 2)
  return { total: fen / 100, in_scope: fen / 100, fund: fund / 100, cash: (fen - fund) / 100 }
}

type Random = ReturnType<typeof createRandom>

/** A code of the right shape that no table knows. */
function unlistedCode(random: Random): string {
  return `00990${String(random.int(0, 4_999)).padStart(10, '0')}`
}

/** Each listed code stands once in a claim (some may be charged once a day); then padded rows' codes. */
function listedCode(place: number, turn: number): string {
  if (place === 0) return listed[0]!
  if (place < listed.length) return listed[1 + (place + turn) % (listed.length - 1)]!
  return `00980${String((turn * 997 + place * 97) % 5_000).padStart(10, '0')}` // books.ts pads with these
}
