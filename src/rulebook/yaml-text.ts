// YAML with line numbers, checked against a TypeBox schema: every mistake of a file at once, each
// with its line. Knows nothing of rules or cases.
import type { TSchema, Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { ValueError } from '@sinclair/typebox/value'
import { LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { Mistake, RuleText } from './mistake.js'

/** A hundred times the longest rule file; what is longer wants to be a table. */
export const yamlCharsMax = 1_000_000

export interface YamlText<T> {
  readonly value: T | undefined
  readonly mistakes: readonly Mistake[]
  /** `file:line` of a JSON pointer, or of its nearest parent that is there. */
  at(pointer: string): string
}

/** Reads one file. `value` is there only when it has the schema's shape. */
export function readYaml<S extends TSchema>(file: RuleText, schema: S): YamlText<Static<S>> {
  const fail = (line: number, message: string): YamlText<Static<S>> => {
    const at = () => `${file.path}:${line}`
    return { value: undefined, mistakes: [{ code: 'RULE_INVALID', path: at(), message }], at }
  }
  if (file.text.length > yamlCharsMax) return fail(1, `文件超过 ${yamlCharsMax} 个字符`)
  const lines = new LineCounter()
  const document = parseDocument(file.text, { lineCounter: lines })
  const broken = document.errors[0]
  if (broken !== undefined) {
    return fail(lines.linePos(broken.pos[0]).line, `YAML 无法读取：${broken.message.split('\n')[0]}`)
  }
  const at = (pointer: string) => `${file.path}:${lineOf(document, lines, pointer)}`
  const value: unknown = document.toJS({ maxAliasCount: 100 })
  if (Value.Check(schema, value)) return { value, mistakes: [], at }
  return { value: undefined, mistakes: shapeMistakes(schema, value, at), at }
}

/** What does not fit the schema, one mistake a place. */
export function shapeMistakes(
  schema: TSchema, value: unknown, at: (pointer: string) => string,
): Mistake[] {
  const byPlace = new Map<string, Mistake>()
  for (const error of errorsOf(schema, value)) {
    if (byPlace.has(error.path)) continue // the first says it best
    byPlace.set(error.path, { code: 'RULE_INVALID', path: at(error.path), message: say(error) })
  }
  return [...byPlace.values()]
}

/** Of a union with one object among its members, an object is told what that object lacks. */
function* errorsOf(schema: TSchema, value: unknown): Generator<ValueError> {
  for (const error of Value.Errors(schema, value)) {
    const { anyOf } = error.schema as { anyOf?: readonly TSchema[] }
    const object = anyOf?.find((one) => one['type'] === 'object')
    const isObject = typeof error.value === 'object' && error.value !== null
    if (object === undefined || !isObject) yield error
    else {
      for (const one of Value.Errors(object, error.value)) {
        yield { ...one, path: error.path + one.path }
      }
    }
  }
}

function say({ path, message, schema, value }: ValueError): string {
  const field = path.slice(1).replaceAll('/', '.')
  const values = literals(schema)
  if (values.length > 0 && value !== undefined) return `${field}：只能是 ${values.join('、')}`
  if (message === 'Unexpected property') return `${field}：没有这个字段`
  if (value === undefined) return `${field}：缺少这个字段`
  if (Array.isArray(value) && value.length === 0) return `${field}：不能为空`
  return `${field}：${message}`
}

function literals(schema: TSchema): string[] {
  const { anyOf } = schema as { anyOf?: readonly { const?: unknown, type?: string }[] }
  const values = (anyOf ?? []).map((one) => (one.type === 'object' ? '一组字段' : one.const))
  return values.every((one) => one !== undefined) ? values.map(String) : []
}

function lineOf(document: Document, lines: LineCounter, pointer: string): number {
  const path = pointer.split('/').slice(1).map((step) => (/^\d+$/.test(step) ? Number(step) : step))
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    const range = (node as { range?: readonly number[] } | undefined)?.range
    if (range !== undefined) return lines.linePos(range[0]!).line
  }
  return 1
}
