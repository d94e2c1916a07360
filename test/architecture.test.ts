// The conventions that matter, held by a machine: who may import whom, sizes, bans, completeness.
import { readFileSync, readdirSync, existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'
import { errorKinds } from '../src/errors.js'
import { checks } from '../src/checks/registry.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const src = join(root, 'src')

// Each may import itself and what stands to its left, never to its right.
const order = [
  'errors', 'claim', 'history', 'checks', 'rulebook', 'engine', 'warning', 'pipeline', 'position', 'bus',
  'groups', 'partition',
]
const edges = ['files', 'nats', 'http', 'nhsa', 'cds', 'lmdb', 'webhook', 'metrics', 'log']
// Beside the path: each may import only what is listed.
const beside: Record<string, string[]> = {
  demo: ['errors', 'claim'],
  knowledge: ['errors', 'claim', 'rulebook'],
  config: ['errors'],
  client: ['claim', 'warning'],
}
const libraries: Record<string, RegExp> = {
  history: /^lru-cache$/,
  rulebook: /^(yaml|csv-parse\/sync|@sinclair\/typebox.*)$/,
  engine: /^(yaml|@sinclair\/typebox.*)$/,
}
const anywhereInTheMiddle = /^@sinclair\/typebox/

interface Source {
  path: string
  station: string
  text: string
  tree: ts.SourceFile
  imports: { target: string, isTypeOnly: boolean }[]
}

function read(path: string): Source {
  const text = readFileSync(path, 'utf8')
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
  const imports = tree.statements.filter(ts.isImportDeclaration).map((statement) => {
    const clause = statement.importClause
    const isTypeOnly = clause?.phaseModifier === ts.SyntaxKind.TypeKeyword
    const specifier = (statement.moduleSpecifier as ts.StringLiteral).text
    const isLocal = specifier.startsWith('.')
    const target = isLocal ? resolve(dirname(path), specifier.replace(/\.js$/, '.ts')) : specifier
    return { target, isTypeOnly }
  })
  return { path, station: stationOf(path), text, tree, imports }
}

function stationOf(path: string): string {
  const [first = ''] = relative(src, path).split('/')
  return first.replace(/\.ts$/, '')
}

const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => read(join(src, name)))
const name = (path: string) => relative(root, path)

t.test('nobody imports to the right of the path', (t) => {
  const wrong: string[] = []
  for (const { path, station, imports } of sources) {
    const place = order.indexOf(station)
    for (const { target, isTypeOnly } of imports) {
      if (!target.startsWith('/')) continue
      const other = stationOf(target)
      if (other === station) continue
      const otherPlace = order.indexOf(other)
      const line = `${name(path)} -> ${name(target)}`
      if (place >= 0 && (otherPlace < 0 || otherPlace > place) && !isTypeOnly) wrong.push(line)
      if (edges.includes(station) && otherPlace < 0) wrong.push(line)
      if (beside[station] !== undefined && !beside[station]!.includes(other)) wrong.push(line)
    }
  }
  t.strictSame(wrong, [])
  t.end()
})

t.test('the middle touches no library but those named for it, and nothing of node', (t) => {
  const wrong: string[] = []
  for (const { path, station, imports } of sources) {
    if (!order.includes(station)) continue
    for (const { target } of imports) {
      if (target.startsWith('/') || anywhereInTheMiddle.test(target)) continue
      if (!libraries[station]?.test(target)) wrong.push(`${name(path)} -> ${target}`)
    }
  }
  t.strictSame(wrong, [])
  t.end()
})

t.test('there is no import cycle', (t) => {
  const graph = new Map(sources.map(({ path, imports }) =>
    [path, imports.filter(({ isTypeOnly }) => !isTypeOnly).map(({ target }) => target)]))
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, trail: string[]): void => {
    if (trail.includes(path)) cycles.push([...trail, path].map(name).join(' -> '))
    if (done.has(path) || trail.includes(path)) return
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  t.strictSame(cycles, [])
  t.end()
})

t.test('files stay under 300 lines, lines within 110 columns, functions under 70 lines', (t) => {
  const wrong: string[] = []
  for (const { path, text, tree } of sources) {
    const lines = text.split('\n')
    if (lines.length > 301) wrong.push(`${name(path)} has ${lines.length} lines`)
    lines.forEach((line, index) => {
      const columns = [...line].length
      if (columns > 110) wrong.push(`${name(path)}:${index + 1} has ${columns} columns`)
    })
    const walk = (node: ts.Node): void => {
      if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
        const from = tree.getLineAndCharacterOfPosition(node.getStart()).line
        const to = tree.getLineAndCharacterOfPosition(node.getEnd()).line
        if (to - from >= 70) wrong.push(`${name(path)}:${from + 1} is ${to - from + 1} lines long`)
      }
      ts.forEachChild(node, walk)
    }
    walk(tree)
  }
  t.strictSame(wrong, [])
  t.end()
})

const bans: [RegExp, string, RegExp?][] = [
  [/new Error\(/, 'throw a ServiceError with a code from errors.ts'],
  [/console\./, 'use the logger', /^src\/commands\//],
  [/\bas any\b|as unknown as/, 'use a schema or a narrower type'],
  [/export default/, 'use a named export'],
  [/FIXME|TODO|XXX/, 'finish it, or say it in the issue'],
  [/Date\.now|Math\.random/, 'take it as an argument', /^src\/(main|commands\/\w+)\.ts$/],
  [/process\.(env|exit)/, 'main.ts and commands only', /^src\/(main|commands\/\w+)\.ts$/],
]

t.test('banned words do not appear in src', (t) => {
  const wrong: string[] = []
  for (const { path, text } of sources) {
    for (const [pattern, instead, except] of bans) {
      if (except?.test(name(path))) continue
      const code = text.split('\n').filter((line) => !/^\s*(\/\/|\*|\/\*)/.test(line))
      if (code.some((line) => pattern.test(line))) wrong.push(`${name(path)}: ${pattern}: ${instead}`)
    }
  }
  t.strictSame(wrong, [])
  t.end()
})

t.test('only main, service and commands read the configuration', (t) => {
  const readers = sources.filter(({ imports }) => imports.some(({ target, isTypeOnly }) =>
    target === join(src, 'config.ts') && !isTypeOnly)).map(({ station }) => station)
  t.strictSame(readers.filter((s) => !['main', 'service', 'commands'].includes(s)), [])
  t.end()
})

t.test('every file opens by saying its one job', (t) => {
  t.strictSame(sources.filter(({ text }) => !/^(#!.*\n)?\/\//.test(text)).map((s) => name(s.path)), [])
  t.end()
})

t.test('folders are flat nouns, without index files', (t) => {
  const wrong = sources.map(({ path }) => relative(src, path)).filter((path) =>
    path.split('/').length > 2 || /(^|\/)(index|utils|helpers|common|lib|types)\b/.test(path))
  t.strictSame(wrong, [])
  t.end()
})

t.test('every kind of check is in the registry, sorted, and in a file of its name', (t) => {
  const kinds = checks.map(({ kind }) => kind)
  t.strictSame(kinds, [...kinds].sort())
  t.strictSame(kinds.filter((kind) => !existsSync(join(src, 'checks', `${kind}.ts`))), [])
  const defining = sources.filter(({ station, text }) =>
    station === 'checks' && /= defineCheck\(/.test(text)).length
  t.equal(defining, checks.length)
  t.end()
})

t.test('every error code is thrown somewhere or reserved by a comment', (t) => {
  const text = sources.filter(({ path }) => !path.endsWith('errors.ts')).map((s) => s.text).join('\n')
  t.strictSame(Object.keys(errorKinds).filter((code) => !text.includes(`'${code}'`)), [])
  t.end()
})
