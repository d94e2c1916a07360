// Packs a rule book in a worker thread, so that a reload never holds the loop: parsing and hashing
// there, only `prepare` here. This file is both the caller and, inside the worker, what runs.
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'
import { checks } from '../checks/registry.js'
import { ServiceError } from '../errors.js'
import type { RuleText } from '../rulebook/mistake.js'
import { buffersOf, pack } from '../rulebook/pack.js'
import type { Packed } from '../rulebook/pack.js'
import { readRulesFolders } from './rules-folder.js'
import type { RulesFolders } from './rules-folder.js'

const mark = 'claimsentry-pack'

/**
 * Packs with the registry's checks; buffers are transferred, not copied. Given folders, the worker
 * reads them too: tens of megabytes of text never touch the main thread.
 */
export function packInWorker(
  source: RulesFolders | readonly RuleText[], { archiveDir }: { archiveDir?: string } = {},
): Promise<Packed> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      const detail = `the packing worker failed (${String(cause)})`
      reject(new ServiceError('RULEBOOK_INVALID', { detail, cause }))
    }
    const order: Order = { mark, source, archiveDir }
    // This same file: .js when compiled, .ts under a test runner whose loader the worker inherits.
    const worker = new Worker(new URL(import.meta.url), { workerData: order })
    worker.once('message', (answer: Answer) => {
      if ('packed' in answer) resolve(answer.packed)
      else reject(new ServiceError('RULEBOOK_INVALID', answer))
      void worker.terminate()
    })
    worker.once('error', fail)
    worker.once('exit', fail)
  })
}

interface Order {
  readonly mark: string
  readonly archiveDir: string | undefined
  readonly source: RulesFolders | readonly RuleText[]
}

/** A folder that cannot be read is told by its path; anything else is a bug and ends the worker. */
type Answer = { readonly packed: Packed } | { readonly path: string, readonly detail: string }

/* c8 ignore start -- runs in the worker, which is ended when it has answered and writes no coverage */
async function answer({ source, archiveDir }: Order): Promise<Answer> {
  try {
    const texts = 'rulesDir' in source ? await readRulesFolders(source) : source
    const packed = pack(texts, checks)
    if (packed.ok && archiveDir !== undefined) archive(archiveDir, packed.book.version, texts)
    return { packed }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    return { path: error.path, detail: error.detail }
  }
}

/** Keeps the texts of a rule book by its version, so that a warning a year old can be explained. */
function archive(folder: string, version: string, texts: readonly RuleText[]): void {
  const file = join(folder, `${version}.json.gz`)
  if (existsSync(file)) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${file}.part`, gzipSync(JSON.stringify({ version, texts })))
  renameSync(`${file}.part`, file)
}

if (!isMainThread && (workerData as Order | null)?.mark === mark) {
  const answered = await answer(workerData as Order)
  parentPort!.postMessage(answered, [...buffersOf(answered)])
}
/* c8 ignore stop */
