import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { emptyPosition } from '../../src/position.js'
import { KeyFilter } from '../../src/lmdb/key-filter.js'
import { STORE_FORMAT, Store } from '../../src/lmdb/store.js'

const keyOf = (n: number) => n % 2 === 0
  ? `s:H3301${String(n % 200).padStart(8, '0')}:S${String(n).padStart(12, '0')}`
  : `t:81234560${String(n).padStart(12, '0')}`

t.test('a key that was added may be there, always; of others few may', (t) => {
  const filter = new KeyFilter(65_536)
  const { capacity } = filter
  t.equal(capacity, 52_428)
  let present = 0
  let absent = 0
  for (let n = 0; n < capacity; n++) filter.add(keyOf(n))
  for (let n = 0; n < capacity; n++) if (filter.mayHold(keyOf(n))) present++
  for (let n = capacity; n < 2 * capacity; n++) if (!filter.mayHold(keyOf(n))) absent++
  t.equal(present, capacity)
  t.ok(absent > capacity * 0.98, `${capacity - absent} of ${capacity} are looked for in vain`)
  filter.clear()
  t.equal(filter.mayHold(keyOf(0)), false)
  t.end()
})

t.test('a store finds every record while its filter is being filled, and after', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'claimsentry-filter-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const position = emptyPosition(STORE_FORMAT, 'stream')
  const keys = Array.from({ length: 5_000 }, (_, n) => keyOf(n))
  const first = Store.open(dir)
  await first.commit(keys.map((key) => ({ key, value: Uint8Array.of(1, 2) })), position)
  await first.close()

  const store = Store.open(dir, { filterBytes: 65_536 })
  t.teardown(() => store.close())
  const found = () => keys.filter((key) => store.load(key)?.[1] === 2).length
  t.equal(store.isFilterWhole, false)
  t.equal(found(), keys.length)
  t.equal(store.load('s:H1:none'), undefined)
  while (!store.isFilterWhole) await new Promise((resolve) => setImmediate(resolve))
  t.equal(found(), keys.length)
  t.equal(store.load('s:H1:none'), undefined)

  await store.commit([{ key: keys[0]!, value: undefined }, { key: 's:H1:new', value: Uint8Array.of(3) }], position)
  t.equal(store.load(keys[0]!), undefined)
  t.equal(store.load('s:H1:new')?.[0], 3)
  await store.clear()
  t.equal(found(), 0)
})
