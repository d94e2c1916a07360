// 3103: what was done with each result, item by item, as feedback events; what is wrong with one item
// refuses that item and no other.
import { reasonCodeOf } from '../claim/reason-codes.js'
import type { ReasonCode } from '../claim/reason-codes.js'
import { identifierOf } from './identifier.js'
import { names, nodesOf, textOf, valueOf } from './node.js'
import type { Envelope } from './envelope.js'
import { NhsaRefusal } from './refusal.js'

const warnsMax = 500
const reasonMax = 500

const field = {
  data: names('data'),
  warns: names('warns'),
  id: names('warn_rslt_id', 'jr_id', 'jrid'),
  decision: names('dspo_way', 'dspoway'),
  reason: names('dspo_way_rea', 'dspowayrea'),
}

/** Data of a feedback event (FeedbackWire), without its moment. */
export interface FeedbackData {
  readonly warning_id: string
  readonly decision: 'continue' | 'change'
  readonly reason: string
  readonly reason_code?: ReasonCode
  /** Of the finding, where it is known. */
  readonly rule?: string
}

export interface Feedback {
  readonly accepted: readonly FeedbackData[]
  readonly refused: readonly { readonly warn_rslt_id: string, readonly err_msg: string }[]
}

/**
 * Throws NhsaRefusal when there is no item at all. `shownRule`: the rule of what was shown under an id, ''
 * where it is not known which; undefined: nothing was.
 */
export function feedbackOf(
  { input, institution }: Envelope, shownRule: (warningId: string) => string | undefined,
): Feedback {
  const data = nodesOf(valueOf(input, field.data))[0] ?? input
  const warns = nodesOf(valueOf(data, field.warns))
  if (warns.length === 0) throw new NhsaRefusal('缺少处理数据集合 warns')
  if (warns.length > warnsMax) throw new NhsaRefusal(`一次最多反馈 ${warnsMax} 条`)
  if (institution === '') throw new NhsaRefusal('缺少定点医药机构编号 fixmedins_code')
  const accepted: FeedbackData[] = []
  const refused: Feedback['refused'][number][] = []
  for (const warn of warns) {
    const id = textOf(warn, field.id, 64)
    const decision = textOf(warn, field.decision, 4)
    const reason = textOf(warn, field.reason, reasonMax)
    const warning = `${institution}:${identifierOf(id)}`
    const rule = shownRule(warning)
    const wrong = mistakeOf({ id, decision, reason, rule })
    if (wrong === undefined) {
      accepted.push({
        warning_id: warning,
        ...(decision === '1'
          ? { decision: 'continue', reason, reason_code: reasonCodeOf(reason) }
          : { decision: 'change', reason }),
        ...(rule === undefined || rule === '' ? {} : { rule }),
      })
    } else refused.push({ warn_rslt_id: id, err_msg: wrong })
  }
  return { accepted, refused }
}

interface Told {
  readonly id: string
  readonly decision: string
  readonly reason: string
  readonly rule: string | undefined
}

function mistakeOf({ id, decision, reason, rule }: Told): string | undefined {
  if (id === '') return '缺少违规标识 warn_rslt_id'
  if (decision !== '1' && decision !== '2') return '处理方式 dspo_way 应为 1（继续执行）或 2（返回修改）'
  if (decision === '1' && reason === '') return '继续执行时须填写处理原因 dspo_way_rea'
  return rule === undefined ? '没有这个违规标识 warn_rslt_id' : undefined
}
