// The rule book in force: that reloads wait for each other, that nothing is told twice, and that a bug
// while packing is no mistake of the rules.
import t from 'tap'
import { openBooks } from '../src/books.js'
import type { Reloaded } from '../src/books.js'
import { ServiceError } from '../src/errors.js'
import { pack } from '../src/rulebook/pack.js'
import type { Packed } from '../src/rulebook/pack.js'
import type { RuleBook } from '../src/rulebook/rulebook.js'
import { aRule, fakeChecks, mostTable } from './fixtures/rule-texts.js'

const packed = (id: string): Packed => pack([aRule({ id }), mostTable], fakeChecks)

t.test('reloads happen one after the other; one that fails leaves the book and the next one alone', async (t) => {
  const answers: (() => Promise<Packed>)[] = [
    async () => packed('TEST-1'),
    async () => packed('TEST-1'),
    async () => { throw new TypeError('a bug') },
    async () => { throw new ServiceError('RULEBOOK_INVALID', { path: '/rules', detail: 'the folder cannot be read' }) },
    async () => pack([aRule({ severity: 'awful' }), mostTable], fakeChecks),
    async () => packed('TEST-2'),
  ]
  const told: [Reloaded, string | undefined][] = []
  let running = 0
  const books = await openBooks({
    pack: async () => {
      t.equal(++running, 1)
      return answers.shift()!().finally(() => { running-- })
    },
    checks: fakeChecks,
    onReload: (reloaded, book) => { told.push([reloaded, book?.version]) },
  })
  const first = books.current().version
  const reloads = await Promise.allSettled(Array.from({ length: 5 }, () => books.reload()))
  const second = books.current().version
  t.not(second, first)
  const unread = {
    ok: false, mistakes: [{ code: 'RULE_INVALID', path: '/rules', message: 'the folder cannot be read' }],
  } as const
  t.match(reloads, [
    { value: { ok: true, version: first, isChanged: false } },
    { reason: new TypeError('a bug') },
    { value: unread },
    { value: { ok: false, mistakes: [{ code: 'RULE_INVALID' }] } },
    { value: { ok: true, version: second, isChanged: true } },
  ])
  t.strictSame(told.map(([{ ok }, version]) => [ok, version]),
    [[true, first], [true, first], [false, first], [false, first], [true, second]])
})

t.test('a new book is made in slices: what arrives meanwhile is judged between them by the book in force', async (t) => {
  const rules = (severity: string) =>
    Array.from({ length: 40 }, (_, index) => aRule({ id: `TEST-${index}`, severity }))
  const severities = ['notice', 'suspect']
  const books = await openBooks({
    pack: async () => pack([...rules(severities.shift()!), mostTable], fakeChecks),
    checks: fakeChecks,
    onReload: () => {},
  })
  const first = books.current()
  const seen: RuleBook[] = []
  let isLoading = true
  const judge = () => {
    seen.push(books.current())
    if (isLoading) setImmediate(judge)
  }
  setImmediate(judge)
  const reloaded = await books.reload()
  isLoading = false
  const second = books.current()
  t.strictSame(reloaded, { ok: true, version: second.version, isChanged: true })
  t.not(second.version, first.version)
  const before = seen.filter((book) => book === first).length
  t.ok(before >= 40, `${before} events were judged meanwhile, one at least between two rules`)
  t.strictSame(seen.slice(before).filter((book) => book !== second), [], 'and none by half a book')
})

t.test('a first book that cannot be loaded is refused with every mistake by file and line', async (t) => {
  const pairs: unknown[] = []
  await t.rejects(openBooks({
    pack: async () => pack([aRule({ severity: 'awful', owner: '' }), mostTable], fakeChecks),
    checks: fakeChecks,
    onReload: (reloaded, book) => { pairs.push([reloaded.ok, book]) },
  }), {
    code: 'RULEBOOK_INVALID',
    message: /^the rule book was not changed: \nmedical\/test-1\.yaml:.*\nmedical\/test-1\.yaml:/,
  })
  t.strictSame(pairs, [[false, undefined]])
})
