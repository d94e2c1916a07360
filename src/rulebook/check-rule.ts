// Whether a rule of the right shape also makes sense: its check exists, its parameters fit the
// check, its dates do not overlap, its sentence can be filled. All mistakes, each with its line.
import type { Static } from '@sinclair/typebox'
import type { Check } from '../checks/check.js'
import { DAY_MAX, DAY_MIN, formatDay, parseDay } from './dates.js'
import type { Mistake } from './mistake.js'
import { shapeMistakes } from './yaml-text.js'
import type { RuleFile } from './rule-file.js'
import { wordingMistakes } from './wording.js'

export type Params = Readonly<Record<string, unknown>>

/** One entry under in_force, read. */
export interface Span {
  readonly fromDay: number
  readonly untilDay: number
  readonly table: string | undefined
  readonly map: string | undefined
  readonly params: Params
  /** file:line */
  readonly at: string
}

export interface CheckedRule {
  readonly check: Check | undefined
  readonly spans: readonly Span[]
  readonly mistakes: readonly Mistake[]
}

type At = (pointer: string) => string
type Wrong = (pointer: string, message: string) => void

/**
 * All mistakes of a rule at once, each as file:line; spans are of use only where there is none. Throws
 * nothing.
 */
export function checkRule(file: RuleFile, at: At, checks: readonly Check[]): CheckedRule {
  const mistakes: Mistake[] = []
  const wrong: Wrong = (pointer, message) => {
    mistakes.push({ code: 'RULE_INVALID', path: at(pointer), message })
  }
  const check = checks.find(({ kind }) => kind === file.check)
  if (check === undefined) wrong('/check', `check：没有 ${file.check} 这种检查`)
  else {
    for (const field of ['warning', 'brief'] as const) {
      for (const name of wordingMistakes(file[field], check.meta.facts)) {
        wrong(`/${field}`, `${field}：占位符 ${name} 不是 ${check.kind} 给出的事实`)
      }
    }
    if (file.applies_to?.categories !== undefined && check.meta.wakes !== 'item') {
      wrong('/applies_to/categories', 'categories：这种检查不由明细触发，不能按类别限定')
    }
  }
  checkEvidence(file, wrong)
  checkBrief(file, wrong)
  const { on } = file.confirmed ?? {}
  if (on !== undefined && parseDay(on) === undefined) {
    wrong('/confirmed/on', `confirmed.on：日历上没有 ${on}`)
  }
  for (const [index, alarm] of file.known_false_alarms.entries()) {
    if (/^(无|没有|未知|暂无|none|unknown|n\/a)[。.]?$/i.test(alarm.trim())) {
      wrong(`/known_false_alarms/${index}`, 'known_false_alarms：请写出具体情形')
    }
  }
  const spans = file.in_force.map((entry, index) =>
    readSpan(entry, { pointer: `/in_force/${index}`, check, at, wrong, mistakes }))
  checkDates(file, spans, wrong)
  checkBasis(file, spans, wrong)
  return { check, spans, mistakes }
}

/** A copy, or the beginning of one, says nothing that the long sentence does not. */
function checkBrief({ warning, brief }: RuleFile, wrong: Wrong): void {
  if (!warning.trim().startsWith(brief.trim())) return
  wrong('/brief', 'brief：与 warning 的开头相同；写一句短话，不要照抄')
}

/** Law by date: every day that a rule is in force has a law in force. */
function checkBasis({ basis }: RuleFile, spans: readonly Span[], wrong: Wrong): void {
  const days = basis.map(({ valid_from: from, valid_to: until }, index) => {
    const fromDay = from === undefined ? DAY_MIN : parseDay(from)
    const untilDay = until === undefined ? DAY_MAX : parseDay(until)
    if (fromDay === undefined) wrong(`/basis/${index}/valid_from`, `valid_from：日历上没有 ${from}`)
    if (untilDay === undefined) wrong(`/basis/${index}/valid_to`, `valid_to：日历上没有 ${until}`)
    if (fromDay !== undefined && untilDay !== undefined && fromDay >= untilDay) {
      wrong(`/basis/${index}/valid_to`, 'valid_to：不晚于 valid_from（valid_to 当日不含）')
    }
    return { fromDay: fromDay ?? DAY_MIN, untilDay: untilDay ?? DAY_MAX }
  })
  for (const { fromDay, untilDay } of spans) {
    const starts = [fromDay, ...days.map((one) => one.untilDay)]
      .filter((day) => day >= fromDay && day < untilDay)
    const bare = starts.find((day) => !days.some((one) => day >= one.fromDay && day < one.untilDay))
    if (bare !== undefined) wrong('/basis', `basis：${formatDay(bare)} 起没有有效的依据，而规则仍有效`)
  }
}

/** Below it a rule is more often wrong than right: it is not for hospitals. */
const confirmedShareMin = 0.5

/** Active is for what is word for word official, or was replayed and read by a person. */
function checkEvidence({ status, evidence }: RuleFile, wrong: Wrong): void {
  if (status === 'active' && evidence === undefined) {
    wrong('/status', 'status：active 需要 evidence；没有依据先用 trial')
  }
  if (evidence === undefined || evidence === 'official') return
  const { from, until, claims, hits, confirmed_share: share } = evidence
  const [fromDay, untilDay] = [parseDay(from), parseDay(until)]
  if (fromDay === undefined) wrong('/evidence/from', `evidence.from：日历上没有 ${from}`)
  if (untilDay === undefined) wrong('/evidence/until', `evidence.until：日历上没有 ${until}`)
  if (fromDay !== undefined && untilDay !== undefined && fromDay >= untilDay) {
    wrong('/evidence/until', 'evidence.until：不晚于 from（until 当日不含）')
  }
  if (hits > claims) wrong('/evidence/hits', `evidence.hits：多于重判的结算单 ${claims}`)
  if (status === 'active' && share < confirmedShareMin) {
    const why = `低于 ${confirmedShareMin}，误报多于属实，不能正式启用`
    wrong('/evidence/confirmed_share', `evidence.confirmed_share：${why}`)
  }
}

interface SpanContext {
  readonly pointer: string
  readonly check: Check | undefined
  readonly at: At
  readonly wrong: Wrong
  readonly mistakes: Mistake[]
}

function readSpan(entry: RuleFile['in_force'][number], context: SpanContext): Span {
  const { pointer, check, at, wrong, mistakes } = context
  const { from, until, table, map, ...params } = entry
  const fromDay = parseDay(from)
  const untilDay = until === undefined ? DAY_MAX : parseDay(until)
  if (fromDay === undefined) wrong(`${pointer}/from`, `from：日历上没有 ${from}`)
  if (untilDay === undefined) wrong(`${pointer}/until`, `until：日历上没有 ${until}`)
  if (fromDay !== undefined && untilDay !== undefined && fromDay >= untilDay) {
    wrong(`${pointer}/until`, 'until：不晚于 from（until 当日不含）')
  }
  if (check !== undefined) {
    mistakes.push(...paramMistakes(check, params, (place) => at(pointer + place)))
    const takesTable = Object.keys(check.columns).length > 0 || check.meta.wakes !== 'claim'
    if (takesTable && table === undefined) wrong(pointer, `table：${check.kind} 需要知识表`)
    if (!takesTable && table !== undefined) {
      wrong(`${pointer}/table`, `table：${check.kind} 不用知识表`)
    }
    if (check.mapColumns === undefined && map !== undefined) {
      wrong(`${pointer}/map`, `map：${check.kind} 不用对应表`)
    }
  }
  return {
    fromDay: fromDay ?? 0, untilDay: untilDay ?? DAY_MAX, table, params, at: at(pointer),
    map: check?.mapColumns === undefined ? undefined : map ?? table,
  }
}

function paramMistakes(check: Check, params: Params, at: At): Mistake[] {
  const known = Object.keys(check.params.properties)
  const unknown = Object.keys(params).filter((name) => !known.includes(name))
  return [
    ...unknown.map((name): Mistake => ({
      code: 'RULE_INVALID',
      path: at(`/${name}`),
      message: `${name}：${check.kind} 没有这个参数（有 ${known.join('、') || '无参数'}）`,
    })),
    ...shapeMistakes(check.params, params, at)
      .filter(({ message }) => !unknown.some((name) => message.startsWith(`${name}：`))),
  ]
}

function checkDates(file: RuleFile, spans: readonly Span[], wrong: Wrong): void {
  for (const [index, span] of spans.entries()) {
    const other = spans.slice(0, index).find(({ fromDay, untilDay }) =>
      fromDay < span.untilDay && span.fromDay < untilDay)
    if (other !== undefined) {
      wrong(`/in_force/${index}/from`, `in_force：与 ${other.at} 的有效期重叠；先给它写 until`)
    }
  }
  if (file.status === 'retired' && spans.some(({ untilDay }) => untilDay === DAY_MAX)) {
    wrong('/status', 'status：停用的规则每段 in_force 都要有 until')
  }
}

/** What `prepare` takes; the schema was checked when the rule was read. */
export function paramsFor(params: Params): Static<Check['params']> {
  return params
}
