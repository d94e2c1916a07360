// A store's file on disk: where it lies, and how another one takes its place in one step. Opens no
// store; nobody may write either of the two meanwhile (the caller holds the data folder's lock).
import {
  closeSync, existsSync, fsyncSync, mkdirSync, openSync, readSync, renameSync, rmSync,
} from 'node:fs'
import { join } from 'node:path'

/** The file of the store in this folder. */
export function storeFile(path: string): string {
  return join(path, 'records.mdb')
}

/** Whether there is a store's file; says nothing of whether it can be opened. */
export function hasStore(path: string): boolean {
  return existsSync(storeFile(path))
}

const magic = 0xbe_ef_c0_de // LMDB's own mark, in its first page
const magicAt = 24

/** False for another file, or a damaged one: LMDB would end the process at the sight of it. */
export function isStore(path: string): boolean {
  const head = Buffer.alloc(magicAt + 4)
  const handle = openSync(storeFile(path), 'r')
  try {
    return readSync(handle, head) === head.length && head.readUInt32LE(magicAt) === magic
  } finally {
    closeSync(handle)
  }
}

/** The store in `from` takes the place of the one in `to`: a kill leaves the one or the other, whole. */
export function replaceStore(from: string, to: string): void {
  sync(storeFile(from))
  mkdirSync(to, { recursive: true })
  renameSync(storeFile(from), storeFile(to))
  // The readers that are listed there read the file that is gone.
  rmSync(`${storeFile(to)}-lock`, { force: true })
  rmSync(from, { recursive: true, force: true })
}

function sync(file: string): void {
  const handle = openSync(file, 'r+')
  fsyncSync(handle)
  closeSync(handle)
}
