// What a hint leads to where the claim makes it hard: lines unlike each other, additions that break other
// rules, findings of no row. The rules' own cases and planted bills are in counterfactual.test.ts.
import t from 'tap'
import { amountMismatch } from '../../src/checks/amount-mismatch.js'
import type { Check, RemedyHint } from '../../src/checks/check.js'
import { indicationLimit } from '../../src/checks/indication-limit.js'
import { checks } from '../../src/checks/registry.js'
import { requiresItem } from '../../src/checks/requires-item.js'
import { supplyDaysLimit } from '../../src/checks/supply-days-limit.js'
import { unitPriceCeiling } from '../../src/checks/unit-price-ceiling.js'
import type { Claim } from '../../src/claim/claim.js'
import { counterfactuals } from '../../src/engine/counterfactual.js'
import { evaluate } from '../../src/engine/evaluate.js'
import type { RuleBook } from '../../src/rulebook/rulebook.js'
import { aClaim } from '../fixtures/claims.js'
import type { SettlementChanges } from '../fixtures/claims.js'
import { emptyView } from '../fixtures/empty-view.js'
import { aBook, aRule, aTable, mostTable, mostUnits } from '../fixtures/rule-texts.js'

function remediesOf(book: RuleBook, changes: SettlementChanges) {
  const claim = aClaim(changes)
  const judge = (changed: Claim) => evaluate(book, changed, emptyView)
  const { of } = counterfactuals({ book, claim, verdict: judge(claim), judge, stop: () => false })
  return [...of.values()].flat()
}

const textsOf = (book: RuleBook, changes: SettlementChanges) => remediesOf(book, changes).map(({ text }) => text)

const line = (quantity: number, changes: object = {}) =>
  ({ code: 'A1', name: '甲药', quantity, unit_price: 10, ...changes })

const from = 'from: 2025-01-01'

/** A rule besides the one that is asked about: it wants all claims so. */
function wanting(isWanted: (claim: Claim) => boolean) {
  const check: Check = {
    ...mostUnits,
    kind: 'wanting',
    meta: { ...mostUnits.meta, facts: [], wakes: 'claim', remedies: [] },
    columns: {},
    prepare: () => (claim) =>
      (isWanted(claim) ? { result: 'clear' } : { result: 'hit', hits: [{ violating: [], facts: {} }] }),
  }
  const rule = aRule({
    id: 'WANTING', check: 'wanting', in_force: `[{ ${from}, extra: 0 }]`, warning: '须如此', brief: '不可',
  })
  return { check, rule }
}

t.test('of several items that would do, the first that no other rule forbids is added', async (t) => {
  const needs = aTable('needs', ['code,name,needs,needs_name,source', 'D1,甲药,C1|X2|001,置管,某目录'])
  const rule = aRule({
    id: 'NEEDS', check: 'requires-item', in_force: `[{ ${from}, table: needs }]`, warning: '{item}须{needs}', brief: '须{needs}',
  })
  const toldWithout = (...forbidden: string[]) => {
    const rows = [...forbidden, 'Z9'].map((code) => `${code},某,0,某目录`)
    const book = aBook([aRule(), rule, needs, aTable('most', ['code,name,most,source', ...rows])], [mostUnits, requiresItem])
    return remediesOf(book, { items: [{ code: 'D1', name: '甲药', category: '101' }] }).map(({ text, claim: { items } }) =>
      [text, items.at(-1)?.code, items.at(-1)?.category])
  }
  const dropped = ['去掉“甲药”即可', undefined, undefined]
  const text = '须同时收取置管：确已开展而漏记的，补记即可'
  t.strictSame(toldWithout(), [[text, 'C1', 'consumable'], dropped])
  t.strictSame(toldWithout('C1'), [[text, 'X2', 'drug'], dropped])
  t.strictSame(toldWithout('C1', 'X2'), [[text, '001', 'service'], dropped])
  t.strictSame(toldWithout('C1', 'X2', '001'), [dropped])
})

t.test('a diagnosis is told without the limit’s words where the table has none', async (t) => {
  const rule = aRule({
    check: 'indication-limit', in_force: `[{ ${from}, table: own, map: clauses }]`, warning: '{item}不符', brief: '不符',
  })
  const book = aBook([
    rule, aTable('own', ['code,name,point,source', 'D1,甲药,甲药,某目录']),
    aTable('clauses', ['code,name,point,diagnoses,source', 'K1,第1条,甲药,E11|E14,某目录']),
  ], [indicationLimit])
  t.equal(textsOf(book, { items: [{ code: 'D1', name: '甲药', category: '101' }] })[0],
    '诊断需包含 E11：病历确有依据而漏编的补编，没有依据的不得添加')
})

t.test('a finding of no row, or of a point that the map does not know, has nothing to add', async (t) => {
  const remedies: readonly RemedyHint[] = [
    { kind: 'add-item', column: 'name', nameColumn: 'name' },
    { kind: 'add-diagnosis', column: 'name', fact: 'none' }, { kind: 'drop-lines' },
  ]
  const hits = ({ items }: Claim, row: { row?: number }) => items.length < 2
    ? { result: 'clear' as const }
    : { result: 'hit' as const, hits: [{ violating: [{ item: 1, riskFen: 0 }], facts: {}, ...row }] }
  const rowless: Check = {
    ...mostUnits, kind: 'rowless', meta: { ...mostUnits.meta, facts: [], wakes: 'claim', remedies }, columns: {},
    prepare: () => (claim) => hits(claim, {}),
  }
  const unmapped: Check = {
    ...mostUnits, kind: 'unmapped', meta: { ...mostUnits.meta, facts: [], remedies: remedies.slice(1) }, mapColumns: {},
    prepare: () => (claim) => hits(claim, { row: 0 }),
  }
  const words = { warning: '须如此', brief: '不可' }
  const claim = { items: [{}, line(1)] }
  t.strictSame(textsOf(aBook([
    aRule(), mostTable, aRule({ id: 'ROWLESS', check: 'rowless', in_force: `[{ ${from}, extra: 0 }]`, ...words }),
  ], [mostUnits, rowless]), claim), ['去掉“甲药”即可'])
  t.strictSame(textsOf(aBook([
    aRule({ check: 'unmapped', in_force: `[{ ${from}, table: most, map: other, extra: 0 }]`, ...words }), mostTable,
    aTable('other', ['code,name,point,source', 'K1,乙,乙药,某目录']),
  ], [unmapped]), claim), ['去掉“甲药”即可'])
})

t.test('of two that exclude each other the earlier goes where another rule wants the later', async (t) => {
  const pair: Check = {
    ...mostUnits, kind: 'pair', meta: { ...mostUnits.meta, facts: [], wakes: 'claim', remedies: [{ kind: 'keep-one-of' }] },
    columns: {},
    prepare: () => ({ items }) => (items.length < 2
      ? { result: 'clear' }
      : { result: 'hit', hits: [{ violating: [{ item: 1, riskFen: 0 }], involved: [0], facts: {} }] }),
  }
  const rule = aRule({ check: 'pair', in_force: `[{ ${from}, extra: 0 }]`, warning: '只能一项', brief: '一项' })
  const items = [line(1), line(1, { code: 'A2', name: '乙药' })]
  for (const [wanted, texts] of [['A2', ['去掉“甲药”即可']], ['A1', ['去掉“乙药”即可']]] as const) {
    const other = wanting((claim) => claim.items.some(({ code }) => code === wanted))
    t.strictSame(textsOf(aBook([rule, other.rule], [pair, other.check]), { items }), texts)
  }
})

t.test('of many lines that change alike three are told and the rest counted', async (t) => {
  const rule = aRule({
    check: 'amount-mismatch', in_force: `[{ ${from}, tolerance_fen: 1 }]`, warning: '{lines}条不符', brief: '不符',
  })
  const items = Array.from({ length: 4 }, (_, place) => line(1, { name: `药${place}`, amount: 20 }))
  t.strictSame(textsOf(aBook([rule], [amountMismatch]), { items }), [
    '“药0”金额改为 10.00 元，“药1”金额改为 10.00 元，“药2”金额改为 10.00 元，等 4 条（单价乘数量）即可',
  ])
})

t.test('lines of unlike days or prices come down together, or not at all where another rule minds', async (t) => {
  const supply = aRule({
    check: 'supply-days-limit', warning: '{days}天', brief: '超天数', in_force:
      `[{ ${from}, days_max: 7, emergency_days_max: 3, long_days_max: 84, long_med_types: [], long_diagnoses: [] }]`,
  })
  const drugs = [10, 8].map((days, place) =>
    line(days, { code: `D${place}`, name: `药${place}`, category: '101', days_of_supply: days }))
  const outpatient = { visit: { type: '11', setting: 'outpatient' as const }, items: drugs }
  t.strictSame(textsOf(aBook([supply], [supplyDaysLimit]), outpatient), ['“药0”、“药1”用药天数不超过 7 天即可'])
  const long = wanting(({ items }) => items.every(({ daysOfSupply }) => daysOfSupply! >= 8))
  t.strictSame(textsOf(aBook([supply, long.rule], [supplyDaysLimit, long.check]), outpatient), [])

  const ceiling = aRule({
    check: 'unit-price-ceiling', in_force: `[{ ${from}, table: price }]`, warning: '{price}超{ceiling}', brief: '超价',
  })
  const table = aTable('price', ['code,name,ceiling_3,source', 'A1,甲药,40,某目录'])
  const dear = { items: [line(1, { unit_price: 60, amount: 100 }), line(1, { name: '乙药', unit_price: 41 })] }
  t.strictSame(textsOf(aBook([ceiling, table], [unitPriceCeiling]), dear), ['“甲药”、“乙药”单价不超过 40.00 元即可'])
  const high = wanting(({ items }) => items.every(({ unitPrice }) => unitPrice > 40_000_000))
  t.strictSame(textsOf(aBook([ceiling, table, high.rule], [unitPriceCeiling, high.check]), dear), [])
})

t.test('a line whose amount is not its price × quantity keeps its part; one without a name goes by its code', async (t) => {
  const book = aBook([aRule(), mostTable], [mostUnits])
  const [remedy] = remediesOf(book, { items: [line(5, { amount: 30, name: '' })] })
  t.equal(remedy?.text, '“A1”数量不超过 2 即可')
  t.strictSame(remedy?.lines.map(({ item, to }) => [item, to?.quantity, to?.amountFen]), [[0, 20_000, 1_200]])
})

t.test('what a hint reads of a finding, its check tells', async (t) => {
  const read: Partial<Record<RemedyHint['kind'], string>> = { 'reduce-days': 'limit', 'lower-amount': 'percent' }
  for (const { kind, meta: { facts, remedies = [] }, columns, mapColumns = {} } of checks) {
    for (const hint of remedies) {
      const fact = hint.kind === 'add-diagnosis' ? hint.fact : read[hint.kind]
      t.ok(fact === undefined || facts.includes(fact), `${kind}: ${hint.kind} ${fact}`)
      if (hint.kind === 'add-item') t.ok(hint.column in columns && hint.nameColumn in columns, kind)
      if (hint.kind === 'add-diagnosis') t.ok(hint.column in mapColumns, kind)
    }
  }
})
