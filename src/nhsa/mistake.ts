// What is wrong with a message, told to whoever sent it: in Chinese, with the names of the national
// interface instead of our own. Never repeats a value of the message but the line's own id.
import type { ErrorCode, ServiceError } from '../errors.js'
import type { AuditLine } from './audit-lines.js'

const sentences: Partial<Record<ErrorCode, string>> = {
  EVENT_TOO_LARGE: '报文超过大小上限',
  EVENT_MALFORMED: '内容不合规范',
  CLAIM_NUMBER_INVALID: '缺失，或不是十进制数',
  CLAIM_DATE_INVALID: '不是存在的日期，或不合情理（晚于今天、出院早于入院）；写法如 2026-07-02 09:00:00',
  CLAIM_MONEY_TOO_LARGE: '金额过大',
  CLAIM_QUANTITY_TOO_LARGE: '数量超过 200000',
  CLAIM_TOO_MANY_ITEMS: '明细超过 5000 条',
  CLAIM_TOO_MANY_DIAGNOSES: '诊断超过 100 条',
  CLAIM_TOO_MANY_PROCEDURES: '手术操作超过 100 条',
  CLAIM_TOO_MANY_TRACE_CODES: '一条明细的追溯码超过 500 个',
}

/** By the last name of a path in our own claim. */
const fields: Readonly<Record<string, string>> = {
  settled_at: '交易时间 inf_time',
  birth_date: '出生日期 brdy',
  start: '入院日期 adm_date',
  end: '出院日期 dscg_date',
  date: '手术操作日期 oprn_date',
  total: '总费用 medfee_sumamt',
  fund: '统筹金支付金额 hifp_payamt',
  account: '个人账户支付金额 acct_payamt',
  aid: '救助金支付金额 ma_amt',
  quantity: '数量 cnt',
  unit_price: '单价 pric',
  amount: '总费用 sumamt',
  own_pay: '自费金额 ownpay_amt',
  self_pay: '自付金额 selfpay_amt',
  service_time: '医嘱开始日期 drord_begn_date',
  order_start: '医嘱开始日期 drord_begn_date',
  order_stop: '医嘱停止日期 drord_stop_date',
  days_of_supply: '周期天数 prd_days',
  trace_codes: '追溯码 drug_trac_codg',
  institution: '医疗机构编码 medins_id',
}

/** What a field may hold, where a text of another shape is refused. */
const shapes: Readonly<Record<string, string>> = {
  trace_codes: '每个至多 64 个字符',
  institution: '只能由字母、数字、_ 和 - 组成',
}

const lists: Readonly<Record<string, string>> = { items: '明细', diagnoses: '诊断', procedures: '手术操作' }

/** `lines`: of the message, for the place and the id that the sender knows a line by. */
export function mistakeTold(
  { code, path, message, retry }: ServiceError, lines: readonly Pick<AuditLine, 'id' | 'number'>[],
): string {
  if (retry === 'later') return '暂时无法处理或记录，请稍后重发'
  const sentence = sentences[code]
  if (sentence === undefined) return `${path} ${message}`.trim()
  const steps = path.split('/').slice(1)
  const words = steps.flatMap((step, place) => {
    const list = lists[step]
    const number = steps[place + 1]
    if (list === undefined || number === undefined) return []
    const line = steps[0] === 'items' ? lines[Number(number)]! : { id: '', number: Number(number) + 1 }
    return [`第 ${line.number} 条${list}${line.id === '' ? '' : `（rx_id ${line.id}）`}的`]
  })
  const name = steps.findLast((step) => Object.hasOwn(fields, step)) ?? ''
  const where = [...words, fields[name] ?? ''].join('')
  const shape = code === 'EVENT_MALFORMED' ? shapes[name] : undefined
  return `${where} ${shape === undefined ? sentence : `${sentence}：${shape}`}`.trim()
}
