// Builds a store anew from the event stream, or from a backup and the stream after it: remembers every
// event up to a position that was committed before, judges none and sends nothing. What was a dead
// letter then is one now.
import { ServiceError } from './errors.js'
import { Groups } from './groups.js'
import { emptyPosition } from './position.js'
import type { Position } from './position.js'
import { Histories } from './history/histories.js'
import type { Store } from './lmdb/store.js'
import type { NatsBus } from './nats/bus.js'
import { PullReader } from './nats/pull.js'
import { streamNames } from './nats/streams.js'
import { createPipeline } from './pipeline.js'
import type { Pipeline, Witness } from './pipeline.js'

const groupEventsMax = 4_096 // a commit costs the same for few as for many; nobody waits for a warning
const inFlightMax = 4 * groupEventsMax // taken and not committed: some 100 MB of histories at the most
const pendingMax = 4_096
const pendingBytesMax = 67_108_864

export interface RebuildOptions {
  readonly bus: Pick<NatsBus, 'connection' | 'eventBytesMax' | 'readBack'>
  /** New: empty, or a copy of a backup that stands in the same stream, before `until`. */
  readonly store: Store
  readonly format: number
  /** Where the old store stands; its stream is the one that is read. */
  readonly until: Position
  readonly cacheBytes: number
  /** Records of the old store that reading alone does not make again; before anything is read. */
  readonly carried?: readonly { readonly key: string, readonly value: Uint8Array }[]
  /** A replay's: sees every claim that is remembered. */
  readonly witness?: Witness | undefined
  /** Of this stream: events that were erased on purpose. */
  erasedBetween?: ((after: number, before: number) => number) | undefined
  /** After each commit. */
  onProgress?(sequence: number): void
}

/** Resolves with the new store's position: the old one's, except for events the stream has lost. */
export async function rebuild(options: RebuildOptions): Promise<Position> {
  const { bus, store, format, until, cacheBytes, witness } = options
  const load = (key: string) => store.load(key)
  const histories = new Histories({ load, cacheBytes })
  const { eventBytesMax } = bus
  const pipeline = createPipeline({ rulebook: notAsked, histories, eventBytesMax, witness })
  const dead = await deadSequences(bus, until.streamCreated)
  const { outputs, streamCreated } = until
  const start = { ...store.position() ?? emptyPosition(format, streamCreated), outputs }
  if (options.carried !== undefined) await store.commit(options.carried, start)
  histories.watermarkDay = start.watermarkDay
  histories.gapUntilDay = start.gapUntilDay
  const reached = until.sequence <= start.sequence
    ? start
    : await readAll(options, { start, histories, pipeline, dead })
  const position = atEnd(reached, until, options.erasedBetween)
  await store.commit([], position)
  return position
}

interface Parts {
  readonly start: Position
  readonly histories: Histories
  readonly pipeline: Pipeline
  readonly dead: ReadonlySet<number>
}

function readAll(options: RebuildOptions, { start, histories, pipeline, dead }: Parts): Promise<Position> {
  const { bus, store, until } = options
  return new Promise((resolve, reject) => {
    const room = new Room((count, bytes) => reader.release(count, bytes))
    const fail = (error: unknown) => {
      reader.end()
      groups.end()
      reject(error)
    }
    const groups = new Groups({
      pipeline: { settle: (event) => pipeline.remember(event) },
      histories,
      publish: notAsked,
      isPublished: () => true, // before the position everything was sent
      commit: (changes, position) => store.commit(changes, position),
      eventsMax: groupEventsMax,
      defer: () => {}, // groups are closed when they are full, or the one before is written
      attempt(sequence) {
        if (dead.has(sequence)) throw new ServiceError('EVENT_FATAL')
      },
      erasedBetween: options.erasedBetween,
      onEvent: () => {},
      onCommitted({ events, position }) {
        room.committed(events)
        options.onProgress?.(position.sequence)
      },
      onFailure: fail,
    }, start)
    const finish = () => {
      reader.end()
      groups.drained().then(() => resolve(groups.position), fail)
    }
    const reader = new PullReader(bus.connection, {
      stream: streamNames.event,
      afterSequence: start.sequence,
      pendingMax,
      bytesMax: pendingBytesMax,
      streamCreated: until.streamCreated,
      onStart: (pending) => { if (pending === 0) finish() },
      onMessage: ({ data }, { sequence, receivedAt, pending }) => {
        if (sequence <= until.sequence) groups.take({ bytes: data, sequence, receivedAt })
        if (sequence >= until.sequence || pending === 0) finish()
        else room.taken(data.length)
      },
      onFailure: fail,
    })
  })
}

/** Gives the reader its room back at once while few events wait for their commit, later else. */
class Room {
  readonly #release: (count: number, bytes: number) => void
  #inFlight = 0
  #heldCount = 0
  #heldBytes = 0

  constructor(release: (count: number, bytes: number) => void) {
    this.#release = release
  }

  taken(bytes: number): void {
    this.#inFlight++
    this.#heldCount++
    this.#heldBytes += bytes
    this.#give()
  }

  committed(events: number): void {
    this.#inFlight -= events
    this.#give()
  }

  #give(): void {
    if (this.#heldCount === 0 || this.#inFlight >= inFlightMax) return
    const [count, bytes] = [this.#heldCount, this.#heldBytes]
    this.#heldCount = 0
    this.#heldBytes = 0
    this.#release(count, bytes)
  }
}

/** Their ids tell: an event that ended the process must not be read again (src/groups.ts). */
async function deadSequences(
  bus: Pick<NatsBus, 'readBack'>, streamCreated: string,
): Promise<ReadonlySet<number>> {
  const prefix = `dead:${streamCreated}:`
  const sequences = new Set<number>()
  await bus.readBack('dead', 0, (id) => {
    if (id.startsWith(prefix)) sequences.add(Number(id.slice(prefix.length)))
  })
  return sequences
}

/** Events at the end that the stream no longer has are missing, as those in its middle are. */
function atEnd(reached: Position, until: Position, erased: RebuildOptions['erasedBetween']): Position {
  const { bursts } = until // no claim is judged here: what was counted then stands
  const kept = bursts === undefined ? reached : { ...reached, bursts }
  const lost = until.sequence - reached.sequence
  if (lost === 0) return kept
  return {
    ...kept,
    sequence: until.sequence,
    counts: { ...reached.counts, missing: reached.counts.missing + lost },
    watermarkDay: until.watermarkDay,
    gapUntilDay: erased?.(reached.sequence, until.sequence + 1) === lost
      ? reached.gapUntilDay
      : until.watermarkDay + 1,
  }
}

/* c8 ignore next 3 -- what is only remembered asks no rules and sends nothing */
function notAsked(): never {
  throw new ServiceError('SERVICE_STOPPING')
}
