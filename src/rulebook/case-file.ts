// What a case file may say (rules/<group>/<name>.cases.yaml), and the named claims that cases build
// on. Reading only; engine/cases.ts runs them.
import { Type } from '@sinclair/typebox'
import type { Static, TSchema } from '@sinclair/typebox'
import { dataWire, SettlementWire } from '../claim/wire.js'
import { parseDay } from './dates.js'
import type { Mistake, RuleText } from './mistake.js'
import { readYaml } from './yaml-text.js'
import type { YamlText } from './yaml-text.js'

export const baseClaimsPath = 'base-claims.yaml'

const closed = { additionalProperties: false } as const
const open = { additionalProperties: true } as const
const kinds = ['hit', 'clear', 'border', 'unknown', 'not-in-force'] as const
const results = ['hit', 'clear', 'unknown', 'not-in-force'] as const
const oneOf = <const T extends readonly string[]>(values: T) =>
  Type.Union(values.map((value) => Type.Literal(value as T[number])))

/**
 * Fields of a settlement; `base` (where to start); `day` (moves the start's dates there); `event`,
 * for what comes before: only the admission or discharge of this visit is known, not its
 * settlement; `stock` and `registry` stand by themselves, with their `data` as it arrives. `received`:
 * when it arrived; long after it all where a case is not about that. `repeat`: so many of these came before.
 */
const fields = {
  event: Type.Optional(oneOf(['admission', 'discharge', 'stock', 'registry'])),
  base: Type.Optional(Type.String({ minLength: 1 })),
  repeat: Type.Optional(Type.Integer({ minimum: 1, maximum: 400 })),
  day: Type.Optional(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })),
  data: Type.Optional(Type.Object({}, open)),
  received: Type.Optional(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T' })),
  items: Type.Optional(Type.Array(Type.Object({}, open))),
}
const Override = Type.Object(fields, open)
/** The claim that is judged says where it starts; what came before starts there too unless it says. */
const Judged = Type.Object({ ...fields, base: Type.String({ minLength: 1 }) }, open)

export const CaseFile = Type.Object({
  rule: Type.String({ minLength: 1 }),
  cases: Type.Array(Type.Object({
    name: Type.String({ minLength: 1, maxLength: 200 }),
    kind: oneOf(kinds),
    before: Type.Optional(Type.Array(Override, { maxItems: 400 })),
    claim: Judged,
    expect: Type.Object({
      result: oneOf(results),
      facts: Type.Optional(Type.Record(
        Type.String(), Type.Union([Type.String(), Type.Number()]),
      )),
      violating: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }))),
      missing: Type.Optional(Type.String()),
      findings: Type.Optional(Type.Integer({ minimum: 1 })),
    }, closed),
  }, closed), { minItems: 1, maxItems: 200 }),
}, closed)

/** A whole settlement: its first item is the template of a case's items, its start of their dates. */
export const BaseClaims = Type.Record(Type.String(), Type.Object({
  visit: Type.Object({ start: Type.String() }, open),
  items: Type.Array(Type.Object({}, open), { minItems: 1 }),
}, open))

export type CaseFile = Static<typeof CaseFile>
export type Case = CaseFile['cases'][number]
export type Override = Static<typeof Override> & Readonly<Record<string, unknown>>
export type BaseClaims = Static<typeof BaseClaims>

/** A rule's cases, not a rule. */
export function isCasePath(path: string): boolean {
  return path.endsWith('.cases.yaml')
}

/** Shape, and field names: a misspelt field would make a case that proves nothing. */
export function readCaseFile(text: RuleText): YamlText<CaseFile> {
  const read = readYaml(text, CaseFile)
  if (read.value === undefined) return read
  const mistakes: Mistake[] = []
  const wrong = (pointer: string, message: string) => {
    mistakes.push({ code: 'RULE_INVALID', path: read.at(pointer), message })
  }
  for (const [index, one] of read.value.cases.entries()) {
    const pointer = `/cases/${index}`
    const overrides = [
      [`${pointer}/claim`, one.claim] as const,
      ...(one.before ?? []).map((each, at) => [`${pointer}/before/${at}`, each] as const),
    ]
    for (const [place, override] of overrides) {
      const { event, data } = override
      const [schema, told] = event === 'stock' || event === 'registry'
        ? [dataWire[event], data]
        : [SettlementWire, override]
      if (override.day !== undefined && parseDay(override.day) === undefined) {
        wrong(`${place}/day`, `${place}/day：日历上没有 ${override.day}`)
      }
      for (const field of unknownFields(schema, told, place)) {
        if (!isShorthand(field.slice(place.length))) wrong(field, `${field}：结算事件没有这个字段`)
      }
    }
    if (one.kind !== 'border' && one.kind !== one.expect.result) {
      wrong(`${pointer}/kind`, `kind：写的是 ${one.kind}，expect.result 却是 ${one.expect.result}`)
    }
  }
  return { ...read, mistakes, value: mistakes.length === 0 ? read.value : undefined }
}

/** The claims that cases start from, by name; mistakes are returned, not thrown. */
export function readBaseClaims(text: RuleText): YamlText<BaseClaims> {
  return readYaml(text, BaseClaims)
}

/** base, day, event, received and repeat of a claim; day of an item. */
function isShorthand(pointer: string): boolean {
  return ['/base', '/day', '/event', '/received', '/repeat'].includes(pointer)
    || /^\/items\/\d+\/day$/.test(pointer)
}

/** Pointers of fields that the schema does not name. */
function unknownFields(schema: TSchema, value: unknown, pointer: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { properties, patternProperties, items, anyOf } = schema as {
    properties?: Record<string, TSchema>, patternProperties?: object, items?: TSchema, anyOf?: TSchema[]
  }
  if (patternProperties !== undefined) return [] // any member may be there
  if (Array.isArray(value)) {
    const each = items ?? anyOf?.find((one) => one['items'] !== undefined)?.['items'] as TSchema
    return value.flatMap((one, index) => unknownFields(each ?? {}, one, `${pointer}/${index}`))
  }
  const fields = properties
    ?? anyOf?.find((one) => one['properties'] !== undefined)?.['properties'] as typeof properties
  return Object.entries(value).flatMap(([name, one]) => {
    const field = fields?.[name]
    const place = `${pointer}/${name}`
    return field === undefined ? [place] : unknownFields(field, one, place)
  })
}
