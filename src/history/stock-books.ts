// What institutions reported of their stock, and what their claims sold of it: changes and views of
// the ledgers' records. Only what an institution has reported is kept: of all others a claim costs
// one look-up.
import type { Claim, StockMovement } from '../claim/claim.js'
import { codeKey } from '../claim/code-key.js'
import type { Completeness } from './cursor.js'
import type { Records } from './pinned.js'
import { ledgerKeyOf, stockKeyOf } from './records.js'
import type { SettlementRecord, StockedLine } from './settlement-record.js'
import {
  emptyLedger, folded, isAfterCount, ledgerDays, packLedger, unpackLedger, withMovement, withSold,
} from './stock-ledger.js'
import type { Ledger } from './stock-ledger.js'
import type { StockView } from './view.js'

export const STOCK_VERSION = 1
/** Twice the items of the largest hospital; of more nothing is kept. */
export const ledgersMax = 40_000
const recentMax = 16_384
const nothing: readonly StockedLine[] = []

/**
 * Ledgers of institutions that reported any stock, of a bounded number of items each; of other claims
 * nothing is kept.
 */
export class StockBooks {
  readonly #records: Records
  /** Ledgers by key; undefined: there is none. */
  readonly #recent = new Map<string, Ledger | undefined>()
  readonly #counts = new Map<string, number>()
  #overflows = 0

  constructor(records: Records) {
    this.#records = records
  }

  /** Items whose stock is not kept because an institution reports too many. */
  get overflows(): number {
    return this.#overflows
  }

  /** False: nothing new. */
  move(told: StockMovement, watermarkDay: number): boolean {
    const { institution, code } = told
    const key = ledgerKeyOf(institution, codeKey(code))
    const known = this.#get(key)
    const count = this.#countOf(institution)
    if (known === undefined && count >= ledgersMax) {
      this.#overflows++
      return false
    }
    const next = withMovement(folded(known ?? emptyLedger, watermarkDay - ledgerDays), told)
    if (next === undefined) return false
    this.#put(key, next)
    if (known === undefined) {
      this.#counts.set(institution, count + 1)
      this.#records.put(stockKeyOf(institution), Int32Array.of(STOCK_VERSION, count + 1))
    }
    return true
  }

  /** Lines of a claim that went out of a stock that is kept, and are noted there. */
  sell({ visit, items }: Claim, watermarkDay: number): readonly StockedLine[] {
    const institution = visit.institution.id
    if (this.#countOf(institution) === 0) return nothing
    let lines: StockedLine[] | undefined
    for (let line = 0; line < items.length; line++) {
      const { code, low, high, quantity, serviceDay: day } = items[line]!
      if (code === '') continue
      const stocked = { line, code: high * 0x1_0000_0000 + (low >>> 0), day }
      if (!this.#sold(institution, stocked, { quantity, watermarkDay })) continue
      lines ??= []
      lines.push(stocked)
    }
    return lines ?? nothing
  }

  /** So much of a line goes back into stock; what lies before a count is in the count. */
  takeBack(institution: string, line: StockedLine, about: SoldQuantity): void {
    this.#sold(institution, line, { ...about, quantity: -about.quantity })
  }

  /** False: no such stock is kept. */
  #sold(
    institution: string, { code, day }: StockedLine, { quantity, watermarkDay }: SoldQuantity,
  ): boolean {
    const key = ledgerKeyOf(institution, code)
    const ledger = this.#get(key)
    if (ledger === undefined) return false
    this.#put(key, withSold(folded(ledger, watermarkDay - ledgerDays), day, quantity))
    return true
  }

  /** `own`: the claim's own settlement where it is known already and shall not count. */
  view(
    { completeFromDay, incompleteReason }: Completeness, own: SettlementRecord | undefined,
  ): StockView {
    return {
      completeFromDay,
      incompleteReason,
      isReporting: (institution) => this.#countOf(institution) > 0,
      balanceOf: (institution, low, high) => {
        const code = high * 0x1_0000_0000 + (low >>> 0)
        const ledger = this.#get(ledgerKeyOf(institution, code))
        return ledger === undefined ? undefined : balanceOf(ledger, ownSales(ledger, code, own))
      },
    }
  }

  /** Forgets what is not in the store. */
  reset(): void {
    this.#recent.clear()
    this.#counts.clear()
  }

  #countOf(institution: string): number {
    const known = this.#counts.get(institution)
    if (known !== undefined) return known
    const count = this.#records.get(stockKeyOf(institution))?.[1] ?? 0
    if (this.#counts.size >= recentMax) this.#counts.clear()
    this.#counts.set(institution, count)
    return count
  }

  #get(key: string): Ledger | undefined {
    const recent = this.#recent.get(key)
    if (recent !== undefined || this.#recent.has(key)) return recent
    const words = this.#records.get(key)
    const ledger = words === undefined ? undefined : unpackLedger(words)
    this.#keep(key, ledger)
    return ledger
  }

  #put(key: string, ledger: Ledger): void {
    this.#keep(key, ledger)
    this.#records.put(key, packLedger(ledger))
  }

  #keep(key: string, ledger: Ledger | undefined): void {
    if (this.#recent.size >= recentMax) this.#recent.clear()
    this.#recent.set(key, ledger)
  }
}

interface SoldQuantity {
  /** In ten-thousandths. */
  readonly quantity: number
  readonly watermarkDay: number
}

function balanceOf({ countDay, opening, soldBefore, days }: Ledger, own: number) {
  let available = opening + soldBefore
  let sold = soldBefore - own
  for (const day of days) {
    available += day.arrived
    sold += day.sold
  }
  return { countDay, available, sold }
}

function ownSales(ledger: Ledger, code: number, own: SettlementRecord | undefined): number {
  let sold = 0
  for (const { line, code: other, day } of own?.stocked ?? nothing) {
    if (other === code && isAfterCount(ledger, day)) sold += own!.lines[line]!.quantity
  }
  return sold
}
