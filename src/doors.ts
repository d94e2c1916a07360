// What the HTTP door asks of the service, as plain functions over its parts. Decides nothing a rule
// could decide: it puts the parts' answers together and says how fresh they are.
import type { Books } from './books.js'
import type { Claim } from './claim/claim.js'
import { dayOf, minuteAt, minuteText } from './claim/day.js'
import { decodeSettlement } from './claim/decode-settlement.js'
import type { AskedWire } from './claim/wire-asked.js'
import { counterfactuals, noCounterfactuals } from './engine/counterfactual.js'
import type { Remedy } from './engine/counterfactual.js'
import { demotedDayOf, jumpOf } from './engine/overrides.js'
import type { Finding, Verdict } from './engine/verdict.js'
import { ServiceError } from './errors.js'
import { feedbackSummary } from './feedback-summary.js'
import { rebuildingReason } from './history/completeness.js'
import { indicatorDays } from './history/indicator-books.js'
import type { Figure } from './history/indicator-report.js'
import type { CheckAnswer, CheckAsked } from './http/check-route.js'
import type { Readiness } from './http/health-route.js'
import type { IndicatorsAnswer } from './http/indicators-route.js'
import type { HttpDeps } from './http/server.js'
import type { Metrics } from './metrics.js'
import type { NatsBus } from './nats/bus.js'
import { warningsAfter } from './nats/warnings.js'
import type { Observer } from './observer.js'
import type { Partition } from './partition.js'
import type { Rule, Stage } from './rulebook/rulebook.js'
import { ShownFindings } from './shown-findings.js'
import { describeVerdict } from './warning/describe.js'

export interface DoorsDeps {
  readonly partition: Partition
  readonly books: Books
  readonly metrics: Metrics
  readonly observer: Observer
  /** The present connection; undefined while there is none. */
  readonly bus: () => NatsBus | undefined
  readonly now: () => number
  readonly eventBytesMax: number
}

type Doors = Pick<HttpDeps, 'check' | 'publishEvent' | 'eventBytesMax' | 'warningsAfter' | 'rulebook'
  | 'shownRule' | 'feedbackSummary' | 'indicators' | 'isHeld' | 'overridesOf' | 'reload' | 'readiness'
  | 'metricsText' | 'onAnswer'>

export interface ServiceDoors extends Doors {
  /** Findings were shown: feedback may speak of them from now on. */
  noteShown(asked: AskedWire): void
  /** From now on `/readyz` says no. */
  stop(): void
}

/** What HTTP routes call. Whatever needs the stream throws NATS_UNAVAILABLE while there is no connection. */
export function createDoors(deps: DoorsDeps): ServiceDoors {
  const { partition, books, metrics, observer, bus } = deps
  const shown = new ShownFindings(partition)
  let isStopping = false
  const connected = () => {
    const present = bus()
    if (present?.connection.isConnected !== true) throw new ServiceError('NATS_UNAVAILABLE')
    return present
  }
  return {
    check: (body, asked) => check(deps, body, asked),
    publishEvent: (message) => connected().publish(message),
    eventBytesMax: () => eventBytesMaxOf(deps),
    warningsAfter: (page) => warningsAfter(connected().connection, page),
    indicators: (institution, month) => indicatorsOf(deps, institution, month),
    shownRule: (warningId) => shown.ruleOf(warningId),
    feedbackSummary: (asked) => feedbackSummary(deps, asked),
    noteShown: (asked) => shown.note(asked),
    rulebook: () => books.current(),
    isHeld: (rule) => partition.state.held.includes(rule),
    overridesOf: (rule) => ({
      jump: jumpOf(partition.histories.feedback, rule),
      demotedDay: demotedDayOf(partition.histories.feedback, rule),
    }),
    reload: () => books.reload(),
    readiness: () => readiness(deps, isStopping),
    metricsText: () => metrics.text(),
    onAnswer: (answer) => observer.answered(answer),
    stop() { isStopping = true },
  }
}

/** What the server takes, where it is there. */
export function eventBytesMaxOf({ bus, eventBytesMax }: Pick<DoorsDeps, 'bus' | 'eventBytesMax'>): number {
  return bus()?.eventBytesMax ?? eventBytesMax
}

/** Incomplete where the month begins in a gap of the stream, or events of it are still to be read. */
function indicatorsOf(
  { partition, now }: DoorsDeps, institution: string, month = minuteText(minuteAt(now())).slice(0, 7),
): IndicatorsAnswer {
  const first = dayOf(`${month}-01`)
  const { histories, state: { phase } } = partition
  const fromDay = Math.max(histories.gapUntilDay, histories.watermarkDay - indicatorDays)
  const { figures, departments, doctors, overflowed } = histories.indicators.monthOf(institution, first)
  const complete = phase === 'ready' && fromDay <= first
  return {
    institution, month, complete, overflowed, figures: figures.map(said),
    departments: departments.map(({ name, figures: own }) => ({ name, figures: own.map(said) })),
    doctors: doctors.map(({ name, figures: own }) => ({ name, figures: own.map(said) })),
  }
}

const said = ({ percent, ...rest }: Figure) => percent === undefined ? rest : { percent, ...rest }

/** Also while NATS is away: then incomplete, with the age of what was known. */
function check(deps: DoorsDeps, body: unknown, asked: CheckAsked): CheckAnswer {
  const { claim, verdict, remedies, isCurrent, historyAgeMs } = judged(deps, body, asked)
  const answer = describeVerdict(claim, verdict, {
    words: asked.stage === 'pre-alert' ? 'brief' : 'full', remedies,
  })
  return { ...answer, complete: answer.complete && isCurrent, history_age_ms: historyAgeMs ?? null }
}

export interface Judged {
  readonly claim: Claim
  /** Rules that wait for the rebuild of the histories, or for a visit that is unread, are not reached. */
  readonly verdict: Verdict
  /** What would put each finding right. */
  readonly remedies: ReadonlyMap<Finding, readonly Remedy[]>
  /** False while the histories are behind the stream, or it is away. */
  readonly isCurrent: boolean
  /** Of `earlier`, what nobody could read: it is no part of the past that was judged by. */
  readonly unread: readonly { readonly place: number, readonly mistake: ServiceError }[]
  /** Of what was known, at least 1 where that is not current, undefined where nobody can tell; else 0. */
  readonly historyAgeMs: number | undefined
}

interface JudgeOptions {
  readonly stop: () => boolean
  readonly stage?: Stage
  /** Data of the patient's other visits, as settlements. */
  readonly earlier?: readonly object[]
}

/** Decodes data of a settlement and judges it; what both ways of asking have in common. */
export function judged(
  deps: DoorsDeps, data: unknown, { stop, stage = 'pre-alert', earlier = [] }: JudgeOptions,
): Judged {
  const { partition, observer, now } = deps
  const receivedAt = now()
  const context = { time: new Date(receivedAt).toISOString(), receivedAt, base: '', isAsked: true }
  const claim = decodeSettlement(data, context)
  const { told, unread } = toldOf(earlier, (one) => decodeSettlement(one, context))
  let found = noCounterfactuals
  const verdict = partition.check(claim, {
    stop, stage, told, isPastUnread: unread.length > 0,
    examine: (asked) => { found = counterfactuals(asked) },
  })
  if (found !== noCounterfactuals) deps.metrics.remedies(found)
  const waiting = verdict.unknowns.filter(({ missing }) => missing === rebuildingReason)
  const isCurrent = partition.state.phase === 'ready' && !isCut(deps)
  return {
    claim,
    remedies: found.of,
    verdict: waiting.length === 0 ? verdict : {
      ...verdict,
      unknowns: verdict.unknowns.filter((one) => !waiting.includes(one)),
      notReached: [...new Set([...verdict.notReached, ...waiting.map(({ rule }) => rule)])],
    },
    isCurrent,
    unread,
    historyAgeMs: isCurrent ? 0 : ageMsOf(receivedAt, observer.lastReceivedAt),
  }
}

/** `lastReceivedAt`: 0 until this process has received an event. */
function ageMsOf(now: number, lastReceivedAt: number): number | undefined {
  return lastReceivedAt === 0 ? undefined : Math.max(1, Math.round(now - lastReceivedAt))
}

/** A mistake in a visit that nobody asks about is no reason not to judge the one that is asked about. */
function toldOf(earlier: readonly object[], decode: (one: object) => Claim) {
  const told: Claim[] = []
  const unread: Judged['unread'][number][] = []
  for (const [place, one] of earlier.entries()) {
    try {
      told.push(decode(one))
    } catch (error) {
      /* c8 ignore next -- a bug, as where the claim itself is decoded */
      if (!(error instanceof ServiceError)) throw error
      unread.push({ place, mistake: error })
    }
  }
  return { told, unread }
}

const remedies: Partial<Record<string, string>> = {
  STORE_FULL: 'free some space on the disk of DATA_DIR; nothing is lost, reading goes on by itself',
  STORE_UNAVAILABLE: 'look at the disk of DATA_DIR; reading goes on by itself',
  NATS_UNAVAILABLE: 'start the NATS server, or look at NATS_URL; reading goes on by itself',
  MESSAGE_UNSENT: 'look at the NATS server and at the limits of CLAIMS_WARNING and CLAIMS_DEAD',
}

/** It is no reason to be unready: all other rules are sent. */
function heldReason(rule: string): Readiness['reasons'][number] {
  return {
    code: 'RULE_HELD',
    message: `rule ${rule} fires too often: its findings are kept and not sent`,
    remedy: `read them on claims.trial.${rule}, then npm run rules -- confirm ${rule} <who>, `
      + 'or put it on trial',
  }
}

/** Nor is this. */
function demotedReason({ id }: Rule): Readiness['reasons'][number] {
  return {
    code: 'RULE_DEMOTED',
    message: `users go on with rule ${id} all the same: it is back on trial, its findings are not sent`,
    remedy: `read their reasons at GET /v1/feedback/summary, then mend it; npm run rules -- confirm ${id} `
      + '<who> brings it back',
  }
}

/** The client reconnects by itself; until then nothing can be read, and that is no reason to start again. */
function isCut({ bus }: DoorsDeps): boolean {
  return bus()?.connection.isConnected === false
}

function readiness(deps: DoorsDeps, isStopping: boolean): Readiness {
  if (isStopping) {
    return unready('SERVICE_STOPPING', 'the service is stopping')
  }
  const { phase, reason, errorCode, held } = deps.partition.state
  if (isCut(deps)) return unready('NATS_UNAVAILABLE', 'the connection to the NATS server is lost')
  if (phase === 'ready') {
    const { partition: { histories: { feedback } }, books } = deps
    const demoted = books.current().rules.filter((rule) => demotedDayOf(feedback, rule) !== undefined)
    return { ready: true, reasons: [...held.map(heldReason), ...demoted.map(demotedReason)] }
  }
  return unready(errorCode === '' ? phase : errorCode, reason)
}

function unready(code: string, message: string): Readiness {
  return { ready: false, reasons: [{ code, message, remedy: remedies[code] ?? '' }] }
}
