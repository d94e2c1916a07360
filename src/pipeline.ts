// The path: settle(event) judges and remembers; check(claim) judges and remembers nothing. Both doors
// end here, and nothing here knows which door it was. May not touch a library, a clock or a disk.
import type { Claim, ClaimEvent, Reversal } from './claim/claim.js'
import { decodeEvent } from './claim/decode.js'
import type { Bursts } from './engine/bursts.js'
import { demotedDayOf } from './engine/overrides.js'
import { evaluate } from './engine/evaluate.js'
import type { EvaluateOptions } from './engine/evaluate.js'
import type { Asked } from './engine/counterfactual.js'
import type { Verdict } from './engine/verdict.js'
import type { Histories } from './history/histories.js'
import { viewWith } from './history/told.js'
import type { HistoryView } from './history/view.js'
import type { Rule, RuleBook, Stage } from './rulebook/rulebook.js'
import { toMessages, withdrawal } from './warning/from-verdict.js'
import type { OutMessage } from './warning/wire.js'

export interface Settled {
  /**
   * judged: a claim, now or (where it is only remembered) when it came first; recorded: changed a history
   * without being one; repeated: known already.
   */
  readonly result: 'judged' | 'recorded' | 'repeated'
  readonly type: ClaimEvent['type']
  readonly verdict: Verdict | undefined
  readonly messages: readonly OutMessage[]
}

interface EventBytes {
  readonly bytes: Uint8Array
  readonly receivedAt: number
}

export interface CheckOptions {
  readonly stop: () => boolean
  readonly stage: Stage
  /** Other visits of the patient that the asker tells. */
  readonly told?: readonly Claim[]
  /** Rules that need the past answer unknown: 'history-rebuilding'. */
  readonly isRebuilding: boolean
  /** The asker knows of visits that nobody could read: likewise. */
  readonly isPastUnread?: boolean
  /** Looks at the verdict with the means to judge changed claims against the same past and book. */
  readonly examine?: ((asked: Asked) => void) | undefined
}

export interface Pipeline {
  /** Throws ServiceError: `never` for what can never be applied, with no history changed. */
  settle(event: EventBytes): Settled
  /** Remembers without judging: a rebuild of what was judged and sent before. */
  remember(event: EventBytes): Settled
  readonly bursts: Bursts | undefined
  /** Judges against what is known, leaving out the claim's own settlement and visit. */
  check(claim: Claim, options: CheckOptions): Verdict
}

/** Sees a claim and its past before it is remembered; what it returns is called once it is judged. */
export type Witness =
  (claim: Claim, view: HistoryView, isHeld: NonNullable<EvaluateOptions['isHeld']>) => () => void

interface PipelineDeps {
  readonly rulebook: () => RuleBook
  readonly histories: Histories
  /** Of an event; a warning, which tells less than its claim, is cut to it too: the server takes as much. */
  readonly eventBytesMax: number
  /** Rules that fire too often are held; absent: none ever is. */
  readonly bursts?: Bursts | undefined
  /** Of claims that are remembered without being judged: a replay under other rule books. */
  readonly witness?: Witness | undefined
}

const none: readonly OutMessage[] = []
const notSuperseding = { isLate: false, messages: none }

/**
 * The steps for one partition's events, in stream order. Histories change only in settle and remember;
 * both throw ServiceError, and anything else thrown is a bug.
 */
export function createPipeline(
  { rulebook, histories, eventBytesMax, bursts, witness }: PipelineDeps,
): Pipeline {
  const isHeld = heldBy(bursts, histories.feedback)
  const audit = { stage: 'audit', isHeld } as const

  function settleClaim(claim: Claim, isJudged: boolean): Settled {
    const { settlement, contentHash, visit: { institution } } = claim
    if (histories.identify(institution.id, settlement, contentHash) === 'repeated') {
      return { result: 'repeated', type: 'settlement', verdict: undefined, messages: none }
    }
    const { isLate, messages: told } = superseded(histories, claim)
    if (isLate) return noted('settlement', true)
    const verdict = isJudged ? evaluate(rulebook(), claim, histories.view(claim), audit) : undefined
    const witnessed = isJudged ? undefined : witness?.(claim, histories.view(claim), isHeld)
    if (histories.record(claim) === 'cancelled') {
      return { result: 'recorded', type: 'settlement', verdict: undefined, messages: isJudged ? told : none }
    }
    witnessed?.()
    histories.feedback.settled(claim, verdict && { verdict, rules: rulebook().rules })
    if (verdict === undefined) {
      return { result: 'judged', type: 'settlement', verdict, messages: none }
    }
    bursts?.note(verdict.findings, histories.watermarkDay)
    const messages = [...told, ...toMessages({ claim, verdict, bytesMax: eventBytesMax })]
    return { result: 'judged', type: 'settlement', verdict, messages }
  }

  function settleReversal(reversal: Reversal): Settled {
    const { institution, settlement, contentHash } = reversal
    if (histories.identify(institution, settlement, contentHash) === 'repeated') {
      return { result: 'repeated', type: 'reversal', verdict: undefined, messages: none }
    }
    const isApplied = histories.reverse(reversal) === 'applied'
    const messages = isApplied ? [withdrawal(reversal)] : none
    return { result: 'recorded', type: 'reversal', verdict: undefined, messages }
  }

  function apply({ bytes, receivedAt }: EventBytes, isJudged: boolean): Settled {
    const event = decodeEvent(bytes, { receivedAt, bytesMax: eventBytesMax })
    switch (event.type) {
      case 'settlement':
        return settleClaim(event.claim, isJudged)
      case 'reversal':
        return settleReversal(event.reversal)
      case 'admission':
      case 'discharge':
        return noted(event.type, histories.noteStay(event.type, event.stay))
      case 'stock':
        return noted(event.type, histories.noteStock(event.movement))
      case 'registry':
        return noted(event.type, histories.noteRegistry(event.notice))
      case 'asked':
        return noted(event.type, histories.feedback.ask(event.asked))
      case 'feedback':
        return noted(event.type, histories.feedback.hear(event.feedback))
      case 'demotion':
        return noted(event.type, histories.feedback.demoted.demote(event.owner, event.day))
      default: // well-formed; no rule reads it yet, so no history changes
        return noted(event.type, true)
    }
  }

  return {
    bursts,
    settle: (event) => apply(event, true),
    remember: (event) => apply(event, false),
    check: (claim, options) => checkClaim({ book: rulebook(), histories, isHeld }, claim, options),
  }
}

/** Rules that fire too often, and those that went back to trial: kept, not sent. */
function heldBy(bursts: Bursts | undefined, feedback: Histories['feedback']) {
  return (rule: Rule): boolean => bursts?.isHeld(rule) === true || demotedDayOf(feedback, rule) !== undefined
}

function noted(type: ClaimEvent['type'], isNew: boolean): Settled {
  return { result: isNew ? 'recorded' : 'repeated', type, verdict: undefined, messages: none }
}

/** What was told before of the same charge batch counts no more, and its warnings are withdrawn. */
function superseded(
  histories: Histories, claim: Claim,
): { readonly isLate: boolean, readonly messages: readonly OutMessage[] } {
  if (claim.batch === undefined) return notSuperseding
  const { isLate, gone } = histories.supersede(claim)
  if (gone === undefined) return { isLate, messages: none }
  const { institution, settlement: reverses, record: { patientKey } } = gone
  const { settlement, settledDay } = claim // what takes its place takes it back
  const taken = { institution, settlement, reverses, patientKey, settledDay, lines: [] }
  return { isLate, messages: [withdrawal(taken)] }
}

interface Known {
  readonly book: RuleBook
  readonly histories: Histories
  readonly isHeld: EvaluateOptions['isHeld']
}

function checkClaim(
  { book, histories, isHeld }: Known, claim: Claim,
  { stop, stage, isRebuilding, isPastUnread = false, told = [], examine }: CheckOptions,
): Verdict {
  const view = viewWith(histories, claim, { hideOwn: true, isRebuilding: isRebuilding || isPastUnread, told })
  const judge = (one: Claim) => evaluate(book, one, view, { stop, stage, isHeld })
  const verdict = judge(claim)
  examine?.({ book, claim, verdict, judge, stop })
  return verdict
}
