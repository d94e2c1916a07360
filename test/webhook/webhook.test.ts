// Webhooks without NATS: the settings file, which addresses are refused, one attempt against a real server.
import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, RequestListener, Server } from 'node:http'
import { createServer as createEncrypted } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { isSpecial, pinned } from '../../src/webhook/address.js'
import { send, signatureOf } from '../../src/webhook/send.js'
import type { SendDeps } from '../../src/webhook/send.js'
import { readTargets } from '../../src/webhook/targets.js'
import type { Target } from '../../src/webhook/targets.js'
import { refusal } from '../fixtures/nats-streams.js'

const secret = 'a secret of sixteen'

t.test('targets are read from JSON or YAML, and every mistake is told without a secret', async (t) => {
  const file = join(t.testdir(), 'webhooks.yaml')
  const refused = async (text: string) => {
    writeFileSync(file, text)
    return (await refusal(async () => readTargets(file))).message.replace(`a setting is wrong: ${file}: `, '')
  }
  t.strictSame(readTargets(undefined), [])
  writeFileSync(`${file}.pem`, 'PEM')
  writeFileSync(file, JSON.stringify([
    { institution: 'H1', url: 'https://his.example/w', secret },
    { institution: 'H2', url: 'http://10.0.0.9/w', secret, previous_secret: `${secret}!`, allow_private: true,
      ca_file: `${file}.pem` },
  ]))
  t.strictSame(readTargets(file), [
    { institution: 'H1', url: new URL('https://his.example/w'), secrets: [secret], allowPrivate: false, ca: undefined },
    { institution: 'H2', url: new URL('http://10.0.0.9/w'), secrets: [secret, `${secret}!`], allowPrivate: true,
      ca: 'PEM' },
  ])
  const one = (url: string, more = '') => `- {institution: H1, url: "${url}", secret: "${secret}"${more}}\n`
  t.equal(await refused(one('https://a.b')), '', 'YAML')
  t.equal(await refused(one('http://a.b')),
    'the url of H1 must begin with https (http only with allow_private)')
  t.equal(await refused(one('ftp://a.b', ', allow_private: true')),
    'the url of H1 must begin with https (http only with allow_private)')
  t.equal(await refused(one('https://u:p@a.b')), 'the url of H1 may not hold a password')
  t.equal(await refused(one('https://:p@a.b')), 'the url of H1 may not hold a password')
  t.equal(await refused(one('nowhere')), 'the url of H1 cannot be read')
  t.equal(await refused(one('https://a.b') + one('https://c.d')), 'there are two targets of H1')
  t.equal(await refused('- {institution: H1, url: "https://a.b", secret: short}'),
    '/0/secret expected string length greater or equal to 16')
  t.equal(await refused(`[${secret}`), 'it is neither JSON nor YAML')
  t.match(await refused(one('https://a.b', ', ca_file: /no/such/file')), /\/no\/such\/file: it cannot be read/)
})

t.test('only public addresses are public', async (t) => {
  const of = (address: string) => isSpecial({ address, family: address.includes(':') ? 6 : 4 })
  const refused = [
    '0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.9.9.9', '169.254.169.254', '172.16.0.1', '172.31.255.255',
    '192.168.1.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '::', '::1', '::ffff:127.0.0.1',
    '::ffff:10.0.0.1', '64:ff9b::a00:1', 'fc00::1', 'fd12::1', 'fe80::1', 'fec0::1', 'ff02::1', '2002:a00:1::',
    '2001:0:1::', '2001:db8::1',
  ]
  t.strictSame(refused.filter((address) => !of(address)), [])
  const allowed = ['1.1.1.1', '100.63.0.1', '172.15.0.1', '172.32.0.1', '198.17.0.1', '223.255.0.1', '2400:3200::1',
    '2606:4700::1']
  t.strictSame(allowed.filter(of), [])
  const asked: unknown[] = []
  const lookup = pinned({ address: '1.1.1.1', family: 4 })
  lookup('a', {}, (...answer) => { asked.push(answer) })
  lookup('a', { all: true }, (...answer) => { asked.push(answer) })
  t.strictSame(asked, [[null, '1.1.1.1', 4], [null, [{ address: '1.1.1.1', family: 4 }]]])
})

interface Got { readonly headers: IncomingHttpHeaders, readonly body: string, readonly url: string }

/** A receiver on a socket; what it got, and what it answers. */
async function aReceiver(t: Test, answer: RequestListener, make: (run: RequestListener) => Server = createServer) {
  const got: Got[] = []
  const server = make((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => { body += chunk }).on('end', () => {
      got.push({ headers: request.headers, body, url: request.url! })
      answer(request, response)
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return { got, port: (server.address() as AddressInfo).port }
}

const target = (url: string, over: Partial<Target> = {}): Target =>
  ({ institution: 'H1', url: new URL(url), secrets: [secret], allowPrivate: true, ca: undefined, ...over })
const outgoing = { sequence: 7, bytes: Buffer.from('{"kind":"预警"}') }
const loopback = [{ address: '127.0.0.1', family: 4 }]
const deps: SendDeps = {
  resolve: async () => loopback, timeoutMs: 10_000, now: () => 1_700_000_000_900, after: () => () => {},
}

t.test('a warning is posted as it was published, signed with its time by every secret', async (t) => {
  const { got, port } = await aReceiver(t, (_request, response) => { response.writeHead(204).end() })
  const asked: string[] = []
  const resolve = async (host: string) => {
    asked.push(host)
    return loopback
  }
  const to = target(`http://his.example:${port}/in?x=1`, { secrets: ['new secret 12345', 'old secret 12345'] })
  t.strictSame(await send(to, outgoing, { ...deps, resolve }), { ok: true })
  t.strictSame(asked, ['his.example'], 'resolved once')
  const [{ headers, body, url }] = got as [Got]
  const signed = (key: string) => createHmac('sha256', key).update(`1700000000.${body}`).digest('hex')
  t.strictSame([body, url, headers.host, headers['content-type'], headers['x-claimsentry-sequence'],
    headers['x-claimsentry-timestamp'], headers['x-claimsentry-signature']],
  ['{"kind":"预警"}', '/in?x=1', `his.example:${port}`, 'application/json; charset=utf-8', '7', '1700000000',
    `v1=${signed('new secret 12345')},v1=${signed('old secret 12345')}`])
  t.equal(signatureOf(['new secret 12345'], 1_700_000_000, outgoing.bytes), `v1=${signed('new secret 12345')}`)
})

t.test('over https the name is the certificate’s, whatever address it was resolved to', async (t) => {
  const dir = t.testdir()
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
    '-days', '2', '-subj', '/CN=his.example', '-addext', 'subjectAltName=DNS:his.example',
    '-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')], { stdio: 'ignore' })
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(join(dir, name), 'utf8')) as [string, string]
  const { got, port } = await aReceiver(t, (_request, response) => { response.end('ok') },
    (run) => createEncrypted({ key, cert }, run))
  t.strictSame(await send(target(`https://his.example:${port}/`, { ca: cert }), outgoing, deps), { ok: true })
  t.strictSame(await send(target(`https://his.example:${port}/`), outgoing, deps),
    { ok: false, reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  t.strictSame(await send(target(`https://other.example:${port}/`, { ca: cert }), outgoing, deps),
    { ok: false, reason: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  t.equal(got.length, 1)
})

t.test('an address that is not public is refused before anything is sent, by name or by number', async (t) => {
  const { got, port } = await aReceiver(t, (_request, response) => { response.end() })
  const closed = { allowPrivate: false }
  const refused = (address: string) => ({
    ok: false, reason: `a warning was not taken by its webhook: ${address} is not a public address`,
  })
  t.strictSame(await send(target(`https://his.example:${port}/`, closed), outgoing, deps), refused('127.0.0.1'))
  t.strictSame(await send(target('https://169.254.169.254/', closed), outgoing, deps), refused('169.254.169.254'))
  t.strictSame(await send(target('https://[::1]/', closed), outgoing, deps), refused('::1'))
  t.strictSame(await send(target('https://0x7f.1/', closed), outgoing, deps), refused('127.0.0.1'))
  const mixed = { ...deps, resolve: async () => [{ address: '1.1.1.1', family: 4 }, { address: 'fe80::1', family: 6 }] }
  t.strictSame(await send(target('https://his.example/', closed), outgoing, mixed), refused('fe80::1'))
  const nobody = { ...deps, resolve: async () => [] }
  t.strictSame(await send(target('https://his.example/'), outgoing, nobody),
    { ok: false, reason: 'a warning was not taken by its webhook: his.example has no address' })
  t.equal(got.length, 0)
  // A name that answers otherwise the second time: there is no second time.
  let times = 0
  const rebinding = async () => times++ === 0 ? loopback : [{ address: '10.0.0.1', family: 4 }]
  t.strictSame(await send(target(`http://his.example:${port}/`), outgoing, { ...deps, resolve: rebinding }), { ok: true })
  t.strictSame([times, got.length], [1, 1])
})

t.test('what is not a 2xx is a failure with its reason, and a redirect is not followed', async (t) => {
  const { got, port } = await aReceiver(t, ({ url }, response) => {
    const status = Number(url!.slice(1))
    response.writeHead(status, { location: '/200' }).end('x'.repeat(1_000_000))
  })
  for (const status of [302, 404, 500]) {
    t.strictSame(await send(target(`http://127.0.0.1:${port}/${status}`), outgoing, deps),
      { ok: false, reason: `status ${status}` })
  }
  t.equal(got.length, 3)
  t.strictSame(await send(target('http://127.0.0.1:1/'), outgoing, deps), { ok: false, reason: 'ECONNREFUSED' })
})

t.test('a receiver that does not answer, and a name that does not resolve, have their time', async (t) => {
  const { port, got } = await aReceiver(t, () => {})
  let ring = () => {}
  const timed = { ...deps, after: (_ms: number, run: () => void) => { ring = run; return () => {} } }
  const silent = send(target(`http://127.0.0.1:${port}/`), outgoing, timed)
  while (got.length === 0) await new Promise((resolve) => { setImmediate(resolve) })
  ring()
  t.strictSame(await silent, { ok: false, reason: 'no answer within 10000 ms' })
  let resolved: (addresses: typeof loopback) => void = () => {}
  const resolve = () => new Promise<typeof loopback>((done) => { resolved = done })
  const lost = send(target(`http://his.example:${port}/`), outgoing, { ...timed, resolve })
  ring()
  t.strictSame(await lost, { ok: false, reason: 'no answer within 10000 ms' })
  resolved(loopback)
  await new Promise((done) => { setImmediate(done) })
  t.equal(got.length, 1, 'nothing is sent after its time')
})
