// Settlements that hospitals tell by 3102: to the stream within the answer's budget. What it has not taken by
// then is kept and tried on until it has, by the next process if need be.
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import type { DoorsDeps } from './doors.js'
import { ServiceError } from './errors.js'
import { Spool } from './files/spool.js'
import { leftMs } from './http/budget.js'
import type { HttpDeps } from './http/server.js'
import type { Budget } from './nhsa/calls.js'
import { Outbox } from './nhsa/outbox.js'
import type { ToldSettlement } from './nhsa/told-settlement.js'
import { publishOwn } from './nhsa-events.js'

interface ToldDeps extends Pick<DoorsDeps, 'metrics'>, Pick<HttpDeps, 'log'> {
  readonly elapsed: () => number
}

/** Settlements that the stream has not taken: an hour of a large hospital's. */
const waitingMax = 1_000
const againMs = 1_000

interface Waiting {
  readonly told: ToldSettlement
  /** Where it is kept; undefined: in memory alone. */
  readonly name: string | undefined
}

/** Where they wait. */
export const toldFolder = (dataDir: string) => join(dataDir, 'told')

/** `folder`: toldFolder. Gives whether the stream has taken it within the budget. */
export function settlementRecorder(
  events: Parameters<typeof publishOwn>[0], { metrics, log, elapsed }: ToldDeps, folder: string,
): (told: ToldSettlement, budget: Budget) => Promise<boolean> {
  const spool = new Spool(folder)
  const send = ({ institution, data }: ToldSettlement) => publishOwn(events, {
    type: 'settlement', source: '/fsi/api/3102', data, parts: [institution, data.settlement_id],
  })
  const forget = (name: string | undefined) => { if (name !== undefined) spool.forget(name) }
  const outbox = new Outbox<Waiting>({
    async send({ told, name }) {
      try {
        await send(told)
      } catch (error) {
        if (!isPassing(error)) forget(name) // it will never be taken
        throw error
      }
      forget(name)
    },
    again: (error) => isPassing(error) ? after(againMs, undefined, { ref: false }) : undefined,
    waitingMax,
    sendingMax: 1, // in their order
    onDropped(reason) {
      metrics.nhsaDropped.add('settlement')
      log.error({ err: reason }, 'a settlement told by 3102 is lost: it is in no history')
    },
    defer: (run) => { setImmediate(run) },
  })
  const keep = (told: ToldSettlement): string | undefined => {
    if (outbox.size >= waitingMax) return undefined
    try {
      return spool.keep(JSON.stringify(told))
    } catch (error) {
      log.warn({ err: error }, 'a settlement told by 3102 waits in memory: a killed process would lose it')
      return undefined
    }
  }
  for (const { name, text } of spool.left()) {
    const told = read(text)
    if (told !== undefined) outbox.push({ told, name })
    else log.error({ name }, 'a settlement that was kept cannot be read: it stays in its file')
  }
  return async (told, budget) => {
    const sent = send(told).then(() => true, () => false)
    const isSent = await Promise.race([sent, after(leftMs(elapsed, budget), undefined, { ref: false })])
    if (isSent === true) return true
    const name = keep(told)
    void sent.then((isSentNow) => isSentNow ? forget(name) : outbox.push({ told, name }))
    return false
  }
}

function read(text: string): ToldSettlement | undefined {
  try {
    return JSON.parse(text) as ToldSettlement
  } catch {
    return undefined
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof ServiceError && error.retry === 'later'
}
