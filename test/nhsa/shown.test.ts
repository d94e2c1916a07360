// A finding is not shown twice for one visit within the tenant's window, and what is held back is told.
import t from 'tap'
import type { Claim } from '../../src/claim/claim.js'
import { decodeSettlement } from '../../src/claim/decode-settlement.js'
import { counterfactuals } from '../../src/engine/counterfactual.js'
import { evaluate } from '../../src/engine/evaluate.js'
import type { Finding } from '../../src/engine/verdict.js'
import { Shown } from '../../src/nhsa/shown.js'
import type { ShowOptions } from '../../src/nhsa/shown.js'
import { signatureOf } from '../../src/nhsa/signature.js'
import { aClaim } from '../fixtures/claims.js'
import type { SettlementChanges } from '../fixtures/claims.js'
import { emptyView } from '../fixtures/empty-view.js'
import { aNhsaDoor, hospital, now as wallClock, order, secret, standard } from '../fixtures/nhsa.js'
import { aBook, aRule, mostTable } from '../fixtures/rule-texts.js'

const book = aBook([aRule(), aRule({ id: 'TEST-2', severity: 'notice' }), mostTable])
const mostBook = aBook([aRule(), mostTable])
const minute = 60_000

function found(changes: SettlementChanges = {}): { claim: Claim, findings: readonly Finding[] } {
  const claim = aClaim({ items: [{ id: 'L1', code: 'A1', name: '甲药', quantity: 5, unit_price: 10 }], ...changes })
  return { claim, findings: evaluate(book, claim, emptyView).findings }
}

/** How many are shown and held back. */
function show(shown: Shown, { claim, findings }: ReturnType<typeof found>, options: Partial<ShowOptions> = {}) {
  const { fresh, heldBack } = shown.take(findings, {
    claim, tenant: 't', windowMinutes: 30, scenes: [2], now: 0, ...options,
  })
  return [fresh.length, heldBack]
}

t.test('within the window once, after it again, counted from when it was shown', async (t) => {
  const shown = new Shown()
  t.strictSame(show(shown, found()), [2, 0])
  t.strictSame(show(shown, found(), { now: 30 * minute - 1 }), [0, 2])
  t.strictSame(show(shown, found(), { now: 30 * minute }), [2, 0])
})

t.test('another tenant, visit, patient, line or quantity is another finding', async (t) => {
  const shown = new Shown()
  show(shown, found())
  t.strictSame(show(shown, found(), { tenant: 'u' }), [2, 0])
  t.strictSame(show(shown, found({ visit: { id: 'V-other' } })), [2, 0])
  t.strictSame(show(shown, found({ patient: { key: 'other-patient' } })), [2, 0])
  t.strictSame(show(shown, found({ items: [{ id: 'L2', code: 'A1', name: '甲药', quantity: 5, unit_price: 10 }] })), [2, 0])
  t.strictSame(show(shown, found({ items: [{ id: 'L1', code: 'A1', name: '甲药', quantity: 6, unit_price: 10 }] })), [2, 0])
  t.strictSame(show(shown, found()), [0, 2])
})

t.test('a window of nothing holds nothing back', async (t) => {
  const shown = new Shown()
  const off = { windowMinutes: 0 }
  t.strictSame([show(shown, found(), off), show(shown, found(), off)], [[2, 0], [2, 0]])
  t.strictSame(show(shown, { ...found(), findings: [] }), [0, 0])
})

t.test('a bill that is being settled is told its violations every time', async (t) => {
  for (const scene of [6, 8, 10]) {
    const shown = new Shown()
    t.strictSame(show(shown, found(), { scenes: [scene] }), [2, 0])
    t.strictSame(show(shown, found(), { scenes: [scene] }), [1, 1])
  }
  const shown = new Shown()
  show(shown, found(), { scenes: [7] })
  t.strictSame(show(shown, found(), { scenes: [7] }), [0, 2])
})

t.test('beyond the bound the oldest is forgotten, and shown again', async (t) => {
  const shown = new Shown(2)
  show(shown, found())
  show(shown, found({ visit: { id: 'V-other' } }))
  t.strictSame(show(shown, found()), [2, 0])
})

t.test('a result says what would put it right, and judged as said it is right', async (t) => {
  const { post } = await aNhsaDoor(t, {
    judge(settlement) {
      const claim = decodeSettlement(settlement, { time: new Date(wallClock).toISOString(), receivedAt: wallClock, base: '' })
      const judge = (one: Claim) => evaluate(mostBook, one, emptyView)
      const verdict = judge(claim)
      const { of: remedies } = counterfactuals({ book: mostBook, claim, verdict, judge, stop: () => false })
      return { claim, verdict, remedies, isCurrent: true, unread: [] }
    },
  })
  const ask = (cnt: number) => post(standard({
    encounter: { fsi_order_dtos: [order({ hilist_code: 'A1', hilist_name: '甲药', cnt, pric: 10, sumamt: cnt * 10 })] },
    envelope: { msgid: `m${cnt}` },
  }))
  t.strictSame((await ask(5)).output.result.map(({ remedy }) => remedy), ['“甲药”数量不超过 2 即可'])
  t.strictSame((await ask(2)).output.result, [])
})

const tenant = { id: 'hospital', institutions: [hospital], paasid: 'his', secrets: [secret] }
function signed(nonce: string): Record<string, string> {
  const timestamp = String(Math.floor(wallClock / 1_000))
  return {
    'x-tif-paasid': 'his', 'x-tif-timestamp': timestamp, 'x-tif-nonce': nonce,
    'x-tif-signature': signatureOf({ timestamp, secret, nonce }),
  }
}

t.test('the door holds back what the doctor has just seen, says how much, and keeps the money whole', async (t) => {
  for (const [repeatMinutes, results, heldBack] of [[undefined, 0, 1], [0, 1, 0]] as const) {
    const file = JSON.stringify([{ ...tenant, ...(repeatMinutes === undefined ? {} : { repeat_minutes: repeatMinutes }) }])
    const { post, answered } = await aNhsaDoor(t, { tenantsFile: `${t.testdir({ 'a.json': file })}/a.json` })
    const ask = (msgid: string, scene: string, nonce = msgid) => post(standard({
      encounter: { fsi_order_dtos: [order()], hifp_payamt: 10 },
      data: { trig_scen: scene }, envelope: { msgid },
    }), signed(nonce))
    const first = await ask('m1', '2')
    t.match(first.output, {
      result: [{ rule_id: 'DRUG-SEX', vola_cont: '甲硝唑栓限女性，患者为男性', vola_amt: 25, fund_amt: 10, patient_amt: 15 }],
      at_risk: { total: 25, fund: 10, patient: 15 }, held_back: 0,
    })
    const again = await ask('m2', '2')
    t.strictSame([again.output.result.length, again.output['held_back'], again.output['at_risk']],
      [results, heldBack, first.output['at_risk']])
    t.strictSame((await ask('m1', '2', 'n9')).output, first.output, 'the same message has the same answer')
    t.strictSame(answered.map((one) => one.heldBack), [0, heldBack])
    const settling = await ask('m3', '6')
    t.equal(settling.output.result.length, results, 'a suspicion is no violation')
  }
})
