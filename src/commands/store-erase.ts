// `store erase <patientKey>`: removes what is known of one patient, from the streams and from the store. The
// service may not run: it holds histories in memory. Ended in the middle, it is run again.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ServiceError } from '../errors.js'
import { addErased } from '../files/erased.js'
import { Spool } from '../files/spool.js'
import { bytesOf, patientKeyOf, traceKeyOf, wordsOf } from '../history/records.js'
import { unpackRecord } from '../history/settlement-record.js'
import type { SettlementRecord } from '../history/settlement-record.js'
import { packTrace, unpackTrace, withoutHolder } from '../history/trace-record.js'
import { Store } from '../lmdb/store.js'
import type { Change } from '../lmdb/store.js'
import { hasStore, replaceStore } from '../lmdb/swap.js'
import { connectNats } from '../nats/connect.js'
import type { Connection } from '../nats/connect.js'
import { eraseMessages, findMessages } from '../nats/erase.js'
import type { Message } from '../nats/erase.js'
import { ensureStreams, streamNames } from '../nats/streams.js'
import { busOptions } from '../nats-options.js'
import { toldFolder } from '../told-settlements.js'
import { messageId } from '../warning/wire.js'
import { tell } from './store-audit.js'
import { newStorePath, storePath, withLock, withNats } from './store-world.js'
import type { World } from './store-world.js'

const changesMax = 1_000 // a transaction
const keyPattern = /^[A-Za-z0-9_-]{8,64}$/

/**
 * 1. The audit log. 2. Which settlements. 3. What waits for the stream. 4. The streams. 5. The store, and a
 * copy without free pages.
 */
export async function erase(world: World, patientKey: string): Promise<void> {
  if (!keyPattern.test(patientKey)) {
    const detail = 'that is no patient key: 8 to 64 of A-Z a-z 0-9 _ -'
    throw new ServiceError('REQUEST_MALFORMED', { detail })
  }
  await withLock(world, async () => {
    await tell(world, { route: 'store erase', range: 'one patient, begun' })
    const settlements = await settlementsOf(world, patientKey)
    await withNats(world, async (nats) => {
      const connection = await connectNats(nats)
      try {
        const { limits } = busOptions(world.config, nats)
        const { events } = await ensureStreams(connection, limits)
        const about = new About(patientKey, settlements)
        eraseTold(world, about)
        await eraseStreams(world, { connection, about, streamCreated: events.created })
      } finally {
        await connection.close()
      }
    })
    const records = await eraseRecords(world, patientKey, settlements)
    world.write(`store: ${records} records\n`)
    await tell(world, { route: 'store erase', range: 'one patient, done' })
    warnOfBackups(world)
  })
}

/** Settlements that the stream has not taken yet: a start would tell it of them. */
function eraseTold({ config, write }: World, about: About): void {
  const folder = toldFolder(config.dataDir)
  if (!existsSync(folder)) return
  const spool = new Spool(folder)
  const found = spool.left().filter(({ text }) => about.isNamedIn(Buffer.from(text)))
  for (const { name } of found) spool.forget(name)
  if (found.length > 0) write(`settlements that waited for the stream: ${found.length}\n`)
}

interface Streams {
  readonly connection: Connection
  readonly about: About
  readonly streamCreated: string
}

async function eraseStreams(world: World, { connection, about, streamCreated }: Streams): Promise<void> {
  // Events last: their holes are noted first, and what names them must still find them if this is ended.
  for (const kind of ['warning', 'trial', 'dead', 'event'] as const) {
    const stream = streamNames[kind]
    const found = await findMessages(connection, stream, (message) => about.isAbout(message))
    if (kind === 'event' && found.length > 0) addErased(world.config.dataDir, streamCreated, found)
    await eraseMessages(connection, stream, found)
    world.write(`${stream}: ${found.length} messages\n`)
  }
}

/** What a message must hold to be about the patient. */
class About {
  readonly #key: string
  /** Ids of warnings begin so. */
  readonly #settlements: Set<string>
  /** Ids of findings that were shown of this patient. */
  readonly #findings = new Set<string>()

  constructor(key: string, settlements: ReadonlyMap<string, SettlementRecord>) {
    this.#key = key
    this.#settlements = new Set([...settlements.keys()].map((recordKey) => {
      const [, institution = '', ...rest] = recordKey.split(':')
      return messageId(institution, rest.join(':'))
    }))
  }

  isAbout({ subject, bytes }: Message): boolean {
    if (subject.split('.').includes(this.#key)) return this.#learn(bytes)
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (subject.endsWith('.feedback')) return this.#isFeedback(text)
    if (this.isNamedIn(text)) return this.#learn(bytes)
    return subject === 'claims.dead' && this.isNamedIn(lettersBytes(text))
  }

  /** As a whole word: a longer key that holds this one is another patient's. */
  isNamedIn(text: Buffer): boolean {
    const key = this.#key
    for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1)) {
      const around = text.toString('latin1', Math.max(0, at - 1), at + key.length + 1).replace(key, ' ')
      if (!/[A-Za-z0-9_-]/.test(around)) return true
    }
    return false
  }

  /** Feedback names a finding that was shown, or a warning, and the warning its settlement. */
  #isFeedback(text: Buffer): boolean {
    const id = (parsed(text) as { data?: { warning_id?: unknown } } | undefined)?.data?.warning_id
    const isTheirs = typeof id === 'string'
      && (this.#findings.has(id) || this.#settlements.has(id.slice(0, id.lastIndexOf(':'))))
    return isTheirs || this.isNamedIn(text)
  }

  /** A settlement that was never applied has no record: feedback on it is found all the same. */
  #learn(bytes: Uint8Array): true {
    const { data } = (parsed(Buffer.from(bytes)) ?? {}) as {
      data?: {
        settlement_id?: unknown, visit?: { institution?: { id?: unknown } },
        institution?: unknown, findings?: unknown,
      }
    }
    if (Array.isArray(data?.findings)) { // a question: feedback comes after it
      for (const shown of data.findings as readonly ({ id?: unknown } | null)[]) {
        this.#findings.add(`${String(data.institution)}:${String(shown?.id)}`)
      }
    }
    const [institution, settlement] = [data?.visit?.institution?.id, data?.settlement_id]
    if (typeof institution === 'string' && typeof settlement === 'string') {
      this.#settlements.add(messageId(institution, settlement))
    }
    return true
  }
}

function lettersBytes(text: Buffer): Buffer {
  const bytes = (parsed(text) as { bytes_base64?: unknown } | undefined)?.bytes_base64
  return Buffer.from(typeof bytes === 'string' ? bytes : '', 'base64')
}

function parsed(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString())
  } catch {
    return undefined
  }
}

/** The patient's settlement records by their keys; a reversal that waits for one is the patient's too. */
async function settlementsOf(
  world: World, patientKey: string,
): Promise<Map<string, SettlementRecord>> {
  const found = new Map<string, SettlementRecord>()
  if (!hasStore(storePath(world))) return found
  const store = Store.open(storePath(world), { isReadOnly: true })
  try {
    for (const { key, value } of store.entries()) {
      if (!key.startsWith('s:')) continue
      const record = unpackRecord(wordsOf(value))
      const isTheirs = record.patientKey === patientKey
        || record.waiting.some((reversal) => reversal.patientKey === patientKey)
      if (isTheirs) found.set(key, record)
    }
  } finally {
    await store.close()
  }
  return found
}

/** The position stays: what was counted was counted. */
async function eraseRecords(
  world: World, patientKey: string, settlements: ReadonlyMap<string, SettlementRecord>,
): Promise<number> {
  const path = storePath(world)
  if (!hasStore(path)) return 0
  const making = newStorePath(world)
  rmSync(making, { recursive: true, force: true }) // left by a run that was killed
  const store = Store.open(path)
  let erased = 0
  try {
    const position = store.position()
    if (position === undefined) return 0
    const changes: Change[] = [...settlements.keys()].map((key) => ({ key, value: undefined }))
    if (store.load(patientKeyOf(patientKey)) !== undefined) {
      changes.push({ key: patientKeyOf(patientKey), value: undefined })
    }
    erased = changes.length
    for (let at = 0; at < changes.length; at += changesMax) {
      await store.commit(changes.slice(at, at + changesMax), position)
    }
    for (const [key, record] of settlements) await store.commit(tracesWithout(store, key, record), position)
    await store.clearPublished()
    await store.backup(making) // what was removed still lies in free pages of the file in use
  } finally {
    await store.close()
  }
  replaceStore(making, path)
  return erased
}

/** The packs that a settlement sold are nobody's any more. */
function tracesWithout(
  store: Store, settlementKey: string, { traceCodes, lines }: SettlementRecord,
): Change[] {
  const [, institution = '', ...rest] = settlementKey.split(':')
  const settlement = rest.join(':')
  const changed = new Map<string, Uint8Array | undefined>()
  for (const { line, code } of traceCodes) {
    const key = traceKeyOf(code)
    const bytes = changed.has(key) ? changed.get(key) : store.load(key)
    /* c8 ignore next -- whoever holds a pack is in its record; without one there is nothing to take out */
    if (bytes === undefined) continue
    const item = lines[line]!.item
    const left = packTrace(withoutHolder(unpackTrace(wordsOf(bytes)), { institution, settlement, item }))
    changed.set(key, left === undefined ? undefined : bytesOf(left))
  }
  return [...changed].map(([key, value]) => ({ key, value }))
}

function warnOfBackups({ config, write }: World): void {
  const file = join(config.dataDir, 'backups.json')
  const paths: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
  const list: unknown[] = Array.isArray(paths) ? paths : []
  const known = list.filter((path) => typeof path === 'string' && hasStore(path))
  if (known.length === 0) return
  const said = 'backups made before still hold the patient: remove them, or make them anew:'
  write(`${said}\n  ${known.join('\n  ')}\n`)
}
