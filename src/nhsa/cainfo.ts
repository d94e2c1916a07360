// cainfo (数字签名信息): an SM2 signature (GB/T 32918, with SM3 and the usual user id) in the envelope, as its
// public readings have it: over the other fields, or over `input`. OpenSSL signs; ours is the text.
import { createHash, createPrivateKey, createPublicKey, createSign, createVerify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ServiceError } from '../errors.js'
import { isNothing } from './node.js'
import type { Node } from './node.js'

/** fields: all but cainfo and input (output), as name=value joined by &; input: that node's JSON text. */
export type CainfoReading = 'fields' | 'input'

export interface CainfoKeys {
  /** PEM: the hospital's, which verifies what it sends. */
  readonly publicKey: string
  /** PEM: ours, which signs the answers; absent: they are not signed. */
  readonly privateKey?: string | undefined
}

export interface Cainfo {
  /** False for no signature and for a wrong one. */
  isRight(message: Node): boolean
  /** The answer with its signature, where there is a key for it. */
  signed(answer: Node): Node
}

const userId = Buffer.from('1234567812345678') // GB/T 35276: the default
const idBits = Buffer.from([0, userId.length * 8])
/** a, b and the base point of the curve (GB/T 32918.5). */
const curve = Buffer.from('FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC'
  + '28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93'
  + '32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7'
  + 'BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0', 'hex')
/** Where a public key in DER ends with its point, 0x04 first. */
const pointBytes = 64
const signatureCharsMax = 1_024

/** Throws CONFIG_INVALID for what is no SM2 key. */
export function openCainfo(
  reading: CainfoReading, { publicKey, privateKey }: CainfoKeys, file: string,
): Cainfo {
  const theirs = sm2(() => createPublicKey(publicKey), file)
  const theirPrefix = prefixOf(theirs)
  const ours = privateKey === undefined ? undefined : sm2(() => createPrivateKey(privateKey), file)
  const ourPrefix = ours === undefined ? undefined : prefixOf(createPublicKey(ours))
  return {
    isRight(message) {
      const given = message['cainfo']
      if (typeof given !== 'string' || given.length > signatureCharsMax) return false
      const signature = Buffer.from(given, /^[0-9a-f]+$/i.test(given) ? 'hex' : 'base64')
      const verifier = createVerify('sm3').update(theirPrefix).update(signedText(reading, message))
      return signature.length > 0 && verifier.verify(theirs, signature)
    },
    signed(answer) {
      if (ours === undefined) return answer
      const signer = createSign('sm3').update(ourPrefix!).update(signedText(reading, answer))
      return { ...answer, signtype: 'SM2', cainfo: signer.sign(ours, 'base64') }
    },
  }
}

/** Any other key would sign with another algorithm. */
function sm2(read: () => KeyObject, file: string): KeyObject {
  try {
    const key = read()
    const der = key.type === 'private' ? createPublicKey(key).export(spki) : key.export(spki)
    if (der.includes(curveName)) return key
  } catch { /* what the library says would quote the key */ }
  const detail = `${file}: a key of cainfo is no SM2 key in PEM`
  throw new ServiceError('CONFIG_INVALID', { path: file, detail })
}

const spki = { type: 'spki', format: 'der' } as const
/** OID 1.2.156.10197.1.301. */
const curveName = Buffer.from('06082a811ccf5501822d', 'hex')

/** What SM2 hashes before the message: who signs. */
function prefixOf(key: KeyObject): Buffer {
  const point = key.export(spki).subarray(-pointBytes)
  return createHash('sm3').update(idBits).update(userId).update(curve).update(point).digest()
}

const unsigned: ReadonlySet<string> = new Set(['cainfo', 'input', 'output', 'signtype'])

function signedText(reading: CainfoReading, message: Node): string {
  if (reading === 'fields') {
    return Object.keys(message).filter((name) => !unsigned.has(name) && !isNothing(message[name])).sort()
      .map((name) => `${name}=${String(message[name])}`).join('&')
  }
  const node = message['input'] ?? message['output']
  return typeof node === 'string' ? node : JSON.stringify(node ?? '')
}
