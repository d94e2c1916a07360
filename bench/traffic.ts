// The mix that the benchmarks send, stated and honest: half of the lines carry a code that some table
// row knows, 5 % of the claims warn, every third line is a drug and, with trace codes, every
// third drug line carries one. Seeded.
import { createRandom } from '../src/demo/random.js'

export interface TrafficOptions {
  readonly seed: number
  readonly patients: number
  readonly lines: number
  readonly hasTraceCodes: boolean
}

/** Codes that official tables know, chosen so that an adult woman's day in a level 3 hospital is
 * clear. */
const listed = [
  'XG01ACL224A008010100011', 'XG01ACL224A008010102281', 'ZD03AAA0043010100166',
  '002101030300000', '003313060040000', '003313010030000',
  '001102000050000', '001109000010000', '001201000030000', '002502020030000',
]
const warnShare = 0.05
const startDay = Date.UTC(2026, 0, 5)
const dayMs = 86_400_000

export interface BenchEvent {
  readonly subject: string
  readonly id: string
  readonly body: string
}

/** The n-th event; settlements walk slowly through the year, patients come at random. */
export function trafficOf({ seed, patients, lines, hasTraceCodes }: TrafficOptions): (n: number) => BenchEvent {
  const random = createRandom(seed)
  let traced = 0
  return (n) => {
    const key = `bench-patient-${String(random.int(0, patients - 1)).padStart(8, '0')}`
    const day = new Date(startDay + Math.floor(n / 5_000) % 300 * dayMs).toISOString().slice(0, 10)
    const isWarned = random.chance(warnShare)
    const turn = random.int(0, listed.length - 2)
    const items = Array.from({ length: lines }, (_, line) => {
      // The first line's code is for women only: a man's claim warns.
      const isListed = line % 2 === 0
      const code = isListed ? listedCode(line / 2, turn) : unlistedCode(random)
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
        service_time: `${day} ${String(8 + line % 10).padStart(2, '0')}:${String(line % 60).padStart(2, '0')}:00`,
        prescription: `${n}-rx-${line}`,
        days_of_supply: 3,
        department: 'D01',
        ...(hasTraceCodes && line % 9 === 0
          ? { trace_codes: [`8${String(seed).padStart(6, '0')}${String(traced++).padStart(13, '0')}`] }
          : {}),
      }
    })
    const data = {
      settlement_id: `S${String(n).padStart(12, '0')}`,
      settled_at: `${day} 18:00:00`,
      patient: { key, sex: isWarned ? '1' : '2', birth_date: '1980-05-01', insurance_type: '310', region: '330100' },
      visit: {
        id: `V${n}`, type: '21', start: `${day} 08:00:00`, end: `${day} 08:00:00`,
        institution: { id: `H3301${String(n % 200).padStart(8, '0')}`, level: 3, type: 'A100', region: '330100' },
        department: 'D01', doctor: { id: 'DR1', title: '233' },
        diagnoses: [{ code: 'I10.x00', name: 'hypertension', is_main: true, order: 1 }],
      },
      items,
      payment: { total: 300, in_scope: 250, fund: 200, cash: 100 },
    }
    const event = {
      specversion: '1.0', id: `bench-${seed}-${n}`, source: '/bench', type: 'settlement',
      time: `${day}T18:00:00+08:00`, data,
    }
    return { subject: `claims.event.patient.${key}.settlement`, id: event.id, body: JSON.stringify(event) }
  }
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
