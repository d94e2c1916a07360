// How many bills a second does /v1/check judge over a real socket, beside a bare Fastify echo with the
// same body and compiled validation? Same client, same run, in turn.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import { fastify } from 'fastify'
import { pino } from 'pino'
import { SettlementWire } from '../src/claim/wire.js'
import { loadConfig } from '../src/config.js'
import { startService } from '../src/service.js'
import { feed } from './end-to-end.bench.js'
import type { Answered, Load } from './http-client.js'
import { figureRow, median, ratioRow } from './measure.js'
import type { BenchOptions, Row } from './measure.js'
import { trafficOf } from './traffic.js'

const rulesDir = fileURLToPath(new URL('../../rules', import.meta.url))
const clientFile = fileURLToPath(new URL('./http-client.js', import.meta.url))
const mix = { name: '8 KB', lines: 30, hasTraceCodes: false, min: 0 }
const connections = 16
const bodiesMax = 1_000

export async function httpBench({ isSmoke, seed, natsUrl, tempDir }: BenchOptions): Promise<Row[]> {
  const patients = 200_000
  await feed(natsUrl, { count: isSmoke ? 100 : 20_000, mix, seed })
  const service = await startService(loadConfig({
    NATS_URL: natsUrl, DATA_DIR: mkdtempSync(join(tempDir, 'http-')), RULES_DIR: rulesDir, PORT: '0',
    DUPLICATE_WINDOW_MS: '100', RATE_LIMIT_PER_SECOND: '1000000', LOG_LEVEL: 'silent',
  }), { log: pino({ level: 'silent' }), now: () => performance.timeOrigin + performance.now(), pid: process.pid, version: '0' })
  while (service.partition.state.phase !== 'ready') await new Promise((resolve) => { setTimeout(resolve, 10) })
  const echo = await startEcho()
  const next = trafficOf({ seed: seed + 1, patients, lines: mix.lines, hasTraceCodes: false })
  // Bills that are not settled yet: their numbers follow those of the stream.
  const bodies = Array.from({ length: bodiesMax }, (_, n) =>
    JSON.stringify((JSON.parse(next(patients + n).body) as { data: unknown }).data))
  const client = fork(clientFile)
  const load = { connections, bodies, seconds: isSmoke ? 0.5 : 1.5 }
  const bare: Answered[] = []
  const door: Answered[] = []
  const ask = async () => [
    await asked(client, { ...load, port: echo.port, path: '/echo' }),
    await asked(client, { ...load, port: Number(new URL(service.address).port), path: '/v1/check' }),
  ] as const
  try {
    await ask() // warm
    for (let round = 0; round < (isSmoke ? 1 : 9); round++) {
      const [one, other] = await ask()
      bare.push(one)
      door.push(other)
    }
  } finally {
    client.kill()
    await echo.close()
    await service.stop()
  }
  return rowsOf(bare, door)
}

function rowsOf(bare: readonly Answered[], door: readonly Answered[]): Row[] {
  const of = (list: readonly Answered[], field: keyof Answered) => median(list.map((one) => one[field]))
  const refused = [...bare, ...door].reduce((sum, one) => sum + one.refused, 0)
  // Of neighbours in time: what else the machine does changes from round to round.
  const ratio = median(door.map(({ perSecond }, round) => perSecond / bare[round]!.perSecond))
  return [
    figureRow(`bare Fastify echo, ${mix.lines} lines`, of(bare, 'perSecond'), 'requests/s'),
    figureRow(`/v1/check, ${mix.lines} lines, all rules`, of(door, 'perSecond'), 'requests/s'),
    ratioRow('/v1/check beside the echo', ratio, { min: 0.7 }),
    figureRow(`/v1/check with ${connections} callers at once: median`, of(door, 'p50'), 'ms'),
    figureRow(`/v1/check with ${connections} callers at once: p99`, of(door, 'p99'), 'ms'),
    figureRow('answers that were not 200', refused, 'requests', 1),
  ]
}

/** Reads, parses, checks the shape, writes it back. */
async function startEcho(): Promise<{ port: number, close: () => Promise<void> }> {
  const app = fastify({ logger: false })
  app.setValidatorCompiler(TypeBoxValidatorCompiler)
  app.post('/echo', { schema: { body: SettlementWire } }, (request, reply) => {
    void reply.send(request.body)
  })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: Number(new URL(address).port), close: () => app.close() }
}

function asked(client: ChildProcess, load: Load): Promise<Answered> {
  return new Promise((resolve) => {
    client.once('message', (answered) => resolve(answered as Answered))
    client.send(load)
  })
}
