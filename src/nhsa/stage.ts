// Which transactions there are, and when in the life of a bill each of them asks.
import type { Stage } from '../rulebook/rulebook.js'
import type { AuditRequest } from './audit-request.js'

/** Island variants of the pair beside the national ones. */
export const audits: ReadonlyMap<string, Stage> = new Map([
  ['3101', 'pre-alert'], ['3660', 'pre-alert'], ['3102', 'audit'], ['3661', 'audit'],
] as const)
export const feedbacks: ReadonlySet<string> = new Set(['3103'])

/** The scene tells the stage: 1 to 5 before, 6 to 10 while settling; else the transaction does. */
export function stageOf({ scenes }: AuditRequest, stage: Stage): Stage {
  const scene = scenes[0]
  if (scene === undefined) return stage
  return scene <= 5 ? 'pre-alert' : 'audit'
}
