// What an import would change for real claims: the last week of the stream, judged under the knowledge as
// it is and as it would be. Writes a folder of its own and takes it away again.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { dayOf, dayText } from '../claim/day.js'
import { loadConfig } from '../config.js'
import { replaceKnowledge } from '../files/knowledge-folder.js'
import type { BatchFile } from '../files/knowledge-folder.js'
import { lockHolder } from '../nats/lock.js'
import { replayCommand } from './replay.js'

const daysBack = 7

export interface Trial {
  /** The knowledge folder as the import would leave it. */
  readonly files: readonly BatchFile[]
  readonly rulesDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: Date
  /** Of the replay's own work. */
  readonly pid: number
  readonly elapsed: () => number
}

const resultSchema = Type.Object({ claims: Type.Integer(), changed: Type.Integer() })

/** One line: how many claims would get another verdict, or why nobody knows. */
export async function trialText({ files, rulesDir, env, now, pid, elapsed }: Trial): Promise<string> {
  const { natsUrl, dataDir } = loadConfig(env)
  if (natsUrl === undefined && lockHolder(dataDir) === undefined) {
    return '没有运行中的服务，也没有 NATS_URL：未与最近的结算单比较\n'
  }
  const folder = await mkdtemp(join(tmpdir(), 'claimsentry-knowledge-'))
  let said = ''
  let wrong = ''
  try {
    await replaceKnowledge(folder, files)
    const today = dayOf(now.toISOString())
    const period = ['--from', dayText(today - daysBack), '--to', dayText(today)]
    await replayCommand({
      args: ['--rules', rulesDir, '--knowledge', folder, ...period, '--json'],
      env, pid, elapsed,
      now: () => now.getTime(),
      isTerminal: false,
      signal: new AbortController().signal,
      write: (text) => { said += text },
      writeError: (text) => { wrong = text },
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  const result: unknown = said === '' ? undefined : JSON.parse(said)
  if (!Value.Check(resultSchema, result)) return `未与最近的结算单比较：${wrong}`
  return `最近 ${daysBack} 天的 ${result.claims} 张结算单中，${result.changed} 张的结论会不同\n`
}
