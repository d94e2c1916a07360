// Watches for rules that users suddenly go on with all the same: a line in the log for each, and for a rule
// whose file says `auto_demote` an event that puts it back on trial. The event is in the stream, so that
// whoever reads the stream again sees it.
import type { Logger } from 'pino'
import type { Books } from './books.js'
import { demotedDayOf, jumpOf, jumpText } from './engine/overrides.js'
import type { Jump } from './engine/overrides.js'
import type { HttpDeps } from './http/server.js'
import { publishOwn } from './nhsa-events.js'
import type { Partition } from './partition.js'
import { formatDay } from './rulebook/dates.js'

interface WatchDeps extends Pick<HttpDeps, 'publishEvent' | 'eventBytesMax' | 'now'> {
  readonly books: Pick<Books, 'current'>
  readonly log: Pick<Logger, 'warn' | 'error'>
}

/** What is to be called after every commit. */
export type OverrideWatch = (partition: Pick<Partition, 'histories' | 'state'>) => void

/** What cannot be told to the stream now is tried again with the next answer about the rule. */
export function overrideWatch(deps: WatchDeps): OverrideWatch {
  const told = new Set<string>() // rules of the rule book: no more than those
  return ({ histories: { feedback }, state }) => {
    const answered = feedback.takeAnswered()
    // What was answered long ago, and is read again now, was watched then.
    if (answered.length === 0 || state.phase !== 'ready') return
    for (const rule of deps.books.current().rules) {
      if (!answered.includes(rule.id)) continue
      const jump = jumpOf(feedback, rule)
      if (jump === undefined) told.delete(rule.id)
      else {
        const isDemoting = rule.autoDemote === true && demotedDayOf(feedback, rule) === undefined
        if (!told.has(rule.id)) deps.log.warn(jump, sentence(jump, isDemoting))
        told.add(rule.id)
        if (isDemoting) void demote(deps, jump)
      }
    }
  }
}

function sentence(jump: Jump, isDemoting: boolean): string {
  const { rule } = jump
  return isDemoting
    ? `${jumpText(jump)}; it goes back to trial until "npm run rules -- confirm ${rule} <who>"`
    : `${jumpText(jump)}; read their reasons, then mend it, put it on trial, or "npm run rules -- confirm `
      + `${rule} <who>"`
}

/** Sent again it is the same event: one for a rule and a day. */
async function demote(deps: WatchDeps, { rule, day, recent, earlier }: Jump): Promise<void> {
  try {
    const at = formatDay(day)
    const data = { rule, at, recent, earlier }
    await publishOwn(deps, { type: 'demotion', source: '/rules', parts: [rule, at], data })
  } catch (error) {
    deps.log.error({ err: error, rule }, 'the stream has not taken that a rule goes back to trial')
  }
}
