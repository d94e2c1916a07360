// A rule that users suddenly go on with all the same: when that is so, who is told, how it goes back to trial
// by an event of the stream, and how a person's word brings it back.
import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import type { FeedbackNotice } from '../src/claim/claim.js'
import { minuteAt } from '../src/claim/day.js'
import { demotedDayOf, earlierDays, jumpOf, jumpText, recentDays } from '../src/engine/overrides.js'
import { ServiceError } from '../src/errors.js'
import { FeedbackBooks } from '../src/history/feedback-books.js'
import { Records } from '../src/history/pinned.js'
import type { EventMessage } from '../src/http/server.js'
import { streamNames } from '../src/nats/streams.js'
import { overrideWatch } from '../src/override-watch.js'
import { formatDay } from '../src/rulebook/dates.js'
import type { Rule } from '../src/rulebook/rulebook.js'
import { World } from './fixtures/remembered.js'
import { rule } from './fixtures/door.js'
import { ask, aServer, aWorld, content, event, institution, reaching, ready, until } from './fixtures/service-world.js'

const today = 20_500
const named = 'DRUG-SEX'

/** So many answers about the rule on a day, the first ones overridden. */
function say(feedback: FeedbackBooks, day: number, answered: number, overridden: number): void {
  for (let number = 0; number < answered; number++) {
    const notice: FeedbackNotice = {
      institution, warning: `${institution}:${day}-${number}`, rule: named, day,
      reason: number < overridden ? 'rule-unfit' : undefined,
    }
    feedback.hear(notice)
  }
}

/** The last day's answers, after those of the weeks before. */
function heard(recent: [number, number], earlier: [number, number], earlierDay = today - recentDays): FeedbackBooks {
  const feedback = new FeedbackBooks(new Records(() => undefined, 1_000))
  say(feedback, earlierDay, ...earlier)
  say(feedback, today, ...recent)
  return feedback
}

t.test('a jump is twice as many and a fifth more, of enough answers, against its own weeks before', (t) => {
  const isJump = (...[recent, earlier, earlierDay]: Parameters<typeof heard>) =>
    jumpOf(heard(recent, earlier, earlierDay), rule) !== undefined
  const calm: [number, number] = [100, 20]
  t.strictSame(jumpOf(heard([30, 12], calm), rule), {
    rule: named, day: today, recent: { answered: 30, overridden: 12 }, earlier: { answered: 100, overridden: 20 },
  })
  t.equal(jumpText(jumpOf(heard([30, 12], calm), rule)!), 'rule DRUG-SEX: users go on all the same with 40 % of 30 '
    + 'findings of the last 7 days, 20 % of 100 of the 28 days before')
  t.strictSame([isJump([30, 11], calm), isJump([29, 29], calm), isJump([30, 30], [99, 0])], [false, false, false])
  t.strictSame([isJump([100, 20], [100, 0]), isJump([100, 19], [100, 0])], [true, false], 'a fifth')
  t.strictSame([isJump([100, 60], [100, 30]), isJump([100, 59], [100, 30])], [true, false], 'twice')
  const last = today - recentDays - earlierDays + 1
  t.strictSame([isJump([30, 30], calm, last), isJump([30, 30], calm, last - 1)], [true, false], 'four weeks before')
  const feedback = heard([30, 30], calm)
  t.equal(jumpOf(feedback, { ...rule, status: 'trial' }), undefined)
  t.equal(jumpOf(feedback, { ...rule, confirmedDay: today - recentDays + 1 }), undefined, 'a person knows')
  t.ok(jumpOf(feedback, { ...rule, confirmedDay: today - recentDays }))
  t.equal(jumpOf(feedback, { ...rule, id: 'OTHER' }), undefined)
  t.end()
})

t.test('a demotion holds until a person confirms the rule, and is the same when it is read again', (t) => {
  const world = new World()
  const { feedback } = world.histories
  const on = (changes: Partial<Rule> = {}) => demotedDayOf(feedback, { ...rule, ...changes })
  t.equal(on(), undefined)
  t.strictSame([today, today, today - 1, today + 1].map((day) => feedback.demoted.demote(named, day)),
    [true, false, false, true])
  t.equal(feedback.demoted.demote('', today), false)
  t.strictSame([on(), on({ id: 'OTHER' }), on({ status: 'trial' })], [today + 1, undefined, undefined])
  t.strictSame([on({ confirmedDay: today }), on({ confirmedDay: today + 1 })], [today + 1, undefined])
  t.strictSame(world.decoded('n:'), { 'n:demoted': { days: { 1: today + 1 } }, 'n:rules': { rules: [named] } })
  world.histories.reset()
  t.equal(on(), today + 1)
  t.end()
})

function aWatch(feedback: FeedbackBooks, autoDemote: boolean) {
  const said: string[] = []
  const sent: EventMessage[] = []
  const state = { phase: 'ready' as string, isDown: false, rules: [{ ...rule, autoDemote }, { ...rule, id: 'OTHER' }] as Rule[] }
  const note = (_: object, message: string) => { said.push(message) }
  const watch = overrideWatch({
    books: { current: () => ({ rules: state.rules }) as object as ReturnType<Parameters<typeof overrideWatch>[0]['books']['current']> },
    log: { warn: note, error: note } as Parameters<typeof overrideWatch>[0]['log'],
    now: () => Date.UTC(2026, 6, 1), eventBytesMax: () => 1_000_000,
    async publishEvent(message) {
      if (state.isDown) throw new ServiceError('NATS_UNAVAILABLE')
      sent.push(message)
      return { sequence: 1 }
    },
  })
  const partition = { histories: { feedback }, get state() { return { phase: state.phase } } }
  return { said, sent, state, look: () => watch(partition as object as Parameters<typeof watch>[0]) }
}
const turn = () => new Promise((resolve) => { setImmediate(resolve) })

t.test('operators are told once a jump; without auto_demote that is all', (t) => {
  const feedback = heard([30, 30], [100, 20])
  const { said, sent, state, look } = aWatch(feedback, false)
  state.phase = 'catching-up'
  look()
  t.strictSame(said, [], 'what is read again was watched then')
  state.phase = 'ready'
  look()
  t.strictSame(said, [], 'nothing was answered since')
  say(feedback, today, 31, 31)
  look()
  say(feedback, today, 32, 32)
  look()
  t.strictSame(said, ['rule DRUG-SEX: users go on all the same with 100 % of 31 findings of the last 7 days, 20 % of '
    + '100 of the 28 days before; read their reasons, then mend it, put it on trial, or "npm run rules -- confirm DRUG-SEX <who>"'])
  state.rules = [{ ...rule, confirmedDay: today }]
  say(feedback, today, 33, 33)
  look()
  state.rules = [rule]
  say(feedback, today, 34, 34)
  look()
  t.equal(said.length, 2, 'it has begun anew')
  t.strictSame(sent, [])
  t.end()
})

t.test('with auto_demote an event puts it back on trial; where the stream does not take it, it is tried again', async (t) => {
  const feedback = heard([30, 30], [100, 20])
  const { said, sent, state, look } = aWatch(feedback, true)
  state.isDown = true
  look()
  await turn()
  t.match(said, [/it goes back to trial until "npm run rules -- confirm DRUG-SEX <who>"$/, /^the stream has not taken/])
  state.isDown = false
  for (const answers of [31, 32]) {
    say(feedback, today, answers, answers)
    look()
    await turn()
  }
  t.equal(sent.length, 2)
  t.equal(sent[0]!.id, sent[1]!.id, 'one event a day')
  t.match(JSON.parse(sent[0]!.body), { type: 'demotion', data: {
    rule: named, at: '2026-02-16', recent: { answered: 31, overridden: 31 }, earlier: { answered: 100, overridden: 20 },
  } })
  t.equal(sent[0]!.subject, 'claims.event.rule.DRUG-SEX.demotion')
  feedback.demoted.demote(named, today)
  say(feedback, today, 33, 33)
  look()
  await turn()
  t.equal(sent.length, 2, 'it is on trial already')
})

t.test('over the running service: the rule goes back to trial, stays there over a restart, and comes back', async (t) => {
  const server = await aServer(t)
  const world = aWorld(t, { NATS_URL: server.url, RATE_LIMIT_PER_SECOND: '1000' })
  const text = readFileSync(world.rule, 'utf8')
  const write = (line: string) => writeFileSync(world.rule, text.replace(/^status:.*\n/m, (status) => `${status}${line}\n`))
  write('auto_demote: true')
  const service = await world.start()
  await ready(service)
  const day = Math.floor(minuteAt(Date.now()) / 1_440)
  const answer = (number: number, on: number, decision: string) => ({
    specversion: '1.0', id: `F-${number}`, source: 's', type: 'feedback', time: new Date().toISOString(),
    data: { warning_id: `${institution}:F-${number}`, decision, reason: '规则不适用', rule: named, at: formatDay(on) },
  })
  const numbers = Array.from({ length: 100 }, (_, number) => number)
  await ask(service, '/v1/events', numbers.map((number) => answer(number, day - 10, 'change')))
  await reaching(service, 100)
  await ask(service, '/v1/events', numbers.slice(0, 30).map((number) => answer(100 + number, day, 'continue')))
  await reaching(service, 131)
  const shown = async (at: typeof service) => {
    const rules = (await ask(at, '/v1/rules')).body['rules'] as { id: string, is_held: boolean }[]
    return rules.find(({ id }) => id === named)
  }
  const jump = { recent: { answered: 30, overridden: 30 }, earlier: { answered: 100, overridden: 0 } }
  t.match(await shown(service), { status: 'active', override_jump: jump, demoted_on: formatDay(day) })
  t.match(await ask(service, '/readyz'), { status: 200, body: { ready: true, reasons: [{ code: 'RULE_DEMOTED' }] } })
  const { body: { text: metrics } } = await ask(service, '/metrics')
  t.match(metrics, 'claims_rule_override_jump{rule="DRUG-SEX"} 1\n')
  t.match(metrics, 'claims_rule_demoted{rule="DRUG-SEX"} 1\n')
  t.equal((await content(server.url, streamNames.event)).filter(({ subject }) => subject.endsWith('.demotion')).length, 1)
  await ask(service, '/v1/events', event(1))
  await reaching(service, 132)
  t.match(await content(server.url, streamNames.trial), [{ subject: 'claims.trial.DRUG-SEX' }])
  await service.stop()

  const again = await world.start()
  await ready(again)
  t.match(await shown(again), { demoted_on: formatDay(day) })
  write(`auto_demote: true\nconfirmed: { on: ${formatDay(day)}, by: 张某 }`)
  t.match(await ask(again, '/v1/rules/reload', {}), { status: 200 })
  t.match(await shown(again), { demoted_on: null, override_jump: null })
  await ask(again, '/v1/events', event(2))
  await until(() => again.partition.state.position.sequence >= 133)
  t.equal((await content(server.url, streamNames.warning)).length, 1)
})
