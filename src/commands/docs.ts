// `npm run docs`: writes the README's tables of settings, metrics and error codes from the code. With
// --check it only says whether they are stale.
import { readFileSync, writeFileSync } from 'node:fs'
import { settingsTable } from '../config.js'
import { errorKinds } from '../errors.js'
import { metricsTable } from '../metrics.js'

const tables: Record<string, () => string> = {
  settings: settingsTable,
  metrics: metricsTable,
  errors: errorsTable,
}

/** The README's table of error codes. */
function errorsTable(): string {
  const rows = Object.entries(errorKinds).map(([code, { message, retry }]) =>
    `| \`${code}\` | ${message} | ${retry} |`)
  return ['| code | meaning | trying again helps |', '|---|---|---|', ...rows].join('\n')
}

/** The text with each table between its markers as it should be. */
export function withTables(text: string): string {
  return Object.entries(tables).reduce((readme, [name, table]) => {
    const pattern = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`)
    return readme.replace(pattern, (_, open: string, close: string) => `${open}${table()}\n${close}`)
  }, text)
}

if (process.argv[1]?.endsWith('docs.js') === true) {
  const before = readFileSync('README.md', 'utf8')
  const after = withTables(before)
  if (before === after) process.stdout.write('README.md is up to date\n')
  else if (process.argv.includes('--check')) {
    process.stdout.write('README.md is stale: run "npm run docs"\n')
    process.exit(1)
  } else {
    writeFileSync('README.md', after)
    process.stdout.write('README.md is written\n')
  }
}
