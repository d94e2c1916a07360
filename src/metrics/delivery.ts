// What is counted of the ways out: listeners, webhooks, the audit log. Never by institution: a label comes
// from a closed set.
import type { Sample, SeriesOptions } from './series.js'
import { Tally } from './tally.js'

const resultsMax = 8

/** What waits for webhooks at a scrape. */
export interface WebhookLag {
  readonly messages: number
  readonly seconds: number
}

/** Plain numbers; Metrics turns them into samples. */
export class DeliveryCounts {
  clients = 0
  readonly streamed = new Tally(['what'], resultsMax)
  readonly webhooks = new Tally(['result'], resultsMax)
  auditLost = 0
  /** Set when there are webhooks. */
  webhookLag: (() => WebhookLag) | undefined

  /** A listener came or went, or was sent something. */
  client(what: 'opened' | 'closed' | 'dropped' | 'sent'): void {
    if (what === 'opened') this.clients++
    if (what === 'closed') this.clients--
    if (what === 'dropped' || what === 'sent') this.streamed.add(what)
  }

  webhook(result: 'delivered' | 'retried' | 'dead'): void {
    this.webhooks.add(result)
  }
}

/** Their metrics, in the README's order. */
export function deliveryMetrics(counted: DeliveryCounts): SeriesOptions[] {
  return [
    {
      name: 'claims_listeners', type: 'gauge', labels: [],
      help: 'Clients of `GET /v1/warnings/stream`',
      advice: 'near `STREAM_CLIENTS_MAX`: raise it, or look for a client that opens and never closes',
      samples: () => one(counted.clients),
    },
    {
      name: 'claims_streamed_total', type: 'counter', labels: ['what'],
      help: 'Warnings sent to listeners, and listeners dropped because they took nothing',
      advice: '`dropped` rises: their line or their program is too slow; they come again and go on',
      samples: () => counted.streamed.samples(),
    },
    {
      name: 'claims_webhook_total', type: 'counter', labels: ['result'],
      help: 'Warnings for webhooks: delivered, tried again, given up (a dead letter)',
      advice: '`dead`: `npm run store -- dead` says whose; the warning is still at `GET /v1/warnings`',
      samples: () => counted.webhooks.samples(),
    },
    {
      name: 'claims_webhook_lag_messages', type: 'gauge', labels: [],
      help: 'Warnings that webhooks have not taken yet',
      advice: 'rising: a target is away; the log says which',
      samples: () => lagOf(counted, ({ messages }) => messages),
    },
    {
      name: 'claims_webhook_lag_seconds', type: 'gauge', labels: [],
      help: 'Age of the oldest warning that is being delivered', advice: 'as above',
      samples: () => lagOf(counted, ({ seconds }) => seconds),
    },
    {
      name: 'claims_audit_lost_total', type: 'counter', labels: [],
      help: 'Lines of the audit log that could not be written',
      advice: 'look at the disk of `DATA_DIR`: checks are answered all the same, warnings are not read',
      samples: () => one(counted.auditLost),
    },
  ]
}

function one(value: number): readonly Sample[] {
  return [{ labels: {}, value }]
}

function lagOf({ webhookLag }: DeliveryCounts, pick: (lag: WebhookLag) => number): readonly Sample[] {
  return webhookLag === undefined ? [] : one(pick(webhookLag()))
}
