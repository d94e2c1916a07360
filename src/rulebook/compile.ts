// Texts -> rule book, or every mistake with file and line. In one go, for tests, commands and first
// start; a running service packs in a worker and assembles here (files/pack-worker.ts).
import type { Check } from '../checks/check.js'
import { assemble } from './assemble.js'
import type { Compiled } from './assemble.js'
import type { RuleText } from './mistake.js'
import { pack } from './pack.js'
import type { PackOptions } from './pack.js'

/** All or nothing: with one mistake there is no book. */
export function compile(
  texts: readonly RuleText[], checks: readonly Check[], options: PackOptions = {},
): Compiled {
  return assemble(pack(texts, checks, options), checks)
}
