// `npm run rules`: compiles the rules folder, runs every case, and prints what there is and what
// changed since the last commit. `rules explain <id>` tells one rule, `rules coverage` the 88 of
// the nation, `rules confirm <id> <who>` lets a rule fire as often as it does.
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checks } from '../checks/registry.js'
import { MINUTES_PER_DAY } from '../claim/claim.js'
import { minuteAt } from '../claim/day.js'
import { coverageMistakes, readCases, runCases } from '../engine/cases.js'
import { ServiceError } from '../errors.js'
import { readRulesFolders } from '../files/rules-folder.js'
import type { FolderText } from '../files/rules-folder.js'
import { changesBetween } from '../rulebook/changes.js'
import type { Change } from '../rulebook/changes.js'
import { compile } from '../rulebook/compile.js'
import { formatDay } from '../rulebook/dates.js'
import { confirm } from './rules-confirm.js'
import { coverage } from './rules-coverage.js'
import { explain } from './rules-explain.js'
import { report, reportMistakes } from './rules-report.js'

export interface RulesCommand {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly write: (text: string) => void
  /** Milliseconds, UTC: the day of a confirmation. */
  readonly now: () => number
}

/** The exit code: 0 when every rule, table and case is right. */
export async function rulesCommand({ args, env, write, now }: RulesCommand): Promise<number> {
  const rulesDir = resolve(env['RULES_DIR'] ?? 'rules')
  const texts = await readRulesFolders({ rulesDir, knowledgeDir: env['KNOWLEDGE_DIR'] })
  const compiled = compile(texts, checks, { runDrafts: true })
  if (!compiled.ok) {
    write(`${reportMistakes(compiled.mistakes)}\n`)
    return 1
  }
  const { book } = compiled
  const [what, id = '', who = ''] = args
  if (what === 'confirm') {
    const today = formatDay(Math.floor(minuteAt(now()) / MINUTES_PER_DAY))
    const { isDone, text } = confirm(book.rules.find((rule) => rule.id === id), { rulesDir, who, today })
    write(text)
    return isDone ? 0 : 1
  }
  const suite = readCases(texts)
  if (what === 'explain') {
    const prose = explain({ texts, book, suite }, id)
    write(prose ?? `没有规则 ${id}\n`)
    return prose === undefined ? 1 : 0
  }
  const mistakes = [...suite.mistakes, ...coverageMistakes(book, suite)]
  const results = runCases(book, suite)
  if (what === 'coverage') write(coverage(book, suite))
  else write(report(book, results, { mistakes, changes: changesSinceCommit(rulesDir, texts) }))
  return mistakes.length > 0 || results.some(({ failures }) => failures.length > 0) ? 1 : 0
}

/** Undefined where there is no git, or no commit yet. */
function changesSinceCommit(
  rulesDir: string, texts: readonly FolderText[],
): Change[] | undefined {
  const git = (...args: string[]) => execFileSync('git', args, {
    cwd: rulesDir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28,
  })
  try {
    const before = git('ls-tree', '-r', '-z', '--name-only', 'HEAD', '.').split('\0')
      .filter((path) => path.endsWith('.yaml') || path.endsWith('.csv'))
    const changed = new Set(git('diff', '-z', '--name-only', '--relative', 'HEAD', '.').split('\0'))
    const now = texts.filter(({ path }) => !path.startsWith('knowledge/'))
    const known = new Map(now.map(({ path, text }) => [path, text]))
    const old = before.map((path) => ({
      path,
      text: changed.has(path) ? git('show', `HEAD:./${path}`) : known.get(path) ?? '',
    }))
    return changesBetween(old, now)
  } catch {
    return undefined
  }
}

/* c8 ignore start -- the process itself: what it runs is tested above it */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = await rulesCommand({
      args: process.argv.slice(2),
      env: process.env,
      write: (text) => process.stdout.write(text),
      now: () => Date.now(),
    })
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    process.stderr.write(`${error.code} ${error.path} ${error.message}\n`)
    process.exitCode = 1
  }
}
/* c8 ignore stop */
