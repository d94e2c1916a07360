// What the loader asks before a rule may speak to hospitals: evidence.
import t from 'tap'
import { aBook, aRule, mistakesOf, mostTable } from '../fixtures/rule-texts.js'

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
