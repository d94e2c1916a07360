// Holds back a newly active rule that fires on too many claims, until a person confirms it. Counts in the
// order of the stream and in event time alone: the state is a function of the events and the rule books
// that judged them. It is committed with the position, so a killed run decides what an undisturbed one
// does. Claims without findings cost one addition.
import type { Rule } from '../rulebook/rulebook.js'
import type { Finding } from './verdict.js'

/** By rule: first day seen, number of the window, claims hit in it, 1 when it is held. */
export type BurstState = Readonly<Record<string, readonly [number, number, number, 0 | 1]>>

interface Watch {
  /** The newest day of settlement when it was first hit. */
  readonly sinceDay: number
  /** Windows are of so many judged claims, one after the other. */
  window: number
  hits: number
  isHeld: boolean
}

interface Committed {
  readonly counts: { readonly judged: number }
  readonly bursts?: BurstState
}

/** One for a session of the stream's reader; whoever judges asks isHeld, whoever settles calls `note`. */
export class Bursts {
  readonly #watches = new Map<string, Watch>()
  readonly #onHeld: (message: string) => void
  #judged: number
  #state: BurstState | undefined
  /** Ids of the rules that are held. */
  held: readonly string[] = []

  /** Takes up what was committed. `onHeld` is told in a sentence, once a rule. */
  constructor({ counts, bursts = {} }: Committed, onHeld: (message: string) => void) {
    this.#judged = counts.judged
    this.#onHeld = onHeld
    for (const [rule, [sinceDay, window, hits, held]] of Object.entries(bursts)) {
      this.#watches.set(rule, { sinceDay, window, hits, isHeld: held === 1 })
    }
    this.#listHeld()
  }

  /** Its findings are not sent at present. */
  readonly isHeld = ({ id, burst }: Rule): boolean =>
    burst !== undefined && this.#watches.get(id)?.isHeld === true

  /** What is committed with the position; undefined while there is nothing. */
  get state(): BurstState | undefined {
    if (this.#watches.size === 0) return undefined
    this.#state ??= Object.fromEntries([...this.#watches].map(([id, watch]) =>
      [id, [watch.sinceDay, watch.window, watch.hits, watch.isHeld ? 1 : 0]]))
    return this.#state
  }

  /** One claim was judged; `day` is the newest day of settlement. The next claim sees what follows. */
  note(findings: readonly Finding[], day: number): void {
    const judged = this.#judged++
    let last: Rule | undefined
    for (const { definition, status } of findings) {
      if (definition === last) continue // a rule's findings are neighbours
      if (definition.burst === undefined) this.#forget(definition)
      else if (status !== 'exempted') {
        last = definition
        this.#hit(definition, judged, day)
      }
    }
  }

  /** Confirmed, or on trial again: should it come back, it is new once more. */
  #forget({ id }: Rule): void {
    if (!this.#watches.delete(id)) return
    this.#state = undefined
    this.#listHeld()
  }

  #listHeld(): void {
    this.held = [...this.#watches].filter(([, { isHeld }]) => isHeld).map(([id]) => id)
  }

  #hit({ id, burst }: Rule, judged: number, day: number): void {
    const { share, claims, days } = burst!
    const window = Math.floor(judged / claims)
    let watch = this.#watches.get(id)
    if (watch === undefined) {
      this.#watches.set(id, watch = { sinceDay: day, window, hits: 0, isHeld: false })
    }
    if (watch.isHeld || day - watch.sinceDay >= days) return
    this.#state = undefined
    if (watch.window !== window) {
      watch.window = window
      watch.hits = 0
    }
    watch.hits++
    if (watch.hits <= share * claims) return
    watch.isHeld = true
    this.#listHeld()
    this.#onHeld(`rule ${id} is held: it hit ${watch.hits} claims of less than ${claims}, more than its `
      + `share of ${share}; read them, then "npm run rules -- confirm ${id} <who>", or put it on trial`)
  }
}
