// What the loader asks before a rule may speak to hospitals, or may be kept from doing so: evidence,
// exemptions, how often it may fire.
import t from 'tap'
import { exemptionsMax } from '../../src/rulebook/exemption-file.js'
import { changesBetween } from '../../src/rulebook/changes.js'
import { aBook, aRule, aTable, mistakesOf, mostTable } from '../fixtures/rule-texts.js'

const replayed = {
  from: '2026-01-01', until: '2026-04-01', claims: '20000', hits: '31', confirmed_share: '0.9', by: '张某',
}

/** A flow mapping of YAML. */
function flow(fields: Readonly<Record<string, string>>): string {
  return `{ ${Object.entries(fields).map(([name, value]) => `${name}: ${value}`).join(', ')} }`
}

const wrongOf = (fields: Readonly<Record<string, string>>) => mistakesOf([aRule(fields), mostTable])
  .map((one) => one.replace(/^medical\/test-1\.yaml:/, ''))

t.test('a rule is active with a recorded replay, and on trial with or without one', async (t) => {
  const [rule] = aBook([aRule({ evidence: flow(replayed) }), mostTable]).rules
  t.equal(rule?.status, 'active')
  const withVersion = flow({ ...replayed, rulebook: '0123456789abcdef' })
  t.strictSame(wrongOf({ evidence: withVersion }), ['no mistake'])
  t.strictSame(wrongOf({ evidence: flow({ ...replayed, confirmed_share: '0.5' }) }), ['no mistake'])
  t.strictSame(wrongOf({ evidence: flow({ ...replayed, hits: '20000' }) }), ['no mistake'])
  t.strictSame(wrongOf({ status: 'trial', evidence: '' }), ['no mistake'])
  const poor = flow({ ...replayed, confirmed_share: '0.1' })
  t.strictSame(wrongOf({ status: 'trial', evidence: poor }), ['no mistake'], 'it is why it is on trial')
})

t.test('a replay that proves nothing is refused, with its line', async (t) => {
  const cases: readonly [string, Readonly<Record<string, string>>, readonly string[]][] = [
    ['nobody hit', { hits: '0' }, ['7 evidence.hits：Expected integer to be greater or equal to 1']],
    ['more hits than claims', { hits: '20001' }, ['7 evidence.hits：多于重判的结算单 20000']],
    ['nobody read them', { by: "' '" }, ["7 evidence.by：Expected string to match '\\S'"]],
    ['more wrong than right', { confirmed_share: '0.49' },
      ['7 evidence.confirmed_share：低于 0.5，误报多于属实，不能正式启用']],
    ['a share that is none', { confirmed_share: '90' },
      ['7 evidence.confirmed_share：Expected number to be less or equal to 1']],
    ['no days', { from: '2026-04-01' }, ['7 evidence.until：不晚于 from（until 当日不含）']],
    ['days of no calendar', { from: '2026-02-30', until: '2026-13-01' },
      ['7 evidence.from：日历上没有 2026-02-30', '7 evidence.until：日历上没有 2026-13-01']],
    ['an unknown field', { mood: 'good' }, ['7 evidence.mood：没有这个字段']],
  ]
  for (const [name, fields, expected] of cases) {
    t.strictSame(wrongOf({ evidence: flow({ ...replayed, ...fields }) }), expected, name)
  }
  const unread = flow(replayed).replace(', by: 张某', '')
  t.strictSame(wrongOf({ evidence: unread }), ['7 evidence.by：缺少这个字段'])
  t.strictSame(wrongOf({ evidence: 'hearsay' }), ['7 evidence：只能是 official、一组字段'])
})

const head = 'rule,patient,institution,settlement,reason,approver,valid_from,expires'
const good = 'TEST-1,patient-0001,,,罕见病,医保办,2026-01-01,2027-01-01'
const wrongRows = (...lines: readonly string[]) =>
  mistakesOf([aRule(), mostTable, aTable('exemptions', lines)])
    .map((one) => one.replace(/^tables\/exemptions\.csv:/, ''))

t.test('an exemption has a reason, an approver and an end, or the book does not load', async (t) => {
  t.strictSame(wrongRows(head, good), ['no mistake'])
  t.strictSame(wrongRows(head), ['no mistake'])
  t.strictSame(wrongRows(head, good, 'NONE,patient-0001,,,,,,'), [
    '3 rule：没有规则 NONE',
    '3 reason 不能为空：写明为什么豁免',
    '3 approver 不能为空：写明谁批准的',
    '3 valid_from 不是日期 YYYY-MM-DD',
    '3 expires 不是日期 YYYY-MM-DD：豁免必须有到期日',
  ])
  t.strictSame(wrongRows(head, 'TEST-1,,,,a,b,2026-01-01,2026-02-30'), [
    '2 institution、doctor、patient、visit、settlement 至少写一项：豁免谁',
    '2 expires 不是日期 YYYY-MM-DD：豁免必须有到期日',
  ])
  t.strictSame(wrongRows(head, `TEST-1,张三,,S-1,${'长'.repeat(501)},b,2026-01-01,2026-01-01`), [
    '2 settlement：要同时写 institution（结算单号只在一家机构内唯一）',
    '2 patient：不是参保人键',
    '2 valid_from 不早于 expires（expires 当日不含）',
    '2 某格超过 500 个字',
  ])
  t.strictSame(wrongRows(head, good.replace('2027-01-01', '2028-01-02')), ['no mistake'])
  t.strictSame(wrongRows(head, good.replace('2027-01-01', '2028-01-03'), `${good},x`, ''), [
    '2 期限超过 731 天：到期再批', '3 有 9 列，表头有 8 列',
  ])
  t.strictSame(wrongRows('rule,reason,approver,valid_from,mood,rule'), [
    '1 缺少列 expires', '1 没有列 mood 的用处', '1 列 rule 重复',
  ])
  t.strictSame(wrongRows(head, 'TEST-1,patient-0001'), [
    '2 reason 不能为空：写明为什么豁免', '2 approver 不能为空：写明谁批准的', '2 valid_from 不是日期 YYYY-MM-DD',
    '2 expires 不是日期 YYYY-MM-DD：豁免必须有到期日', '2 有 2 列，表头有 8 列',
  ])
  t.match(wrongRows(''), ['1 缺少列 rule'])
  t.match(wrongRows(head, '"'), [/^2 CSV 无法读取：/])
  const many = Array.from({ length: exemptionsMax + 1 }, () => good)
  t.strictSame(wrongRows(head, ...many), ['1 超过 10000 行'])
  t.strictSame(wrongRows(head, ...many.slice(1)), ['no mistake'])
})

t.test('exemptions that come and go are told as changes', async (t) => {
  const before = [aTable('exemptions', [head, good])]
  const after = [aTable('exemptions', [head, good.replace('0001', '0002'), good])]
  t.strictSame(changesBetween(before, after), [
    { kind: 'table', name: 'exemptions', text: '豁免：新增 1 行，去掉 0 行' },
  ])
})

t.test('how often a rule may fire, and who confirmed it, are checked', async (t) => {
  t.strictSame(wrongOf({ burst: '{ share: 1, claims: 20, days: 1 }' }), ['no mistake'])
  t.strictSame(wrongOf({ confirmed: '{ on: 2026-02-28, by: 张某 }' }), ['no mistake'])
  t.strictSame(wrongOf({ burst: '{ share: 0.05 }' }), ['no mistake'], 'the rest is the default')
  t.strictSame(wrongOf({ burst: '{ share: 0, claims: 19, days: 0, mood: good }' }), [
    '17 burst.mood：没有这个字段',
    '17 burst.share：Expected number to be greater than 0',
    '17 burst.claims：Expected integer to be greater or equal to 20',
    '17 burst.days：Expected integer to be greater or equal to 1',
  ])
  t.strictSame(wrongOf({ confirmed: '{ on: 2026-02-30, by: 张某 }' }), ['17 confirmed.on：日历上没有 2026-02-30'])
  t.strictSame(wrongOf({ confirmed: '{ on: 2026-02-28 }' }), ['17 confirmed.by：缺少这个字段'])
})
