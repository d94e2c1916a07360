// The money that a judgement puts at risk.
import t from 'tap'
import fc from 'fast-check'
import type { Claim } from '../../src/claim/claim.js'
import { atRiskOf } from '../../src/engine/at-risk.js'
import { aClaim } from '../fixtures/claims.js'

t.test('money: no item twice, the whole once, fund and patient by share', async (t) => {
  const claim = aClaim({
    items: [{ quantity: 1, unit_price: 100, own_pay: 20, self_pay: 30 }, { quantity: 1, unit_price: 50 }],
    payment: { total: 150, in_scope: 100, fund: 80 },
  })
  const item = (index: number, riskFen: number) => ({ violating: [{ item: index, riskFen }] })
  t.strictSame(atRiskOf(claim, [item(0, 4_000), item(0, 6_000), item(0, 5_000)]),
    { totalFen: 6_000, fundFen: 2_400, patientFen: 3_600 })
  t.strictSame(atRiskOf(claim, [item(1, 5_000)]), { totalFen: 5_000, fundFen: 4_000, patientFen: 1_000 })
  t.strictSame(atRiskOf(claim, [item(1, 99_999)]).totalFen, 5_000, 'never more than the line')
  t.strictSame(atRiskOf(claim, [{ violating: [], riskFen: 99_999 }]),
    { totalFen: 15_000, fundFen: 8_000, patientFen: 7_000 }, 'never more than the claim')
  t.strictSame(atRiskOf(claim, [item(1, 5_000), { violating: [], riskFen: 6_500 }]),
    { totalFen: 6_500, fundFen: 4_800, patientFen: 1_700 })
  t.strictSame(atRiskOf(claim, [{ violating: [], riskFen: -5 }, item(0, -5)]).totalFen, 0)
  const silent = aClaim({ items: [{ unit_price: 100, self_pay: 50 }], payment: { total: 100 } })
  t.strictSame(atRiskOf(silent, [item(0, 5_000)]),
    { totalFen: 5_000, fundFen: undefined, patientFen: undefined })
  const noScope = { ...silent, payment: { ...silent.payment, fundFen: 2_500 } }
  t.equal(atRiskOf(noScope, [item(0, 10_000)]).fundFen, 2_500)
  const odd = { ...noScope, payment: { ...noScope.payment, inScopeFen: 0 } }
  t.equal(atRiskOf(odd, [item(0, 10_000)]).fundFen, 0)
})

t.test('money at risk is bounded by the claim, whatever the claim says', async (t) => {
  const seed = Date.now() & 0x7fffffff
  t.comment(`seed ${seed}`)
  const fen = fc.integer({ min: -10_000, max: 10_000_000_000_000 })
  const line = fc.record({ amountFen: fen, ownPayFen: fen, selfPayFen: fen })
  const base = aClaim()
  fc.assert(fc.property(
    fc.array(line, { minLength: 1, maxLength: 4 }),
    fc.record({ totalFen: fen, inScopeFen: fc.option(fen, { nil: undefined }), fundFen: fc.option(fen, { nil: undefined }) }),
    fc.array(fc.record({ item: fc.nat(3), riskFen: fen, whole: fc.option(fen, { nil: undefined }) })),
    (lines, payment, hits) => {
      const items = lines.map((one) => ({ ...base.items[0]!, ...one }))
      const claim: Claim = { ...base, items, payment: { ...base.payment, ...payment } }
      const risk = atRiskOf(claim, hits.map(({ item, riskFen, whole }) => ({
        violating: [{ item: item % items.length, riskFen }],
        ...(whole === undefined ? {} : { riskFen: whole }),
      })))
      const { totalFen, fundFen, patientFen } = risk
      const isWhole = [totalFen, fundFen ?? 0, patientFen ?? 0].every(Number.isSafeInteger)
      const isBounded = totalFen >= 0 && totalFen <= Math.max(0, payment.totalFen)
      if (payment.fundFen === undefined) return isWhole && isBounded && fundFen === undefined
      return isWhole && isBounded && fundFen! >= 0 && fundFen! <= Math.max(0, payment.fundFen)
        && patientFen! >= 0 && fundFen! + patientFen! === totalFen
    },
  ), { seed, numRuns: 2_000 })
})
