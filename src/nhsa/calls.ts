// What each transaction does: 3101 and 3102 ask the engine, 3103 tells the stream. The same message sent
// again gets the same answer. Remembers nothing of a patient but for that long, and within a bound.
import type { FastifyRequest } from 'fastify'
import type { AskedWire } from '../claim/wire-asked.js'
import { ServiceError } from '../errors.js'
import type { Stage } from '../rulebook/rulebook.js'
import { answerText } from './answer.js'
import type { NhsaAnswered } from './answer.js'
import { askedOf } from './asked.js'
import { amountsAtRisk, auditFindings, auditResults } from './audit-answer.js'
import { judgedBy, pastLacks } from './audit-judged.js'
import type { Judge } from './audit-judged.js'
import { auditRequest } from './audit-request.js'
import type { AuditRequest } from './audit-request.js'
import { readEnvelope } from './envelope.js'
import type { Envelope } from './envelope.js'
import { feedbackOf } from './feedback.js'
import type { FeedbackData } from './feedback.js'
import { personKey } from './identifier.js'
import { mistakeTold } from './mistake.js'
import { NhsaRefusal } from './refusal.js'
import { Repeats } from './repeats.js'
import { requireRight } from './right.js'
import type { KeyHolder, KeyState } from './right.js'
import { sm4Seal } from './seal.js'
import { Shown } from './shown.js'
import { windowSeconds } from './signature.js'
import type { SignatureCheck } from './signature.js'
import { audits, feedbacks, stageOf } from './stage.js'
import { isSettling, settlementTold } from './told-settlement.js'
import type { ToldSettlement } from './told-settlement.js'
import { anyTenant, budgetMsOf } from './tenants.js'
import type { Tenant, Tenants } from './tenants.js'

export interface Budget {
  /** By the clock `elapsed`: when the head of the request was there. */
  readonly startedAt: number
  readonly budgetMs: number
}

export interface FeedbackAbout {
  readonly institution: string
  /** What it came in; '' where nothing names that. */
  readonly message: string
  readonly budget: Budget
}

export interface NhsaDeps {
  /** Decodes data of a settlement and judges it. Throws ServiceError for what cannot be judged. */
  readonly judge: Judge
  /** Resolves when the stream has the feedback; rejects with ServiceError, by the end of the budget. */
  tell(feedback: FeedbackData, about: FeedbackAbout): Promise<void>
  /** The rule of what was shown under an id, '' where it is not known which; undefined: nothing was. */
  shownRule(warningId: string): string | undefined
  /** Tells the stream what was asked, after the answer: never waits, never throws. */
  noteAsked(asked: AskedWire): void
  /** False: the stream has not taken it within the budget; it is tried on. */
  recordSettlement(told: ToldSettlement, budget: Budget): Promise<boolean>
  /** Ids of the rules known by this id or national code. */
  rulesNamed(name: string): readonly string[]
  /** Where there is no file of tenants: whether the request's API key allows it. */
  mayAsk(request: FastifyRequest, institution: string): boolean
  /** Likewise: whether there is one, and whether it is known. */
  keyOf(request: FastifyRequest): KeyState
  /** By the clock `elapsed`. */
  startedAt(request: FastifyRequest): number
  /** Whether to stop, so that an answer comes within its budget. */
  stopAfter(budget: Budget): () => boolean
  readonly tenants: Tenants
  readonly signatures: SignatureCheck
  /** Makes keys of person numbers; the senders of events use the same. */
  readonly personSecret: string
  now(): number
  elapsed(): number
  onAnswer(answer: NhsaAnswered): void
  /** An answer came after its deadline. */
  onLate(): void
  onFailure(error: unknown, requestId: string): void
}

export interface Call extends KeyHolder {
  readonly bytes: Uint8Array
  /** From the path; undefined where it has none. */
  readonly infnoOfPath: string | undefined
  /** Value of a header by its lower-case name; '' for none. */
  header(name: string): string
  readonly charset: string | undefined
  readonly startedAt: number
  /** Id of the API key; undefined: it has none that is known. */
  readonly caller: string | undefined
  /** For whom it turned out to be, as far as it is known: the audit log says so. */
  readonly asker: { who: string, institution: string }
}

interface Asking {
  readonly tenant: Tenant
  readonly call: Call
  readonly budget: Budget
  readonly stop: () => boolean
  /** What the message is known by, when it is sent again. */
  readonly name: string
}

/**
 * One for a process: what was shown and answered is known here alone. `answer` and `refuse` give the
 * text to send, over HTTP 200 whatever it says.
 */
export class NhsaCalls {
  readonly #deps: NhsaDeps
  readonly #repeats: Repeats
  readonly #shown = new Shown()
  #serial = 0

  constructor(deps: NhsaDeps) {
    this.#deps = deps
    this.#repeats = new Repeats({ ttlMs: windowSeconds * 1_000, elapsed: () => deps.elapsed() })
  }

  /** Never rejects for what a client did: the answer says what was wrong. */
  async answer(call: Call): Promise<string> {
    const { startedAt } = call
    const claimed = this.#deps.tenants.find(call.header('x-tif-paasid')) ?? anyTenant
    const budgetMs = budgetMsOf(call.header('x-deadline-ms'), claimed)
    try {
      return await this.#answerWithin({ startedAt, budgetMs }, call)
    } finally {
      if (this.#deps.elapsed() > startedAt + budgetMs) this.#deps.onLate()
    }
  }

  async #answerWithin(budget: Budget, call: Call): Promise<string> {
    try {
      const tenant = this.#tenantOf(call)
      const stop = this.#deps.stopAfter(budget)
      // What waited until nobody waits for it costs nothing more: else it would make the next one late.
      if (stop()) return this.refuse(call, '已超过时限，本次未审核')
      const seal = tenant.sm4Key === undefined ? undefined : sm4Seal(tenant.sm4Key)
      const envelope = readEnvelope(call.bytes, {
        charset: call.charset ?? tenant.charset, open: seal?.open, isSigned: tenant.cainfo?.isRight,
      })
      requireSaid(envelope, call)
      // Of the caller: what one was answered is nobody else's, whoever has the bytes of the question.
      const who = tenant === anyTenant ? call.caller ?? '' : tenant.id
      const name = [who, envelope.institution, envelope.infno, envelope.msgid].join('\n')
      const run = () => this.#dispatch(envelope, { tenant, call, budget, stop, name })
      const answer = await (envelope.msgid === '' ? run() : this.#repeats.once(name, {
        bytes: call.bytes, inputText: envelope.inputText,
      }, run))
      call.asker.institution ||= envelope.institution // of a message that is sent again too
      return answer
    } catch (error) {
      if (error instanceof NhsaRefusal) return this.refuse(call, error.message)
      if (error instanceof ServiceError) return this.refuse(call, mistakeTold(error, []))
      throw error
    }
  }

  /** The answer to what is not judged: in the reading of the tenant that it says it is, never sealed. */
  refuse({ header, startedAt }: Pick<Call, 'header' | 'startedAt'>, message: string): string {
    this.#deps.onAnswer({ infno: '', isComplete: false, repairs: [], isRefused: true })
    const { dialect } = this.#deps.tenants.find(header('x-tif-paasid')) ?? anyTenant
    const output = { result: dialect.result === 'array' ? [] : null, complete: false }
    return this.#text(output, message, { tenant: { ...anyTenant, dialect }, startedAt })
  }

  #tenantOf(call: Call): Tenant {
    const { tenants, signatures, now } = this.#deps
    const paasid = call.header('x-tif-paasid')
    const tenant = tenants.find(paasid)
    if (tenant === anyTenant) return tenant
    signatures.verify({
      paasid,
      timestamp: call.header('x-tif-timestamp'),
      nonce: call.header('x-tif-nonce'),
      signature: call.header('x-tif-signature'),
    }, { secrets: tenant?.secrets ?? [], now: Math.floor(now() / 1_000) })
    call.asker.who = `tenant ${tenant!.id}`
    return tenant! // without one no signature is right
  }

  async #dispatch(envelope: Envelope, asking: Asking): Promise<string> {
    const { infno } = envelope
    const stage = audits.get(infno)
    if (stage === undefined && !feedbacks.has(infno)) {
      throw new NhsaRefusal(`不支持的交易编号 infno ${infno}；支持 3101、3102、3103`)
    }
    return stage === undefined
      ? this.#feedback(envelope, asking)
      : this.#audit(envelope, { ...asking, stage })
  }

  async #audit(
    envelope: Envelope, { stage, ...asking }: Asking & { readonly stage: Stage },
  ): Promise<string> {
    const { tenant, call, stop } = asking
    const { now, personSecret, onAnswer, noteAsked } = this.#deps
    const { dialect } = tenant
    const request = auditRequest(envelope, { dialect, keyOf: (person) => personKey(personSecret, person) })
    requireRight(request.institution, tenant, call)
    call.asker.institution = request.institution
    const asked = stageOf(request, stage)
    const judged = judgedBy(this.#deps.judge, request, { stop, stage: asked })
    const { claim, verdict, remedies, isCurrent, unread } = judged
    const found = this.#narrowed(auditFindings(verdict, request), request)
    const { fresh, heldBack } = this.#shown.take(found, {
      claim, tenant: tenant.id, windowMinutes: tenant.repeatMinutes, scenes: request.scenes, now: now(),
    })
    const results = auditResults(claim, fresh, { request, msgid: envelope.msgid, dialect, remedies })
    const isComplete = isCurrent && verdict.notReached.length === 0 && unread.length === 0
    const { infno } = envelope
    const repairs = unread.length === 0 ? request.repairs : [...request.repairs, 'earlier-unread']
    onAnswer({ infno, isComplete, repairs, heldBack, isRefused: false })
    const at = this.#receivedAt(call.startedAt)
    noteAsked(askedOf({ infno, request, claim, stage: asked, findings: fresh, results, isComplete, at }))
    const recorded = stage === 'audit' ? await this.#recorded(envelope, request, asking) : {}
    return this.#text({
      result: dialect.result === 'array' ? results : results[0] ?? null,
      complete: isComplete,
      not_reached: verdict.notReached,
      at_risk: amountsAtRisk(claim, found),
      held_back: heldBack,
      ...pastLacks(judged, request),
      ...recorded,
    }, '', { tenant, region: envelope.region, startedAt: call.startedAt })
  }

  /** Whether the settlement is in the stream, for a tenant that tells it in no other way. */
  async #recorded(
    { msgid }: Envelope, request: AuditRequest, { tenant, budget, name }: Asking,
  ): Promise<{ recorded?: boolean }> {
    if (!tenant.isSettlingByCall || !isSettling(request)) return {}
    const recorded = await this.#deps.recordSettlement(settlementTold(request, msgid), budget)
    if (!recorded) this.#repeats.forget(name) // sent again it is told again, and counts once
    return { recorded }
  }

  /** Rules that the client asks for; names that no rule has never silence the audit. */
  #narrowed<T extends { rule: string }>(found: readonly T[], { ruleIds }: AuditRequest): readonly T[] {
    const known = new Set(ruleIds.flatMap((name) => this.#deps.rulesNamed(name)))
    return known.size === 0 ? found : found.filter(({ rule }) => known.has(rule))
  }

  async #feedback(envelope: Envelope, { tenant, call, budget }: Asking): Promise<string> {
    const { institution } = envelope
    const { accepted, refused } = feedbackOf(envelope, this.#deps.shownRule)
    requireRight(institution, tenant, call)
    if (accepted.length === 0) throw new NhsaRefusal(refused[0]!.err_msg)
    const { infno, msgid, repairs } = envelope
    await Promise.all(accepted.map((one) => this.#deps.tell(one, { institution, message: msgid, budget })))
    this.#deps.onAnswer({ infno, isComplete: true, repairs, isRefused: false })
    return this.#text({ accepted: accepted.length, refused }, '', {
      tenant, region: envelope.region, startedAt: call.startedAt,
    })
  }

  #text(output: unknown, error: string, { tenant, region = '', startedAt }: {
    readonly tenant: Tenant, readonly region?: string, readonly startedAt: number,
  }): string {
    return answerText(output, error, {
      region, receivedAt: this.#receivedAt(startedAt), answeredAt: this.#deps.now(), serial: ++this.#serial,
      dialect: tenant.dialect,
      seal: tenant.sm4Key === undefined ? undefined : sm4Seal(tenant.sm4Key),
      cainfo: tenant.cainfo,
    })
  }

  /** By the wall clock, what `startedAt` is by the other. */
  #receivedAt(startedAt: number): number {
    const { now, elapsed } = this.#deps
    return now() - (elapsed() - startedAt)
  }
}

/** Throws NhsaRefusal where no transaction is named, or the address names another. */
function requireSaid({ infno }: Envelope, { infnoOfPath }: Call): void {
  if (infno === '') throw new NhsaRefusal('缺少交易编号 infno')
  if (infnoOfPath !== undefined && infnoOfPath !== infno) {
    throw new NhsaRefusal(`地址中的交易编号 ${infnoOfPath.slice(0, 10)} 与报文的 infno ${infno} 不一致`)
  }
}
