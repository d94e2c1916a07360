// What a claim lacks by the table that its finding broke: an item charged with another, a diagnosis that
// supports it. Told as what would have to be documented, never as something to make up.
import type { RemedyHint, Table } from '../checks/check.js'
import { codeHigh, codeLow } from '../claim/code-key.js'
import type { Category, Claim, Item } from '../claim/claim.js'
import { ENTRY, ENTRY_SIZE } from '../rulebook/rulebook.js'
import type { Part, RuleBook } from '../rulebook/rulebook.js'
import { withAdded, withDiagnoses } from './counterfactual-claim.js'
import type { Candidate, Context } from './counterfactual-claim.js'
import type { Finding } from './verdict.js'

/** Codes or clauses tried of one finding: they differ in what else they touch. */
const additionsMax = 4
const wordsMax = 100

type Hint<Kind> = Extract<RemedyHint, { kind: Kind }>

/**
 * The first item of the broken row that helps when it is charged as the finding's first line is;
 * undefined: none of the four tried does, or the row is not known.
 */
export function itemToAdd({ column, nameColumn }: Hint<'add-item'>, context: Context): Candidate | undefined {
  const { book, claim, finding, holds } = context
  const broken = brokenRow(book, claim, finding)
  if (broken === undefined) return undefined
  const { table, row } = broken
  const beside = claim.items[finding.violating[0]!.item]!
  for (const code of wordsOf(table.text(column, row)).slice(0, additionsMax)) {
    const changed = withAdded(claim, added(beside, code, claim.items.length))
    if (!holds(changed)) continue
    return { changed, text: `须同时收取${table.text(nameColumn, row)}：确已开展而漏记的，补记即可` }
  }
  return undefined
}

/** A line of nothing but its code and day; what it costs is not known here. */
function added(beside: Item, code: string, place: number): Item {
  const isDrug = /^[XZT]/.test(code)
  const category: Category = code.startsWith('C') ? 'consumable' : isDrug ? 'drug' : 'service'
  return {
    ...beside, id: `added-${place}`, code, low: codeLow(code), high: codeHigh(code), name: '', category,
    quantity: 10_000, unitPrice: 0, amountFen: 0, ownPayFen: 0, selfPayFen: 0, traceCodes: [],
    daysOfSupply: undefined,
  }
}

/**
 * The first clause of the broken point's map that helps when its diagnoses are added; undefined: none
 * of the four tried does, or the rule has no map.
 */
export function diagnosesToAdd(
  { column, fact }: Hint<'add-diagnosis'>, context: Context,
): Candidate | undefined {
  const { book, claim, finding, holds } = context
  const map = brokenRow(book, claim, finding)?.part.map
  if (map === undefined) return undefined
  const wanted = rowsOfPoint(map, finding.knowledge!.point).map((row) => map.text(column, row))
    .filter((text) => text !== '')
  for (const text of wanted.slice(0, additionsMax)) {
    const codes = text.split('&').map((group) => wordsOf(group)[0]!)
    const changed = withDiagnoses(claim, codes)
    if (!holds(changed)) continue
    const said = String(finding.facts[fact]).replace(/[。；，]+$/, '').slice(0, wordsMax)
    const what = `${codes.join('、')}${said === '' ? '' : `（${said}）`}`
    const advice = '病历确有依据而漏编的补编，没有依据的不得添加'
    return { changed, text: `诊断需包含 ${what}：${advice}` }
  }
  return undefined
}

const wordsOf = (text: string): string[] =>
  text.split('|').map((one) => one.trim()).filter((one) => one !== '')

interface Broken {
  readonly part: Part
  readonly table: Table
  readonly row: number
}

/** C and fourteen digits: what a consumable is, without who made it. */
const classLength = 15

/** The row that the first line at fault broke, found again by its code. */
function brokenRow({ parts, items }: RuleBook, claim: Claim, finding: Finding): Broken | undefined {
  const { rule, knowledge, violating } = finding
  const code = claim.items[violating[0]!.item]!.code
  const { entries } = items
  for (const one of [code, code.slice(0, classLength)]) {
    const first = items.firstOf(codeLow(one), codeHigh(one))
    for (let entry = first; entry >= 0; entry += ENTRY_SIZE) {
      const part = parts[entries[entry + ENTRY.PART]!]!
      const row = entries[entry + ENTRY.ROW]!
      const { table } = part
      const isIt = part.rule.id === rule && table !== undefined
        && table.text('point', row) === knowledge?.point && table.text('source', row) === knowledge.source
      if (isIt) return { part, table, row }
      if (entries[entry + ENTRY.LAST] === 1) break
    }
  }
  return undefined
}

/** Made once for a table: which of its rows are of which point. */
const pointsOf = new WeakMap<Table, ReadonlyMap<string, readonly number[]>>()

function rowsOfPoint(map: Table, point: string): readonly number[] {
  let rows = pointsOf.get(map)
  if (rows === undefined) {
    const made = new Map<string, number[]>()
    for (let row = 0; row < map.rowCount; row++) {
      const name = map.text('point', row)
      const known = made.get(name)
      if (known === undefined) made.set(name, [row])
      else known.push(row)
    }
    pointsOf.set(map, rows = made)
  }
  return rows.get(point) ?? []
}
