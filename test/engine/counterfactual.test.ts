// What would put a finding right: every told change, applied, removes its finding and adds none.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'
import type { Check, RemedyHint } from '../../src/checks/check.js'
import { checks } from '../../src/checks/registry.js'
import type { Claim } from '../../src/claim/claim.js'
import { decodeEvent } from '../../src/claim/decode.js'
import { createRegion } from '../../src/demo/region.js'
import { events } from '../../src/demo/stream.js'
import { readCases, sceneOf } from '../../src/engine/cases.js'
import { counterfactuals, judgementsMax, noCounterfactuals, remediesMax } from '../../src/engine/counterfactual.js'
import type { Counterfactuals, Remedy } from '../../src/engine/counterfactual.js'
import { evaluate } from '../../src/engine/evaluate.js'
import type { Finding, Verdict } from '../../src/engine/verdict.js'
import { readRulesFolders } from '../../src/files/rules-folder.js'
import { Histories } from '../../src/history/histories.js'
import type { HistoryView } from '../../src/history/view.js'
import { compile } from '../../src/rulebook/compile.js'
import type { RuleBook } from '../../src/rulebook/rulebook.js'
import { aClaim } from '../fixtures/claims.js'
import type { SettlementChanges } from '../fixtures/claims.js'
import { emptyView } from '../fixtures/empty-view.js'
import { aBook, aRule, aTable, mostTable, mostUnits } from '../fixtures/rule-texts.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const texts = await readRulesFolders({ rulesDir: join(root, 'rules') })
const compiled = compile(texts, checks)
if (!compiled.ok) throw new TypeError(JSON.stringify(compiled.mistakes[0]))
const { book: realBook } = compiled

/** Also rules on trial: what holds for them will hold when they are active. */
function allActive(verdict: Verdict): Verdict {
  return { ...verdict, findings: verdict.findings.map((one) => ({ ...one, status: 'active' as const })) }
}

interface Judged {
  readonly book: RuleBook
  readonly claim: Claim
  readonly view: () => HistoryView
}

function found({ book, claim, view }: Judged, verdict: Verdict): Counterfactuals {
  const past = view()
  return counterfactuals({
    book, claim, verdict, stop: () => false, judge: (changed) => evaluate(book, changed, past),
  })
}

const countOf = (verdict: Verdict, rule: string) => verdict.findings.filter((one) => one.rule === rule).length

/** What a remedy leaves undone or does wrong, judged anew against a past of its own. */
function failureOf({ book, view }: Judged, before: Verdict, [finding, remedy]: [Finding, Remedy]): string {
  const after = evaluate(book, remedy.claim, view())
  if (countOf(after, finding.rule) >= countOf(before, finding.rule)) return `${finding.rule} stands: ${remedy.text}`
  if (remedy.claim.items.length === 0) return '' // nothing is billed
  const more = after.findings.find(({ rule }) => countOf(after, rule) > countOf(before, rule))
  if (more !== undefined) return `${more.rule} is raised for ${finding.rule}: ${remedy.text}`
  const unknown = after.unknowns.find(({ rule }) => !before.unknowns.some((one) => one.rule === rule))
  return unknown === undefined ? '' : `${unknown.rule} cannot be judged any more: ${remedy.text}`
}

const told = ({ of }: Counterfactuals): [Finding, Remedy][] =>
  [...of].flatMap(([finding, remedies]) => remedies.map((one): [Finding, Remedy] => [finding, one]))

t.test('of every rule’s cases, what is told puts the case right, and every hint is of use', async (t) => {
  const { files, bases } = readCases(texts)
  const helped = new Set<string>()
  const failures: string[] = []
  const said = new Map<string, string>()
  for (const { rule, cases } of files) {
    for (const one of cases.filter(({ expect }) => expect.result === 'hit')) {
      const { claim, histories } = sceneOf(one, bases)
      const judged = { book: realBook, claim, view: () => histories.view(claim) }
      const verdict = allActive(evaluate(realBook, claim, judged.view()))
      const untouched = JSON.stringify(verdict.findings.map(({ definition, ...rest }) => ({ ...rest, id: definition.id })))
      const counterfactual = found(judged, verdict)
      t.equal(JSON.stringify(verdict.findings.map(({ definition, ...rest }) => ({ ...rest, id: definition.id }))),
        untouched, 'the verdict is not touched by judging further')
      for (const pair of told(counterfactual)) {
        const failure = failureOf(judged, verdict, pair)
        if (failure !== '') failures.push(`${rule} ${one.name}: ${failure}`)
        if (pair[0].rule !== rule) continue
        helped.add(rule)
        const key = `${rule} ${pair[1].kind}`
        if (!said.has(key)) said.set(key, pair[1].text)
      }
    }
  }
  t.strictSame(failures, [])
  const hinted = files.map(({ rule }) => rule)
    .filter((rule) => realBook.rules.find(({ id }) => id === rule)?.check.meta.remedies !== undefined)
  t.strictSame(hinted.filter((rule) => !helped.has(rule)), [])
  const samples: readonly [string, string][] = [
    ['DRUG-KINDS drop-lines', '去掉“药6”、“药7”即可'],
    ['LINE-AMOUNT correct-amount', '“注射”金额改为 30.00 元（单价乘数量）即可'],
    ['LINE-ID-TWICE renumber', '“起点项目”另编流水号即可'],
    ['HERB-INCOMPATIBLE keep-one-of', '两项只能收一项：“法半夏”与“黑顺片”，去掉其一即可'],
    ['DRUG-INDICATION add-diagnosis', '诊断需包含 E11（限2型糖尿病）：病历确有依据而漏编的补编，没有依据的不得添加'],
    ['DRUG-NEEDS-SERVICE add-item', '须同时收取连续性血液净化：确已开展而漏记的，补记即可'],
    ['HERB-DAILY reduce-quantity', '“起点项目”数量不超过 420 即可'],
    ['DRUG-SUPPLY-DAYS reduce-days', '“起点项目”用药天数不超过 7 天即可'],
    ['SERVICE-PRICE lower-price', '“手功能训练”单价不超过 40.00 元即可'],
    ['CONSUMABLE-CAP self-pay-excess', '“起点项目”个人自费改为 1.00 元即可'],
    ['SURGERY-DISCOUNT lower-amount', '“贲门痉挛肌层切开术”改收 1080.00 元即可'],
    ['DRUG-COURSE drop-fewest', '去掉“起点项目”即可'],
    ['HERB-NEVER-PAID self-pay', '“阿胶”改为自费（先告知参保人）即可'],
  ]
  t.strictSame(samples.map(([key]) => [key, said.get(key)]), samples)
})

const seed = 20_261_101
const settlementsMax = 1_900

t.test(`of planted bills, what is told puts them right (seed ${seed})`, async (t) => {
  const region = createRegion({ seed, patients: 400, institutions: 30, startDay: 20_635, plantRate: 0.3 })
  const histories = new Histories({ load: () => undefined, cacheBytes: 64 * 1_048_576 })
  const failures: string[] = []
  const kinds = new Set<string>()
  let findings = 0
  let helped = 0
  let settlements = 0
  let mostJudged = 0
  for (const { event, at } of events(region)) {
    const decoded = decodeEvent(Buffer.from(JSON.stringify(event)), { receivedAt: at })
    if (decoded.type !== 'settlement') continue
    const { claim } = decoded
    if (histories.identify(claim.visit.institution.id, claim.settlement, claim.contentHash) === 'repeated') continue
    const judged = { book: realBook, claim, view: () => histories.view(claim) }
    const verdict = allActive(evaluate(realBook, claim, judged.view()))
    const counterfactual = found(judged, verdict)
    findings += verdict.findings.length
    helped += counterfactual.of.size
    mostJudged = Math.max(mostJudged, counterfactual.judgedCount)
    for (const pair of told(counterfactual)) {
      kinds.add(pair[1].kind)
      const failure = failureOf(judged, verdict, pair)
      if (failure !== '') failures.push(`${claim.settlement}: ${failure}`)
    }
    histories.record(claim)
    if (++settlements === settlementsMax) break
  }
  t.strictSame(failures, [])
  t.ok(findings > 150 && helped > findings / 2, `${helped} of ${findings} findings have a remedy`)
  t.ok(kinds.size >= 8, [...kinds].join())
  t.ok(mostJudged <= judgementsMax)
})

/** A book of one rule that knows `most` of an item, with these remedies. */
function aMostBook(remedies: readonly RemedyHint[], more: readonly Check[] = []) {
  const check: Check = { ...mostUnits, meta: { ...mostUnits.meta, remedies } }
  return (table = mostTable, ...rules: readonly ReturnType<typeof aRule>[]) =>
    aBook([aRule(), table, ...rules], [check, ...more])
}

const line = (quantity: number, changes: object = {}) =>
  ({ code: 'A1', name: '甲药', quantity, unit_price: 10, ...changes })

function textsOf(t: Test, book: RuleBook, changes: SettlementChanges): string[] {
  const claim = aClaim(changes)
  const judged = { book, claim, view: () => emptyView }
  const verdict = evaluate(book, claim, emptyView)
  const pairs = told(found(judged, verdict))
  for (const pair of pairs) t.equal(failureOf(judged, verdict, pair), '')
  return pairs.map(([, { text }]) => text)
}

t.test('the most that is still right is found, in whole units and in parts of one', async (t) => {
  const book = aMostBook([{ kind: 'reduce-quantity' }])()
  t.strictSame(textsOf(t, book, { items: [{}, line(5)] }), ['“甲药”数量不超过 2 即可'])
  t.strictSame(textsOf(t, book, { items: [{}, line(2.5)] }), ['“甲药”数量不超过 2 即可'])
  t.strictSame(textsOf(t, book, { items: [{}, line(2.0001)] }), ['“甲药”数量不超过 2 即可'])
  t.strictSame(textsOf(t, book, { items: [{}, line(9_000)] }), ['“甲药”数量不超过 2 即可'])
  t.strictSame(textsOf(t, book, { items: [{}, line(3, { unit_price: 0 })] }), ['“甲药”数量不超过 2 即可'])
  const none = aTable('most', ['code,name,most,source', 'A1,甲药,0,某目录'])
  t.strictSame(textsOf(t, aMostBook([{ kind: 'reduce-quantity' }])(none), { items: [{}, line(1)] }),
    ['去掉“甲药”即可'])
})

t.test('lines that are wrong together are cut together', async (t) => {
  const book = aMostBook([{ kind: 'reduce-quantity' }])()
  t.strictSame(textsOf(t, book, { items: [line(5), line(3), line(1)] }), [
    '“甲药”数量不超过 2 即可', '“甲药”数量不超过 2 即可',
  ], 'each finding by itself')
})

/** One finding for all lines of the table's codes when their units together pass 4; the last are at fault. */
function together(remedies: readonly RemedyHint[], riskOf: (amountFen: number, place: number) => number): Check {
  return {
    ...mostUnits,
    kind: 'together',
    meta: { ...mostUnits.meta, facts: [], remedies },
    prepare: () => (claim, { count, subjects }) => {
      const places = [...subjects.slice(0, count)]
      const total = places.reduce((sum, place) => sum + claim.items[place]!.quantity, 0)
      if (total <= 40_000) return { result: 'clear' }
      const violating = places.map((item, place) => ({ item, riskFen: riskOf(claim.items[item]!.amountFen, place) }))
      return { result: 'hit', hits: [{ violating, row: 0, facts: {} }] }
    },
  }
}

function aTogetherBook(remedies: readonly RemedyHint[], riskOf: (amountFen: number, place: number) => number) {
  const table = aTable('most', ['code,name,most,source', 'A1,甲药,2,某目录', 'A2,乙药,3,某目录'])
  const rule = aRule({ check: 'together', warning: '{item}共{count}条', brief: '{count}条{item}' })
  return aBook([rule, table], [together(remedies, riskOf)])
}

t.test('by the excess of each line, by one most for all, by the fewest lines to go', async (t) => {
  const reduce: readonly RemedyHint[] = [{ kind: 'reduce-quantity' }]
  const items = [line(3), line(2, { code: 'A2', name: '乙药' }), line(1)]
  const perLine = aTogetherBook(reduce, (amountFen, place) => (place === 0 ? 0 : place === 1 ? 1_000 : amountFen))
  t.strictSame(textsOf(t, perLine, { items }),
    ['第 1 条“甲药”数量改为 3，第 2 条“乙药”数量改为 1，第 3 条“甲药”去掉即可'])
  const unhelpful = aTogetherBook(reduce, () => 1)
  const all = { items: [line(3), line(3), line(3, { code: 'A2', name: '乙药' })] }
  t.strictSame(textsOf(t, unhelpful, all), ['“甲药”、“乙药”等 3 条每条数量不超过 1 即可'])
  const wide = { items: Array.from({ length: 6 }, (_, place) => line(1, { name: `药${place}` })) }
  t.strictSame(textsOf(t, aTogetherBook(reduce, (amountFen) => amountFen), wide), ['去掉其中 2 条（如“药4”、“药5”）即可'])
  const many = { items: Array.from({ length: 5 }, (_, place) => line(2, { name: `药${place}` })) }
  const half = aTogetherBook(reduce, (amountFen) => amountFen / 2 + 1)
  t.strictSame(textsOf(t, half, many), ['去掉其中 3 条（如“药2”、“药3”、“药4”）即可'])
  const quarter = aTogetherBook(reduce, (amountFen) => amountFen * 3 / 4)
  const five = { items: Array.from({ length: 4 }, (_, place) => line(4, { name: `药${place}` })) }
  t.strictSame(textsOf(t, quarter, five), [
    '第 1 条“药0”数量改为 1，第 2 条“药1”数量改为 1，第 3 条“药2”数量改为 1，等 4 条即可',
  ])
})

t.test('what raises another finding is not told', async (t) => {
  const jealous: Check = {
    ...mostUnits,
    kind: 'at-least-five',
    meta: { ...mostUnits.meta, facts: [], wakes: 'claim', remedies: [] },
    params: mostUnits.params,
    columns: {},
    prepare: () => ({ items }) => (items.some(({ quantity }) => quantity >= 50_000)
      ? { result: 'clear' }
      : { result: 'hit', hits: [{ violating: [], facts: {} }] }),
  }
  const other = aRule({
    id: 'TEST-2', check: 'at-least-five', in_force: '[{ from: 2025-01-01, extra: 0 }]', warning: '太少', brief: '少',
  })
  const hints: readonly RemedyHint[] = [{ kind: 'reduce-quantity' }, { kind: 'drop-lines' }]
  t.strictSame(textsOf(t, aMostBook(hints, [jealous])(mostTable, other), { items: [{}, line(5)] }), [])
  t.strictSame(textsOf(t, aMostBook(hints)(), { items: [{}, line(5)] }),
    ['“甲药”数量不超过 2 即可', '去掉“甲药”即可'])
})

t.test('what becomes unknown or fails instead is not told', async (t) => {
  for (const outcome of ['unknown', 'failed'] as const) {
    const check: Check = {
      ...mostUnits,
      meta: { ...mostUnits.meta, remedies: [{ kind: 'reduce-quantity' }] },
      prepare: (params, table) => {
        const judge = mostUnits.prepare(params as never, table)
        return (claim, matches, view) => {
          const said = judge(claim, matches, view)
          if (said.result === 'hit') return said
          if (outcome === 'failed') throw new RangeError('a bug')
          return { result: 'unknown', missing: 'a field' }
        }
      },
    }
    t.strictSame(textsOf(t, aBook([aRule(), mostTable], [check]), { items: [{}, line(5)] }),
      ['去掉“甲药”即可'], 'but a line that is gone is judged by nobody')
  }
})

t.test('it is bounded: in judgements, by the deadline, in what is told', async (t) => {
  const hints: readonly RemedyHint[] = [{ kind: 'reduce-quantity' }, { kind: 'self-pay' }, { kind: 'drop-lines' }, { kind: 'drop-fewest' }]
  const book = aMostBook(hints)()
  const claim = aClaim({ items: Array.from({ length: 60 }, () => line(5)) })
  const verdict = evaluate(book, claim, emptyView)
  let judged = 0
  const judge = (changed: Claim) => {
    judged++
    return evaluate(book, changed, emptyView)
  }
  const asked = { book, claim, verdict, judge }
  const all = counterfactuals({ ...asked, stop: () => false })
  t.strictSame([all.judgedCount, all.isCut, judged], [judgementsMax, true, judgementsMax])
  t.ok([...all.of.values()].every((one) => one.length <= remediesMax))
  let left = 3
  const late = counterfactuals({ ...asked, stop: () => left-- <= 0 })
  t.strictSame([late.judgedCount, late.isCut, late.of.size], [3, true, 1])
  t.equal(counterfactuals({ ...asked, verdict: { ...verdict, notReached: ['X'] }, stop: () => false }), noCounterfactuals)
  const trial = verdict.findings.map((one) => ({ ...one, status: 'trial' as const }))
  t.equal(counterfactuals({ ...asked, verdict: { ...verdict, findings: trial }, stop: () => false }), noCounterfactuals)
  const stopped = counterfactuals({
    ...asked, stop: () => false, judge: (changed) => ({ ...judge(changed), notReached: ['X'] }),
  })
  t.equal(stopped.of.size, 0, 'a judgement that was not finished verifies nothing')
})
