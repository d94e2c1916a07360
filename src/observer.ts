// What the path's steps tell: counted in the metrics, a line in the log for what an operator must know,
// nothing per claim above debug. Holds the clock for the path, which has none.
import type { Logger } from 'pino'
import type { Reloaded } from './books.js'
import { demotedDayOf, jumpOf } from './engine/overrides.js'
import type { GroupsDeps } from './groups.js'
import { figuresOf } from './history/indicator-report.js'
import type { Metrics, Readings } from './metrics.js'
import { metricDays } from './metrics/feedback.js'
import type { FeedbackReadings } from './metrics/feedback.js'
import type { Partition, PartitionDeps } from './partition.js'
import type { Rule, RuleBook, Severity } from './rulebook/rulebook.js'
import type { OutMessage } from './warning/wire.js'

type Outcome = Parameters<GroupsDeps['onEvent']>[0]
type Unsendable = Parameters<NonNullable<GroupsDeps['onUnsendable']>>[0]

export interface Totals {
  readonly events: number
  readonly claims: number
  readonly dead: number
  /** Findings of active rules by severity. */
  readonly findings: Readonly<Record<Severity, number>>
}

interface Lagging {
  lag(): { messages: number, reason: string }
}

/** One for a process, for all partitions and doors. Durations are seconds, moments milliseconds. */
export class Observer {
  readonly #metrics: Metrics
  readonly #log: Logger
  readonly #now: () => number
  readonly #findings: Record<Severity, number> = { violation: 0, suspect: 0, notice: 0, indicator: 0 }
  #events = 0
  #claims = 0
  #dead = 0
  #begunAt = 0
  #receivedAt = 0
  #bus: Lagging | undefined
  #rules: RuleBook['rules'] = []
  /** Called when a group is committed. */
  afterCommit: () => void = () => {}

  constructor(metrics: Metrics, { log, now }: { log: Logger, now: () => number }) {
    this.#metrics = metrics
    this.#log = log
    this.#now = now
  }

  get totals(): Totals {
    const findings = { ...this.#findings }
    return { events: this.#events, claims: this.#claims, dead: this.#dead, findings }
  }

  /** Seconds of the judgement that so many of a hundred claims stay under. */
  judgementSeconds(percent: number): number {
    return this.#metrics.judgement.quantile(percent / 100)
  }

  /** When the stream received the newest event applied; milliseconds. */
  get lastReceivedAt(): number {
    return this.#receivedAt
  }

  /** Milliseconds since the stream received that event. */
  get age(): number {
    return this.#now() - this.#receivedAt
  }

  answered(answer: { route: string, seconds: number, code: string }): void {
    this.#metrics.request(answer)
  }

  committed: PartitionDeps['onCommitted'] = ({ events, position }) => {
    this.#log.debug({ events, sequence: position.sequence }, 'committed')
    this.afterCommit()
  }

  /** An event is about to be applied. */
  begin(): void {
    this.#begunAt = this.#now()
  }

  event({ result, settled, error, event }: Outcome): void {
    const metrics = this.#metrics
    this.#events++
    this.#receivedAt = event.receivedAt
    metrics.event(settled?.type ?? 'unreadable', result)
    if (error !== undefined) {
      this.#dead++
      this.unsendable({ error, event })
    }
    const verdict = settled?.verdict
    if (verdict === undefined || result !== 'judged') return
    this.#claims++
    metrics.claim((this.#now() - this.#begunAt) / 1_000)
    for (const { rule, severity, status } of verdict.findings) {
      metrics.finding(rule, severity, status)
      if (status === 'active') this.#findings[severity]++
    }
    for (const { rule, missing } of verdict.unknowns) metrics.unknown(rule, missing)
    for (const rule of verdict.failed) {
      metrics.failure(rule)
      this.#log.error({ rule, sequence: event.sequence }, 'a check threw: please report this')
    }
    if (verdict.atRisk.totalFen > 0) metrics.atRisk(verdict.atRisk.totalFen)
  }

  /** A dead letter goes out: for an event that cannot be applied, or a warning that cannot be sent. */
  unsendable = ({ error: { code, path, message }, event: { sequence } }: Unsendable): void => {
    this.#metrics.deadLetter(code)
    this.#log.warn({ code, path, sequence, reason: message }, 'dead letter')
  }

  /** Publishes, and counts how long after the event's receipt the server had the warning. */
  async timedPublish<T>({ stream }: OutMessage, publish: () => Promise<T>): Promise<T> {
    const receivedAt = this.#receivedAt
    const accepted = await publish()
    if (stream === 'warning') this.#metrics.warningAccepted((this.#now() - receivedAt) / 1_000)
    return accepted
  }

  async timedCommit(commit: () => Promise<void>): Promise<void> {
    const from = this.#now()
    await commit()
    this.#metrics.committed((this.#now() - from) / 1_000)
  }

  state: PartitionDeps['onState'] = ({ level, message, error }) => {
    this.#log[level](error === undefined ? {} : { err: error }, message)
  }

  reloaded(reloaded: Reloaded, book: RuleBook | undefined): void {
    this.#metrics.reload(reloaded.ok)
    if (!reloaded.ok) {
      const { mistakes } = reloaded
      this.#log.error({ mistakes }, 'the rule book was not changed: every mistake is listed')
      return
    }
    const { rules, knowledge, tableRowCount: rows } = book! // there is one: it was taken up
    this.#metrics.rulebook(reloaded.version, rules.map(({ id }) => id), knowledge)
    this.#rules = rules
    if (!reloaded.isChanged) return
    this.#log.info({ rulebook: reloaded.version, rules: rules.length, rows }, 'rule book in force')
  }

  /** The bus of the present session: its lag is read at a scrape. */
  watch(bus: Lagging): void {
    this.#bus = bus
  }

  lag(): { messages: number, seconds: number } {
    const messages = this.#bus?.lag().messages ?? 0
    const seconds = messages === 0 ? 0 : Math.max(0, (this.#now() - this.#receivedAt) / 1_000)
    return { messages, seconds }
  }

  readings(partition: Partition): Readings {
    const { received, held, position: { sequence, counts } } = partition.state
    return {
      held,
      indicators: indicatorsOf(partition),
      feedback: () => feedbackOf(partition, this.#rules),
      history: partition.histories.stats,
      lag: this.lag(),
      accounting: { received, ...counts, in_flight: received - sequence },
    }
  }
}

/** This month's, by the level of the institution alone. */
function indicatorsOf({ histories }: Partition): NonNullable<Readings['indicators']> {
  const levels = [...histories.indicators.byLevel(histories.watermarkDay)]
  return levels.flatMap(([level, sums]) => figuresOf(sums).flatMap(({ indicator, percent }) =>
    percent === undefined ? [] : [{ indicator, level: String(level ?? 'untold'), percent }]))
}

/** By the days of the stream. */
function feedbackOf({ histories: { feedback } }: Partition, rules: RuleBook['rules']): FeedbackReadings {
  const untilDay = feedback.latestDay + 1
  const figures = feedback.figures({ fromDay: untilDay - metricDays, untilDay })
  const idsWhere = (isOne: (rule: Rule) => boolean) => rules.filter(isOne).map(({ id }) => id)
  return {
    figures,
    forgotten: feedback.overflows,
    jumping: idsWhere((rule) => jumpOf(feedback, rule) !== undefined),
    demoted: idsWhere((rule) => demotedDayOf(feedback, rule) !== undefined),
  }
}
