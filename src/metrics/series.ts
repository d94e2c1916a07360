// One metric whose samples are made when it is scraped, from numbers that are kept elsewhere.
import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'

export type Labels = Readonly<Record<string, string | number>>

export interface Sample {
  /** Where it is not the metric's own: the parts of a histogram. */
  readonly metricName?: string
  readonly labels: Labels
  readonly value: number
}

export interface SeriesOptions {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** What it counts, in base units. */
  readonly help: string
  readonly labels: readonly string[]
  /** What an operator does when it moves; '' when nothing. */
  readonly advice: string
  readonly samples: () => readonly Sample[]
}

type Collected = Awaited<ReturnType<Gauge['get']>>

/** A gauge to prom-client, which asks it for its values and prints what it answers. */
export class Series extends Gauge {
  readonly #samples: SeriesOptions['samples']

  constructor(registry: Registry, { name, help, labels, type, samples }: SeriesOptions) {
    super({ name, help, labelNames: [...labels], registers: [registry] })
    this.#samples = samples
    Object.assign(this, { type }) // the text's TYPE line; not in the library's declarations
  }

  override async get(): Promise<Collected> {
    return { ...await super.get(), values: this.#samples().map((sample) => ({ ...sample })) }
  }
}
