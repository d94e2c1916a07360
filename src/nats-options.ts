// How to reach the NATS server, from the settings: the one that is named, or one of our own in the data
// folder; and the bounds of the streams there.
import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import { eventBytesMax } from './claim/wire.js'
import type { Config } from './config.js'
import { ServiceError } from './errors.js'
import type { ConnectOptions } from './nats/connect.js'
import { startEmbedded } from './nats/embedded.js'

interface Nats {
  readonly options: ConnectOptions
  readonly stop?: () => Promise<void>
}

/** The server named by NATS_URL, or one of our own in the data folder. */
export async function natsOptions(config: Config, log: Logger): Promise<Nats> {
  if (config.natsUrl === undefined) {
    const embedded = await startEmbedded({ dataDir: config.dataDir, binary: config.natsServerBin, log })
    return { options: { url: embedded.url, name: 'claimsentry' }, stop: () => embedded.stop() }
  }
  const tls = config.natsTlsCa === undefined && config.natsTlsCert === undefined
    ? undefined
    : {
      ca: read('NATS_TLS_CA', config.natsTlsCa), cert: read('NATS_TLS_CERT', config.natsTlsCert),
      key: read('NATS_TLS_KEY', config.natsTlsKey),
    }
  return {
    options: {
      url: config.natsUrl,
      name: 'claimsentry',
      user: config.natsUser,
      password: config.natsPassword,
      token: config.natsToken,
      creds: read('NATS_CREDS', config.natsCreds),
      tls: tls === undefined ? undefined : withoutUndefined(tls),
    },
  }
}

function read(setting: string, file: string | undefined): string | undefined {
  try {
    return file === undefined ? undefined : readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ServiceError('CONFIG_INVALID', { path: setting, detail: `${setting}: ${String(cause)}`, cause })
  }
}

function withoutUndefined(tls: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(tls).filter((entry): entry is [string, string] =>
    entry[1] !== undefined))
}

/** The settings as the bus takes them: bytes, days and milliseconds as the setting's name says. */
export function busOptions(config: Config, nats: ConnectOptions) {
  return {
    ...nats,
    limits: {
      eventStreamBytesMax: config.eventStreamBytesMax,
      warningStreamBytesMax: config.warningStreamBytesMax,
      trialStreamBytesMax: config.trialStreamBytesMax,
      deadStreamBytesMax: config.deadStreamBytesMax,
      warningDays: config.warningRetentionDays,
      deadDays: config.deadRetentionDays,
      duplicateWindowMs: config.duplicateWindowMs,
    },
    eventBytesMax,
    pendingMax: config.pendingMax,
    pendingBytesMax: config.pendingBytesMax,
  }
}
