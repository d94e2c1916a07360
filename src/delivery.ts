// The ways out to systems that did not ask, put together: listeners, webhooks, and the audit log that every
// reading of personal data goes through. Knows the parts; decides nothing about warnings.
import { lookup } from 'node:dns/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from './config.js'
import { ServiceError } from './errors.js'
import { openAuditLog } from './files/audit-log.js'
import type { HttpDeps } from './http/server.js'
import type { DeliveryCounts } from './metrics/delivery.js'
import type { NatsBus } from './nats/bus.js'
import { followWarnings } from './nats/follow.js'
import type { OutStream } from './warning/wire.js'
import { readTargets } from './webhook/targets.js'
import { startWebhooks } from './webhooks.js'
import type { WebhooksDeps } from './webhooks.js'

const dayMs = 86_400_000

export interface DeliveryDeps {
  /** The present connection; undefined while there is none. */
  readonly bus: () => NatsBus | undefined
  readonly counts: DeliveryCounts
  readonly log: Logger
  readonly now: () => number
}

export interface Delivery {
  readonly doors: Pick<HttpDeps, 'stream' | 'audit'>
  /** Nothing is posted any more. */
  stopWebhooks(): Promise<void>
  close(): Promise<void>
}

/** Where the audit log lies. */
export const auditFolder = (dataDir: string) => join(dataDir, 'audit')

/** Opens the audit log, is ready for listeners, and starts the webhooks. */
export function openDelivery(config: Config, deps: DeliveryDeps): Delivery {
  const { bus, counts, log, now } = deps
  const targets = readTargets(config.webhooksFile)
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
  const webhooks = startWebhooks(targets, webhookDeps(config, deps))
  if (targets.length > 0) counts.webhookLag = () => webhooks.lag()
  return {
    stopWebhooks: () => webhooks.stop(),
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

/**
 * A message that would be older than its stream keeps them: a store that is made anew judges old events
 * again, and what was forgotten on purpose must not come back, nor reach a hospital a second time.
 */
export function isOutlived(
  stream: OutStream, ageMs: number,
  { warningRetentionDays, deadRetentionDays }: Pick<Config, 'warningRetentionDays' | 'deadRetentionDays'>,
): boolean {
  const days = { warning: warningRetentionDays, dead: deadRetentionDays, trial: 0 }[stream]
  return days > 0 && ageMs > days * dayMs
}

function webhookDeps(config: Config, { bus, counts, log, now }: DeliveryDeps): WebhooksDeps {
  return {
    bus,
    now,
    resolve: (host) => lookup(host, { all: true }),
    timeoutMs: config.webhookTimeoutMs,
    attemptsMax: config.webhookAttemptsMax,
    after(milliseconds, run) {
      const timer = setTimeout(run, milliseconds)
      return () => { clearTimeout(timer) }
    },
    wait: (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds).unref() }),
    onResult(result, about) {
      counts.webhook(result)
      if (result === 'dead') log.error(about, 'a warning was not taken by its webhook: a dead letter')
      if (result === 'retried') log.warn(about, 'a webhook did not take a warning; it is tried again')
    },
    onReady: (institution) => log.info({ institution }, 'webhooks are ready'),
    onFailure: (error, institution) => log.debug({ err: error, institution }, 'warnings are waited for'),
  }
}

/** Runs each so many milliseconds until the function returned is called; does not keep the process alive. */
export function every(milliseconds: number, run: () => void): () => void {
  const timer = setInterval(run, milliseconds)
  timer.unref()
  return () => { clearInterval(timer) }
}
