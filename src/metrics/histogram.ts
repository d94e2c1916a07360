// A histogram that costs a binary search and an addition: prom-client's own observe() is 0.8
// us, as much as a rule. Its numbers are turned into samples only when somebody scrapes.
import type { Labels, Sample } from './series.js'

/** 10 us to 1 s, six steps a decade: for the judgement, which takes tens of microseconds. */
export const fineBuckets = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]
  .flatMap((decade) => [1, 1.5, 2, 3, 5, 7].map((step) => rounded(decade * step))).concat(1)
/** 100 us to 10 s, three steps a decade: for what waits for a network or a disk. */
export const coarseBuckets = [1e-4, 1e-3, 1e-2, 1e-1, 1]
  .flatMap((decade) => [1, 2, 5].map((step) => rounded(decade * step))).concat(10)

/** 0.00007, not 0.00006999999999999999: a bound is also a label. */
function rounded(bound: number): number {
  return Number(bound.toPrecision(3))
}

/** Observed in seconds; `bounds` ascend and are inclusive. */
export class Histogram {
  readonly #bounds: readonly number[]
  readonly #counts: Float64Array
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  observe(seconds: number): void {
    let low = 0
    let high = this.#bounds.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (seconds <= this.#bounds[middle]!) high = middle
      else low = middle + 1
    }
    this.#counts[low]!++
    this.#sum += seconds
  }

  /** Upper bound of the bucket that holds this share of what was observed; 0 when nothing was. */
  quantile(share: number): number {
    const total = this.#counts.reduce((sum, count) => sum + count, 0)
    let seen = 0
    for (const [index, count] of this.#counts.entries()) {
      seen += count
      if (count > 0 && seen >= total * share) return this.#bounds[index] ?? Number.POSITIVE_INFINITY
    }
    return 0
  }

  /** Cumulative, as Prometheus wants them. */
  samples(name: string, labels: Labels = {}): Sample[] {
    let total = 0
    const bounds = [...this.#bounds, '+Inf']
    const buckets = bounds.map((le, index) => {
      total += this.#counts[index]!
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: total },
    ]
  }
}
