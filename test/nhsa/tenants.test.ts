// Who a hospital's system proves to be, for whom it may speak, and in which reading of the standard.
import t from 'tap'
import { sm4Seal } from '../../src/nhsa/seal.js'
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
