// Findings that are kept and not sent: exempted ones, and those of a rule that is held.
import t from 'tap'
import { Value } from '@sinclair/typebox/value'
import type { Claim } from '../../src/claim/claim.js'
import { evaluate } from '../../src/engine/evaluate.js'
import type { EvaluateOptions } from '../../src/engine/evaluate.js'
import { readExemptions } from '../../src/rulebook/exemption-file.js'
import { Exemptions } from '../../src/rulebook/exemptions.js'
import { describeVerdict } from '../../src/warning/describe.js'
import { toMessages } from '../../src/warning/from-verdict.js'
import { VerdictWire, WarningWire } from '../../src/warning/wire.js'
import { aClaim } from '../fixtures/claims.js'
import type { SettlementChanges } from '../fixtures/claims.js'
import { emptyView } from '../fixtures/empty-view.js'
import { aBook, aRule, aTable, mostTable } from '../fixtures/rule-texts.js'

const head = 'rule,institution,doctor,patient,visit,settlement,reason,approver,valid_from,expires'
const others = aRule({
  id: 'TEST-2', check: 'tell-claim', warning: '{met}', in_force: '[{ from: 2025-01-01 }]',
})
/** TEST-1 hits five of A1, TEST-2 every claim; the claim's day is 2026-03-04. */
const bookOf = (...rows: readonly string[]) =>
  aBook([aRule(), others, mostTable, aTable('exemptions', [head, ...rows])])

const fiveOfA1 = { code: 'A1', name: '甲药', category: '101', quantity: 5, unit_price: 10 }
const claimOf = (changes: SettlementChanges = {}) => aClaim({ items: [fiveOfA1], ...changes })
const judge = (claim: Claim, rows: readonly string[], options?: EvaluateOptions) =>
  evaluate(bookOf(...rows), claim, emptyView, options)
/** Which findings come out as what. */
const fates = (claim: Claim, ...rows: readonly string[]) =>
  judge(claim, rows).findings.map(({ rule, status }) => `${rule} ${status}`)

const why = '临床试验用药,医保办,2026-03-04,2026-03-05'
const sent = ['TEST-1 active', 'TEST-2 active']
const kept = ['TEST-1 exempted', 'TEST-2 active']

t.test('an exemption holds for whom it names, from which rule, on its days', async (t) => {
  const claim = claimOf()
  t.strictSame(fates(claim), sent)
  t.strictSame(fates(claim, `TEST-1,H44010000001,,,,,${why}`), kept)
  t.strictSame(fates(claim, `TEST-1,,D-1,,,,${why}`), kept)
  t.strictSame(fates(claim, `TEST-1,,,patient-0001,,,${why}`), kept)
  t.strictSame(fates(claim, `TEST-1,,,,V-1,,${why}`), kept)
  t.strictSame(fates(claim, `TEST-1,H44010000001,,,,S-1,${why}`), kept)
  t.strictSame(fates(claim, `TEST-2,H44010000001,,,,,${why}`), ['TEST-1 active', 'TEST-2 exempted'])
  const wrong = [
    `TEST-1,H44010000002,,,,,${why}`, `TEST-1,,D-2,,,,${why}`, `TEST-1,,,patient-0002,,,${why}`,
    `TEST-1,,,,V-2,,${why}`, `TEST-1,H44010000001,,,,S-2,${why}`,
    `TEST-1,H44010000002,,,,S-1,${why}`, `TEST-1,H44010000001,D-2,,,,${why}`,
    'TEST-1,,D-1,,,,尚未开始,医保办,2026-03-05,2026-04-01',
    'TEST-1,,D-1,,,,当日不含,医保办,2026-03-01,2026-03-04',
  ]
  t.strictSame(fates(claim, ...wrong), sent)
  t.strictSame(fates(claim, ...wrong, `TEST-1,H44010000001,D-1,,,,${why}`), kept, 'all that is named fits')
})

t.test('a doctor’s exemption covers the lines that are his, whoever runs the visit', async (t) => {
  const rows = [`TEST-1,,D-9,,,,${why}`]
  t.strictSame(fates(claimOf({ items: [{ ...fiveOfA1, doctor: 'D-9' }] }), ...rows), kept)
  t.strictSame(fates(claimOf({ items: [{ ...fiveOfA1, doctor: 'D-8' }] }), ...rows), sent)
  const whole = [`TEST-2,,D-1,,,,${why}`]
  t.strictSame(fates(claimOf(), ...whole), ['TEST-1 active', 'TEST-2 exempted'], 'no line: the visit’s')
})

t.test('the most particular exemption is the one that is told', async (t) => {
  const rows = ['institution,H44010000001,,,,', 'patient,,,patient-0001,,', 'visit,,,,V-1,']
    .map((row) => {
      const [name, ...cells] = row.split(',')
      return `TEST-1,${cells.join(',')},${name},某人,2026-01-01,2027-01-01`
    })
  const { findings: [finding] } = judge(claimOf(), rows)
  t.equal(finding?.exempted?.reason, 'visit')
})

t.test('what is exempted is kept for those who write the rules, marked, and puts no money at risk', async (t) => {
  const claim = claimOf({ payment: { total: 50, in_scope: 50, fund: 30 } })
  const rows = [`TEST-1,,,patient-0001,,,${why}`]
  const verdict = judge(claim, rows)
  t.equal(verdict.atRisk.totalFen, 500, 'TEST-2 alone')
  const messages = toMessages({ claim, verdict })
  t.strictSame(messages.map(({ stream, id }) => `${stream} ${id}`), [
    'warning H44010000001:S-1:trace-code', 'trial H44010000001:S-1:TEST-1',
  ])
  const [warning, note] = messages.map(({ body }): unknown => JSON.parse(body))
  t.match(warning, { findings: [{ rule: 'TEST-2' }], at_risk: { total_fen: 500 } })
  t.notMatch(warning, { findings: [{ exempted: {} }] })
  t.match(note, {
    kind: 'trial', findings: [{
      rule: 'TEST-1',
      exempted: { reason: '临床试验用药', approver: '医保办', expires: '2026-03-05' },
    }],
  })
  t.ok(Value.Check(WarningWire, note))
  const answer = describeVerdict(claim, verdict)
  t.strictSame(answer.findings.map(({ rule }) => rule), ['TEST-2'], 'nor does the HTTP door tell it')
  t.ok(Value.Check(VerdictWire, answer))
})

t.test('findings of a held rule are kept like those of a trial', async (t) => {
  const claim = claimOf()
  const verdict = judge(claim, [], { isHeld: ({ id }) => id === 'TEST-1' })
  t.strictSame(verdict.findings.map(({ rule, status }) => `${rule} ${status}`), [
    'TEST-1 held', 'TEST-2 active',
  ])
  t.equal(verdict.atRisk.totalFen, 500)
  const [, note] = toMessages({ claim, verdict })
  t.equal(note?.stream, 'trial')
  t.match(JSON.parse(note!.body), { findings: [{ rule: 'TEST-1', held: true }] })
  const both = judge(claim, [`TEST-1,,D-1,,,,${why}`], { isHeld: () => true })
  t.strictSame(both.findings.map(({ status }) => status), ['exempted', 'held'])
})

t.test('an exempted doctor does not exempt the lines of another', async (t) => {
  const exemptions = new Exemptions(readExemptions(
    aTable('exemptions', [head, `TEST-1,,D-9,,,,${why}`]), new Set(['TEST-1']), [],
  ))
  const claim = aClaim({ items: [{ doctor: 'D-9' }, { doctor: 'D-8' }] })
  const find = (...items: readonly number[]) => exemptions.find({
    rule: 'TEST-1', claim, day: claim.settledDay, violating: items.map((item) => ({ item })),
  })?.doctor
  t.equal(find(0), 'D-9')
  t.equal(find(0, 1), undefined)
  t.equal(find(1), undefined)
})
