// The rules themselves: every case of rules/** holds, every rule has the cases it must have, and
// every limit and date of every rule is held by a case: moved by its smallest step, some case
// fails.
import t from 'tap'
import { isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { Check } from '../src/checks/check.js'
import { checks } from '../src/checks/registry.js'
import { coverageMistakes, readCases, runCases } from '../src/engine/cases.js'
import type { CaseSuite } from '../src/engine/cases.js'
import { readRulesFolders } from '../src/files/rules-folder.js'
import { compile } from '../src/rulebook/compile.js'
import { formatDay, parseDay } from '../src/rulebook/dates.js'
import type { RuleText } from '../src/rulebook/mistake.js'
import { isRulePath } from '../src/rulebook/pack.js'
import type { RuleBook } from '../src/rulebook/rulebook.js'
import { aBook, aRule, fakeChecks, mostTable } from './fixtures/rule-texts.js'

const texts = await readRulesFolders({ rulesDir: 'rules' })
const compiled = compile(texts, checks, { runDrafts: true })
const suite = readCases(texts)

t.test('every rule and table loads', async (t) => {
  t.strictSame(compiled.ok ? [] : compiled.mistakes, [])
})

t.test('every case holds, and every rule has a hit, a clear and a border case', async (t) => {
  if (!compiled.ok) return t.fail('the rules do not load')
  t.strictSame([...suite.mistakes, ...coverageMistakes(compiled.book, suite)], [])
  const failed = runCases(compiled.book, suite).filter(({ failures }) => failures.length > 0)
  t.strictSame(failed.map(({ at, name, failures }) => [at, name, ...failures]), [])
})

interface Limit {
  readonly path: readonly (string | number)[]
  readonly steps: readonly (string | number)[]
}

/** Every number and every date under in_force, with its values one step down and up. */
function limitsOf(document: Document): Limit[] {
  return walk(document.get('in_force'), ['in_force'])
}

function walk(node: unknown, path: Limit['path']): Limit[] {
  if (isMap(node)) {
    return node.items.flatMap(({ key, value }) =>
      walk(value, [...path, String(isScalar(key) ? key.value : key)]))
  }
  if (isSeq(node)) return node.items.flatMap((one, index) => walk(one, [...path, index]))
  const steps = isScalar(node) ? stepsOf(node.value) : []
  return steps.length > 0 ? [{ path, steps }] : []
}

function stepsOf(value: unknown): (string | number)[] {
  if (typeof value === 'string') {
    const day = parseDay(value)
    return day === undefined ? [] : [formatDay(day - 1), formatDay(day + 1)]
  }
  if (typeof value !== 'number') return []
  const decimals = String(value).split('.')[1]?.length ?? 0
  return [-1, 1].map((step) => Number((value + step / 10 ** decimals).toFixed(decimals)))
}

interface Library {
  readonly texts: readonly RuleText[]
  readonly suite: CaseSuite
  readonly checks: readonly Check[]
}

/** Some case of the rule no longer holds. A change that does not load proves nothing. */
function isCaught(changed: RuleText, rule: RuleInBook, { suite, checks, texts }: Library): boolean {
  const tables = texts.filter(({ path }) => rule.tables.has(path))
  const one = compile([changed, ...tables], checks, { runDrafts: true })
  if (!one.ok) return false
  const own: CaseSuite = { ...suite, files: suite.files.filter((file) => file.rule === rule.id) }
  return runCases(one.book, own).some(({ failures }) => failures.length > 0)
}

interface RuleInBook {
  readonly id: string
  readonly tables: ReadonlySet<string>
}

function ruleOf(book: RuleBook, path: string): RuleInBook {
  const { id } = book.rules.find(({ file }) => file === path)!
  const own = book.parts.filter(({ rule }) => rule.id === id)
  const names = own.flatMap(({ table, map }) => [table?.name, map?.name])
  return { id, tables: new Set(names.map((name) => `tables/${name}.csv`)) }
}

/** Limits that can be moved one step, down and up, without any case noticing. */
function survivors(book: RuleBook, library: Library): string[] {
  const found: string[] = []
  for (const text of library.texts.filter(({ path }) => isRulePath(path))) {
    const rule = ruleOf(book, text.path)
    for (const { path, steps } of limitsOf(parseDocument(text.text))) {
      const isHeld = steps.some((value) => {
        const document = parseDocument(text.text)
        document.setIn(path, value)
        return isCaught({ path: text.path, text: String(document) }, rule, library)
      })
      if (!isHeld) found.push(`${rule.id} ${path.join('.')} → ${steps.join(' / ')}`)
    }
  }
  return found
}

t.test('every limit and every date of a rule is held by one of its cases', async (t) => {
  if (!compiled.ok) return t.fail('the rules do not load')
  t.strictSame(survivors(compiled.book, { texts, suite, checks }), [])
})

t.test('a limit that no case holds is found', async (t) => {
  const bases = texts.find(({ path }) => path === 'base-claims.yaml')!
  const rule = aRule({ in_force: '[{ from: 2026-03-02, table: most, extra: 2 }]' })
  const item = (quantity: number, day = '2026-03-02') => `{ code: A1, quantity: ${quantity}, day: ${day} }`
  const library = (...items: readonly string[]): Library => {
    const cases = items.map((one, index) => {
      const result = ['clear', 'hit', 'not-in-force'][index]!
      return `  - { name: x, kind: border, claim: { base: adult-inpatient, items: [${one}] },`
        + ` expect: { result: ${result} } }\n`
    })
    const text = `rule: TEST-1\ncases:\n${cases.join('')}`
    const own = [bases, rule, mostTable, { path: 'medical/test-1.cases.yaml', text }]
    return { texts: own, suite: readCases(own), checks: fakeChecks }
  }
  const book = aBook([rule, mostTable])
  const loose = library(item(1), item(9))
  t.strictSame(loose.suite.mistakes, [])
  t.strictSame(survivors(book, loose), [
    'TEST-1 in_force.0.extra → 1 / 3',
  ])
  t.strictSame(survivors(book, library(item(4), item(5), item(9, '2026-03-01'))), [])
})

t.test('numbers and dates are found wherever they stand under in_force', async (t) => {
  const text = 'in_force:\n  - from: 2025-01-01\n    a: 3\n    b: { c: [1.5, x] }\n'
  t.strictSame(limitsOf(parseDocument(text)), [
    { path: ['in_force', 0, 'from'], steps: ['2024-12-31', '2025-01-02'] },
    { path: ['in_force', 0, 'a'], steps: [2, 4] },
    { path: ['in_force', 0, 'b', 'c', 0], steps: [1.4, 1.6] },
  ])
})
