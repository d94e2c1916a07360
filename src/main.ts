// The process: reads the environment, builds the service, stops it on a signal, sets the exit code.
import closeWithGrace from 'close-with-grace'
import { pino } from 'pino'
import { loadConfig } from './config.js'
import { ServiceError } from './errors.js'
import { logOptions } from './log.js'
import { startService } from './service.js'
import { onStopSignal, stopSignals } from './stop-signals.js'

const version = process.env['npm_package_version'] ?? '0.1.0'

/** Milliseconds with a fraction: a judgement takes microseconds. */
const now = () => performance.timeOrigin + performance.now()

try {
  const config = loadConfig(process.env)
  const log = pino(logOptions({ level: config.logLevel }))
  const starting = startService(config, { log, now, pid: process.pid, version })
  const grace = { delay: config.stopTimeoutMs, logger: false as const, skip: [...stopSignals] }
  const closing = closeWithGrace(grace, async ({ err }) => {
    if (err !== undefined) log.fatal({ err }, 'a bug: the process ends and must be started again')
    const service = await starting
    await service.stop()
  })
  const listener = onStopSignal({
    now,
    begin(signal) {
      log.info({ signal }, 'stopping')
      closing.close()
    },
    end(signal) {
      log.warn({ signal }, 'asked again: what is in flight is read again at the next start')
      process.exit(1)
    },
  })
  for (const signal of stopSignals) process.on(signal, listener)
  const service = await starting
  const error = await service.ended
  if (error !== undefined) {
    log.fatal({ err: error }, 'the service cannot go on')
    await service.stop()
    process.exit(1)
  }
} catch (error) {
  // Before there is a logger, and for a person: one sentence with its remedy.
  const text = error instanceof ServiceError
    ? `${error.code} ${error.path} ${error.message}`
    /* c8 ignore next -- nobody can foresee it */
    : (error as Error).stack
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
