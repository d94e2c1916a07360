// One connection to NATS: opened once with a clear failure, then kept for ever. Tells who asks when
// it is lost and when it is back. Never prints a secret; knows nothing of streams or subjects.
import { connect, credsAuthenticator, Events, NatsError } from 'nats'
import type { ConnectionOptions, JetStreamManager, NatsConnection, Status, TlsOptions } from 'nats'
import { ServiceError } from '../errors.js'

/** `refused`: the server refused one of our requests, for instance for want of a permission. */
export type ConnectionState = 'connected' | 'disconnected' | 'refused' | 'closed'

export type StateListener = (state: ConnectionState, detail: string) => void

export interface ConnectOptions {
  /** One address or several, with commas. A user and password in it are taken out and used. */
  readonly url: string
  /** Shown in the server's list of connections. */
  readonly name: string
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly token?: string | undefined
  /** The content of a .creds file, not its path. */
  readonly creds?: string | undefined
  readonly tls?: TlsOptions | undefined
  readonly onState?: StateListener | undefined
  /** How often the server is asked whether it is there; silent for two of them and more, it is away. */
  readonly pingMs?: number | undefined
}

export interface Connection {
  readonly client: NatsConnection
  readonly manager: JetStreamManager
  /** Largest message the server takes, headers included. May change with a reconnect. */
  readonly maxPayload: number
  readonly isConnected: boolean
  /** Calls the listener at every change of state until the returned function is called. */
  watch(listener: StateListener): () => void
  /** Sends what is buffered if the server is there, then closes. Never hangs. */
  close(): Promise<void>
}

const connectTimeoutMs = 5_000
const requestTimeoutMs = 5_000
const pingMsDefault = 5_000 // a hospital told `complete` while the server hangs is told so for seconds
const pingsMax = 2
const reconnectMs = 250 // a restarted server is up in 30 ms; a refused attempt is cheap

/** Connects; fails at once when the server is not there. Afterwards it reconnects for ever. */
export async function connectNats(options: ConnectOptions): Promise<Connection> {
  const client = await open(options)
  const manager = await client.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs })
  const listeners = new Set<StateListener>()
  if (options.onState !== undefined) listeners.add(options.onState)
  let isConnected = true
  let maxPayload = client.info!.max_payload
  const tell: StateListener = (state, detail) => {
    if (state !== 'refused') isConnected = state === 'connected'
    if (state === 'connected') maxPayload = client.info!.max_payload
    for (const listener of [...listeners]) listener(state, detail)
  }
  void follow(client, tell)
  void client.closed().then(() => tell('closed', 'the connection was closed'))
  return {
    client,
    manager,
    get maxPayload() { return maxPayload },
    get isConnected() { return isConnected },
    watch(listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    async close() {
      // drain() and flush() wait for a server that may be away; close() alone does not.
      if (isConnected) await Promise.race([client.flush().catch(() => {}), client.closed()])
      await client.close()
    },
  }
}

async function open(options: ConnectOptions): Promise<NatsConnection> {
  const { servers, user, password, token } = readAddress(options.url)
  const settings: ConnectionOptions = {
    servers,
    name: options.name,
    timeout: connectTimeoutMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: reconnectMs,
    pingInterval: options.pingMs ?? pingMsDefault,
    maxPingOut: pingsMax,
    ignoreAuthErrorAbort: true, // credentials are exchanged while we run: keep trying
    noAsyncTraces: true, // measured: 1.2 to 2 times the throughput of requests
  }
  const given = {
    user: options.user ?? user,
    pass: options.password ?? password,
    token: options.token ?? token,
    tls: options.tls,
  }
  for (const [key, value] of Object.entries(given)) {
    if (value !== undefined) Object.assign(settings, { [key]: value })
  }
  if (options.creds !== undefined) {
    settings.authenticator = credsAuthenticator(new TextEncoder().encode(options.creds))
  }
  try {
    return await connect(settings)
  } catch (cause) {
    throw new ServiceError('NATS_UNAVAILABLE', { detail: whyNot(cause, servers), cause })
  }
}

/** Splits the address list, and takes the credentials out of it so that nothing can print them. */
function readAddress(url: string) {
  const servers: string[] = []
  let user: string | undefined
  let password: string | undefined
  let token: string | undefined
  for (const text of url.split(',').map((part) => part.trim()).filter((part) => part !== '')) {
    const match = /^((?:nats|tls):\/\/)?(?:([^@]*)@)?(.+)$/.exec(text)!
    const [, scheme = '', credentials, host] = match
    servers.push(`${scheme}${host}`)
    if (credentials === undefined) continue
    const colon = credentials.indexOf(':')
    if (colon < 0) token = decodeURIComponent(credentials)
    else {
      user = decodeURIComponent(credentials.slice(0, colon))
      password = decodeURIComponent(credentials.slice(colon + 1))
    }
  }
  return { servers, user, password, token }
}

function whyNot(cause: unknown, servers: readonly string[]): string {
  const where = servers.join(', ')
  if (!(cause instanceof NatsError)) return `${where}: the connection could not be made`
  if (cause.isAuthError()) return `${where} refused the credentials`
  return `${where} (${cause.code})`
}

async function follow(client: NatsConnection, tell: StateListener): Promise<void> {
  for await (const status of client.status()) report(status, tell)
  /* c8 ignore next -- the client's list of states does not end, not even with the client */
}

function report({ type, data }: Status, tell: StateListener): void {
  if (type === Events.Disconnect) tell('disconnected', String(data))
  if (type === Events.Reconnect) tell('connected', String(data))
  if (type === Events.Error) tell('refused', String(data))
}
