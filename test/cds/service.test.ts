// An electronic record's own FHIR client against the running service, over sockets: it reads discovery,
// fetches what is asked for from the hospital's FHIR server, signs an order, and tells what was done.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Client } from 'fhir-kit-client'
import t from 'tap'
import type { Test } from 'tap'
import { streamNames } from '../../src/nats/streams.js'
import { hashKey } from '../../src/http/keys.js'
import {
  bundle, charge, condition, coverage, discharge, encounter, medication, orderSign, patient,
} from '../fixtures/cds.js'
import type { HookCall } from '../fixtures/cds.js'
import { hospital } from '../fixtures/nhsa.js'
import { aServer, aWorld, content, ready, womens } from '../fixtures/service-world.js'

interface Service { readonly id: string, readonly hook: string, readonly prefetch: Record<string, string> }
interface Card { readonly uuid: string, readonly source: { readonly topic?: { readonly code: string } } }

/** The hospital's own FHIR server, as far as prefetch needs one. */
async function aFhirServer(t: Test): Promise<string> {
  const resources: Record<string, unknown> = {
    '/Patient/P1': patient, '/Encounter/V1': encounter(), '/Condition?encounter=V1': bundle(condition),
    '/Coverage?beneficiary=P1&status=active': bundle(coverage),
    '/Procedure?encounter=V1': bundle(), '/ChargeItem?context=V1': bundle(),
  }
  const server = createServer(({ url = '' }, response) => {
    const found = resources[url]
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/fhir+json' })
    response.end(JSON.stringify(found ?? { resourceType: 'OperationOutcome', issue: [] }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('a record asks before an order is signed, and tells what the doctor did', async (t) => {
  const nats = await aServer(t)
  const world = aWorld(t, { NATS_URL: nats.url })
  const service = await world.start()
  await ready(service)
  const fhir = new Client({ baseUrl: await aFhirServer(t) })
  const cds = new Client({ baseUrl: service.address })

  const { services } = await cds.request('cds-services') as unknown as { services: Service[] }
  const { id, hook, prefetch } = services.find((one) => one.hook === 'order-sign')!
  const fetched = await Promise.all(Object.entries(prefetch).map(async ([key, template]) => {
    const url = template.replace('{{context.patientId}}', 'P1').replace('{{context.encounterId}}', 'V1')
    return [key, await fhir.request(url)] as const
  }))
  const body = JSON.stringify({
    ...orderSign({ orders: [medication({}, womens, '艾附暖宫丸')] }), hook, prefetch: Object.fromEntries(fetched),
  })
  const post = { method: 'POST' as const, body, options: { headers: { 'content-type': 'application/json' } } }
  const { cards } = await cds.request(`cds-services/${id}`, post) as unknown as { cards: Card[] }
  t.match(cards, [{ source: { topic: { code: 'DRUG-SEX' } }, indicator: 'warning' }])

  const feedback = JSON.stringify({ feedback: [{
    card: cards[0]!.uuid, outcome: 'overridden', overrideReason: { reason: { code: 'clinical-need' } },
    outcomeTimestamp: '2026-07-02T02:00:00Z',
  }] })
  for (let sent = 0; sent < 2; sent++) {
    t.match(await cds.request(`cds-services/${id}/feedback`, { ...post, body: feedback }), { accepted: 1, refused: [] })
  }
  const told = (await content(nats.url, streamNames.event)).filter(({ body: { type } }) => type === 'feedback')
  t.match(told, [{ subject: `claims.event.institution.${hospital}.feedback`, body: { data: {
    warning_id: `${hospital}:${cards[0]!.uuid}`, decision: 'continue', reason: '病情需要，已在病历中说明',
  } } }])
  t.equal(told.length, 1, 'sent again it is the same one')
  const later = (outcome: string, minute: number) => JSON.stringify({ feedback: [{
    ...(JSON.parse(feedback) as { feedback: object[] }).feedback[0], outcome,
    outcomeTimestamp: `2026-07-02T02:0${minute}:00Z`,
  }] })
  for (const changed of [later('accepted', 1), later('overridden', 2)]) {
    await cds.request(`cds-services/${id}/feedback`, { ...post, body: changed })
  }
  t.strictSame((await content(nats.url, streamNames.event)).filter(({ body: { type } }) => type === 'feedback')
    .map(({ body: { data } }) => (data as { decision: string }).decision), ['continue', 'change', 'continue'],
  'who changes it and then goes on all the same after all has said so')
  await t.rejects(cds.request(`cds-services/${id}`, { ...post, body: JSON.stringify({ ...orderSign(), prefetch: {} }) }), /412/)
  const late = await fetch(`${service.address}/cds-services/${id}`, {
    method: 'POST', body, headers: { 'content-type': 'application/json', 'x-deadline-ms': '5000' },
  })
  t.equal(late.status, 200)
  await service.stop()
  const asked = (await content(nats.url, streamNames.event)).filter(({ body: { type } }) => type === 'asked')
  t.match(asked.map(({ body: { data } }) => data), Array(2).fill({
    institution: hospital, visit_id: 'V1', call: 'order-sign',
    findings: [{ id: cards[0]!.uuid, rule: 'DRUG-SEX', lines: ['MedicationRequest/L1'] }],
  }), 'each question is told to the stream, before the door is closed at the latest')
  t.notMatch(world.text(), /33010019800101123X|某人/, 'no line names the person')
})

t.test('a hospital’s own key says which hospital it is, and a discharge is told in full words', async (t) => {
  const nats = await aServer(t)
  const keys = join(t.testdir(), 'keys.json')
  const key = (id: string, institution: string) => ({ id, sha256: hashKey(id), institution, scopes: ['check'] })
  writeFileSync(keys, JSON.stringify([key('hospital', hospital), key('agency', '*'), key('other', 'H2')]))
  const world = aWorld(t, { NATS_URL: nats.url, API_KEYS_FILE: keys })
  const service = await world.start()
  await ready(service)
  const post = async (who: string, body: HookCall) => {
    const answer = await fetch(`${service.address}/cds-services/${body.hook}`, {
      method: 'POST', body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${who}` },
    })
    return { status: answer.status, body: await answer.json() as { cards?: { detail: string }[] } }
  }
  const leaving = discharge([charge({}, womens, '艾附暖宫丸')])
  const full = await post('agency', leaving)
  t.match(full.body.cards, [{ source: { topic: { code: 'DRUG-SEX' } } }])
  const brief = await post('agency', orderSign({ orders: [medication({}, womens, '艾附暖宫丸')] }))
  t.not(full.body.cards![0]!.detail, brief.body.cards![0]!.detail, 'other words before an order')
  const unnamed = discharge([charge({}, womens, '艾附暖宫丸')], { encounter: encounter({ serviceProvider: undefined }) })
  t.strictSame(await post('hospital', unnamed), await post('hospital', leaving), 'it need not say who it is')
  t.equal((await post('agency', unnamed)).status, 400, 'the agency must')
  t.equal((await post('other', leaving)).status, 403)
})
