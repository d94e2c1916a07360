// Rule books of a wanted size: the project's own rules and tables, padded with rules and rows of the
// same shapes. Padded rows know codes of the benchmark's traffic, so that they are met, not only stored.
import { fileURLToPath } from 'node:url'
import { checks } from '../src/checks/registry.js'
import { readRulesFolders } from '../src/files/rules-folder.js'
import { compile } from '../src/rulebook/compile.js'
import type { RuleText } from '../src/rulebook/mistake.js'
import type { RuleBook } from '../src/rulebook/rulebook.js'

const rulesDir = fileURLToPath(new URL('../../rules', import.meta.url))
const codesInTraffic = 5_000

export interface BookSize {
  /** Rules in all; at most the project's own are taken when fewer are asked for. */
  readonly rules: number
  /** Padded table rows, beside the project's own. */
  readonly rows: number
}

export async function bookTexts({ rules, rows }: BookSize): Promise<RuleText[]> {
  const own = (await readRulesFolders({ rulesDir })).filter(({ path }) => !path.endsWith('.cases.yaml'))
  const isRule = ({ path }: RuleText) => path.endsWith('.yaml') && !path.endsWith('base-claims.yaml')
  const ownRules = own.filter(isRule).slice(0, rules)
  const padding = Math.max(1, rules - ownRules.length)
  const texts: RuleText[] = [...own.filter((text) => !isRule(text)), ...ownRules]
  if (rules <= ownRules.length && rows === 0) return texts
  let row = 0
  for (let rule = 0; rule < padding; rule++) {
    texts.push({ path: `policy/pad-${rule}.yaml`, text: padRule(rule) })
    const share = Math.floor(rows * (rule + 1) / padding) - row
    texts.push({ path: `tables/pad-${rule}.csv`, text: padTable(rule, row, Math.max(share, 5)) })
    row += share
  }
  return texts
}

export async function bookOf(size: BookSize): Promise<RuleBook> {
  const compiled = compile(await bookTexts(size), checks)
  if (compiled.ok) return compiled.book
  throw new Error(compiled.mistakes.map(({ path, message }) => `${path} ${message}`).join('\n'))
}

function padRule(rule: number): string {
  return [
    `id: PAD-${rule}`, 'title: 基准填充', 'class: 政策类', 'subclass: 基准', 'check: sex-limit',
    'status: trial', 'severity: notice', 'owner: bench', 'stages: [pre-alert, audit, look-back]',
    'basis: [{ document: 基准, article: "1" }]',
    `in_force: [{ from: 2020-01-01, table: pad-${rule} }]`,
    'warning: "{item}"', 'brief: 基准', 'advice: 无', 'known_false_alarms: [基准]', '',
  ].join('\n')
}

/** One in fifty rows knows a code that the traffic carries; all are clear for a woman. */
function padTable(rule: number, from: number, count: number): string {
  const lines = ['code,name,sex,source']
  const known = new Set<string>()
  for (let index = 0; index < count; index++) {
    const serial = from + index
    const code = serial % 50 === 0
      ? `00980${String((serial / 50) % codesInTraffic).padStart(10, '0')}`
      : `XPAD${String(rule).padStart(4, '0')}${String(serial).padStart(15, '0')}`
    if (known.has(code)) continue
    known.add(code)
    lines.push(`${code},基准,女,基准`)
  }
  return `${lines.join('\n')}\n`
}
