import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { withTables } from '../src/commands/docs.js'

const readme = readFileSync(join(dirname(fileURLToPath(import.meta.url)), '..', 'README.md'), 'utf8')

t.test('the README’s tables of settings, metrics and error codes are those of the code', (t) => {
  t.equal(readme, withTables(readme), 'stale: run "npm run docs"')
  for (const sample of ['`DATA_DIR`', '`claims_events_total`', '`SETTLEMENT_CONFLICT`']) {
    t.ok(readme.includes(sample), sample)
  }
  t.end()
})

t.test('the README keeps its order and its length', (t) => {
  const headings = [...readme.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
  t.strictSame(headings, [
    'Quick start', 'Words', 'Where things are', 'What goes in and out', 'Settings', 'Metrics',
    'Error codes', 'How fast', 'When something is wrong', 'Limits, and what we chose not to do',
  ])
  t.ok(readme.split('\n').length < 320)
  t.end()
})
