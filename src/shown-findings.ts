// What hospitals may speak of in their feedback: findings that the doors have shown, warnings of settlements
// that are known. What this process showed is known at once, the rest by the histories.
import { LRUCache } from 'lru-cache'
import type { AskedWire } from './claim/wire-asked.js'
import { ownerKinds } from './history/view.js'
import type { Partition } from './partition.js'

/** Answers of the last minutes of a province: the stream has had time to bring them back by then. */
const recentMax = 200_000

/** For the feedback door: whether a warning's id is one that anybody was shown. */
export class ShownFindings {
  readonly #partition: Partition
  readonly #recent = new LRUCache<string, string>({ max: recentMax })

  constructor(partition: Partition) {
    this.#partition = partition
  }

  /** Shown just now: it will come by the stream. */
  note({ institution, findings }: Pick<AskedWire, 'institution' | 'findings'>): void {
    for (const { id, rule } of findings) this.#recent.set(`${institution}:${id}`, rule)
  }

  /**
   * The rule of what was shown under an id, '' where it is not known which; undefined: nothing was. While
   * the histories are not read to their end nobody is told so.
   */
  ruleOf(warningId: string): string | undefined {
    const { histories, state } = this.#partition
    const rule = this.#recent.get(warningId) ?? histories.feedback.ruleOf(warningId)
    if (rule !== undefined) return rule
    return state.phase !== 'ready' || this.#isWarning(warningId) ? '' : undefined
  }

  /** <institution>:<settlement>:<owner kind>, as messageId writes it. */
  #isWarning(warningId: string): boolean {
    const [institution = '', settlement = '', owner = '', more] = warningId.split(':').map(unescaped)
    if (more !== undefined || !ownerKinds.some((kind) => kind === owner)) return false
    const status = this.#partition.histories.settlement(institution, settlement)?.status
    return status === 'settled' || status === 'reversed'
  }
}

function unescaped(part: string): string {
  return part.replace(/%(3A|25)/g, (_, code) => code === '25' ? '%' : ':')
}
