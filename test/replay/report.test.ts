// What a replay tells when a rule is only in one of the books, or in neither was woken.
import t from 'tap'
import { aligned } from '../../src/commands/text-table.js'
import { Comparison } from '../../src/replay/comparison.js'
import { replayJson, replayText } from '../../src/replay/report.js'
import { aClaim } from '../fixtures/claims.js'
import { emptyView } from '../fixtures/empty-view.js'
import { aBook, aRule, mostTable } from '../fixtures/rule-texts.js'

const claim = aClaim({ items: [{ code: 'A1', quantity: 9, unit_price: 10 }] })
const period = { fromDay: claim.settledDay, untilDay: claim.settledDay + 1 }
const none = aBook([mostTable])

t.test('a rule that is gone is told with what is lost by it', async (t) => {
  const comparison = new Comparison({
    before: aBook([aRule(), mostTable]), after: none, ...period, now: () => 0,
  })
  comparison.witness(claim, emptyView)()
  const text = replayText(comparison.result, period, aligned)
  t.match(text, /\nTEST-1 {2}active → 无 {2}1 → 0 +0 +0\.00 +1 +90\.00 +0\n/)
  t.match(text, '  － 90.00 元  TEST-1  机构 H44010000001 结算单 S-1（2026-03-04）：')
  t.match(text, /\n规则 {2}每张 µs {2}每次触发 µs {2}触发的结算单\n$/, 'nothing was woken, nothing to confirm')
  t.match(JSON.parse(replayJson(comparison.result, period)), { rules: [{ lost: 1, us_per_claim: null }] })
})

t.test('a rule that moves from trial to active changes no finding, and is told', async (t) => {
  const comparison = new Comparison({
    before: aBook([aRule({ status: 'trial', evidence: '' }), mostTable]),
    after: aBook([aRule(), mostTable]),
    ...period, now: () => 0,
  })
  comparison.witness(claim, emptyView)()
  const text = replayText(comparison.result, period, aligned)
  t.match(text, /\nTEST-1 {2}trial → active {2}1 +0 +0\.00 +0 +0\.00 +0\n/)
  t.notMatch(text, 'evidence:', 'it has its evidence')
})
