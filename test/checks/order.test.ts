// The order in which one patient’s settlements come changes who is told of a finding, never what the
// findings name: all rules about the past, on made-up patients.
import fc from 'fast-check'
import t from 'tap'
import { checks } from '../../src/checks/registry.js'
import type { Claim } from '../../src/claim/claim.js'
import { dayText } from '../../src/claim/day.js'
import { evaluate } from '../../src/engine/evaluate.js'
import { readRulesFolders } from '../../src/files/rules-folder.js'
import { compile } from '../../src/rulebook/compile.js'
import type { RuleBook } from '../../src/rulebook/rulebook.js'
import { march, stay, visit } from '../fixtures/judged.js'
import { pastView } from '../fixtures/past-view.js'

const texts = await readRulesFolders({ rulesDir: 'rules' })
const compiled = compile(texts, checks, { runDrafts: true })

/** Codes of the real tables, several of one knowledge point or pair among them. */
const codes = [
  '001201000030000', '003107010220000', '002503020030000', '002503020020000', '003107020020000',
  '001103000010000', '001102000030000', '003314000020000', '003112010260000', '003310020060000',
  '003310020030001', 'XC01EBC109B001010102049', 'XC01EBC109B001010106553', 'XN07XXD130E002010102774',
]

const anyVisit = fc.record({
  day: fc.integer({ min: 1, max: 40 }),
  nights: fc.integer({ min: 0, max: 5 }),
  isStay: fc.boolean(),
  place: fc.constantFrom('H44010000001', 'H44010000002'),
  /** One visit may be settled in two parts. */
  isSplit: fc.boolean(),
  lines: fc.array(fc.record({
    code: fc.constantFrom(...codes),
    day: fc.integer({ min: 0, max: 5 }),
    hour: fc.integer({ min: 10, max: 18 }),
    quantity: fc.constantFrom(1, 1, 1, 2, 20),
    trace: fc.constantFrom('', '', 'a', 'b'),
  }), { minLength: 1, maxLength: 6 }),
})

const timeOf = (day: number, hour: number) => `${dayText(march(day))}T${hour}:30:00+08:00`

type AnyVisit = typeof anyVisit extends fc.Arbitrary<infer One> ? One : never

function claimsOf(visits: readonly AnyVisit[]): Claim[] {
  return visits.flatMap(({ day, nights, isStay, place, isSplit, lines }, index) => {
    const items = lines.map(({ code, day: offset, hour, quantity, trace }) => ({
      code,
      quantity,
      trace_codes: trace === '' ? [] : [trace],
      service_time: timeOf(day + (isStay ? Math.min(offset, nights) : 0), hour),
    }))
    const half = isSplit ? Math.ceil(items.length / 2) : items.length
    const parts = [items.slice(0, half), items.slice(half)].filter((part) => part.length > 0)
    const more = { id: `V-${index}`, institution: { id: place } }
    return parts.map((part, number) => (isStay
      ? stay(`S-${index}-${number}`, [day, day + nights], { visit: more, items: part })
      : visit(`S-${index}-${number}`, day, part, { visit: more })))
  })
}

/** Rules that tell a line of the past as they tell the claim’s own; the others name settlements. */
const byLine = new Set([
  'SERVICE-DAILY', 'SERVICE-HOURLY', 'SERVICE-PERIOD', 'SERVICE-DUPLICATE', 'DRUG-COURSE',
  'DRUG-COURSE-SPAN',
])
const bySettlement = new Set([
  'SPLIT-STAY', 'OVERLAPPING-STAYS', 'OUTPATIENT-DURING-STAY', 'FREQUENT-VISITS',
  'FREQUENT-ADMISSIONS', 'TRACE-CODE-REUSED',
])

/** Every (rule, settlement, day) that any finding names, over all claims in this order. */
function named(book: RuleBook, claims: readonly Claim[]): string[] {
  const all = new Set<string>()
  for (const [index, claim] of claims.entries()) {
    const { findings } = evaluate(book, claim, pastView(claims.slice(0, index)))
    for (const { rule, violating, involved, past } of findings) {
      if (bySettlement.has(rule)) {
        for (const { settlement } of [claim, ...past]) all.add(`${rule} ${settlement}`)
      }
      if (!byLine.has(rule)) continue
      for (const item of [...violating.map((one) => one.item), ...involved]) {
        all.add(`${rule} ${claim.settlement} ${dayText(claim.items[item]!.serviceDay)}`)
      }
      for (const { settlement, day } of past) all.add(`${rule} ${settlement} ${dayText(day)}`)
    }
  }
  return [...all].sort()
}

t.test('the order of one patient’s settlements changes who is told, never what is named', async (t) => {
  if (!compiled.ok) return t.fail('the rules do not load')
  const { book } = compiled
  const seed = 20260302
  t.comment(`seed ${seed}`)
  const found = new Set<string>()
  fc.assert(fc.property(
    fc.array(anyVisit, { minLength: 2, maxLength: 8 }).chain((visits) => {
      const claims = claimsOf(visits)
      const shuffled = fc.shuffledSubarray(claims, { minLength: claims.length })
      return fc.tuple(fc.constant(claims), shuffled)
    }),
    ([claims, shuffled]) => {
      const first = named(book, claims)
      for (const line of first) found.add(line.split(' ')[0]!)
      return String(first) === String(named(book, shuffled))
    },
  ), { seed, numRuns: 300 })
  const rare = ['FREQUENT-VISITS', 'FREQUENT-ADMISSIONS', 'DRUG-COURSE']
  const never = [...byLine, ...bySettlement].filter((rule) => !found.has(rule))
  t.strictSame(never.filter((rule) => !rare.includes(rule)), [])
})
