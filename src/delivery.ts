// The ways out to systems that did not ask, put together: listeners, webhooks, and the audit log that every
// reading of personal data goes through. Knows the parts; decides nothing about warnings.
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from './config.js'
import { ServiceError } from './errors.js'
import { openAuditLog } from './files/audit-log.js'
import type { HttpDeps } from './http/server.js'
import type { DeliveryCounts } from './metrics/delivery.js'
import type { NatsBus } from './nats/bus.js'
import { followWarnings } from './nats/follow.js'

export interface DeliveryDeps {
  /** The present connection; undefined while there is none. */
  readonly bus: () => NatsBus | undefined
  readonly counts: DeliveryCounts
  readonly log: Logger
  readonly now: () => number
}

export interface Delivery {
  readonly doors: Pick<HttpDeps, 'stream' | 'audit'>
  close(): Promise<void>
}

/** Where the audit log lies. */
export const auditFolder = (dataDir: string) => join(dataDir, 'audit')

/** Opens the audit log and is ready for listeners. */
export function openDelivery(config: Config, { bus, counts, log, now }: DeliveryDeps): Delivery {
  const audit = openAuditLog({
    folder: auditFolder(config.dataDir),
    chain: 'service',
    now,
    every,
    bytesMax: config.auditBytesMax,
    onLost(lines) {
      counts.auditLost += lines
      log.error({ lines }, 'lines of the audit log could not be written')
    },
  })
  return {
    doors: {
      audit,
      stream: {
        async followWarnings(options) {
          const present = bus()
          if (present?.connection.isConnected !== true) throw new ServiceError('NATS_UNAVAILABLE')
          return followWarnings(present.connection, options)
        },
        clientsMax: config.streamClientsMax,
        every,
        onClient: (what) => { counts.client(what) },
      },
    },
    close: () => audit.close(),
  }
}

export function every(milliseconds: number, run: () => void): () => void {
  const timer = setInterval(run, milliseconds)
  timer.unref()
  return () => { clearInterval(timer) }
}
