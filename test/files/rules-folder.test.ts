// The folders on disk: what is read, under which names, that a change is told once, and that
// packing in a worker gives what packing here gives.
import { EventEmitter, once } from 'node:events'
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { checks } from '../../src/checks/registry.js'
import { assemble } from '../../src/rulebook/assemble.js'
import { compile } from '../../src/rulebook/compile.js'
import { packInWorker } from '../../src/files/pack-worker.js'
import { readRulesFolders, watchRulesFolders } from '../../src/files/rules-folder.js'

t.test('rules, tables and knowledge are read by path; other files are not', async (t) => {
  const dir = t.testdir({
    rules: {
      'base-claims.yaml': 'b',
      'README.md': 'no',
      medical: { 'a.yaml': 'a', 'a.cases.yaml': 'c', '.hidden.yaml': 'no', 'x.csv': 'no' },
      tables: { 'most.csv': 't' },
    },
    knowledge: { 'most.csv': 'k', deep: { 'more.csv': 'd' }, 'notes.yaml': 'no' },
  })
  const folders = { rulesDir: join(dir, 'rules'), knowledgeDir: join(dir, 'knowledge') }
  t.strictSame(await readRulesFolders(folders), [
    { path: 'base-claims.yaml', text: 'b' },
    { path: 'medical/a.cases.yaml', text: 'c' },
    { path: 'medical/a.yaml', text: 'a' },
    { path: 'tables/most.csv', text: 't' },
    { path: 'knowledge/deep/more.csv', text: 'd' },
    { path: 'knowledge/most.csv', text: 'k' },
  ])
  const none = { rulesDir: join(dir, 'knowledge'), knowledgeDir: join(dir, 'nowhere') }
  t.strictSame(await readRulesFolders(none), [{ path: 'notes.yaml', text: 'no' }])
})

t.test('a folder that is not there and a file that is too large are named', async (t) => {
  const dir = t.testdir({ tables: { 'huge.csv': '' } })
  await t.rejects(readRulesFolders({ rulesDir: join(dir, 'nowhere') }),
    { code: 'RULEBOOK_INVALID', path: join(dir, 'nowhere') })
  truncateSync(join(dir, 'tables/huge.csv'), 268_435_457)
  await t.rejects(readRulesFolders({ rulesDir: dir }),
    { code: 'RULEBOOK_INVALID', path: join(dir, 'tables/huge.csv'), message: /over 268435456 bytes/ })
})

t.test('many changes are told once, below both folders', async (t) => {
  const dir = t.testdir({ rules: { medical: { 'a.yaml': 'a' } }, knowledge: {} })
  const changes = new EventEmitter()
  let told = 0
  const watcher = watchRulesFolders(
    { rulesDir: join(dir, 'rules'), knowledgeDir: join(dir, 'knowledge') },
    {
      quietMs: 50,
      onChange: () => {
        told++
        changes.emit('change')
      },
      onFailure: (cause) => changes.emit('error', cause),
    },
  )
  t.teardown(() => watcher.stop())
  const changed = once(changes, 'change')
  for (let index = 0; index < 5; index++) {
    writeFileSync(join(dir, 'rules/medical/a.yaml'), String(index))
  }
  await changed
  t.equal(told, 1)
  const again = once(changes, 'change')
  mkdirSync(join(dir, 'knowledge/new'))
  writeFileSync(join(dir, 'knowledge/new/most.csv'), 'k')
  await again
  t.ok(told >= 2)
})

t.test('a folder that cannot be watched is told, and the other still is', async (t) => {
  const dir = t.testdir({})
  const failures: unknown[] = []
  const watcher = watchRulesFolders(
    { rulesDir: join(dir, 'nowhere') },
    { onChange: () => t.fail('nothing changed'), onFailure: (cause) => failures.push(cause) },
  )
  watcher.stop()
  t.equal(failures.length, 1)
  rmSync(dir, { recursive: true })
})

t.test('packing in a worker gives the same book', async (t) => {
  const texts = await readRulesFolders({ rulesDir: 'rules' })
  const here = compile(texts, checks)
  const packed = await packInWorker({ rulesDir: 'rules' })
  const there = assemble(packed, checks)
  t.ok(here.ok && there.ok)
  if (!here.ok || !there.ok) return
  t.equal(there.book.version, here.book.version)
  t.strictSame(there.book.items.entries, here.book.items.entries)
})

t.test('a folder that is not there is named by the worker', async (t) => {
  const dir = join(t.testdir({}), 'nowhere')
  await t.rejects(packInWorker({ rulesDir: dir }), {
    code: 'RULEBOOK_INVALID', path: dir, message: 'the rule book was not changed: the folder cannot be read',
  })
})

t.test('a worker that falls is an error, never silence', async (t) => {
  const odd = [{ path: 7, text: '' }] as never
  await t.rejects(packInWorker(odd), {
    code: 'RULEBOOK_INVALID', detail: /^the packing worker failed \(TypeError: /,
  })
})
