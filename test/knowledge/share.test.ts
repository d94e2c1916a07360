// What of the knowledge needs a server: instances of a region share it, all of it or nothing; and a trial of
// an import judges the last week's claims.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { readRulesFolders } from '../../src/files/rules-folder.js'
import { connectNats } from '../../src/nats/connect.js'
import { getKnowledge, putKnowledge } from '../../src/nats/knowledge-bucket.js'
import { ensureStreams } from '../../src/nats/streams.js'
import { knowledgeVersionOf } from '../../src/rulebook/layers.js'
import { busOptions } from '../../src/nats-options.js'
import { listFolder, runWith, sexPoint } from '../fixtures/knowledge.js'
import { startServer } from '../fixtures/nats-server.js'
import { rulesDir } from '../fixtures/nhsa-lists.js'
import { aWorld, messages, send } from '../fixtures/store-world.js'

const server = await startServer()
t.teardown(() => server.stop())

const run = (knowledgeDir: string, args: readonly string[], url = server.url) =>
  runWith(url === '' ? {} : { NATS_URL: url }, knowledgeDir, ...args)

const knowledgeOf = async (knowledgeDir: string) =>
  (await readRulesFolders({ rulesDir, knowledgeDir })).filter(({ path }) => path.startsWith('knowledge/'))

t.test('what one instance publishes another has after a fetch', async (t) => {
  const dir = listFolder(t, [sexPoint('甲', '女', 'batch_01', 'X12345'), sexPoint('乙', '男', 'batch_03', 'X12346')])
  const [one, other] = [join(dir, 'one'), join(dir, 'other')]
  mkdirSync(join(other, 'batch_99'), { recursive: true })
  writeFileSync(join(other, 'batch_99/drug-sex.csv'), 'code,name,sex,source\nX99999,丙,女,旧\n')
  writeFileSync(join(other, 'notes.txt'), 'ours')
  t.match(await run(one, ['fetch']), { code: 1, text: '还没有发布过知识库\n' })
  t.match(await run(one, ['publish']), { code: 1, text: /没有知识表/ })
  t.match(await run(one, ['import', dir]), { code: 0 })
  mkdirSync(join(one, 'local/4401/x'), { recursive: true })
  writeFileSync(join(one, 'local/4401/x/drug-sex.csv'), 'code,name,sex,source\nX12345,甲,男,本地\n')
  writeFileSync(join(one, 'drug-sex.csv'), 'code,name,sex,source\nX12347,丁,男,散\n')
  t.match(await run(one, ['publish', '--by', '张三']), { code: 0, text: /已发布知识库 [0-9a-f]{16}：6 个文件/ })
  t.match(await run(other, ['fetch']), { code: 0, text: /已换成知识库 [0-9a-f]{16}（张三 于 2026-07-01/ })
  t.strictSame(await knowledgeOf(other), await knowledgeOf(one))
  t.equal(readFileSync(join(other, 'notes.txt'), 'utf8'), 'ours')
  t.match(await run(other, ['fetch']), { code: 0, text: /已是发布的版本/ })
})

t.test('what cannot be read or would not load changes nothing', async (t) => {
  const dir = t.testdir({ 'drug-sex.csv': 'code,name,sex,source\nX12347,丁,男,散\n' })
  const before = await knowledgeOf(dir)
  const connection = await connectNats({ url: server.url, name: 'test' })
  t.teardown(() => connection.close())
  const put = (files: readonly { path: string, text: string }[], bytes?: Uint8Array) =>
    putKnowledge(connection, {
      version: knowledgeVersionOf(files), publishedBy: 'x', publishedAt: 'y',
      bytes: bytes ?? gzipSync(JSON.stringify({ format: 1, files })),
    })
  await put([{ path: 'knowledge/drug-sex.csv', text: 'code,name,sex,source\nX1,丁,中,散\n' }])
  t.match(await run(dir, ['fetch']), { code: 1, text: /没有换成[^]*drug-sex.csv:2 sex：只能是/ })
  for (const path of ['knowledge/../x.csv', '/x.csv', 'knowledge/.x/y.csv', 'knowledge/x.sh']) {
    await put([{ path, text: '' }])
    await t.rejects(run(dir, ['fetch']), { code: 'TABLE_INVALID' }, path)
  }
  await put([], new Uint8Array([1, 2, 3]))
  await t.rejects(run(dir, ['fetch']), { code: 'TABLE_INVALID' })
  await put([], gzipSync('{"format":2,"files":[]}'))
  await t.rejects(run(dir, ['fetch']), { code: 'TABLE_INVALID' }, 'of a format that is not known')
  t.strictSame(await knowledgeOf(dir), before)
  t.match(await getKnowledge(connection), { publishedBy: 'x', publishedAt: 'y', version: '' })
  const bucket = await connection.client.jetstream().views.os('claims-knowledge')
  await bucket.putBlob({ name: 'knowledge' }, new Uint8Array([1]))
  t.match(await getKnowledge(connection), { publishedBy: '', publishedAt: '', version: '' }, 'put there by hand')
  await t.rejects(run(dir, ['publish'], ''), { code: 'CONFIG_INVALID' })
  const huge = { version: 'x', publishedBy: '', publishedAt: '', bytes: new Uint8Array(140_000_000) }
  await t.rejects(putKnowledge(connection, huge), { code: 'TABLE_INVALID' })
})

t.test('knowledge that another tool put there is taken without a version, and not believed', async (t) => {
  const connection = await connectNats({ url: server.url, name: 'test' })
  t.teardown(() => connection.close())
  const store = await connection.client.jetstream().views.os('claims-knowledge')
  const bytes = Buffer.from('something')
  await store.putBlob({ name: 'knowledge' }, bytes)
  t.match(await getKnowledge(connection), { version: '', publishedBy: '', publishedAt: '' })
  await t.rejects(run(t.testdir(), ['fetch']), { code: 'TABLE_INVALID' })
})

t.test('a server without object stores says so', async (t) => {
  const plain = await startServer({ isPlain: true })
  t.teardown(() => plain.stop())
  await t.rejects(run(t.testdir(), ['fetch'], plain.url), { code: 'NATS_UNAVAILABLE' })
})

t.test('a trial of an import tells how many claims of the last week it would judge otherwise', async (t) => {
  const world = aWorld(t, { NATS_URL: server.url })
  const nats = { url: server.url, name: 'test' }
  const code = messages.map(({ body }) => /"code":"([XZ][A-Z0-9]{19,22})"/.exec(body)?.[1]).find(Boolean)!
  const dir = listFolder(t, [sexPoint('甲', '女', 'batch_01', code)])
  const trial = (env: Readonly<Record<string, string>>) =>
    runWith({ DATA_DIR: world.dataDir, RULES_DIR: world.config.rulesDir, ...env },
      join(dir, 'kb'), 'import', dir, '--dry-run', '--date', '2025-12-01')
  t.match(await trial({}), { code: 0, text: /没有运行中的服务，也没有 NATS_URL/ })
  t.match(await trial({ NATS_URL: server.url }), { code: 0, text: /未与最近的结算单比较：.*STREAM_CHANGED/ })
  const connection = await connectNats({ url: server.url, name: 'test' })
  t.teardown(() => connection.close())
  await ensureStreams(connection, busOptions(world.config, nats).limits)
  await send(connection, messages.slice(0, 400))
  t.match(await trial({ NATS_URL: server.url, NOW: '2026-01-07' }), {
    code: 0, text: /最近 7 天的 \d{2,} 张结算单中，[1-9]\d* 张的结论会不同/,
  })
})
