// `store status`: where the store stands and what is in it, in lines for a person. Reads only, also
// while the service runs; starts no server.
import type { NatsError } from 'nats'
import { dayText } from '../claim/day.js'
import { ServiceError } from '../errors.js'
import type { Position } from '../position.js'
import { patientKeyOf, settlementKeyOf, traceKeyOf } from '../history/records.js'
import type { Store } from '../lmdb/store.js'
import { connectNats } from '../nats/connect.js'
import type { Connection } from '../nats/connect.js'
import { lockHolder } from '../nats/lock.js'
import { streamNames } from '../nats/streams.js'
import { livingNats, storePath, withStore } from './store-world.js'
import type { World } from './store-world.js'

const mebibyte = 1_048_576
const streamNotFound = 10059 // the server's err_code

const kinds = [
  ['patients', patientKeyOf('')],
  ['settlements', settlementKeyOf('', '').slice(0, 2)],
  ['trace codes', traceKeyOf('')],
] as const

/**
 * Writes where the store stands; changes nothing, and works beside a running service. Throws as
 * withStore.
 */
export async function status(world: World): Promise<void> {
  const { config, write } = world
  const line = (name: string, value: string) => write(`${name.padEnd(14)}${value}\n`)
  const pid = lockHolder(config.dataDir)
  line('data folder', config.dataDir)
  line('in use', pid === undefined ? 'no' : `yes, by process ${pid}`)
  const position = await withStore(storePath(world), (store) => {
    describeStore(store, line)
    return store.position()
  })
  await describeStream(world, position, line)
}

type Line = (name: string, value: string) => void

function describeStore(store: Store, line: Line): void {
  const { position, bytes } = store.status()
  line('on disk', bytesText(bytes))
  line('records', kinds.map(([name, prefix]) => `${name} ${store.count(prefix)}`).join(', '))
  if (position === undefined) return line('position', 'nothing is committed yet')
  const { format, sequence, streamCreated, watermarkDay, gapUntilDay } = position
  line('format', String(format))
  line('position', `event ${sequence} of the stream made ${streamCreated}`)
  line('events', countsText(position))
  line('watermark', watermarkDay === 0 ? 'no settlement yet' : `settlements up to ${dayText(watermarkDay)}`)
  line('gap', gapUntilDay === 0
    ? 'none'
    : `events before ${dayText(gapUntilDay)} are missing: rules that look so far back answer unknown`)
}

/** What the server says, when it is there. */
async function describeStream(world: World, position: Position | undefined, line: Line): Promise<void> {
  const nats = await livingNats(world)
  if (nats === undefined) return line('stream', 'there is no NATS server yet')
  let connection: Connection | undefined
  try {
    connection = await connectNats(nats)
    line('stream', await lagText(connection, position))
    line('dead letters', String((await streamOf(connection, 'dead'))?.state.messages ?? 0))
  } catch (error) {
    line('stream', `not known: ${(error as Error).message}`)
  } finally {
    await connection?.close()
  }
}

async function lagText(connection: Connection, position: Position | undefined): Promise<string> {
  const stream = await streamOf(connection, 'event')
  if (stream === undefined) return 'there is no event stream'
  const { created, state: { last_seq: last } } = stream
  if (position !== undefined && position.streamCreated !== created) {
    return `another one, made ${created}: the service will rebuild the store from it`
  }
  const behind = last - (position?.sequence ?? 0)
  if (behind < 0) return `ends at event ${last}, before our position: the service will rebuild the store`
  return `ends at event ${last}: ${behind === 0 ? 'nothing' : behind} is left to read`
}

/** Undefined when it was never made. */
function streamOf({ manager }: Connection, kind: 'event' | 'dead') {
  return manager.streams.info(streamNames[kind]).catch((cause: unknown) => {
    const { api_error: answer } = cause as Partial<NatsError>
    if (answer?.err_code === streamNotFound) return undefined
    throw new ServiceError('NATS_UNAVAILABLE', { detail: String(cause), cause })
  })
}

/** Events by what became of them. */
export function countsText({ counts }: Position): string {
  return Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(', ')
}

/** Mebibytes with one decimal. */
export function bytesText(bytes: number): string {
  return `${(bytes / mebibyte).toFixed(1)} MiB`
}
