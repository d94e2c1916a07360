// The light half of compiling: wraps packed arrays and runs `prepare`. On the main thread, in slices
// with events between them, so no slice may walk more than one table.
import type { Check } from '../checks/check.js'
import { paramsFor } from './check-rule.js'
import { openIndex } from './code-index.js'
import { parseDay } from './dates.js'
import { Exemptions } from './exemptions.js'
import type { Mistake } from './mistake.js'
import type { Packed, PackedRule } from './pack.js'
import type { RuleFile } from './rule-file.js'
import type { Basis, Burst, Part, Rule, RuleBook } from './rulebook.js'
import { makeScope } from './scope.js'
import { openTable } from './table.js'
import { makeSentence } from './wording.js'

export type Compiled =
  | { readonly ok: true, readonly book: RuleBook }
  | { readonly ok: false, readonly mistakes: readonly Mistake[] }

/** In one go, for tests, commands and the first start. */
export function assemble(packed: Packed, checks: readonly Check[]): Compiled {
  const slices = assembleInSlices(packed, checks)
  let slice = slices.next()
  while (slice.done !== true) slice = slices.next()
  return slice.value
}

/** Pauses after each part of a rule: whoever drives it may do something else meanwhile, or give up. */
export function* assembleInSlices(
  packed: Packed, checks: readonly Check[],
): Generator<undefined, Compiled, undefined> {
  if (!packed.ok) return packed
  const { book } = packed
  const mistakes: Mistake[] = []
  const rules = book.rules.map((rule) => makeRule(rule, checks))
  const tables = book.tables.map(openTable)
  const parts: Part[] = []
  for (const part of book.parts) {
    yield
    const rule = rules[part.ruleIndex]!
    const { file } = book.rules[part.ruleIndex]!
    const { ruleIndex, fromDay, untilDay } = part
    const table = tables[part.table]
    const map = tables[part.map]
    const scope = file.applies_to
    try {
      parts.push({
        rule, ruleIndex, fromDay, untilDay, table, map,
        evaluate: rule.check.prepare(paramsFor(part.params), table, map),
        applies: makeScope(scope),
        categories: scope?.categories === undefined ? undefined : new Set(scope.categories),
        say: makeSentence(file.warning),
      })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const message = `${file.id}：检查 ${rule.check.kind} 无法准备：${reason}`
      mistakes.push({ code: 'RULE_INVALID', path: part.at, message })
    }
  }
  if (mistakes.length > 0) return { ok: false, mistakes }
  return {
    ok: true,
    book: Object.freeze({
      version: book.version,
      knowledge: book.knowledge,
      rules,
      parts,
      items: openIndex(book.items),
      diagnoses: openIndex(book.diagnoses),
      procedures: openIndex(book.procedures),
      always: book.always,
      exemptions: new Exemptions(book.exemptions),
      tableRowCount: book.tableRowCount,
    }),
  }
}

/** A rule of the national lists hits a few claims in a thousand: this is far above all of them. */
const burstDefault: Burst = { share: 0.05, claims: 2_000, days: 30 }

function burstOf({ status, confirmed, burst }: RuleFile): Burst | undefined {
  return status === 'active' && confirmed === undefined ? { ...burstDefault, ...burst } : undefined
}

function basisOf({ document, article, url, ...dates }: RuleFile['basis'][number]): Basis {
  const { valid_from: from, valid_to: until } = dates
  return {
    document,
    article,
    ...(url === undefined ? {} : { url }),
    ...(from === undefined ? {} : { fromDay: parseDay(from)! }), // check-rule.ts has read them
    ...(until === undefined ? {} : { untilDay: parseDay(until)! }),
  }
}

function makeRule({ file, path }: PackedRule, checks: readonly Check[]): Rule {
  const check = checks.find(({ kind }) => kind === file.check)!
  return Object.freeze({
    id: file.id,
    title: file.title,
    nationalCode: file.national?.code ?? '',
    nationalName: file.national?.name ?? '',
    number2025: file.national?.number_2025,
    class: file.class,
    subclass: file.subclass,
    check,
    status: file.status,
    burst: burstOf(file),
    autoDemote: file.auto_demote === true,
    confirmedDay: file.confirmed === undefined ? undefined : parseDay(file.confirmed.on),
    severity: file.severity,
    stages: file.stages,
    owner: check.meta.owner,
    basis: file.basis.map(basisOf),
    advice: file.advice,
    brief: file.brief,
    falseAlarms: file.known_false_alarms,
    file: path,
  })
}
