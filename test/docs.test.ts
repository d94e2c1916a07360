import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { withTables } from '../src/commands/docs.js'
import { readRulesFolders } from '../src/files/rules-folder.js'
import { aRule } from './fixtures/rule-texts.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

t.test('the README’s tables are those of the code and of the rules folder', async (t) => {
  const rules = await readRulesFolders({ rulesDir: join(root, 'rules') })
  t.equal(readme, withTables(readme, rules), 'stale: run "npm run docs"')
  const samples = [
    '`DATA_DIR`', '`claims_events_total`', '`SETTLEMENT_CONFLICT`',
    '| 67 | 药品区分性别使用 | GZ10000301004000 | DRUG-SEX |',
  ]
  for (const sample of samples) t.ok(readme.includes(sample), sample)
  t.throws(() => withTables(readme, [aRule({ check: 'nothing' })]), /没有 nothing 这种检查/)
})

t.test('the README keeps its order and its length', (t) => {
  const headings = [...readme.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
  t.strictSame(headings, [
    'Quick start', 'Words', 'Where things are', 'What goes in and out', 'Settings', 'Metrics',
    'Error codes', 'The 88 national rules', 'How fast', 'When something is wrong', 'Limits, and what we chose not to do',
  ])
  const own = readme.replace(/<!-- (\w+) -->[^]*?<!-- \/\1 -->/g, '') // tables grow with what they list
  t.ok(own.split('\n').length < 300)
  t.end()
})
