// The whole judgement against a stream that knows what it planted: 23,000 events, each decoded, judged
// with the real rules against what came before, and remembered. The plan was written first.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { checks } from '../src/checks/registry.js'
import type { Claim } from '../src/claim/claim.js'
import { decodeEvent } from '../src/claim/decode.js'
import { monthKinds, plantKinds } from '../src/demo/plan.js'
import type { Plan } from '../src/demo/plan.js'
import { createRegion } from '../src/demo/region.js'
import type { Region } from '../src/demo/region.js'
import { events } from '../src/demo/stream.js'
import { evaluate } from '../src/engine/evaluate.js'
import type { Finding, Verdict } from '../src/engine/verdict.js'
import { readRulesFolders } from '../src/files/rules-folder.js'
import { Histories } from '../src/history/histories.js'
import { compile } from '../src/rulebook/compile.js'
import type { RuleBook } from '../src/rulebook/rulebook.js'
import { ruleOf } from './fixtures/planted.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const seed = 20_260_701
const eventCount = 23_000
/** Settlements of ordinary care. */
const cleanCount = 50_000
// Few enough patients for the stream to reach over a year: the longest scenes come to their end.
const planted = createRegion({
  seed, patients: 1_300, institutions: 40, startDay: 20_635, plantRate: 0.05,
})

interface Told {
  readonly rule: string
  /** Ids of the violating lines. */
  readonly items: readonly string[]
}

interface Replayed {
  /** By settlement. */
  readonly told: ReadonlyMap<string, readonly Told[]>
  readonly plans: ReadonlyMap<string, Plan>
  readonly failed: ReadonlySet<string>
  readonly unknown: ReadonlySet<string>
}

async function realBook(): Promise<RuleBook> {
  const compiled = compile(await readRulesFolders({ rulesDir: join(root, 'rules') }), checks)
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.mistakes.slice(0, 5)))
  return compiled.book
}

interface Heard {
  readonly claim: Claim
  readonly plan: Plan | undefined
  readonly verdict: Verdict
}

/** Judges what the stream tells, one settlement after another, until the ear has had enough. */
function listen(book: RuleBook, region: Region, ear: (heard: Heard, number: number) => boolean): void {
  const histories = new Histories({ load: () => undefined, cacheBytes: 256 * 1024 * 1024 })
  for (const { event, plan, at, number } of events(region)) {
    const decoded = decodeEvent(Buffer.from(JSON.stringify(event)), { receivedAt: at })
    if (decoded.type === 'reversal') histories.reverse(decoded.reversal)
    if (decoded.type === 'admission' || decoded.type === 'discharge') {
      histories.noteStay(decoded.type, decoded.stay)
    }
    if (decoded.type === 'stock') histories.noteStock(decoded.movement)
    if (decoded.type === 'registry') histories.noteRegistry(decoded.notice)
    if (decoded.type !== 'settlement') continue
    const { claim } = decoded
    const { settlement, contentHash, visit } = claim
    if (histories.identify(visit.institution.id, settlement, contentHash) === 'repeated') continue
    const verdict = evaluate(book, claim, histories.view(claim))
    histories.record(claim)
    if (!ear({ claim, plan, verdict }, number)) return
  }
}

function replay(book: RuleBook): Replayed {
  const told = new Map<string, readonly Told[]>()
  const plans = new Map<string, Plan>()
  const failed = new Set<string>()
  const unknown = new Set<string>()
  listen(book, planted, ({ claim, plan, verdict }, number) => {
    if (plan !== undefined) plans.set(claim.settlement, plan)
    const lineIds = ({ rule, violating }: Finding): Told =>
      ({ rule, items: violating.map(({ item }) => claim.items[item]!.id) })
    told.set(claim.settlement, verdict.findings.map(lineIds))
    for (const rule of verdict.failed) failed.add(rule)
    for (const { rule, missing } of verdict.unknowns) unknown.add(`${rule} ${missing}`)
    return number < eventCount
  })
  return { told, plans, failed, unknown }
}

/** The rule that must tell something on this settlement, and on which lines at least. */
function expected(settlement: string, plan: Plan | undefined): Told | undefined {
  if (plan === undefined || plan.expect === 'miss') return undefined
  const rule = ruleOf[plan.kind]
  if (plan.raisedBy === settlement) return { rule, items: plan.items }
  return plan.again.includes(settlement) ? { rule, items: [] } : undefined
}

t.test(`what was planted is found, and nothing else is (seed ${seed})`, async (t) => {
  const book = await realBook()
  const ruleIds = book.rules.filter(({ status }) => status !== 'retired').map(({ id }) => id)
  t.strictSame(ruleIds.filter((id) => !Object.values(ruleOf).includes(id)), [], 'every rule has a plant')
  const { told, plans, failed, unknown } = replay(book)
  const missed: string[] = []
  const invented: string[] = []
  const found = new Map<string, number>()
  for (const [settlement, findings] of told) {
    const plan = plans.get(settlement)
    const due = expected(settlement, plan)
    const scene = plan === undefined ? 'ordinary care' : `${plan.kind} (${plan.expect})`
    for (const { rule } of findings) {
      if (rule !== due?.rule) invented.push(`${rule} on ${settlement}: ${scene}`)
    }
    if (due === undefined) continue
    const lines = findings.filter(({ rule }) => rule === due.rule).flatMap(({ items }) => items)
    const isTold = findings.some(({ rule }) => rule === due.rule)
    if (!isTold) missed.push(`${due.rule} on ${settlement}: ${scene}`)
    else if (due.items.some((id) => !lines.includes(id))) missed.push(`lines of ${settlement}: ${scene}`)
    else found.set(plan!.kind, (found.get(plan!.kind) ?? 0) + 1)
  }
  t.strictSame(missed, [], 'nothing planted is missed')
  t.strictSame(invented, [], 'ordinary care and near misses are quiet')
  t.strictSame(plantKinds.filter((kind) => (found.get(kind) ?? 0) < 5), [], 'every kind, often')
  // Of a hospital's month each kind comes once in eight months; each has its quiet hospital beside it.
  t.strictSame(monthKinds.filter((kind) => !found.has(kind)), [], 'every kind of month')
  t.strictSame([...failed], [], 'no check threw')
  // What only a price list, the stock, a benefit's registration or a record can tell.
  t.strictSame([...unknown].toSorted(), [
    'CONSUMABLE-STOCK stock',
    'CONSUMABLE-STOCK stock.count',
    'DRUG-DAILY items.days_of_supply',
    'DRUG-DISEASE-CATALOGUE payment.special_disease',
    'DRUG-INDICATION care.crrt',
    'DRUG-INDICATION result.who-class',
    'DRUG-PREGNANCY patient.is_lactating',
    'DRUG-STOCK stock',
    'DRUG-STOCK stock.count',
    'SURGERY-DISCOUNT table.list_price',
  ])
})

t.test(`ordinary care is quiet (${cleanCount} claims, seed ${seed})`, async (t) => {
  const region = createRegion({
    seed, patients: 20_000, institutions: 60, startDay: 20_635, plantRate: 0,
  })
  const violations: string[] = []
  const suspects: string[] = []
  let count = 0
  listen(await realBook(), region, ({ claim, verdict }) => {
    const tell = (severity: string) => verdict.findings
      .filter((finding) => finding.severity === severity)
      .map(({ rule, violating }) =>
        [rule, claim.settlement, ...violating.map(({ item }) => claim.items[item]!.name)].join(' '))
    violations.push(...tell('violation'))
    if (tell('suspect').length > 0) suspects.push(tell('suspect').join('; '))
    return ++count < cleanCount
  })
  t.strictSame(violations, [], 'no violation')
  t.ok(suspects.length * 1_000 < cleanCount * 2, `few suspects: ${suspects.slice(0, 40).join('\n')}`)
})
