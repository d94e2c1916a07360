// `npm run docs`: writes the README's tables of settings, metrics, error codes and national rules from
// the code and the rules folder. With --check it only says whether they are stale.
import { readFileSync, writeFileSync } from 'node:fs'
import { checks } from '../checks/registry.js'
import { settingsTable } from '../config.js'
import { readCases } from '../engine/cases.js'
import { errorKinds, ServiceError } from '../errors.js'
import { readRulesFolders } from '../files/rules-folder.js'
import { metricsTable } from '../metrics.js'
import { compile } from '../rulebook/compile.js'
import type { RuleText } from '../rulebook/mistake.js'
import { coverageTable } from './rules-coverage.js'
import { reportMistakes } from './rules-report.js'

/** By the name of their markers. Throws RULEBOOK_INVALID when the rules cannot be read. */
function tablesOf(rules: readonly RuleText[]): Record<string, string> {
  return {
    settings: settingsTable(),
    metrics: metricsTable(),
    errors: errorsTable(),
    rules: rulesTable(rules),
  }
}

/** The README's table of the 88 national rules. */
function rulesTable(rules: readonly RuleText[]): string {
  const compiled = compile(rules, checks, { runDrafts: true })
  if (compiled.ok) return coverageTable(compiled.book, readCases(rules))
  throw new ServiceError('RULEBOOK_INVALID', { detail: `\n${reportMistakes(compiled.mistakes)}` })
}

/** The README's table of error codes. */
function errorsTable(): string {
  const rows = Object.entries(errorKinds).map(([code, { message, retry }]) =>
    `| \`${code}\` | ${message} | ${retry} |`)
  return ['| code | meaning | trying again helps |', '|---|---|---|', ...rows].join('\n')
}

/** The text with each table between its markers as it should be. */
export function withTables(text: string, rules: readonly RuleText[]): string {
  return Object.entries(tablesOf(rules)).reduce((readme, [name, table]) => {
    const pattern = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`)
    return readme.replace(pattern, (_, open: string, close: string) => `${open}${table}\n${close}`)
  }, text)
}

/* c8 ignore start -- the process itself: what it writes is tested above it */
if (process.argv[1]?.endsWith('docs.js') === true) {
  const before = readFileSync('README.md', 'utf8')
  const after = withTables(before, await readRulesFolders({ rulesDir: 'rules' }))
  if (before === after) process.stdout.write('README.md is up to date\n')
  else if (process.argv.includes('--check')) {
    process.stdout.write('README.md is stale: run "npm run docs"\n')
    process.exit(1)
  } else {
    writeFileSync('README.md', after)
    process.stdout.write('README.md is written\n')
  }
}
/* c8 ignore stop */
