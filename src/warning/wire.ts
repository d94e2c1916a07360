// What a warning looks like on the wire, for hospitals, in TypeBox: keys in English snake_case,
// sentences in Chinese, money in whole fen. And the message that carries it out. Shape only.
import { Type } from '@sinclair/typebox'
import type { Static, TSchema } from '@sinclair/typebox'
import { ownerKinds } from '../history/view.js'

/** Findings told in full in one message; the rest is counted by rule. */
export const findingsMax = 200
/** Lines listed of one finding: more would be read by nobody at the counter. */
export const linesMax = 100
/** Below the smallest usual max_payload (1 MiB), with room for headers. */
export const bodyBytesMax = 983_040

export type OutStream = 'warning' | 'trial' | 'dead'

export interface OutMessage {
  readonly stream: OutStream
  readonly subject: string
  /** Made of the event's identity: the same event gives the same id, for ever. */
  readonly id: string
  readonly body: string
}

const text = (description: string) => Type.String({ description })
const fen = (description: string) => Type.Integer({ description: `${description}，分` })
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const date = (description: string) => Type.String({ description: `${description}，YYYY-MM-DD` })
const oneOf = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Union(values.map((value) => Type.Literal(value as T[number])), { description })
const closed = { additionalProperties: false } as const

export const AtRiskWire = Type.Object({
  total_fen: fen('涉及金额'),
  fund_fen: nullable(fen('其中统筹基金；结算单未给出基金支付时为 null')),
  patient_fen: nullable(fen('其中个人')),
}, closed)

export const FindingWire = Type.Object({
  rule: text('规则编号'),
  title: text('规则名称'),
  national: nullable(Type.Object({
    code: text('国家规则编码；没有为空'),
    name: text('国家规则名称；没有为空'),
    number_2025: nullable(Type.Integer({ description: '2025 年版序号' })),
  }, closed)),
  severity: oneOf(['violation', 'suspect', 'notice', 'indicator'],
    '明确违规、高度可疑、轻度可疑、监测指标'),
  sentence: text('疑点'),
  advice: text('怎样改正'),
  items: Type.Array(Type.Object({
    role: oneOf(['violating', 'involved'], '违规明细，或有关的明细'),
    item: text('明细编号 feedetl_sn'),
    line: Type.Integer({ description: '在结算单里的位置，从 0 起' }),
    code: text('国家编码 med_list_codg'),
    name: text('名称'),
    amount_fen: fen('明细金额'),
    at_risk_fen: fen('其中涉及'),
  }, closed), { description: '本结算单的明细' }),
  items_count: Type.Integer({ description: '明细总数；多于列出的，只列前面的' }),
  past: Type.Array(Type.Object({
    institution: text('机构'),
    settlement: text('结算单'),
    name: text('项目名称；整单为空'),
    date: date('日期'),
    quantity: Type.Number({ description: '数量' }),
  }, closed), { description: '以前结算单里有关的明细' }),
  past_count: Type.Integer({ description: '有关的以前明细总数' }),
  facts: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]), {
    description: '判断所用的数',
  }),
  knowledge: nullable(Type.Object({
    table: text('知识表'), point: text('知识点'), source: text('出处'),
  }, closed)),
  basis: Type.Array(Type.Object({
    document: text('文件'), article: text('条款'), url: Type.Optional(text('网址')),
  }, closed), { description: '政策依据' }),
  at_risk: AtRiskWire,
  exempted: Type.Optional(Type.Object({
    reason: text('豁免原因'), approver: text('批准人'), expires: date('到期日（不含）'),
  }, { ...closed, description: '已豁免，不发给医院' })),
  remedies: Type.Optional(Type.Array(Type.Object({
    kind: text('改法'),
    text: text('怎样改即可：已按改后的结算单重新判断，这条疑点消失且不增加别的'),
    lines: Type.Array(Type.Object({
      item: text('明细编号'),
      line: Type.Integer({ description: '在结算单里的位置，从 0 起' }),
      is_dropped: Type.Boolean({ description: '去掉这条明细' }),
      quantity: Type.Number({ description: '改后的数量' }),
      unit_price: Type.Number({ description: '改后的单价，元' }),
      amount_fen: fen('改后的金额'),
      own_pay_fen: fen('改后的全自费'),
    }, closed), { description: '改动的明细；补记项目、补编诊断时为空' }),
  }, closed), { description: '怎样改即可，验证过的；只在回答询问时有' })),
  held: Type.Optional(Type.Literal(true, { description: '规则命中过多或被继续执行骤升，待人工确认，不发给医院' })),
}, { ...closed, description: '疑点' })

const found = {
  rulebook: text('规则库版本'),
  at_risk: AtRiskWire,
  findings: Type.Array(FindingWire),
  more: Type.Array(Type.Object({ rule: text('规则编号'), count: Type.Integer() }, closed), {
    description: '没有逐条列出的疑点，按规则计数',
  }),
  unknowns: Type.Array(Type.Object({
    rule: text('规则编号'), missing: text('缺少的字段'),
  }, closed), { description: '无法判断的规则：不等于没有问题' }),
}

export const WarningWire = Type.Object({
  kind: oneOf(['warning', 'trial'], '预警；或试运行、豁免、待确认的疑点（不发给医院）'),
  id: text('预警编号'),
  institution: text('定点医药机构'),
  settlement: text('结算单'),
  visit: text('就诊'),
  patient_key: text('参保人键：不是姓名，也不是证件号'),
  owner: oneOf(ownerKinds, '依据的是谁的历史'),
  settled_date: date('结算日'),
  ...found,
}, { ...closed, description: '预警' })

export const WithdrawalWire = Type.Object({
  kind: Type.Literal('withdrawn', { description: '结算已冲正，此前的预警不再有效' }),
  id: text('编号'),
  institution: text('定点医药机构'),
  settlement: text('被冲正的结算单'),
  reversal: text('冲正自己的结算单'),
  patient_key: text('参保人键'),
  settled_date: date('冲正日'),
  lines: Type.Array(Type.Object({
    item: text('明细编号'), quantity: Type.Number({ description: '退回数量' }),
  }, closed), { description: '部分退费的明细；整单冲正时为空' }),
}, { ...closed, description: '撤回' })

export const VerdictWire = Type.Object({
  ...found,
  complete: Type.Boolean({ description: '规则是否都已判断' }),
  failed: Type.Array(text('出错的规则')),
  not_reached: Type.Array(text('时限内没有判断的规则')),
}, { ...closed, description: '结论：对结算前询问的回答' })

export type AtRiskWire = Static<typeof AtRiskWire>
export type FindingWire = Static<typeof FindingWire>
export type WarningWire = Static<typeof WarningWire>
export type WithdrawalWire = Static<typeof WithdrawalWire>
export type VerdictWire = Static<typeof VerdictWire>

/** One token of a NATS subject: dots and wildcards in an identifier are written as %XX. */
export function subjectToken(identifier: string): string {
  return identifier.replace(/[%.*>]/g, percent)
}

/** Parts of a message id joined by colons, so that no two identities share an id. */
export function messageId(...parts: readonly string[]): string {
  return parts.map((part) => part.replace(/[%:]/g, percent)).join(':')
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
