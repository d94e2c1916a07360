// What goes out: which messages, under which ids and subjects, and that they have the wire's shape.
import t from 'tap'
import { Value } from '@sinclair/typebox/value'
import type { Claim } from '../../src/claim/claim.js'
import type { Finding, Verdict } from '../../src/engine/verdict.js'
import { evaluate } from '../../src/engine/evaluate.js'
import { ServiceError } from '../../src/errors.js'
import { deadLetter } from '../../src/warning/dead-letter.js'
import { describeFinding, describeVerdict } from '../../src/warning/describe.js'
import { toMessages, withdrawal } from '../../src/warning/from-verdict.js'
import {
  bodyBytesMax, findingsMax, linesMax, messageId, subjectToken, VerdictWire, WarningWire,
  WithdrawalWire,
} from '../../src/warning/wire.js'
import { aClaim } from '../fixtures/claims.js'
import { emptyView } from '../fixtures/empty-view.js'
import { aBook, aRule, mostTable } from '../fixtures/rule-texts.js'

const fiveOfA1 = { code: 'A1', name: '甲药', category: '101', quantity: 5, unit_price: 10 }
const telling = (id: string, fields = {}) => aRule({
  id, check: 'tell-claim', warning: '{met}见', in_force: '[{ from: 2025-01-01 }]', ...fields,
})

const claim = aClaim({
  items: [{}, fiveOfA1], payment: { total: 60, in_scope: 60, fund: 30 },
})
const judge = (...rules: readonly ReturnType<typeof aRule>[]) =>
  evaluate(aBook([...rules, mostTable]), claim, emptyView)

t.test('no finding, no message; retired findings are not told', async (t) => {
  t.strictSame(toMessages({ claim, verdict: judge() }), [])
  const retired = telling('OLD', {
    status: 'retired', in_force: '[{ from: 2025-01-01, until: 2027-01-01 }]',
  })
  t.strictSame(toMessages({ claim, verdict: judge(retired) }), [])
})

t.test('a warning tells the hospital all it needs, byte for byte the same', async (t) => {
  const national = '{ code: GZ10000301004000, name: 某规则, number_2025: 67 }'
  const verdict = judge(aRule({ national }))
  const messages = toMessages({ claim, verdict })
  t.strictSame(messages.map(({ body, ...rest }) => ({ ...rest, body: JSON.parse(body) })), [{
    stream: 'warning',
    subject: 'claims.warning.H44010000001',
    id: 'H44010000001:S-1:patient',
    body: {
      kind: 'warning', id: 'H44010000001:S-1:patient', rulebook: verdict.rulebook,
      institution: 'H44010000001', settlement: 'S-1', visit: 'V-1', patient_key: 'patient-0001',
      owner: 'patient', settled_date: '2026-03-04',
      at_risk: { total_fen: 5_000, fund_fen: 2_500, patient_fen: 2_500 },
      findings: [{
        rule: 'TEST-1', title: '测试规则',
        national: { code: 'GZ10000301004000', name: '某规则', number_2025: 67 },
        severity: 'violation', sentence: '甲药数量5，上限2，共1条', advice: '去掉多收的。',
        items: [{
          role: 'violating', item: 'I-2', line: 1, code: 'A1', name: '甲药', amount_fen: 5_000,
          at_risk_fen: 5_000,
        }],
        items_count: 1, past: [], past_count: 0, facts: { units: 5, most: 2 },
        knowledge: { table: 'most', point: 'A1', source: '某目录' },
        basis: [{ document: '某通知', article: '第一条' }],
        at_risk: { total_fen: 5_000, fund_fen: 2_500, patient_fen: 2_500 },
      }],
      more: [], unknowns: [],
    },
  }])
  t.strictSame(toMessages({ claim, verdict: judge(aRule({ national })) }), messages)
  const [unnumbered] = judge(aRule({ national: '{ code: GZ10000301004000 }' })).findings
  t.strictSame(describeFinding(claim, unnumbered!).national, { code: 'GZ10000301004000', name: '', number_2025: null })
  t.ok(Value.Check(WarningWire, JSON.parse(messages[0]!.body)))
})

t.test('one warning per owner kind, one trial message per trial rule', async (t) => {
  const verdict = judge(
    aRule({ id: 'A-MINE' }), telling('B-TRACE'), telling('C-TRACE'),
    telling('D-TRIAL', { status: 'trial' }), telling('E-TRIAL', { status: 'trial' }),
  )
  const messages = toMessages({ claim, verdict })
  t.strictSame(messages.map(({ stream, subject, id, body }) =>
    [stream, subject, id, JSON.parse(body).findings.map((one: { rule: string }) => one.rule)]), [
    ['warning', 'claims.warning.H44010000001', 'H44010000001:S-1:patient', ['A-MINE']],
    ['warning', 'claims.warning.H44010000001', 'H44010000001:S-1:trace-code', ['B-TRACE', 'C-TRACE']],
    ['trial', 'claims.trial.D-TRIAL', 'H44010000001:S-1:D-TRIAL', ['D-TRIAL']],
    ['trial', 'claims.trial.E-TRIAL', 'H44010000001:S-1:E-TRIAL', ['E-TRIAL']],
  ])
  t.ok(messages.every(({ body }) => Value.Check(WarningWire, JSON.parse(body))))
  t.strictSame(JSON.parse(messages[1]!.body).at_risk,
    { total_fen: 500, fund_fen: 250, patient_fen: 250 }, 'the same money is not counted twice')
})

/** A verdict with `count` findings like the first of another one. */
function many(count: number, change: (finding: Finding) => Partial<Finding>): Verdict {
  const verdict = judge(aRule())
  const [finding] = verdict.findings
  const findings = Array.from({ length: count }, () => ({ ...finding!, ...change(finding!) }))
  return { ...verdict, findings }
}

t.test('beyond the bounds findings are counted and lines are cut', async (t) => {
  const past = Array.from({ length: linesMax + 1 }, (_, index) => ({
    institution: 'H2', settlement: `S${index}`, name: '甲药', day: 20_000, quantity: 15_000,
  }))
  const verdict = many(findingsMax + 2, () => ({ past: [] }))
  const body = JSON.parse(toMessages({ claim, verdict })[0]!.body)
  t.equal(body.findings.length, findingsMax)
  t.strictSame(body.more, [{ rule: 'TEST-1', count: 2 }])
  const wide = many(1, () => ({ past, involved: Array.from({ length: linesMax }, () => 0) }))
  const [found] = JSON.parse(toMessages({ claim, verdict: wide })[0]!.body).findings
  t.strictSame([found.items.length, found.items_count, found.past.length, found.past_count],
    [linesMax, linesMax + 1, linesMax, linesMax + 1])
  t.strictSame(found.past[0],
    { institution: 'H2', settlement: 'S0', name: '甲药', date: '2024-10-04', quantity: 1.5 })
  t.strictSame(found.items.at(-1).role, 'involved')
})

t.test('a message never passes the smallest server bound', async (t) => {
  const past = Array.from({ length: linesMax }, () => ({
    institution: 'H'.repeat(64), settlement: 'S'.repeat(64), name: '药'.repeat(300), day: 20_000,
    quantity: 10_000,
  }))
  const [message] = toMessages({ claim, verdict: many(findingsMax, () => ({ past })) })
  const { findings, more } = JSON.parse(message!.body)
  t.ok(new TextEncoder().encode(message!.body).length <= bodyBytesMax)
  t.ok(findings.length > 0 && findings.length < findingsMax)
  t.strictSame(more, [{ rule: 'TEST-1', count: findingsMax - findings.length }])
  const latin = past.map((line) => ({ ...line, name: 'x'.repeat(100) }))
  const fits = toMessages({ claim, verdict: many(20, () => ({ past: latin })) })
  t.equal(JSON.parse(fits[0]!.body).findings.length, 20, 'long, but short enough in bytes')
})

t.test('a server that takes less is told less', (t) => {
  const verdict = many(8, () => ({}))
  const whole = toMessages({ claim, verdict })[0]!.body
  const bytes = Buffer.byteLength(whole)
  t.strictSame(toMessages({ claim, verdict, bytesMax: bytes })[0]!.body, whole)
  const told = (bytesMax: number) => {
    const { findings, more } = JSON.parse(toMessages({ claim, verdict, bytesMax })[0]!.body)
    return [findings.length, more]
  }
  t.strictSame(told(bytes - 1), [6, [{ rule: 'TEST-1', count: 2 }]])
  t.strictSame(told(1), [1, [{ rule: 'TEST-1', count: 7 }]], 'one is always told: what is still too large is no warning')
  t.end()
})

t.test('bytes that do not fit into a letter stay in the event stream, and the letter says where', (t) => {
  const event = { bytes: Buffer.from('x'.repeat(100)), sequence: 7, receivedAt: Date.UTC(2026, 2, 2) }
  const letter = (bytesMax: number) => deadLetter(event, {
    id: 'dead:created:7', error: new ServiceError('EVENT_MALFORMED', { path: '/data' }), streamCreated: 'created', bytesMax,
  })
  const { body, ...rest } = letter(300)
  t.strictSame({ ...rest, body: JSON.parse(body) }, {
    stream: 'dead',
    subject: 'claims.dead',
    id: 'dead:created:7',
    body: {
      code: 'EVENT_MALFORMED',
      path: '/data',
      message: 'the event does not have the required shape',
      stream_created: 'created',
      stream_sequence: 7,
      received_at: '2026-03-02T00:00:00.000Z',
      bytes_base64: null,
    },
  })
  t.equal(JSON.parse(letter(1_000).body).bytes_base64, Buffer.from(event.bytes).toString('base64'))
  t.end()
})

t.test('a withdrawal names the settlement, and lines when it is partial', async (t) => {
  const reversal = {
    institution: 'H.1', settlement: 'R:1', reverses: 'S-1', patientKey: 'patient-0001',
    contentHash: '0', settledDay: 20_000, lines: [{ item: 'I-2', quantity: 25_000 }],
  }
  const { body, ...rest } = withdrawal(reversal)
  t.strictSame({ ...rest, body: JSON.parse(body) }, {
    stream: 'warning', subject: 'claims.warning.H%2E1', id: 'H.1:R%3A1:withdrawn',
    body: {
      kind: 'withdrawn', id: 'H.1:R%3A1:withdrawn', institution: 'H.1', settlement: 'S-1',
      reversal: 'R:1', patient_key: 'patient-0001', settled_date: '2024-10-04',
      lines: [{ item: 'I-2', quantity: 2.5 }],
    },
  })
  t.ok(Value.Check(WithdrawalWire, JSON.parse(body)))
})

t.test('no two identities share an id, no identifier leaves its subject', async (t) => {
  t.not(messageId('a:b', 'c'), messageId('a', 'b:c'))
  t.not(messageId('a%3A', 'c'), messageId('a:', 'c'))
  t.equal(subjectToken('a.b*c>d%e'), 'a%2Eb%2Ac%3Ed%25e')
})

t.test('the answer before settling tells active findings only, and what was not judged', async (t) => {
  const silent: Claim = { ...claim, payment: { ...claim.payment, fundFen: undefined } }
  const book = aBook([
    aRule(), telling('TRIAL', { status: 'trial' }),
    aRule({ id: 'SCOPED', applies_to: '{ insurance_types: ["310"] }' }), mostTable,
  ])
  const unsaid: Claim = { ...silent, patient: { ...silent.patient, insuranceType: '' } }
  const verdict = evaluate(book, unsaid, emptyView)
  const answer = describeVerdict(unsaid, verdict)
  t.ok(Value.Check(VerdictWire, answer))
  t.strictSame(answer.findings.map(({ rule, national }) => [rule, national]), [['TEST-1', null]])
  t.strictSame({ ...answer, findings: [] }, {
    rulebook: book.version, at_risk: { total_fen: 5_000, fund_fen: null, patient_fen: null },
    findings: [], more: [], unknowns: [{ rule: 'SCOPED', missing: 'patient.insurance_type' }],
    complete: true, failed: [], not_reached: [],
  })
  t.strictSame(describeVerdict(unsaid, verdict, { remedies: new Map() }).findings[0]?.remedies, [],
    'looked for, and none was found')
  const stopped = evaluate(book, unsaid, emptyView, { stop: () => true })
  const late = describeVerdict(unsaid, stopped)
  t.strictSame([late.complete, late.not_reached], [false, ['SCOPED', 'TEST-1', 'TRIAL']])
})
