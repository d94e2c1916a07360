// What comes in over HTTP: bills to check, events, feedback; and what is refused.
import { Value } from '@sinclair/typebox/value'
import { pino } from 'pino'
import t from 'tap'
import { ServiceError } from '../../src/errors.js'
import { CheckAnswer } from '../../src/http/check-route.js'
import type { ProblemWire } from '../../src/http/error-reply.js'
import { EventsAnswer } from '../../src/http/events-route.js'
import { FeedbackAnswer } from '../../src/http/feedback-route.js'
import { openKeys } from '../../src/http/keys.js'
import { aSettlement, anEvent, receivedAt } from '../fixtures/claims.js'
import {
  aServer, answer, ask, badShape, good, institution, log, problem,
} from '../fixtures/door.js'

t.test('a bill is judged before it is settled', async (t) => {
  const seen: unknown[] = []
  const { app, answers } = await aServer(t, {
    check(body) {
      seen.push(body)
      return answer
    },
  })
  const told = await ask(app, { url: '/v1/check', body: aSettlement() })
  t.strictSame(told, good(answer))
  t.ok(Value.Check(CheckAnswer, told.body))
  t.strictSame(seen, [JSON.parse(JSON.stringify(aSettlement()))])
  t.strictSame(answers, [{ route: '/v1/check', seconds: 0, code: '' }])
})

t.test('a bill that cannot be judged is refused with code, path and sentence', async (t) => {
  const { app, answers } = await aServer(t)
  const { visit, ...rest } = aSettlement()
  t.ok(visit)
  const numbered = aSettlement()
  Object.assign(numbered.visit ?? {}, { institution: { id: 7 } })
  t.equal((await ask(app, { url: '/v1/check', body: numbered })).status, 400)
  t.strictSame(await ask(app, { url: '/v1/check', body: rest }), problem(400, 'CLAIM_NO_VISIT', {
    title: 'there is no visit', detail: 'there is no visit: missing', path: '/visit',
  }))
  t.strictSame(await ask(app, { url: '/v1/check', body: '{"a":' }), badShape('the body is not JSON'))
  t.strictSame(await ask(app, { url: '/v1/check', body: '' }), badShape('the body is empty'))
  for (const key of ['__proto__', '\\u005f_proto__', '__proto\\u005F_']) {
    t.strictSame(await ask(app, { url: '/v1/check', body: `{"${key}":1}` }), badShape('the body is not JSON'), key)
  }
  t.strictSame(await ask(app, { url: '/v1/check', body: '{"constructor":{"prototype":1}}' }),
    badShape('the body is not JSON'))
  for (const type of ['application/xml', 'text/plain']) {
    t.strictSame(await ask(app, { url: '/v1/check', body: '{}', headers: { 'content-type': type } }),
      badShape('send application/json', '', 415))
  }
  t.strictSame(answers.map(({ code }) => code), [
    'EVENT_MALFORMED', 'CLAIM_NO_VISIT', ...Array<string>(8).fill('REQUEST_MALFORMED'),
  ])
})

t.test('a body beyond the bound is refused', async (t) => {
  const { app } = await aServer(t)
  const title = 'the body is larger than the bound'
  t.strictSame(await ask(app, { url: '/v1/check', body: 'x'.repeat(65_537) }),
    problem(413, 'REQUEST_TOO_LARGE', { title, detail: title }))
})

t.test('the deadline counts from the head of the request and leaves time to answer', async (t) => {
  let clock = 1_000
  const stops: [number, boolean][] = []
  const { app } = await aServer(t, {
    elapsed: () => clock,
    check(_body, { stop }) {
      for (const after of [0, 1, 9, 94, 95, 294, 295, 1_000]) {
        clock = 1_000 + after
        stops.push([after, stop()])
      }
      clock = 1_000
      return answer
    },
  })
  /** Milliseconds after which the judgement is told to stop. */
  const stopOf = async (url: string, headers: Record<string, string> = {}) => {
    stops.length = 0
    t.equal((await ask(app, { url, body: aSettlement(), headers })).status, 200)
    return stops.find(([, isOver]) => isOver)?.[0]
  }
  t.equal(await stopOf('/v1/check'), 295, 'the default, 5 ms kept for the answer')
  t.equal(await stopOf('/v1/check', { 'x-deadline-ms': '100' }), 95)
  t.equal(await stopOf('/v1/check?deadline_ms=100'), 95)
  t.equal(await stopOf('/v1/check?deadline_ms=100', { 'x-deadline-ms': '10' }), 9, 'the header wins')
  t.equal(await stopOf('/v1/check?deadline_ms=1'), 1)
  t.equal(await stopOf('/v1/check?deadline_ms=60000'), undefined)
})

t.test('a budget that is none is refused', async (t) => {
  const { app } = await aServer(t)
  for (const [value, says] of [
    ['0', 'expected integer to be greater or equal to 1'],
    ['60001', 'expected integer to be less or equal to 60000'],
    ['soon', 'expected integer'],
  ] as const) {
    t.strictSame(await ask(app, { url: `/v1/check?deadline_ms=${value}`, body: aSettlement() }),
      badShape(`querystring: ${says}`, '/deadline_ms'))
    t.strictSame(await ask(app, {
      url: '/v1/check', body: aSettlement(), headers: { 'x-deadline-ms': value },
    }), badShape(`headers: ${says}`, '/x-deadline-ms'))
  }
})

t.test('events go to the stream under their owner, and the answer says where they stand', async (t) => {
  const { app, published } = await aServer(t)
  const patient = { key: 'patient-0001' }
  const at = '2026-03-04T09:00:00+08:00'
  const stay = { patient, visit_id: 'V-1', institution, at }
  const events = [
    anEvent(),
    anEvent({
      id: 'E-2',
      type: 'cn.nhsa.reversal',
      data: { settlement_id: 'S-2', reverses: 'S-1', institution, patient },
    }),
    anEvent({ id: 'E-3', type: 'admission', data: stay }),
    anEvent({ id: 'E-4', type: 'discharge', data: stay }),
    anEvent({ id: 'E-5', type: 'presence', data: { patient, institution, at } }),
    anEvent({ id: 'E-6', type: 'stock', data: { institution, code: 'C', movement: 'sale', quantity: 1, at } }),
    anEvent({
      id: 'E-7', type: 'registry', data: { subject: 'doctor', key: 'D.1', state: {}, at },
    }),
    anEvent({
      id: 'E-8',
      type: 'feedback',
      data: { warning_id: `${institution}:S-1:patient`, decision: 'change', at },
    }),
  ]
  const told = await ask(app, { url: '/v1/events', body: events })
  t.strictSame(told, good({
    accepted: events.map(({ id }, index) => ({ id, sequence: index + 1 })),
  }, 202))
  t.ok(Value.Check(EventsAnswer, told.body))
  t.strictSame(published.map(({ subject, body }) => [subject, body]), [
    'patient.patient-0001.settlement', 'patient.patient-0001.reversal',
    'patient.patient-0001.admission', 'patient.patient-0001.discharge',
    'patient.patient-0001.presence', `institution.${institution}.stock`, 'doctor.D%2E1.registry',
    `institution.${institution}.feedback`,
  ].map((subject, index) => [`claims.event.${subject}`, JSON.stringify(events[index])]))
})

t.test('an event has one id however often it is sent, and other content another', async (t) => {
  const { app, published } = await aServer(t)
  const types = ['application/json', 'application/cloudevents+json']
  for (const type of types) {
    const headers = { 'content-type': type }
    t.strictSame(await ask(app, { url: '/v1/events', body: anEvent(), headers }),
      good({ accepted: [{ id: 'E-1', sequence: published.length }] }, 202))
  }
  await ask(app, { url: '/v1/events', body: anEvent({ data: aSettlement({ settlement_id: 'S-2' }) }) })
  const [first, again, other] = published.map(({ id }) => id)
  t.match(first, /^http::\/hospitals\/H44010000001:E-1:[0-9a-f]{16}$/)
  t.equal(again, first)
  t.not(other, first)
})

t.test('when one event of a batch is malformed, none is published', async (t) => {
  const { app, published } = await aServer(t)
  const batch = (body: unknown) => ask(app, { url: '/v1/events', body })
  t.strictSame(await batch([anEvent(), anEvent({ type: 'birthday' })]),
    problem(400, 'EVENT_UNKNOWN_TYPE', {
      title: 'no such event type', detail: 'no such event type', path: '/1/type',
    }))
  const { visit, ...rest } = aSettlement()
  t.ok(visit)
  t.strictSame(await batch(anEvent({ data: rest })), problem(400, 'CLAIM_NO_VISIT', {
    title: 'there is no visit', detail: 'there is no visit: missing', path: '/data/visit',
  }))
  t.strictSame(await batch([]), badShape('a batch has 1 to 100 events, this one 0'))
  t.strictSame(await batch(Array(101).fill(0)), badShape('a batch has 1 to 100 events, this one 101'))
  const told = await batch([null])
  t.strictSame([told.status, (told.body as ProblemWire).code], [400, 'EVENT_MALFORMED'])
  t.strictSame(published, [])
})

t.test('an event larger than the server takes is refused', async (t) => {
  const { app, published } = await aServer(t, { eventBytesMax: () => 100 })
  const title = 'the event is larger than the bound'
  t.strictSame(await ask(app, { url: '/v1/events', body: anEvent() }),
    problem(413, 'EVENT_TOO_LARGE', { title, detail: title }))
  t.strictSame(published, [])
})

t.test('what the stream does not take is to be sent again; what is a bug is not told', async (t) => {
  const lines: string[] = []
  const errors = pino({ level: 'error' }, { write: (line: string) => { lines.push(line) } })
  const failing = (error: unknown) => aServer(t, {
    publishEvent: async () => { throw error }, log: errors,
  })
  const send = async (error: unknown) =>
    ask((await failing(error)).app, { url: '/v1/events', body: anEvent() })
  const title = 'the stream did not take the event; send it again'
  t.strictSame(await send(new ServiceError('MESSAGE_UNSENT', { detail: 'maximum bytes exceeded' })),
    problem(503, 'EVENT_UNSENT', { title, detail: title, retry: 'later' }))
  t.strictSame(await send(new ServiceError('NATS_UNAVAILABLE')), problem(503, 'NATS_UNAVAILABLE', {
    title: 'the NATS server does not answer', detail: 'the NATS server does not answer',
    retry: 'later',
  }))
  t.strictSame(lines, [])
  t.strictSame(await send(new TypeError('x is not a function')), problem(500, 'INTERNAL', {
    title: 'the service failed', detail: 'the service failed',
  }))
  t.equal(lines.length, 1)
  t.match(lines[0], 'x is not a function')
  const { app } = await aServer(t, { eventBytesMax: () => { throw new TypeError('y is null') } })
  t.equal((await ask(app, { url: '/v1/events', body: [anEvent()] })).status, 500)
})

t.test('feedback on a warning becomes an event', async (t) => {
  const { app, published } = await aServer(t)
  const body = { warning_id: `${institution}:S-1:patient`, decision: 'continue', reason: '病情需要' }
  const told = await ask(app, { url: '/v1/feedback', body })
  t.strictSame(told, good({ sequence: 1 }, 202))
  t.ok(Value.Check(FeedbackAnswer, told.body))
  const time = '2026-03-05T04:00:00.000Z'
  const sent = published.map((one) => ({ ...one, body: JSON.parse(one.body) as unknown }))
  t.strictSame(sent, [{
    subject: `claims.event.institution.${institution}.feedback`,
    id: published[0]!.id,
    body: {
      specversion: '1.0', id: published[0]!.id.split(':').at(-1), source: '/v1/feedback', type: 'feedback', time,
      data: { at: time, ...body },
    },
  }])
})

t.test('feedback without a reason, or on a day that is none, is refused', async (t) => {
  const { app, published } = await aServer(t)
  const send = (body: object) =>
    ask(app, { url: '/v1/feedback', body: { warning_id: 'H-1:S-1:patient', ...body } })
  const noReason = badShape('a reason is required when continuing', '/reason')
  t.strictSame(await send({ decision: 'continue' }), noReason)
  t.strictSame(await send({ decision: 'continue', reason: ' ' }), noReason)
  t.strictSame(await send({ decision: 'perhaps' }), badShape('body: expected union value', '/decision'))
  const told = await send({ decision: 'change', at: '2026-13-45' })
  t.strictSame([told.status, (told.body as ProblemWire).code, (told.body as ProblemWire).path],
    [400, 'CLAIM_DATE_INVALID', '/at'])
  t.strictSame(published, [])
})

t.test('the same words on a warning are one event, other words another', async (t) => {
  let time = receivedAt
  const { app, published } = await aServer(t, { now: () => time++ })
  const first = { warning_id: `${institution}:S-1:patient`, decision: 'continue', reason: '病情需要' }
  const bodies = [
    first, first, { ...first, decision: 'change' }, { ...first, reason: '急诊' }, { ...first, at: '2026-03-04' },
    { ...first, reason_code: 'emergency' }, { ...first, rule: 'OTHER' }, { ...first, warning_id: `${institution}:S-2:patient` },
  ]
  for (const body of bodies) t.equal((await ask(app, { url: '/v1/feedback', body })).status, 202)
  const ids = published.map(({ id }) => id)
  t.equal(ids[0], ids[1])
  t.equal(new Set(ids).size, bodies.length - 1)
})

t.test('feedback names the rule of what was shown; what was never shown is not found', async (t) => {
  const shown: Record<string, string> = { [`${institution}:F-1`]: 'DRUG-SEX', [`${institution}:S-1:patient`]: '' }
  const { app, published } = await aServer(t, { shownRule: (id) => shown[id] })
  const send = (warning: string, body: object = {}) => ask(app, {
    url: '/v1/feedback', body: { warning_id: `${institution}:${warning}`, decision: 'continue', reason_code: 'emergency', ...body },
  })
  await send('F-1', { rule: 'OTHER' })
  await send('S-1:patient', { rule: 'OTHER' })
  await send('S-1:patient')
  t.strictSame(published.map(({ body }) => (JSON.parse(body) as { data: { rule?: string } }).data.rule),
    ['DRUG-SEX', 'OTHER', undefined])
  t.strictSame(await send('F-2'), problem(404, 'REQUEST_NOT_FOUND', {
    title: 'there is nothing at this address',
    detail: 'there is nothing at this address: nothing was shown under it', path: '/warning_id',
  }))
  t.strictSame(await send('F-1', { rule: 'NONE' }), badShape('no rule has this id', '/rule'))
  t.strictSame(await send('F-1', { reason_code: 'unsaid' }), badShape('a reason is required when continuing', '/reason'))
  t.equal(published.length, 3)
})

t.test('a caller says at which moment it asks, and is judged by the rules of that moment', async (t) => {
  const stages: unknown[] = []
  const { app } = await aServer(t, {
    check(_body, { stage }) { stages.push(stage); return answer },
  })
  for (const query of ['?stage=pre-alert', '?stage=audit', '']) {
    t.equal((await ask(app, { url: `/v1/check${query}`, body: aSettlement() })).status, 200)
  }
  t.strictSame(stages, ['pre-alert', 'audit', undefined])
})

t.test('what is told of a patient is in the audit log also where no key says who asked', async (t) => {
  const told: unknown[] = []
  const file = `${t.testdir({ 'keys.json': '[]' })}/keys.json`
  const { app } = await aServer(t, {
    keys: openKeys({ file, host: '0.0.0.0', log }),
    audit: { append: async () => {}, note: (read) => { told.push(read) } },
  })
  app.post('/his', { config: { isPersonal: true } }, async () => ({}))
  t.equal((await ask(app, { url: '/his', body: {} })).status, 200)
  t.match(told, [{ who: '', institution: '', route: 'POST /his', range: 'one answer' }])
})
