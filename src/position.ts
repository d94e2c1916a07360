// Where a partition stands in its streams, and what has become of the events up to there. Written with
// the records that those events changed, so that the two never disagree.
import type { BurstState } from './engine/bursts.js'
import type { Settled } from './pipeline.js'
import type { OutStream } from './warning/wire.js'

export type Result = Settled['result'] | 'dead'

/** Events by what became of them; `missing` were gone from the stream before they were read. */
export type Counts = Record<Result | 'missing', number>

/** Where this partition stands; committed with the records it belongs to. */
export interface Position {
  readonly format: number
  /** Creation time of the event stream: another one means another stream. */
  readonly streamCreated: string
  /** Last applied sequence of the event stream. */
  readonly sequence: number
  readonly counts: Counts
  readonly watermarkDay: number
  readonly gapUntilDay: number
  /** Last sequence known of each output stream when the group was opened. */
  readonly outputs: Record<OutStream, number>
  /** How often newly active rules fired (engine/bursts.ts). */
  readonly bursts?: BurstState
}

/** Where a new store stands: before the first event of the stream. */
export function emptyPosition(format: number, streamCreated: string): Position {
  return {
    format,
    streamCreated,
    sequence: 0,
    counts: { judged: 0, recorded: 0, repeated: 0, dead: 0, missing: 0 },
    watermarkDay: 0,
    gapUntilDay: 0,
    outputs: { warning: 0, trial: 0, dead: 0 },
  }
}
