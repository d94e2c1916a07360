// Every Prometheus metric, and the functions that observe. On the hot path they add to plain
// numbers; samples are made when somebody scrapes. Labels come from closed sets, never a
// hospital or a patient.
import { collectDefaultMetrics, Registry } from 'prom-client'
import { DeliveryCounts } from './metrics/delivery.js'
import type { FeedbackReadings } from './metrics/feedback.js'
import { coarseBuckets, fineBuckets, Histogram } from './metrics/histogram.js'
import { metricList } from './metrics/list.js'
import { Series } from './metrics/series.js'
import { Tally } from './metrics/tally.js'

const fieldsMax = 200 // the wire has about 130 fields; a check may name a window beside them
const pairsMax = 5_000 // 88 rules, each lacking some dozens of fields at the very worst
const rulesMax = 2_000 // findings by rule: about twice what the benchmark loads
const routesMax = 50
const codesMax = 200

/** What is read when somebody scrapes, rather than counted as it happens. */
export interface Readings {
  readonly history: {
    readonly hits: number
    readonly misses: number
    readonly evictions: number
    readonly overflows: number
    readonly bytes: number
    readonly pinned: number
  }
  readonly lag: { readonly messages: number, readonly seconds: number }
  /** Statistical indicators of the month, by level of institution. */
  readonly indicators?: readonly { indicator: string, level: string, percent: number }[]
  /** What hospitals did with findings. */
  readonly feedback?: () => FeedbackReadings
  /** Rules that fire too often and are not sent. */
  readonly held?: readonly string[]
  /** received = the sum of the others; the names are those of the label `part`. */
  readonly accounting: Readonly<Record<AccountingPart, number>>
}

export type NhsaResult = 'complete' | 'incomplete' | 'refused'

export const accountingParts =
  ['received', 'judged', 'recorded', 'repeated', 'dead', 'missing', 'in_flight'] as const
export type AccountingPart = (typeof accountingParts)[number]

/** The counts that the functions below keep; the list of metrics reads them. */
export interface Counted {
  readonly events: Tally
  readonly findings: Tally
  readonly unknowns: Tally
  readonly failures: Tally
  readonly dead: Tally
  readonly refusals: Tally
  readonly reloads: Tally
  readonly nhsaAnswers: Tally
  readonly nhsaRepairs: Tally
  readonly heldBack: number
  readonly nhsaDropped: Tally
  readonly nhsaLate: number
  readonly nhsaNoncesForgotten: () => number
  readonly remediesTold: Tally
  readonly judgement: Histogram
  readonly warning: Histogram
  readonly commit: Histogram
  readonly requests: ReadonlyMap<string, Histogram>
  readonly judged: number
  readonly atRiskFen: number
  readonly version: string
  /** Of the rule book in force. */
  readonly ruleIds: ReadonlySet<string>
  readonly knowledge: string
  readonly isReloaded: boolean
  readonly readings: Readings | undefined
  readonly delivery: DeliveryCounts
}

/**
 * One for a process. Durations are seconds, amounts fen until they are scraped. Never throws for what
 * it is told.
 */
export class Metrics implements Counted {
  readonly events = new Tally(['type', 'result'], codesMax)
  readonly findings = new Tally(['rule', 'severity', 'status'], rulesMax)
  readonly unknowns = new Tally(['rule', 'field'], pairsMax)
  readonly failures = new Tally(['rule'], rulesMax)
  readonly dead = new Tally(['code'], codesMax)
  readonly refusals = new Tally(['code'], codesMax)
  readonly reloads = new Tally(['result'], codesMax)
  readonly nhsaAnswers = new Tally(['infno', 'result'], codesMax)
  readonly nhsaRepairs = new Tally(['kind'], codesMax)
  readonly nhsaDropped = new Tally(['what'], codesMax)
  readonly judgement = new Histogram(fineBuckets)
  readonly warning = new Histogram(fineBuckets)
  readonly commit = new Histogram(coarseBuckets)
  readonly requests = new Map<string, Histogram>()
  readonly delivery = new DeliveryCounts()
  judged = 0
  heldBack = 0
  nhsaLate = 0
  /** Of the signature check, where there is one. */
  nhsaNoncesForgotten = () => 0
  readonly remediesTold = new Tally(['result'], codesMax)
  atRiskFen = 0
  version = ''
  ruleIds: ReadonlySet<string> = new Set()
  knowledge = ''
  isReloaded = false
  readonly #fields = new Set<string>()
  readonly #registry = new Registry()
  #read: (() => Readings) | undefined

  constructor() {
    for (const metric of metricList(this)) new Series(this.#registry, metric)
  }

  get readings(): Readings | undefined {
    return this.#read?.()
  }

  /** Says where the histories, the lag and the accounting are read at a scrape. */
  readFrom(read: () => Readings): void {
    this.#read = read
  }

  /** Adds what the process itself costs. It watches the garbage collector from then on. */
  watchProcess(): void {
    // Most pauses are of 0.3 ms (measured, 2 MB young): the library's own steps begin at 1 ms.
    const gcDurationBuckets = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1]
    collectDefaultMetrics({ register: this.#registry, gcDurationBuckets })
  }

  /** One event of the stream. */
  event(type: string, result: string): void {
    this.events.add(type, result)
  }

  /** One claim: how long its judgement took. */
  claim(seconds: number): void {
    this.judged++
    this.judgement.observe(seconds)
  }

  finding(rule: string, severity: string, status: string): void {
    this.findings.add(rule, severity, status)
  }

  unknown(rule: string, field: string): void {
    this.unknowns.add(rule, this.#field(field))
  }

  /** A check threw: our bug. */
  failure(rule: string): void {
    this.failures.add(rule)
  }

  /** Of one claim, no item counted twice. */
  atRisk(fen: number): void {
    this.atRiskFen += fen
  }

  /** From the stream's receipt of an event to the server's acceptance of its warning. */
  warningAccepted(seconds: number): void {
    this.warning.observe(seconds)
  }

  committed(seconds: number): void {
    this.commit.observe(seconds)
  }

  deadLetter(code: string): void {
    this.dead.add(code)
  }

  /** One answer of the HTTP door; `code` is '' when it was no error. */
  request({ route, seconds, code }: { route: string, seconds: number, code: string }): void {
    const known = this.requests.has(route) || this.requests.size < routesMax ? route : 'other'
    let histogram = this.requests.get(known)
    if (histogram === undefined) this.requests.set(known, histogram = new Histogram(coarseBuckets))
    histogram.observe(seconds)
    if (code !== '') this.refusals.add(code)
  }

  /** A rule book is in force. Rules it does not have are forgotten. */
  rulebook(version: string, rules: readonly string[], knowledge = ''): void {
    const ids = new Set(rules)
    this.ruleIds = ids
    this.version = version
    this.knowledge = knowledge
    for (const tally of [this.findings, this.unknowns, this.failures]) {
      tally.keep((rule) => ids.has(rule))
    }
  }

  /** An answer of the national interface, and what had to be put right to read its message. */
  nhsaAnswer(infno: string, result: NhsaResult, { repairs, heldBack }: {
    readonly repairs: readonly string[], readonly heldBack: number,
  }): void {
    this.heldBack += heldBack
    this.nhsaAnswers.add(infno, result)
    for (const kind of repairs) this.nhsaRepairs.add(kind)
  }

  /** What was found to put the findings of one question right. */
  remedies({ of, isCut }: { readonly of: { readonly size: number }, readonly isCut: boolean }): void {
    this.remediesTold.add(isCut ? 'cut' : of.size === 0 ? 'none' : 'told')
  }

  /** A reload was tried; after a refused one the old rule book stays in force. */
  reload(isAccepted: boolean): void {
    this.isReloaded = isAccepted
    this.reloads.add(isAccepted ? 'accepted' : 'refused')
  }

  /** What `/metrics` answers, in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }

  #field(field: string): string {
    if (this.#fields.has(field)) return field
    if (this.#fields.size >= fieldsMax) return 'other'
    this.#fields.add(field)
    return field
  }
}

export const metricsContentType = Registry.PROMETHEUS_CONTENT_TYPE

/** The README's table of metrics. */
export function metricsTable(): string {
  const rows = metricList(new Metrics()).map(({ name, type, labels, help, advice }) =>
    `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help} | ${advice} |`)
  const head = ['| metric | kind | labels | meaning | when it moves |', '|---|---|---|---|---|']
  return [...head, ...rows].join('\n')
}
