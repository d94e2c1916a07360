// `npm run rules -- confirm <rule> <who>`: writes into a rule's file that a person has confirmed it, so
// that it is sent however often it fires, and again after users made it go back to trial. One line of text;
// an older confirmation gives way, the rest of the file stays as it is.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDay } from '../rulebook/dates.js'
import { readRuleFile } from '../rulebook/rule-file.js'
import type { Rule } from '../rulebook/rulebook.js'

interface Confirmation {
  readonly rulesDir: string
  readonly who: string
  /** YYYY-MM-DD. */
  readonly today: string
}

/** What was done, or why not, in Chinese. */
export function confirm(
  rule: Rule | undefined, { rulesDir, who, today }: Confirmation,
): { readonly isDone: boolean, readonly text: string } {
  const refused = (text: string) => ({ isDone: false, text: `${text}\n` })
  if (rule === undefined) return refused('没有这条规则')
  if (who.trim() === '') return refused('写上谁确认的：npm run rules -- confirm <规则编号> <姓名>')
  if (rule.status !== 'active') return refused(`${rule.id} 不是正式规则，不用确认`)
  if (rule.confirmedDay === parseDay(today)) return refused(`${rule.id} 已经确认过：见 ${rule.file} 的 confirmed`)
  const path = join(rulesDir, rule.file)
  const before = readFileSync(path, 'utf8')
  const line = `confirmed: { on: ${today}, by: ${JSON.stringify(who.trim())} }`
  const text = before.replace(/^confirmed:.*\n/m, '')
    .replace(/^status:.*\n/m, (status) => `${status}${line}\n`)
  const { value } = readRuleFile({ path: rule.file, text })
  if (value?.confirmed?.by !== who.trim()) return refused(`请手工在 ${rule.file} 里写一行：${line}`)
  writeFileSync(`${path}.new`, text) // whole or not at all: a running service reads the folder
  renameSync(`${path}.new`, path)
  return { isDone: true, text: `${rule.id} 已确认：${rule.file} 写入 ${line}。服务会自己取用；请提交这个文件。\n` }
}
