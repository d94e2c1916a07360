// The message envelope (报文): bytes to infno, msgid, institution and input, whatever the client's
// encoding and nesting. Knows nothing of what an input means.
import { isNode, momentOf, names, textOf, valueOf } from './node.js'
import type { Node } from './node.js'
import { NhsaRefusal } from './refusal.js'

/** Nested more deeply than any message is: ours reach 7. */
const depthMax = 16

export interface Envelope {
  readonly infno: string
  readonly msgid: string
  /** fixmedins_code, or what a hub calls it; '' when the envelope does not say. */
  readonly institution: string
  /** mdtrtarea_admvs: division of the place of care. */
  readonly region: string
  /** insuplc_admdvs: division where the person is insured. */
  readonly insuredRegion: string
  readonly time: string
  readonly input: Node
  /** As it came, where it came as text: written as JSON, or sealed. */
  readonly inputText: string | undefined
  /** What had to be put right to read it, by kind. */
  readonly repairs: readonly string[]
}

export interface ReadOptions {
  /** As the content type declares it: utf-8 unless it says gbk, gb2312 or gb18030. */
  readonly charset?: string | undefined
  /** Opens an encrypted input; absent where the tenant has no key. */
  readonly open?: ((sealed: string) => string) | undefined
  /** Whether its cainfo is right; absent where the tenant's is not looked at. */
  readonly isSigned?: ((message: Node) => boolean) | undefined
}

const field = {
  infno: names('infno'),
  msgid: names('msgid'),
  institution: names('fixmedins_code', 'medins_code'),
  region: names('mdtrtarea_admvs', 'mdtrtarea_admdvs'),
  insuredRegion: names('insuplc_admdvs', 'insuplc_admvs'),
  time: names('inf_time'),
  encryption: names('enc_type', 'enctype'),
  input: names('input'),
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
const gb18030 = new TextDecoder('gb18030', { fatal: true })

/** Throws NhsaRefusal for what is no envelope. */
export function readEnvelope(bytes: Uint8Array, { charset, open, isSigned }: ReadOptions = {}): Envelope {
  const repairs: string[] = []
  const message = parse(decoded(bytes, charset, repairs))
  if (!isNode(message)) throw new NhsaRefusal('报文应为一个 JSON 对象')
  if (isSigned?.(message) === false) throw new NhsaRefusal('数字签名 cainfo 验证失败')
  return {
    infno: textOf(message, field.infno, 10),
    msgid: textOf(message, field.msgid, 64),
    institution: textOf(message, field.institution, 64),
    region: textOf(message, field.region, 12),
    insuredRegion: textOf(message, field.insuredRegion, 12),
    time: momentOf(message, field.time),
    input: inputOf(message, open, repairs),
    inputText: inputTextOf(message),
    repairs,
  }
}

function decoded(bytes: Uint8Array, charset: string | undefined, repairs: string[]): string {
  const isChinese = charset !== undefined && /^(gbk|gb2312|gb18030)$/i.test(charset)
  if (isChinese) repairs.push('gbk')
  try {
    return (isChinese ? gb18030 : utf8).decode(bytes)
  } catch (cause) {
    throw new NhsaRefusal(`报文不是 ${isChinese ? 'GBK' : 'UTF-8'} 编码`, { cause })
  }
}

function parse(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new NhsaRefusal('报文不是 JSON', { cause })
  }
  if (isTooDeep(value, depthMax)) throw new NhsaRefusal(`报文嵌套超过 ${depthMax} 层`)
  return value
}

function isTooDeep(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (left === 0) return true
  if (Array.isArray(value)) return value.some((inner) => isTooDeep(inner, left - 1))
  for (const name in value) if (isTooDeep((value as Node)[name], left - 1)) return true // of JSON: its own
  return false
}

function inputOf(message: Node, open: ReadOptions['open'], repairs: string[]): Node {
  const value = valueOf(message, field.input)
  if (isNode(value)) return value
  if (typeof value !== 'string') throw new NhsaRefusal('缺少交易输入 input')
  const isSealed = textOf(message, field.encryption).toUpperCase() === 'SM4' || !/^\s*\{/.test(value)
  const parsed = parse(isSealed ? opened(value, open) : value)
  if (!isNode(parsed)) throw new NhsaRefusal('交易输入 input 应为一个 JSON 对象')
  repairs.push(isSealed ? 'input-sealed' : 'input-text')
  return parsed
}

function inputTextOf(message: Node): string | undefined {
  const value = valueOf(message, field.input)
  return typeof value === 'string' ? value : undefined
}

function opened(sealed: string, open: ReadOptions['open']): string {
  if (open === undefined) throw new NhsaRefusal('交易输入 input 已加密，而本系统没有该机构的密钥')
  try {
    return open(sealed)
  } catch (cause) {
    throw new NhsaRefusal('交易输入 input 无法解密，请核对 SM4 密钥', { cause })
  }
}
