// How fast is 3101 beside a bare Fastify echo of the same body, and what does a hospital see when twice as
// many ask as can be answered? Settlements go on arriving meanwhile: does the stream fall behind?
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fastify } from 'fastify'
import { pino } from 'pino'
import { Client } from '../src/client.js'
import { loadConfig } from '../src/config.js'
import { connectNats } from '../src/nats/connect.js'
import { createPublisher } from '../src/nats/publish.js'
import { startService } from '../src/service.js'
import type { Service } from '../src/service.js'
import type { OpenAnswered, OpenLoad } from './door-client.js'
import { figureRow, fileOf, median, ratioRow } from './measure.js'
import type { BenchOptions, Row } from './measure.js'
import { trafficOf } from './traffic.js'

const rulesDir = fileURLToPath(new URL('../../rules', import.meta.url))
const lines = 30
const bodiesMax = 500
const deadlineMs = 300
/** Settlements a second that arrive while the door is asked too much. */
const streamPerSecond = 100
const institution = 'H33010000001'
const noId = 'M'.repeat(30)

/** Of traffic.ts, as far as a message of the national interface holds it. */
interface Bill {
  readonly patient: { readonly key: string, readonly sex: string, readonly birth_date: string }
  readonly visit: { readonly id: string, readonly type: string, readonly start: string
    readonly diagnoses?: readonly { readonly code: string, readonly name: string }[] }
  readonly items: readonly { readonly id: string, readonly code: string, readonly name: string
    readonly category: string, readonly quantity: number, readonly unit_price: string, readonly amount: string
    readonly service_time: string }[]
}

/** The same bill as a hospital's system asks about it, with a msgid to be put in. */
function messageOf({ patient, visit, items }: Bill): string {
  return JSON.stringify({
    infno: '3101', msgid: noId, fixmedins_code: institution, mdtrtarea_admvs: '330100', insuplc_admdvs: '330100',
    input: { data: { task_id: 'T1', trig_scen: '2', patient_dtos: [{
      patn_id: patient.key, gend: patient.sex, brdy: patient.birth_date, poolarea: '330100', curr_mdtrt_id: visit.id,
      fsi_encounter_dtos: [{
        mdtrt_id: visit.id, medins_id: institution, medins_lv: '02', adm_date: visit.start, med_type: visit.type,
        insutype: '310', fsi_diagnose_dtos: (visit.diagnoses ?? []).map(({ code, name }, n) =>
          ({ dise_codg: code, dise_name: name, maindise_flag: n === 0 ? '1' : '0', dias_srt_no: n + 1 })),
        fsi_order_dtos: items.map((item) => ({
          rx_id: item.id, hilist_code: item.code, hilist_name: item.name, hilist_type: item.category,
          cnt: item.quantity, pric: item.unit_price, sumamt: item.amount, drord_begn_date: item.service_time,
          curr_drord_flag: '1',
        })),
      }],
    }] } },
  })
}

export async function doorBench({ isSmoke, seed, natsUrl, tempDir }: BenchOptions): Promise<Row[]> {
  const service = await startService(loadConfig({
    NATS_URL: natsUrl, DATA_DIR: mkdtempSync(join(tempDir, 'door-')), RULES_DIR: rulesDir, PORT: '0',
    DUPLICATE_WINDOW_MS: '100', RATE_LIMIT_PER_SECOND: '1000000', LOG_LEVEL: 'silent',
  }), {
    log: pino({ level: 'silent' }), now: () => performance.timeOrigin + performance.now(), pid: process.pid, version: '0',
  })
  const next = trafficOf({ seed: seed + 2, patients: 200_000, lines, hasTraceCodes: false })
  const messages = Array.from({ length: bodiesMax }, (_, n) =>
    messageOf((JSON.parse(next(n).body) as { data: Bill }).data))
  const echo = await startEcho()
  const client = fork(fileOf('./door-client.js'))
  const bodies = messages.map((text) => text.split(noId) as [string, string])
  try {
    while (service.partition.state.phase !== 'ready') await pause(10)
    await proveJudged(service, messages[0]!)
    const port = Number(new URL(service.address).port)
    const ratios = await beside(client, { echo: echo.port, door: port, bodies, isSmoke })
    const capacity = median(ratios.map(({ door }) => door))
    const stream = await steadyStream(service, natsUrl, next)
    const overload = await asked<OpenAnswered>(client, {
      port, path: '/fsi/api', perSecond: Math.round(capacity * 2), seconds: isSmoke ? 3 : 61, deadlineMs,
      prefix: 'O', bodies,
    })
    return rowsOf(ratios, overload, { capacity, lagMax: await stream.stop(), seconds: isSmoke ? 2 : 60 })
  } finally {
    client.kill()
    await echo.close()
    await service.stop()
  }
}

/** What is timed must be a judgement: asked once through the client that hospitals use. */
async function proveJudged({ address }: Service, message: string): Promise<void> {
  const { input } = JSON.parse(message) as { input: object }
  const client = new Client({ url: address, deadlineMs: 30_000, national: { institution } })
  for (let tries = 50; ; tries--) { // a service that has just started may be busy with itself
    const { isComplete, failure } = await client.audit('3101', input)
    if (isComplete) return
    if (tries === 0) throw new Error(`3101 is not judged: ${failure?.message ?? 'incomplete'}`)
    await pause(100)
  }
}

interface Round {
  readonly bare: number
  readonly door: number
}

/** As many as come back, in turn: what else the machine does changes from round to round. */
async function beside(client: ChildProcess, { echo, door, bodies, isSmoke }: {
  echo: number, door: number, bodies: OpenLoad['bodies'], isSmoke: boolean,
}): Promise<Round[]> {
  const rounds: Round[] = []
  for (let round = 0; round < (isSmoke ? 2 : 8); round++) {
    const ask = (port: number, path: string) => asked<number>(client, {
      port, path, perSecond: 0, seconds: isSmoke ? 0.5 : 1.5, deadlineMs: 30_000, prefix: `C${round}-`, bodies,
    })
    const one = { bare: await ask(echo, '/echo'), door: await ask(door, '/fsi/api') }
    if (round > 0) rounds.push(one) // the first one warms
  }
  return rounds
}

/** Settlements on a schedule; the largest lag seen in messages. */
async function steadyStream(
  { observer }: Service, natsUrl: string, next: (n: number) => { subject: string, id: string, body: string },
): Promise<{ stop: () => Promise<number> }> {
  const connection = await connectNats({ url: natsUrl, name: 'bench' })
  const publisher = createPublisher(connection, { outstandingMax: 4_096 })
  let [lagMax, n] = [0, bodiesMax]
  const timer = setInterval(() => {
    for (let due = 0; due < streamPerSecond / 20; due++) void publisher.publish(next(n++)).catch(() => {})
    lagMax = Math.max(lagMax, observer.lag().messages)
  }, 50)
  return {
    async stop() {
      clearInterval(timer)
      publisher.close()
      await connection.close()
      return lagMax
    },
  }
}

function rowsOf(
  rounds: readonly Round[], overload: OpenAnswered,
  { capacity, lagMax, seconds }: { capacity: number, lagMax: number, seconds: number },
): Row[] {
  const { asked: count, judged, busy, p50, p999, max, inTime, tooLate, unsent } = overload
  const twice = `at twice that, ${seconds} s, open loop`
  return [
    figureRow(`bare Fastify echo, ${lines} lines as 3101`, median(rounds.map(({ bare }) => bare)), 'requests/s'),
    figureRow(`3101, ${lines} lines, all rules`, capacity, 'requests/s'),
    ratioRow('3101 beside the echo', median(rounds.map(({ bare, door }) => door / bare)), { min: 0.6 }),
    ratioRow(`${twice}: share within deadline + 20 ms`, inTime, { min: 0.999 }),
    figureRow(`${twice}: beyond deadline + 250 ms, or never`, tooLate * count, 'answers', 1),
    ratioRow(`${twice}: true answers beside capacity`, judged / seconds / capacity, { min: 0.6 }),
    figureRow(`${twice}: refused at once`, busy / count * 100, '%'),
    figureRow(`${twice}: not sent, no connection free`, unsent, 'requests'),
    figureRow(`${twice}: median`, p50, 'ms'),
    figureRow(`${twice}: p99.9`, p999, 'ms'),
    figureRow(`${twice}: longest`, max, 'ms'),
    figureRow(`lag of ${streamPerSecond} settlements/s meanwhile, at most`, lagMax, 'messages', streamPerSecond * 2),
  ]
}

/** Reads, parses, writes it back. */
async function startEcho(): Promise<{ port: number, close: () => Promise<void> }> {
  const app = fastify({ logger: false })
  app.post('/echo', (request, reply) => { void reply.send(request.body) })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: Number(new URL(address).port), close: () => app.close() }
}

function asked<Answer>(client: ChildProcess, load: OpenLoad): Promise<Answer> {
  return new Promise((resolve) => {
    client.once('message', (answered) => resolve(answered as Answer))
    client.send(load)
  })
}

const pause = (milliseconds: number) => new Promise((resolve) => { setTimeout(resolve, milliseconds) })
