// Runs the cases that stand beside the rules: base claim and overrides -> decode -> history ->
// evaluate -> what was expected. The same code as for a real event from decode on. Pure.
import type { Claim } from '../claim/claim.js'
import { latestMinute } from '../claim/day.js'
import { decodeNotice } from '../claim/decode-notice.js'
import { decodeSettlement } from '../claim/decode-settlement.js'
import { Place } from '../claim/place.js'
import { ServiceError } from '../errors.js'
import { Histories } from '../history/histories.js'
import {
  baseClaimsPath, isCasePath, readBaseClaims, readCaseFile,
} from '../rulebook/case-file.js'
import type { BaseClaims, Case, Override } from '../rulebook/case-file.js'
import type { Mistake, RuleText } from '../rulebook/mistake.js'
import type { RuleBook } from '../rulebook/rulebook.js'
import { buildSettlement } from './case-claim.js'
import { evaluate } from './evaluate.js'
import { claimDayOf } from './gather.js'
import { isInForce } from './in-force.js'
import type { Verdict } from './verdict.js'

export interface CaseSuite {
  readonly bases: BaseClaims
  readonly files: readonly CaseSuiteFile[]
  readonly mistakes: readonly Mistake[]
}

export interface CaseSuiteFile {
  readonly rule: string
  readonly path: string
  readonly cases: readonly Case[]
  at(index: number): string
}

export interface CaseResult {
  readonly rule: string
  readonly name: string
  readonly kind: Case['kind']
  /** file:line */
  readonly at: string
  /** What came out otherwise than expected; empty: passed. */
  readonly failures: readonly string[]
}

/** Reads every case file and the base claims. */
export function readCases(texts: readonly RuleText[]): CaseSuite {
  const mistakes: Mistake[] = []
  const files: CaseSuiteFile[] = []
  let bases: BaseClaims = {}
  for (const text of texts) {
    if (text.path === baseClaimsPath) {
      const read = readBaseClaims(text)
      mistakes.push(...read.mistakes)
      bases = read.value ?? {}
    } else if (isCasePath(text.path)) {
      const { value, mistakes: wrong, at } = readCaseFile(text)
      mistakes.push(...wrong)
      if (value === undefined) continue
      const { rule, cases } = value
      files.push({ rule, path: text.path, cases, at: (index) => at(`/cases/${index}`) })
    }
  }
  return { bases, files, mistakes }
}

/** Every rule has a hit, a clear and a border case, and every case file a rule. */
export function coverageMistakes(book: RuleBook, { files }: CaseSuite): Mistake[] {
  const mistakes: Mistake[] = []
  for (const { id, file } of book.rules) {
    const cases = files.filter(({ rule }) => rule === id).flatMap((each) => each.cases)
    const missing = (['hit', 'clear', 'border'] as const).filter((kind) =>
      !cases.some((one) => one.kind === kind))
    if (missing.length === 0) continue
    const message = `${id} 缺少案例：${missing.join('、')}`
    mistakes.push({ code: 'RULE_INVALID', path: `${file}:1`, message })
  }
  for (const { rule, path } of files) {
    if (book.rules.some(({ id }) => id === rule)) continue
    mistakes.push({ code: 'RULE_INVALID', path: `${path}:1`, message: `rule：没有规则 ${rule}` })
  }
  return mistakes
}

/** Every case in the order of its file, well or not; a case without failures holds. */
export function runCases(book: RuleBook, { bases, files }: CaseSuite): CaseResult[] {
  return files.flatMap(({ rule, cases, at }) => cases.map((one, index) => ({
    rule, name: one.name, kind: one.kind, at: at(index),
    failures: runCase(book, { rule, bases, one }),
  })))
}

/** What went otherwise than the case expects. */
export function runCase(
  book: RuleBook, { rule, bases, one }: { rule: string, bases: BaseClaims, one: Case },
): string[] {
  let scene: CaseScene
  try {
    scene = sceneOf(one, bases)
  } catch (error) {
    const { path = '', message } = error as Partial<ServiceError>
    return [`案例的结算单不能读取：${path} ${message}`]
  }
  const { claim, histories } = scene
  const verdict = evaluate(book, claim, histories.view(claim))
  return compare(verdict, one, { rule, isInForce: isInForce(book, rule, claim) })
}

export interface CaseScene {
  readonly claim: Claim
  readonly histories: Histories
}

/** The claim of a case and what is remembered before it. Throws ServiceError for what nobody can read. */
export function sceneOf(one: Case, bases: BaseClaims): CaseScene {
  const { base: baseName } = one.claim
  const patient = patientOf(one.claim)
  const histories = new Histories({ load: () => undefined, cacheBytes: caseCacheBytes })
  for (const [index, before] of (one.before ?? []).flatMap(repeated).entries()) {
    const { event } = before
    if (event === 'stock' || event === 'registry') {
      note(histories, event, before.data)
      continue
    }
    const override = { ...before, patient: { ...patient, ...patientOf(before) } }
    remember(histories, claimOf(override, { bases, baseName, number: index + 1 }), event)
  }
  return { claim: claimOf(one.claim, { bases, baseName, number: 0 }), histories }
}

const repeated = (before: Override) => Array.from({ length: before.repeat ?? 1 }, () => before)

/** A settlement, or of its visit only what an admission or a discharge tells. */
function remember(
  histories: Histories, claim: Claim, event: 'admission' | 'discharge' | undefined,
): void {
  const { patient, visit } = claim
  if (event === undefined) {
    histories.record(claim)
    return
  }
  const day = event === 'admission' ? visit.startDay : claimDayOf(claim)
  const stay = { patientKey: patient.key, institution: visit.institution.id, visit: visit.id, day }
  histories.noteStay(event, stay)
}

/** An event that is no claim and no part of a visit. */
function note(histories: Histories, type: 'stock' | 'registry', data: unknown): void {
  const place = new Place('/data')
  const event = decodeNotice(type, data, { place, latest: latestMinute(receivedAt) })
  if (event.type === 'stock') histories.noteStock(event.movement)
  if (event.type === 'registry') histories.noteRegistry(event.notice)
}

/** Earlier settlements are the same patient's unless the case says otherwise. */
function patientOf({ patient }: Readonly<Record<string, unknown>>): object {
  return typeof patient === 'object' && patient !== null ? patient : {}
}

const caseCacheBytes = 16 * 1_048_576 // far more than any case remembers

/** Cases are not about the clock: nothing in them is from the future. */
const receivedAt = Date.UTC(2100, 0, 1)

function claimOf(
  override: Override, { bases, ...options }: {
    bases: BaseClaims, baseName: string, number: number
  },
): Claim {
  const { base = options.baseName } = override
  const data = buildSettlement(override, bases, options)
  if (data === undefined) {
    const detail = `base-claims.yaml 里没有 ${base}`
    throw new ServiceError('RULE_INVALID', { path: 'base', detail })
  }
  const at = override.received === undefined ? receivedAt : Date.parse(override.received)
  return decodeSettlement(data, { time: String(data['settled_at']), receivedAt: at })
}

function compare(
  verdict: Verdict, { expect }: Case, { rule, isInForce }: { rule: string, isInForce: boolean },
): string[] {
  const findings = verdict.findings.filter((finding) => finding.rule === rule)
  const missing = verdict.unknowns.filter((one) => one.rule === rule).map((one) => one.missing)
  if (verdict.failed.includes(rule)) return ['检查出错（程序缺陷）']
  const result = findings.length > 0 ? 'hit'
    : missing.length > 0 ? 'unknown'
      : isInForce ? 'clear' : 'not-in-force'
  if (result !== expect.result) {
    return [`应为 ${expect.result}，实为 ${result}${missing.length > 0 ? `（缺 ${missing}）` : ''}`]
  }
  const failures: string[] = []
  const { facts, violating } = expect
  if (facts !== undefined) {
    const differences = findings.map((finding) => factDifferences(facts, finding.facts))
    if (!differences.some((each) => each.length === 0)) failures.push(...differences[0] ?? ['没有事实'])
  }
  if (violating !== undefined) {
    const items = [...new Set(findings.flatMap((finding) =>
      finding.violating.map(({ item }) => item)))].toSorted((a, b) => a - b)
    if (String(items) !== String(violating.toSorted((a, b) => a - b))) {
      failures.push(`违规明细应为 [${violating}]，实为 [${items}]`)
    }
  }
  if (expect.missing !== undefined && !missing.includes(expect.missing)) {
    failures.push(`缺少的字段应为 ${expect.missing}，实为 ${missing.join('、') || '无'}`)
  }
  if (expect.findings !== undefined && findings.length !== expect.findings) {
    failures.push(`疑点应为 ${expect.findings} 个，实为 ${findings.length} 个`)
  }
  return failures
}

function factDifferences(
  expected: Readonly<Record<string, string | number>>,
  actual: Readonly<Record<string, string | number>>,
): string[] {
  return Object.entries(expected)
    .filter(([name, value]) => actual[name] !== value)
    .map(([name, value]) => `事实 ${name} 应为 ${value}，实为 ${actual[name] ?? '没有'}`)
}
