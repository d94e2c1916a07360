// From a hint of a check to a changed claim that puts its finding right, and the words for it. Tries as
// little as it can: the money at risk tells where to look first. May not decide what is right: `holds` does.
import type { RemedyHint } from '../checks/check.js'
import { yuanText } from '../checks/lines.js'
import type { Claim, Item } from '../claim/claim.js'
import { QUANTITY_SCALE } from '../claim/claim.js'
import { diagnosesToAdd, itemToAdd } from './counterfactual-additions.js'
import {
  atAmount, atAmountAndPrice, atDays, atOwnPay, atPrice, atQuantity, exactAmountFen, withLines, without,
} from './counterfactual-claim.js'
import type { Candidate, Changed, Context } from './counterfactual-claim.js'
import { namesOf, priceText, unitsText } from './counterfactual-lines.js'
import { fewest, largest } from './counterfactual-search.js'

type Try = (context: Context) => Candidate | undefined

/** A verified change, or none. */
export function candidateOf(hint: RemedyHint, context: Context): Candidate | undefined {
  if (context.finding.violating.length === 0) return undefined
  if (hint.kind === 'add-diagnosis') return diagnosesToAdd(hint, context)
  return hint.kind === 'add-item' ? itemToAdd(hint, context) : byLines[hint.kind](context)
}

type LineKind = Exclude<RemedyHint['kind'], 'add-item' | 'add-diagnosis'>

const byLines: Readonly<Record<LineKind, Try>> = {
  'drop-lines': (context) => dropped(context, atFault(context)),
  'drop-fewest': dropFewest,
  'keep-one-of': keepOneOf,
  'reduce-quantity': reduceQuantity,
  'reduce-days': reduceDays,
  'lower-price': lowerPrice,
  'lower-amount': lowerAmount,
  'self-pay': (context) => changedLines(context, {
    change: (item) => atOwnPay(item, item.amountFen),
    text: (lines) => `${namesOf(context.claim, [...lines.keys()])}改为自费（先告知参保人）即可`,
  }),
  'self-pay-excess': (context) => changedLines(context, {
    change: (item, riskFen) => atOwnPay(item, Math.min(item.amountFen, item.ownPayFen + riskFen)),
    text: (lines) => `${each(context, lines, ({ ownPayFen }) => `个人自费改为 ${yuanText(ownPayFen)} 元`)}即可`,
  }),
  'correct-amount': (context) => changedLines(context, {
    change: (item) => atAmount(item, exactAmountFen(item)),
    text: (lines) =>
      `${each(context, lines, ({ amountFen }) => `金额改为 ${yuanText(amountFen)} 元`)}（单价乘数量）即可`,
  }),
  renumber: (context) => changedLines(context, {
    change: (item, _riskFen, place) => ({ ...item, id: `${item.id}-${place + 1}` }),
    text: (lines) => `${namesOf(context.claim, [...lines.keys()])}另编流水号即可`,
  }),
}

function atFault({ finding: { violating } }: Context): number[] {
  return violating.map(({ item }) => item)
}

function dropped(context: Context, places: readonly number[]): Candidate | undefined {
  const changed = without(context.claim, new Set(places))
  if (!context.holds(changed)) return undefined
  return { changed, text: `去掉${namesOf(context.claim, places)}即可` }
}

/** Of lines that are too many together the last ones go: which of them is the hospital's to choose. */
function dropFewest(context: Context): Candidate | undefined {
  const places = atFault(context)
  const changedBy = (count: number) => without(context.claim, new Set(places.slice(places.length - count)))
  const count = fewest((one) => context.holds(changedBy(one)), places.length)
  if (count === undefined) return undefined
  const gone = places.slice(places.length - count)
  const text = count === places.length
    ? `去掉${namesOf(context.claim, gone)}即可`
    : `去掉其中 ${count} 条（如${namesOf(context.claim, gone)}）即可`
  return { changed: changedBy(count), text }
}

function keepOneOf(context: Context): Candidate | undefined {
  const { finding: { involved }, claim } = context
  const late = dropped(context, atFault(context))
  const early = involved.length === 0 ? undefined : dropped(context, involved)
  if (late === undefined || early === undefined) return late ?? early
  const both = `${namesOf(claim, atFault(context))}与${namesOf(claim, involved)}`
  return { changed: late.changed, text: `两项只能收一项：${both}，去掉其一即可` }
}

interface Lines {
  change(item: Item, riskFen: number, place: number): Item
  text(lines: ReadonlyMap<number, Item>): string
}

/** Every line at fault changed at once. */
function changedLines(context: Context, { change, text }: Lines): Candidate | undefined {
  const { claim, finding } = context
  const lines = new Map(finding.violating.map(({ item, riskFen }) =>
    [item, change(claim.items[item]!, riskFen, item)]))
  const changed = withLines(claim, lines)
  return context.holds(changed) ? { changed, text: text(lines) } : undefined
}

function each({ claim }: Context, lines: ReadonlyMap<number, Item>, say: (item: Item) => string): string {
  const said = [...lines].slice(0, linesToldMax)
    .map(([place, item]) => `${namesOf(claim, [place])}${say(item)}`)
  return lines.size <= linesToldMax ? said.join('，') : `${said.join('，')}，等 ${lines.size} 条`
}

const linesToldMax = 3

/** What is left of each line when its money at risk is off; 0: nothing. */
function unitsLeft({ quantity, amountFen }: Item, riskFen: number, step: number): number {
  if (amountFen <= 0) return 0
  const left = Number(BigInt(quantity) * BigInt(Math.max(0, amountFen - riskFen)) / BigInt(amountFen))
  return Math.floor(left / step) * step
}

/** The largest power of ten, of whole units at the most, in which all the quantities are whole. */
function stepOf(quantities: readonly number[]): number {
  return [10_000, 1_000, 100, 10].find((step) => quantities.every((one) => one % step === 0)) ?? 1
}

function reduceQuantity(context: Context): Candidate | undefined {
  const { claim, finding: { violating } } = context
  const step = stepOf(violating.map(({ item }) => claim.items[item]!.quantity))
  if (violating.length > 1) return reduceEach(context, step) ?? capEach(context, step) ?? dropFewest(context)
  return capEach(context, step) ?? dropFewest(context)
}

/** Each line by its own excess. */
function reduceEach(context: Context, step: number): Candidate | undefined {
  const { claim, finding: { violating } } = context
  const left = new Map(violating.map(({ item, riskFen }) =>
    [item, unitsLeft(claim.items[item]!, riskFen, step)]))
  if ([...left.values()].every((units) => units === 0)) return undefined
  const changed = cut(claim, left)
  if (!context.holds(changed)) return undefined
  const said = [...left].slice(0, linesToldMax).map(([place, units]) =>
    `第 ${place + 1} 条${namesOf(claim, [place])}${units === 0 ? '去掉' : `数量改为 ${unitsText(units)}`}`)
  const rest = left.size <= linesToldMax ? '' : `，等 ${left.size} 条`
  return { changed, text: `${said.join('，')}${rest}即可` }
}

/** One most for all lines. */
function capEach(context: Context, step: number): Candidate | undefined {
  const { claim, finding: { violating } } = context
  const most = Math.max(...violating.map(({ item }) => claim.items[item]!.quantity))
  const first = violating[0]!
  const at = (steps: number) => cut(claim, new Map(violating.map(({ item }) =>
    [item, Math.min(claim.items[item]!.quantity, steps * step)])))
  const steps = largest((one) => context.holds(at(one)), {
    guess: unitsLeft(claim.items[first.item]!, first.riskFen, step) / step, top: Math.ceil(most / step),
  })
  if (steps === undefined) return undefined
  const per = violating.length === 1 ? '' : '每条'
  const text = `${namesOf(claim, atFault(context))}${per}数量不超过 ${unitsText(steps * step)} 即可`
  return { changed: at(steps), text }
}

/** Lines at these quantities; those at nothing go. */
function cut(claim: Claim, left: ReadonlyMap<number, number>): Changed {
  const lines = new Map([...left].filter(([, units]) => units > 0)
    .map(([place, units]) => [place, atQuantity(claim.items[place]!, units)]))
  const gone = new Set([...left].filter(([, units]) => units === 0).map(([place]) => place))
  const { claim: less } = withLines(claim, lines)
  return gone.size === 0 ? withLines(claim, lines) : without(less, gone)
}

function reduceDays(context: Context): Candidate | undefined {
  const { claim, finding: { violating, facts } } = context
  // Those who ask for fewer days have read them.
  const most = Math.max(...violating.map(({ item }) => claim.items[item]!.daysOfSupply!))
  const at = (days: number) => withLines(claim, new Map(violating.map(({ item }) => {
    const line = claim.items[item]!
    return [item, line.daysOfSupply! > days ? atDays(line, days) : line]
  })))
  const guess = Number(facts['limit'])
  const days = largest((one) => context.holds(at(one)), { guess, top: Math.ceil(most) })
  if (days === undefined) return undefined
  return { changed: at(days), text: `${namesOf(claim, atFault(context))}用药天数不超过 ${days} 天即可` }
}

/** At a lower price or as the fact `percent` of its units: discounts are sent in either way. */
function lowerAmount(context: Context): Candidate | undefined {
  const text = (lines: ReadonlyMap<number, Item>) =>
    `${each(context, lines, ({ amountFen }) => `改收 ${yuanText(amountFen)} 元`)}即可`
  const asPrice = (item: Item, riskFen: number) => atAmountAndPrice(item, item.amountFen - riskFen)
  const percent = Number(context.finding.facts['percent'])
  const asPart = (item: Item) =>
    atQuantity(item, Math.ceil(item.quantity / QUANTITY_SCALE) * Math.floor(QUANTITY_SCALE * percent / 100))
  return changedLines(context, { change: asPrice, text }) ?? changedLines(context, { change: asPart, text })
}

const pricePerFen = 10_000 // millionths of a yuan

function lowerPrice(context: Context): Candidate | undefined {
  const { claim, finding: { violating } } = context
  const first = violating[0]!
  const { unitPrice, amountFen } = claim.items[first.item]!
  const most = Math.max(...violating.map(({ item }) => claim.items[item]!.unitPrice))
  const at = (fen: number) => withLines(claim, new Map(violating.map(({ item }) => {
    const line = claim.items[item]!
    return [item, line.unitPrice > fen * pricePerFen ? atPrice(line, fen * pricePerFen) : line]
  })))
  const left = Number(BigInt(unitPrice) * BigInt(amountFen - first.riskFen) / BigInt(Math.max(1, amountFen)))
  const fen = largest((one) => context.holds(at(one)), {
    guess: Math.floor(left / pricePerFen), top: Math.ceil(most / pricePerFen),
  })
  if (fen === undefined) return undefined
  return {
    changed: at(fen), text: `${namesOf(claim, atFault(context))}单价不超过 ${priceText(fen * pricePerFen)} 元即可`,
  }
}
