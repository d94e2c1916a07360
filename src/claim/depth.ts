// How deeply an event is nested. The parser reads any depth without recursion, so it is enough to
// look afterwards, at the values: a fraction of the cost of looking through the bytes for brackets
// first.
import { ServiceError } from '../errors.js'
import { depthMax } from './wire.js'

/** Throws EVENT_TOO_DEEP for a value of JSON.parse; never goes deeper than the bound itself. */
export function requireShallow(value: unknown): void {
  if (typeof value === 'object' && value !== null) walk(value as Node, depthMax - 1)
}

type Node = { readonly [key: string]: unknown } | readonly unknown[]

function walk(node: Node, left: number): void {
  if (left < 0) throw new ServiceError('EVENT_TOO_DEEP')
  if (Array.isArray(node)) {
    for (let at = 0; at < node.length; at++) {
      const value: unknown = node[at]
      if (typeof value === 'object' && value !== null) walk(value as Node, left - 1)
    }
    return
  }
  const record = node as { readonly [key: string]: unknown }
  for (const key in record) {
    const value = record[key]
    if (typeof value === 'object' && value !== null) walk(value as Node, left - 1)
  }
}
