// The only file that knows every part: builds them, wires them, starts and stops them in order.
import { join } from 'node:path'
import type { Logger } from 'pino'
import { openBooks } from './books.js'
import type { Books } from './books.js'
import { createCdsDoor } from './cds-door.js'
import { checks } from './checks/registry.js'
import { eventBytesMax } from './claim/wire.js'
import type { Config } from './config.js'
import { isOutlived, openDelivery } from './delivery.js'
import type { Delivery } from './delivery.js'
import { createDoors } from './doors.js'
import type { DoorsDeps, ServiceDoors } from './doors.js'
import { ServiceError } from './errors.js'
import { readErased } from './files/erased.js'
import { packInWorker } from './files/pack-worker.js'
import { watchRulesFolders } from './files/rules-folder.js'
import { openKeys } from './http/keys.js'
import { buildServer } from './http/server.js'
import type { App } from './http/server.js'
import { AttemptMark } from './lmdb/attempt.js'
import { STORE_FORMAT, Store } from './lmdb/store.js'
import { Metrics } from './metrics.js'
import { connectBus } from './nats/bus.js'
import type { NatsBus } from './nats/bus.js'
import type { ConnectOptions } from './nats/connect.js'
import { busOptions, natsOptions } from './nats-options.js'
import { lockDataDir } from './nats/lock.js'
import { createNhsaDoor } from './nhsa-door.js'
import { Observer } from './observer.js'
import { overrideWatch } from './override-watch.js'
import { Partition } from './partition.js'
import type { PartitionStore } from './partition.js'

export interface ServiceDeps {
  readonly log: Logger
  /** Milliseconds, UTC. */
  readonly now: () => number
  readonly pid: number
  /** Of the package. */
  readonly version: string
}

export interface Service {
  /** Where the HTTP door listens, e.g. http://127.0.0.1:3000. */
  readonly address: string
  readonly natsUrl: string
  readonly partition: Partition
  readonly observer: Observer
  readonly books: Books
  /** Resolves when the service has ended by itself, with the error that ended it. */
  readonly ended: Promise<unknown>
  /** Finishes what is in flight, commits it, then closes everything. */
  stop(): Promise<void>
}

/**
 * Start: lock the folder; load the rules; open the store; find the NATS server; open the HTTP door
 * (which says not ready); read on from the committed position. Stop is the reverse.
 */
export async function startService(config: Config, deps: ServiceDeps): Promise<Service> {
  const { log } = deps
  const closers: (() => Promise<void> | void)[] = []
  const closeAll = async () => {
    const failures: unknown[] = []
    for (const close of closers.splice(0).reverse()) {
      await Promise.resolve().then(close).catch((error: unknown) => failures.push(error))
    }
    for (const error of failures) log.error({ err: error }, 'a part did not close; the others did')
  }
  try {
    closers.push(lockDataDir(config.dataDir, deps.pid))
    const metrics = new Metrics()
    metrics.watchProcess()
    const observer = new Observer(metrics, { log, now: deps.now })
    const books = await loadBooks(config, observer)
    const store = Store.open(join(config.dataDir, 'store'))
    closers.push(() => store.close())
    const attempts = new AttemptMark(config.dataDir)
    // A start that fails has applied nothing; what an unclean stop left behind must stay.
    closers.push(() => { if (!attempts.wasUnclean) attempts.end() })
    const nats = await natsOptions(config, log)
    if (nats.stop !== undefined) closers.push(nats.stop)
    const current: Current = { bus: undefined }
    const partition = createPartition({
      config, books, store, attempts, observer, nats: nats.options, current,
    })
    metrics.readFrom(() => observer.readings(partition))
    const parts: DoorsDeps = {
      partition, books, metrics, observer, bus: () => current.bus, now: deps.now, eventBytesMax,
    }
    const delivery = openDelivery(config, { ...deps, bus: parts.bus, counts: metrics.delivery })
    closers.push(() => delivery.close())
    const doors = { ...createDoors(parts), ...delivery.doors }
    const watch = overrideWatch({ ...doors, books, log, now: deps.now })
    observer.afterCommit = () => watch(partition)
    const { server, address } = await openDoor(config, deps, { parts, doors })
    const watcher = watchRulesFolders(config, {
      onChange: () => { void books.reload() },
      onFailure: (cause) => log.warn({ err: cause }, 'rules are not watched; reload by hand'),
    })
    closers.push(() => watcher.stop())
    const running = partition.run()
    closers.push(async () => {
      partition.stop()
      await running.catch(() => {})
      attempts.end()
    })
    closers.push(() => delivery.stopWebhooks())
    closers.push(() => server.close()) // first: what it has begun still needs the stream
    log.info({ address, rulebook: books.current().version, pid: deps.pid }, 'started')
    const ended = running.then(() => undefined, (error: unknown) => error)
    let stopped: Promise<void> | undefined
    return {
      address, natsUrl: nats.options.url, partition, observer, books, ended,
      stop() {
        doors.stop()
        return stopped ??= closeAll().then(() => log.info({}, 'stopped'))
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

/** Connections that may wait to be let in: one is in each turn of the event loop. */
const backlog = 4_096

/** The HTTP door, listening. */
async function openDoor(
  config: Config, { log, now, version }: ServiceDeps,
  { parts, doors }: { parts: DoorsDeps, doors: ServiceDoors & Delivery['doors'] },
): Promise<{ server: App, address: string }> {
  const { host, port } = config
  const { publishEvent, shownRule, noteShown } = doors
  const nhsa = createNhsaDoor({
    ...parts,
    publishEvent, shownRule, noteShown,
    elapsed: now,
    log,
  }, config)
  const cds = createCdsDoor({ ...parts, publishEvent, shownRule, noteShown, log }, config)
  const server = await buildServer({
    ...doors,
    now,
    elapsed: now,
    keys: openKeys({ file: config.apiKeysFile, host, log }),
    limits: {
      bodyBytesMax: config.httpBodyBytesMax,
      checkBudgetMs: config.checkBudgetMs,
      rateLimitPerSecond: config.rateLimitPerSecond,
      eventLoopDelayMsMax: config.eventLoopDelayMsMax,
    },
    log,
    version,
  })
  try {
    await server.register(nhsa)
    await server.register(cds)
    return { server, address: await server.listen({ host, port, backlog }) }
  } catch (cause) {
    await server.close()
    const detail = `nothing can listen on ${host}:${port} (${String(cause)}); is it taken? Set HOST or PORT`
    throw new ServiceError('CONFIG_INVALID', { path: 'PORT', detail, cause })
  }
}

function loadBooks(config: Config, observer: Observer): Promise<Books> {
  const { dataDir, rulesDir, knowledgeDir } = config
  return openBooks({
    pack: () => packInWorker({ rulesDir, knowledgeDir }, { archiveDir: join(dataDir, 'rulebooks') }),
    checks,
    onReload: (reloaded, book) => observer.reloaded(reloaded, book),
  })
}

/** The bus of the present session, for the doors. */
interface Current {
  bus: NatsBus | undefined
}

interface PartitionParts {
  readonly current: Current
  readonly config: Config
  readonly books: Books
  readonly store: Store
  readonly attempts: AttemptMark
  readonly observer: Observer
  readonly nats: ConnectOptions
}

function createPartition(
  { config, books, store, attempts, observer, nats, current }: PartitionParts,
): Partition {
  return new Partition({
    store: timedStore(store, observer),
    format: STORE_FORMAT,
    async connect(onLost) {
      const bus: NatsBus = await connectBus(busOptions(config, nats), onLost)
      observer.watch(bus)
      current.bus = bus
      return {
        ...bus,
        publish: (message) => isOutlived(message.stream, observer.age, config)
          ? Promise.resolve({ sequence: 0 })
          : observer.timedPublish(message, () => bus.publish(message)),
        async close() {
          current.bus = undefined
          await bus.close()
        },
      }
    },
    attempts: {
      markUntil: (sequence) => attempts.markUntil(sequence),
      begin(sequence) {
        observer.begin()
        attempts.begin(sequence)
      },
    },
    rulebook: books.current,
    cacheBytes: config.cacheBytes,
    pendingMax: config.pendingMax,
    groupEventsMax: config.groupEventsMax,
    erasedBetween: (created, ...range) => readErased(config.dataDir, created).between(...range),
    onEvent: (outcome) => observer.event(outcome),
    onUnsendable: observer.unsendable,
    onCommitted: (group) => observer.committed(group),
    onState: (line) => observer.state(line),
    defer: (run) => { setImmediate(run) },
    wait: (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds).unref() }),
  })
}

function timedStore(store: Store, observer: Observer): PartitionStore {
  return {
    load: (key) => store.load(key),
    position: () => store.position(),
    commit: (changes, position) => observer.timedCommit(() => store.commit(changes, position)),
    isPublished: (id) => store.isPublished(id),
    addPublished: (ids) => store.addPublished(ids),
    clearPublished: () => store.clearPublished(),
    clear: () => store.clear(),
  }
}
