// Sheds early: of the requests that came together, those that would wait until nobody waits for them any
// more are refused at once, before their bodies are parsed. Looks at no content.
import { ServiceError } from '../errors.js'
import type { App, HttpDeps } from './server.js'

/**
 * What one turn of the event loop may spend on the requests it found. A request waits for the turn before
 * its own and for its own; with the refusals between them that stays well under a deadline of 300 ms.
 */
const turnMsMax = 60

/** Where no delay of the event loop is too long (0), nothing is shed here either. */
export function shedEarly(app: App, { elapsed, limits }: Pick<HttpDeps, 'elapsed' | 'limits'>): void {
  if (limits.eventLoopDelayMsMax === 0) return
  const allowedMs = Math.min(turnMsMax, limits.eventLoopDelayMsMax)
  let turnFrom: number | undefined
  app.addHook('onRequest', ({ method }, _reply, done) => {
    if (method !== 'POST') return done() // operators look, and never ask for a judgement
    const now = elapsed()
    if (turnFrom === undefined) {
      turnFrom = now
      setImmediate(() => { turnFrom = undefined }) // after all that this turn found on its sockets
    }
    done(now - turnFrom > allowedMs ? new ServiceError('SERVICE_OVERLOADED') : undefined)
  })
}
