// The couriers of all webhooks: each with its queue on the present connection, its target, and the dead
// letters of what no receiver took. Knows the parts; decides nothing about warnings.
import { ServiceError } from './errors.js'
import type { WebhookLag } from './metrics/delivery.js'
import type { NatsBus } from './nats/bus.js'
import { openWarningQueue } from './nats/warning-queue.js'
import { deadLetter } from './warning/dead-letter.js'
import { Courier } from './webhook/courier.js'
import type { CourierDeps } from './webhook/courier.js'
import { Gate } from './webhook/gate.js'
import { send } from './webhook/send.js'
import type { SendDeps } from './webhook/send.js'
import type { Target } from './webhook/targets.js'

export interface WebhooksDeps extends SendDeps, Pick<CourierDeps, 'attemptsMax' | 'wait'> {
  /** The present connection; undefined while there is none. */
  readonly bus: () => NatsBus | undefined
  onResult(result: 'delivered' | 'retried' | 'dead', about: { institution: string, reason: string }): void
  /** Its queue is open: from now on each of its warnings is delivered or a dead letter. */
  onReady(institution: string): void
  onFailure(error: unknown, institution: string): void
}

export interface Webhooks {
  lag(): WebhookLag
  /** Resolves when nothing is sent any more. */
  stop(): Promise<void>
}

const sendingMax = 64 // at once, over all targets: the rest of the service has sockets too

/** Starts a courier for each target. */
export function startWebhooks(targets: readonly Target[], deps: WebhooksDeps): Webhooks {
  const gate = new Gate(sendingMax)
  const couriers = targets.map((target) => courierOf(target, { deps, gate }))
  const running = couriers.map((courier) => courier.run())
  return {
    lag() {
      const lags = couriers.map(({ lag }) => lag)
      const oldest = Math.min(...lags.map(({ receivedAt }) => receivedAt).filter((at) => at > 0))
      return {
        messages: lags.reduce((sum, { messages }) => sum + messages, 0),
        seconds: Number.isFinite(oldest) ? Math.max(0, (deps.now() - oldest) / 1_000) : 0,
      }
    },
    async stop() {
      for (const courier of couriers) courier.stop()
      await Promise.all(running)
    },
  }
}

function courierOf(target: Target, { deps, gate }: { deps: WebhooksDeps, gate: Gate }): Courier {
  const { institution } = target
  const connected = () => {
    const bus = deps.bus()
    if (bus?.connection.isConnected !== true) throw new ServiceError('NATS_UNAVAILABLE')
    return bus
  }
  return new Courier({
    async openQueue(streamBefore) {
      const queue = await openWarningQueue(connected().connection, { institution, streamBefore })
      deps.onReady(institution)
      return queue
    },
    send: (outgoing) => gate.pass(() => send(target, outgoing, deps)),
    async bury(queued, reason) {
      const { sequence, streamCreated } = queued
      const error = { code: 'WEBHOOK_UNDELIVERED', path: institution, message: reason } as const
      const id = `webhook:${institution}:${sequence}`
      const { messageBytesMax: bytesMax, publish } = connected()
      await publish(deadLetter(queued, { id, error, streamCreated, bytesMax }))
    },
    wait: (milliseconds) => deps.wait(milliseconds),
    attemptsMax: deps.attemptsMax,
    onResult: (result, reason) => deps.onResult(result, { institution, reason }),
    onFailure: (error) => deps.onFailure(error, institution),
  })
}
