// What must outlive the process until somebody has taken it: a file for each entry, in the order of keeping.
// Written whole or not at all. Knows nothing of what it keeps.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Kept {
  readonly name: string
  readonly text: string
}

const nameForm = /^\d{12}\.json$/
const part = '.part'

/** One process a folder. Nothing waits: an entry is on the disk when `keep` returns. */
export class Spool {
  readonly #folder: string
  #next: number

  /** Opens or makes the folder, for its owner only; throws what the file system says. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // An entry that a killed process was writing: nobody was told that it was kept.
    for (const name of readdirSync(folder)) if (name.endsWith(part)) rmSync(join(folder, name))
    this.#folder = folder
    this.#next = 1 + Number.parseInt(this.#names().at(-1) ?? '0', 10)
  }

  /** What a process before this one has left, oldest first. */
  left(): readonly Kept[] {
    return this.#names().map((name) => ({ name, text: readFileSync(join(this.#folder, name), 'utf8') }))
  }

  /** Gives the name to forget it by; throws what the file system says. */
  keep(text: string): string {
    const name = `${String(this.#next++).padStart(12, '0')}.json`
    const path = join(this.#folder, name)
    writeFileSync(path + part, text, { mode: 0o600, flush: true })
    renameSync(path + part, path)
    return name
  }

  /** It has arrived. */
  forget(name: string): void {
    rmSync(join(this.#folder, name), { force: true })
  }

  #names(): string[] {
    return readdirSync(this.#folder).filter((name) => nameForm.test(name)).sort()
  }
}
