// `npm run rules` on a folder of its own: what it prints and how it ends.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { rulesCommand } from '../../src/commands/rules.js'

/** A folder with one real rule, its cases and its table, outside every repository. */
function aFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'claimsentry-rules-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  for (const folder of ['medical', 'tables']) mkdirSync(join(dir, folder))
  for (const path of [
    'base-claims.yaml', 'medical/drug-sex.yaml', 'medical/drug-sex.cases.yaml', 'tables/drug-sex.csv',
  ]) cpSync(join('rules', path), join(dir, path))
  return dir
}

async function run(dir: string, ...args: readonly string[]) {
  let text = ''
  const code = await rulesCommand({
    args, env: { RULES_DIR: dir }, now: () => Date.UTC(2026, 2, 4, 17), write: (more) => {
      text += more
    },
  })
  return { code, text }
}

function edit(dir: string, path: string, from: string | RegExp, to: string): void {
  const file = join(dir, path)
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to))
}

t.test('a folder that is right ends with 0 and says what there is', async (t) => {
  const dir = aFolder()
  const { code, text } = await run(dir)
  t.equal(code, 0)
  t.match(text, /^规则库 [0-9a-f]{16}：规则 1 条，知识表 \d+ 行\n/)
  t.match(text, /案例 \d+ 个：通过 \d+，失败 0\n/)
  t.notMatch(text, '上次提交', 'there is no commit to compare with')
  t.match(await run(dir, 'coverage'), { code: 0, text: /67 +药品区分性别使用 +GZ10000301004000 +DRUG-SEX +正式/ })
  t.match(await run(dir, 'explain', 'DRUG-SEX'), { code: 0, text: /^DRUG-SEX 药品区分性别使用\n/ })
  t.strictSame(await run(dir, 'explain'), { code: 1, text: '没有规则 \n' })
  let prose = ''
  const args = ['explain', 'DRUG-SEX']
  t.equal(await rulesCommand({ args, env: {}, now: () => 0, write: (more) => { prose += more } }), 0)
  t.match(prose, /^DRUG-SEX 药品区分性别使用\n/, 'without a folder that is named, the project’s own')
})

t.test('a mistake, a failing case and a missing case each end with 1', async (t) => {
  const broken = aFolder()
  edit(broken, 'medical/drug-sex.yaml', 'check: sex-limit', 'check: sexlimit')
  t.match(await run(broken), { code: 1, text: /drug-sex\.yaml:6 check：没有 sexlimit 这种检查/ })
  const failing = aFolder()
  edit(failing, 'medical/drug-sex.yaml', /from: .*/, 'from: 2099-01-01')
  t.match(await run(failing), { code: 1, text: /✗ DRUG-SEX .*\n.*应为 hit/s })
  const bare = aFolder()
  rmSync(join(bare, 'medical/drug-sex.cases.yaml'))
  t.match(await run(bare), { code: 1, text: /DRUG-SEX 缺少案例：hit、clear、border/ })
})

t.test('what changed since the last commit is told', async (t) => {
  const dir = aFolder()
  const git = (...args: readonly string[]) => execFileSync('git', [
    '-c', 'user.name=t', '-c', 'user.email=t@example.test', ...args,
  ], { cwd: dir, stdio: 'ignore' })
  mkdirSync(join(dir, '.old'))
  writeFileSync(join(dir, '.old/gone.yaml'), 'id: [')
  git('init', '-q')
  git('add', '.')
  git('commit', '-q', '-m', 'rules')
  t.match((await run(dir)).text, '与上次提交相比：没有变化')
  edit(dir, 'medical/drug-sex.yaml', 'severity: suspect', 'severity: notice')
  t.match((await run(dir)).text, /DRUG-SEX +severity：suspect → notice/)
})

t.test('a person’s confirmation is one more line in the rule’s file', async (t) => {
  const dir = aFolder()
  const file = join(dir, 'medical/drug-sex.yaml')
  const before = readFileSync(file, 'utf8')
  t.strictSame(await run(dir, 'confirm', 'NONE', '张某'), { code: 1, text: '没有这条规则\n' })
  t.match(await run(dir, 'confirm', 'DRUG-SEX'), { code: 1, text: /^写上谁确认的/ })
  t.equal(readFileSync(file, 'utf8'), before)
  t.match(await run(dir, 'confirm', 'DRUG-SEX', '张某 "科长"'), {
    code: 0, text: /^DRUG-SEX 已确认：medical\/drug-sex\.yaml 写入 confirmed: /,
  })
  const line = 'confirmed: { on: 2026-03-05, by: "张某 \\"科长\\"" }\n'
  t.equal(readFileSync(file, 'utf8').replace(line, ''), before, 'the day is the region’s')
  t.match(readFileSync(file, 'utf8'), `status: active\n${line}`)
  t.strictSame((await run(dir)).code, 0)
  t.match(await run(dir, 'confirm', 'DRUG-SEX', '李某'), { code: 1, text: /^DRUG-SEX 已经确认过/ })
  edit(dir, 'medical/drug-sex.yaml', 'on: 2026-03-05', 'on: 2026-03-04')
  t.match(await run(dir, 'confirm', 'DRUG-SEX', '李某'), { code: 0 }, 'an older one gives way')
  t.match(readFileSync(file, 'utf8').match(/^confirmed:.*$/mg), ['confirmed: { on: 2026-03-05, by: "李某" }'])
  edit(dir, 'medical/drug-sex.yaml', 'status: active', 'status: trial')
  t.match(await run(dir, 'confirm', 'DRUG-SEX', '李某'), { code: 1, text: /不是正式规则/ })
  const odd = aFolder()
  edit(odd, 'medical/drug-sex.yaml', 'status: active', '"status": active')
  t.match(await run(odd, 'confirm', 'DRUG-SEX', '李某'), { code: 1, text: /^请手工在 medical\/drug-sex\.yaml 里写一行/ })
})
