// Every row of the public lists is judged by: a claim made for it breaks it, and the nearest claim that
// keeps it is clear. Superseded rows too, on the last day they held.
import t from 'tap'
import { checks } from '../../src/checks/registry.js'
import type { Claim } from '../../src/claim/claim.js'
import { dayText } from '../../src/claim/day.js'
import { importFrom } from '../../src/commands/knowledge-import.js'
import { evaluate } from '../../src/engine/evaluate.js'
import { readRulesFolders } from '../../src/files/rules-folder.js'
import { Histories } from '../../src/history/histories.js'
import type { HistoryView } from '../../src/history/view.js'
import { layTables } from '../../src/knowledge/in-force.js'
import type { LaidRow } from '../../src/knowledge/in-force.js'
import { assemble } from '../../src/rulebook/assemble.js'
import { pack } from '../../src/rulebook/pack.js'
import type { Part, RuleBook } from '../../src/rulebook/rulebook.js'
import { emptyView } from '../fixtures/empty-view.js'
import { options } from '../fixtures/knowledge.js'
import { hasLists, listsDir, rulesDir } from '../fixtures/nhsa-lists.js'
import { settled } from '../fixtures/remembered.js'
import { pairsByKind } from '../fixtures/row-claims.js'
import type { RowToBreak, Scenario } from '../fixtures/row-claims.js'

interface Imported {
  readonly book: RuleBook
  readonly params: readonly Readonly<Record<string, unknown>>[]
  readonly rows: ReadonlyMap<string, readonly LaidRow[]>
  /** Points that some map of the rules has clauses or first lines for. */
  readonly mapped: ReadonlySet<string>
}

async function importAll(folder: string): Promise<Imported> {
  const { batches } = await importFrom(listsDir, options(folder))
  const texts = [
    ...await readRulesFolders({ rulesDir }),
    ...batches.flatMap(({ id, files }) =>
      files.map(({ name, text }) => ({ path: `knowledge/${id}/${name}`, text }))),
  ]
  const packed = pack(texts, checks)
  const compiled = assemble(packed, checks)
  if (!packed.ok || !compiled.ok) throw new TypeError('the lists do not compile')
  const rows = new Map<string, LaidRow[]>()
  const mapped = new Set<string>()
  for (const row of layTables(texts).rows) {
    if (/^tables\/[a-z-]*-map\.csv$/.test(row.path)) mapped.add(row.cells['point']!)
    if (row.path.startsWith('knowledge/')) rows.set(row.table, [...rows.get(row.table) ?? [], row])
  }
  return { book: compiled.book, params: packed.book.parts.map(({ params }) => ({ ...params })), rows, mapped }
}

/** The rule's findings on this row, by the source that they name. */
function findingsOf(book: RuleBook, { rule }: Part, scenario: Scenario, source: string): number {
  const past = (scenario.past ?? []).map((changes) => settled(changes))
  const claim = settled(scenario.claim)
  const { findings } = evaluate(book, claim, viewAfter(past, claim))
  return findings.filter((one) => one.rule === rule.id && one.knowledge?.source === source).length
}

function viewAfter(past: readonly Claim[], claim: Claim): HistoryView {
  if (past.length === 0) return emptyView
  const histories = new Histories({ load: () => undefined, cacheBytes: 1_000_000 })
  for (const one of past) histories.record(one)
  return histories.view(claim)
}

/**
 * Limits in free text: with a diagnosis that is nobody's indication and no past, a hit, or nobody knows; of
 * a point that no map has, nobody knows.
 */
function answersOf({ book, rows, mapped }: Imported, part: Part) {
  const answers = { hit: 0, unknown: 0, unmapped: 0, wrong: [] as string[] }
  for (const { cells, fromDay, untilDay } of rows.get(part.table!.name) ?? []) {
    const day = dayText(Math.min(untilDay - 1, Math.max(fromDay, part.fromDay)))
    const { findings, unknowns } = evaluate(book, settled({
      settled_at: `${day}T12:00:00+08:00`,
      visit: { start: day, end: day, diagnoses: [{ code: 'R99.x00', name: '原因不明', is_main: true, kind: '1' }] },
      items: [{ code: cells['code']!, category: '', service_time: `${day}T10:00:00+08:00` }],
    }), emptyView)
    const isHit = findings.some(({ rule }) => rule === part.rule.id)
    const isUnmapped = !mapped.has(cells['point']!)
    if (isUnmapped) answers.unmapped++
    if (isHit && !isUnmapped) answers.hit++
    else if (!isHit && unknowns.some(({ rule }) => rule === part.rule.id)) answers.unknown++
    else answers.wrong.push(`${cells['code']} ${cells['name']} ${isHit ? 'hits without a map' : 'is clear'}`)
  }
  return answers
}

interface Judged {
  rows: number
  superseded: number
  pairs: number
  readonly wrong: string[]
}

function judgeRows({ book, rows, params }: Imported, part: Part, place: number): Judged {
  const judged: Judged = { rows: 0, superseded: 0, pairs: 0, wrong: [] }
  const make = pairsByKind[part.rule.check.kind]!
  const all = rows.get(part.table!.name) ?? []
  const others = all.map(({ cells }) => cells)
  const lastDay = Math.max(...all.map(({ untilDay }) => untilDay))
  for (const { cells, fromDay: from, untilDay: until } of all) {
    const row: RowToBreak = {
      cells, params: params[place]!, others,
      fromDay: Math.max(from, part.fromDay), untilDay: Math.min(until, part.untilDay),
    }
    judged.rows++
    if (until < lastDay) judged.superseded++
    const pairs = make(row)
    judged.pairs += pairs.length
    for (const { hit, miss } of pairs) {
      const found = findingsOf(book, part, hit, cells['source']!)
      const missed = findingsOf(book, part, miss, cells['source']!)
      if (found === 0) judged.wrong.push(`${cells['code']} ${cells['name']}: no hit`)
      if (missed > 0) judged.wrong.push(`${cells['code']} ${cells['name']}: the near miss hits`)
    }
    if (pairs.length === 0) judged.wrong.push(`${cells['code']} ${cells['name']}: no pair`)
  }
  return judged
}

t.test('every row of the public lists hits, and its nearest miss does not', {
  skip: hasLists ? false : 'the public lists are not beside the project',
}, async (t) => {
  const imported = await importAll(t.testdir())
  const { book, rows } = imported
  let total = 0
  const used = new Set<string>()
  for (const [place, part] of book.parts.entries()) {
    const { table, rule } = part
    if (table === undefined || !rows.has(table.name)) continue
    used.add(table.name)
    if (pairsByKind[rule.check.kind] === undefined) {
      const { hit, unknown, unmapped, wrong } = answersOf(imported, part)
      t.comment(`${String(hit + unknown).padStart(6)} rows, ${hit} hit, ${unknown} unknown, `
        + `${unmapped} of them unmapped  ${rule.id}`)
      t.strictSame(wrong.slice(0, 10), [], `${rule.id}: ${wrong.length} wrong`)
      continue
    }
    const started = performance.now()
    const judged = judgeRows(imported, part, place)
    total += judged.rows
    t.comment(`${String(judged.rows).padStart(6)} rows, ${judged.superseded} superseded, `
      + `${judged.pairs} pairs  ${rule.id}  ${Math.round(performance.now() - started)} ms`)
    t.strictSame(judged.wrong.slice(0, 10), [], `${rule.id}: ${judged.wrong.length} wrong`)
  }
  t.comment(`${total} rows; tables without a rule: ${[...rows.keys()].filter((name) => !used.has(name)).join(' ')}`)
  // 28,592 codes less 3,993 of rules without a check here, less 900 second halves of pairs and 10 codes
  // of several groups, and 51 rows that are ours: newborns' services and hours.
  t.equal(total, 23_740)
})
