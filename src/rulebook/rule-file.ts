// What a rule file may say: the schema of rules/<group>/<name>.yaml, and reading one. Whether its
// check, its table and its parameters exist is check-rule.ts's work.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import type { RuleText } from './mistake.js'
import { readYaml } from './yaml-text.js'
import type { YamlText } from './yaml-text.js'

const text = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '\\S', description })
const oneOf = <const T extends readonly (string | number)[]>(values: T, description: string) =>
  Type.Union(values.map((value) => Type.Literal(value as T[number])), { description })
const date = (description: string) =>
  Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description })
const closed = { additionalProperties: false } as const

export const settings = ['outpatient', 'emergency', 'inpatient', 'pharmacy', 'other'] as const
export const categories = [
  'drug', 'herbal-piece', 'herbal-granule', 'service', 'consumable', 'other',
] as const

/** Of whom a rule asks something, in the words of the national rule sheet. */
const supervisedKinds = ['institution', 'pharmacy', 'department', 'doctor', 'coder', 'patient'] as const
/** Over what a rule judges. How many days is a parameter, or a column of its table. */
const timeIntervals = [
  'visit', 'stay', 'prescription', 'hour', 'day', 'running-days', 'calendar-month', 'since-count', 'by-row',
  'any-time',
] as const

export const Scope = Type.Object({
  settings: Type.Optional(Type.Array(oneOf(settings, '就诊场景'), { minItems: 1 })),
  insurance_types: Type.Optional(Type.Array(text(6, '险种代码 insutype'), { minItems: 1 })),
  institution_levels: Type.Optional(Type.Array(oneOf([0, 1, 2, 3], '医院等级'), { minItems: 1 })),
  institution_types: Type.Optional(Type.Array(text(10, '机构类型，按开头匹配'), { minItems: 1 })),
  categories: Type.Optional(Type.Array(oneOf(categories, '只看这些类别的明细'), { minItems: 1 })),
  regions: Type.Optional(Type.Array(
    Type.String({ pattern: '^\\d{2,6}$', description: '行政区划代码，按开头匹配机构所在地' }),
    { minItems: 1 },
  )),
  internet: Type.Optional(Type.Boolean({ description: 'true 只看互联网就诊，false 只看线下就诊' })),
}, { ...closed, description: '适用范围：都不写即处处适用' })

/** One span of days with its parameters. The check's own parameters stand beside these three. */
const InForce = Type.Object({
  from: date('生效日（含）'),
  until: Type.Optional(date('失效日（不含）')),
  table: Type.Optional(Type.String({ pattern: '^[a-z0-9-]{1,60}$', description: '知识表名' })),
  map: Type.Optional(Type.String({
    pattern: '^[a-z0-9-]{1,60}$', description: '对应表名：按知识点（point）说明；不写即在知识表内',
  })),
}, { additionalProperties: true })

/** What a replay of the stored stream found (`npm run replay` prints it), and who read the hits. */
const Replayed = Type.Object({
  from: date('重判的第一天'),
  until: date('重判到哪天（不含）'),
  claims: Type.Integer({ minimum: 1, description: '重判的结算单' }),
  hits: Type.Integer({ minimum: 1, description: '其中有这条规则疑点的' }),
  confirmed_share: Type.Number({ minimum: 0, maximum: 1, description: '人工核对后属实的比例' }),
  by: text(60, '谁核对的'),
  rulebook: Type.Optional(Type.String({ pattern: '^[0-9a-f]{16}$', description: '重判所用的规则库版本' })),
}, closed)

export const RuleFile = Type.Object({
  id: Type.String({ pattern: '^[A-Z0-9-]{3,40}$', description: '永久编号，停用后也不再使用' }),
  title: text(100, '中文名称'),
  national: Type.Optional(Type.Object({
    code: Type.Optional(Type.String({ pattern: '^[A-Z]{2}[0-9A-Z]{4,30}$' })),
    name: Type.Optional(text(100, '国家规则名称')),
    number_2025: Type.Optional(Type.Integer({ minimum: 1, maximum: 999 })),
  }, closed)),
  class: text(40, '国家框架的大类'),
  subclass: text(60, '国家框架的小类'),
  check: text(60, '检查类型'),
  status: oneOf(['draft', 'trial', 'active', 'retired'], '状态'),
  evidence: Type.Optional(Type.Union([Type.Literal('official'), Replayed], {
    description: '为何可以正式启用：逐字来自国家清单（official），或一次重判的记录',
  })),
  burst: Type.Optional(Type.Object({
    share: Type.Optional(Type.Number({
      exclusiveMinimum: 0, maximum: 1, description: '占结算单的比例上限，默认 0.05',
    })),
    claims: Type.Optional(Type.Integer({
      minimum: 20, maximum: 1_000_000, description: '每多少张结算单算一次，默认 2000',
    })),
    days: Type.Optional(Type.Integer({
      minimum: 1, maximum: 366, description: '首次命中后看多少天，默认 30',
    })),
  }, { ...closed, description: '新启用时命中超过这个比例，就停止发送，等人工确认' })),
  confirmed: Type.Optional(Type.Object({
    on: date('确认日'), by: text(60, '谁确认的'),
  }, { ...closed, description: '命中多也是对的：不再因此停止发送' })),
  auto_demote: Type.Optional(Type.Boolean({
    description: '被“继续执行”的比例骤升时，自动退回试运行，等人工确认',
  })),
  severity: oneOf(['violation', 'suspect', 'notice', 'indicator'], '严重程度'),
  owner: text(60, '谁负责这条规则'),
  stages: Type.Array(oneOf(['pre-alert', 'audit', 'look-back'], '阶段'), {
    minItems: 1, uniqueItems: true,
  }),
  supervised: Type.Optional(Type.Array(oneOf(supervisedKinds, '监管对象'), { minItems: 1, uniqueItems: true })),
  time_interval: Type.Optional(oneOf(timeIntervals, '时间区间：在多长的范围里判断')),
  basis: Type.Array(Type.Object({
    document: text(300, '文件名称与文号'),
    article: text(500, '条款'),
    url: Type.Optional(Type.String({ pattern: '^https?://\\S+$', maxLength: 500 })),
    valid_from: Type.Optional(date('自哪天起有效（含）；不写即一直')),
    valid_to: Type.Optional(date('到哪天失效（不含）；不写即一直')),
  }, closed), { minItems: 1 }),
  applies_to: Type.Optional(Scope),
  in_force: Type.Array(InForce, { minItems: 1, maxItems: 50 }),
  warning: text(500, '说给医生或收费员的话，可含 {占位符}'),
  brief: text(40, '说给正在开单的医生的一句短话，可含 {占位符}'),
  advice: text(500, '怎样改正'),
  known_false_alarms: Type.Array(text(300, '已知的误报情形'), { minItems: 1 }),
}, closed)

export type Scope = Static<typeof Scope>
export type Replayed = Static<typeof Replayed>
export type RuleFile = Static<typeof RuleFile>
export type SupervisedKind = typeof supervisedKinds[number]
export type TimeInterval = typeof timeIntervals[number]

/** Reads one rule file; shape only. */
export function readRuleFile(file: RuleText): YamlText<RuleFile> {
  return readYaml(file, RuleFile)
}
