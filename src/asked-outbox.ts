// Tells the stream what hospitals asked and were shown, after the answer has gone: nobody waits for it. One
// for each door that is asked.
import type { AskedWire } from './claim/wire-asked.js'
import type { DoorsDeps, ServiceDoors } from './doors.js'
import type { HttpDeps } from './http/server.js'
import { Outbox } from './nhsa/outbox.js'
import { publishOwn } from './nhsa-events.js'

type AskedDeps = Pick<DoorsDeps, 'metrics'> & Pick<HttpDeps, 'log'> & Pick<ServiceDoors, 'noteShown'>

/** Questions that wait for the stream: some seconds of them; more are told to nobody, and counted. */
const waitingMax = 10_000
const sendingMax = 256
/** So long they gather: many in one packet, and in one commit when they come back. */
const togetherMs = 20

export interface AskedOutbox {
  /** Never waits and never throws. */
  note(asked: AskedWire): void
  /** Resolves when nothing waits; for a door that closes. */
  drain(): Promise<void>
}

/** `door`: where the questions came in. A log line where a gap begins; the metric has every one. */
export function openAskedOutbox(
  { metrics, log, noteShown }: AskedDeps, events: Parameters<typeof publishOwn>[0], door: string,
): AskedOutbox {
  let isGap = false
  const outbox = new Outbox<AskedWire>({
    async send(data) {
      const parts = [data.institution, data.visit_id, data.at, ...data.findings.map(({ id }) => id)]
      await publishOwn(events, { type: 'asked', source: `${door}/${data.call}`, data, parts })
      isGap = false
    },
    waitingMax,
    sendingMax,
    onDropped(reason) {
      metrics.nhsaDropped.add('asked')
      if (!isGap) log.warn({ err: reason }, 'questions of hospitals are not told to the stream')
      isGap = true
    },
    defer: (run) => { setTimeout(run, togetherMs) },
  })
  return {
    note(asked) {
      noteShown(asked)
      outbox.push(asked)
    },
    drain: () => outbox.drain(),
  }
}
