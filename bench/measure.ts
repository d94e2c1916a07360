// What every benchmark uses: repeated timing with the median, percentiles in the open loop (latency is
// counted from the scheduled arrival), and rows for the table.
import { fileURLToPath } from 'node:url'
import { build } from 'hdr-histogram-js'

/** The path of a built file beside this one, for a process of its own. */
export const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export interface Row {
  readonly question: string
  readonly value: string
  /** The measured ratio and the limit it is held against, where there is one. */
  readonly ratio?: number
  readonly limit?: string
  readonly isMet?: boolean
}

export interface BenchOptions {
  readonly isSmoke: boolean
  readonly seed: number
  readonly natsUrl: string
  readonly tempDir: string
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** Microseconds a call, the median of several rounds over all inputs. */
export function microseconds<T>(inputs: readonly T[], rounds: number, run: (input: T) => void): number {
  for (const input of inputs) run(input) // warm
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const from = process.hrtime.bigint()
    for (const input of inputs) run(input)
    times.push(Number(process.hrtime.bigint() - from) / 1_000 / inputs.length)
  }
  return median(times)
}

export interface OpenLoop {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** Calls `run(n)` on a fixed schedule; milliseconds from the scheduled arrival to the end of the call. */
export async function openLoop(
  { perSecond, seconds }: { perSecond: number, seconds: number },
  run: (n: number) => void,
): Promise<OpenLoop> {
  const histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 10_000_000 })
  const count = Math.floor(perSecond * seconds)
  const gapNs = 1e9 / perSecond
  const start = process.hrtime.bigint()
  const now = () => Number(process.hrtime.bigint() - start)
  for (let n = 0; n < count;) {
    const due = n * gapNs
    if (now() < due) {
      if (due - now() > 2e6) await new Promise((resolve) => { setImmediate(resolve) })
      continue
    }
    run(n)
    if (n > count * 0.15) histogram.recordValue(Math.max(1, Math.round((now() - due) / 1_000)))
    n++
    if (n % 64 === 0) await new Promise((resolve) => { setImmediate(resolve) })
  }
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1_000
  return { p50: at(50), p99: at(99), p999: at(99.9), max: at(100) }
}

export function ratioRow(question: string, ratio: number, limit: { max?: number, min?: number }): Row {
  const isMet = limit.max !== undefined ? ratio <= limit.max : ratio >= limit.min!
  const said = limit.max !== undefined ? `at most ${limit.max}` : `at least ${limit.min}`
  return { question, value: ratio.toFixed(2), ratio, limit: said, isMet }
}

export function figureRow(question: string, value: number, unit: string, max?: number): Row {
  const digits = value < 10 ? 2 : value < 1_000 ? 1 : 0
  const text = `${value.toFixed(digits)} ${unit}`
  if (max === undefined) return { question, value: text }
  return { question, value: text, limit: `under ${max} ${unit}`, isMet: value < max }
}
