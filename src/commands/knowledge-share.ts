// `knowledge -- publish` and `fetch`: the knowledge folder to and from the object store that the
// instances of a region share. What is fetched is compiled first; a folder that would not load stays.
import { gunzipSync, gzipSync } from 'node:zlib'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { pino } from 'pino'
import { checks } from '../checks/registry.js'
import { loadConfig } from '../config.js'
import { ServiceError } from '../errors.js'
import { replaceKnowledge } from '../files/knowledge-folder.js'
import { readRulesFolders } from '../files/rules-folder.js'
import type { FolderText, RulesFolders } from '../files/rules-folder.js'
import { connectNats } from '../nats/connect.js'
import { getKnowledge, putKnowledge } from '../nats/knowledge-bucket.js'
import type { SharedKnowledge } from '../nats/knowledge-bucket.js'
import { compile } from '../rulebook/compile.js'
import { knowledgeVersionOf } from '../rulebook/layers.js'
import { natsOptions } from '../nats-options.js'

export interface Sharing {
  readonly folders: RulesFolders & { readonly knowledgeDir: string }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly write: (text: string) => void
  readonly by: string
  readonly now: Date
}

const sharedSchema = Type.Object({
  format: Type.Literal(1),
  files: Type.Array(Type.Object({ path: Type.String(), text: Type.String() })),
})
/** Texts of this size cannot be one string. */
const unpackedBytesMax = 500_000_000

/** The exit code. */
export async function publish({ folders, env, write, by, now }: Sharing): Promise<number> {
  const files = ownFiles(await readRulesFolders(folders))
  if (files.length === 0) {
    write(`${folders.knowledgeDir} 里没有知识表，未发布\n`)
    return 1
  }
  const version = knowledgeVersionOf(files)
  const bytes = gzipSync(JSON.stringify({ format: 1, files }))
  const publishedAt = now.toISOString()
  await withConnection(env, (connection) =>
    putKnowledge(connection, { version, publishedBy: by, publishedAt, bytes }))
  write(`已发布知识库 ${version}：${files.length} 个文件，${bytes.length} 字节\n`)
  return 0
}

/** The exit code. */
export async function fetchShared({ folders, env, write }: Sharing): Promise<number> {
  const shared = await withConnection(env, getKnowledge)
  if (shared === undefined) {
    write('还没有发布过知识库\n')
    return 1
  }
  const texts = await readRulesFolders(folders)
  const files = unpack(shared)
  if (knowledgeVersionOf(ownFiles(texts)) === shared.version) {
    write(`已是发布的版本 ${shared.version}\n`)
    return 0
  }
  const compiled = compile([...texts.filter(({ path }) => !isKnowledge(path)), ...files], checks)
  const mistakes = compiled.ok ? [] : compiled.mistakes.filter(({ path }) => isKnowledge(path))
  if (mistakes.length > 0) {
    write(`没有换成 ${shared.version}，这些行不能载入：\n`)
    for (const { path, message } of mistakes) write(`  ${path} ${message}\n`)
    return 1
  }
  await replaceKnowledge(folders.knowledgeDir, files.map(({ path, text }) =>
    ({ name: path.slice('knowledge/'.length), text })))
  write(`已换成知识库 ${shared.version}（${shared.publishedBy} 于 ${shared.publishedAt} 发布）\n`)
  return 0
}

function isKnowledge(path: string): boolean {
  return path.startsWith('knowledge/')
}

function ownFiles(texts: readonly FolderText[]): FolderText[] {
  return texts.filter(({ path }) => isKnowledge(path))
}

/** Paths come from another machine: only files below the folder, none hidden. */
function unpack({ bytes, version }: SharedKnowledge): FolderText[] {
  const shared = parse(bytes)
  const isBelow = ({ path }: FolderText) =>
    /^knowledge(\/[^/\\.][^/\\]*)+$/.test(path) && /(\.csv|\/manifest\.json)$/.test(path)
  if (shared === undefined || !shared.every(isBelow) || knowledgeVersionOf(shared) !== version) {
    throw new ServiceError('TABLE_INVALID', { path: version, detail: 'what was published cannot be read' })
  }
  return shared
}

function parse(bytes: Uint8Array): FolderText[] | undefined {
  try {
    const text = gunzipSync(bytes, { maxOutputLength: unpackedBytesMax })
    const value: unknown = JSON.parse(text.toString('utf8'))
    return Value.Check(sharedSchema, value) ? value.files : undefined
  } catch {
    return undefined
  }
}

const log = pino({ level: 'silent' })

/** The server of NATS_URL; one of our own would be shared with nobody. */
async function withConnection<T>(
  env: Sharing['env'], use: (connection: Awaited<ReturnType<typeof connectNats>>) => Promise<T>,
): Promise<T> {
  const config = loadConfig(env)
  if (config.natsUrl === undefined) {
    throw new ServiceError('CONFIG_INVALID', { path: 'NATS_URL', detail: '知识库共享需要共同的 NATS 服务器' })
  }
  const connection = await connectNats((await natsOptions(config, log)).options)
  try {
    return await use(connection)
  } finally {
    await connection.close()
  }
}
