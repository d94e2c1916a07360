// Reads what an output stream already holds: ids and sequences only, never bodies. Used at start,
// so that nothing is published twice; knows nothing of what the ids mean.
import type { Connection } from './connect.js'
import { PullReader } from './pull.js'

const pendingMax = 4_096
const bytesMax = 4_194_304 // headers only: never reached, but everything has a bound

/** Gives every message id after a sequence, in order. Resolves with the last sequence seen. */
export function readBack(
  connection: Connection,
  stream: string,
  afterSequence: number,
  onMessage: (id: string, sequence: number) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let last = afterSequence
    const finish = () => {
      reader.end()
      resolve(last)
    }
    const reader = new PullReader(connection, {
      stream,
      afterSequence,
      pendingMax,
      bytesMax,
      headersOnly: true,
      onStart: (pending) => { if (pending === 0) finish() },
      onMessage: ({ data, headers }, { sequence, pending }) => {
        last = sequence
        onMessage(headers!.get('Nats-Msg-Id'), sequence)
        reader.release(1, data.length)
        if (pending === 0) finish()
      },
      onIdle: finish, // the last messages were deleted meanwhile
      onFailure: reject,
    })
  })
}
