// The rule book in force and how it changes: a new one is packed beside the old, and either all of it
// is taken up by one assignment, or nothing is and every mistake is told. Reloads wait for each other.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Check } from './checks/check.js'
import { ServiceError } from './errors.js'
import { assembleInSlices } from './rulebook/assemble.js'
import type { Compiled } from './rulebook/assemble.js'
import type { Mistake } from './rulebook/mistake.js'
import type { Packed } from './rulebook/pack.js'
import type { RuleBook } from './rulebook/rulebook.js'

export type Reloaded =
  | { readonly ok: true, readonly version: string, readonly isChanged: boolean }
  | { readonly ok: false, readonly mistakes: readonly Mistake[] }

export interface Books {
  current(): RuleBook
  reload(): Promise<Reloaded>
}

interface BooksDeps {
  /** Reads and packs, off the main thread. */
  readonly pack: () => Promise<Packed>
  readonly checks: readonly Check[]
  /** After every reload that was tried, the first load included. */
  readonly onReload: (reloaded: Reloaded, book: RuleBook | undefined) => void
}

/** Loads the first rule book. Throws RULEBOOK_INVALID naming every mistake, file and line. */
export async function openBooks({ pack, checks, onReload }: BooksDeps): Promise<Books> {
  let book: RuleBook | undefined
  let last: Promise<unknown> = Promise.resolve()

  async function load(): Promise<Reloaded> {
    const compiled = await assembleBetweenEvents(await pack().catch(unreadable), checks)
    if (!compiled.ok) return tell({ ok: false, mistakes: compiled.mistakes })
    const isChanged = book?.version !== compiled.book.version
    if (isChanged) book = compiled.book
    return tell({ ok: true, version: compiled.book.version, isChanged })
  }

  function tell(reloaded: Reloaded): Reloaded {
    onReload(reloaded, book)
    return reloaded
  }

  const first = await load()
  if (!first.ok) {
    const lines = first.mistakes.map(({ path, message }) => `${path}: ${message}`)
    throw new ServiceError('RULEBOOK_INVALID', { detail: `\n${lines.join('\n')}` })
  }
  return {
    current: () => book!,
    reload() {
      const next = last.then(load, load)
      last = next.catch(() => {})
      return next
    },
  }
}

/** One slice a turn of the loop: what has arrived is judged between them, by the book in force. */
async function assembleBetweenEvents(packed: Packed, checks: readonly Check[]): Promise<Compiled> {
  const slices = assembleInSlices(packed, checks)
  for (;;) {
    await nextTurn()
    const slice = slices.next()
    if (slice.done === true) return slice.value
  }
}

/** A file that cannot be read is a mistake in the folder like any other: the old book stays. */
function unreadable(error: unknown): Packed {
  if (!(error instanceof ServiceError)) throw error
  const { path, detail } = error
  return { ok: false, mistakes: [{ code: 'RULE_INVALID', path, message: detail }] }
}
