// The knowledge of a region in a NATS object store: one object, put and taken as a whole, so that every
// instance has either the old knowledge or the new. Bytes in, bytes out; knows nothing of batches.
import { StorageType } from 'nats'
import type { ObjectStore } from 'nats'
import { ServiceError } from '../errors.js'
import type { Connection } from './connect.js'

export interface SharedKnowledge {
  readonly version: string
  readonly publishedBy: string
  readonly publishedAt: string
  readonly bytes: Uint8Array
}

const bucket = 'claims-knowledge'
const objectName = 'knowledge'
/** Full national knowledge with two provinces' own is below 20 MB packed. */
const sharedBytesMax = 134_217_728

/** Replaces what was there. Throws NATS_UNAVAILABLE when the server does not take it. */
export async function putKnowledge(
  connection: Connection, { bytes, version, publishedBy, publishedAt }: SharedKnowledge,
): Promise<void> {
  if (bytes.length > sharedBytesMax) {
    throw new ServiceError('TABLE_INVALID', { path: bucket, detail: `over ${sharedBytesMax} bytes packed` })
  }
  await asked(async () => {
    const store = await open(connection)
    const metadata = { version, published_by: publishedBy, published_at: publishedAt }
    return store.putBlob({ name: objectName, metadata }, bytes)
  })
}

/** Undefined: nobody has published any. Its digest has been checked. */
export async function getKnowledge(connection: Connection): Promise<SharedKnowledge | undefined> {
  return asked(async () => {
    const store = await open(connection)
    const info = await store.info(objectName)
    if (info === null || info.deleted || info.size > sharedBytesMax) return undefined
    const bytes = await store.getBlob(objectName)
    /* c8 ignore next -- removed between the two requests: no test can come between them */
    if (bytes === null) return undefined
    const { version = '', published_by: publishedBy = '', published_at: publishedAt = '' }
      = info.metadata as Partial<Record<string, string>>
    return { version, publishedBy, publishedAt, bytes }
  })
}

function open({ client }: Connection): Promise<ObjectStore> {
  const description = 'Knowledge that the instances of a region share'
  return client.jetstream().views.os(bucket, { storage: StorageType.File, description })
}

async function asked<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    throw new ServiceError('NATS_UNAVAILABLE', { path: bucket, detail: 'the object store', cause })
  }
}
