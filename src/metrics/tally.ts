// Counts by label values, in plain numbers: a lookup a label and no text made on the way.
// Bounded: what is new after the bound is counted as 'other'.
import type { Labels, Sample } from './series.js'

const other = 'other'

interface Branch {
  value: number
  readonly next: Map<string, Branch>
}

/** Only grows, but for `keep`; `samples` makes new ones at each scrape. */
export class Tally {
  readonly #labels: readonly string[]
  readonly #max: number
  readonly #root: Branch = { value: 0, next: new Map() }
  #size = 0

  /** At most `max` different lists of values, and one of nothing but 'other'. */
  constructor(labels: readonly string[], max: number) {
    this.#labels = labels
    this.#max = max
  }

  /** One more; a value for each label, in their order. */
  add(...values: readonly string[]): void {
    let branch: Branch | undefined = this.#root
    for (const value of values) branch = branch?.next.get(value)
    if (branch === undefined) this.#open(values)
    else branch.value++
  }

  /** Forgets the first label's values that the function says no to: rules that are no more. */
  keep(isKept: (value: string) => boolean): void {
    for (const value of this.#root.next.keys()) {
      if (value !== other && !isKept(value)) this.#root.next.delete(value)
    }
    this.#size = this.samples().length
  }

  samples(): Sample[] {
    const samples: Sample[] = []
    const walk = ({ value, next }: Branch, labels: Labels, depth: number): void => {
      const label = this.#labels[depth]
      if (label === undefined) samples.push({ labels, value })
      else next.forEach((branch, text) => walk(branch, { ...labels, [label]: text }, depth + 1))
    }
    walk(this.#root, {}, 0)
    return samples
  }

  #open(values: readonly string[]): void {
    const isFull = this.#size >= this.#max
    if (!isFull) this.#size++
    let branch = this.#root
    for (const value of values) {
      const text = isFull ? other : value
      const next = branch.next.get(text) ?? { value: 0, next: new Map() }
      branch.next.set(text, next)
      branch = next
    }
    branch.value++
  }
}
