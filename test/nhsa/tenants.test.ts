// Who a hospital's system proves to be, for whom it may speak, and in which reading of the standard.
import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import type { Test } from 'tap'
import { sm4Seal } from '../../src/nhsa/seal.js'
import { SignatureCheck, signatureOf } from '../../src/nhsa/signature.js'
import {
  aNhsaDoor, message, now, secret, signed, standard, tenant, tenantsFile,
} from '../fixtures/nhsa.js'

t.test('a signature must be fresh, right and used once', async (t) => {
  const { post } = await aNhsaDoor(t, { tenantsFile: tenantsFile(t, [tenant]) })
  t.equal((await post(standard(), signed())).infcode, 0)
  const again = standard({ envelope: { msgid: '' } })
  t.match((await post(again, signed())).err_msg, /nonce 已使用过/)
  const upper = signed({ 'x-tif-nonce': 'n2' })
  upper['x-tif-signature'] = upper['x-tif-signature']!.toUpperCase()
  t.equal((await post(again, upper)).infcode, 0, 'upper-case hex')
  for (const [name, headers] of Object.entries({
    missing: { ...signed({ 'x-tif-nonce': 'n3' }), 'x-tif-signature': '' },
    wrong: signed({ 'x-tif-nonce': 'n4', 'x-tif-signature': '0'.repeat(64) }),
    'of another length': signed({ 'x-tif-nonce': 'n5', 'x-tif-signature': '0' }),
    'of nobody': signed({ 'x-tif-nonce': 'n6', 'x-tif-paasid': 'nobody' }),
    'too old': signed({ 'x-tif-nonce': 'n7' }, now / 1_000 - 181),
    'too early': signed({ 'x-tif-nonce': 'n8' }, now / 1_000 + 181),
    'without a time': signed({ 'x-tif-nonce': 'n9', 'x-tif-timestamp': 'soon' }),
  })) {
    const { infcode, err_msg: said } = await post(again, headers)
    t.equal(infcode, -1, name)
    t.match(said, /^签名验证失败/, name)
    t.notMatch(said, new RegExp(secret))
  }
})

t.test('a nonce that is forgotten while its signature is fresh is counted; one that is too old is not', (t) => {
  const check = new SignatureCheck(2)
  const verify = (nonce: string, at: number) => {
    const timestamp = String(at)
    const signature = signatureOf({ timestamp, secret, nonce })
    check.verify({ paasid: 'hospital-1', timestamp, nonce, signature }, { secrets: [secret], now: at })
  }
  for (const nonce of ['a', 'b', 'c']) verify(nonce, 1_000)
  t.equal(check.forgotten, 1, 'a left within its time')
  verify('a', 1_000)
  t.throws(() => { verify('c', 1_000) }, /nonce 已使用过/)
  t.equal(check.forgotten, 2)
  for (const nonce of ['d', 'e']) verify(nonce, 1_181)
  t.equal(check.forgotten, 2, 'by now a replay of the others would be refused as too old')
  t.end()
})

t.test('a tenant speaks for its own institutions, in its own reading of the standard', async (t) => {
  const dialect = {
    infcode: 'text', result: 'object', severities: { violation: '3', suspect: '2', notice: '1', indicator: '1' },
  }
  const { post } = await aNhsaDoor(t, { tenantsFile: tenantsFile(t, [{ ...tenant, dialect }]) })
  const answer = await post(standard(), signed())
  t.equal(answer.infcode, '0')
  t.match(answer.output.result, { rule_id: 'DRUG-SEX', sev_deg: '2' })
  const woman = standard({ person: { gend: '2' }, envelope: { msgid: 'm2' } })
  t.equal((await post(woman, signed({ 'x-tif-nonce': 'n2' }))).output.result, null)
  const foreign = standard({ encounter: { medins_id: 'H99999999999' }, envelope: { msgid: 'm3' } })
  t.match((await post(foreign, signed({ 'x-tif-nonce': 'n3' }))).err_msg, /无权代表医疗机构 H99999999999/)
  const feedback = message({ data: { warns: [{ warn_rslt_id: 'x', dspo_way: '2' }] } },
    { infno: '3103', fixmedins_code: 'H9' })
  t.match((await post(feedback, signed({ 'x-tif-nonce': 'n4' }))).err_msg, /无权代表医疗机构 H9/)
  const closed = await aNhsaDoor(t, { mayAsk: () => false })
  t.match((await closed.post(standard())).err_msg, /无权代表/)
})

t.test('input and output are sealed with the tenant’s key', async (t) => {
  for (const key of ['0123456789abcdef0123456789abcdef', 'sixteen-letters!']) {
    const { post } = await aNhsaDoor(t, { tenantsFile: tenantsFile(t, [{ ...tenant, sm4_key: key, charset: 'utf-8', repeat_minutes: 0 }]) })
    const seal = sm4Seal(key)
    const { input, ...envelope } = standard()
    const sealed = seal.close(JSON.stringify(input))
    const answer = await post({ ...envelope, enctype: 'SM4', input: sealed }, signed())
    t.match(JSON.parse(seal.open(String(answer.output))), { result: [{ rule_id: 'DRUG-SEX' }] })
    const hex = Buffer.from(sealed, 'base64').toString('hex')
    const second = await post({ ...envelope, msgid: 'm2', input: hex }, signed({ 'x-tif-nonce': 'n2' }))
    t.match(JSON.parse(seal.open(String(second.output))), { result: [{ rule_id: 'DRUG-SEX' }] })
    const wrong = await post({ ...envelope, msgid: 'm3', input: 'abcd' }, signed({ 'x-tif-nonce': 'n3' }))
    t.match(wrong.err_msg, /无法解密/)
    const list = await post({ ...envelope, msgid: 'm4', input: seal.close('[1]') }, signed({ 'x-tif-nonce': 'n4' }))
    t.equal(list.err_msg, '交易输入 input 应为一个 JSON 对象')
  }
})

t.test('a wrong file of tenants is refused with its place, without its secrets', async (t) => {
  for (const [list, said] of [
    ['{', /it is not JSON/], [[{ ...tenant, secrets: [] }], /secrets/], [[tenant, tenant], /same paasid/],
  ] as const) {
    const file = tenantsFile(t, list)
    await t.rejects(aNhsaDoor(t, { tenantsFile: file }), { code: 'CONFIG_INVALID', message: said })
  }
  await t.rejects(aNhsaDoor(t, { tenantsFile: '/no/such/file' }), { message: /there is no such file/ })
})

/** As a hospital's library signs: the same OpenSSL, by its own command line (checks the user id too). */
function opensslSigned(t: Test, key: string, text: string): string {
  const dir = t.testdir({ 'key.pem': key, text })
  return execFileSync('openssl', ['pkeyutl', '-sign', '-inkey', `${dir}/key.pem`, '-rawin', '-digest', 'sm3',
    '-pkeyopt', 'distid:1234567812345678', '-in', `${dir}/text`]).toString('base64')
}

function opensslVerifies(t: Test, key: string, { text, signature }: { text: string, signature: string }): boolean {
  const dir = t.testdir({ 'key.pem': key, text, signature: Buffer.from(signature, 'base64') })
  const done = spawnSync('openssl', ['pkeyutl', '-verify', '-pubin', '-inkey', `${dir}/key.pem`, '-rawin',
    '-digest', 'sm3', '-pkeyopt', 'distid:1234567812345678', '-in', `${dir}/text`, '-sigfile', `${dir}/signature`])
  return done.status === 0
}

const pems = () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'SM2' })
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

const noOpenssl = spawnSync('openssl', ['version']).status === 0 ? false : 'there is no openssl command'

t.test('cainfo is verified and answers signed, in either reading, as by OpenSSL’s command', { skip: noOpenssl }, async (t) => {
  const [theirs, ours] = [pems(), pems()]
  const keys = { cainfo_public_key: theirs.publicKey, cainfo_private_key: ours.privateKey }
  const fieldsOf = (message: object) => Object.entries(message)
    .filter(([name, value]) => !['cainfo', 'input', 'output', 'signtype'].includes(name) && value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}=${String(value)}`).join('&')
  const texts = {
    fields: fieldsOf,
    input: (message: { input?: unknown, output?: unknown }) => JSON.stringify(message.input ?? message.output),
  }
  for (const cainfo of ['fields', 'input'] as const) {
    const { post } = await aNhsaDoor(t, {
      tenantsFile: tenantsFile(t, [{ ...tenant, cainfo, ...keys, repeat_minutes: 0 }]),
    })
    const message = { ...standard({ envelope: { msgid: '', sign_no: '' } }) }
    const signature = opensslSigned(t, theirs.privateKey, texts[cainfo](message))
    const ask = (changes: object, nonce: string) => post({ ...message, ...changes }, signed({ 'x-tif-nonce': nonce }))
    const answer = await ask({ cainfo: signature }, '1') as unknown as Record<string, string>
    t.match(answer, { infcode: 0, signtype: 'SM2' }, cainfo)
    t.ok(opensslVerifies(t, ours.publicKey, { text: texts[cainfo](answer), signature: answer['cainfo']! }), cainfo)
    const hex = Buffer.from(signature, 'base64').toString('hex')
    t.equal((await ask({ cainfo: hex }, '2')).infcode, 0, 'in hexadecimal')
    for (const wrong of ['', 'x', 7, 'A'.repeat(2_000), opensslSigned(t, ours.privateKey, texts[cainfo](message))]) {
      t.equal((await ask({ cainfo: wrong }, `3${String(wrong)}`)).err_msg, '数字签名 cainfo 验证失败')
    }
    const other = cainfo === 'fields' ? { inf_time: '2026-07-02 10:00:01' } : { input: { data: {} } }
    t.equal((await ask({ ...other, cainfo: signature }, '4')).err_msg, '数字签名 cainfo 验证失败')
    t.equal((await ask({ input: undefined, cainfo: signature }, '5')).err_msg,
      cainfo === 'fields' ? '缺少交易输入 input' : '数字签名 cainfo 验证失败', 'nothing is signed as nothing')
  }
  const unsigned = await aNhsaDoor(t, {
    tenantsFile: tenantsFile(t, [{ ...tenant, cainfo: 'input', cainfo_public_key: theirs.publicKey }]),
  })
  const text = { ...standard(), input: JSON.stringify(standard()['input']) }
  const answer = await unsigned.post({ ...text, cainfo: opensslSigned(t, theirs.privateKey, text.input) }, signed())
  t.equal(answer.infcode, 0, 'over the text of an input that is one')
  t.notOk('cainfo' in answer, 'without a key of ours answers are not signed')
  const none = await aNhsaDoor(t, { tenantsFile: tenantsFile(t, [{ ...tenant, cainfo: 'none' }]) })
  t.equal((await none.post({ ...standard(), cainfo: 'x' }, signed())).infcode, 0)
  const rsa = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({ type: 'spki', format: 'pem' })
  for (const key of [undefined, 'no key', rsa]) {
    const file = tenantsFile(t, [{ ...tenant, cainfo: 'fields', cainfo_public_key: key }])
    await t.rejects(aNhsaDoor(t, { tenantsFile: file }), { code: 'CONFIG_INVALID', message: /cainfo/ })
  }
})
