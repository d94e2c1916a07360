// The process: reads the environment, builds the service, stops it on a signal, sets the exit code.
import closeWithGrace from 'close-with-grace'
import { pino } from 'pino'
import { loadConfig } from './config.js'
import { ServiceError } from './errors.js'
import { logOptions } from './log.js'
import { startService } from './service.js'

const version = process.env['npm_package_version'] ?? '0.1.0'

/** Milliseconds with a fraction: a judgement takes microseconds. */
const now = () => performance.timeOrigin + performance.now()

try {
  const config = loadConfig(process.env)
  const log = pino(logOptions({ level: config.logLevel }))
  const service = await startService(config, { log, now, pid: process.pid, version })
  closeWithGrace({ delay: config.stopTimeoutMs, logger: false }, async ({ err, signal }) => {
    if (err !== undefined) log.fatal({ err }, 'a bug: the process ends and must be started again')
    if (signal !== undefined) log.info({ signal }, 'stopping')
    await service.stop()
  })
  const error = await service.ended
  if (error !== undefined) {
    log.fatal({ err: error }, 'the service cannot go on')
    await service.stop()
    process.exit(1)
  }
} catch (error) {
  // Before there is a logger, and for a person: one sentence with its remedy.
  const text = error instanceof ServiceError ? `${error.code} ${error.path} ${error.message}` : error
  process.stderr.write(`${text instanceof Error ? text.stack : text}\n`)
  process.exit(1)
}
