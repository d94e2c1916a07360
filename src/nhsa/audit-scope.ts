// What a message of 3101 or 3102 asks for beside its bill: the scenes (触发场景) and the rules. Never throws.
import { isNothing } from './node.js'

/** Those that exist. */
export function scenesOf(text: string): number[] {
  return text.split(/[,，、;\s]+/).map(Number)
    .filter((scene) => Number.isInteger(scene) && scene >= 1 && scene <= 10)
}

/** As sent. */
export function ruleIdsOf(value: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.slice(0, 1_000)
    .flatMap((one) => (typeof one === 'string' ? one.split(/[,，\s]+/) : []))
    .filter((one) => !isNothing(one))
}
