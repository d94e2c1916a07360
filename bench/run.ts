// `npm run bench`: one table, one JSON file. Prints; asserts nothing about speed.
//   -- --smoke   at most a minute, for CI     -- --only decode,evaluate     -- --soak   ten minutes
import { fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startServer } from '../test/fixtures/nats-server.js'
import type { Ask } from './ask.js'
import { fileOf } from './measure.js'
import type { BenchOptions, Row } from './measure.js'
import { questions } from './questions.js'

const args = process.argv.slice(2)
const isSmoke = args.includes('--smoke')
const only = args.includes('--only') ? args[args.indexOf('--only') + 1]!.split(',') : undefined
const seed = args.includes('--seed') ? Number(args[args.indexOf('--seed') + 1]) : 20_260_302

const machine = `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), `
  + `${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
const date = new Date().toISOString().slice(0, 10)
process.stdout.write(`${machine}, ${date}, seed ${seed}${isSmoke ? ', smoke run' : ''}\n`)

const server = await startServer()
const tempDir = mkdtempSync(join(tmpdir(), 'claimsentry-bench-'))
const options: BenchOptions = { isSmoke, seed, natsUrl: server.url, tempDir }
const results: Record<string, Row[]> = {}
try {
  for (const name of Object.keys(questions)) {
    if ((name === 'soak') !== args.includes('--soak') || only?.includes(name) === false) continue
    process.stdout.write(`\n${name}\n`)
    tell(results[name] = await answerOf({ name, options })) // at once: a run that is broken off has told it
  }
} finally {
  await server.stop()
  rmSync(tempDir, { recursive: true, force: true })
}
const folder = fileURLToPath(new URL('../../bench/results', import.meta.url))
mkdirSync(folder, { recursive: true })
const file = join(folder, `${new Date().toISOString().replace(/[:.]/g, '-')}.json`)
writeFileSync(file, JSON.stringify({ machine, date, seed, isSmoke, results }, undefined, 2))
process.stdout.write(`\nalso in bench/results as JSON\n`)

/** Rejects where its process ends without rows. */
async function answerOf(ask: Ask): Promise<Row[]> {
  const child = fork(fileOf('./ask.js'))
  return await new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', () => { reject(new Error(`${ask.name} ended without an answer`)) })
    child.send(ask)
  })
}

function tell(rows: readonly Row[]): void {
  for (const { question, value, limit, isMet } of rows) {
    const mark = isMet === undefined ? '' : isMet ? `  (${limit}: met)` : `  (${limit}: NOT met)`
    process.stdout.write(`  ${question.padEnd(64)} ${value.padStart(16)}${mark}\n`)
  }
}
