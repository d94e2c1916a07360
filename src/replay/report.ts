// What a replay found, as text in Chinese for policy staff, and as plain values for machines. Pure. Names
// settlements, never patients.
import { formatDay } from '../rulebook/dates.js'
import type { Compared, Moved, RuleDifference } from './comparison.js'

export interface Period {
  readonly fromDay: number
  /** Exclusive. */
  readonly untilDay: number
}

type Aligned = (rows: readonly (readonly string[])[]) => string[]

/** `aligned` lays out columns. */
export function replayText(result: Compared, period: Period, aligned: Aligned): string {
  const { claims, changed: others, before, after, largest } = result
  const changed = result.rules.filter(({ gained, lost, before: was, after: is }) =>
    gained + lost > 0 || was?.status !== is?.status)
  return [
    `重判 ${formatDay(period.fromDay)} 至 ${formatDay(period.untilDay)}（不含）结算的 ${claims} 张结算单，`
      + `其中 ${others} 张结论不同，没有发出任何预警。`,
    `规则库：现用 ${before.version}，试用 ${after.version}。`,
    `涉及金额（只计正式规则，同一明细不重复）：现用 ${yuan(before.atRiskFen)} 元，试用 ${yuan(after.atRiskFen)} 元。`,
    '',
    ...(changed.length === 0 ? ['逐条规则：没有差别。'] : ['逐条规则的差别：', ...aligned(differences(changed))]),
    '',
    ...(largest.length === 0 ? [] : ['差别最大的：', ...largest.map(movedLine), '']),
    `每条规则的用时（抽样 ${result.sampled} 张；全部规则每张：现用 ${micro(before.meanNanoseconds)} µs，`
      + `试用 ${micro(after.meanNanoseconds)} µs）：`,
    ...aligned(costs(result)),
    ...evidence(result, period),
    '',
  ].join('\n')
}

function differences(rules: readonly RuleDifference[]): string[][] {
  const head = ['规则', '状态', '有疑点的结算单', '新增疑点', '新增金额', '减少疑点', '减少金额', '无法判断']
  return [head, ...rules.map(({ rule, before, after, gained, gainedFen, lost, lostFen }) => [
    rule,
    moved(before?.status ?? '无', after?.status ?? '无'),
    moved(before?.claims ?? 0, after?.claims ?? 0),
    String(gained), yuan(gainedFen), String(lost), yuan(lostFen),
    moved(before?.unknowns ?? 0, after?.unknowns ?? 0),
  ])]
}

function moved(from: string | number, to: string | number): string {
  return from === to ? String(from) : `${from} → ${to}`
}

function movedLine({ change, rule, institution, settlement, settledDay, fen, sentence }: Moved): string {
  const sign = change === 'gained' ? '＋' : '－'
  return `  ${sign} ${yuan(fen)} 元  ${rule}  机构 ${institution} 结算单 ${settlement}`
    + `（${formatDay(settledDay)}）：${sentence}`
}

/** The dearest first; rules that were never woken cost nothing and are left out. */
function costs({ rules, sampled, after }: Compared): string[][] {
  const woken = rules.flatMap(({ rule }) => {
    const cost = after.costs.get(rule)
    return cost === undefined || cost.calls === 0 ? [] : [{ rule, ...cost }]
  }).toSorted((a, b) => b.nanoseconds - a.nanoseconds)
  return [
    ['规则', '每张 µs', '每次触发 µs', '触发的结算单'],
    ...woken.map(({ rule, nanoseconds, calls }) => [
      rule, micro(nanoseconds / sampled), micro(nanoseconds / calls),
      `${Math.round(100 * Math.min(1, calls / sampled))}%`,
    ]),
  ]
}

/** What to paste into the YAML of a rule on trial, once a person has read its hits. */
function evidence({ rules, claims, after }: Compared, { fromDay, untilDay }: Period): string[] {
  const found = rules.filter((one) => one.after?.status === 'trial' && one.after.claims > 0)
  if (found.length === 0) return []
  return [
    '',
    '试运行规则的依据：逐张核对后填上属实的比例和核对人，写进该规则的文件，再把 status 改成 active：',
    ...found.flatMap((one) => [
      `# ${one.rule} ${one.title}`,
      `evidence: { from: ${formatDay(fromDay)}, until: ${formatDay(untilDay)}, claims: ${claims}, `
        + `hits: ${one.after!.claims}, confirmed_share: 待填, by: 待填, rulebook: ${after.version} }`,
    ]),
  ]
}

function yuan(fen: number): string {
  return (fen / 100).toFixed(2)
}

function micro(nanoseconds: number): string {
  return (nanoseconds / 1_000).toFixed(2)
}

/** The same for a machine: money in whole fen, time in microseconds. */
export function replayJson(result: Compared, { fromDay, untilDay }: Period): string {
  const { claims, changed, sampled, before, after, rules, largest } = result
  const book = ({ version, atRiskFen, meanNanoseconds }: Compared['after']) =>
    ({ rulebook: version, at_risk_fen: atRiskFen, mean_us: meanNanoseconds / 1_000 })
  return JSON.stringify({
    from: formatDay(fromDay),
    until: formatDay(untilDay),
    claims,
    changed,
    sampled,
    before: book(before),
    after: book(after),
    rules: rules.map(({ gainedFen, lostFen, ...rest }) => {
      const cost = after.costs.get(rest.rule)
      const us = cost === undefined || sampled === 0 ? null : cost.nanoseconds / sampled / 1_000
      return { ...rest, gained_fen: gainedFen, lost_fen: lostFen, us_per_claim: us }
    }),
    largest: largest.map(({ settledDay, ...rest }) => ({ ...rest, settled_date: formatDay(settledDay) })),
  }, undefined, 2)
}
