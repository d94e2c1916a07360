// `npm run demo`: the service, and a seeded region that feeds it. A progress line that lives, the
// addresses to open; Ctrl-C stops both, and a second start goes on from the stream's last event.
import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { MINUTES_PER_DAY } from '../claim/claim.js'
import { minuteAt, minuteText } from '../claim/day.js'
import type { SettlementWire } from '../claim/wire.js'
import { Client } from '../client.js'
import { loadConfig } from '../config.js'
import { createFeeder } from '../demo/feeder.js'
import { createRegion } from '../demo/region.js'
import type { Region } from '../demo/region.js'
import { events, numberAfter } from '../demo/stream.js'
import { ServiceError } from '../errors.js'
import { logOptions } from '../log.js'
import { connectNats } from '../nats/connect.js'
import type { Connection } from '../nats/connect.js'
import { createPublisher } from '../nats/publish.js'
import { ensureStreams, streamNames } from '../nats/streams.js'
import { busOptions } from '../nats-options.js'
import { startService } from '../service.js'
import type { Service } from '../service.js'
import { onStopSignal, stopSignals } from '../stop-signals.js'

const now = () => performance.timeOrigin + performance.now()
const ratePerSecond = Number(process.env['DEMO_RATE'] ?? 200)
const seed = Number(process.env['DEMO_SEED'] ?? 20_260_601)
/** So far back the region's stream begins: some twenty minutes at full rate before it meets the clock. */
const daysBack = 60
/** A hospital asks before it settles: so often that the door is seen at work, and costs nothing. */
const askEveryMs = 1_000
const regionOf = (startDay: number) =>
  createRegion({ seed, patients: 100_000, institutions: 200, startDay, plantRate: 0.02 })

const config = loadConfig(process.env)
mkdirSync(config.dataDir, { recursive: true })
const logFile = join(config.dataDir, 'claimsentry.log')
const log = pino(logOptions({ level: config.logLevel }), createWriteStream(logFile, { flags: 'a' }))

try {
  const service = await startService(config, { log, now, pid: process.pid, version: '0.1.0' })
  await run(service).catch(async (error: unknown) => {
    await service.stop()
    throw error
  })
} catch (error) {
  const text = error instanceof ServiceError ? `${error.code} ${error.path} ${error.message}` : error
  process.stderr.write(`${text instanceof Error ? text.stack : text}\n`)
  process.exit(1)
}

async function run(service: Service): Promise<void> {
  const { address, natsUrl } = service
  process.stdout.write([
    'claimsentry is watching a small region. Open:',
    `  ${address}/docs      the HTTP interface`,
    `  ${address}/metrics   what Prometheus reads`,
    `  ${address}/readyz    whether it takes part`,
    `  ${natsUrl}     NATS: claims.event.>, claims.warning.>, claims.trial.>, claims.dead`,
    `It begins ${daysBack} days back: until it is live UPLOAD-LAG (on trial) finds every bill sent too late.`,
    `The log is ${logFile}. Ctrl-C stops everything; npm run demo goes on where it stopped.`, '',
  ].join('\n'))
  const connection = await connectNats({ url: natsUrl, name: 'demo' })
  let isStopping = false
  const begin = () => { isStopping = true }
  const listener = onStopSignal({ now, begin, end: () => process.exit(1) })
  for (const signal of stopSignals) process.on(signal, listener)
  void service.ended.then((error) => {
    if (error !== undefined) process.stderr.write(`\n${String(error)}\n`)
    isStopping = true
  })
  await ensureStreams(connection, busOptions(config, { url: natsUrl, name: 'demo' }).limits)
  const { region, from } = await goOn(connection)
  const publisher = createPublisher(connection, { outstandingMax: 4_096 })
  const hospital = askingHospital(address)
  const feeder = createFeeder({
    events: events(region, { from }),
    publish: ({ subject, event }) => {
      if (event.type === 'settlement') hospital.settles(event.data as SettlementWire)
      return publisher.publish({ subject, id: event.id, body: JSON.stringify(event) })
    },
    now,
    ratePerSecond,
  })
  const line = progress(service, () => ({ ...feeder.status(), asked: hospital.asked() }))
  while (!isStopping) {
    const waitMs = await feeder.pump().catch(() => 500) // the server is away: it comes back
    await new Promise((resolve) => { setTimeout(resolve, Math.max(5, Math.min(waitMs, 250))) })
  }
  line.stop()
  process.stdout.write('\nstopping: what is in flight is finished and committed …\n')
  publisher.close()
  await connection.close()
  await service.stop()
  process.stdout.write('stopped\n')
  process.exit(0)
}

/** The stream itself says where the region stands: the last event's id, and the first one's day. */
async function goOn(connection: Connection): Promise<{ region: Region, from: number }> {
  const { state } = await connection.manager.streams.info(streamNames.event)
  const today = Math.floor(minuteAt(now()) / MINUTES_PER_DAY)
  if (state.messages === 0) return { region: regionOf(today - daysBack), from: 0 }
  const idAt = async (seq: number) => {
    const message = await connection.manager.streams.getMessage(streamNames.event, { seq })
    return message.json<{ id?: string, source?: string }>()
  }
  const first = await idAt(state.first_seq)
  // The region's first day stands in its events' source, so that a later start makes the same region.
  const startDay = Number(/\?start=(\d+)/.exec(first.source ?? '')?.[1] ?? today - daysBack)
  const region = regionOf(startDay)
  for (let seq = state.last_seq; seq >= state.first_seq && seq > state.last_seq - 1_000; seq--) {
    const from = numberAfter(region, (await idAt(seq)).id ?? '')
    if (from !== undefined) return { region, from }
  }
  return { region, from: 0 }
}

/** Asks the door about some bills before they are settled, as a hospital's system does, and never waits. */
function askingHospital(url: string): { settles(bill: SettlementWire): void, asked(): string } {
  const client = new Client({ url, retryWithinMs: 0 })
  let [askedAt, all, complete] = [0, 0, 0]
  return {
    settles(bill) {
      if (now() - askedAt < askEveryMs) return
      askedAt = now()
      void client.check(bill).then(({ isComplete }) => {
        all++
        if (isComplete) complete++
      })
    },
    asked: () => `${all} (${complete} complete)`,
  }
}

interface FeederState { readonly lastAt: number, readonly isCaughtUp: boolean, readonly asked: string }

function progress(service: Service, feeder: () => FeederState): { stop(): void } {
  let claims = service.observer.totals.claims
  let at = now()
  const timer = setInterval(() => {
    const { events: seen, claims: judged, findings, dead } = service.observer.totals
    const seconds = (now() - at) / 1_000
    const rate = Math.round((judged - claims) / seconds)
    claims = judged
    at = now()
    const { messages, seconds: lagSeconds } = service.observer.lag()
    const p99 = service.observer.judgementSeconds(99) * 1e6
    const { phase } = service.partition.state
    const { lastAt, isCaughtUp, asked } = feeder()
    const day = lastAt === 0 ? '' : minuteText(minuteAt(lastAt))
    const text = [
      phase === 'ready' ? '' : `[${phase}] `,
      `${seen} events · ${rate} claims/s · 明确违规 ${findings.violation} · 高度可疑 ${findings.suspect}`,
      ` · 轻度可疑 ${findings.notice} · asked ${asked}`,
      ` · dead ${dead} · lag ${messages} (${lagSeconds.toFixed(1)} s)`,
      ` · p99 ${p99.toFixed(0)} µs · ${day}${isCaughtUp ? ' (live)' : ''}`,
    ].join('')
    process.stdout.write(process.stdout.isTTY ? `\r\u001b[2K${text}` : `${text}\n`)
  }, process.stdout.isTTY ? 500 : 5_000)
  return { stop: () => clearInterval(timer) }
}
