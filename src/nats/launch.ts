// Starts one nats-server process in a process group of its own, so that the terminal's Ctrl-C
// reaches us and not it: it must live until we have drained. Does not watch over it afterwards.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ServiceError } from '../errors.js'

export interface Launched {
  readonly pid: number
  /** Exit code or signal; undefined while it lives. */
  endedWith(): string | undefined
  /** The end of what it said, to show why it did not start. */
  lastWords(): string
}

const wordsMax = 600

/** Resolves when the process exists; NATS_SERVER_MISSING when there is no such program. */
export function launch(binary: string, folder: string): Promise<Launched> {
  const said = join(folder, 'nats-server.err')
  const log = join(folder, 'nats-server.log')
  const output = openSync(said, 'w', 0o600)
  const config = join(folder, 'nats.conf')
  const child = spawn(binary, ['-c', config], { detached: true, stdio: ['ignore', output, output] })
  closeSync(output)
  let ended: string | undefined
  child.once('exit', (code, signal) => { ended = String(signal ?? code) })
  child.unref()
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new ServiceError('NATS_SERVER_MISSING', { detail: binary, cause }))
    })
    child.once('spawn', () => resolve({
      pid: child.pid!,
      endedWith: () => ended,
      lastWords: () => `${tail(said)}\n${tail(log)}`.trim(),
    }))
  })
}

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(-wordsMax).trim()
  } catch {
    return ''
  }
}
