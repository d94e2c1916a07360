// The rule book's version: a hash over every text it was made of and over the engine's own version.
// Not cryptographic: it tells rule books apart, it does not protect them.
import type { RuleText } from './mistake.js'

/** Raised with every change of the engine or of a check that can change a verdict. */
export const ENGINE_VERSION = '1'

/** 16 hex digits; the order of the texts does not matter, their paths do. */
export function versionOf(texts: readonly RuleText[], engine = ENGINE_VERSION): string {
  const sorted = texts.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  let first = 0x811c9dc5
  let second = 0x9e3779b9
  const add = (text: string) => {
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index)
      first = Math.imul(first ^ unit, 0x01000193)
      second = Math.imul(second ^ unit, 0x85ebca6b)
      second ^= second >>> 13
    }
    first = Math.imul(first ^ 0x10000, 0x01000193) // a border that no UTF-16 unit can be
    second = Math.imul(second ^ 0x10000, 0x85ebca6b)
  }
  add(engine)
  for (const { path, text } of sorted) {
    add(path)
    add(text)
  }
  return hex(mix(first)) + hex(mix(second ^ first))
}

function mix(hash: number): number {
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x7feb352d)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x846ca68b)
  return hash ^ (hash >>> 16)
}

function hex(lane: number): string {
  return (lane >>> 0).toString(16).padStart(8, '0')
}
