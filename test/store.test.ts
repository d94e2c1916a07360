import { mkdtempSync, writeFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import type { Position } from '../src/position.js'
import { STORE_FORMAT, Store } from '../src/lmdb/store.js'

function tempDir(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'claimsentry-store-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

function aPosition(over: Partial<Position> = {}): Position {
  return {
    format: STORE_FORMAT,
    streamCreated: '2026-03-01T00:00:00Z',
    sequence: 7,
    counts: { judged: 5, recorded: 1, repeated: 1, dead: 0, missing: 0 },
    watermarkDay: 20514,
    gapUntilDay: 0,
    outputs: { warning: 3, trial: 0, dead: 0 },
    ...over,
  }
}

const bytes = (...values: number[]) => Uint8Array.from(values)

t.test('a group is read back with its position after the store was closed', async (t) => {
  const dir = tempDir(t)
  const store = Store.open(dir)
  t.equal(store.position(), undefined)
  await store.commit([{ key: 'p:one', value: bytes(1, 2) }, { key: 'p:two', value: bytes(3) }], aPosition())
  await store.commit([{ key: 'p:two', value: undefined }], aPosition({ sequence: 8 }))
  await store.close()

  const again = Store.open(dir)
  t.teardown(() => again.close())
  t.strictSame([...again.entries()], [{ key: 'p:one', value: bytes(1, 2) }])
  t.strictSame(Uint8Array.from(again.load('p:one') ?? []), bytes(1, 2))
  t.equal(again.load('p:two'), undefined)
  t.strictSame(again.position(), aPosition({ sequence: 8 }))
})

t.test('a store of a newer format is refused', async (t) => {
  const dir = tempDir(t)
  const store = Store.open(dir)
  await store.commit([], aPosition({ format: STORE_FORMAT + 1 }))
  await store.close()
  t.throws(() => Store.open(dir), { code: 'STORE_NEWER', path: dir })
})

t.test('a full disk is said and nothing is written', async (t) => {
  const dir = tempDir(t)
  let free = 100
  const store = Store.open(dir, { reserveBytes: 101, freeBytes: () => free })
  t.teardown(() => store.close())
  await t.rejects(store.commit([{ key: 'p:one', value: bytes(1) }], aPosition()), { code: 'STORE_FULL' })
  t.equal(store.position(), undefined)
  free = 101
  await store.commit([{ key: 'p:one', value: bytes(1) }], aPosition())
  t.strictSame(store.position(), aPosition())
})

t.test('ids read back from a stream are known until they are cleared', async (t) => {
  const store = Store.open(tempDir(t))
  t.teardown(() => store.close())
  await store.addPublished(['H1:S1:patient', 'H1:S2:patient'])
  t.strictSame(['H1:S1:patient', 'H1:S3:patient'].map((id) => store.isPublished(id)), [true, false])
  await store.clearPublished()
  t.equal(store.isPublished('H1:S1:patient'), false)
})

t.test('a backup holds what was committed, and the store forgets when it is cleared', async (t) => {
  const dir = tempDir(t)
  const store = Store.open(join(dir, 'a'))
  t.teardown(() => store.close())
  await store.commit([{ key: 'p:one', value: bytes(9) }], aPosition())
  writeFileSync(join(dir, 'older'), '')
  await store.backup(join(dir, 'b'))
  await store.clear()
  t.strictSame({ position: store.position(), entries: [...store.entries()] }, { position: undefined, entries: [] })

  const copy = Store.open(join(dir, 'b'))
  t.teardown(() => copy.close())
  t.strictSame([...copy.entries()], [{ key: 'p:one', value: bytes(9) }])
  const { position, records, bytes: size } = copy.status()
  t.strictSame({ position, records, isOnDisk: size > 0 }, { position: aPosition(), records: 2, isOnDisk: true })
})
