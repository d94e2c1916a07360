// Which events of the stream were erased on purpose: a hole that is known is no gap in the histories.
// Sequences only, in one small file of the data folder; without it a rebuild is careful, not wrong.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { ServiceError } from '../errors.js'

const ErasedWire = Type.Object({
  stream_created: Type.String(),
  sequences: Type.Array(Type.Integer({ minimum: 1 }), { description: 'In ascending order' }),
})

export interface Erased {
  /** How many events between these two, both excluded, were erased. */
  between(after: number, before: number): number
}

const fileOf = (dataDir: string) => join(dataDir, 'erased.json')

/** Those of this stream; a file that is missing, strange or of another stream knows of none. */
export function readErased(dataDir: string, streamCreated: string): Erased {
  const sequences = sequencesOf(dataDir, streamCreated)
  return { between: (after, before) => firstFrom(sequences, before) - firstFrom(sequences, after + 1) }
}

/** Adds sequences; they are on the disk when it returns. */
export function addErased(dataDir: string, streamCreated: string, added: readonly number[]): void {
  const all = [...new Set([...sequencesOf(dataDir, streamCreated), ...added])].sort((a, b) => a - b)
  const file = fileOf(dataDir)
  try {
    const handle = openSync(`${file}.new`, 'w', 0o600)
    writeFileSync(handle, JSON.stringify({ stream_created: streamCreated, sequences: all }))
    fsyncSync(handle)
    closeSync(handle)
    renameSync(`${file}.new`, file)
  } catch (cause) {
    throw new ServiceError('STORE_UNAVAILABLE', { path: file, cause })
  }
}

function sequencesOf(dataDir: string, streamCreated: string): readonly number[] {
  try {
    const content: unknown = JSON.parse(readFileSync(fileOf(dataDir), 'utf8'))
    const isOurs = Value.Check(ErasedWire, content) && content.stream_created === streamCreated
    return isOurs ? content.sequences : []
  } catch {
    return []
  }
}

/** The place of the first sequence that is not below this one. */
function firstFrom(sequences: readonly number[], wanted: number): number {
  let [low, high] = [0, sequences.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sequences[middle]! < wanted) low = middle + 1
    else high = middle
  }
  return low
}
