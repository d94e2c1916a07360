// Rule files -> rule book: what is refused, with which line, and what a rule becomes.
import t from 'tap'
import { DAY_MAX, DAY_MIN, formatDay, parseDay } from '../../src/rulebook/dates.js'
import { sortMistakes } from '../../src/rulebook/mistake.js'
import { assemble } from '../../src/rulebook/assemble.js'
import { pack, rulesMax } from '../../src/rulebook/pack.js'
import { makeScope } from '../../src/rulebook/scope.js'
import { makeSentence } from '../../src/rulebook/wording.js'
import { versionOf } from '../../src/rulebook/version.js'
import { yamlCharsMax } from '../../src/rulebook/yaml-text.js'
import { aClaim } from '../fixtures/claims.js'
import { aBook, aRule, fakeChecks, mistakesOf, mostTable } from '../fixtures/rule-texts.js'
import { touches } from '../fixtures/touches.js'

const day = (text: string) => parseDay(text)!

t.test('a rule and its table become a part that its codes touch', async (t) => {
  const book = aBook([aRule(), mostTable])
  t.match(book.version, /^[0-9a-f]{16}$/)
  t.strictSame(touches(book, book.items, 'A1'), ['TEST-1 甲药 2025-01-01 …'])
  t.strictSame(touches(book, book.items, 'A3'), [])
  t.equal(book.tableRowCount, 2)
  const { check, ...rule } = book.rules[0]!
  t.equal(check.kind, 'most-units')
  t.strictSame(rule, {
    id: 'TEST-1', title: '测试规则', nationalCode: '', nationalName: '', number2025: undefined,
    class: '医疗类', subclass: '测试', status: 'active',
    burst: { share: 0.05, claims: 2_000, days: 30 }, severity: 'violation',
    stages: ['pre-alert', 'audit', 'look-back'], owner: 'patient',
    basis: [{ document: '某通知', article: '第一条' }], advice: '去掉多收的。',
    brief: '{item}超限',
    falseAlarms: ['补录的明细'], file: 'medical/test-1.yaml', autoDemote: false, confirmedDay: undefined,
  })
})

t.test('the national code, name and number and an address of the law are kept', async (t) => {
  const [rule] = aBook([aRule({
    national: '{ code: GZ10000301004000, name: 某规则, number_2025: 67 }',
    basis: '[{ document: 某通知, article: 一, url: https://example.test/1 }]',
  }), mostTable]).rules
  t.strictSame([rule!.nationalCode, rule!.nationalName, rule!.number2025, rule!.basis[0]!.url],
    ['GZ10000301004000', '某规则', 67, 'https://example.test/1'])
})

t.test('every mistake of a rule file is told at once, with its line', async (t) => {
  const wrong = mistakesOf([aRule({
    title: ' ', status: 'live', basis: '[]', in_force: '[{ from: 1 May, table: most, extra: 0 }]',
    advice: '', known_false_alarms: '[]', mood: 'good',
  }), mostTable])
  t.strictSame(wrong.map((one) => one.replace(/^medical\/test-1\.yaml:/, '')), [
    '1 advice：缺少这个字段',
    "2 title：Expected string to match '\\S'",
    '6 status：只能是 draft、trial、active、retired',
    '11 basis：不能为空',
    "12 in_force.0.from：Expected string to match '^\\d{4}-\\d{2}-\\d{2}$'",
    '14 known_false_alarms：不能为空',
    '16 mood：没有这个字段',
  ])
})

t.test('a rule that makes no sense is refused', async (t) => {
  const cases: readonly [string, Record<string, string>, readonly string[]][] = [
    ['an unknown check', { check: 'no-such' }, ['5 check：没有 no-such 这种检查']],
    ['active without evidence', { evidence: '' }, [
      '6 status：active 需要 evidence；没有依据先用 trial',
    ]],
    ['a placeholder that is no fact', { warning: '{units}{who}' }, [
      '13 warning：占位符 who 不是 most-units 给出的事实',
    ]],
    ['a stray brace', { warning: '{units}{' }, [
      '13 warning：占位符 { 或 } 不是 most-units 给出的事实',
    ]],
    ['a false alarm that says nothing', { known_false_alarms: '[无]' }, [
      '15 known_false_alarms：请写出具体情形',
    ]],
    ['a parameter that the check does not have',
      { in_force: '[{ from: 2025-01-01, table: most, extra: 0, more: 1 }]' },
      ['12 more：most-units 没有这个参数（有 extra）']],
    ['a parameter out of its bounds', { in_force: '[{ from: 2025-01-01, table: most, extra: -1 }]' },
      ['12 extra：Expected integer to be greater or equal to 0']],
    ['a parameter that is missing', { in_force: '[{ from: 2025-01-01, table: most }]' },
      ['12 extra：缺少这个字段']],
    ['a table that is missing', { in_force: '[{ from: 2025-01-01, extra: 0 }]' },
      ['12 table：most-units 需要知识表']],
    ['a table that is not there', { in_force: '[{ from: 2025-01-01, table: least, extra: 0 }]' },
      ['12 table：没有知识表 least（或它有错误）']],
    ['a table that the check does not take',
      { check: 'tell-claim', warning: '{met}', in_force: '[{ from: 2025-01-01, table: most }]' },
      ['12 table：tell-claim 不用知识表', 'tables/most.csv:1 没有列 most 的用处']],
    ['a parameter of a check that has none',
      { check: 'tell-claim', warning: '{met}', in_force: '[{ from: 2025-01-01, x: 1 }]' },
      ['12 x：tell-claim 没有这个参数（有 无参数）']],
    ['categories for a check that no item wakes', {
      check: 'tell-claim', warning: '{met}', in_force: '[{ from: 2025-01-01 }]',
      applies_to: '{ categories: [drug] }',
    }, ['17 categories：这种检查不由明细触发，不能按类别限定']],
    ['dates that no calendar has',
      { in_force: '[{ from: 2025-02-30, until: 2025-13-01, table: most, extra: 0 }]' },
      ['12 from：日历上没有 2025-02-30', '12 until：日历上没有 2025-13-01']],
    ['an end before the beginning',
      { in_force: '[{ from: 2025-02-01, until: 2025-02-01, table: most, extra: 0 }]' },
      ['12 until：不晚于 from（until 当日不含）']],
    ['overlapping entries', {
      in_force: '[{ from: 2025-01-01, table: most, extra: 0 }, { from: 2026-01-01, table: most, extra: 1 }]',
    }, ['12 in_force：与 medical/test-1.yaml:12 的有效期重叠；先给它写 until']],
    ['retired without an end', { status: 'retired' }, [
      '6 status：停用的规则每段 in_force 都要有 until',
    ]],
  ]
  for (const [name, fields, expected] of cases) {
    const wrong = mistakesOf([aRule(fields), mostTable])
    t.strictSame(wrong.map((one) => one.replace(/^medical\/test-1\.yaml:/, '')), expected, name)
  }
})

t.test('an id stands once', async (t) => {
  const second = { ...aRule(), path: 'policy/b.yaml' }
  t.strictSame(mistakesOf([aRule(), second, mostTable]),
    ['policy/b.yaml:1 id：TEST-1 已用于 medical/test-1.yaml:1'])
})

t.test('broken YAML and endless YAML are refused with their line', async (t) => {
  const broken = mistakesOf([{ path: 'a.yaml', text: 'id: X\ntitle: [1\n' }])
  t.equal(broken.length, 1)
  t.match(broken[0], /^a\.yaml:\d YAML 无法读取：/)
  t.strictSame(mistakesOf([{ path: 'a.yaml', text: '#'.repeat(yamlCharsMax + 1) }]),
    [`a.yaml:1 文件超过 ${yamlCharsMax} 个字符`])
  t.match(mistakesOf([{ path: 'a.yaml', text: '' }]), [/^a\.yaml:1 /])
})

t.test('too many rules are refused', async (t) => {
  const many = Array.from({ length: rulesMax + 1 }, (_, index) => aRule({ id: `R-${index}` }))
  t.strictSame(mistakesOf([...many, mostTable]), ['medical/r-5000.yaml:1 规则超过 5000 条'])
})

t.test('a draft is checked and not woken, unless a case runner asks', async (t) => {
  const texts = [aRule({ status: 'draft' }), mostTable]
  t.strictSame(touches(aBook(texts), aBook(texts).items, 'A1'), [])
  const packed = pack(texts, fakeChecks, { runDrafts: true })
  const run = assemble(packed, fakeChecks)
  t.ok(run.ok && touches(run.book, run.book.items, 'A1').length === 1)
})

t.test('a check that cannot be prepared is told with the entry it was prepared for', async (t) => {
  const broken = (thrown: unknown) => ({
    ...fakeChecks.find(({ kind }) => kind === 'tell-claim')!,
    prepare: () => {
      throw thrown
    },
  })
  const rule = aRule({ check: 'tell-claim', warning: '{met}', in_force: '[{ from: 2025-01-01 }]' })
  for (const [thrown, reason] of [[new TypeError('no'), 'no'], ['text', 'text']] as const) {
    const checks = [broken(thrown)]
    t.strictSame(assemble(pack([rule], checks), checks), {
      ok: false,
      mistakes: [{
        code: 'RULE_INVALID', path: 'medical/test-1.yaml:12',
        message: `TEST-1：检查 tell-claim 无法准备：${reason}`,
      }],
    })
  }
})

t.test('the version covers paths and texts, not their order', async (t) => {
  const [a, b] = [{ path: 'a', text: '1' }, { path: 'b', text: '2' }]
  t.equal(versionOf([a, b]), versionOf([b, a]))
  const others = [
    versionOf([a]), versionOf([{ path: 'a', text: '12' }]), versionOf([{ path: 'a1', text: '' }]),
    versionOf([{ path: 'b', text: '1' }, { path: 'a', text: '2' }]), versionOf([]),
  ]
  t.equal(new Set([versionOf([a, b]), ...others]).size, 6)
  const rule = aBook([aRule(), mostTable])
  const cases = { path: 'medical/test-1.cases.yaml', text: 'x' }
  t.equal(aBook([aRule(), mostTable, cases]).version, rule.version)
})

t.test('a rule without a short sentence is refused', async (t) => {
  t.strictSame(mistakesOf([aRule({ brief: '' }), mostTable]), ['medical/test-1.yaml:1 brief：缺少这个字段'])
})

t.test('a rule that limits nothing applies to every claim; one that does says what it lacks', async (t) => {
  const claims = [aClaim(), aClaim({ visit: { setting: 'outpatient' }, patient: { insurance_type: '' } })]
  t.strictSame(claims.map((claim) => makeScope(undefined)(claim)), [true, true])
  t.strictSame(claims.map((claim) => makeScope({ settings: ['inpatient'] })(claim)), [true, false])
  t.strictSame(claims.map((claim) => makeScope({ insurance_types: ['310'] })(claim)), [true, 'patient.insurance_type'])
})

t.test('a sentence is filled plainly', async (t) => {
  const say = makeSentence('{item}：{total}次，超过{limit}次')
  t.equal(say({ item: '头颅CT', total: 1_234_567, limit: 0.5 }), '头颅CT：1234567次，超过0.5次')
  t.equal(say({ item: '头颅CT' }), '头颅CT：次，超过次')
  t.equal(makeSentence('没有')({}), '没有')
})

t.test('days are read strictly and written back', async (t) => {
  t.equal(day('1970-01-02'), 1)
  t.equal(formatDay(day('2024-02-29')), '2024-02-29')
  t.strictSame(['2023-02-29', '2024-2-1', 'x', '2024-01-01T00:00'].map(parseDay),
    [undefined, undefined, undefined, undefined])
  t.ok(DAY_MIN < day('1900-01-01') && DAY_MAX > day('2999-01-01'))
})

t.test('mistakes come in the order of files and lines', async (t) => {
  const at = (path: string) => ({ code: 'RULE_INVALID' as const, path, message: '' })
  t.strictSame(sortMistakes(['b:1', 'a:10', 'a:9'].map(at)).map(({ path }) => path),
    ['a:9', 'a:10', 'b:1'])
})
