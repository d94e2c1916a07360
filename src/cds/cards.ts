// A verdict as cards: one for each finding, the gravest first, and one for all that could not be judged,
// because unknown is not clear. Decides nothing: what is sent, and its order, is the verdict's.
import { createHash } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import type { FindingWire, VerdictWire } from '../warning/wire.js'
import type { CdsFacts } from './facts.js'
import { overrideReasons } from './reasons.js'
import type { CdsService } from './services.js'

/** Nobody reads more at the moment of signing; what is left out is counted in the last card. */
const cardsMax = 50
const suggestionsMax = 20
const namesMax = 20
/** The standard says fewer than 140. */
const summaryMax = 139
const system = 'urn:claimsentry:rule'

const text = Type.String()
const Coding = Type.Object({ code: text, system: text, display: text })
export const CdsCard = Type.Object({
  uuid: text,
  summary: Type.String({ description: 'Fewer than 140 characters' }),
  detail: Type.String({ description: 'Markdown' }),
  indicator: Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('critical')]),
  source: Type.Object({ label: text, url: Type.Optional(text), topic: Type.Optional(Coding) }),
  suggestions: Type.Optional(Type.Array(Type.Object({
    label: text, uuid: text,
    actions: Type.Array(Type.Object({
      type: Type.Literal('delete'), description: text, resourceId: text,
    })),
  }))),
  selectionBehavior: Type.Optional(Type.Literal('any')),
  overrideReasons: Type.Optional(Type.Array(Coding)),
})
export type CdsCard = Static<typeof CdsCard>

const indicators: Readonly<Record<FindingWire['severity'], CdsCard['indicator']>> = {
  violation: 'critical', suspect: 'warning', notice: 'info', indicator: 'info',
}
const severityNames: Readonly<Record<FindingWire['severity'], string>> = {
  violation: '明确违规', suspect: '高度可疑', notice: '轻度可疑', indicator: '监测指标',
}

export interface Asked {
  readonly service: CdsService
  readonly hookInstance: string
  readonly facts: CdsFacts
  /** False while the histories are behind the stream. */
  readonly isCurrent: boolean
}

/** A finding and the card that shows it. */
export interface ShownFinding {
  readonly finding: FindingWire
  readonly card: CdsCard
}

/** Findings whose violating lines were all charged before are not what is asked about. */
export function cardsOf(
  verdict: VerdictWire, asked: Asked,
): { readonly cards: readonly CdsCard[], readonly shown: readonly ShownFinding[] } {
  const { lines } = asked.facts
  const findings = verdict.findings.filter(({ items }) => {
    const violating = items.filter(({ role }) => role === 'violating')
    return violating.length === 0 || violating.some(({ line }) => lines[line]!.isCurrent)
  })
  const shown = findings.slice(0, cardsMax)
    .map((finding, place) => ({ finding, card: findingCard(finding, place, asked) }))
  const cards = shown.map(({ card }) => card)
  const unjudged = unjudgedCard(verdict, asked, findings.length - cards.length)
  return { cards: unjudged === undefined ? cards : [...cards, unjudged], shown }
}

function findingCard(finding: FindingWire, place: number, asked: Asked): CdsCard {
  const { rule, title, severity, sentence, basis } = finding
  const uuid = uuidOf(asked, rule, String(place))
  const [law] = basis
  const suggestions = suggestionsOf(finding, asked, uuid)
  return {
    uuid,
    summary: cut(sentence),
    detail: detailOf(finding),
    indicator: indicators[severity],
    source: {
      label: law === undefined ? title : `${law.document} ${law.article}`,
      ...(law?.url === undefined ? {} : { url: law.url }),
      topic: { code: rule, system, display: title },
    },
    ...(suggestions.length === 0 ? {} : { suggestions, selectionBehavior: 'any' as const }),
    overrideReasons: [...overrideReasons],
  }
}

function detailOf(finding: FindingWire): string {
  const {
    severity, sentence, advice, items, items_count: count, at_risk: risk, basis, remedies = [],
  } = finding
  const listed = items.slice(0, namesMax).map(({ role, name, amount_fen: fen }) =>
    `- ${role === 'violating' ? '违规' : '有关'}：${escaped(name)}，${yuan(fen)} 元`)
  const more = count > listed.length ? [`- 另有 ${count - listed.length} 条明细`] : []
  return [
    `**${severityNames[severity]}** ${escaped(sentence)}`,
    `**怎样改正** ${escaped(advice)}`,
    ...(remedies.length === 0 ? [] : [
      ['**任选一种改法，这条疑点即消失**', '', ...remedies.map(({ text: way }) => `- ${escaped(way)}`)].join('\n'),
    ]),
    ...(listed.length === 0 ? [] : [[...listed, ...more].join('\n')]),
    ...(risk.total_fen > 0 ? [`**涉及金额** ${yuan(risk.total_fen)} 元`] : []),
    `**依据** ${basis.map(({ document, article }) => escaped(`${document} ${article}`)).join('；')}`,
  ].join('\n\n')
}

/** Before it is signed an order is simply taken out; what was charged is for the hospital to mend. */
function suggestionsOf(
  { items }: FindingWire, asked: Asked, uuid: string,
): NonNullable<CdsCard['suggestions']> {
  if (asked.service.told.id !== 'order-sign') return []
  return items.filter(({ role, line }) => role === 'violating' && asked.facts.lines[line]!.isCurrent)
    .slice(0, suggestionsMax)
    .map(({ name, line }) => {
      const resourceId = asked.facts.lines[line]!.reference
      const label = `撤销：${name}`
      return { label, uuid: uuidOf(asked, uuid, resourceId), actions: [
        { type: 'delete', description: label, resourceId },
      ] }
    })
}

function unjudgedCard(
  { unknowns, not_reached: notReached, failed }: VerdictWire, asked: Asked, left: number,
): CdsCard | undefined {
  const { facts, isCurrent } = asked
  const unmapped = facts.lines.filter((line) => !line.isMapped && line.isCurrent).map(({ name }) => name)
  const byField = new Map<string, string[]>()
  for (const { rule, missing } of unknowns) byField.set(missing, [...byField.get(missing) ?? [], rule])
  const parts = [
    listed('时限内没有判断的规则', notReached),
    listed('出错而没有判断的规则', failed),
    ...[...byField].map(([field, rules]) => listed(`缺少 ${field}，不能判断的规则`, rules)),
    listed('没有国家编码，不能按编码判断的明细', unmapped),
    listed('没有数量或类别不支持，没有判断的医嘱', facts.unread),
    facts.isKnownPerson ? '' : '- 没有参保人编号：没有与以往的费用一起判断',
    isCurrent ? '' : '- 历史数据不是最新的',
    left > 0 ? `- 另有 ${left} 个疑点没有列出` : '',
  ].filter((part) => part !== '')
  if (parts.length === 0) return undefined
  return {
    uuid: uuidOf(asked, 'unjudged'),
    summary: cut(`有 ${parts.length} 类情况未能判断：没有提醒不等于没有问题`),
    detail: parts.join('\n'),
    indicator: 'info',
    source: { label: '医保基金哨兵 claimsentry' },
  }
}

function listed(title: string, names: readonly string[]): string {
  if (names.length === 0) return ''
  const more = names.length > namesMax ? ` 等 ${names.length} 项` : ''
  return `- ${escaped(title)}：${names.slice(0, namesMax).map(escaped).join('、')}${more}`
}

/** Made of what was asked, so that the same question has the same cards. */
function uuidOf({ hookInstance, facts, service }: Asked, ...parts: readonly string[]): string {
  const hex = createHash('sha256')
    .update([service.told.id, hookInstance, facts.institution, ...parts].join('\n')).digest('hex')
  const from = (start: number, end: number) => hex.slice(start, end)
  return `${from(0, 8)}-${from(8, 12)}-8${from(13, 16)}-a${from(17, 20)}-${from(20, 32)}`
}

function cut(sentence: string): string {
  const letters = [...sentence]
  return letters.length <= summaryMax ? sentence : `${letters.slice(0, summaryMax - 1).join('')}…`
}

/** Names come from the client: none of their signs is markup. */
function escaped(words: string): string {
  return words.replace(/[\\`*_[\]<>#|]/g, '\\$&').replace(/\s+/g, ' ')
}

function yuan(fen: number): string {
  return (fen / 100).toFixed(2)
}
