// The attempt mark: which event was being applied when the process died. It is written before each
// event after an unclean stop only, so an ordinary run pays nothing. Knows no event, only sequences.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ServiceError } from '../errors.js'

/** The first death leaves no mark, the second and third do. */
const markedDeathsMax = 2

interface Mark {
  readonly sequence: number
  /** Process deaths while this sequence was marked, counting the one that may come. */
  readonly deaths: number
}

/** One per data folder; made after it is locked. */
export class AttemptMark {
  readonly #file: string
  readonly #before: Mark | undefined
  #carefulUntil = 0

  constructor(path: string) {
    mkdirSync(path, { recursive: true })
    this.#file = join(path, 'running.json')
    this.#before = readMark(this.#file)
    this.#write(this.#before ?? { sequence: 0, deaths: 0 })
  }

  /** True when the last run did not stop by itself. */
  get wasUnclean(): boolean {
    return this.#before !== undefined
  }

  /** After an unclean stop, marks each event up to `sequence`: what may have been in flight then. */
  markUntil(sequence: number): void {
    if (this.wasUnclean) this.#carefulUntil = sequence
  }

  /** Call before an event is applied. Throws EVENT_FATAL for one that has ended three processes. */
  begin(sequence: number): void {
    if (sequence > this.#carefulUntil) return
    const deaths = this.#before?.sequence === sequence ? this.#before.deaths : 0
    if (deaths >= markedDeathsMax) throw new ServiceError('EVENT_FATAL')
    this.#write({ sequence, deaths: deaths + 1 })
  }

  /** A clean stop. */
  end(): void {
    rmSync(this.#file, { force: true })
  }

  #write(mark: Mark): void {
    writeFileSync(this.#file, JSON.stringify(mark))
  }
}

function readMark(file: string): Mark | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Mark
  } catch (error) {
    if (error instanceof SyntaxError) return { sequence: 0, deaths: 0 } // killed while writing it
    return undefined
  }
}
