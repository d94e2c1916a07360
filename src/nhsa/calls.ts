// What each transaction does: 3101 and 3102 ask the engine, 3103 tells the stream. The same message sent
// again gets the same answer. Remembers nothing of a patient but for that long, and within a bound.
import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { Claim } from '../claim/claim.js'
import type { Verdict } from '../engine/verdict.js'
import { ServiceError } from '../errors.js'
import type { Stage } from '../rulebook/rulebook.js'
import { answerText } from './answer.js'
import { amountsAtRisk, auditFindings, auditResults } from './audit-answer.js'
import { auditRequest } from './audit-request.js'
import type { AuditRequest } from './audit-request.js'
import { readEnvelope } from './envelope.js'
import type { Envelope } from './envelope.js'
import { feedbackOf } from './feedback.js'
import type { FeedbackData } from './feedback.js'
import { personKey } from './identifier.js'
import { NhsaRefusal } from './refusal.js'
import { sm4Seal } from './seal.js'
import { Shown } from './shown.js'
import { SignatureCheck, windowSeconds } from './signature.js'
import { anyTenant, mayActFor } from './tenants.js'
import type { Tenant, Tenants } from './tenants.js'

export interface JudgeOptions {
  readonly stop: () => boolean
  readonly stage: Stage
  /** Other visits of the patient that the message carries, as data of settlements. */
  readonly earlier: readonly object[]
}

export interface Judged {
  readonly claim: Claim
  readonly verdict: Verdict
  /** False while the histories are behind the stream. */
  readonly isCurrent: boolean
}

/** What operators see of an answer. */
export interface NhsaAnswered {
  /** '' for what was refused. */
  readonly infno: string
  readonly isComplete: boolean
  readonly repairs: readonly string[]
  /** Findings not shown again; absent: none. */
  readonly heldBack?: number
  readonly isRefused: boolean
}

export interface NhsaDeps {
  /** Decodes data of a settlement and judges it. Throws ServiceError for what cannot be judged. */
  judge(settlement: object, options: JudgeOptions): Judged
  /** Resolves when the stream has the feedback. */
  tell(feedback: FeedbackData, institution: string): Promise<void>
  /** Ids of the rules known by this id or national code. */
  rulesNamed(name: string): readonly string[]
  /** Where there is no file of tenants: whether the request's API key allows it. */
  mayAsk(request: FastifyRequest, institution: string): boolean
  /** By the clock `elapsed`. */
  startedAt(request: FastifyRequest): number
  readonly tenants: Tenants
  /** Makes keys of person numbers; the senders of events use the same. */
  readonly personSecret: string
  now(): number
  elapsed(): number
  onAnswer(answer: NhsaAnswered): void
  onFailure(error: unknown, requestId: string): void
}

export interface Call {
  readonly bytes: Uint8Array
  /** From the path; undefined where it has none. */
  readonly infnoOfPath: string | undefined
  /** Value of a header by its lower-case name; '' for none. */
  header(name: string): string
  readonly charset: string | undefined
  readonly startedAt: number
  mayAsk(institution: string): boolean
}

/** Island variants of the pair beside the national ones. */
const audits: ReadonlyMap<string, Stage> = new Map([
  ['3101', 'pre-alert'], ['3660', 'pre-alert'], ['3102', 'audit'], ['3661', 'audit'],
] as const)
const feedbacks: ReadonlySet<string> = new Set(['3103'])
const answersBytesMax = 67_108_864
const deadlineMsMax = 60_000
/** Kept for writing the answer: a tenth of the budget, and never more than a large answer needs. */
const answerShare = 0.1
const answerMsMax = 5

interface Answered {
  readonly content: string
  readonly answer: Promise<string>
}

export class NhsaCalls {
  readonly #deps: NhsaDeps
  readonly #signatures = new SignatureCheck()
  readonly #answered: LRUCache<string, Answered>
  readonly #shown = new Shown()
  #serial = 0

  constructor(deps: NhsaDeps) {
    this.#deps = deps
    this.#answered = new LRUCache({
      ttl: windowSeconds * 1_000,
      perf: { now: () => deps.elapsed() },
      maxSize: answersBytesMax,
      sizeCalculation: () => answerBytes,
    })
  }

  /** Never rejects for what a client did: the answer says what was wrong. */
  async answer(call: Call): Promise<string> {
    let tenant = anyTenant
    try {
      tenant = this.#tenantOf(call)
      const seal = tenant.sm4Key === undefined ? undefined : sm4Seal(tenant.sm4Key)
      const envelope = readEnvelope(call.bytes, { charset: call.charset ?? tenant.charset, open: seal?.open })
      return await this.#once(envelope, tenant, () => this.#dispatch(envelope, tenant, call))
    } catch (error) {
      if (error instanceof NhsaRefusal) return this.refuse(tenant, error.message)
      if (error instanceof ServiceError) return this.refuse(tenant, `${error.path} ${error.message}`.trim())
      throw error
    }
  }

  /** The answer to what is not judged. */
  refuse(tenant: Tenant, message: string): string {
    this.#deps.onAnswer({ infno: '', isComplete: false, repairs: [], isRefused: true })
    return this.#text({ result: [] }, message, { tenant, region: '' })
  }

  #tenantOf(call: Call): Tenant {
    const { tenants, now } = this.#deps
    const paasid = call.header('x-tif-paasid')
    const tenant = tenants.find(paasid)
    if (tenant === anyTenant) return tenant
    this.#signatures.verify({
      paasid,
      timestamp: call.header('x-tif-timestamp'),
      nonce: call.header('x-tif-nonce'),
      signature: call.header('x-tif-signature'),
    }, { secrets: tenant?.secrets ?? [], now: Math.floor(now() / 1_000) })
    return tenant! // without one no signature is right
  }

  /** A message sent again while its answer is known, or being made, is not judged again. */
  #once(envelope: Envelope, tenant: Tenant, run: () => Promise<string>): Promise<string> {
    const { infno, msgid, institution, input } = envelope
    if (msgid === '') return run()
    const key = [tenant.id, institution, infno, msgid].join('\n')
    const content = createHash('sha256').update(JSON.stringify(input)).digest('base64')
    const known = this.#answered.get(key)
    if (known !== undefined) {
      if (known.content === content) return known.answer
      return Promise.reject(new NhsaRefusal('发送方报文ID msgid 重复，而内容不同'))
    }
    const answer = run()
    this.#answered.set(key, { content, answer })
    answer.catch(() => { this.#answered.delete(key) }) // what failed may be tried again
    return answer
  }

  async #dispatch(envelope: Envelope, tenant: Tenant, call: Call): Promise<string> {
    const { infno } = envelope
    if (call.infnoOfPath !== undefined && call.infnoOfPath !== infno) {
      throw new NhsaRefusal(`地址中的交易编号 ${call.infnoOfPath.slice(0, 10)} 与报文的 infno ${infno} 不一致`)
    }
    const stage = audits.get(infno)
    if (stage === undefined && !feedbacks.has(infno)) {
      throw new NhsaRefusal(`不支持的交易编号 infno ${infno}；支持 3101、3102、3103`)
    }
    const isAllowed = (institution: string) => tenant === anyTenant
      ? call.mayAsk(institution)
      : mayActFor(tenant, institution)
    if (stage !== undefined) return this.#audit(envelope, { tenant, call, stage, isAllowed })
    return this.#feedback(envelope, tenant, isAllowed)
  }

  #audit(envelope: Envelope, { tenant, call, stage, isAllowed }: {
    tenant: Tenant, call: Call, stage: Stage, isAllowed: (institution: string) => boolean,
  }): string {
    const { judge, elapsed, now, personSecret, onAnswer } = this.#deps
    const { dialect } = tenant
    const request = auditRequest(envelope, { dialect, keyOf: (person) => personKey(personSecret, person) })
    if (!isAllowed(request.institution)) throw new NhsaRefusal(`无权代表医疗机构 ${request.institution}`)
    const budgetMs = budgetOf(call.header('x-deadline-ms'), tenant)
    const stopAt = call.startedAt + budgetMs - Math.min(answerMsMax, budgetMs * answerShare)
    const { claim, verdict, isCurrent } = judge(request.settlement, {
      stop: () => elapsed() >= stopAt, stage: stageOf(request, stage), earlier: request.earlier,
    })
    const found = this.#narrowed(auditFindings(verdict, request), request)
    const { fresh, heldBack } = this.#shown.take(found, {
      claim, tenant: tenant.id, windowMinutes: tenant.repeatMinutes, scenes: request.scenes, now: now(),
    })
    const results = auditResults(claim, fresh, { request, msgid: envelope.msgid, dialect })
    const isComplete = isCurrent && verdict.notReached.length === 0
    onAnswer({ infno: envelope.infno, isComplete, repairs: request.repairs, heldBack, isRefused: false })
    return this.#text({
      result: dialect.result === 'array' ? results : results[0] ?? null,
      complete: isComplete,
      not_reached: verdict.notReached,
      at_risk: amountsAtRisk(claim, found),
      held_back: heldBack,
    }, '', { tenant, region: envelope.region })
  }

  /** Rules that the client asks for; names that no rule has never silence the audit. */
  #narrowed<T extends { rule: string }>(found: readonly T[], { ruleIds }: AuditRequest): readonly T[] {
    const known = new Set(ruleIds.flatMap((name) => this.#deps.rulesNamed(name)))
    return known.size === 0 ? found : found.filter(({ rule }) => known.has(rule))
  }

  async #feedback(
    envelope: Envelope, tenant: Tenant, isAllowed: (institution: string) => boolean,
  ): Promise<string> {
    const { institution } = envelope
    const { accepted, refused } = feedbackOf(envelope)
    if (!isAllowed(institution)) throw new NhsaRefusal(`无权代表医疗机构 ${institution}`)
    await Promise.all(accepted.map((one) => this.#deps.tell(one, institution)))
    const { infno, repairs } = envelope
    this.#deps.onAnswer({ infno, isComplete: true, repairs, isRefused: false })
    if (accepted.length === 0) throw new NhsaRefusal(refused[0]!.err_msg)
    return this.#text({ accepted: accepted.length, refused }, '', { tenant, region: envelope.region })
  }

  #text(output: unknown, error: string, { tenant, region }: { tenant: Tenant, region: string }): string {
    const { now } = this.#deps
    const at = now()
    return answerText(output, error, {
      region, receivedAt: at, answeredAt: now(), serial: ++this.#serial, dialect: tenant.dialect,
      seal: tenant.sm4Key === undefined ? undefined : sm4Seal(tenant.sm4Key),
    })
  }
}

/** An answer as remembered: some findings of a bill; the bound is of the order, not of the byte. */
const answerBytes = 4_096

function budgetOf(header: string, { deadlineMs }: Tenant): number {
  return /^\d{1,5}$/.test(header) && Number(header) > 0 ? Math.min(Number(header), deadlineMsMax) : deadlineMs
}

/** The scene tells the stage: 1 to 5 before, 6 to 10 while settling; else the transaction does. */
function stageOf({ scenes }: AuditRequest, stage: Stage): Stage {
  const scene = scenes[0]
  if (scene === undefined) return stage
  return scene <= 5 ? 'pre-alert' : 'audit'
}
