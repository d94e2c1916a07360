// For those who build hospital systems: ask before a bill is settled, send events, read warnings, say what
// was done; in our own words or as the national calls, signed. Knows the wire and nothing of the service,
// and needs nothing but the platform's fetch and crypto. A question never throws: it fails open.
import type { ReasonCode } from './claim/reason-codes.js'
import type { EnvelopeWire, SettlementWire } from './claim/wire.js'
import { Calls, ClientError, failureOf, isObject } from './client/calls.js'
import type { Call } from './client/calls.js'
import type { VerdictWire, WarningWire, WithdrawalWire } from './warning/wire.js'

export { ClientError }
export type { FailureKind } from './client/calls.js'
export type { EnvelopeWire, ReasonCode, SettlementWire, VerdictWire, WarningWire, WithdrawalWire }

export interface ClientOptions {
  /** Where the service listens, e.g. http://127.0.0.1:3000 */
  readonly url: string
  /** Sent as a bearer; none where the service asks for none. */
  readonly apiKey?: string
  /** What a question may take: sent as the budget of the answer. */
  readonly deadlineMs?: number
  /** On top of it, for the way there and back; then the question is given up. */
  readonly marginMs?: number
  /** One more attempt is made within this time of a failure that passes by itself; 0: none. */
  readonly retryWithinMs?: number
  /** Who asks through the national calls. */
  readonly national?: NationalOptions
  readonly fetch?: typeof fetch
  /** Milliseconds of the wall clock: signatures and messages carry it. */
  readonly now?: () => number
  readonly wait?: (milliseconds: number) => Promise<void>
}

export interface NationalOptions {
  /** fixmedins_code */
  readonly institution: string
  /** x-tif-paasid and its secret; without them the API key speaks. */
  readonly paasid?: string
  readonly secret?: string
  /** Where the service takes the national calls. */
  readonly path?: string
  /** Further fields of the envelope, e.g. mdtrtarea_admvs. */
  readonly envelope?: Readonly<Record<string, string>>
}

/** `history_age_ms`: 0 where the service has read its stream to the end; null: it cannot tell. */
export type CheckAnswer = VerdictWire & { readonly history_age_ms: number | null }

/**
 * `isComplete` false: not every rule was judged, or none. The bill is settled all the same: nobody waits
 * for us. What was found until then is in the answer, where there is one.
 */
export interface Checked {
  readonly isComplete: boolean
  readonly verdict: CheckAnswer | undefined
  readonly failure: ClientError | undefined
}

/** One result of 3101 or 3102, by the standard's names. */
export interface NationalResult {
  readonly jr_id: string
  readonly rule_id: string
  readonly rule_name: string
  readonly vola_cont: string
  readonly vola_amt: number
  readonly sev_deg: string
  readonly vola_evid: string
  readonly judge_result_detail_dtos: readonly { readonly rx_id: string, readonly vola_item_type: string }[]
  readonly [field: string]: unknown
}

/** As Checked. */
export interface Audited {
  readonly isComplete: boolean
  readonly results: readonly NationalResult[]
  readonly failure: ClientError | undefined
}

export interface Warnings {
  readonly items: readonly { readonly sequence: number, readonly warning: WarningWire | WithdrawalWire }[]
  /** What to ask for next. */
  readonly next: number
}

export interface Feedback {
  readonly warning_id: string
  readonly decision: 'continue' | 'change'
  /** Required when continuing, unless a code says it. */
  readonly reason?: string
  readonly reason_code?: ReasonCode
  /** Where the warning has findings of several rules: which one is meant. */
  readonly rule?: string
  /** When it was decided; now when absent. */
  readonly at?: string
}

/** What was done with findings. */
export interface FeedbackFigures {
  readonly shown: number
  readonly visits: number
  /** Times that it was shown in a visit again. */
  readonly repeats: number
  readonly followed: number
  readonly overridden: number
  readonly reasons: Readonly<Record<ReasonCode, number>>
  /** Visits whose bill, when it was settled, had no finding of the rule any more, or still had one. */
  readonly changed: number
  readonly kept: number
  /** Of all that were answered, 0 to 1; null while none was. */
  readonly compliance_rate: number | null
  readonly override_rate: number | null
  readonly repeats_per_visit: number | null
}

export interface FeedbackSummary {
  /** null: all of them. */
  readonly institution: string | null
  readonly from: string
  readonly to: string
  readonly complete: boolean
  readonly total: FeedbackFigures
  readonly rules: readonly (FeedbackFigures & { readonly rule: string, readonly title: string })[]
}

/** Calls that wait for the stream: a stream that is busy takes longer than a judgement. */
const streamMs = 5_000
const defaults = { deadlineMs: 300, marginMs: 50, retryWithinMs: 1_000 }
const regionMs = 8 * 3_600_000
const serials = 10_000

/**
 * One for a service's address. `check` and `audit` never throw: they say that nobody judged; every
 * other call throws ClientError. Times are milliseconds.
 */
export class Client {
  readonly #options: ClientOptions & typeof defaults
  readonly #calls: Calls
  #serial = crypto.getRandomValues(new Uint16Array(1))[0]! % serials

  constructor(options: ClientOptions) {
    this.#options = { ...defaults, ...options }
    this.#calls = new Calls(this.#options)
  }

  /** What is wrong with a bill that is about to be settled. */
  async check(
    claim: SettlementWire, { deadlineMs = this.#options.deadlineMs }: { deadlineMs?: number } = {},
  ): Promise<Checked> {
    try {
      const verdict = await this.#calls.answerTo({
        method: 'POST', path: '/v1/check', body: claim, timeoutMs: deadlineMs + this.#options.marginMs,
        headers: () => ({ 'x-deadline-ms': String(deadlineMs) }),
      })
      if (!isVerdict(verdict)) throw new ClientError('broken', 'the answer is no verdict')
      return { isComplete: verdict.complete, verdict, failure: undefined }
    } catch (error) {
      return { isComplete: false, verdict: undefined, failure: failureOf(error) }
    }
  }

  /** 3101 before, 3102 while settling; `input` as the standard describes it, without the envelope. */
  async audit(
    infno: '3101' | '3102', input: object,
    { deadlineMs = this.#options.deadlineMs }: { deadlineMs?: number } = {},
  ): Promise<Audited> {
    try {
      const output = await this.#national(infno, input, deadlineMs)
      const { result, complete } = output
      const results = Array.isArray(result) ? result : isObject(result) ? [result] : []
      return { isComplete: complete === true, results: results as NationalResult[], failure: undefined }
    } catch (error) {
      return { isComplete: false, results: [], failure: failureOf(error) }
    }
  }

  /** 3103; throws ClientError. The ids that were not taken, with the reason. */
  async auditFeedback(
    warns: readonly { warn_rslt_id: string, dspo_way: '1' | '2', dspo_way_rea?: string }[],
  ): Promise<readonly { warn_rslt_id: string, err_msg: string }[]> {
    const { refused } = await this.#national('3103', { data: { warn_type: '1', warns } }, streamMs)
    return Array.isArray(refused) ? refused as { warn_rslt_id: string, err_msg: string }[] : []
  }

  /** Puts events into the stream, all or none; throws ClientError. Sent again they count once. */
  async events(events: readonly EnvelopeWire[]): Promise<readonly { id: string, sequence: number }[]> {
    const answer = await this.#stream('POST', '/v1/events', events)
    return answer['accepted'] as { id: string, sequence: number }[]
  }

  /** Says what was done with a warning; throws ClientError. */
  async feedback(feedback: Feedback): Promise<{ sequence: number }> {
    return await this.#stream('POST', '/v1/feedback', feedback) as { sequence: number }
  }

  /** What was done with findings, by rule; throws ClientError. Days YYYY-MM-DD, `to` included. */
  async feedbackSummary(
    asked: { institution?: string, from?: string, to?: string } = {},
  ): Promise<FeedbackSummary> {
    const answer = await this.#stream('GET', `/v1/feedback/summary?${new URLSearchParams(asked).toString()}`)
    return answer as { [Field in keyof FeedbackSummary]: FeedbackSummary[Field] }
  }

  /** Warnings after a sequence, from 0; throws ClientError. */
  async warnings(
    { after = 0, institution }: { after?: number, institution?: string } = {},
  ): Promise<Warnings> {
    const of = institution === undefined ? '' : `&institution=${encodeURIComponent(institution)}`
    const answer = await this.#stream('GET', `/v1/warnings?after=${after}${of}`)
    return answer as { items: Warnings['items'], next: number }
  }

  /** The same request id for both attempts: the stream takes what it names once. */
  async #stream(method: Call['method'], path: string, body?: unknown): Promise<Record<string, unknown>> {
    const id = crypto.randomUUID()
    const answer = await this.#calls.answerTo({
      method, path, body, timeoutMs: streamMs, headers: () => ({ 'x-request-id': id }),
    })
    if (!isObject(answer)) throw new ClientError('broken', 'the answer is no object')
    return answer
  }

  async #national(infno: string, input: object, deadlineMs: number): Promise<Record<string, unknown>> {
    const { national, now, marginMs } = this.#options
    if (national === undefined) throw new ClientError('refused', 'the client has no `national` options')
    const { institution, path = '/fsi/api', envelope } = national
    const clock = () => now?.() ?? performance.timeOrigin + performance.now()
    const stamp = new Date(clock() + regionMs).toISOString()
    this.#serial = (this.#serial + 1) % serials
    const second = stamp.slice(0, 19)
    const serial = String(this.#serial).padStart(4, '0')
    const body = {
      infno, msgid: `${institution}${second.replace(/\D/g, '')}${serial}`,
      ...envelope, inf_time: second.replace('T', ' '), fixmedins_code: institution, input,
    }
    const answer = await this.#calls.answerTo({
      method: 'POST', path, body, timeoutMs: deadlineMs + marginMs,
      headers: async () => ({
        'x-deadline-ms': String(deadlineMs), ...await signed(national, Math.floor(clock() / 1_000)),
      }),
    })
    if (!isObject(answer) || !('infcode' in answer)) {
      throw new ClientError('broken', 'the answer is no envelope')
    }
    const { infcode, err_msg: message, output } = answer
    if (String(infcode) !== '0') throw new ClientError('refused', String(message), { status: 200 })
    return isObject(output) ? output : {}
  }
}

/** What the gateway's verifiers expect: SHA-256 over timestamp, secret, nonce, timestamp, in hex. */
async function signed({ paasid, secret }: NationalOptions, seconds: number): Promise<Record<string, string>> {
  if (paasid === undefined || secret === undefined) return {}
  const nonce = crypto.randomUUID()
  const bytes = new TextEncoder().encode(`${seconds}${secret}${nonce}${seconds}`)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return {
    'x-tif-paasid': paasid, 'x-tif-timestamp': String(seconds), 'x-tif-nonce': nonce,
    'x-tif-signature': [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
  }
}

function isVerdict(value: unknown): value is CheckAnswer {
  return isObject(value) && typeof value['complete'] === 'boolean' && Array.isArray(value['findings'])
}
