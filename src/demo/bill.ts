// A bill as a hospital's system sends it: lines are added one by one, and the settlement is written
// with payment fields that add up. What may be billed is not its business: scenes bill wrong things.
import type {
  ItemWire, PatientWire, PaymentWire, SettlementWire, VisitWire,
} from '../claim/wire.js'
import type { Article } from './catalogue.js'
import type { DiagnosisRow } from './catalogue-others.js'
import { dateText, momentText } from './clock.js'
import type { Person } from './patient.js'
import type { Random } from './random.js'
import type { Place } from './region.js'

export interface VisitFacts {
  readonly person: Person
  readonly place: Place
  readonly visit: string
  readonly settlement: string
  /** med_type: 11 outpatient, 13 emergency, 14 chronic disease, 21 inpatient, 41 pharmacy. */
  readonly medType: string
  readonly startDay: number
  readonly startMinute: number
  readonly endDay: number
  readonly endMinute: number
  readonly diagnoses: readonly DiagnosisRow[]
  readonly procedures?: readonly ProcedureLine[]
  readonly isInternet?: boolean
  /** The registered disease that the bill is paid under. */
  readonly specialDisease?: string
  /** Fields of the visit that only a few bills carry. */
  readonly more?: Partial<VisitWire>
}

export interface LineOptions {
  readonly quantity?: number
  /** Ten-thousandths of a yuan; the article's own when absent. */
  readonly price?: number
  /** Fen; price × quantity when absent. */
  readonly amountFen?: number
  readonly day?: number
  readonly minute?: number
  /** Id of the line; the next free one when absent. */
  readonly id?: string
  readonly isOwnPay?: boolean
  readonly traceCodes?: readonly string[]
  /** Other fields of the line, as they go on the wire. */
  readonly more?: Partial<ItemWire>
}

export type ProcedureLine = NonNullable<NonNullable<VisitWire['procedures']>[number]>

interface Sums {
  total: number
  ownPay: number
  selfPay: number
}

const USUAL_SUPPLY_DAYS = 3
const FUND_PERCENT = { outpatient: 60, inpatient: 80 }
const DEDUCTIBLE_FEN = 60_000 // of a stay

/**
 * Lines are added, then `settlement` writes it once. Prices in ten-thousandths of a yuan, amounts in
 * fen, quantities in units.
 */
export class Bill {
  readonly facts: VisitFacts
  readonly #random: Random
  readonly #items: ItemWire[] = []
  readonly #sums: Sums = { total: 0, ownPay: 0, selfPay: 0 }
  #fill: ((bill: Bill) => void) | undefined

  constructor(facts: VisitFacts, random: Random) {
    this.facts = facts
    this.#random = random
  }

  /** Bills one line and returns its id. */
  add(article: Article, options: LineOptions = {}): string {
    const { quantity = 1, price = article.price, isOwnPay = false } = options
    const amountFen = options.amountFen ?? amountOf(price, quantity)
    const selfPayFen = isOwnPay ? 0 : Math.round(amountFen * article.selfPayPercent / 100)
    const id = options.id ?? `${this.#items.length + 1}`
    const traceCodes = options.traceCodes ?? this.#traceCodes(article)
    this.#items.push({
      id,
      code: article.code,
      local_code: `L${article.code.slice(-8)}`,
      name: article.name,
      category: article.listType,
      fee_class: article.feeClass,
      quantity,
      unit_price: price / 10_000,
      amount: amountFen / 100,
      own_pay: isOwnPay ? amountFen / 100 : 0,
      self_pay: selfPayFen / 100,
      service_time: momentText(
        options.day ?? this.facts.startDay, options.minute ?? this.facts.startMinute,
      ),
      ...this.#isDispensed(article) && { days_of_supply: USUAL_SUPPLY_DAYS },
      ...traceCodes.length > 0 && { trace_codes: [...traceCodes] },
      ...options.more,
    })
    this.#sums.total += amountFen
    this.#sums.ownPay += isOwnPay ? amountFen : 0
    this.#sums.selfPay += selfPayFen
    return id
  }

  /** Taken away by the patient, and so given for some days; not what a ward gives. */
  #isDispensed(article: Article): boolean {
    return article.listType === '101' && this.facts.medType !== '21'
  }

  /** Lines that come after the others, added only when the bill is written. */
  fillLater(fill: (bill: Bill) => void): void {
    this.#fill = fill
  }

  /** One drug line in three carries the code of a pack (追溯码). */
  #traceCodes(article: Article): readonly string[] {
    if (article.listType !== '101' || !this.#random.chance(1 / 3)) return []
    return [newTraceCode(this.#random)]
  }

  get items(): readonly ItemWire[] {
    return this.#items
  }

  settlement(settledDay: number, settledMinute: number): SettlementWire {
    const { facts } = this
    this.#fill?.(this)
    this.#fill = undefined
    return {
      settlement_id: facts.settlement,
      settled_at: momentText(settledDay, settledMinute),
      patient: patientWire(facts.person),
      visit: visitWire(facts),
      items: this.#items,
      payment: this.#payment(),
      is_cross_region: false,
    }
  }

  #payment(): PaymentWire {
    const { total, ownPay, selfPay } = this.#sums
    const isStay = this.facts.medType === '21'
    const inScope = total - ownPay - selfPay
    const deductible = Math.min(inScope, isStay ? DEDUCTIBLE_FEN : 0)
    const percent = isStay ? FUND_PERCENT.inpatient : FUND_PERCENT.outpatient
    const fund = Math.floor((inScope - deductible) * percent / 100)
    const account = this.facts.person.insurance === '310' ? Math.floor((total - fund) / 2) : 0
    return {
      total: total / 100,
      in_scope: inScope / 100,
      deductible: deductible / 100,
      fund: fund / 100,
      account: account / 100,
      cash: (total - fund - account) / 100,
      aid: 0,
      ...this.facts.specialDisease !== undefined && { special_disease: this.facts.specialDisease },
    }
  }
}

/** Fen, to the nearest; prices in ten-thousandths of a yuan, quantities in any unit. */
export function amountOf(price: number, quantity: number): number {
  return Math.round(price * quantity / 100)
}

/** Twenty digits: seven for the drug, the rest for the pack. */
export function newTraceCode(random: Random): string {
  const digits = (count: number): string =>
    String(random.int(0, 10 ** count - 1)).padStart(count, '0')
  return `8${digits(6)}${digits(7)}${digits(6)}`
}

/** Without a name: only what a settlement says of its patient. */
export function patientWire(person: Person): PatientWire {
  return {
    key: person.key,
    sex: person.sex === 'male' ? '1' : '2',
    birth_date: dateText(person.birthDay),
    insurance_type: person.insurance,
    region: person.region,
    ...person.isPregnant !== undefined && { is_pregnant: person.isPregnant },
  }
}

function visitWire(facts: VisitFacts): VisitWire {
  const { place } = facts
  const isPharmacy = facts.medType === '41'
  return {
    id: facts.visit,
    type: facts.medType,
    is_internet: facts.isInternet ?? false,
    institution: { id: place.id, level: place.level, type: place.type, region: place.region },
    ...!isPharmacy && {
      department: 'A03', department_name: '内科', doctor: { id: `D${place.id.slice(-5)}`, title: '233' },
    },
    start: momentText(facts.startDay, facts.startMinute),
    end: momentText(facts.endDay, facts.endMinute),
    diagnoses: facts.diagnoses.map(([code, name], index) => ({
      code, name, is_main: index === 0, order: index + 1, kind: '1',
    })),
    procedures: [...facts.procedures ?? []],
    ...facts.more,
  }
}
