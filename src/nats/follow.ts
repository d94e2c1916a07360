// The warnings of one institution as they come, within a room that the caller gives back. Reads and never
// deletes; knows nothing of who listens.
import type { Connection } from './connect.js'
import { PullReader } from './pull.js'
import { streamNames } from './streams.js'
import { lastWarning, requireWithin } from './warnings.js'

export interface FollowOptions {
  readonly institution: string
  /** Undefined: those that come from now on. */
  readonly afterSequence: number | undefined
  /** Most bytes delivered and not yet released; at least one of the largest warnings. */
  readonly bytesMax: number
  onWarning(warning: { readonly sequence: number, readonly text: string, readonly bytes: number }): void
  /** The stream is gone, or the connection: nothing comes any more. */
  onLost(): void
}

export interface Following {
  /** Where it begins. */
  readonly afterSequence: number
  /** Gives back the room of so many warnings. */
  release(count: number, bytes: number): void
  stop(): void
}

const pendingMax = 256

/** Starts reading. Rejects with NATS_UNAVAILABLE, or REQUEST_POSITION_GONE: the stream ends before it. */
export async function followWarnings(
  connection: Connection, { institution, bytesMax, ...options }: FollowOptions,
): Promise<Following> {
  const last = await lastWarning(connection)
  const { afterSequence = last } = options
  requireWithin(afterSequence, last)
  const reader = new PullReader(connection, {
    stream: streamNames.warning,
    afterSequence,
    filterSubject: `claims.warning.${institution}`,
    pendingMax,
    bytesMax,
    onMessage: (message, { sequence }) => {
      options.onWarning({ sequence, text: message.string(), bytes: message.data.length })
    },
    onFailure: () => options.onLost(),
  })
  return {
    afterSequence,
    release: (count, bytes) => reader.release(count, bytes),
    stop: () => reader.end(),
  }
}
