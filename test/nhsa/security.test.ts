// What somebody with a socket and no good will can do to the hospital's door: nothing but be told no.
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { aServer } from '../fixtures/door.js'
import { aNhsaDoor, message, standard } from '../fixtures/nhsa.js'

/** Everything that comes back until the other side hangs up; each text is sent as a packet of its own. */
async function talk(port: number, ...texts: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  let heard = ''
  socket.on('data', (chunk: string) => { heard += chunk })
  for (const text of texts) socket.write(text)
  await once(socket, 'close')
  return heard
}

async function listening(t: Test): Promise<number> {
  const { app } = await aServer(t, { limits: {
    bodyBytesMax: 1_000, checkBudgetMs: 100, rateLimitPerSecond: 1_000, eventLoopDelayMsMax: 0,
    timeouts: { headersMs: 60, requestMs: 120, checkMs: 20 },
  } })
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
}

const head = 'POST /v1/check HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n'

t.test('a client that sends its head or its body too slowly is told so, and hung up on', async (t) => {
  const port = await listening(t)
  for (const [name, texts] of Object.entries({
    'half a head': [head],
    'a head and half a body': [`${head}content-length: 900\r\n\r\n`, '{"settlement_id":'],
  })) t.match(await talk(port, ...texts), /^HTTP\/1\.1 408 Request Timeout\r\n/, name)
  t.match(await talk(port), /^(HTTP\/1\.1 408|$)/, 'not a byte')
})

t.test('a line break in a name never becomes a header', async (t) => {
  const { app, post } = await aNhsaDoor(t)
  const path = '/fsi/api/31%0d%0aset-cookie:a=b'
  const refused = await post(standard(), {}, path)
  t.match(refused, { infcode: -1, err_msg: /不一致/ })
  const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
  const body = JSON.stringify(standard({ envelope: { infno: '3101\r\nset-cookie: a=b', msgid: 'm\r\nx: y' } }))
  const said = await talk(port, `POST ${path} HTTP/1.1\r\nhost: h\r\ncontent-type: text/plain\r\nconnection: close\r\n`
    + `x-tif-paasid: a\tb\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  const [headers, text] = said.split('\r\n\r\n')
  t.notMatch(headers, /set-cookie|^x:/im)
  t.match(JSON.parse(text!), { infcode: -1 })
})

t.test('a body nested half a million times, or with poisoned names, harms nothing', async (t) => {
  const { post, asked, failures } = await aNhsaDoor(t)
  for (const deep of ['['.repeat(400_000) + ']'.repeat(400_000), `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`]) {
    t.match(await post(deep), { infcode: -1, err_msg: /嵌套/ })
  }
  const inText = message(`{"data":${'['.repeat(200_000)}${']'.repeat(200_000)}}`)
  t.match(await post(inText), { infcode: -1, err_msg: /嵌套/ })
  const poisoned = JSON.stringify(standard()).replace('{', '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"a":1}},')
  t.equal((await post(poisoned)).infcode, 0)
  t.strictSame([({} as { isAdmin?: boolean }).isAdmin, asked.length, failures], [undefined, 1, []])
})
