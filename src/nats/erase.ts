// Finds messages of a stream by what they are, and removes them so that their bytes are overwritten on the
// server's disk. Knows nothing of patients: what a message is about is asked of the caller.
import { ServiceError } from '../errors.js'
import type { Connection } from './connect.js'
import { PullReader } from './pull.js'

export interface Message {
  readonly subject: string
  readonly bytes: Uint8Array
}

const pendingMax = 4_096
const bytesMax = 67_108_864

/** The sequences of a stream's messages that the caller says yes to, from its beginning to its end. */
export function findMessages(
  connection: Connection, stream: string, isWanted: (message: Message) => boolean,
): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const found: number[] = []
    const finish = () => {
      reader.end()
      resolve(found)
    }
    const reader = new PullReader(connection, {
      stream,
      afterSequence: 0,
      pendingMax,
      bytesMax,
      onStart: (pending) => { if (pending === 0) finish() },
      onMessage: ({ subject, data }, { sequence, pending }) => {
        if (isWanted({ subject, bytes: data })) found.push(sequence)
        reader.release(1, data.length)
        if (pending === 0) finish()
      },
      onIdle: finish, // the last messages were removed meanwhile
      onFailure: reject,
    })
  })
}

/** Removes them one by one; one that is gone already is no mistake. */
export async function eraseMessages(
  { manager }: Connection, stream: string, sequences: readonly number[],
): Promise<void> {
  for (const sequence of sequences) {
    await manager.streams.deleteMessage(stream, sequence, true).catch(async (cause: unknown) => {
      const left = await manager.streams.getMessage(stream, { seq: sequence }).catch(() => undefined)
      if (left !== undefined) throw new ServiceError('NATS_UNAVAILABLE', { detail: String(cause), cause })
    })
  }
}
