// `store rebuild`: makes the store anew from the stream, beside the one in use, and puts it in its place
// when it is complete. Judges nothing and sends nothing; a kill leaves the one in use.
import { rmSync } from 'node:fs'
import { ServiceError } from '../errors.js'
import { readErased } from '../files/erased.js'
import type { Position } from '../position.js'
import { STORE_FORMAT, Store } from '../lmdb/store.js'
import { replaceStore } from '../lmdb/swap.js'
import { connectBus } from '../nats/bus.js'
import type { NatsBus } from '../nats/bus.js'
import type { ConnectOptions } from '../nats/connect.js'
import { rebuild } from '../rebuild.js'
import { busOptions } from '../nats-options.js'
import { copyBackup, isNotBeyond, newestBackup } from './store-copy.js'
import { bytesText, countsText } from './store-status.js'
import { newStorePath, storePath, withLock, withNats, withStore } from './store-world.js'
import type { World } from './store-world.js'

/** True: the newest backup that is known; a text: the backup in this folder. */
export type FromBackup = boolean | string

/**
 * Replaces the store once the new one stands where the old one did; until then the old one stays.
 * Throws STORE_MISSING, STREAM_CHANGED, SERVICE_STOPPING after Ctrl-C.
 */
export function rebuildStore(world: World, fromBackup: FromBackup): Promise<void> {
  return withLock(world, async () => {
    const { until, carried } = await withStore(storePath(world), (store) => ({
      until: store.position(), carried: carriedOf(store),
    }))
    if (until === undefined) {
      const detail = 'nothing was ever committed to it; a start reads the stream from its beginning'
      throw new ServiceError('STORE_MISSING', { path: storePath(world), detail })
    }
    await withNats(world, (nats) => beside(world, { until, nats, fromBackup, carried }))
  })
}

type Carried = NonNullable<Parameters<typeof rebuild>[0]['carried']>

/** What settlements showed of findings, as nothing is judged here; and the rules' numbers in it. */
function carriedOf(store: Store): Carried {
  return [...store.entries('o:'), ...store.entries('n:rules')]
}

interface Plan {
  readonly carried: Carried
  readonly until: Position
  readonly nats: ConnectOptions
  readonly fromBackup: FromBackup
}

async function beside(world: World, { until, nats, fromBackup, carried }: Plan): Promise<void> {
  const { config, signal, write } = world
  const bus = await connectBus(busOptions(config, nats), () => {})
  const stop = () => void bus.close()
  signal.addEventListener('abort', stop)
  try {
    await requireSameStream(bus, until)
    rmSync(newStorePath(world), { recursive: true, force: true })
    const from = fromBackup === false ? 0 : await fromCopy(world, until, fromBackup)
    const reached = await build(world, { bus, until, from, carried })
    signal.throwIfAborted()
    replaceStore(newStorePath(world), storePath(world))
    write(`rebuilt: it stands at event ${reached.sequence} (${countsText(reached)})\n`)
  } catch (error) {
    rmSync(newStorePath(world), { recursive: true, force: true })
    if (!signal.aborted) throw error
    const detail = 'the rebuild was ended; the store in use is as it was'
    throw new ServiceError('SERVICE_STOPPING', { detail, cause: error })
  } finally {
    signal.removeEventListener('abort', stop)
    await bus.close()
  }
}

async function requireSameStream(bus: NatsBus, { streamCreated, sequence }: Position): Promise<void> {
  const { events } = await bus.streams()
  const isOther = events.created !== streamCreated
  if (!isOther && events.lastSequence >= sequence) return
  const why = isOther
    ? `the store is of the stream made ${streamCreated}, the server has one made ${events.created}`
    : `the stream ends at event ${events.lastSequence}, the store stands at event ${sequence}`
  const detail = `${why}. Look at NATS_URL and DATA_DIR; if both are meant, start the service: it makes `
    + 'its store anew from the stream that is there'
  throw new ServiceError('STREAM_CHANGED', { detail })
}

async function fromCopy(world: World, until: Position, fromBackup: string | true): Promise<number> {
  const folder = fromBackup === true ? await newestBackup(world, until) : fromBackup
  const position = await copyBackup(world, folder)
  if (!isNotBeyond(position, until)) {
    const at = ({ streamCreated, sequence }: Position) =>
      `event ${sequence} of the stream made ${streamCreated}`
    const detail = `the backup stands at ${at(position)}, the store in use at ${at(until)}`
    throw new ServiceError('STREAM_CHANGED', { path: folder, detail })
  }
  world.write(`from the backup in ${folder}, which stands at event ${position.sequence}\n`)
  return position.sequence
}

interface Work {
  readonly carried: Carried
  readonly bus: NatsBus
  readonly until: Position
  /** Where the new store stands already. */
  readonly from: number
}

async function build(world: World, { bus, until, from, carried }: Work): Promise<Position> {
  const store = Store.open(newStorePath(world))
  try {
    const line = progressLine(world, { from, until: until.sequence })
    const reached = await rebuild({
      bus,
      store,
      format: STORE_FORMAT,
      until,
      carried,
      cacheBytes: world.config.cacheBytes,
      erasedBetween: readErased(world.config.dataDir, until.streamCreated).between,
      onProgress: (sequence) => line.show(sequence),
    })
    line.end(reached.sequence)
    world.write(`${bytesText(store.status().bytes)} on disk\n`)
    return reached
  } finally {
    await store.close()
  }
}

const linesMsMin = 5_000 // in a log; a terminal's line is written over
const terminalMsMin = 200

/** Events, events a second, share, time left. */
export function progressLine(
  { now, write, isTerminal }: Pick<World, 'now' | 'write' | 'isTerminal'>,
  { from, until }: { from: number, until: number },
): { show(sequence: number): void, end(sequence: number): void } {
  const startedAt = now()
  const msMin = isTerminal ? terminalMsMin : linesMsMin
  let shownAt = startedAt
  const show = (sequence: number) => {
    const seconds = Math.max((now() - startedAt) / 1_000, 0.001)
    const perSecond = (sequence - from) / seconds
    const share = until === 0 ? 1 : sequence / until
    const left = perSecond === 0 ? 0 : (until - sequence) / perSecond
    const text = `${sequence - from} events · ${Math.round(perSecond)} events/s · `
      + `${Math.floor(share * 100)} % · ${timeText(left)} left`
    write(isTerminal ? `\r\u001b[2K${text}` : `${text}\n`)
  }
  return {
    show(sequence) {
      if (now() - shownAt < msMin) return
      shownAt = now()
      show(sequence)
    },
    end(sequence) {
      show(sequence)
      if (isTerminal) write('\n')
    },
  }
}

function timeText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`
}
