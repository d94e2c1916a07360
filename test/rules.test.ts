// The rules themselves: every case of rules/** holds, every rule has the cases it must have, and
// every number, date and code of every rule is held by a case: moved by its smallest step, replaced or
// taken out, some case fails.
import t from 'tap'
import { isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { Check } from '../src/checks/check.js'
import { checks } from '../src/checks/registry.js'
import { explain } from '../src/commands/rules-explain.js'
import { coverageMistakes, readCases, runCases } from '../src/engine/cases.js'
import type { CaseSuite } from '../src/engine/cases.js'
import { readRulesFolders } from '../src/files/rules-folder.js'
import { compile } from '../src/rulebook/compile.js'
import { formatDay, parseDay } from '../src/rulebook/dates.js'
import type { RuleText } from '../src/rulebook/mistake.js'
import { isRulePath } from '../src/rulebook/pack.js'
import { readRuleFile, Scope } from '../src/rulebook/rule-file.js'
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
  /** What may stand there instead; nothing: it is taken out. */
  readonly steps: readonly (string | number | boolean | undefined)[]
}

/** Of a parameter or a scope by its name: the values that its schema knows, if it knows them. */
type Known = (name: string) => readonly string[]

/** Every number, date and code under in_force and applies_to, and how each may be wrong by one. */
function limitsOf(document: Document, known: Known): Limit[] {
  const scope = document.get('applies_to')
  return [
    ...walk(document.get('in_force'), ['in_force'], known),
    ...scope === undefined ? []
      : [{ path: ['applies_to'], steps: [undefined] }, ...walk(scope, ['applies_to'], known)],
  ]
}

/** Which table a rule reads is held by every case that its rows decide. */
const tableNames = ['table', 'map']

function walk(node: unknown, path: Limit['path'], known: Known): Limit[] {
  if (isMap(node)) {
    return node.items.flatMap(({ key, value }) => {
      const name = String(isScalar(key) ? key.value : key)
      return tableNames.includes(name) ? [] : walk(value, [...path, name], known)
    })
  }
  if (isSeq(node)) return node.items.flatMap((one, index) => walk(one, [...path, index], known))
  const name = String(path.findLast((step) => typeof step === 'string'))
  const steps = isScalar(node) ? stepsOf(node.value, known(name)) : []
  const isListed = typeof path.at(-1) === 'number'
  return steps.length === 0 ? [] : [{ path, steps: isListed ? [undefined, ...steps] : steps }]
}

/** The texts of a schema's literals, however deep they stand. */
function literalsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const own = 'const' in schema && typeof schema.const === 'string' ? [schema.const] : []
  return [...own, ...Object.values(schema).flatMap(literalsOf)]
}

function knownTo({ params }: Check): Known {
  const all: Readonly<Record<string, unknown>> = { ...Scope.properties, ...params.properties }
  return (name) => literalsOf(all[name])
}

function stepsOf(value: unknown, known: readonly string[]): (string | number | boolean)[] {
  if (typeof value === 'boolean') return [!value]
  if (typeof value === 'string') {
    const day = parseDay(value)
    if (day !== undefined) return [formatDay(day - 1), formatDay(day + 1)]
    return known.length === 0 ? ['Z99'] : known.filter((one) => one !== value)
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

type Fate = 'caught' | 'survives' | 'does not load'

/** Whether some case of the rule no longer holds. A change that does not load proves nothing. */
function fateOf(changed: RuleText, rule: RuleInBook, { suite, checks, texts }: Library): Fate {
  const tables = texts.filter(({ path }) => rule.tables.has(path))
  const one = compile([changed, ...tables], checks, { runDrafts: true })
  if (!one.ok) return 'does not load'
  const own: CaseSuite = { ...suite, files: suite.files.filter((file) => file.rule === rule.id) }
  return runCases(one.book, own).some(({ failures }) => failures.length > 0) ? 'caught' : 'survives'
}

interface RuleInBook {
  readonly id: string
  readonly tables: ReadonlySet<string>
  readonly known: Known
}

function ruleOf(book: RuleBook, path: string): RuleInBook {
  const { id, check } = book.rules.find(({ file }) => file === path)!
  const own = book.parts.filter(({ rule }) => rule.id === id)
  const names = own.flatMap(({ table, map }) => [table?.name, map?.name])
  return { id, known: knownTo(check), tables: new Set(names.map((name) => `tables/${name}.csv`)) }
}

interface Mutated {
  readonly survivors: readonly string[]
  readonly changes: number
}

/**
 * Changes that no case notices. Of a date one of its two neighbours is enough: the rows of a table may have
 * the same first day.
 */
function mutated(book: RuleBook, library: Library): Mutated {
  const found: string[] = []
  let changes = 0
  for (const text of library.texts.filter(({ path }) => isRulePath(path))) {
    const rule = ruleOf(book, text.path)
    for (const { path, steps } of limitsOf(parseDocument(text.text), rule.known)) {
      const fates = steps.map((value) => {
        const document = parseDocument(text.text)
        if (value === undefined) document.deleteIn(path)
        else document.setIn(path, value)
        return fateOf({ path: text.path, text: String(document) }, rule, library)
      })
      changes += fates.filter((fate) => fate !== 'does not load').length
      if (fates.every((fate) => fate === 'does not load')) found.push(`${rule.id} ${path.join('.')}: not tried`)
      const isDate = parseDay(String(steps[0])) !== undefined
      const alive = isDate && fates.includes('caught') ? [] : steps.filter((_, at) => fates[at] === 'survives')
      for (const value of alive) found.push(`${rule.id} ${path.join('.')} → ${value ?? 'nothing'}`)
    }
  }
  return { survivors: found, changes }
}

t.test('every number, date and code of a rule is held by one of its cases', async (t) => {
  if (!compiled.ok) return t.fail('the rules do not load')
  const { survivors, changes } = mutated(compiled.book, { texts, suite, checks })
  t.comment(`${changes} changes that load, ${survivors.length} that no case notices`)
  t.strictSame(survivors, [])
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
  t.strictSame(mutated(book, loose), {
    survivors: ['TEST-1 in_force.0.extra → 1', 'TEST-1 in_force.0.extra → 3'], changes: 4,
  })
  const above = library(item(5), item(9), item(9, '2026-03-01'))
  t.strictSame(mutated(book, above).survivors, ['TEST-1 in_force.0.extra → 3'], 'held on one side only')
  t.strictSame(mutated(book, library(item(4), item(5), item(9, '2026-03-01'))).survivors, [])
})

t.test('numbers, dates and codes are found wherever they stand, with what else they may be', async (t) => {
  const text = 'in_force:\n  - from: 2025-01-01\n    table: x\n    a: 3\n    b: { c: [1.5, I10] }\n    d: true\n'
    + '    mode: allow\napplies_to: { settings: [inpatient] }\n'
  const known = (name: string) => ({ mode: ['allow', 'forbid'], settings: ['inpatient', 'other'] })[name] ?? []
  t.strictSame(limitsOf(parseDocument(text), known), [
    { path: ['in_force', 0, 'from'], steps: ['2024-12-31', '2025-01-02'] },
    { path: ['in_force', 0, 'a'], steps: [2, 4] },
    { path: ['in_force', 0, 'b', 'c', 0], steps: [undefined, 1.4, 1.6] },
    { path: ['in_force', 0, 'b', 'c', 1], steps: [undefined, 'Z99'] },
    { path: ['in_force', 0, 'd'], steps: [false] },
    { path: ['in_force', 0, 'mode'], steps: ['forbid'] },
    { path: ['applies_to'], steps: [undefined] },
    { path: ['applies_to', 'settings', 0], steps: [undefined, 'other'] },
  ])
  t.strictSame(literalsOf(Scope.properties.settings), ['outpatient', 'emergency', 'inpatient', 'pharmacy', 'other'])
})

t.test('every rule says whom it supervises and over what time, and is told in Chinese throughout', async (t) => {
  if (!compiled.ok) return t.fail('the rules do not load')
  const wrong: string[] = []
  for (const { id } of compiled.book.rules) {
    const said = explain({ texts, book: compiled.book, suite }, id)!
    for (const line of [/^监管对象：.+。$/m, /^时间区间：.+。$/m]) if (!line.test(said)) wrong.push(`${id}: no ${line}`)
    const english = /[a-z]{2,} [a-z]{2,}|（[a-z_]+）[a-z]/.exec(said)
    if (english !== null) wrong.push(`${id}: ${english[0]}`)
  }
  t.strictSame(wrong, [])
})

/** They ask nothing that a claim may leave out, or that lies outside claims: only whether the past is whole. */
const neverUnknown = [
  'CONSUMABLE-CAP', 'FREQUENT-ADMISSIONS', 'FREQUENT-PURCHASES', 'FREQUENT-VISITS', 'HERB-NEVER-PAID',
  'LINE-AMOUNT', 'LINE-ID-TWICE', 'OUTPATIENT-DURING-STAY', 'OVERLAPPING-STAYS',
  'TRACE-CODE-REUSED',
]

t.test('every rule that can lack something has a case that lacks it', async (t) => {
  if (!compiled.ok) return t.fail('the rules do not load')
  const without = compiled.book.rules.map(({ id }) => id).filter((id) => !suite.files.some((file) =>
    file.rule === id && file.cases.some(({ kind }) => kind === 'unknown')))
  t.strictSame(without.toSorted(), neverUnknown)
})

t.test('what is official is a list of the nation, every row of it', async (t) => {
  if (!compiled.ok) return t.fail('the rules do not load')
  const local: string[] = []
  const official = texts.filter(({ path }) => isRulePath(path)).map((text) => readRuleFile(text).value!)
    .filter(({ evidence }) => evidence === 'official').map(({ id }) => id)
  t.ok(official.length > 0)
  for (const { rule, table } of compiled.book.parts) {
    if (!official.includes(rule.id)) continue
    if (table === undefined) local.push(`${rule.id}: no table`)
    for (let row = 0; row < (table?.rowCount ?? 0); row++) {
      const source = table!.text('source', row)
      if (!/^国家医保局(第\d+批知识点|\d{4}年\d+月更新)/.test(source)) local.push(`${rule.id}: ${source}`)
    }
  }
  t.strictSame(local, [])
})
