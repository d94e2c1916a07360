// Reading what HIS systems send: trees of nodes in which a list may be one object, a number a text,
// and nothing is written in six ways. Gives plain values, and never throws.

export type Node = Readonly<Record<string, unknown>>

/** The names that one field goes by, the first that holds something wins. */
export type Names = readonly string[]

/** A field's national name, its camelCase twin, and the names that other dialects have for it. */
export function names(...all: readonly string[]): Names {
  return [...new Set(all.flatMap((name) => [name, camelCase(name)]))]
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** An object of JSON: neither a list nor null. */
export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What senders write when they have nothing. */
export function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (typeof value !== 'string') return false
  const text = value.trim()
  return text === '' || text === '-'
}

/** What stands under the first of the names that holds something. */
export function valueOf(node: Node, field: Names): unknown {
  for (let at = 0; at < field.length; at++) {
    const value = node[field[at]!]
    if (value !== undefined && !isNothing(value)) return value
  }
  return undefined
}

/** As text, without blanks around it and cut to `max` characters; '' for nothing. */
export function textOf(node: Node, field: Names, max = 200): string {
  return asText(valueOf(node, field), max)
}

/** The same of a value that has been found. */
export function asText(value: unknown, max = 200): string {
  if (typeof value === 'string') return value.trim().slice(0, max)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value).slice(0, max)
  return ''
}

/** The same of a moment: senders that write nothing as 0 do so here too. */
export function momentOf(node: Node, field: Names): string {
  return asMoment(valueOf(node, field))
}

/** The same of a value that has been found. */
export function asMoment(value: unknown): string {
  const text = asText(value, 32)
  return text === '0' ? '' : text
}

/** A number or its text, for the decoder to read exactly; undefined for nothing. */
export function numberOf(node: Node, field: Names): number | string | undefined {
  return asNumber(valueOf(node, field))
}

/** The same of a value that has been found. */
export function asNumber(value: unknown): number | string | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' ? value.trim().slice(0, 32) : undefined
}

/** The nodes of a collection: an array of them, or one alone. What is no node in it is left out. */
export function nodesOf(value: unknown): readonly Node[] {
  if (Array.isArray(value)) return value.filter(isNode)
  return isNode(value) ? [value] : []
}
